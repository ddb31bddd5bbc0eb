"""How many SMS a text is sent as, written a second time: slowly, and straight from the tables.

The default alphabet and its extension stand here by their positions, as in 3GPP TS 23.038, 6.2.1.
A text is written out as the septets or octets that go over the air and cut into parts of 140
octets, of which a part of several loses six to its header (3GPP TS 23.040, 9.2.3.24.1). Neither an
escape and what it escapes nor the two halves of a surrogate pair are parted.
"""

from __future__ import annotations

from functools import cache

ESCAPE = 0x1B

# Sixteen a line, 0x00 to 0x7F; U+001B stands where the escape is.
DEFAULT = (
    "\u0040\u00a3\u0024\u00a5\u00e8\u00e9\u00f9\u00ec\u00f2\u00c7\u000a\u00d8\u00f8\u000d\u00c5\u00e5"
    "\u0394\u005f\u03a6\u0393\u039b\u03a9\u03a0\u03a8\u03a3\u0398\u039e\u001b\u00c6\u00e6\u00df\u00c9"
    "\u0020\u0021\u0022\u0023\u00a4\u0025\u0026\u0027\u0028\u0029\u002a\u002b\u002c\u002d\u002e\u002f"
    "\u0030\u0031\u0032\u0033\u0034\u0035\u0036\u0037\u0038\u0039\u003a\u003b\u003c\u003d\u003e\u003f"
    "\u00a1\u0041\u0042\u0043\u0044\u0045\u0046\u0047\u0048\u0049\u004a\u004b\u004c\u004d\u004e\u004f"
    "\u0050\u0051\u0052\u0053\u0054\u0055\u0056\u0057\u0058\u0059\u005a\u00c4\u00d6\u00d1\u00dc\u00a7"
    "\u00bf\u0061\u0062\u0063\u0064\u0065\u0066\u0067\u0068\u0069\u006a\u006b\u006c\u006d\u006e\u006f"
    "\u0070\u0071\u0072\u0073\u0074\u0075\u0076\u0077\u0078\u0079\u007a\u00e4\u00f6\u00f1\u00fc\u00e0"
)
EXTENSION = {
    0x0A: "\u000c", 0x14: "\u005e", 0x28: "\u007b", 0x29: "\u007d", 0x2F: "\u005c",
    0x3C: "\u005b", 0x3D: "\u007e", 0x3E: "\u005d", 0x40: "\u007c", 0x65: "\u20ac",
}  # fmt: skip

OCTETS, HEADER = 140, 6


@cache
def septets_of_character(character: str) -> tuple[int, ...]:
    """Return the septets of a character; none if it has none."""
    for place, other in EXTENSION.items():
        if other == character:
            return (ESCAPE, place)
    if character in DEFAULT and character != chr(ESCAPE):
        return (DEFAULT.index(character),)
    return ()


def septets_of_text(text: str) -> list[list[int]] | None:
    """Return the septets of each character; None if one of them has none."""
    found = [list(septets_of_character(character)) for character in text]
    return found if all(found) else None


def expected_segments(text: str) -> list[list[int]]:
    """Return what each SMS holds: septets, or 16-bit units where the alphabet lacks something."""
    units, size = septets_of_text(text), 7
    if units is None:
        size, units = 16, []
        for character in text:
            octets = character.encode("utf-16-be")
            units.append([octets[n] << 8 | octets[n + 1] for n in range(0, len(octets), 2)])
    whole = [place for unit in units for place in unit]
    if len(whole) * size <= OCTETS * 8:
        return [whole]
    most = (OCTETS - HEADER) * 8 // size
    made: list[list[int]] = [[]]
    for unit in units:
        if len(made[-1]) + len(unit) > most:
            made.append([])
        made[-1] += unit
    return made
