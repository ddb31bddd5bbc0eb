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
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Self
from zoneinfo import ZoneInfo

TICK = 300
"""Seconds in a tick. Today's zones keep to it, in their offsets and in when they change."""

Busy = tuple[int, int, int, int]
"""A claim: from and until in epoch seconds, then the buffers it asks for itself, before and after,
in minutes."""

_TICK_MINUTES = TICK // 60
_DAY = 24 * 3600 // TICK
_DAY_MINUTES = 24 * 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = _EPOCH.toordinal()
_NEVER: Busy = (-(1 << 62), -(1 << 62), 0, 0)

zoneinfo.reset_tzpath(())  # only the tzdata package is left to read
ZoneInfo.clear_cache()  # and nothing read earlier from system files lives on


# ------------------------------------------------------------------------------------ the words


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of opening hours, in minutes of wall clock from the midnight of its date.

    It belongs to the date it begins on and may run past midnight, to 48:00 (2880).
    """

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not (0 <= self.opens < _DAY_MINUTES and self.opens < self.closes <= 2 * _DAY_MINUTES):
            raise ValueError(f"hours must begin within their day and end by 48:00: {self}")
        if self.opens % _TICK_MINUTES or self.closes % _TICK_MINUTES:
            raise ValueError(f"hours come in steps of {_TICK_MINUTES} minutes: {self}")


@dataclass(frozen=True, slots=True)
class Schedule:
    """When something is open, by the wall clock of `zone`.

    `weekly` has seven entries, Monday first. An exception replaces the weekly hours of its local
    date; an empty one closes it. Hours the day before reaches past midnight are not the date's own
    and stay. Build one per version of the hours and keep it: building costs more than using.
    """

    zone: str
    weekly: tuple[tuple[Interval, ...], ...]
    exceptions: Mapping[date, tuple[Interval, ...]] = field(default_factory=dict)
    _week: tuple[bytes, ...] = field(init=False, repr=False, compare=False)
    _special: dict[int, bytes] = field(init=False, repr=False, compare=False)
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        zone(self.zone)
        if len(self.weekly) != 7:
            raise ValueError(f"a week has seven days, not {len(self.weekly)}")
        put = object.__setattr__
        put(self, "exceptions", dict(self.exceptions))
        put(self, "_week", tuple(_two_days(hours) for hours in self.weekly))
        special = {d.toordinal() - _EPOCH_ORDINAL: _two_days(h) for d, h in self.exceptions.items()}
        put(self, "_special", special)
        put(self, "_hash", hash((self.zone, self.weekly, frozenset(self.exceptions.items()))))

    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open span of ticks: `first`, counted from the epoch, and how many."""

    first: int
    ticks: int

    def __post_init__(self) -> None:
        if self.ticks < 0:
            raise ValueError(f"a window cannot end before it begins: {self}")

    @classmethod
    def between(cls, start: datetime, end: datetime) -> Self:
        """The ticks that two aware datetimes touch; none when `end` is not after `start`."""
        tick = timedelta(seconds=TICK)
        first = (start - _EPOCH) // tick
        return cls(first, max(0, -((_EPOCH - end) // tick) - first))

    @property
    def start_s(self) -> int:
        """Epoch seconds of its beginning."""
        return self.first * TICK

    @property
    def end_s(self) -> int:
        """Epoch seconds of its end, which is past the last tick."""
        return (self.first + self.ticks) * TICK

    def widen(self, minutes: int) -> Self:
        """The same with at least so many minutes more on both sides."""
        more = _ticks(minutes)
        return type(self)(self.first - more, self.ticks + 2 * more)


# ------------------------------------------------------------------------------------ wall clocks


def zone(name: str) -> ZoneInfo:
    """The rules of an IANA zone, from the pinned tzdata; ValueError for a name it does not have."""
    return _zone(name)


def local(epoch_s: int, zone: str) -> datetime:
    """What the clocks of `zone` show at an instant, aware."""
    return datetime.fromtimestamp(epoch_s, _zone(zone))


def local_instants(day: date, minute: int, zone: str) -> tuple[int, ...]:
    """Epoch seconds at which clocks in `zone` show that minute (0–1439) of that date.

    None when the clocks jump over it, two when they are set back and show it again.
    """
    if not 0 <= minute < _DAY_MINUTES:
        raise ValueError(f"a day has the minutes 0 to {_DAY_MINUTES - 1}, not {minute}")
    wall = datetime.combine(day, time(*divmod(minute, 60)), _zone(zone))
    shown = {int(reading.timestamp()) for reading in (wall, wall.replace(fold=1))}
    # In a gap neither reading comes back as the time it was made from.
    wanted = wall.replace(tzinfo=None)
    return tuple(s for s in sorted(shown) if local(s, zone).replace(tzinfo=None) == wanted)


def instant_at(day: date, minute: int, zone: str) -> int:
    """Epoch seconds at which clocks in `zone` first show that minute (0–1439) of that date.

    Where they jump over it, the moment they jump.
    """
    shown = local_instants(day, minute, zone)
    if shown:
        return shown[0]
    wall = datetime.combine(day, time(*divmod(minute, 60)), _zone(zone))
    # By the rule before the jump it comes after it, and by the rule after it before.
    before, after = wall.replace(fold=1).timestamp(), wall.timestamp()
    return TICK * _change(zone, range(int(before) // TICK, int(after) // TICK + 1))


def day_bounds(day: date, zone: str) -> tuple[int, int]:
    """Epoch seconds of a local date's first instant and of the one past its last.

    Where midnight is skipped the day begins at 1:00, say; where it is repeated, at the first.
    Equal bounds for a date that a zone left out altogether.
    """
    begins = (day.toordinal() - _EPOCH_ORDINAL) * _DAY
    ends = begins + _DAY
    around = _segments(zone, Window(begins - _DAY, 3 * _DAY))
    first = min(max(a, begins - offset) for a, b, offset in around if begins - offset < b)
    last = max(min(b, ends - offset) for a, b, offset in around if ends - offset > a)
    return first * TICK, last * TICK


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
def _segments(name: str, window: Window) -> tuple[tuple[int, int, int], ...]:
    """The window cut where the zone's offset changes: (from tick, until tick, offset in ticks)."""
    end = window.first + window.ticks
    cut, offset, found = window.first, _offset(name, window.first), []
    # One look a day is enough: no zone changes twice within one and back to where it was.
    for look in range(window.first, end, _DAY):
        day = range(look, min(look + _DAY, end - 1) + 1)
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
    ahead = local(tick * TICK, name).utcoffset() or timedelta()
    return ahead // timedelta(seconds=TICK)


# ------------------------------------------------------------------------------------ masks


@lru_cache(maxsize=1024)
def open_mask(schedule: Schedule, window: Window) -> int:
    """Ticks at which the schedule is open.

    An instant is open when its wall time lies in an interval of its local date or, counted on past
    24:00, in one of the date before. So a repeated hour is open twice and a skipped one never.
    """
    week, special = schedule._week, schedule._special  # noqa: SLF001 - compiled for this function
    days = _local_days(window)
    # The epoch was a Thursday. A date covers two days' ticks, so every other date is disjoint.
    hours = [special.get(day) or week[(day + 3) % 7] for day in days]
    pattern = _bits(hours[::2]) | _bits(hours[1::2]) << _DAY
    return _from_local(pattern, days.start * _DAY, schedule.zone, window)


@lru_cache(maxsize=1024)
def grid_mask(zone: str, grid_minutes: int, window: Window) -> int:
    """Ticks whose local minute of the day is a multiple of the grid (5–1440, in steps of 5)."""
    if not 0 < grid_minutes <= _DAY_MINUTES or grid_minutes % _TICK_MINUTES:
        raise ValueError(f"a grid is 5 to {_DAY_MINUTES} minutes in steps of 5, not {grid_minutes}")
    day = sum(1 << tick for tick in range(0, _DAY, grid_minutes // _TICK_MINUTES))
    days = _local_days(window)
    pattern = _bits([day.to_bytes(_DAY // 8, "little")] * len(days))
    return _from_local(pattern, days.start * _DAY, zone, window)


def busy_masks(claims: Iterable[Busy], window: Window) -> tuple[int, int]:
    """Ticks that claims touch: (core, padded), themselves and with their own buffers around.

    Claims may overlap and come in any order; by their beginning is quickest. Ask for those that
    touch the window widened by the longest buffer, or one just outside would not be seen.
    """
    core, wider = _cover(claims, window)
    return core, core | _cover(wider, window)[0] if wider else core


def span_mask(start_s: int, end_s: int, window: Window) -> int:
    """Ticks that the span [start, end) in epoch seconds touches."""
    return _cover([(start_s, end_s, 0, 0)], window)[0] if start_s < end_s else 0


def between_mask(start_s: int, end_s: int, window: Window) -> int:
    """Ticks that begin in [start, end), in epoch seconds: notice and horizon."""
    return span_mask(-(-start_s // TICK) * TICK, -(-end_s // TICK) * TICK, window)


def runs(mask: int, ticks: int) -> int:
    """Bit n is set when bits n to n + ticks - 1 all are. Takes log(ticks) shifts."""
    if ticks < 1:
        raise ValueError(f"a run takes at least one tick, not {ticks}")
    width = 1
    while width * 2 <= ticks:
        mask &= mask >> width
        width *= 2
    return mask & mask >> (ticks - width)


def starts(
    open_: int,
    core: int,
    padded: int,
    *,
    minutes: int,
    gap_before: int = 0,
    gap_after: int = 0,
    grid: int,
) -> int:
    """Ticks of the grid at which something of `minutes` may begin.

    It must be open and free of others with their buffers for its whole length, and its own buffers
    free of others themselves: between neighbours the larger buffer counts, not the sum. Buffers
    need not be open. Minutes are elapsed time, rounded up to ticks. What lies outside the window
    is closed and counts as unclaimed, so let a window reach a buffer past the starts you want.
    """
    length = _ticks(minutes)
    fit = grid & runs(open_ & ~padded, length)
    if before := _ticks(gap_before):
        fit &= ~(_smear(core, before) << 1)
    if after := _ticks(gap_after):
        fit &= ~(_smear(core, after) >> (length + after - 1))
    return fit


def ticks_of(mask: int) -> Iterator[int]:
    """The numbers of the set bits, ascending."""
    bits = f"{mask:b}"[::-1]
    at = bits.find("1")
    while at >= 0:
        yield at
        at = bits.find("1", at + 1)


def instants(mask: int, window: Window) -> list[int]:
    """Epoch seconds at which the set ticks begin, ascending."""
    return [(window.first + tick) * TICK for tick in ticks_of(mask)]


# ------------------------------------------------------------------------------------ bits


def _ticks(minutes: int) -> int:
    return -(-minutes // _TICK_MINUTES)


def _two_days(hours: Iterable[Interval]) -> bytes:
    """A date's intervals over its own ticks and those of the next day."""
    mask = 0
    for interval in hours:
        opens, closes = interval.opens // _TICK_MINUTES, interval.closes // _TICK_MINUTES
        mask |= (1 << closes) - (1 << opens)
    return mask.to_bytes(2 * _DAY // 8, "little")


def _bits(parts: Iterable[bytes]) -> int:
    return int.from_bytes(b"".join(parts), "little")


def _local_days(window: Window) -> range:
    """Local dates, as days since the epoch, whose hours can reach the window from any offset."""
    return range(window.first // _DAY - 2, (window.first + window.ticks) // _DAY + 2)


def _from_local(pattern: int, base: int, zone: str, window: Window) -> int:
    """Take a mask over wall-clock ticks, its first bit being `base`, to the window's UTC ticks."""
    mask = 0
    for begins, ends, offset in _segments(zone, window):
        part = pattern >> (begins + offset - base) & ((1 << (ends - begins)) - 1)
        mask |= part << (begins - window.first)
    return mask


def _cover(claims: Iterable[Busy], window: Window) -> tuple[int, list[Busy]]:
    """Ticks that claims touch without their buffers, and claims made of those with buffers.

    The inner loop of everything: what is in it, and in which order, was measured.
    """
    start, ticks = window.start_s, window.ticks
    up = start - (TICK - 1)  # from here, dividing rounds up
    mask, since, until = 0, start, start
    wider: list[Busy] = []
    for begins, ends, before, after in (*claims, _NEVER):
        if before or after:
            wider.append((begins - 60 * before, ends + 60 * after, 0, 0))
        # Bookings stand back to back, and joining two costs less than OR-ing a long integer.
        if until >= begins >= since:
            if ends > until:  # noqa: PLR1730 - a call costs more than the test
                until = ends
            continue
        a, b = (since - start) // TICK, (until - up) // TICK
        # Cut before shifting: a block of years must not become an integer of years.
        if a < 0 or b > ticks:
            a = max(a, 0)
            b = max(a, min(b, ticks))
        mask |= ((1 << (b - a)) - 1) << a
        since, until = begins, ends
    return mask, wider


def _smear(mask: int, ticks: int) -> int:
    """Every set bit spread over itself and the ticks - 1 after it."""
    width = 1
    while width * 2 <= ticks:
        mask |= mask << width
        width *= 2
    return mask | mask << (ticks - width)
