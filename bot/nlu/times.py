"""The time grammar over units: at five, after five, between two and four."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.nlu.clock_times import (
    CLOCK_OPENING,
    DAY_PARTS,
    ClockTime,
    clock_time_at,
    extend_clock_time,
    small_number_at,
)
from bot.nlu.tagger import Unit
from bot.nlu.token_helpers import has_tag, in_same_sentence, skip_tag


@dataclass(frozen=True, slots=True)
class TimeMention:
    """A time mention in units `i`..`j` (exclusive); see `Understood.at` for `at`."""

    i: int
    j: int
    at: str
    low: ClockTime | None = None
    high: ClockTime | None = None
    other: ClockTime | None = None
    part: str | None = None
    offset: int | None = None
    is_weak: bool = False


def _counted(units: Sequence[Unit], j: int) -> bool:
    """Return whether the words after a bare number show that it is no time: "2 people", "20th"."""
    return _is_count(units, j) or _is_unknown(units, j)


def _is_unknown(units: Sequence[Unit], j: int) -> bool:
    """Return whether an unknown word follows, which may be what a number counts."""
    if j >= len(units):
        return False
    u = units[j]
    return not u.is_known and not u.tags and u.spaced and _word(u)


def _is_count(units: Sequence[Unit], j: int) -> bool:
    return j < len(units) and (
        has_tag(
            units, j, "COUNTED", "MONEY", "HOURS", "MINUTES", "DAYS", "WEEKS", "MONTHS", "MONTH"
        )
        or (has_tag(units, j, "SUFFIX") and not units[j].spaced)
        or (has_tag(units, j, "PLACE") and not has_tag(units, j, "AMPM"))
        or (units[j].word in {"/", "%", "#"})
        or _decimals(units, j)
        or (has_tag(units, j, "OF") and has_tag(units, j + 1, "MONTH"))
    )


def _decimals(units: Sequence[Unit], j: int) -> bool:
    """Return whether figures go on behind a mark: 38.1, 1:1, 10,5."""
    more = j + 1 < len(units) and units[j + 1].digits and not units[j + 1].spaced
    return units[j].word in {":", ".", ","} and not units[j].spaced and bool(more)


def _word(u: Unit) -> bool:
    return bool(u.word) and u.word[0].isalpha()


def time_at(units: Sequence[Unit], i: int, *, eager: bool) -> TimeMention | None:
    """Return the time mention that begins at unit `i`; `eager` also accepts a bare number."""
    u = units[i]
    if "SOON" in u.tags:
        return TimeMention(i, i + 1, "asap")
    kinds = u.tags.keys()
    if kinds.isdisjoint(_OPENING):
        return None
    found = _offset(units, i)
    if found is None and not kinds.isdisjoint(_RANGE_OPENING | {"AT"}):
        found = _between(units, i, eager=eager)
    if found is not None:
        return found
    best: TimeMention | None = None
    for one in (_bounded(units, i, eager=eager), _plain(units, i, eager=eager), _part(units, i)):
        if one is not None and (best is None or one.j > best.j):
            best = one
    return best


_RANGE_OPENING = CLOCK_OPENING | {"BETWEEN", "PART"}


_OPENING = _RANGE_OPENING | {
    "AFTER",
    "BEFORE",
    "AROUND",
    "AT",
    "STRICTAT",
    "IN",
    "OF",
    "THE",
    "HALFHOUR",
}


def _offset(units: Sequence[Unit], i: int) -> TimeMention | None:
    """Parse "in 2 hours", "in half an hour", "20 minutes from now"."""
    j = skip_tag(units, i, "IN")
    if has_tag(units, j, "HALFHOUR") and (j > i or has_tag(units, j + 1, "FROMNOW")):
        end = j + 1 if j > i else j + 2
        return TimeMention(i, end, "exact", offset=int(units[j].tags["HALFHOUR"]))
    value = small_number_at(units, j, 59)
    more = has_tag(units, j + 1, "HALFMORE") and has_tag(units, j + 2, "HOURS")
    j += more
    glued = j > i and j + 1 < len(units) and units[j + 1].word == "h" and not units[j + 1].spaced
    if value is None or not (glued or has_tag(units, j + 1, "HOURS", "MINUTES")):
        return None
    end = j + 2
    if j == i:
        if not has_tag(units, end, "FROMNOW"):
            return None
        end += 1
    if has_tag(units, end, "SHIFT"):
        return None
    unit = 60 if glued or has_tag(units, j + 1, "HOURS") else 1
    if unit > 1 and not more and has_tag(units, end, "HALFMORE"):
        more, end = True, end + 1
    return TimeMention(i, end, "exact", offset=value * unit + 30 * more)


def _between(units: Sequence[Unit], i: int, *, eager: bool) -> TimeMention | None:
    if has_tag(units, i, "PART"):
        return _part_between(units, i)
    j = i
    led = has_tag(units, i, "BETWEEN")
    if led:
        j = skip_tag(units, i + 1, "THE", "AT")
        plain = _bare_window(units, i, j)
        if plain is not None:
            return plain
    else:
        j = skip_tag(units, j, "AT")
    if j >= len(units):
        return None
    first = clock_time_at(units, j)
    if first is None:
        return None
    k, low = first
    k = _behind_day(units, k)
    if not has_tag(units, k, "RANGE", "AND"):
        return None
    m = skip_tag(units, k + 1, "THE", "AT")
    second = _range_end(units, m) if m < len(units) and in_same_sentence(units, i, m) else None
    if second is None:
        return None
    end, high = second
    day_before = has_tag(units, i - 1, "DAYREL", "WEEKDAY")
    counted = _is_count(units, end) or (not day_before and _is_unknown(units, end))
    if counted and not high.is_explicit:
        return None
    closed = has_tag(units, end, "BETWEENPOST")
    if not (has_tag(units, k, "RANGE") or led or closed):
        return None
    sure = closed or led or low.is_explicit or high.is_explicit or eager
    day = day_before or is_beside_day(units, i, end)
    if not (sure or has_tag(units, k, "BEFORE") or day):
        return None
    end = skip_tag(units, end, "BETWEENPOST")
    return TimeMention(i, end, "between", low=low, high=high)


def _range_end(units: Sequence[Unit], m: int) -> tuple[int, ClockTime] | None:
    """Parse the end of a range: "12", "noon", "dopahar 12"."""
    if not has_tag(units, m, "PART") or has_tag(units, m, "NUM") or m + 1 >= len(units):
        return clock_time_at(units, m)
    found = clock_time_at(units, m + 1)
    return (found[0], found[1].in_part(str(units[m].tags["PART"]))) if found else None


def _behind_day(units: Sequence[Unit], k: int) -> int:
    """Return the position behind a day said within a range: "between 2 tomorrow and 4"."""
    j = skip_tag(units, k, "ON")
    return j + 1 if has_tag(units, j, "DAYREL", "WEEKDAY") else k


def _part_between(units: Sequence[Unit], i: int) -> TimeMention | None:
    """Parse "morning 10 to 12", and "morning 10 to 1", whose end lies behind its part."""
    if i + 1 >= len(units) or has_tag(units, i + 1, "PART"):
        return None
    rest = _between(units, i + 1, eager=True)
    if rest is None or not rest.low or not rest.high or rest.low.is_certain:
        return None
    part = str(units[i].tags["PART"])
    if rest.high.is_certain:
        return replace(rest, i=i, low=rest.low.in_part(part))
    high = rest.high if rest.high.hour < rest.low.hour else rest.high.in_part(part)
    return replace(rest, i=i, low=rest.low.in_part(part), high=high)


def _bare_window(units: Sequence[Unit], i: int, j: int) -> TimeMention | None:
    """The window "entre 3 y 5": not five past three."""
    low, high = small_number_at(units, j, 23), small_number_at(units, j + 2, 23)
    if low is None or high is None or not has_tag(units, j + 1, "AND"):
        return None
    if not has_tag(units, i, "PLUSWORD") and has_tag(units, j + 1, "PLUSWORD"):
        end, c = extend_clock_time(units, j + 3, ClockTime(high, is_certain=high > 12))
        if not _counted(units, end):
            return TimeMention(i, end, "between", low=ClockTime(low, is_certain=low > 12), high=c)
    return None


def _bounded(units: Sequence[Unit], i: int, *, eager: bool) -> TimeMention | None:
    for kind, at in (("AFTER", "after"), ("BEFORE", "before"), ("AROUND", "around")):
        if kind not in units[i].tags:
            continue
        j = i + 1
        while has_tag(units, j, "THE", "AT", "AROUND") and j < i + 3:
            j += 1
        if j >= len(units) or not in_same_sentence(units, i, j):
            continue
        found = clock_time_at(units, j)
        if found is not None:
            end, c = found
            if not c.is_explicit and (_counted(units, end) or units[j].tag_value("NUM") == 0):
                continue
            if c.is_explicit or not _weak_word(units, j, eager=eager):
                return _made(i, end, at, c)
        if kind != "AROUND" and has_tag(units, j, "PART") and j == i + 1:
            part = str(units[j].tags["PART"])
            low, high = DAY_PARTS[part]
            edge = high if kind == "AFTER" else low
            return TimeMention(
                i, j + 1, at, *_sides(at, ClockTime(edge // 60, is_certain=True, is_explicit=True))
            )
    return None


def _weak_word(units: Sequence[Unit], j: int, *, eager: bool) -> bool:
    """Parse "about one of them": a number in letters and nothing else is too little."""
    u = units[j]
    return not u.digits and u.tag_value("NUM") in {1, 2} and not eager and not _closed(units, j + 1)


def _closed(units: Sequence[Unit], j: int) -> bool:
    return (
        j >= len(units)
        or units[j].ends_sentence
        or units[j].word == ","
        or "WEEKDAY" in units[j].tags
    )


def _sides(at: str, c: ClockTime) -> tuple[ClockTime | None, ClockTime | None]:
    return (None, c) if at == "before" else (c, None)


def _made(i: int, end: int, at: str, c: ClockTime) -> TimeMention:
    return TimeMention(i, end, at, *_sides(at, c), is_weak=not c.is_explicit)


def _plain(units: Sequence[Unit], i: int, *, eager: bool) -> TimeMention | None:
    """Parse "at 5", "5:30pm", "morning 11:30", "half past 3 or later"."""
    j, part = i, None
    while j < i + 2 and has_tag(units, j, "IN", "THE", "AROUND"):
        j += 1
    if not has_tag(units, j, "PART"):
        j = i
    if has_tag(units, j, "PART") and not has_tag(units, j, "NUM"):
        part = str(units[j].tags["PART"])
        j += 1
        j = j + 1 if j < len(units) and units[j].word == "," else j
    led = has_tag(units, j, "STRICTAT")
    j = skip_tag(units, j, "AT", "AROUND")
    if j >= len(units) or not in_same_sentence(units, i, j):
        return None
    if _is_no_clock(units, j, part):
        return None
    found = clock_time_at(units, j)
    if found is None:
        return None
    end, c = found
    led = led or has_tag(units, end, "POSTAT")
    if part is not None and not c.is_certain:
        c = c.in_part(part)
    at = (
        "around"
        if has_tag(units, end - 1, "FACE") and has_tag(units, end - 1, "POSTAROUND")
        else "exact"
    )
    for kind, name in (
        ("POSTAFTER", "after"),
        ("POSTBEFORE", "before"),
        ("POSTAROUND", "around"),
    ):
        k = end + 1 if end < len(units) and units[end].word == "-" else end
        if has_tag(units, k, kind):
            end = k
            end, at, c = end + 1, name, replace(c, is_explicit=True)
            break
    other: ClockTime | None = None
    if at == "exact" and _or(units, end) and in_same_sentence(units, i, end + 1):
        second = clock_time_at(units, skip_tag(units, end + 1, "AT"))
        if second is not None and not _counted(units, second[0]):
            other = second[1]
            c = replace(c, is_explicit=c.is_explicit or other.is_explicit)
            if other.is_certain and not c.is_certain and c.hour <= other.hour - 12:
                c = replace(c, hour=c.hour + 12, is_certain=True)
            end = second[0]
    if not c.is_explicit and not (
        (led or eager or is_beside_day(units, i, end) or _refused(units, i, end))
        and _believed(units, j, end)
    ):
        return None
    return replace(_made(i, end, at, c), other=other)


def _is_no_clock(units: Sequence[Unit], j: int, part: str | None) -> bool:
    """Return whether a number is known to be no hour: "room 5", "$12", "one evening", "2 May"."""
    if has_tag(units, j - 1, "NUMBERED", "MONEY") and units[j].digits:
        return True
    if j > 1 and units[j - 1].word in {":", "."} and units[j - 2].digits and not units[j].spaced:
        return True
    spoken = not units[j].digits and not has_tag(units, j - 1, "STRICTAT", "BETWEEN", "RANGE")
    if spoken and units[j].tag_value("NUM") == 1 and has_tag(units, j + 1, "PART"):
        return True
    return part is not None and has_tag(units, j + 1, "OF") and has_tag(units, j + 2, "MONTH")


def _refused(units: Sequence[Unit], i: int, end: int) -> bool:
    """Parse a refused time such as "not 5" or "5 doesn't work"."""
    return has_tag(units, end, "NEGPOST") or (has_tag(units, i - 1, "NOT") and _closed(units, end))


def _or(units: Sequence[Unit], k: int) -> bool:
    """Return whether the unit is an "or" and not the slash of a date."""
    return has_tag(units, k, "OR") and not (units[k].word == "/" and not units[k].spaced)


def _believed(units: Sequence[Unit], j: int, end: int) -> bool:
    return not _counted(units, end) and (units[j].word != "one" or _closed(units, end))


def is_beside_day(units: Sequence[Unit], i: int, end: int) -> bool:
    """Return whether a bare number is next to a day: "tomorrow 5", "5 on Friday"."""
    before = has_tag(units, i - 1, "DAYREL", "WEEKDAY") and i > 0
    k = skip_tag(units, skip_tag(units, end, "ON"), "NEXT", "THIS", "COMING")
    rests = has_tag(units, end, "AND", "ON", "AT", "WITH") and not has_tag(units, end, "RANGE")
    return (before and (rests or _closed(units, end))) or has_tag(units, k, "DAYREL", "WEEKDAY")


def _part(units: Sequence[Unit], i: int) -> TimeMention | None:
    j = i
    while j < i + 2 and has_tag(units, j, "IN", "THE", "OF") and not has_tag(units, j, "PART"):
        j += 1
    if not has_tag(units, j, "PART") or (j > i and not in_same_sentence(units, i, j)):
        return None
    if has_tag(units, j, "WEAK") and not (
        has_tag(units, i - 1, "DAYREL", "WEEKDAY") or has_tag(units, j + 1, "DAYREL", "WEEKDAY")
    ):
        return None  # "lunch" is a time of day next to a day only
    return TimeMention(i, j + 1, "part", part=str(units[j].tags["PART"]))
