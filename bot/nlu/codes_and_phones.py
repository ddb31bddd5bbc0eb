"""Recognition of one-time codes, phone numbers, option numbers and delays."""

from __future__ import annotations

from collections.abc import Sequence

from bot.nlu.tagger import Unit
from bot.nlu.types import ExtractedValue, NluContext

_CODE_DIGITS = range(4, 9)
_PHONE_DIGITS = range(8, 16)


def find_phone(units: Sequence[Unit]) -> ExtractedValue | None:
    """Return the first phone number: 8 to 15 digits, with optional +, spaces and dashes."""
    i = 0
    while i < len(units):
        if not units[i].digits and units[i].word not in {"+", "("}:
            i += 1
            continue
        digits, j = "", i
        while j < len(units) and (units[j].digits or units[j].word in {"+", "(", ")", "-", "."}):
            digits += units[j].digits
            j += 1
        after = j
        while not units[j - 1].digits and j > i:
            j -= 1
        plus = units[i].word == "+"
        dated = any(u.word in {"/", ":"} for u in units[i : j + 1]) or _is_date(units[i:j])
        if len(digits) in _PHONE_DIGITS and not dated and (plus or len(digits) >= 9):
            return ExtractedValue(i, j, ("+" if plus else "") + digits)
        i = after  # the marks behind the last digit begin no number: each is looked at once
    return None


def _is_date(units: Sequence[Unit]) -> bool:
    """Tell whether these units begin with a date: 2026-04-05 (ISO 8601) or 05.04.2026."""
    if len(units) < 5 or units[0].digits == "" or units[1].word != units[3].word:
        return False
    sizes = [len(u.digits) for u in (units[0], units[2], units[4])]
    if units[1].word == "-":
        return sizes == [4, 2, 2] and 1900 <= int(units[0].digits) < 2200
    day_first = sizes[0] in {1, 2} and sizes[1] in {1, 2} and sizes[2] == 4
    return units[1].word == "." and day_first and 1900 <= int(units[4].digits) < 2200


def find_code(units: Sequence[Unit], setting: NluContext) -> ExtractedValue | None:
    """Return a one-time code: six digits ("481 920"), or 4 to 8 if a code is expected."""
    wanted = setting.expects == "code"
    for i, u in enumerate(units):
        if not u.digits:
            continue
        if wanted and len(u.digits) in _CODE_DIGITS:
            return ExtractedValue(i, i + 1, u.digits)
        if len(u.digits) == 3 and i + 1 < len(units):
            nxt = i + 2 if units[i + 1].word == "-" and i + 2 < len(units) else i + 1
            if len(units[nxt].digits) == 3 and wanted:
                return ExtractedValue(i, nxt + 1, u.digits + units[nxt].digits)
        if len(u.digits) == 6:
            return ExtractedValue(i, i + 1, u.digits)
    return None


def find_choice(units: Sequence[Unit], taken: Sequence[bool]) -> ExtractedValue | None:
    """Return an option number: "2", "2, is there parking?", "option two", "the second one"."""
    lead = _lead(units)
    for i, u in enumerate(units):
        if taken[i]:
            continue
        value = u.tag_value("NUM") if len(u.digits) <= 2 else None
        if "CHOICE" in u.tags and i + 1 < len(units):
            value = units[i + 1].tag_value("NUM")
            if isinstance(value, int) and not taken[i + 1]:
                return ExtractedValue(i, i + 2, value)
        order = u.tag_value("ORD")
        if isinstance(order, int) and i + 1 < len(units) and "ONE" in units[i + 1].tags:
            return ExtractedValue(i, i + 2, order)
        led = 0 < i <= lead and "THE" in units[i - 1].tags
        if isinstance(order, int) and order > 0 and led and _ends(units, i + 1):
            return ExtractedValue(i, i + 1, order)
        if isinstance(value, int) and i <= lead and _ends(units, i + 1):
            return ExtractedValue(i, i + 1, value)
    return None


def _lead(units: Sequence[Unit]) -> int:
    """Return the first unit that is not a filler ("ok, 2 please")."""
    i = 0
    while i < len(units) and ("POLITE" in units[i].tags or units[i].word in {",", "#", "."}):
        i += 1
    return i


def _ends(units: Sequence[Unit], i: int) -> bool:
    if i + 1 < len(units) and units[i].word in {",", "."} and not units[i + 1].spaced:
        return not units[i + 1].digits  # 38.1 is no number of an option
    return (
        i >= len(units)
        or units[i].ends_sentence
        or units[i].word in {",", ".", ")", "-"}
        or "POLITE" in units[i].tags
        or ("AND" in units[i].tags and "RANGE" not in units[i].tags)
    )


def find_shift(units: Sequence[Unit]) -> ExtractedValue | None:
    """Return the minutes by which something is to be later (or earlier: negative): "1 h later"."""
    for i, u in enumerate(units):
        half, j = u.tag_value("HALFHOUR"), i + 1
        value = u.tag_value("NUM")
        if value is None and "A" in u.tags:
            value = 1
        if isinstance(half, int):
            minutes = half
        elif isinstance(value, int) and j < len(units) and 0 < value <= 300:
            scale = units[j].tag_value("HOURS") or units[j].tag_value("MINUTES")
            minutes, j = value * int(scale or 0), j + 1
        else:
            continue
        way = units[j].tag_value("SHIFT") if j < len(units) else None
        if minutes and isinstance(way, int) and way:
            return ExtractedValue(i, j + 1, minutes * way)
    return None


def find_delay(units: Sequence[Unit]) -> ExtractedValue | None:
    """Return the minutes of a delay: "15 min late", "running 10 minutes behind"."""
    for i, u in enumerate(units):
        half = u.tag_value("HALFHOUR")
        if isinstance(half, int):
            return ExtractedValue(i, i + 1, half)
        value = u.tag_value("NUM")
        if isinstance(value, int) and i + 1 < len(units) and value <= 300:
            nxt = units[i + 1]
            if "MINUTES" in nxt.tags:
                return ExtractedValue(i, i + 2, value)
            if "HOURS" in nxt.tags:
                return ExtractedValue(i, i + 2, value * 60)
    return None
