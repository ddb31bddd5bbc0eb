"""Rules for dates counted within a month or week: "last Friday of May", "week of 20 April"."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta

from bot.nlu.day_arithmetic import (
    DateContext,
    DateMention,
    coming_weekday,
    date_or_none,
    monday_of,
    month_span,
    next_month_day,
)
from bot.nlu.numeric_dates import named_month, numeric_date, ordinal_day
from bot.nlu.tagger import Unit
from bot.nlu.token_helpers import has_tag, number_tag, skip_tag

_LAST = -1
_SUNDAY = 6
_SATURDAY = 5
_WEEK = timedelta(7)


def counted_in_month(units: Sequence[Unit], i: int, cal: DateContext) -> DateMention | None:
    """Parse "the last Friday of May", "primeira segunda de abril", "the 3rd day of October".

    A weekend is found by its Saturday, a week by its Monday, a half of a month by its first day.
    """
    j = i
    while has_tag(units, j, "THE", "ON", "IN") and not has_tag(units, j, "ORD") and j < i + 2:
        j += 1
    counted = _ordinal(units, j)
    if counted is None:
        return None
    k, count = counted
    kind = next((t for t in _COUNTED if has_tag(units, k, t)), None)
    if kind is None:
        return None
    end, month = _month_of(units, k + 1, cal)
    if month is None:
        return None
    span = _nth(kind, units[k], count, month)
    if span is None:
        return None
    if span[1] < cal.today:
        month = month_span(month[0], 12)
        span = _nth(kind, units[k], count, month) or span
    first, last = span
    return DateMention(i, end, first, last if last > first else None)


_COUNTED = ("WEEKDAY", "WEEKEND", "HALFMONTH", "WEEK", "DAYS", "DAYW")


def _ordinal(units: Sequence[Unit], j: int) -> tuple[int, int] | None:
    """Return where an ordinal ends and its number; the last is -1."""
    value = number_tag(units, j, "ORD")
    if value is not None:
        return j + 1, value
    if has_tag(units, j, "LAST"):
        return j + 1, _LAST
    value = number_tag(units, j, "NUM")
    if value is not None and has_tag(units, j + 1, "SUFFIX") and not units[j + 1].spaced:
        return j + 2, value
    return None


def _month_of(
    units: Sequence[Unit], j: int, cal: DateContext
) -> tuple[int, tuple[date, date] | None]:
    """Return where "of May", "in the month of May" or "of next month" ends, and that month."""
    k = j
    while has_tag(units, k, "OF", "IN", "THE") and k < j + 3 and not has_tag(units, k, "MONTHW"):
        k += 1
    if k == j:
        return j, None
    if has_tag(units, k, "MONTHW") and has_tag(units, k + 1, "OF"):
        k += 2
    month = number_tag(units, k, "MONTH")
    if month is not None:
        return k + 1, month_span(cal.today, (month - cal.today.month) % 12)
    ahead = 1 if has_tag(units, k, "NEXT", "COMING") else 0
    if has_tag(units, k, "NEXT", "COMING", "THIS") and has_tag(units, k + 1, "MONTHW"):
        return k + 2, month_span(cal.today, ahead)
    if has_tag(units, k, "MONTHW"):
        behind = has_tag(units, k + 1, "NEXT", "COMING")
        return k + 1 + behind, month_span(cal.today, int(behind))
    return j, None


def _nth(kind: str, unit: Unit, count: int, month: tuple[date, date]) -> tuple[date, date] | None:
    first, last = month
    if kind in {"DAYS", "DAYW"}:
        day = last if count == _LAST else date_or_none(first.year, first.month, count)
        return (day, day) if day else None
    if kind == "HALFMONTH":
        middle = first + timedelta(14)
        return (first, middle - timedelta(1)) if count == 1 else (middle, last)
    if kind == "WEEK" and count in {1, _LAST}:
        return (first, first + timedelta(6)) if count == 1 else (last - timedelta(6), last)
    weekday = {"WEEKEND": _SATURDAY, "WEEK": 0}.get(kind, int(unit.tags.get("WEEKDAY", 0)))
    start = coming_weekday(first, weekday)
    if count == _LAST:
        start = last - timedelta((last.weekday() - weekday) % 7)
    else:
        start += (count - 1) * _WEEK
    if start > last:
        return None
    days = {"WEEKEND": 1, "WEEK": 6}.get(kind, 0)
    return start, start + timedelta(days)


def week_of_date(units: Sequence[Unit], i: int, cal: DateContext) -> DateMention | None:
    """Parse "the week of 20 April", "week beginning 4 February", "la semana del 7 de octubre"."""
    j = skip_tag(units, skip_tag(units, i, "ON"), "THE")
    if not has_tag(units, j, "WEEK") or not has_tag(units, j + 1, "OF", "STARTING", "DAYTHE"):
        return None
    k = j + 1
    while has_tag(units, k, "OF", "STARTING", "ON", "THE") and k < j + 4:
        k += 1
    day = named_month(units, k, cal) or numeric_date(units, k, cal)
    day = day or ordinal_day(units, k, cal) or ordinal_day(units, k - 1, cal)
    if day is None or day.first is None:
        return None
    first = monday_of(day.first)
    if day.first.weekday() == _SUNDAY:
        first += _WEEK  # where weeks begin on Sunday
    return DateMention(i, day.j, max(first, cal.today), first + timedelta(6))


def rest_of_week(units: Sequence[Unit], i: int, cal: DateContext) -> DateMention | None:
    """Parse "the rest of the week": from today to Sunday."""
    j = skip_tag(units, i, "THE")
    if not has_tag(units, j, "REST"):
        return None
    k = j + 1
    while has_tag(units, k, "OF", "THE", "THIS") and k < j + 4:
        k += 1
    last = monday_of(cal.today) + timedelta(6)
    if not has_tag(units, k, "WEEK") or last == cal.today:
        return None
    return DateMention(i, k + 1, cal.today, last)


def working_days(units: Sequence[Unit], i: int, cal: DateContext) -> DateMention | None:
    """Parse "the next 4 business days": from tomorrow, Saturdays and Sundays left out."""
    j = i
    while has_tag(units, j, "IN", "THE", "ON") and j < i + 2:
        j += 1
    led = has_tag(units, j, "NEXT", "COMING")
    count = number_tag(units, j + led, "NUM")
    if count is None or not 0 < count < 60 or not has_tag(units, j + led + 1, "WORKDAYS"):
        return None
    end = j + led + 2
    if not led and not has_tag(units, end, "NEXT", "COMING"):
        return None
    day, left = cal.today, count
    first: date | None = None
    while left:
        day += timedelta(1)
        if day.weekday() < _SATURDAY:
            first, left = first or day, left - 1
    return DateMention(i, end + (not led), first, day)


def weekdays_ahead(units: Sequence[Unit], i: int, cal: DateContext) -> DateMention | None:
    """Parse "two Fridays from now" and "Friday after next"."""
    count = number_tag(units, i, "NUM")
    if count is not None and 0 < count < 10:
        weekday = number_tag(units, i + 1, "WEEKDAY")
        if weekday is None or not has_tag(units, i + 2, "FROMNOW"):
            return None
        near = coming_weekday(cal.today + timedelta(1), weekday)
        return DateMention(i, i + 3, near + (count - 1) * _WEEK)
    j = skip_tag(units, i, "THE")
    weekday = number_tag(units, j, "WEEKDAY")
    if weekday is None or not (has_tag(units, j + 1, "PASTWORD") and has_tag(units, j + 2, "NEXT")):
        return None
    return DateMention(i, j + 3, monday_of(cal.today) + 2 * _WEEK + timedelta(weekday))


def weekday_by_number(units: Sequence[Unit], i: int, cal: DateContext) -> tuple[int, int] | None:
    """Return where the Portuguese "2ª feira" or "6ª" ends, and its weekday (Monday 0)."""
    value = number_tag(units, i, "NUM")
    if value is None or not 2 <= value <= 6 or cal.language != "pt":
        return None
    if not has_tag(units, i + 1, "SUFFIX") or units[i + 1].spaced:
        return None
    end = i + 2
    if end < len(units) and units[end].word == "-":
        end += 1
    if has_tag(units, end, "FEIRA"):
        return end + 1, value - 2
    beside = i + 2 >= len(units) or not units[i + 2].word.isalpha()
    alone = beside or has_tag(units, i + 2, "STRICTAT", "PART")
    return (i + 2, value - 2) if alone and units[i + 1].word == "a" else None


def holiday(units: Sequence[Unit], i: int, cal: DateContext) -> DateMention | None:
    """Parse a holiday on a fixed date and its eve: "Christmas Eve", "véspera de natal"."""
    j, eve = i, 0
    if has_tag(units, i, "EVE"):
        j, eve = i + 1, 1
        while has_tag(units, j, "OF", "THE") and j < i + 3:
            j += 1
    j = j if has_tag(units, j, "HOLIDAY") else skip_tag(units, j, "THE")
    value = number_tag(units, j, "HOLIDAY")
    if value is None:
        return None
    end = j + 1
    if not eve and has_tag(units, end, "EVE"):
        end, eve = end + 1, 1
    if not eve and has_tag(units, end, "DAYW"):
        end += 1
    found = next_month_day(cal.today + timedelta(eve), *divmod(value, 100))
    return DateMention(i, end, found - timedelta(eve)) if found else None


def date_before_weekday(units: Sequence[Unit], i: int, cal: DateContext) -> DateMention | None:
    """Parse "24 Monday": a day of the month in front of the weekday it is on."""
    day = number_tag(units, i, "NUM")
    weekday = number_tag(units, i + 1, "WEEKDAY")
    if day is None or weekday is None or not _MANY_HOURS < day <= _LONGEST:
        return None
    found = day_on_weekday(cal.today, day, weekday)
    return DateMention(i, i + 2, found) if found else None


_MANY_HOURS = 12
_LONGEST = 31
_MONTHS_AHEAD = 3


def day_on_weekday(today: date, day: int, weekday: int) -> date | None:
    """Return the next date with this day of the month that is on this weekday, within 3 months."""
    for ahead in range(_MONTHS_AHEAD + 1):
        first, _ = month_span(today, ahead)
        if 1 <= day <= monthrange(first.year, first.month)[1]:
            found = first + timedelta(day - 1)
            if found >= today and found.weekday() == weekday:
                return found
    return None
