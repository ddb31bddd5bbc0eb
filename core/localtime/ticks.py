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
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

TICK_SECONDS = 300
"""Seconds in a tick. Today's zones keep to it, in their offsets and in when they change."""

BusyClaim = tuple[int, int, int, int]
"""A claim: from and until in epoch seconds, then the buffers it asks for itself, before and after,
in minutes."""

TICK_MINUTES = TICK_SECONDS // 60
TICKS_PER_DAY = 24 * 3600 // TICK_SECONDS
DAY_MINUTES = 24 * 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_ORDINAL = _EPOCH.toordinal()
_NEVER: BusyClaim = (-(1 << 62), -(1 << 62), 0, 0)

zoneinfo.reset_tzpath(())  # only the tzdata package is left to read
ZoneInfo.clear_cache()  # and nothing read earlier from system files lives on


@dataclass(frozen=True, slots=True)
class TickWindow:
    """A half-open span of ticks: `first`, counted from the epoch, and how many."""

    first_tick: int
    tick_count: int

    def __post_init__(self) -> None:
        if self.tick_count < 0:
            raise ValueError(f"a window cannot end before it begins: {self}")

    @classmethod
    def between(cls, start: datetime, end: datetime) -> Self:
        """The ticks that two aware datetimes touch; none when `end` is not after `start`."""
        tick = timedelta(seconds=TICK_SECONDS)
        first = (start - _EPOCH) // tick
        return cls(first, max(0, -((_EPOCH - end) // tick) - first))

    @property
    def start_s(self) -> int:
        """Epoch seconds of its beginning."""
        return self.first_tick * TICK_SECONDS

    @property
    def end_s(self) -> int:
        """Epoch seconds of its end, which is past the last tick."""
        return (self.first_tick + self.tick_count) * TICK_SECONDS

    def widen(self, minutes: int) -> Self:
        """The same with at least so many minutes more on both sides."""
        more = _ticks(minutes)
        return type(self)(self.first_tick - more, self.tick_count + 2 * more)


def busy_masks(claims: Iterable[BusyClaim], window: TickWindow) -> tuple[int, int]:
    """Ticks that claims touch: (core, padded), themselves and with their own buffers around.

    Claims may overlap and come in any order; by their beginning is quickest. Ask for those that
    touch the window widened by the longest buffer, or one just outside would not be seen.
    """
    core, wider = _cover(claims, window)
    return core, core | _cover(wider, window)[0] if wider else core


def span_mask(start_s: int, end_s: int, window: TickWindow) -> int:
    """Ticks that the span [start, end) in epoch seconds touches."""
    return _cover([(start_s, end_s, 0, 0)], window)[0] if start_s < end_s else 0


def between_mask(start_s: int, end_s: int, window: TickWindow) -> int:
    """Ticks that begin in [start, end), in epoch seconds: notice and horizon."""
    return span_mask(
        -(-start_s // TICK_SECONDS) * TICK_SECONDS, -(-end_s // TICK_SECONDS) * TICK_SECONDS, window
    )


def run_starts(mask: int, ticks: int) -> int:
    """Bit n is set when bits n to n + ticks - 1 all are. Takes log(ticks) shifts."""
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
    """Ticks of the grid at which something of `minutes` may begin.

    It must be open and free of others with their buffers for its whole length, and its own buffers
    free of others themselves: between neighbours the larger buffer counts, not the sum. Buffers
    need not be open. Minutes are elapsed time, rounded up to ticks. What lies outside the window
    is closed and counts as unclaimed, so let a window reach a buffer past the starts you want.
    """
    length = _ticks(minutes)
    fit = grid & run_starts(open_ & ~padded, length)
    if before := _ticks(gap_before):
        fit &= ~(_smear(core, before) << 1)
    if after := _ticks(gap_after):
        fit &= ~(_smear(core, after) >> (length + after - 1))
    return fit


def tick_numbers(mask: int) -> Iterator[int]:
    """The numbers of the set bits, ascending."""
    bits = f"{mask:b}"[::-1]
    at = bits.find("1")
    while at >= 0:
        yield at
        at = bits.find("1", at + 1)


def mask_instants(mask: int, window: TickWindow) -> list[int]:
    """Epoch seconds at which the set ticks begin, ascending."""
    return [(window.first_tick + tick) * TICK_SECONDS for tick in tick_numbers(mask)]


# ------------------------------------------------------------------------------------ bits


def _ticks(minutes: int) -> int:
    return -(-minutes // TICK_MINUTES)


def join_bits(parts: Iterable[bytes]) -> int:
    """Return the integer whose little-endian bytes are these parts, one after another."""
    return int.from_bytes(b"".join(parts), "little")


def _cover(claims: Iterable[BusyClaim], window: TickWindow) -> tuple[int, list[BusyClaim]]:
    """Ticks that claims touch without their buffers, and claims made of those with buffers.

    The inner loop of everything: what is in it, and in which order, was measured.
    """
    start, ticks = window.start_s, window.tick_count
    up = start - (TICK_SECONDS - 1)  # from here, dividing rounds up
    mask, since, until = 0, start, start
    wider: list[BusyClaim] = []
    for begins, ends, before, after in (*claims, _NEVER):
        if before or after:
            wider.append((begins - 60 * before, ends + 60 * after, 0, 0))
        # Bookings stand back to back, and joining two costs less than OR-ing a long integer.
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
    """Every set bit spread over itself and the ticks - 1 after it."""
    width = 1
    while width * 2 <= ticks:
        mask |= mask << width
        width *= 2
    return mask | mask << (ticks - width)
