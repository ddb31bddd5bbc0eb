"""The injected clock: frozen in tests, shifted in the simulator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """A source of the current instant, aware, in UTC and whole seconds."""

    def now(self) -> datetime:
        """Return the current instant."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the current instant in UTC, truncated to the whole seconds the database stores."""
        return datetime.now(UTC).replace(microsecond=0)


@dataclass(slots=True)
class FixedClock:
    """A frozen clock that moves only when told: `FixedClock.at("2026-03-29T00:30Z")`."""

    instant: datetime

    @classmethod
    def at(cls, text: str) -> FixedClock:
        """Return a clock at an ISO 8601 instant; raise ValueError without an offset."""
        return cls(parse_instant(text))

    def now(self) -> datetime:
        """Return the frozen instant."""
        return self.instant

    def advance(self, by: timedelta) -> None:
        """Advance the clock by `by`."""
        self.instant += by

    def move_to(self, text: str) -> None:
        """Set the clock to another ISO 8601 instant."""
        self.instant = parse_instant(text)


@dataclass(slots=True)
class ShiftedClock:
    """The system clock plus an adjustable shift, for the simulator's "jump ahead"."""

    shift: timedelta = timedelta(0)

    def now(self) -> datetime:
        """Return the shifted instant."""
        return datetime.now(UTC).replace(microsecond=0) + self.shift

    def advance(self, by: timedelta) -> None:
        """Increase the shift by `by`."""
        self.shift += by


def parse_instant(text: str) -> datetime:
    """Parse an ISO 8601 instant with an offset to UTC in whole seconds; else raise ValueError."""
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        message = f"an instant needs an offset, such as {text}Z"
        raise ValueError(message)
    return parsed.astimezone(UTC).replace(microsecond=0)
