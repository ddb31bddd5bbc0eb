"""The grammar of times of day, over units: what was said, not yet what it means.

A clock keeps hour and minutes as spoken; `resolve.py` decides between 5:00 and 17:00.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.understanding.cursor import has, one_sentence, skip
from bot.understanding.units import Unit

DAY = 24 * 60

# Usual windows of the parts of a day, in minutes; a shop's hours narrow them later.
PARTS: dict[str, tuple[int, int]] = {
    "morning": (6 * 60, 12 * 60),
    "first_thing": (6 * 60, 10 * 60),
    "late_morning": (10 * 60, 12 * 60),
    "lunch": (12 * 60, 14 * 60),
    "afternoon": (12 * 60, 18 * 60),
    "early_afternoon": (13 * 60, 15 * 60),
    "late_afternoon": (15 * 60, 18 * 60),
    "evening": (17 * 60, 22 * 60),
    "night": (19 * 60, 23 * 60),
    "end_of_day": (16 * 60, 20 * 60),
    "after_work": (17 * 60, 22 * 60),
    "before_work": (6 * 60, 9 * 60),
    "dawn": (0, 6 * 60),
    "tarde": (12 * 60, 20 * 60),  # lasts until it is dark
}
_FORENOON = frozenset({"morning", "first_thing", "late_morning", "before_work", "dawn"})


@dataclass(frozen=True, slots=True)
class Clock:
    """A time as said: `minutes` after midnight; `sure` when morning or afternoon is known."""

    hour: int
    minute: int = 0
    sure: bool = False
    strong: bool = False
    part: str | None = None

    @property
    def minutes(self) -> int:
        """Minutes after midnight; a quarter to one at night wraps to the day's end."""
        return (self.hour * 60 + self.minute) % DAY

    def on_half(self, half: str) -> Clock:
        """The same on the forenoon ("am") or the afternoon ("pm")."""
        hour = self.hour
        if half == "am":
            hour = 0 if hour == 12 else hour
        elif hour < 12:
            hour += 12
        return replace(self, hour=hour, sure=True, strong=True)

    def in_part(self, part: str) -> Clock:
        """The same within a part of the day: 4 in the evening is 16:00."""
        hour = self.hour
        if not self.sure and part not in _FORENOON and hour < 12:
            late = part == "night" and hour < 5
            hour += 0 if late else 12
        elif not self.sure and part == "night" and hour == 12:
            hour = 0
        return replace(self, hour=hour, sure=True, strong=True, part=part)


@dataclass(frozen=True, slots=True)
class TimeSaid:
    """One mention of a time: units `i`..`j` (exclusive), see `Understood.at` for `at`."""

    i: int
    j: int
    at: str
    low: Clock | None = None
    high: Clock | None = None
    other: Clock | None = None
    part: str | None = None
    offset: int | None = None
    weak: bool = False


def _number(units: Sequence[Unit], i: int, top: int) -> int | None:
    if i >= len(units):
        return None
    value = units[i].get("NUM")
    if isinstance(value, int) and 0 <= value <= top and len(units[i].digits) <= 2:
        return value
    return None


def clock(units: Sequence[Unit], i: int) -> tuple[int, Clock] | None:
    """The time of day beginning at unit `i` and where it ends, with all that follows it."""
    found = _face(units, i)
    if found is None:
        return None
    j, c = found
    if has(units, j, "OCLOCK"):
        j, c = _plus(units, j + 1, replace(c, strong=True))
    return _half(units, j, c)


def _half(units: Sequence[Unit], j: int, c: Clock) -> tuple[int, Clock]:
    """Take "o'clock", "pm", "in the evening" behind a time."""
    if has(units, j, "OCLOCK") or (has(units, j, "HOURWORD") and _led(units, j - 2)):
        j, c = j + 1, replace(c, strong=True)
    k = j + 1 if j < len(units) and units[j].word in {",", "-"} else j
    if has(units, k, "AMPM"):
        half = str(units[k].get("AMPM"))
        return k + 1, c.on_half(half) if c.hour <= 12 else replace(c, strong=True)
    k = j
    while (
        k < j + 3
        and has(units, k, "IN", "OF", "AT", "THE", "THIS", "ON")
        and not has(units, k, "PART")
    ):
        k += 1
    if has(units, k, "PART") and one_sentence(units, j - 1, k):
        return k + 1, c.in_part(str(units[k].get("PART")))
    return j, c


def _led(units: Sequence[Unit], i: int) -> bool:
    return i >= 0 and has(units, i, "STRICTAT", "AFTER", "BEFORE", "AROUND")


def _face(units: Sequence[Unit], i: int) -> tuple[int, Clock] | None:
    u = units[i]
    if u.tags.keys().isdisjoint(_CLOCK_OPENING):
        return None
    if "NOON" in u.tags:
        return _plus(units, i + 1, Clock(int(u.tags["NOON"]) // 60, sure=True, strong=True))
    if "FACE" in u.tags:
        face = divmod(int(u.tags["FACE"]), 60)
        return i + 1, Clock(*face, strong=has(units, i + 1, "OCLOCK"))
    for kind, sign in (("PAST", 1), ("TO", -1)):
        if kind in u.tags:
            j = skip(units, i + 1, "THE", "AT")
            hour = _number(units, j, 24)
            if hour is None:
                return None
            return j + 1, Clock(hour, sign * int(u.tags[kind]), sure=hour > 12, strong=True)
    if "HALF" in u.tags:
        hour = _number(units, i + 1, 12)
        return (i + 2, Clock(hour, 30, strong=True)) if hour else None
    first = _number(units, i, 59)
    if first is None:
        return _glued(units, i)
    return _minutes_first(units, i, first) or _hour_first(units, i, first)


def _glued(units: Sequence[Unit], i: int) -> tuple[int, Clock] | None:
    """Four digits in one, "1730" or "0900": only believed behind "at" and the like."""
    d = units[i].digits
    if len(d) not in {3, 4} or int(d[-2:]) > 59 or int(d[:-2]) > 23 or int(d[-2:]) % 5:
        return None
    hour = int(d[:-2])
    strong = d[0] == "0" or has(units, i + 1, "AMPM", "OCLOCK")
    return i + 1, Clock(hour, int(d[-2:]), sure=hour > 12 or d[0] == "0", strong=strong)


def _minutes_first(units: Sequence[Unit], i: int, first: int) -> tuple[int, Clock] | None:
    j = i + 1
    worded = has(units, j, "MINUTES")
    j += worded
    after, to = has(units, j, "PASTWORD"), has(units, j, "TOWORD")
    if not (after or to):
        return None
    hour = _number(units, j + 1, 12)
    if not hour:
        return None
    # "5 to 6" in figures is a range; "ten to six" and "20 to 6" are times.
    if to and not worded and units[i].digits and first <= 12 and has(units, j, "RANGE"):
        return None
    if not worded and (first % 5 or first == 0):
        return None
    return j + 2, Clock(hour, first if after else -first, strong=True)


def _hour_first(units: Sequence[Unit], i: int, hour: int) -> tuple[int, Clock] | None:
    if hour > 24:
        return None
    u = units[i]
    nxt = units[i + 1] if i + 1 < len(units) else None
    if nxt is not None and nxt.word in {":", ".", "h"} and not nxt.spaced:
        minute = _number(units, i + 2, 59)
        if minute is not None and len(units[i + 2].digits) == 2 and not units[i + 2].spaced:
            j = i + 3
            if nxt.word == ":" and _seconds(units, j):
                j += 2
            sure = hour > 12 or hour == 0 or (len(u.digits) == 2 and u.digits[0] == "0")
            strong = nxt.word != "."
            return j, Clock(hour % 24, minute, sure=sure, strong=strong)
        if nxt.word == "h" and hour <= 24:
            return i + 2, Clock(hour % 24, 0, sure=hour > 12, strong=True)
    if nxt is not None and u.word and hour <= 12:
        minute = _number(units, i + 1, 59)
        if minute is not None and minute >= 10 and minute % 5 == 0 and hour > 0:
            worded = not u.digits and not nxt.digits
            backed = has(units, i + 2, "AMPM") or worded
            if backed:
                return i + 2, Clock(hour, minute, strong=True)
    return _plus(units, i + 1, Clock(hour % 24, 0, sure=hour > 12 or hour == 0))


def _plus(units: Sequence[Unit], j: int, c: Clock) -> tuple[int, Clock]:
    """Minutes behind the hour: "y media", "menos cuarto", "e quinze", "बजकर 20 मिनट"."""
    minutes = units[j].get("PLUS") if j < len(units) else None
    if isinstance(minutes, int):
        return j + 1, replace(c, minute=minutes, strong=True)
    sign = units[j].get("PLUSWORD") if j < len(units) else None
    minute = _number(units, j + 1, 59)
    if isinstance(sign, int) and minute and minute >= 5 and minute % 5 == 0:
        figures = units[j + 1].digits and not has(units, j + 2, "MINUTES")
        backed = minute > 12 or not figures or "AND" not in units[j].tags
        if backed and not has(units, j + 2, "OCLOCK", "AMPM", "DAYS", "MONTH"):
            j = skip(units, j + 2, "MINUTES")
            return j, replace(c, minute=sign * minute, strong=True)
    return j, c


def _seconds(units: Sequence[Unit], j: int) -> bool:
    return j + 1 < len(units) and units[j].word == ":" and _number(units, j + 1, 59) is not None


def _counted(units: Sequence[Unit], j: int) -> bool:
    """Whether what follows a bare number shows that it was no time: "2 people", "20th"."""
    return j < len(units) and (
        has(units, j, "COUNTED", "MONEY", "HOURS", "MINUTES", "DAYS", "WEEKS", "MONTHS", "MONTH")
        or (has(units, j, "SUFFIX") and not units[j].spaced)
        or (has(units, j, "PLACE") and not has(units, j, "AMPM"))
        or (units[j].word in {"/", "%", "#"})
        or (not units[j].known and not units[j].tags and units[j].spaced and _word(units[j]))
    )


def _word(u: Unit) -> bool:
    return bool(u.word) and u.word[0].isalpha()


def time_at(units: Sequence[Unit], i: int, *, eager: bool) -> TimeSaid | None:
    """The mention of a time beginning at unit `i`; `eager` believes a bare number too."""
    u = units[i]
    if "SOON" in u.tags:
        return TimeSaid(i, i + 1, "asap")
    kinds = u.tags.keys()
    if kinds.isdisjoint(_OPENING):
        return None
    found = _offset(units, i)
    if found is None and not kinds.isdisjoint(_RANGE_OPENING):
        found = _between(units, i, eager=eager)
    if found is not None:
        return found
    best: TimeSaid | None = None
    for one in (_bounded(units, i, eager=eager), _plain(units, i, eager=eager), _part(units, i)):
        if one is not None and (best is None or one.j > best.j):
            best = one
    return best


# What a clock, a range and any mention of a time can begin with.
_CLOCK_OPENING = frozenset({"NUM", "NOON", "FACE", "PAST", "TO", "HALF"})
_RANGE_OPENING = _CLOCK_OPENING | {"BETWEEN", "PART"}
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


def _offset(units: Sequence[Unit], i: int) -> TimeSaid | None:
    """Such as "in 2 hours", "in half an hour", "20 minutes from now"."""
    j = skip(units, i, "IN")
    if has(units, j, "HALFHOUR") and (j > i or has(units, j + 1, "FROMNOW")):
        end = j + 1 if j > i else j + 2
        return TimeSaid(i, end, "exact", offset=int(units[j].tags["HALFHOUR"]))
    value = _number(units, j, 59)
    if value is None or not has(units, j + 1, "HOURS", "MINUTES"):
        return None
    end = j + 2
    if j == i:
        if not has(units, end, "FROMNOW"):
            return None
        end += 1
    if has(units, end, "SHIFT"):
        return None
    unit = 60 if has(units, j + 1, "HOURS") else 1
    return TimeSaid(i, end, "exact", offset=value * unit)


def _between(units: Sequence[Unit], i: int, *, eager: bool) -> TimeSaid | None:
    if has(units, i, "PART"):
        return _part_between(units, i)
    j = i
    led = has(units, i, "BETWEEN")
    if led:
        j = skip(units, i + 1, "THE", "AT")
        plain = _bare_window(units, i, j)
        if plain is not None:
            return plain
    if j >= len(units):
        return None
    first = clock(units, j)
    if first is None:
        return None
    k, low = first
    if not (has(units, k, "RANGE") or (led and has(units, k, "AND"))):
        return None
    m = skip(units, k + 1, "THE", "AT")
    second = clock(units, m) if m < len(units) and one_sentence(units, i, m) else None
    if second is None or _counted(units, second[0]):
        return None
    end, high = second
    sure = led or low.strong or high.strong or eager
    if not (sure or has(units, k, "BEFORE") or _beside_day(units, i, end)):
        return None
    end = skip(units, end, "BETWEENPOST")
    return TimeSaid(i, end, "between", low=low, high=high)


def _part_between(units: Sequence[Unit], i: int) -> TimeSaid | None:
    """Such as "morning 10 to 12", and "morning 10 to 1", whose end lies behind its part."""
    if i + 1 >= len(units) or has(units, i + 1, "PART"):
        return None
    rest = _between(units, i + 1, eager=True)
    if rest is None or not rest.low or not rest.high or rest.low.sure or rest.high.sure:
        return None
    part = str(units[i].tags["PART"])
    high = rest.high if rest.high.hour < rest.low.hour else rest.high.in_part(part)
    return replace(rest, i=i, low=rest.low.in_part(part), high=high)


def _bare_window(units: Sequence[Unit], i: int, j: int) -> TimeSaid | None:
    """The window "entre 3 y 5": not five past three."""
    low, high = _number(units, j, 23), _number(units, j + 2, 23)
    if low is None or high is None or not has(units, j + 1, "AND"):
        return None
    if not has(units, i, "PLUSWORD") and has(units, j + 1, "PLUSWORD"):
        end, c = _half(units, j + 3, Clock(high, sure=high > 12))
        if not _counted(units, end):
            return TimeSaid(i, end, "between", low=Clock(low, sure=low > 12), high=c)
    return None


def _bounded(units: Sequence[Unit], i: int, *, eager: bool) -> TimeSaid | None:
    for kind, at in (("AFTER", "after"), ("BEFORE", "before"), ("AROUND", "around")):
        if kind not in units[i].tags:
            continue
        j = i + 1
        while has(units, j, "THE", "AT", "AROUND") and j < i + 3:
            j += 1
        if j >= len(units) or not one_sentence(units, i, j):
            continue
        found = clock(units, j)
        if found is not None:
            end, c = found
            if not c.strong and (_counted(units, end) or units[j].get("NUM") == 0):
                continue
            if c.strong or not _weak_word(units, j, eager=eager):
                return _made(i, end, at, c)
        if kind != "AROUND" and has(units, j, "PART") and j == i + 1:
            part = str(units[j].tags["PART"])
            low, high = PARTS[part]
            edge = high if kind == "AFTER" else low
            return TimeSaid(i, j + 1, at, *_sides(at, Clock(edge // 60, sure=True, strong=True)))
    return None


def _weak_word(units: Sequence[Unit], j: int, *, eager: bool) -> bool:
    """Such as "about one of them": a number in letters and nothing else is too little."""
    u = units[j]
    return not u.digits and u.get("NUM") in {1, 2} and not eager and not _closed(units, j + 1)


def _closed(units: Sequence[Unit], j: int) -> bool:
    return j >= len(units) or units[j].stop or units[j].word == "," or "WEEKDAY" in units[j].tags


def _sides(at: str, c: Clock) -> tuple[Clock | None, Clock | None]:
    return (None, c) if at == "before" else (c, None)


def _made(i: int, end: int, at: str, c: Clock) -> TimeSaid:
    return TimeSaid(i, end, at, *_sides(at, c), weak=not c.strong)


def _plain(units: Sequence[Unit], i: int, *, eager: bool) -> TimeSaid | None:
    """Such as "at 5", "5:30pm", "morning 11:30", "half past 3 or later"."""
    j, part = i, None
    while j < i + 2 and has(units, j, "IN", "THE", "AROUND"):
        j += 1
    if not has(units, j, "PART"):
        j = i
    if has(units, j, "PART") and not has(units, j, "NUM"):
        part = str(units[j].tags["PART"])
        j += 1
        j = j + 1 if j < len(units) and units[j].word == "," else j
    led = has(units, j, "STRICTAT")
    j = skip(units, j, "AT", "AROUND")
    if j >= len(units) or not one_sentence(units, i, j):
        return None
    found = clock(units, j)
    if found is None:
        return None
    end, c = found
    if part is not None and not c.sure:
        c = c.in_part(part)
    at = "exact"
    for kind, name in (
        ("POSTAFTER", "after"),
        ("POSTBEFORE", "before"),
        ("POSTAROUND", "around"),
    ):
        k = end + 1 if end < len(units) and units[end].word == "-" else end
        if has(units, k, kind):
            end = k
            end, at, c = end + 1, name, replace(c, strong=True)
            break
    other: Clock | None = None
    if at == "exact" and _or(units, end) and one_sentence(units, i, end + 1):
        second = clock(units, skip(units, end + 1, "AT"))
        if second is not None and not _counted(units, second[0]):
            other = second[1]
            c = replace(c, strong=c.strong or other.strong)
            if other.sure and not c.sure and c.hour <= other.hour - 12:
                c = replace(c, hour=c.hour + 12, sure=True)
            end = second[0]
    if not c.strong and not (
        (led or eager or _beside_day(units, i, end)) and _believed(units, j, end)
    ):
        return None
    return replace(_made(i, end, at, c), other=other)


def _or(units: Sequence[Unit], k: int) -> bool:
    """An "or" that is no slash of a date."""
    return has(units, k, "OR") and not (units[k].word == "/" and not units[k].spaced)


def _believed(units: Sequence[Unit], j: int, end: int) -> bool:
    return not _counted(units, end) and (units[j].word != "one" or _closed(units, end))


def _beside_day(units: Sequence[Unit], i: int, end: int) -> bool:
    """Such as "tomorrow 5", "5 on Friday": a bare number next to a day."""
    before = has(units, i - 1, "DAYREL", "WEEKDAY") and i > 0
    k = skip(units, end, "ON")
    rests = has(units, end, "AND", "ON", "AT", "WITH") and not has(units, end, "RANGE")
    return (before and (rests or _closed(units, end))) or has(units, k, "DAYREL", "WEEKDAY")


def _part(units: Sequence[Unit], i: int) -> TimeSaid | None:
    j = i
    while j < i + 2 and has(units, j, "IN", "THE", "OF") and not has(units, j, "PART"):
        j += 1
    if not has(units, j, "PART") or (j > i and not one_sentence(units, i, j)):
        return None
    return TimeSaid(i, j + 1, "part", part=str(units[j].tags["PART"]))
