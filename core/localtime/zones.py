"""Conversion between local time and instants, by the rules of the pinned tzdata package."""

import zoneinfo
from bisect import bisect_left
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from core.localtime.ticks import DAY_MINUTES, EPOCH_ORDINAL, TICK_SECONDS, TICKS_PER_DAY, TickWindow

# ------------------------------------------------------------------------------------ local time


def load_zone(name: str) -> ZoneInfo:
    """Return an IANA zone from the pinned tzdata; raise ValueError for an unknown name."""
    return _zone(name)


def to_local(epoch_s: int, zone: str) -> datetime:
    """Return an instant as an aware datetime in `zone`."""
    return datetime.fromtimestamp(epoch_s, _zone(zone))


def instants_at(day: date, minute: int, zone: str) -> tuple[int, ...]:
    """Return the epoch seconds at which local time is that minute (0–1439) of that date.

    None if clocks skip it, two if they are set back and repeat it.
    """
    if not 0 <= minute < DAY_MINUTES:
        raise ValueError(f"a day has the minutes 0 to {DAY_MINUTES - 1}, not {minute}")
    wall = datetime.combine(day, time(*divmod(minute, 60)), _zone(zone))
    shown = {int(reading.timestamp()) for reading in (wall, wall.replace(fold=1))}
    # A skipped time does not survive the round trip with either fold.
    wanted = wall.replace(tzinfo=None)
    return tuple(s for s in sorted(shown) if to_local(s, zone).replace(tzinfo=None) == wanted)


def first_instant_at(day: date, minute: int, zone: str) -> int:
    """Return the first epoch second at which local time is that minute (0–1439) of that date.

    If clocks skip it, the instant of the change.
    """
    shown = instants_at(day, minute, zone)
    if shown:
        return shown[0]
    wall = datetime.combine(day, time(*divmod(minute, 60)), _zone(zone))
    # In a gap, the old offset gives an instant after the change, the new one an instant before.
    before, after = wall.replace(fold=1).timestamp(), wall.timestamp()
    return TICK_SECONDS * _change(
        zone, range(int(before) // TICK_SECONDS, int(after) // TICK_SECONDS + 1)
    )


def day_bounds(day: date, zone: str) -> tuple[int, int]:
    """Return the epoch seconds of a local date's start and of the next date's.

    Where midnight is skipped the day begins at, say, 1:00; where it is repeated, at the first. Both
    are equal for a date that the zone skipped entirely.
    """
    begins = (day.toordinal() - EPOCH_ORDINAL) * TICKS_PER_DAY
    ends = begins + TICKS_PER_DAY
    around = offset_segments(zone, TickWindow(begins - TICKS_PER_DAY, 3 * TICKS_PER_DAY))
    first = min(max(a, begins - offset) for a, b, offset in around if begins - offset < b)
    last = max(min(b, ends - offset) for a, b, offset in around if ends - offset > a)
    return first * TICK_SECONDS, last * TICK_SECONDS


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    # The list excludes files and folders of the package that are no zones.
    if name not in _zone_names():
        raise ValueError(f"unknown time zone {name!r}")
    return ZoneInfo(name)


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


@lru_cache(maxsize=4096)
def offset_segments(name: str, window: TickWindow) -> tuple[tuple[int, int, int], ...]:
    """Return the window split where the offset changes: (from, until, offset), all in ticks."""
    end = window.first_tick + window.tick_count
    cut, offset, found = window.first_tick, _offset(name, window.first_tick), []
    # Sampling once a day suffices: no zone changes its offset and back within a day.
    for look in range(window.first_tick, end, TICKS_PER_DAY):
        day = range(look, min(look + TICKS_PER_DAY, end - 1) + 1)
        if (later := _offset(name, day[-1])) != offset:
            change = _change(name, day)
            found.append((cut, change, offset))
            cut, offset = change, later
    return *found, (cut, end, offset)


def _change(name: str, ticks: range) -> int:
    """Return the first tick with another offset than the first; the last tick's must differ."""
    before = _offset(name, ticks[0])
    return ticks[bisect_left(ticks, True, key=lambda tick: _offset(name, tick) != before)]


def _offset(name: str, tick: int) -> int:
    """Return the ticks by which local time is ahead of UTC."""
    ahead = to_local(tick * TICK_SECONDS, name).utcoffset() or timedelta()
    return ahead // timedelta(seconds=TICK_SECONDS)
