"""Date mentions and date arithmetic.

Weeks run Monday to Sunday. A date without a year is its next occurrence, today included. "Next
Friday" is the Friday of next week, "this" and "coming Friday" the nearest one: see docs/decisions.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

YEARS = range(2000, 2100)


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date mention in units `i`..`j` (exclusive).

    `first`..`last` is an inclusive range (`last` None: one day); `weekdays` narrows it or stands
    alone; `readings` are the candidates of an ambiguous date. `bare` marks a weekday without
    further words, `week` is the Monday of the week named with a weekday.
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
    """The context in which dates are resolved.

    `single` means that a booking's day is named: "Friday's" is one Friday, not every one.
    """

    today: date
    month_first: bool
    last_date: date | None
    eager: bool
    bare: bool = False
    choosing: bool = False
    single: bool = False
    language: str = "en"


def date_or_none(year: int, month: int, day: int) -> date | None:
    """Return the date, or None if it does not exist."""
    if year in YEARS and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]:
        return date(year, month, day)
    return None


def next_month_day(today: date, month: int, day: int) -> date | None:
    """Return the next date with this month and day, today included.

    29 February waits for a leap year.
    """
    for year in range(today.year, today.year + 9):
        found = date_or_none(year, month, day)
        if found is not None and found >= today:
            return found
    return None


def next_day(today: date, day: int) -> date | None:
    """Return the next date with this day of the month, today included."""
    year, month = today.year, today.month
    for _ in range(4):
        found = date_or_none(year, month, day)
        if found is not None and found >= today:
            return found
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return None


def monday_of(day: date) -> date:
    """Return the Monday of a date's week."""
    return day - timedelta(days=day.weekday())


def month_span(day: date, ahead: int) -> tuple[date, date]:
    """Return the first and last day of the month `ahead` months after that of `day`."""
    index = day.year * 12 + day.month - 1 + ahead
    year, month = divmod(index, 12)
    return date(year, month + 1, 1), date(year, month + 1, monthrange(year, month + 1)[1])


def coming_weekday(today: date, weekday: int) -> date:
    """Return the nearest such weekday, today included."""
    return today + timedelta(days=(weekday - today.weekday()) % 7)
