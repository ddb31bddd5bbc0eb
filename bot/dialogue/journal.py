"""The journal of a flow: its answers and completed effects, in order.

A flow is re-run from the top at every turn, and the journal makes each run take the same path. Each
answer carries a fingerprint of the entries before it. If they change, the answer must be validated
again or asked for anew.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Literal

from core.messaging.messages import Json


@dataclass(slots=True)
class JournalEntry:
    """A completed step: an answer, or an effect performed by `once`."""

    key: str
    value: Json
    fingerprint: str
    kind: Literal["answer", "once"] = "answer"
    digest: str = ""  # of the confirmation as it was shown

    def to_json(self) -> Json:
        """Return the entry as a JSON list."""
        return [self.key, self.value, self.fingerprint, self.kind, self.digest]


@dataclass(slots=True)
class Journal:
    """The completed steps of a flow; `epoch` counts the calls of `forget_after` and `step_back`."""

    entries: list[JournalEntry] = field(default_factory=list)
    epoch: int = 0
    _seen: set[str] = field(default_factory=set)
    _chain: str = ""

    @classmethod
    def from_json(cls, data: Json) -> Journal:
        """Restore a journal from the output of `to_json`."""
        return cls(
            [JournalEntry(*entry) for entry in data.get("entries", ())], data.get("epoch", 0)
        )

    def to_json(self) -> Json:
        """Return it as JSON data."""
        return {"entries": [entry.to_json() for entry in self.entries], "epoch": self.epoch}

    def rewind(self) -> None:
        """Reset the position to the top of the flow."""
        self._seen = set()
        self._chain = ""

    def visit(self, key: str) -> JournalEntry | None:
        """Enter the step `key` and return its entry, if any.

        Raises ValueError if a run enters the same step twice.
        """
        if key in self._seen:
            message = f"two steps of one run are called {key!r}; give one of them a scope"
            raise ValueError(message)
        self._seen.add(key)
        return next((entry for entry in self.entries if entry.key == key), None)

    def is_valid(self, entry: JournalEntry) -> bool:
        """Return whether nothing before the entry changed or an effect was performed after it.

        Entries before an effect are final. A step inserted before them by a deployment must not
        cause old answers to be asked for again, nor the effect to be repeated.
        """
        return (
            entry.kind == "once"
            or entry.fingerprint == self._chain
            or self.entries.index(entry) < self._last_once()
        )

    def accept(self, entry: JournalEntry) -> Json:
        """Move past a valid entry, refresh its fingerprint and return its value."""
        entry.fingerprint = self._chain
        text = json.dumps([self._chain, entry.key, entry.value], sort_keys=True)
        self._chain = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
        return entry.value

    def skip_answered(self, key: str) -> None:
        """Move past an answered step without asking it, so that later entries stay valid."""
        if key not in self._seen and (entry := self.visit(key)):
            self.accept(entry)

    def record(
        self, key: str, value: Json, kind: Literal["answer", "once"] = "answer", digest: str = ""
    ) -> Json:
        """Record a new entry and move past it."""
        self.entries = [entry for entry in self.entries if entry.key != key]
        entry = JournalEntry(key, value, self._chain, kind, digest)
        self.entries.append(entry)
        return self.accept(entry)

    def compact(self, scope: str, key: str, value: Json) -> None:
        """Replace all entries below `scope` by a single answer that summarizes them."""
        at = next(i for i, entry in enumerate(self.entries) if entry.key.startswith(scope))
        made = JournalEntry(key, value, self.entries[at].fingerprint)
        self.entries[at:] = [e for e in self.entries[at:] if not e.key.startswith(scope)]
        self.entries.insert(at, made)

    def forget(self, entry: JournalEntry) -> None:
        """Remove one entry."""
        self.entries.remove(entry)

    def forget_scope(self, scope: str) -> None:
        """Remove every entry below `scope`."""
        self.entries = [entry for entry in self.entries if not entry.key.startswith(scope)]

    def forget_after(self, key: str | None) -> None:
        """Remove every entry after `key`, or all entries if it is None.

        The epoch is incremented so that a repeated effect gets a new idempotency key.
        """
        kept = 0
        if key is not None:
            kept = next((i + 1 for i, e in enumerate(self.entries) if e.key == key), 0)
        del self.entries[kept:]
        self.epoch += 1

    def step_back(self) -> bool:
        """Remove the last answer; return False if there is none since the last effect."""
        if len(self.entries) - 1 <= self._last_once():
            return False
        self.entries.pop()
        self.epoch += 1
        return True

    def _last_once(self) -> int:
        return max((i for i, e in enumerate(self.entries) if e.kind == "once"), default=-1)
