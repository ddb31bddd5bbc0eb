"""SMS segments of a text, and its conversion to GSM-7.

GSM 03.38 packs 160 characters into one message and 153 into each part of a longer one; a single
character outside it makes the whole text UCS-2: 70 and 67.
"""

from __future__ import annotations

import unicodedata

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = frozenset("\f^{}\\[~]|€")
"""GSM-7 characters that take two positions."""

_GSM = GSM_BASIC | GSM_EXTENDED

_TYPOGRAPHY = {
    "‘": "'", "’": "'", "‚": "'", "′": "'", "´": "'", "`": "'", "ʼ": "'",
    "“": '"', "”": '"', "„": '"', "″": '"', "«": '"', "»": '"',
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-",
    "…": "...", "•": "-", "·": "-", "×": "x", "→": "->", "✓": "+",
    "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u00ad": "",
    "º": "o", "ª": "a", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L",
    "ı": "i", "đ": "d", "Đ": "D", "∗": "*", "ˍ": "_", "∼": "~", "ʹ": "'",
}  # fmt: skip


def is_gsm(text: str) -> bool:
    """Return whether the whole text can be sent in GSM-7."""
    return _GSM.issuperset(text)


def sms_encoding(text: str) -> str:
    """Return the alphabet an SMS is billed by: "gsm7" or "ucs2"."""
    return "gsm7" if is_gsm(text) else "ucs2"


def count_segments(text: str) -> int:
    """Return the number of SMS segments of `text`; an empty text counts as one."""
    if is_gsm(text):
        widths, single, part = [1 + (c in GSM_EXTENDED) for c in text], 160, 153
    else:
        widths, single, part = [1 + (ord(c) > 0xFFFF) for c in text], 70, 67
    if sum(widths) <= single:
        return 1
    count, used = 1, 0
    for width in widths:
        # An escape sequence or surrogate pair is never split across segments.
        if used + width > part:
            count, used = count + 1, 0
        used += width
    return count


def to_gsm(text: str) -> str:
    """Convert `text` to GSM-7 if it stays legible, else leave it unchanged.

    Typographic signs become plain ones and letters lose the accents that GSM-7 lacks (á → a, while
    é and ñ stay). A character without such a form, such as an emoji in a name, keeps the whole text
    in UCS-2, accents included.
    """
    if is_gsm(text):
        return text
    written = "".join(map(_simpler, unicodedata.normalize("NFC", text)))
    return written if is_gsm(written) else text


def _simpler(character: str) -> str:
    if character in GSM_BASIC or character in GSM_EXTENDED:
        return character
    if character in _TYPOGRAPHY:
        return _TYPOGRAPHY[character]
    base = "".join(
        c for c in unicodedata.normalize("NFD", character) if not unicodedata.combining(c)
    )
    return base if base and is_gsm(base) else character
