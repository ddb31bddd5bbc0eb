"""Clock times as spoken: half past 3, 5:30 pm, las cinco menos diez, साढ़े पांच.

A clock time keeps hour and minutes as spoken; `resolve_times` decides between 5:00 and 17:00.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.nlu.tagger import Unit
from bot.nlu.token_helpers import has_tag, in_same_sentence, skip_tag

MINUTES_A_DAY = 24 * 60
_NOON = 12
_TWO_FIGURES = 2


# Default windows of the parts of a day, in minutes; opening hours narrow them later.
DAY_PARTS: dict[str, tuple[int, int]] = {
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
    "tarde": (12 * 60, 20 * 60),  # lasts until dusk
}


_FORENOON = frozenset({"morning", "first_thing", "late_morning", "before_work", "dawn"})


# Tags that may begin a clock time, a range or any other time.
CLOCK_OPENING = frozenset({"NUM", "NOON", "FACE", "PAST", "TO", "HALF"})


@dataclass(frozen=True, slots=True)
class ClockTime:
    """A spoken time: `minutes` after midnight; `sure` if morning or afternoon is known."""

    hour: int
    minute: int = 0
    is_certain: bool = False
    is_explicit: bool = False
    part: str | None = None

    @property
    def minutes(self) -> int:
        """Return minutes after midnight.

        "a quarter to one" at night wraps to the end of the day.
        """
        return (self.hour * 60 + self.minute) % MINUTES_A_DAY

    def on_half(self, half: str) -> ClockTime:
        """Return the time in the morning ("am") or afternoon ("pm")."""
        hour = self.hour
        if half == "am":
            hour = 0 if hour == 12 else hour
        elif hour < 12:
            hour += 12
        return replace(self, hour=hour, is_certain=True, is_explicit=True)

    def in_part(self, part: str) -> ClockTime:
        """Return the time within a part of the day: 4 in the evening is 16:00."""
        hour = self.hour
        if not self.is_certain and part not in _FORENOON and hour < 12:
            late = part == "night" and hour < 5
            hour += 0 if late else 12
        elif not self.is_certain and part == "night" and hour == 12:
            hour = 0
        return replace(self, hour=hour, is_certain=True, is_explicit=True, part=part)


def small_number_at(units: Sequence[Unit], i: int, top: int) -> int | None:
    """Return the number of at most two digits at `i`, or None."""
    if i >= len(units):
        return None
    value = units[i].tag_value("NUM")
    if isinstance(value, int) and 0 <= value <= top and len(units[i].digits) <= 2:
        return value
    return None


def clock_time_at(units: Sequence[Unit], i: int) -> tuple[int, ClockTime] | None:
    """Return the clock time that begins at unit `i`, with its suffixes, and its end."""
    found = _face(units, i)
    if found is None:
        return None
    j, c = found
    if has_tag(units, j, "OCLOCK"):
        j, c = _plus(units, j + 1, replace(c, is_explicit=True))
    return extend_clock_time(units, j, c)


def extend_clock_time(units: Sequence[Unit], j: int, c: ClockTime) -> tuple[int, ClockTime]:
    """Parse "o'clock", "pm" or "in the evening" after a time."""
    if has_tag(units, j, "OCLOCK"):
        j, c = j + 1, replace(c, is_explicit=True)
    elif _is_hour_word(units, j):
        j, c = _plus(units, j + 1, replace(c, is_explicit=True))
    letter = _half_letter(units, j)
    if letter and c.hour <= _NOON:
        return j + 1, c.on_half(letter)
    k = j + 1 if j < len(units) and units[j].word in {",", "-"} else j
    if has_tag(units, k, "AMPM"):
        half = str(units[k].tag_value("AMPM"))
        return k + 1, c.on_half(half) if c.hour <= 12 else replace(c, is_explicit=True)
    k = j
    while (
        k < j + 3
        and has_tag(units, k, "IN", "OF", "AT", "THE", "THIS", "ON")
        and not has_tag(units, k, "PART")
    ):
        k += 1
    if has_tag(units, k, "PART") and in_same_sentence(units, j - 1, k):
        return k + 1, c.in_part(str(units[k].tag_value("PART")))
    return j, c


def _is_hour_word(units: Sequence[Unit], j: int) -> bool:
    """Return whether "horas" behind a number means o'clock and counts no hours.

    It does behind "às", next to a day and before a half of the day: "amanhã 9 horas".
    """
    if not has_tag(units, j, "HOURWORD"):
        return False
    if _led(units, j - 2) or has_tag(units, j - 2, "DAYREL", "WEEKDAY", "MONTH"):
        return True
    k = j + 1
    while k < j + 3 and has_tag(units, k, "IN", "OF", "THE") and not has_tag(units, k, "PART"):
        k += 1
    return has_tag(units, k, "PART", "AMPM")


def _half_letter(units: Sequence[Unit], j: int) -> str:
    """Return "am" or "pm" for the letter of "9a" and "5p", written without a space."""
    if not (0 < j < len(units)) or units[j].spaced or not units[j - 1].digits:
        return ""
    if units[j].word == "p" and not units[j].tags:
        return "pm"
    return "am" if units[j].word == "a" and "A" in units[j].tags else ""


def _led(units: Sequence[Unit], i: int) -> bool:
    return i >= 0 and has_tag(units, i, "STRICTAT", "AFTER", "BEFORE", "AROUND")


def _face(units: Sequence[Unit], i: int) -> tuple[int, ClockTime] | None:
    u = units[i]
    if u.tags.keys().isdisjoint(CLOCK_OPENING):
        return None
    if "NOON" in u.tags:
        return _plus(
            units, i + 1, ClockTime(int(u.tags["NOON"]) // 60, is_certain=True, is_explicit=True)
        )
    if "FACE" in u.tags:
        face = divmod(int(u.tags["FACE"]), 60)
        return i + 1, ClockTime(
            *face, is_explicit=has_tag(units, i + 1, "OCLOCK") or has_tag(units, i, "POSTAROUND")
        )
    for kind, sign in (("PAST", 1), ("TO", -1)):
        if kind in u.tags:
            j = skip_tag(units, i + 1, "THE", "AT")
            hour = _hour_at(units, j)
            if hour is None:
                return None
            return j + 1, ClockTime(
                hour, sign * int(u.tags[kind]), is_certain=hour > 12, is_explicit=True
            )
    if "HALF" in u.tags:
        hour = small_number_at(units, i + 1, 12)
        return (i + 2, ClockTime(hour, 30, is_explicit=True)) if hour else None
    first = small_number_at(units, i, 59)
    if first is None:
        return _glued(units, i)
    return _minutes_first(units, i, first) or _hour_first(units, i, first)


def _hour_at(units: Sequence[Unit], j: int) -> int | None:
    """Return the hour that minutes count from: "ten past 16", "a quarter to noon"."""
    noon = units[j].tag_value("NOON") if j < len(units) else None
    return int(noon) // 60 if isinstance(noon, int) else small_number_at(units, j, 24)


def _glued(units: Sequence[Unit], i: int) -> tuple[int, ClockTime] | None:
    """Parse four digits, "1730" or "0900", accepted only after words such as "at"."""
    d = units[i].digits
    if len(d) not in {3, 4} or int(d[-2:]) > 59 or int(d[:-2]) > 23 or int(d[-2:]) % 5:
        return None
    hour = int(d[:-2])
    strong = d[0] == "0" or has_tag(units, i + 1, "AMPM", "OCLOCK")
    return i + 1, ClockTime(
        hour, int(d[-2:]), is_certain=hour > 12 or d[0] == "0", is_explicit=strong
    )


def _minutes_first(units: Sequence[Unit], i: int, first: int) -> tuple[int, ClockTime] | None:
    j = i + 1
    worded = has_tag(units, j, "MINUTES")
    j += worded
    after, to = has_tag(units, j, "PASTWORD"), has_tag(units, j, "TOWORD")
    if not (after or to):
        return None
    j = j + 1 if has_tag(units, j + 1, "THE") and has_tag(units, j + 2, "NOON") else j
    hour = _hour_at(units, j + 1)
    if not hour:
        return None
    noon = has_tag(units, j + 1, "NOON")
    # "5 to 6" in digits is a range; "ten to six" and "20 to 6" are times.
    noon_next = has_tag(units, j + 1, "NOON") or has_tag(units, j + 2, "NOON")
    if (
        to
        and not (worded or noon_next)
        and units[i].digits
        and first <= _NOON
        and has_tag(units, j, "RANGE")
    ):
        return None
    if to and not worded and has_tag(units, i - 1, "BETWEEN") and has_tag(units, j, "RANGE"):
        return None
    if not worded and (first % 5 or first == 0):
        return None
    if hour > _NOON and units[i].digits and not after:
        return None  # "10 to 16" is a range
    minute = first if after else -first
    return j + 2, ClockTime(hour, minute, is_explicit=True, is_certain=noon or hour > _NOON)


def _hour_first(units: Sequence[Unit], i: int, hour: int) -> tuple[int, ClockTime] | None:
    if hour > 24:
        return None
    u = units[i]
    nxt = units[i + 1] if i + 1 < len(units) else None
    if nxt is not None and nxt.word in {":", ".", "h"} and not nxt.spaced:
        minute = small_number_at(units, i + 2, 59)
        if minute is not None and len(units[i + 2].digits) == 2 and not units[i + 2].spaced:
            j = i + 3
            if nxt.word == ":" and _seconds(units, j):
                j += 2
            sure = hour > 12 or hour == 0 or (len(u.digits) == 2 and u.digits[0] == "0")
            strong = nxt.word != "."
            return j, ClockTime(hour % 24, minute, is_certain=sure, is_explicit=strong)
        if nxt.word == "h" and hour <= 24:
            return i + 2, ClockTime(hour % 24, 0, is_certain=hour > 12, is_explicit=True)
    apart = _minutes_apart(units, i, hour)
    if apart is not None:
        return apart
    return _plus(units, i + 1, ClockTime(hour % 24, 0, is_certain=hour > 12 or hour == 0))


def _minutes_apart(units: Sequence[Unit], i: int, hour: int) -> tuple[int, ClockTime] | None:
    """Parse hour and minutes next to each other: "five thirty", "2 05 pm", "twelve oh three"."""
    j = i + 1
    worded = not units[i].digits
    j += worded and _is_hyphen(units, j)
    zero = has_tag(units, j, "ZERO")
    j += zero and _is_hyphen(units, j + 1)
    minute = small_number_at(units, j + zero, 9 if zero else 59)
    if minute is None or not hour:
        return None
    j += zero
    end = j + 1
    figures = bool(units[j].digits)
    if figures == worded or (figures and len(units[j].digits) != _TWO_FIGURES):
        return None
    half = end
    while half < end + 3 and has_tag(units, half, "IN", "OF", "THE"):
        if has_tag(units, half, "PART"):
            break
        half += 1
    backed = has_tag(units, half, "AMPM", "PART")
    round_ = minute >= 10 and (not figures or minute % 5 == 0)
    sure = zero or backed or (not figures and (hour <= _NOON or _led(units, i - 1)))
    if not sure or (not backed and not zero and not round_):
        return None
    return end, ClockTime(hour % 24, minute, is_certain=hour > _NOON, is_explicit=True)


def _is_hyphen(units: Sequence[Unit], j: int) -> bool:
    return j < len(units) and units[j].word == "-" and not units[j].spaced


def _plus(units: Sequence[Unit], j: int, c: ClockTime) -> tuple[int, ClockTime]:
    """Return the minutes after the hour: "y media", "menos cuarto", "e quinze", "बजकर 20 मिनट"."""
    minutes = units[j].tag_value("PLUS") if j < len(units) else None
    if isinstance(minutes, int):
        return j + 1, replace(c, minute=minutes, is_explicit=True)
    sign = units[j].tag_value("PLUSWORD") if j < len(units) else None
    minute = small_number_at(units, j + 1, 59)
    if isinstance(sign, int) and minute and minute >= 5 and minute % 5 == 0:
        figures = units[j + 1].digits and not has_tag(units, j + 2, "MINUTES")
        backed = minute > 12 or not figures or "AND" not in units[j].tags
        if backed and not has_tag(units, j + 2, "OCLOCK", "AMPM", "DAYS", "MONTH"):
            j = skip_tag(units, j + 2, "MINUTES")
            return j, replace(c, minute=sign * minute, is_explicit=True)
    return j, c


def _seconds(units: Sequence[Unit], j: int) -> bool:
    return (
        j + 1 < len(units)
        and units[j].word == ":"
        and small_number_at(units, j + 1, 59) is not None
    )
