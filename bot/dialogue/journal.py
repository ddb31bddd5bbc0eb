"""The journal of a flow: the answers given and the effects done so far, in their order.

A flow is re-run from its top at every turn; the journal is what makes the second run go the
way of the first. Each answer carries a fingerprint of what stood before it. When that
changes, the answer must be valid still, or it is asked for again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Literal

from core.messaging.messages import Json


@dataclass(slots=True)
class JournalEntry:
    """One step that is behind us: an answer, or an effect done `once`."""

    key: str
    value: Json
    fingerprint: str
    kind: Literal["answer", "once"] = "answer"
    digest: str = ""  # of the confirmation as it was shown

    def to_json(self) -> Json:
        """Return it as a short list."""
        return [self.key, self.value, self.fingerprint, self.kind, self.digest]


@dataclass(slots=True)
class Journal:
    """The steps behind us. `epoch` counts how often steps were forgotten (see `forget_after`)."""

    entries: list[JournalEntry] = field(default_factory=list)
    epoch: int = 0
    _seen: set[str] = field(default_factory=set)
    _chain: str = ""

    @classmethod
    def from_json(cls, data: Json) -> Journal:
        """Read what `to_json` wrote."""
        return cls(
            [JournalEntry(*entry) for entry in data.get("entries", ())], data.get("epoch", 0)
        )

    def to_json(self) -> Json:
        """Return it as JSON data."""
        return {"entries": [entry.to_json() for entry in self.entries], "epoch": self.epoch}

    def rewind(self) -> None:
        """Begin a run from the top."""
        self._seen = set()
        self._chain = ""

    def visit(self, key: str) -> JournalEntry | None:
        """Come to the step `key`; return what is known of it. Twice in one run is an error."""
        if key in self._seen:
            message = f"two steps of one run are called {key!r}; give one of them a scope"
            raise ValueError(message)
        self._seen.add(key)
        return next((entry for entry in self.entries if entry.key == key), None)

    def is_valid(self, entry: JournalEntry) -> bool:
        """Whether the entry stands as it is: nothing before it changed, or an effect came after.

        What led to an effect is history. A step that a deploy put before it must not make us
        ask for the old answers again, or do the effect twice.
        """
        return (
            entry.kind == "once"
            or entry.fingerprint == self._chain
            or self.entries.index(entry) < self._last_once()
        )

    def accept(self, entry: JournalEntry) -> Json:
        """Go past an entry that holds, or was found valid again; return its value."""
        entry.fingerprint = self._chain
        text = json.dumps([self._chain, entry.key, entry.value], sort_keys=True)
        self._chain = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
        return entry.value

    def skip_answered(self, key: str) -> None:
        """Go past a step without its question, if it was answered: what follows it still holds."""
        if key not in self._seen and (entry := self.visit(key)):
            self.accept(entry)

    def record(
        self, key: str, value: Json, kind: Literal["answer", "once"] = "answer", digest: str = ""
    ) -> Json:
        """Write a new step down and go past it."""
        self.entries = [entry for entry in self.entries if entry.key != key]
        entry = JournalEntry(key, value, self._chain, kind, digest)
        self.entries.append(entry)
        return self.accept(entry)

    def compact(self, scope: str, key: str, value: Json) -> None:
        """Put one answer in the place of all below `scope`: what came of them is in it."""
        at = next(i for i, entry in enumerate(self.entries) if entry.key.startswith(scope))
        made = JournalEntry(key, value, self.entries[at].fingerprint)
        self.entries[at:] = [e for e in self.entries[at:] if not e.key.startswith(scope)]
        self.entries.insert(at, made)

    def forget(self, entry: JournalEntry) -> None:
        """Strike one answer out."""
        self.entries.remove(entry)

    def forget_scope(self, scope: str) -> None:
        """Strike out every step below `scope`."""
        self.entries = [entry for entry in self.entries if not entry.key.startswith(scope)]

    def forget_after(self, key: str | None) -> None:
        """Strike out every step recorded after `key`; None strikes out all.

        The epoch goes up, so an effect that is done anew gets a new idempotency key.
        """
        kept = 0
        if key is not None:
            kept = next((i + 1 for i, e in enumerate(self.entries) if e.key == key), 0)
        del self.entries[kept:]
        self.epoch += 1

    def step_back(self) -> bool:
        """Strike out the last answer; False when there is none since the last effect."""
        if len(self.entries) - 1 <= self._last_once():
            return False
        self.entries.pop()
        self.epoch += 1
        return True

    def _last_once(self) -> int:
        return max((i for i, e in enumerate(self.entries) if e.kind == "once"), default=-1)
