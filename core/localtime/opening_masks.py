"""Opening hours in local time as bit masks of ticks (`core.localtime.ticks`)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from core.localtime.ticks import (
    DAY_MINUTES,
    EPOCH_ORDINAL,
    TICK_MINUTES,
    TICKS_PER_DAY,
    TickWindow,
    join_bits,
)
from core.localtime.zones import load_zone, offset_segments

# ------------------------------------------------------------------------------------ hours


@dataclass(frozen=True, slots=True)
class Interval:
    """A span of opening hours, in minutes of local time from the midnight of its date.

    It belongs to the date it begins on and may run past midnight, up to 48:00 (2880).
    """

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not (0 <= self.opens < DAY_MINUTES and self.opens < self.closes <= 2 * DAY_MINUTES):
            raise ValueError(f"hours must begin within their day and end by 48:00: {self}")
        if self.opens % TICK_MINUTES or self.closes % TICK_MINUTES:
            raise ValueError(f"hours come in steps of {TICK_MINUTES} minutes: {self}")


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Opening hours in the local time of `zone`.

    `weekly` has seven entries, Monday first. An exception replaces the weekly hours of its local
    date; an empty one closes it. Hours that run past midnight from the day before are not affected.
    Build one per version of the hours and keep it: building costs more than using it.
    """

    zone: str
    weekly: tuple[tuple[Interval, ...], ...]
    exceptions: Mapping[date, tuple[Interval, ...]] = field(default_factory=dict)
    _week: tuple[bytes, ...] = field(init=False, repr=False, compare=False)
    _special: dict[int, bytes] = field(init=False, repr=False, compare=False)
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        load_zone(self.zone)
        if len(self.weekly) != 7:
            raise ValueError(f"a week has seven days, not {len(self.weekly)}")
        put = object.__setattr__
        put(self, "exceptions", dict(self.exceptions))
        put(self, "_week", tuple(_two_days(hours) for hours in self.weekly))
        special = {d.toordinal() - EPOCH_ORDINAL: _two_days(h) for d, h in self.exceptions.items()}
        put(self, "_special", special)
        put(self, "_hash", hash((self.zone, self.weekly, frozenset(self.exceptions.items()))))

    def __hash__(self) -> int:
        return self._hash


# ------------------------------------------------------------------------------------ masks


@lru_cache(maxsize=1024)
def open_mask(schedule: OpeningHours, window: TickWindow) -> int:
    """Return the ticks at which the schedule is open.

    An instant is open if its local time lies in an interval of its date or, counted past 24:00, of
    the date before. So a repeated hour is open twice and a skipped one never.
    """
    week, special = schedule._week, schedule._special  # noqa: SLF001 - compiled for this function
    days = _local_days(window)
    # The epoch was a Thursday. A date covers two days' ticks, so every other date is disjoint.
    hours = [special.get(day) or week[(day + 3) % 7] for day in days]
    pattern = join_bits(hours[::2]) | join_bits(hours[1::2]) << TICKS_PER_DAY
    return _from_local(pattern, days.start * TICKS_PER_DAY, schedule.zone, window)


@lru_cache(maxsize=1024)
def grid_mask(zone: str, grid_minutes: int, window: TickWindow) -> int:
    """Return the ticks whose local minute of the day is a multiple of the grid (5–1440, by 5)."""
    if not 0 < grid_minutes <= DAY_MINUTES or grid_minutes % TICK_MINUTES:
        raise ValueError(f"a grid is 5 to {DAY_MINUTES} minutes in steps of 5, not {grid_minutes}")
    day = sum(1 << tick for tick in range(0, TICKS_PER_DAY, grid_minutes // TICK_MINUTES))
    days = _local_days(window)
    pattern = join_bits([day.to_bytes(TICKS_PER_DAY // 8, "little")] * len(days))
    return _from_local(pattern, days.start * TICKS_PER_DAY, zone, window)


def _two_days(hours: Iterable[Interval]) -> bytes:
    """Return a date's intervals as ticks of that date and the next."""
    mask = 0
    for interval in hours:
        opens, closes = interval.opens // TICK_MINUTES, interval.closes // TICK_MINUTES
        mask |= (1 << closes) - (1 << opens)
    return mask.to_bytes(2 * TICKS_PER_DAY // 8, "little")


def _local_days(window: TickWindow) -> range:
    """Return the local dates, in days since the epoch, whose hours may reach the window."""
    return range(
        window.first_tick // TICKS_PER_DAY - 2,
        (window.first_tick + window.tick_count) // TICKS_PER_DAY + 2,
    )


def _from_local(pattern: int, base: int, zone: str, window: TickWindow) -> int:
    """Map a mask over local ticks, starting at `base`, to the window's UTC ticks."""
    mask = 0
    for begins, ends, offset in offset_segments(zone, window):
        part = pattern >> (begins + offset - base) & ((1 << (ends - begins)) - 1)
        mask |= part << (begins - window.first_tick)
    return mask
