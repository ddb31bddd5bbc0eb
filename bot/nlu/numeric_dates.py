"""Rules for dates with a number: 2026-12-25, 25/12, 12 March, "the 12th", "3 to 5 March"."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bot.nlu.day_arithmetic import (
    YEARS,
    DateContext,
    DateMention,
    date_or_none,
    month_span,
    next_day,
    next_month_day,
)
from bot.nlu.tagger import Unit
from bot.nlu.token_helpers import has_tag, number_tag, skip_tag

MONTH_FIRST = frozenset({"US", "PH", "PR", "GU", "VI", "AS", "MP", "FM", "PW", "MH", "BZ"})


def joins_dates(units: Sequence[Unit], i: int) -> bool:
    """Return whether a small word joins two dates: "a" in "de segunda a quarta" is no article."""
    return has_tag(units, i, "RANGE")


def figure_at(units: Sequence[Unit], i: int, digits: int) -> int | None:
    """Return the number in digits at `i`, of at most this many digits."""
    if i < len(units) and units[i].digits and len(units[i].digits) <= digits:
        return int(units[i].digits)
    return None


def _glued(units: Sequence[Unit], i: int, marks: str) -> bool:
    return i < len(units) and units[i].word in marks and units[i].word != ""


def iso_date(units: Sequence[Unit], i: int, _cal: DateContext) -> DateMention | None:
    """Parse a date such as 2026-12-25."""
    year = figure_at(units, i, 4)
    if year is None or year not in YEARS or not _glued(units, i + 1, "-/."):
        return None
    month, day = figure_at(units, i + 2, 2), figure_at(units, i + 4, 2)
    if month is None or day is None or not _glued(units, i + 3, "-/."):
        return None
    found = date_or_none(year, month, day)
    return DateMention(i, i + 5, found) if found else None


def _year(units: Sequence[Unit], i: int) -> int | None:
    value = figure_at(units, i, 4)
    if value is None:
        return None
    if len(units[i].digits) == 2:
        value += 2000
    return value if value in YEARS else None


def numeric_date(units: Sequence[Unit], i: int, cal: DateContext) -> DateMention | None:
    """Parse a date such as 25/12, 12/25 or 25.12.2026; the region determines the order."""
    a = figure_at(units, i, 2)
    if a is not None and _is_of_month(units, i, cal):
        found = next_month_day(cal.today, int(units[i + 2].digits), a)
        return DateMention(i, i + 3, found) if found else None
    if a is None or not _glued(units, i + 1, "/-."):
        return None
    mark = units[i + 1].word
    b = figure_at(units, i + 2, 2)
    if b is None or units[i + 2].spaced != units[i + 1].spaced:
        return None
    year, j = None, i + 3
    if _glued(units, i + 3, mark) and (y := _year(units, i + 4)) is not None:
        year, j = y, i + 5
    # "15-2" is a date if it is the whole message or "on" stands before it.
    dashed = mark == "-" and max(a, b) > _MOST_HOURS and (_whole(units, i, j) or _on(units, i))
    # "17.3." is a date where days come first; "17.30" is a time.
    dotted = mark == "." and _glued(units, j, ".") and not cal.month_first
    dotted = dotted and not has_tag(units, i - 1, "STRICTAT")
    if year is None and mark != "/" and not dotted and not dashed:
        return None
    j += year is None and dotted
    pairs = [(b, a), (a, b)] if not cal.month_first else [(a, b), (b, a)]
    for month, day in pairs:
        found = date_or_none(year, month, day) if year else next_month_day(cal.today, month, day)
        if found is not None:
            return DateMention(i, j, found)
    return None


_MOST_HOURS = 12
_OF_MONTH = frozenset({"es", "pt"})


def _is_of_month(units: Sequence[Unit], i: int, cal: DateContext) -> bool:
    """Return whether a month follows as a number: "21 del 3", "21 do 3"."""
    month = figure_at(units, i + 2, 2)
    joined = cal.language in _OF_MONTH and has_tag(units, i + 1, "OF")
    return joined and month is not None and 1 <= month <= 12 and units[i + 1].word in _OF_THE


_OF_THE = frozenset({"del", "do"})


def _whole(units: Sequence[Unit], i: int, j: int) -> bool:
    rest = [*units[:i], *units[j:]]
    return all("POLITE" in u.tags or u.ends_sentence for u in rest)


def _on(units: Sequence[Unit], i: int) -> bool:
    return has_tag(units, i - 1, "ON", "DAYTHE") and not has_tag(units, i - 1, "STRICTAT")


def _day_number(units: Sequence[Unit], i: int) -> tuple[int, int, bool] | None:
    """Parse a day of the month; return its end, the day and whether it was an ordinal."""
    value = number_tag(units, i, "ORD")
    if value is not None:
        return (i + 1, value, True) if 1 <= value <= 31 else None
    value = number_tag(units, i, "NUM")
    if value is None or not 1 <= value <= 31 or len(units[i].digits) > 2:
        return None
    if has_tag(units, i - 1, "MONEY", "NUMBERED"):
        return None  # "$12", "room 5"
    if has_tag(units, i + 1, "DATEWORD"):
        return i + 2, value, True
    if has_tag(units, i + 1, "SUFFIX") and not units[i + 1].spaced and units[i].digits:
        return i + 2, value, True
    return i + 1, value, False


def day_span(units: Sequence[Unit], i: int, cal: DateContext) -> DateMention | None:
    """Parse a range such as "3 to 5 March", "between the 3rd and the 5th" or "March 3–5"."""
    j = i
    led = dated = False
    while has_tag(units, j, "BETWEEN", "THE", "ON", "DAYTHE") and j < i + 3:
        led = led or has_tag(units, j, "BETWEEN")
        dated = dated or has_tag(units, j, "DAYTHE")
        j += 1
    month = number_tag(units, j, "MONTH")
    first = _day_number(units, j + 1 if month is not None else j)
    if first is None:
        return None
    k, low, ordinal = first
    either = has_tag(units, k, "OR") and units[k].word != "/"
    if not (either or has_tag(units, k, "RANGE") or (led and has_tag(units, k, "AND"))):
        return None
    k = skip_tag(units, k + 1, "THE", "DAYTHE")
    if month is not None:
        second = _day_number(units, k)
        if second is None or has_tag(units, second[0], "AMPM"):
            return None
        if second[1] <= low and not (ordinal and second[2]):
            return None
        start = next_month_day(cal.today, month, low)
        end = next_day(start, second[1]) if start else None  # in the next month, if lower
        return DateMention(i, second[0], start, end) if end else None
    if k >= len(units):
        return None
    last = named_month(units, k, cal) or (ordinal_day(units, k, cal) if ordinal else None)
    if last is None and dated and led and (second := _day_number(units, k)) is not None:
        # "entre el 20 y el 23": the article makes both days of the month
        start = next_day(cal.today, low)
        end = next_day(start, second[1]) if start else None
        return DateMention(i, second[0], start, end) if end else None
    if last is None or last.first is None or last.last is not None or last.first.day <= low:
        return None
    start = last.first.replace(day=low)
    if either:
        return DateMention(i, last.j, start, readings=(start, last.first))
    return DateMention(i, last.j, start, last.first)


def _with_year(
    units: Sequence[Unit], j: int, month: int, day: int, cal: DateContext
) -> tuple[int, date] | None:
    k = j + 1 if j < len(units) and units[j].word == "," else j
    k = skip_tag(units, k, "OF")
    if k < len(units) and len(units[k].digits) == 4 and (year := _year(units, k)) is not None:
        found = date_or_none(year, month, day)
        return (k + 1, found) if found else None
    found = next_month_day(cal.today, month, day)
    return (j, found) if found else None


def named_month(units: Sequence[Unit], i: int, cal: DateContext) -> DateMention | None:
    """Parse a date such as "12 March", "March 12th, 2026" or "12 de marzo"."""
    j = i
    while (
        has_tag(units, j, "THE", "DAYW", "ON", "DAYTHE") and not joins_dates(units, j) and j < i + 3
    ):
        j += 1
    number = _day_number(units, j)
    if number is not None:
        k, day, _ = number
        k = skip_tag(units, k, "OF")
        k = skip_tag(units, k, "DAYW")
        k = skip_tag(units, k, "OF")
        month = number_tag(units, k, "MONTH")
        if month is not None and units[k].sentence == units[i].sentence:
            dated = _with_year(units, k + 1, month, day, cal)
            return DateMention(i, dated[0], dated[1]) if dated else None
    month = number_tag(units, j, "MONTH")
    if month is None:
        return None
    k = j + 1
    while k < j + 3 and (has_tag(units, k, "THE") or (k < len(units) and units[k].word in ",.")):
        k += 1
    number = _day_number(units, k)
    if number is None or units[k].sentence != units[i].sentence:
        return None
    k, day, ordinal = number
    if not ordinal and (
        has_tag(units, k, "AMPM", "OCLOCK", "RANGE") or (k < len(units) and units[k].word == ":")
    ):
        return None
    dated = _with_year(units, k, month, day, cal)
    if dated is None:
        return None
    k = dated[0]  # "March 11th of this month" says the month twice
    again = (
        has_tag(units, k, "OF")
        and has_tag(units, k + 1, "THIS")
        and has_tag(units, k + 2, "MONTHW")
    )
    return DateMention(i, k + 3 if again else k, dated[1])


def ordinal_day(units: Sequence[Unit], i: int, cal: DateContext) -> DateMention | None:
    """Parse a day such as "the 12th", "12th of this month" or "on the 12"."""
    j = i
    while (
        has_tag(units, j, "THE", "ON", "DAYW", "DAYTHE")
        and j < i + 3
        and not has_tag(units, j, "NUM")
    ):
        if has_tag(units, j, "STRICTAT"):
            return None  # "las 9" is an hour, though "las" is an article elsewhere
        j += 1
    led = j > i
    if has_tag(units, j, "WEEKDAY"):
        return None  # "na quinta" is Thursday, though "quinta" is fifth as well
    number = _day_number(units, j)
    if number is None:
        return None
    end, day, ordinal = number
    if has_tag(units, end, "FEIRA") or has_tag(units, skip_tag(units, end, "OF"), "MONTH"):
        return None  # "na 3ª feira" is Tuesday; "al 3 de abril" is read from its number on
    k = end
    while has_tag(units, k, "OF", "THE") and k < end + 2:
        k += 1
    month: tuple[date, date] | None = None
    if has_tag(units, k, "THIS", "COMING") and has_tag(units, k + 1, "MONTHW"):
        end, month = k + 2, month_span(cal.today, 0)
    elif has_tag(units, k, "NEXT") and has_tag(units, k + 1, "MONTHW"):
        end, month = k + 2, month_span(cal.today, 1)
    elif k > end and has_tag(units, k, "MONTHW"):
        end, month = k + 1, month_span(cal.today, 0)
    if month is not None:
        found = date_or_none(month[0].year, month[0].month, day)
        if found is not None and found < cal.today:
            found = next_day(cal.today, day)
        return DateMention(i, end, found) if found else None
    worded = not any(u.digits for u in units[j:end])
    on_the = j - i > 1 and has_tag(units, i, "ON") and has_tag(units, j - 1, "THE")
    bare = led or has_tag(units, end, "STRICTAT") or (cal.bare and _alone(units))
    asked = (cal.eager and bare) or (on_the and bool(units[j].digits))
    if not ordinal and not asked and not has_tag(units, j - 1, "DAYTHE"):
        return None
    if not ordinal and (
        has_tag(units, end, "MONTHS", "HOURS", "AMPM", "DAYS", "OCLOCK")
        or (end < len(units) and units[end].word in {":", "%", "/"})
    ):
        return None
    dated = any("DATEWORD" in u.tags for u in units[j:end])
    timed = has_tag(units, j - 1, "DAYTHE") and has_tag(units, end, "STRICTAT")
    if worded and not dated and not timed and not (led and (cal.eager or day > 5)):
        return None
    if worded and not dated and cal.eager and not cal.bare and day < 10 and _alone(units):
        return None  # "the first" of the times offered
    article = has_tag(units, j - 1, "DAYTHE") and has_tag(units, j - 1, "THE")
    chosen = article and not ordinal and cal.choosing and _alone(units)
    if chosen or has_tag(units, end, "PLACE", "COUNTED") or _street(units, end):
        return None
    found = next_day(cal.today, day)
    return DateMention(i, end, found) if found else None


def _street(units: Sequence[Unit], end: int) -> bool:
    """Return whether a number belongs to an unknown name, as in "5th Whitmore"."""
    return end < len(units) and not units[end].is_known and units[end].spaced


def _alone(units: Sequence[Unit]) -> bool:
    """Return whether the message is a single number, apart from words such as "please"."""
    return sum(not ("POLITE" in u.tags or u.ends_sentence or u.word == ",") for u in units) == 1
