"""Circuit breaker for lines whose provider is unavailable or has paused sending.

After two consecutive failures not caused by a message, the line pauses for 1, 2, 4 … up to 60
seconds, after which one message probes it. Other lines continue. Each process keeps its own state.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.clock import Clock

MAX_REST_SECONDS = 60
"""Maximum pause of a line in seconds before it is probed again."""

REPLY_QUEUE = "reply"


@dataclass(frozen=True, slots=True)
class ClaimableLines:
    """Lines to claim from: in all queues, for `answers` only, or for one probe (`try_out`)."""

    all_queues: frozenset[int]
    replies_only: frozenset[int]
    probes: tuple[int, ...]


@dataclass(slots=True, eq=False)
class LineBreaker:
    """The state of the lines in this process."""

    clock: Clock
    _until: dict[int, datetime] = field(default_factory=dict)
    _answers_only_until: dict[int, datetime] = field(default_factory=dict)
    _failures: dict[int, int] = field(default_factory=dict)
    _trying: set[int] = field(default_factory=set)

    def claimable_lines(
        self, lines: Collection[int], crowded: Collection[int] = ()
    ) -> ClaimableLines:
        """Return which lines may be claimed from now; `crowded` lines accept answers only."""
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
        """Record that a probe message is on its way."""
        self._trying.add(line)

    def is_open(self, line: int) -> bool:
        """Whether the last messages on a line failed because of the provider."""
        return self._failures.get(line, 0) > 1

    def record_success(self, line: int) -> None:
        """Record that the provider accepted or rejected a message, so it is available."""
        self._failures.pop(line, None)
        self._until.pop(line, None)
        self._trying.discard(line)

    def record_failure(self, line: int) -> int:
        """Record a failure not caused by the message and return the pause in seconds."""
        self._trying.discard(line)
        now = self.clock.now()
        until = self._until.get(line, now)
        if now >= until:  # those that were on their way with it are the same failure
            count = self._failures[line] = self._failures.get(line, 0) + 1
            seconds = min(MAX_REST_SECONDS, 2 ** (count - 2)) if count > 1 else 0
            until = self._until[line] = now + timedelta(seconds=seconds)
        return round((until - now).total_seconds())

    def throttle(self, line: int, queue: str, seconds: int) -> None:
        """Pause a line for a while, entirely or except for answers."""
        self._trying.discard(line)
        lasts = self._until if queue == REPLY_QUEUE else self._answers_only_until
        until = self.clock.now() + timedelta(seconds=seconds)
        lasts[line] = max(lasts.get(line, until), until)
