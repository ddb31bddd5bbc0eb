"""Where "now" comes from: one injected clock, frozen in tests, shifted in the simulator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the present instant, aware and in UTC, in whole seconds."""

    def now(self) -> datetime:
        """Return the present instant."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present instant in UTC, cut to the second the database keeps."""
        return datetime.now(UTC).replace(microsecond=0)


@dataclass(slots=True)
class FixedClock:
    """A clock that stands still until it is moved: `FixedClock.at("2026-03-29T00:30Z")`."""

    instant: datetime

    @classmethod
    def at(cls, text: str) -> FixedClock:
        """Stand at an ISO 8601 instant with an offset; a naive one is a ValueError."""
        return cls(parse_instant(text))

    def now(self) -> datetime:
        """Return the instant it stands at."""
        return self.instant

    def advance(self, by: timedelta) -> None:
        """Move on by `by`."""
        self.instant += by

    def move_to(self, text: str) -> None:
        """Stand at another ISO 8601 instant."""
        self.instant = parse_instant(text)


@dataclass(slots=True)
class ShiftedClock:
    """The machine's clock plus a shift that can grow: the simulator's "jump ahead"."""

    shift: timedelta = timedelta(0)

    def now(self) -> datetime:
        """Return the shifted instant."""
        return datetime.now(UTC).replace(microsecond=0) + self.shift

    def advance(self, by: timedelta) -> None:
        """Move on by `by`."""
        self.shift += by


def parse_instant(text: str) -> datetime:
    """Read an ISO 8601 instant with an offset, as UTC in whole seconds; else ValueError."""
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        message = f"an instant needs an offset, such as {text}Z"
        raise ValueError(message)
    return parsed.astimezone(UTC).replace(microsecond=0)
