"""The grammar of dates, over units; every mention is resolved against today at once.

Weeks run Monday to Sunday. A date without a year is the next such one, today included.
"Next Friday" is the Friday of next week, "this" and "coming Friday" the nearest: see
docs/decisions.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from bot.understanding.cursor import amount, has, skip
from bot.understanding.units import Unit

MONTH_FIRST = frozenset({"US", "PH", "PR", "GU", "VI", "AS", "MP", "FM", "PW", "MH", "BZ"})
_YEARS = range(2000, 2100)


@dataclass(frozen=True, slots=True)
class DateSaid:
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
class Calendar:
    """What dates are read against."""

    today: date
    month_first: bool
    last_date: date | None
    eager: bool
    bare: bool = False
    choosing: bool = False


def day_in(year: int, month: int, day: int) -> date | None:
    """The date, or None when there is none."""
    if year in _YEARS and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]:
        return date(year, month, day)
    return None


def next_month_day(today: date, month: int, day: int) -> date | None:
    """The next date with this month and day, today included; 29 February waits for a leap year."""
    for year in range(today.year, today.year + 9):
        found = day_in(year, month, day)
        if found is not None and found >= today:
            return found
    return None


def next_day(today: date, day: int) -> date | None:
    """The next date with this day of the month, today included."""
    year, month = today.year, today.month
    for _ in range(4):
        found = day_in(year, month, day)
        if found is not None and found >= today:
            return found
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return None


def monday(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def month_span(day: date, ahead: int) -> tuple[date, date]:
    """First and last day of the month `ahead` months after the one of `day`."""
    index = day.year * 12 + day.month - 1 + ahead
    year, month = divmod(index, 12)
    return date(year, month + 1, 1), date(year, month + 1, monthrange(year, month + 1)[1])


def coming(today: date, weekday: int) -> date:
    """The nearest such weekday, today included."""
    return today + timedelta(days=(weekday - today.weekday()) % 7)


def date_at(units: Sequence[Unit], i: int, cal: Calendar) -> DateSaid | None:
    """The mention of a date beginning at unit `i`."""
    best: DateSaid | None = None
    kinds = units[i].tags.keys()
    for opening, rule in _RULES:
        if kinds.isdisjoint(opening):
            continue
        found = rule(units, i, cal)
        if found is not None and (best is None or found.j > best.j):
            best = found
    return best


def _to(units: Sequence[Unit], i: int) -> bool:
    """Whether a small word joins two dates: the "a" of "de segunda a quarta" is no article."""
    return has(units, i, "RANGE")


def _figure(units: Sequence[Unit], i: int, digits: int) -> int | None:
    if i < len(units) and units[i].digits and len(units[i].digits) <= digits:
        return int(units[i].digits)
    return None


def _glued(units: Sequence[Unit], i: int, marks: str) -> bool:
    return i < len(units) and units[i].word in marks and units[i].word != ""


def _iso(units: Sequence[Unit], i: int, _cal: Calendar) -> DateSaid | None:
    year = _figure(units, i, 4)
    if year is None or year not in _YEARS or not _glued(units, i + 1, "-/."):
        return None
    month, day = _figure(units, i + 2, 2), _figure(units, i + 4, 2)
    if month is None or day is None or not _glued(units, i + 3, "-/."):
        return None
    found = day_in(year, month, day)
    return DateSaid(i, i + 5, found) if found else None


def _year(units: Sequence[Unit], i: int) -> int | None:
    value = _figure(units, i, 4)
    if value is None:
        return None
    if len(units[i].digits) == 2:
        value += 2000
    return value if value in _YEARS else None


def _numeric(units: Sequence[Unit], i: int, cal: Calendar) -> DateSaid | None:
    a = _figure(units, i, 2)
    if a is None or not _glued(units, i + 1, "/-."):
        return None
    mark = units[i + 1].word
    b = _figure(units, i + 2, 2)
    if b is None or units[i + 2].spaced != units[i + 1].spaced:
        return None
    year, j = None, i + 3
    if _glued(units, i + 3, mark) and (y := _year(units, i + 4)) is not None:
        year, j = y, i + 5
    # "17.3." is a date where days come first; "17.30" is a time.
    dotted = mark == "." and _glued(units, j, ".") and not cal.month_first
    dotted = dotted and not has(units, i - 1, "STRICTAT")
    if year is None and mark != "/" and not dotted:
        return None
    j += year is None and dotted
    pairs = [(b, a), (a, b)] if not cal.month_first else [(a, b), (b, a)]
    for month, day in pairs:
        found = day_in(year, month, day) if year else next_month_day(cal.today, month, day)
        if found is not None:
            return DateSaid(i, j, found)
    return None


def _day_number(units: Sequence[Unit], i: int) -> tuple[int, int, bool] | None:
    """A day of the month: (end, day, whether an ordinal said so)."""
    value = amount(units, i, "ORD")
    if value is not None:
        return (i + 1, value, True) if 1 <= value <= 31 else None
    value = amount(units, i, "NUM")
    if value is None or not 1 <= value <= 31 or len(units[i].digits) > 2:
        return None
    if has(units, i + 1, "DATEWORD"):
        return i + 2, value, True
    if has(units, i + 1, "SUFFIX") and not units[i + 1].spaced and units[i].digits:
        return i + 2, value, True
    return i + 1, value, False


def _day_span(units: Sequence[Unit], i: int, cal: Calendar) -> DateSaid | None:
    """Such as "3 to 5 March", "between the 3rd and the 5th", "March 3–5"."""
    j = i
    led = False
    while has(units, j, "BETWEEN", "THE", "ON", "DAYTHE") and j < i + 3:
        led = led or has(units, j, "BETWEEN")
        j += 1
    month = amount(units, j, "MONTH")
    first = _day_number(units, j + 1 if month is not None else j)
    if first is None:
        return None
    k, low, ordinal = first
    either = has(units, k, "OR") and units[k].word != "/"
    if not (either or has(units, k, "RANGE") or (led and has(units, k, "AND"))):
        return None
    k = skip(units, k + 1, "THE", "DAYTHE")
    if month is not None:
        second = _day_number(units, k)
        if second is None or has(units, second[0], "AMPM") or second[1] <= low:
            return None
        start = next_month_day(cal.today, month, low)
        end = day_in(start.year, month, second[1]) if start else None
        return DateSaid(i, second[0], start, end) if end else None
    if k >= len(units):
        return None
    last = _named_month(units, k, cal) or (_ordinal(units, k, cal) if ordinal else None)
    if last is None or last.first is None or last.last is not None or last.first.day <= low:
        return None
    start = last.first.replace(day=low)
    if either:
        return DateSaid(i, last.j, start, readings=(start, last.first))
    return DateSaid(i, last.j, start, last.first)


def _with_year(
    units: Sequence[Unit], j: int, month: int, day: int, cal: Calendar
) -> tuple[int, date] | None:
    k = j + 1 if j < len(units) and units[j].word == "," else j
    k = skip(units, k, "OF")
    if k < len(units) and len(units[k].digits) == 4 and (year := _year(units, k)) is not None:
        found = day_in(year, month, day)
        return (k + 1, found) if found else None
    found = next_month_day(cal.today, month, day)
    return (j, found) if found else None


def _named_month(units: Sequence[Unit], i: int, cal: Calendar) -> DateSaid | None:
    j = i
    while has(units, j, "THE", "DAYW", "ON") and not _to(units, j) and j < i + 3:
        j += 1
    number = _day_number(units, j)
    if number is not None:
        k, day, _ = number
        k = skip(units, k, "OF")
        k = skip(units, k, "DAYW")
        k = skip(units, k, "OF")
        month = amount(units, k, "MONTH")
        if month is not None and units[k].sentence == units[i].sentence:
            dated = _with_year(units, k + 1, month, day, cal)
            return DateSaid(i, dated[0], dated[1]) if dated else None
    month = amount(units, j, "MONTH")
    if month is None:
        return None
    k = j + 1
    while k < j + 3 and (has(units, k, "THE") or (k < len(units) and units[k].word in ",.")):
        k += 1
    number = _day_number(units, k)
    if number is None or units[k].sentence != units[i].sentence:
        return None
    k, day, ordinal = number
    if not ordinal and (
        has(units, k, "AMPM", "OCLOCK", "RANGE") or (k < len(units) and units[k].word == ":")
    ):
        return None
    dated = _with_year(units, k, month, day, cal)
    if dated is None:
        return None
    k = dated[0]  # "March 11th of this month" says the month twice
    again = has(units, k, "OF") and has(units, k + 1, "THIS") and has(units, k + 2, "MONTHW")
    return DateSaid(i, k + 3 if again else k, dated[1])


def _week_shift(units: Sequence[Unit], i: int) -> tuple[int, int] | None:
    """Such as "this week", "of next week", "week after next": (end, weeks ahead)."""
    j = i
    while has(units, j, "OF", "THE") and j < i + 2:
        j += 1
    if has(units, j, "THIS") and has(units, j + 1, "WEEK"):
        return j + 2, 0
    if has(units, j, "NEXT", "COMING") and has(units, j + 1, "WEEK"):
        return j + 2, 1
    if has(units, j, "WEEK") and has(units, j + 1, "NEXT", "COMING"):
        return j + 2, 1
    if has(units, j, "WEEK") and has(units, j + 1, "PASTWORD") and has(units, j + 2, "NEXT"):
        return j + 3, 2
    return None


def _week_words(units: Sequence[Unit], i: int, cal: Calendar) -> DateSaid | None:
    week = monday(cal.today)
    j = i
    while has(units, j, "THE", "ON", "THIS", "COMING", "OF") and j < i + 3:
        j += 1
    ahead = 0
    if has(units, j, "NEXT"):
        j, ahead = j + 1, 1
    if has(units, j, "WEEKEND"):
        return _ranged(
            i, j + 1, week + timedelta(7 * ahead + 5), week + timedelta(7 * ahead + 6), cal.today
        )
    shift = _week_shift(units, i)
    if shift is not None:
        end, ahead = shift
        weekday = amount(units, end, "WEEKDAY")
        if weekday is None and has(units, end, "ON"):
            weekday = amount(units, end + 1, "WEEKDAY")
            end += weekday is not None
        if weekday is not None:
            start = week + timedelta(7 * ahead)
            return DateSaid(i, end + 1, start + timedelta(weekday), week=start)
        start = week + timedelta(7 * ahead)
        return _ranged(i, end, start, start + timedelta(6), cal.today)
    for kind, (low, high) in (("END", (3, 6)), ("BEGIN", (0, 1)), ("MIDDLE", (2, 3))):
        if has(units, i, kind):
            j = skip(units, i + 1, "THE")
            shift = _week_shift(units, j)
            if shift is None and has(units, j, "WEEK"):
                shift = j + 1, 0
            if shift is not None:
                start = week + timedelta(7 * shift[1])
                return _ranged(
                    i, shift[0], start + timedelta(low), start + timedelta(high), cal.today
                )
    return None


def _ranged(i: int, j: int, first: date, last: date, today: date) -> DateSaid:
    return DateSaid(i, j, max(first, today), last if last > max(first, today) else None)


def _weekday(units: Sequence[Unit], i: int, cal: Calendar) -> DateSaid | None:
    j, how = i, ""
    while has(units, j, "THE", "ON", "THIS", "NEXT", "COMING") and j < i + 3 and not _to(units, j):
        how = how or next((k for k in ("NEXT", "COMING", "THIS") if has(units, j, k)), "")
        j += 1
    if j > i and not how and has(units, i, "ON"):
        return None  # "on Friday": the mention begins at "Friday"
    weekday = amount(units, j, "WEEKDAY")
    if weekday is None:
        work = has(units, j, "WORKDAYS")
        return DateSaid(i, j + 1, weekdays=frozenset(range(5))) if work else None
    if has(units, j, "ORD") and has(units, j + 1, "PLACE", "ONE"):
        return None  # "a segunda opção" is the second one
    end = j + 1
    if end < len(units) and units[end].word == "." and not units[end].stop:
        end += 1
    if not how:
        dated = _dated_weekday(units, i, end, weekday, cal)
        if dated is not None:
            return dated
        if has(units, end, "NEXT", "COMING"):
            end, how = end + 1, "NEXT" if has(units, end, "NEXT") else "COMING"
    if not how and has(units, j, "MANY"):
        return DateSaid(i, end, weekdays=frozenset({weekday}))
    if not how and has(units, j, "WEAK") and not _stands_alone(units, j, end):
        return None
    return _near_weekday(i, end, weekday, how, cal)


def _stands_alone(units: Sequence[Unit], j: int, end: int) -> bool:
    """Whether "sat" and "sun" are the days: not in "he sat down", "the sun is shining"."""
    left = j == 0 or not units[j - 1].known or bool(units[j - 1].tags.keys() - {"THE", "POLITE"})
    right = end >= len(units) or bool(units[end].tags) or not units[end].word.isalpha()
    return (left or not units[j - 1].word.isalpha()) and right


def _near_weekday(i: int, end: int, weekday: int, how: str, cal: Calendar) -> DateSaid:
    """A weekday by itself or with this, next, coming."""
    near = coming(cal.today, weekday)
    later = near + timedelta(7)
    if how == "NEXT":
        return DateSaid(i, end, monday(cal.today) + timedelta(7 + weekday))
    if how == "THIS":
        return DateSaid(i, end, near)
    if how == "COMING":
        return DateSaid(i, end, near if near > cal.today else later)
    if near == cal.today:
        return DateSaid(i, end, later, readings=(near, later), bare=weekday)
    return DateSaid(i, end, near, bare=weekday)


def _dated_weekday(
    units: Sequence[Unit], i: int, end: int, weekday: int, cal: Calendar
) -> DateSaid | None:
    """Such as "Friday 13 March", "Friday next week", British "Friday week"."""
    bare = _bare_day(units, end, weekday, cal)
    if bare is not None:
        return DateSaid(i, end + 1, bare)
    dated = _attached(units, end, cal)
    if dated is not None:
        k, day = dated
        if day.weekday() == weekday:
            return DateSaid(i, k, day)
        return DateSaid(i, k, day, readings=(day, coming(day - timedelta(3), weekday)))
    shift = _week_shift(units, end)
    if shift is not None:
        start = monday(cal.today) + timedelta(7 * shift[1])
        return DateSaid(i, shift[0], start + timedelta(weekday), week=start)
    if has(units, end, "WEEK") and not has(units, end, "NEXT"):
        return DateSaid(i, end + 1, coming(cal.today, weekday) + timedelta(7))
    return None


def _bare_day(units: Sequence[Unit], j: int, weekday: int, cal: Calendar) -> date | None:
    """The 13th of "viernes 13": a day of the month if it is that weekday, else an hour."""
    day = _figure(units, j, 2)
    if day is None or (j + 1 < len(units) and not _plain_end(units, j + 1)):
        return None
    found = next_day(cal.today, day) if 1 <= day <= 31 else None
    if found is None or found.weekday() != weekday:
        return None
    near = found - cal.today < timedelta(7)
    return found if near or day > 12 else None


def _plain_end(units: Sequence[Unit], j: int) -> bool:
    """Whether a number is not gone on with: not 13:30, 13/3, 5 pm, 5 baje, 13 marzo."""
    u = units[j]
    more = {"AMPM", "OCLOCK", "HOURWORD", "PLUS", "MONTH", "OF", "SUFFIX", "PART", "DATEWORD"}
    return not more & u.tags.keys() and u.word not in {":", "/", "-", "h", "."}


def _attached(units: Sequence[Unit], j: int, cal: Calendar) -> tuple[int, date] | None:
    """The date that follows its weekday: "Friday 13 March", "Friday, the 13th"."""
    k = j
    while k < len(units) and k < j + 3 and (units[k].word == "," or has(units, k, "THE", "ON")):
        k += 1
    if k >= len(units) or units[k].sentence != units[j - 1].sentence:
        return None
    found = _named_month(units, k, cal) or _numeric(units, k, cal) or _iso(units, k, cal)
    if found is None:
        found = _ordinal(units, k, replace(cal, eager=False))
    return (found.j, found.first) if found and found.first else None


def _month_words(units: Sequence[Unit], i: int, cal: Calendar) -> DateSaid | None:
    edge = next((k for k in ("END", "BEGIN", "MIDDLE") if has(units, i, k)), None)
    j = i + 1 if edge else i
    j = skip(units, j, "THE")
    if edge is None:
        while has(units, j, "IN", "OF", "THE") and j < i + 2 and not has(units, j, "MONTHW"):
            j += 1
    span: tuple[date, date] | None = None
    if has(units, j, "THIS") and has(units, j + 1, "MONTHW"):
        j, span = j + 2, month_span(cal.today, 0)
    elif (has(units, j, "NEXT", "COMING") and has(units, j + 1, "MONTHW")) or (
        has(units, j, "MONTHW") and has(units, j + 1, "NEXT", "COMING")
    ):
        j, span = j + 2, month_span(cal.today, 1)
    elif edge and has(units, j, "MONTHW"):
        j, span = j + 1, month_span(cal.today, 0)
    elif (month := amount(units, j, "MONTH")) is not None and (
        edge or (j > i and has(units, i, "IN", "OF")) or not has(units, j, "WEAK")
    ):
        ahead = (month - cal.today.month) % 12
        j, span = j + 1, month_span(cal.today, ahead)
    elif has(units, j, "MONTHEND"):
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


def _relative(units: Sequence[Unit], i: int, cal: Calendar) -> DateSaid | None:
    days = amount(units, i, "DAYREL")
    if days is not None:
        said = DateSaid(i, i + 1, cal.today + timedelta(days))
        return _from_day(units, said) or said
    if has(units, i, "SAMEDAY"):
        return DateSaid(i, i + 1, cal.last_date) if cal.last_date else None
    step = amount(units, i, "DAYAFTER")
    if step is not None and cal.last_date:
        return DateSaid(i, i + 1, cal.last_date + timedelta(step))
    j = skip(units, i, "IN")
    count = amount(units, j, "NUM")
    if count is None and has(units, j, "A"):
        count = 1
    if count is None or count > 99:
        return None
    for kind, size in (("DAYS", 1), ("WEEKS", 7), ("MONTHS", 30)):
        scale = amount(units, j + 1, kind)
        if scale is None:
            continue
        end = j + 2
        anchored = has(units, end, "FROMNOW")
        if j == i and not anchored:
            return _a_week_from(units, i, end, count * scale * size, cal)
        end += anchored
        if has(units, i, "WITHIN"):
            return DateSaid(i, end, cal.today, cal.today + timedelta(count * scale * size))
        if kind == "MONTHS":
            return _months_ahead(i, end, count, cal)
        return DateSaid(i, end, cal.today + timedelta(count * scale * size))
    return None


def _coming_days(units: Sequence[Unit], i: int, cal: Calendar) -> DateSaid | None:
    """Such as "in the next two weeks", "los próximos 3 días": any day from now till then."""
    j = i
    while has(units, j, "IN", "THE", "WITHIN", "ON") and j < i + 2:
        j += 1
    if not has(units, j, "NEXT", "COMING"):
        return None
    count = amount(units, j + 1, "NUM")
    if count is None or not 0 < count < 99:
        return None
    for kind, size in (("DAYS", 1), ("WEEKS", 7)):
        scale = amount(units, j + 2, kind)
        if scale is not None:
            last = cal.today + timedelta(count * scale * size)
            return DateSaid(i, j + 3, cal.today, last)
    return None


def _months_ahead(i: int, end: int, count: int, cal: Calendar) -> DateSaid:
    first, last = month_span(cal.today, count)
    return DateSaid(i, end, first.replace(day=min(cal.today.day, last.day)))


def _a_week_from(
    units: Sequence[Unit], i: int, end: int, days: int, cal: Calendar
) -> DateSaid | None:
    """Such as "a week from Friday", "two weeks after tomorrow"."""
    if not has(units, end, "FROM", "PASTWORD"):
        return None
    base = _weekday(units, end + 1, cal) or _relative(units, end + 1, cal)
    if base is None or base.first is None:
        return None
    start = base.readings[0] if base.readings else base.first
    return DateSaid(i, base.j, start + timedelta(days))


def _from_day(units: Sequence[Unit], said: DateSaid) -> DateSaid | None:
    """Such as "tomorrow week"."""
    if said.first and has(units, said.j, "WEEK") and not has(units, said.j, "NEXT"):
        return replace(said, j=said.j + 1, first=said.first + timedelta(7))
    return None


def _ordinal(units: Sequence[Unit], i: int, cal: Calendar) -> DateSaid | None:
    """Such as "the 12th", "12th of this month", "on the 12"."""
    j = i
    while has(units, j, "THE", "ON", "DAYW", "DAYTHE") and j < i + 3 and not has(units, j, "NUM"):
        j += 1
    led = j > i
    number = _day_number(units, j)
    if number is None:
        return None
    end, day, ordinal = number
    k = end
    while has(units, k, "OF", "THE") and k < end + 2:
        k += 1
    month: tuple[date, date] | None = None
    if has(units, k, "THIS", "COMING") and has(units, k + 1, "MONTHW"):
        end, month = k + 2, month_span(cal.today, 0)
    elif has(units, k, "NEXT") and has(units, k + 1, "MONTHW"):
        end, month = k + 2, month_span(cal.today, 1)
    elif k > end and has(units, k, "MONTHW"):
        end, month = k + 1, month_span(cal.today, 0)
    if month is not None:
        found = day_in(month[0].year, month[0].month, day)
        if found is not None and found < cal.today:
            found = next_day(cal.today, day)
        return DateSaid(i, end, found) if found else None
    worded = not any(u.digits for u in units[j:end])
    asked = cal.eager and (led or has(units, end, "STRICTAT") or (cal.bare and _alone(units)))
    if not ordinal and not asked and not has(units, j - 1, "DAYTHE"):
        return None
    if not ordinal and (
        has(units, end, "MONTHS", "HOURS", "AMPM", "DAYS", "OCLOCK")
        or (end < len(units) and units[end].word in {":", "%", "/"})
    ):
        return None
    dated = any("DATEWORD" in u.tags for u in units[j:end])
    if worded and not dated and not (led and (cal.eager or day > 5)):
        return None
    article = has(units, j - 1, "DAYTHE") and has(units, j - 1, "THE")
    chosen = article and not ordinal and cal.choosing and _alone(units)
    if chosen or has(units, end, "PLACE", "COUNTED") or _street(units, end):
        return None
    found = next_day(cal.today, day)
    return DateSaid(i, end, found) if found else None


def _street(units: Sequence[Unit], end: int) -> bool:
    """Such as "5th Whitmore": something of a name that is not known."""
    return end < len(units) and not units[end].known and units[end].spaced


def _alone(units: Sequence[Unit]) -> bool:
    """Whether there is nothing but one number, and perhaps a please."""
    return sum(not ("POLITE" in u.tags or u.stop or u.word == ",") for u in units) == 1


def _gone(units: Sequence[Unit], i: int, cal: Calendar) -> DateSaid | None:
    """Such as "last Friday", "la semana pasada": a day gone by, which nobody books."""
    j = skip(units, i, "LAST", "THE")
    if not has(units, j, "WEEKDAY", "WEEK", "MONTHW", "WEEKEND"):
        return None
    led = j > i and has(units, i, "LAST")
    if not led and not has(units, j + 1, "LAST"):
        return None
    return DateSaid(i, j + 1 if led else j + 2, monday(cal.today) - timedelta(7))


# Each rule with the kinds a mention can begin with: most rules are passed over by one look.
_NUMBER = ("NUM", "ORD")
_LEAD = ("THE", "ON", "DAYW")
_TURN = ("THIS", "NEXT", "COMING")
_EDGE = ("END", "BEGIN", "MIDDLE")
_RULES = (
    (frozenset({"NUM"}), _iso),
    (frozenset({"NUM"}), _numeric),
    (frozenset({*_NUMBER, *_LEAD, "MONTH"}), _named_month),
    (frozenset({*_NUMBER, *_LEAD, "MONTH", "BETWEEN", "DAYTHE"}), _day_span),
    (frozenset({*_TURN, *_EDGE, "THE", "ON", "OF", "WEEKEND", "WEEK"}), _week_words),
    (frozenset({*_TURN, "THE", "ON", "WEEKDAY", "WORKDAYS"}), _weekday),
    (frozenset({*_TURN, *_EDGE, "IN", "OF", "THE", "MONTH", "MONTHW", "MONTHEND"}), _month_words),
    (frozenset({"DAYREL", "SAMEDAY", "DAYAFTER", "IN", "NUM", "A"}), _relative),
    (frozenset({"NEXT", "COMING", "IN", "THE", "WITHIN", "ON"}), _coming_days),
    (frozenset({*_NUMBER, *_LEAD, "DAYTHE"}), _ordinal),
    (frozenset({"LAST", "THE", "WEEKDAY", "WEEK", "MONTHW", "WEEKEND"}), _gone),
)
