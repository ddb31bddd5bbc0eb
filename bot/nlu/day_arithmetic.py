"""What a mention of a date is, and the arithmetic of days behind it.

Weeks run Monday to Sunday. A date without a year is the next such one, today included.
"Next Friday" is the Friday of next week, "this" and "coming Friday" the nearest: see
docs/decisions.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

YEARS = range(2000, 2100)


@dataclass(frozen=True, slots=True)
class DateMention:
    """One mention of a date: units `i`..`j` (exclusive).

    `first`..`last` is an inclusive range (`last` None: one day); `weekdays` narrows it or stands
    alone; `readings` are the days it may be when that is not clear. `bare` is a weekday said
    alone, `week` the Monday of the week a weekday was said with.
    """

    i: int
    j: int
    first: date | None = None
    last: date | None = None
    weekdays: frozenset[int] = frozenset()
    readings: tuple[date, ...] = ()
    bare: int | None = None
    week: date | None = None


@dataclass(frozen=True, slots=True)
class DateContext:
    """What dates are read against.

    `single` when the day of a booking is named: "Friday's" is one Friday, not every one.
    """

    today: date
    month_first: bool
    last_date: date | None
    eager: bool
    bare: bool = False
    choosing: bool = False
    single: bool = False


def date_or_none(year: int, month: int, day: int) -> date | None:
    """The date, or None when there is none."""
    if year in YEARS and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]:
        return date(year, month, day)
    return None


def next_month_day(today: date, month: int, day: int) -> date | None:
    """The next date with this month and day, today included; 29 February waits for a leap year."""
    for year in range(today.year, today.year + 9):
        found = date_or_none(year, month, day)
        if found is not None and found >= today:
            return found
    return None


def next_day(today: date, day: int) -> date | None:
    """The next date with this day of the month, today included."""
    year, month = today.year, today.month
    for _ in range(4):
        found = date_or_none(year, month, day)
        if found is not None and found >= today:
            return found
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return None


def monday_of(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def month_span(day: date, ahead: int) -> tuple[date, date]:
    """First and last day of the month `ahead` months after the one of `day`."""
    index = day.year * 12 + day.month - 1 + ahead
    year, month = divmod(index, 12)
    return date(year, month + 1, 1), date(year, month + 1, monthrange(year, month + 1)[1])


def coming_weekday(today: date, weekday: int) -> date:
    """The nearest such weekday, today included."""
    return today + timedelta(days=(weekday - today.weekday()) % 7)
