"""Which lines rest: the provider is away, or wants no more for a while.

An outage is the line's, not the message's. After two failures in a row that say nothing about a
message, its line rests for a second, two, four, up to a minute, and one message tries whether it
is over. Meanwhile the other lines go on. Kept by each process for itself.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.clock import Clock

MAX_REST_SECONDS = 60
"""Seconds a line rests at most before somebody looks whether the provider is back."""

REPLY_LANE = "reply"


@dataclass(frozen=True, slots=True)
class ClaimableLines:
    """Lines to claim from: all lanes, `answers` only, and one message of each to `try_out`."""

    all_lanes: frozenset[int]
    replies_only: frozenset[int]
    probes: tuple[int, ...]


@dataclass(slots=True, eq=False)
class LineBreaker:
    """What a process knows of its lines."""

    clock: Clock
    _until: dict[int, datetime] = field(default_factory=dict)
    _answers_only_until: dict[int, datetime] = field(default_factory=dict)
    _failures: dict[int, int] = field(default_factory=dict)
    _trying: set[int] = field(default_factory=set)

    def claimable_lines(
        self, lines: Collection[int], crowded: Collection[int] = ()
    ) -> ClaimableLines:
        """Return what may be claimed now; `crowded` lines have room for answers only."""
        now = self.clock.now()
        awake = [line for line in lines if now >= self._until.get(line, now)]
        doubtful = {line for line in awake if self._failures.get(line, 0) > 1}
        fit = [line for line in awake if line not in doubtful]
        free = [
            line
            for line in fit
            if line not in crowded and now >= self._answers_only_until.get(line, now)
        ]
        waiting = tuple(sorted(doubtful - self._trying))
        return ClaimableLines(frozenset(free), frozenset(fit), waiting)

    def begin_probe(self, line: int) -> None:
        """Note that one message is on its way to see whether a line is back."""
        self._trying.add(line)

    def is_open(self, line: int) -> bool:
        """Whether the last messages on a line failed for no fault of theirs."""
        return self._failures.get(line, 0) > 1

    def record_success(self, line: int) -> None:
        """Note that the provider took or judged a message: it is there."""
        self._failures.pop(line, None)
        self._until.pop(line, None)
        self._trying.discard(line)

    def record_failure(self, line: int) -> int:
        """Note a failure that says nothing about the message; return the seconds of rest."""
        self._trying.discard(line)
        now = self.clock.now()
        until = self._until.get(line, now)
        if now >= until:  # those that were on their way with it are the same failure
            count = self._failures[line] = self._failures.get(line, 0) + 1
            seconds = min(MAX_REST_SECONDS, 2 ** (count - 2)) if count > 1 else 0
            until = self._until[line] = now + timedelta(seconds=seconds)
        return round((until - now).total_seconds())

    def throttle(self, line: int, lane: str, seconds: int) -> None:
        """Note that a line takes nothing for a while, or nothing but answers."""
        self._trying.discard(line)
        lasts = self._until if lane == REPLY_LANE else self._answers_only_until
        until = self.clock.now() + timedelta(seconds=seconds)
        lasts[line] = max(lasts.get(line, until), until)
