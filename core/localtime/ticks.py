"""Free time as bit masks: hours minus breaks minus claims, one integer per calendar.

A calendar is one Python int: bit n is the n-th five-minute tick (UTC; a tick's number is its epoch
second

300) since the first tick of a `TickWindow`. Opening hours, claims, grid, notice and horizon are all
such masks. "Any of these providers" is an OR of what `start_mask` gives for each; "provider and
room" is `start_mask` over the AND of their hours and the OR of their claims.

All zone rules come from the pinned tzdata package: importing this module empties zoneinfo's search
path for the whole process, so that machines with different system files, and libraries that use
zoneinfo, see the same calendar.
"""

import zoneinfo
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

TICK_SECONDS = 300
"""Seconds per tick. Today's zone offsets and transitions are all multiples of it."""

BusyClaim = tuple[int, int, int, int]
"""A claim: start and end in epoch seconds, then its own buffers before and after, in minutes."""

TICK_MINUTES = TICK_SECONDS // 60
TICKS_PER_DAY = 24 * 3600 // TICK_SECONDS
DAY_MINUTES = 24 * 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_ORDINAL = _EPOCH.toordinal()
_NEVER: BusyClaim = (-(1 << 62), -(1 << 62), 0, 0)

zoneinfo.reset_tzpath(())  # leaves only the tzdata package
ZoneInfo.clear_cache()  # drops zones already read from system files


@dataclass(frozen=True, slots=True)
class TickWindow:
    """A half-open span of ticks: the number of the `first` since the epoch, and a count."""

    first_tick: int
    tick_count: int

    def __post_init__(self) -> None:
        if self.tick_count < 0:
            raise ValueError(f"a window cannot end before it begins: {self}")

    @classmethod
    def between(cls, start: datetime, end: datetime) -> Self:
        """Return the ticks that two aware datetimes span; none if `end` is not after `start`."""
        tick = timedelta(seconds=TICK_SECONDS)
        first = (start - _EPOCH) // tick
        return cls(first, max(0, -((_EPOCH - end) // tick) - first))

    @property
    def start_s(self) -> int:
        """Return the epoch second of its start."""
        return self.first_tick * TICK_SECONDS

    @property
    def end_s(self) -> int:
        """Return the epoch second of its end, just past the last tick."""
        return (self.first_tick + self.tick_count) * TICK_SECONDS

    def widen(self, minutes: int) -> Self:
        """Return a window with at least `minutes` more on both sides."""
        more = _ticks(minutes)
        return type(self)(self.first_tick - more, self.tick_count + 2 * more)


def busy_masks(claims: Iterable[BusyClaim], window: TickWindow) -> tuple[int, int]:
    """Return the ticks that claims cover: (core, padded), without and with their own buffers.

    Claims may overlap and come in any order; sorted by start is fastest. Pass those that touch the
    window widened by the longest buffer, or one just outside would be missed.
    """
    core, wider = _cover(claims, window)
    return core, core | _cover(wider, window)[0] if wider else core


def span_mask(start_s: int, end_s: int, window: TickWindow) -> int:
    """Return the ticks that the span [start, end) in epoch seconds touches."""
    return _cover([(start_s, end_s, 0, 0)], window)[0] if start_s < end_s else 0


def between_mask(start_s: int, end_s: int, window: TickWindow) -> int:
    """Return the ticks that begin in [start, end), in epoch seconds: for notice and horizon."""
    return span_mask(
        -(-start_s // TICK_SECONDS) * TICK_SECONDS, -(-end_s // TICK_SECONDS) * TICK_SECONDS, window
    )


def run_starts(mask: int, ticks: int) -> int:
    """Return a mask whose bit n is set when bits n to n + ticks - 1 are; log(ticks) shifts."""
    if ticks < 1:
        raise ValueError(f"a run takes at least one tick, not {ticks}")
    width = 1
    while width * 2 <= ticks:
        mask &= mask >> width
        width *= 2
    return mask & mask >> (ticks - width)


def start_mask(
    open_: int,
    core: int,
    padded: int,
    *,
    minutes: int,
    gap_before: int = 0,
    gap_after: int = 0,
    grid: int,
) -> int:
    """Return the grid ticks at which something of `minutes` may start.

    It must be open and clear of others and their buffers for its whole length, and its own buffers
    must be clear of others: between neighbours the larger buffer counts, not the sum. Buffers need
    not be open. Minutes are elapsed time, rounded up to ticks. Outside the window counts as closed
    and unclaimed, so the window must reach a buffer past the wanted starts.
    """
    length = _ticks(minutes)
    fit = grid & run_starts(open_ & ~padded, length)
    if before := _ticks(gap_before):
        fit &= ~(_smear(core, before) << 1)
    if after := _ticks(gap_after):
        fit &= ~(_smear(core, after) >> (length + after - 1))
    return fit


def tick_numbers(mask: int) -> Iterator[int]:
    """Yield the numbers of the set bits, ascending."""
    bits = f"{mask:b}"[::-1]
    at = bits.find("1")
    while at >= 0:
        yield at
        at = bits.find("1", at + 1)


def mask_instants(mask: int, window: TickWindow) -> list[int]:
    """Return the epoch seconds at which the set ticks begin, ascending."""
    return [(window.first_tick + tick) * TICK_SECONDS for tick in tick_numbers(mask)]


# ------------------------------------------------------------------------------------ bits


def _ticks(minutes: int) -> int:
    return -(-minutes // TICK_MINUTES)


def join_bits(parts: Iterable[bytes]) -> int:
    """Return the integer of these little-endian byte strings, concatenated."""
    return int.from_bytes(b"".join(parts), "little")


def _cover(claims: Iterable[BusyClaim], window: TickWindow) -> tuple[int, list[BusyClaim]]:
    """Return the ticks of claims without buffers, and the claims that have buffers.

    This is the innermost loop: its operations and their order were measured.
    """
    start, ticks = window.start_s, window.tick_count
    up = start - (TICK_SECONDS - 1)  # from here, dividing rounds up
    mask, since, until = 0, start, start
    wider: list[BusyClaim] = []
    for begins, ends, before, after in (*claims, _NEVER):
        if before or after:
            wider.append((begins - 60 * before, ends + 60 * after, 0, 0))
        # Bookings are often back to back, and joining two costs less than OR-ing a long integer.
        if until >= begins >= since:
            if ends > until:  # noqa: PLR1730 - a call costs more than the test
                until = ends
            continue
        a, b = (since - start) // TICK_SECONDS, (until - up) // TICK_SECONDS
        # Cut before shifting: a block of years must not become an integer of years.
        if a < 0 or b > ticks:
            a = max(a, 0)
            b = max(a, min(b, ticks))
        mask |= ((1 << (b - a)) - 1) << a
        since, until = begins, ends
    return mask, wider


def _smear(mask: int, ticks: int) -> int:
    """Return every set bit spread over itself and the ticks - 1 after it."""
    width = 1
    while width * 2 <= ticks:
        mask |= mask << width
        width *= 2
    return mask | mask << (ticks - width)
