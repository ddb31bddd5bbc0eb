"""What is on offer, worked out the slow way: one tick after another, asking zoneinfo each time.

Written from the rules, to be obviously right; it shares nothing with core/localtime/ticks.py, not
even the types. Hours are pairs of minutes, claims are (from, until) in epoch seconds with the
buffers they ask for, before and after, in minutes.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

Hours = tuple[tuple[int, int], ...]
Claim = tuple[int, int, int, int]
Wall = tuple[date, int]
"""A local date and the minute of the day."""

DAY = timedelta(days=1)
TICK = 300


def epoch_seconds(text: str) -> int:
    """Epoch seconds of an ISO instant, UTC when it names no offset."""
    instant = datetime.fromisoformat(text)
    return int((instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp())


def wall_time(epoch_s: int, zone: ZoneInfo) -> Wall:
    shown = datetime.fromtimestamp(epoch_s, zone)
    return shown.date(), shown.hour * 60 + shown.minute


def wall_times(first_s: int, ticks: int, zone: ZoneInfo) -> list[Wall]:
    return [wall_time(first_s + n * TICK, zone) for n in range(ticks)]


def is_open(shown: Wall, weekly: Sequence[Hours], exceptions: Mapping[date, Hours]) -> bool:
    day, minute = shown

    def hours(of: date) -> Hours:
        return exceptions[of] if of in exceptions else weekly[of.weekday()]

    today = any(opens <= minute < closes for opens, closes in hours(day))
    return today or any(o <= minute + 24 * 60 < c for o, c in hours(day - DAY))


def open_ticks(
    shown: Sequence[Wall], weekly: Sequence[Hours], exceptions: Mapping[date, Hours]
) -> list[bool]:
    return [is_open(each, weekly, exceptions) for each in shown]


def is_free(start_s: int, end_s: int, before: int, after: int, claims: Sequence[Claim]) -> bool:
    """Neither inside another's buffers, nor another inside ours."""
    for begins, ends, its_before, its_after in claims:
        if start_s < ends + its_after * 60 and begins - its_before * 60 < end_s:
            return False
        if start_s - before * 60 < ends and begins < end_s + after * 60:
            return False
    return True


def expected_starts(
    first_s: int,
    shown: Sequence[Wall],
    opened: Sequence[bool],
    claims: Sequence[Claim],
    *,
    minutes: int,
    before: int,
    after: int,
    grid: int,
) -> list[int]:
    """Epoch seconds of the starts on offer, of a window that begins at `first_s`."""
    length = minutes * 60 // TICK
    found = []
    for n, (_, minute) in enumerate(shown):
        start_s = first_s + n * TICK
        if (
            minute % grid == 0
            and n + length <= len(opened)
            and all(opened[n : n + length])
            and is_free(start_s, start_s + minutes * 60, before, after, claims)
        ):
            found.append(start_s)
    return found


def offset_changes(first_s: int, end_s: int, zone: ZoneInfo) -> list[int]:
    """The instants at which a zone's offset changes, asked for every 3 hours, then every tick."""
    found = []
    offset = datetime.fromtimestamp(first_s, zone).utcoffset()
    for look in range(first_s, end_s, 3 * 3600):
        if datetime.fromtimestamp(look + 3 * 3600, zone).utcoffset() == offset:
            continue
        for tick in range(look, look + 3 * 3600 + TICK, TICK):
            if (later := datetime.fromtimestamp(tick, zone).utcoffset()) != offset:
                found.append(tick)
                offset = later
    return found
