"""When reminders go, read off a table of what a zone's clocks show minute by minute.

Written from the rules as people are told them, without a line of the code that keeps them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from zoneinfo import ZoneInfo

DAY = 24 * 60


@dataclass(frozen=True)
class ZoneClock:
    """The wall clock of a zone for every minute of a span; minutes count from the epoch."""

    zone: str
    first: int
    last: int

    @staticmethod
    @cache
    def of(zone: str, start: datetime, end: datetime) -> "ZoneClock":
        """Read a zone's clocks once for all: half a million minutes take a second or two."""
        return ZoneClock(zone, minute_of(start), minute_of(end))

    @cached_property
    def shown(self) -> list[int]:
        """What the clocks show at each minute, as minutes of a calendar without zones."""
        where = ZoneInfo(self.zone)
        found: list[int] = []
        for quarter in range(self.first, self.last, 15):  # today's zones change at these only
            ahead = datetime.fromtimestamp(60 * quarter, where).utcoffset()
            assert ahead is not None
            reading = quarter + int(ahead.total_seconds()) // 60
            found += range(reading, reading + 15)
        return found

    @cached_property
    def begins(self) -> dict[int, int]:
        """The first minute at which the clocks show something; of what they skip, the jump."""
        found: dict[int, int] = {}
        before = self.shown[0] - 1
        for minute, reading in enumerate(self.shown, self.first):
            for each in range(min(before + 1, reading), reading + 1):
                found.setdefault(each, minute)
            before = reading
        return found

    def reading(self, minute: int) -> int:
        return self.shown[minute - self.first]


def minute_of(at: datetime) -> int:
    return int(at.timestamp()) // 60


def instant_of(minute: int) -> datetime:
    return datetime.fromtimestamp(60 * minute, UTC)


def is_quiet(clocks: ZoneClock, minute: int, hours: tuple[int, int]) -> bool:
    since, until = hours
    of_day = clocks.reading(minute) % DAY
    if since <= until:
        return since <= of_day < until
    return of_day >= since or of_day < until


def expected_reminders(
    clocks: ZoneClock,
    rules: Sequence[str],
    starts_at: datetime,
    ends_at: datetime,
    hours: tuple[int, int],
    now: datetime,
) -> dict[str, datetime]:
    """Return which reminders of a booking go, planned at `now`, and when."""
    start, end, moment = minute_of(starts_at), minute_of(ends_at), minute_of(now)
    found: dict[str, int] = {}
    for rule in rules:
        after = rule.startswith("after ")
        if rule.startswith("at "):
            hour, minute = rule[3:].split(":")
            day = clocks.reading(start) // DAY * DAY
            wanted = clocks.begins[day + 60 * int(hour) + int(minute)]
        else:
            number = rule.removeprefix("after ")
            span = int(number[:-1]) * (60 if number.endswith("h") else 1)
            base, step = (end, span) if after else (start, -span)
            # Whole days are days on the wall; anything else is time that passes.
            wanted = base + step if span % DAY else clocks.begins[clocks.reading(base) + step]
        if wanted <= moment or (not after and wanted >= start):
            continue
        if is_quiet(clocks, wanted, hours):
            ends = wanted
            while is_quiet(clocks, ends, hours):
                ends += 1
            begins = wanted
            while is_quiet(clocks, begins - 1, hours):
                begins -= 1
            if after or 2 * (ends - wanted) < start - wanted:
                wanted = ends
            elif begins - 30 > moment and not is_quiet(clocks, begins - 30, hours):
                wanted = begins - 30
            else:
                continue
        found[rule] = wanted
    # Of two at one minute the one named later goes.
    for rule in list(found):
        nearer = rules[rules.index(rule) + 1 :]
        if not rule.startswith("after ") and any(
            found.get(other) == found[rule] and not other.startswith("after ") for other in nearer
        ):
            del found[rule]
    return {rule: instant_of(minute) for rule, minute in found.items()}


YEAR = (datetime(2026, 2, 20, tzinfo=UTC), datetime(2027, 5, 1, tzinfo=UTC))
A_MINUTE = timedelta(minutes=1)
