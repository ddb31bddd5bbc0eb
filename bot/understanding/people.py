"""Codes, phone numbers, choices by number, and what people are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.understanding.model import Setting
from bot.understanding.units import Unit

_CODE_DIGITS = range(4, 9)
_PHONE_DIGITS = range(8, 16)
_MOST_NAME_WORDS = 3


@dataclass(frozen=True, slots=True)
class Found:
    """A value and the units `i`..`j` (exclusive) it was read from."""

    i: int
    j: int
    value: str | int


def phone(units: Sequence[Unit]) -> Found | None:
    """The first telephone number: 8 to 15 digits, with or without +, spaces and dashes."""
    i = 0
    while i < len(units):
        if not units[i].digits and units[i].word not in {"+", "("}:
            i += 1
            continue
        digits, j = "", i
        while j < len(units) and (units[j].digits or units[j].word in {"+", "(", ")", "-", "."}):
            digits += units[j].digits
            j += 1
        while not units[j - 1].digits and j > i:
            j -= 1
        plus = units[i].word == "+"
        dated = any(u.word in {"/", ":"} for u in units[i : j + 1])
        if len(digits) in _PHONE_DIGITS and not dated and (plus or len(digits) >= 9):
            return Found(i, j, ("+" if plus else "") + digits)
        i = max(j, i + 1)
    return None


def code(units: Sequence[Unit], setting: Setting) -> Found | None:
    """A one-time code: six digits, or 4 to 8 when one was asked for; "481 920" too."""
    wanted = setting.expects == "code"
    for i, u in enumerate(units):
        if not u.digits:
            continue
        if wanted and len(u.digits) in _CODE_DIGITS:
            return Found(i, i + 1, u.digits)
        if len(u.digits) == 3 and i + 1 < len(units):
            nxt = i + 2 if units[i + 1].word == "-" and i + 2 < len(units) else i + 1
            if len(units[nxt].digits) == 3 and wanted:
                return Found(i, nxt + 1, u.digits + units[nxt].digits)
        if len(u.digits) == 6:
            return Found(i, i + 1, u.digits)
    return None


def choice(units: Sequence[Unit], taken: Sequence[bool]) -> Found | None:
    """A bare choice: "2", "2, is there parking?", "option two", "number 3", "the second one"."""
    for i, u in enumerate(units):
        if taken[i]:
            continue
        value = u.get("NUM") if len(u.digits) <= 2 else None
        if "CHOICE" in u.tags and i + 1 < len(units):
            value = units[i + 1].get("NUM")
            if isinstance(value, int) and not taken[i + 1]:
                return Found(i, i + 2, value)
        order = u.get("ORD")
        if isinstance(order, int) and i + 1 < len(units) and "ONE" in units[i + 1].tags:
            return Found(i, i + 2, order)
        led = i > 0 and i <= _lead(units) and "THE" in units[i - 1].tags
        if isinstance(order, int) and order > 0 and led and _ends(units, i + 1):
            return Found(i, i + 1, order)
        if isinstance(value, int) and i <= _lead(units) and _ends(units, i + 1):
            return Found(i, i + 1, value)
    return None


def _lead(units: Sequence[Unit]) -> int:
    """The first unit that is no filler ("ok, 2 please")."""
    i = 0
    while i < len(units) and ("POLITE" in units[i].tags or units[i].word in {",", "#", "."}):
        i += 1
    return i


def _ends(units: Sequence[Unit], i: int) -> bool:
    return (
        i >= len(units)
        or units[i].stop
        or units[i].word in {",", ".", ")", "-"}
        or "POLITE" in units[i].tags
        or ("AND" in units[i].tags and "RANGE" not in units[i].tags)
    )


def late(units: Sequence[Unit]) -> Found | None:
    """Minutes of a delay: "15 min late", "running 10 minutes behind", "half an hour late"."""
    for i, u in enumerate(units):
        half = u.get("HALFHOUR")
        if isinstance(half, int):
            return Found(i, i + 1, half)
        value = u.get("NUM")
        if isinstance(value, int) and i + 1 < len(units) and value <= 300:
            nxt = units[i + 1]
            if "MINUTES" in nxt.tags:
                return Found(i, i + 2, value)
            if "HOURS" in nxt.tags:
                return Found(i, i + 2, value * 60)
    return None


def called(
    text: str, units: Sequence[Unit], taken: Sequence[bool], setting: Setting, known: int
) -> Found | None:
    """The writer's own name: "I'm Marta", "my name is …", or the rest beside a code.

    `known` is the unit behind a code or -1: what stands beside a code asked for is a name.
    """
    for i, u in enumerate(units):
        strength = u.get("NAMEIS")
        if not strength or (i and "FORMY" in units[i - 1].tags):
            continue
        loose = strength == 2 or setting.expects == "name"
        if not loose and text[u.start].lower() == text[u.start].upper():
            continue  # मैं is followed by anything, and no capital tells a name
        found = _name(text, units, taken, i + 1, loose=loose)
        if found is not None:
            return found
    if known >= 0 or setting.expects == "name":
        for i, u in enumerate(units):
            if not taken[i] and not u.digits and (i == 0 or not units[i - 1].digits or known >= 0):
                found = _name(text, units, taken, i, loose=True)
                if found is not None:
                    return found
    if setting.expects == "code":
        # Some give the name first and the code after: a message that is nothing but a name.
        found = _name(text, units, taken, 0, loose=True)
        if found is not None and all(u.stop for u in units[found.j :]):
            return found
    return None


def attendee(text: str, units: Sequence[Unit], taken: Sequence[bool]) -> Found | None:
    """Whom the booking is for: "for my son Hugo"."""
    for i, u in enumerate(units):
        if "KIN" in u.tags and i and "FORMY" in units[i - 1].tags:
            found = _name(text, units, taken, i + 1, loose=False) or _small(
                text, units, taken, i + 1
            )
            if found is not None:
                return found
    return None


def _small(text: str, units: Sequence[Unit], taken: Sequence[bool], i: int) -> Found | None:
    """A name in small letters, "my son hugo friday": one strange word, and then another matter."""
    if i >= len(units) or taken[i] or units[i].known or units[i].tags or units[i].digits:
        return None
    j = i + 1
    apart = j >= len(units) or taken[j] or units[j].stop or units[j].word == ","
    if not (apart or units[j].tags.keys() & _BEHIND_NAMES):
        return None
    name = text[units[i].start : units[i].end]
    return Found(i, j, name[0].upper() + name[1:]) if name.isalpha() else None


_BEHIND_NAMES = frozenset({"WITH", "ON", "AT", "STRICTAT", "AND", "AFTER", "BEFORE", "POLITE"})


def _name(
    text: str, units: Sequence[Unit], taken: Sequence[bool], i: int, *, loose: bool
) -> Found | None:
    j = i
    while j < len(units) and j < i + _MOST_NAME_WORDS and not taken[j]:
        u = units[j]
        if j > i and u.word == "-" and not u.spaced and j + 1 < len(units):
            j += 1
            u = units[j]
        raw = text[u.start : u.end]
        if u.digits or u.stop or not raw[:1].isalpha():
            break
        capital = raw[0].isupper() and not (len(raw) > 1 and raw.isupper() and u.known)
        # "May", "Tom" beside a code are names, whatever else they may be.
        strange = (not u.known and not u.tags) or (loose and "WEAK" in u.tags)
        caseless = raw[0].lower() == raw[0].upper()
        if not ((capital and (strange or j > i or not loose)) or (strange and (loose or caseless))):
            break
        j += 1
    if j == i:
        return None
    return Found(i, j, text[units[i].start : units[j - 1].end])
