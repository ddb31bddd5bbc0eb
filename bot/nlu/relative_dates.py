"""Rules for dates in words: weekdays, weeks, months, "in three days", "a week from Friday"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from bot.nlu.clock_times import CLOCK_OPENING
from bot.nlu.day_arithmetic import (
    DateContext,
    DateMention,
    coming_weekday,
    monday_of,
    month_span,
)
from bot.nlu.month_dates import day_on_weekday, weekday_by_number
from bot.nlu.numeric_dates import (
    iso_date,
    joins_dates,
    named_month,
    numeric_date,
    ordinal_day,
)
from bot.nlu.tagger import Unit
from bot.nlu.token_helpers import has_tag, number_tag, skip_tag


def _week_shift(units: Sequence[Unit], i: int) -> tuple[int, int] | None:
    """Parse "this week", "of next week" or "week after next" into (end, weeks ahead)."""
    j = i
    while has_tag(units, j, "OF", "THE") and j < i + 2:
        j += 1
    if has_tag(units, j, "THIS") and has_tag(units, j + 1, "WEEK"):
        return j + 2, 0
    if has_tag(units, j, "NEXT", "COMING") and has_tag(units, j + 1, "WEEK"):
        return j + 2, 1
    if has_tag(units, j, "WEEK") and has_tag(units, j + 1, "NEXT", "COMING"):
        return j + 2, 1
    if (
        has_tag(units, j, "WEEK")
        and has_tag(units, j + 1, "PASTWORD")
        and has_tag(units, j + 2, "NEXT")
    ):
        return j + 3, 2
    return None


def week_words(units: Sequence[Unit], i: int, cal: DateContext) -> DateMention | None:
    """Parse "next week", "the weekend", "early next week", "Friday of next week"."""
    week = monday_of(cal.today)
    j = i
    while has_tag(units, j, "THE", "ON", "THIS", "COMING", "OF") and j < i + 3:
        j += 1
    ahead = 0
    if has_tag(units, j, "NEXT"):
        j, ahead = j + 1, 1
    if has_tag(units, j, "WEEKEND"):
        return _ranged(
            i, j + 1, week + timedelta(7 * ahead + 5), week + timedelta(7 * ahead + 6), cal.today
        )
    shift = _week_shift(units, i)
    if shift is not None:
        end, ahead = shift
        weekday = number_tag(units, end, "WEEKDAY")
        if weekday is None and has_tag(units, end, "ON"):
            weekday = number_tag(units, end + 1, "WEEKDAY")
            end += weekday is not None
        if weekday is not None:
            start = week + timedelta(7 * ahead)
            return DateMention(i, end + 1, start + timedelta(weekday), week=start)
        start = week + timedelta(7 * ahead)
        return _ranged(i, end, start, start + timedelta(6), cal.today)
    for kind, (low, high) in (("END", (3, 6)), ("BEGIN", (0, 1)), ("MIDDLE", (2, 3))):
        if has_tag(units, i, kind):
            j = skip_tag(units, i + 1, "THE")
            shift = _week_shift(units, j)
            if shift is None and has_tag(units, j, "WEEK"):
                shift = j + 1, 0
            if shift is not None:
                start = week + timedelta(7 * shift[1])
                return _ranged(
                    i, shift[0], start + timedelta(low), start + timedelta(high), cal.today
                )
    return None


def _ranged(i: int, j: int, first: date, last: date, today: date) -> DateMention:
    return DateMention(i, j, max(first, today), last if last > max(first, today) else None)


def named_weekday(units: Sequence[Unit], i: int, cal: DateContext) -> DateMention | None:
    """Parse "Friday", "next Friday", "Friday 13 March", "on Mondays", "weekdays"."""
    j, how = i, ""
    while (
        has_tag(units, j, "THE", "ON", "THIS", "NEXT", "COMING")
        and j < i + 3
        and not joins_dates(units, j)
    ):
        how = how or next((k for k in ("NEXT", "COMING", "THIS") if has_tag(units, j, k)), "")
        j += 1
    if j > i and not how and has_tag(units, i, "ON"):
        return None  # "on Friday": the mention begins at "Friday"
    weekday = number_tag(units, j, "WEEKDAY")
    numbered = weekday_by_number(units, j, cal) if weekday is None else None
    if weekday is None and numbered is None:
        work = has_tag(units, j, "WORKDAYS")
        return DateMention(i, j + 1, weekdays=frozenset(range(5))) if work else None
    if has_tag(units, j, "ORD") and has_tag(units, j + 1, "PLACE", "ONE"):
        return None  # "a segunda opção" is the second one
    end = j + 1
    if numbered is not None:
        end, weekday = numbered
    if weekday is None or (has_tag(units, j, "WEAKER") and not _is_short_day(units, j)):
        return None
    if end < len(units) and units[end].word == "." and not units[end].ends_sentence:
        end += 1
    if not how:
        dated = _dated_weekday(units, i, end, weekday, cal)
        if dated is not None:
            return dated
        if has_tag(units, end, "NEXT", "COMING"):
            end, how = end + 1, "NEXT" if has_tag(units, end, "NEXT") else "COMING"
    if not how and has_tag(units, j, "MANY") and not cal.single:
        return DateMention(i, end, weekdays=frozenset({weekday}))
    if not how and has_tag(units, j, "WEAK") and not _stands_alone(units, j, end):
        return None
    return _near_weekday(i, end, weekday, how, cal)


def _is_short_day(units: Sequence[Unit], j: int) -> bool:
    """Return whether "ter" is Tuesday and not "to have": alone, behind "na" or before a time."""
    rest = [u for u in units if not (u.ends_sentence or "POLITE" in u.tags)]
    led = has_tag(units, j - 1, "ON", "THIS", "COMING")
    return len(rest) == 1 or led or has_tag(units, j + 1, "STRICTAT", "PART")


def _stands_alone(units: Sequence[Unit], j: int, end: int) -> bool:
    """Return whether "sat" and "sun" are days: not in "he sat down" or "the sun is shining"."""
    left = j == 0 or not units[j - 1].is_known or bool(units[j - 1].tags.keys() - {"THE", "POLITE"})
    right = end >= len(units) or bool(units[end].tags) or not units[end].word.isalpha()
    return (left or not units[j - 1].word.isalpha()) and right


def _near_weekday(i: int, end: int, weekday: int, how: str, cal: DateContext) -> DateMention:
    """Parse a weekday alone or with "this", "next" or "coming"."""
    near = coming_weekday(cal.today, weekday)
    later = near + timedelta(7)
    if how == "NEXT":
        return DateMention(i, end, monday_of(cal.today) + timedelta(7 + weekday))
    if how == "THIS":
        return DateMention(i, end, near)
    if how == "COMING":
        return DateMention(i, end, near if near > cal.today else later)
    if near == cal.today:
        return DateMention(i, end, later, readings=(near, later), bare=weekday)
    return DateMention(i, end, near, bare=weekday)


def _dated_weekday(
    units: Sequence[Unit], i: int, end: int, weekday: int, cal: DateContext
) -> DateMention | None:
    """Parse "Friday 13 March", "Friday next week", British "Friday week"."""
    bare = _bare_day(units, end, weekday, cal)
    if bare is not None:
        return DateMention(i, end + 1, bare)
    dated = _attached(units, end, cal)
    if dated is not None:
        k, day = dated
        if day.weekday() == weekday:
            return DateMention(i, k, day)
        return DateMention(i, k, day, readings=(day, coming_weekday(day - timedelta(3), weekday)))
    shift = _week_shift(units, end)
    if shift is not None:
        start = monday_of(cal.today) + timedelta(7 * shift[1])
        return DateMention(i, shift[0], start + timedelta(weekday), week=start)
    if has_tag(units, end, "WEEK") and not has_tag(units, end, "NEXT"):
        return DateMention(i, end + 1, coming_weekday(cal.today, weekday) + timedelta(7))
    return None


def _bare_day(units: Sequence[Unit], j: int, weekday: int, cal: DateContext) -> date | None:
    """Parse the 13 of "viernes 13": a day of the month if the weekday matches, else an hour.

    Before a time it is a day in figures or in words: "el viernes quince a las 16".
    """
    day = number_tag(units, j, "NUM")
    if day is None or len(units[j].digits) > 2:
        return None
    timed = has_tag(units, j + 1, "STRICTAT") and has_tag(units, j + 2, *CLOCK_OPENING)
    timed = timed or (day > _LAST_HOUR and has_tag(units, j + 1, "PART"))
    if not timed and (not units[j].digits or (j + 1 < len(units) and not _plain_end(units, j + 1))):
        return None
    found = day_on_weekday(cal.today, day, weekday)
    if found is None:
        return None
    near = found - cal.today < timedelta(7)
    return found if near or timed or day > _LAST_HOUR or cal.language in _DAYS_IN_FIGURES else None


_LAST_HOUR = 12
_DAYS_IN_FIGURES = frozenset({"es", "pt"})
"""Languages in which a bare number behind a weekday is a day of the month, never an hour."""


def _plain_end(units: Sequence[Unit], j: int) -> bool:
    """Return whether a number is complete: not 13:30, 13/3, 5 pm, 5 baje or 13 marzo."""
    u = units[j]
    more = {"AMPM", "OCLOCK", "HOURWORD", "PLUS", "MONTH", "OF", "SUFFIX", "PART", "DATEWORD"}
    return not more & u.tags.keys() and u.word not in {":", "/", "-", "h", "."}


def _attached(units: Sequence[Unit], j: int, cal: DateContext) -> tuple[int, date] | None:
    """Parse the date after its weekday: "Friday 13 March", "Friday, the 13th"."""
    k = j
    while k < len(units) and k < j + 3 and (units[k].word == "," or has_tag(units, k, "THE", "ON")):
        k += 1
    if k >= len(units) or units[k].sentence != units[j - 1].sentence:
        return None
    found = named_month(units, k, cal) or numeric_date(units, k, cal) or iso_date(units, k, cal)
    if found is None:
        found = ordinal_day(units, k, replace(cal, eager=False))
    return (found.j, found.first) if found and found.first else None


def month_words(units: Sequence[Unit], i: int, cal: DateContext) -> DateMention | None:
    """Parse "next month", "in May", "end of the month", "mid April"."""
    edge = next((k for k in ("END", "BEGIN", "MIDDLE") if has_tag(units, i, k)), None)
    j = i + 1 if edge else i
    j = skip_tag(units, j, "THE")
    if edge is None:
        while (
            has_tag(units, j, "IN", "OF", "THE") and j < i + 2 and not has_tag(units, j, "MONTHW")
        ):
            j += 1
    if edge and has_tag(units, j, "MONTHW") and has_tag(units, j + 1, "OF"):
        j += 2 * has_tag(units, j + 2, "MONTH")
    span: tuple[date, date] | None = None
    if has_tag(units, j, "THIS") and has_tag(units, j + 1, "MONTHW"):
        j, span = j + 2, month_span(cal.today, 0)
    elif (has_tag(units, j, "NEXT", "COMING") and has_tag(units, j + 1, "MONTHW")) or (
        has_tag(units, j, "MONTHW") and has_tag(units, j + 1, "NEXT", "COMING")
    ):
        j, span = j + 2, month_span(cal.today, 1)
    elif edge and has_tag(units, j, "MONTHW") and not has_tag(units, j + 2, "MONTH"):
        j, span = j + 1, month_span(cal.today, 0)
    elif (month := number_tag(units, j, "MONTH")) is not None and (
        edge
        or (j > i and has_tag(units, i, "IN", "OF"))
        or not has_tag(units, j, "WEAK")
        or len(units) == 1
    ):
        ahead = (month - cal.today.month) % 12
        j, span = j + 1, month_span(cal.today, ahead)
    elif has_tag(units, j, "MONTHEND"):
        j, span, edge = j + 1, month_span(cal.today, 0), "END"
    if span is None:
        return None
    first, last = span
    if edge == "END":
        first = last - timedelta(6)
    elif edge == "BEGIN":
        last = first + timedelta(6)
    elif edge == "MIDDLE":
        first, last = first + timedelta(10), first + timedelta(19)
    if last < cal.today:
        first, last = month_span(cal.today, 1)
    return _ranged(i, j, first, last, cal.today)


def relative_date(units: Sequence[Unit], i: int, cal: DateContext) -> DateMention | None:
    """Parse "tomorrow", "the day after", "in three days", "a week from Friday"."""
    days = number_tag(units, i, "DAYREL")
    if days is not None and (not has_tag(units, i, "WEAK") or _is_day(units, i)):
        said = DateMention(i, i + 1, cal.today + timedelta(days))
        return _from_day(units, said) or said
    if has_tag(units, i, "SAMEDAY"):
        return DateMention(i, i + 1, cal.last_date) if cal.last_date else None
    step = number_tag(units, i, "DAYAFTER")
    if step is not None and (cal.last_date or step > 0):
        return DateMention(i, i + 1, (cal.last_date or cal.today) + timedelta(step))
    j = skip_tag(units, i, "IN")
    count = number_tag(units, j, "NUM")
    if count is None and has_tag(units, j, "A"):
        count = 1
    if count is None or count > 99:
        return None
    for kind, size in (("DAYS", 1), ("WEEKS", 7), ("MONTHS", 30)):
        scale = number_tag(units, j + 1, kind)
        if scale is None:
            continue
        end = j + 2
        anchored = has_tag(units, end, "FROMNOW")
        if j == i and not anchored:
            return _a_week_from(units, i, end, count * scale * size, cal)
        end += anchored
        if has_tag(units, i, "WITHIN"):
            return DateMention(i, end, cal.today, cal.today + timedelta(count * scale * size))
        if kind == "MONTHS":
            return _months_ahead(i, end, count, cal)
        return DateMention(i, end, cal.today + timedelta(count * scale * size))
    return None


def _is_day(units: Sequence[Unit], i: int) -> bool:
    """Return whether "tom" means tomorrow and is no name: a time is next to it, or nothing."""
    beside = ("AT", "STRICTAT", "PART", "NUM", "AFTER", "BEFORE", "AROUND", "PAST")
    if has_tag(units, i + 1, *beside) or has_tag(units, i - 1, "AMPM", "OCLOCK", "PART", "SOON"):
        return True
    rest = [u for u in units if not (u.ends_sentence or "POLITE" in u.tags)]
    return len(rest) == 1


def coming_days(units: Sequence[Unit], i: int, cal: DateContext) -> DateMention | None:
    """Parse "in the next two weeks", "los próximos 3 días": any day from now till then."""
    j = i
    while has_tag(units, j, "IN", "THE", "WITHIN", "ON") and j < i + 2:
        j += 1
    # "next 3 weeks" and "las 3 próximas semanas"
    led = has_tag(units, j, "NEXT", "COMING")
    k = j + 1 if led else j
    count = number_tag(units, k, "NUM") or number_tag(units, k, "FEW")
    if count is None or not 0 < count < 99 or not (led or has_tag(units, k + 1, "NEXT", "COMING")):
        return None
    k += 1 if led else 2
    for kind, size in (("DAYS", 1), ("WEEKS", 7)):
        scale = number_tag(units, k, kind)
        if scale is not None:
            last = cal.today + timedelta(count * scale * size)
            return DateMention(i, k + 1, cal.today, last)
    return None


def _months_ahead(i: int, end: int, count: int, cal: DateContext) -> DateMention:
    first, last = month_span(cal.today, count)
    return DateMention(i, end, first.replace(day=min(cal.today.day, last.day)))


def _a_week_from(
    units: Sequence[Unit], i: int, end: int, days: int, cal: DateContext
) -> DateMention | None:
    """Parse "a week from Friday", "two weeks after tomorrow", "a week today"."""
    weekly = has_tag(units, end - 1, "WEEKS")
    if has_tag(units, end, "FROM", "PASTWORD") or (weekly and has_tag(units, end, "ON")):
        end += 1
    elif not (weekly and has_tag(units, end, "DAYREL")):
        return None
    base = named_weekday(units, end, cal) or relative_date(units, end, cal)
    if base is None or base.first is None:
        return None
    start = base.readings[0] if base.readings else base.first
    return DateMention(i, base.j, start + timedelta(days))


def _from_day(units: Sequence[Unit], said: DateMention) -> DateMention | None:
    """Parse "tomorrow week"."""
    if said.first and has_tag(units, said.j, "WEEK") and not has_tag(units, said.j, "NEXT"):
        return replace(said, j=said.j + 1, first=said.first + timedelta(7))
    return None


def past_date(units: Sequence[Unit], i: int, cal: DateContext) -> DateMention | None:
    """Parse a past date such as "last Friday" or "la semana pasada", which cannot be booked."""
    j = skip_tag(units, i, "LAST", "THE")
    if not has_tag(units, j, "WEEKDAY", "WEEK", "MONTHW", "WEEKEND"):
        return None
    led = j > i and has_tag(units, i, "LAST")
    if not led and not has_tag(units, j + 1, "LAST"):
        return None
    return DateMention(i, j + 1 if led else j + 2, monday_of(cal.today) - timedelta(7))
