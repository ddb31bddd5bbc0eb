"""Free times as bits: hours minus breaks minus claims, one integer a calendar.

A calendar is one Python int: bit n is the n-th five-minute tick (UTC; a tick's number is its
epoch second // 300) since the first tick of a `Window`. Open hours, claims, the grid, notice and
horizon are all such masks. "Any of these providers" is an OR of what `starts` gives for each;
"provider and room" is `starts` over the AND of their hours and the OR of their claims.

Pure, and the only place of wall-clock arithmetic. All zone rules come from the pinned tzdata
package: importing this module empties zoneinfo's search path for the whole process, so that two
machines with different system files, and libraries that ask zoneinfo themselves, see one calendar.
"""

import zoneinfo
from bisect import bisect_left
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from core.localtime.ticks import DAY_MINUTES, EPOCH_ORDINAL, TICK_SECONDS, TICKS_PER_DAY, TickWindow

# ------------------------------------------------------------------------------------ wall clocks


def load_zone(name: str) -> ZoneInfo:
    """The rules of an IANA zone, from the pinned tzdata; ValueError for a name it does not have."""
    return _zone(name)


def to_local(epoch_s: int, zone: str) -> datetime:
    """What the clocks of `zone` show at an instant, aware."""
    return datetime.fromtimestamp(epoch_s, _zone(zone))


def instants_at(day: date, minute: int, zone: str) -> tuple[int, ...]:
    """Epoch seconds at which clocks in `zone` show that minute (0–1439) of that date.

    None when the clocks jump over it, two when they are set back and show it again.
    """
    if not 0 <= minute < DAY_MINUTES:
        raise ValueError(f"a day has the minutes 0 to {DAY_MINUTES - 1}, not {minute}")
    wall = datetime.combine(day, time(*divmod(minute, 60)), _zone(zone))
    shown = {int(reading.timestamp()) for reading in (wall, wall.replace(fold=1))}
    # In a gap neither reading comes back as the time it was made from.
    wanted = wall.replace(tzinfo=None)
    return tuple(s for s in sorted(shown) if to_local(s, zone).replace(tzinfo=None) == wanted)


def first_instant_at(day: date, minute: int, zone: str) -> int:
    """Epoch seconds at which clocks in `zone` first show that minute (0–1439) of that date.

    Where they jump over it, the moment they jump.
    """
    shown = instants_at(day, minute, zone)
    if shown:
        return shown[0]
    wall = datetime.combine(day, time(*divmod(minute, 60)), _zone(zone))
    # By the rule before the jump it comes after it, and by the rule after it before.
    before, after = wall.replace(fold=1).timestamp(), wall.timestamp()
    return TICK_SECONDS * _change(
        zone, range(int(before) // TICK_SECONDS, int(after) // TICK_SECONDS + 1)
    )


def day_bounds(day: date, zone: str) -> tuple[int, int]:
    """Epoch seconds of a local date's first instant and of the one past its last.

    Where midnight is skipped the day begins at 1:00, say; where it is repeated, at the first.
    Equal bounds for a date that a zone left out altogether.
    """
    begins = (day.toordinal() - EPOCH_ORDINAL) * TICKS_PER_DAY
    ends = begins + TICKS_PER_DAY
    around = offset_segments(zone, TickWindow(begins - TICKS_PER_DAY, 3 * TICKS_PER_DAY))
    first = min(max(a, begins - offset) for a, b, offset in around if begins - offset < b)
    last = max(min(b, ends - offset) for a, b, offset in around if ends - offset > a)
    return first * TICK_SECONDS, last * TICK_SECONDS


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    # The list keeps out what is a file or a folder of the package, but no zone.
    if name not in _zone_names():
        raise ValueError(f"unknown time zone {name!r}")
    return ZoneInfo(name)


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


@lru_cache(maxsize=4096)
def offset_segments(name: str, window: TickWindow) -> tuple[tuple[int, int, int], ...]:
    """The window cut where the zone's offset changes: (from tick, until tick, offset in ticks)."""
    end = window.first_tick + window.tick_count
    cut, offset, found = window.first_tick, _offset(name, window.first_tick), []
    # One look a day is enough: no zone changes twice within one and back to where it was.
    for look in range(window.first_tick, end, TICKS_PER_DAY):
        day = range(look, min(look + TICKS_PER_DAY, end - 1) + 1)
        if (later := _offset(name, day[-1])) != offset:
            change = _change(name, day)
            found.append((cut, change, offset))
            cut, offset = change, later
    return *found, (cut, end, offset)


def _change(name: str, ticks: range) -> int:
    """The first of the ticks to differ in offset from the very first, which the last does."""
    before = _offset(name, ticks[0])
    return ticks[bisect_left(ticks, True, key=lambda tick: _offset(name, tick) != before)]


def _offset(name: str, tick: int) -> int:
    """Ticks by which local clocks are ahead of UTC."""
    ahead = to_local(tick * TICK_SECONDS, name).utcoffset() or timedelta()
    return ahead // timedelta(seconds=TICK_SECONDS)
