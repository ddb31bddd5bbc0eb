"""What a text costs as SMS, and how it is written so that it costs less.

GSM 03.38's alphabet packs 160 characters into one message, 153 into each part of a longer one;
a single character outside it turns the whole text to UCS-2: 70 and 67.
"""

from __future__ import annotations

import unicodedata

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = frozenset("\f^{}\\[~]|€")
"""Characters of GSM-7 that take two places."""

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
    """Whether the whole text can be sent in GSM-7."""
    return _GSM.issuperset(text)


def sms_encoding(text: str) -> str:
    """Return what SMS is priced by: "gsm7" for a text of that alphabet, else "ucs2"."""
    return "gsm7" if is_gsm(text) else "ucs2"


def count_segments(text: str) -> int:
    """Return how many SMS `text` is sent as; an empty text is one."""
    if is_gsm(text):
        widths, single, part = [1 + (c in GSM_EXTENDED) for c in text], 160, 153
    else:
        widths, single, part = [1 + (ord(c) > 0xFFFF) for c in text], 70, 67
    if sum(widths) <= single:
        return 1
    count, used = 1, 0
    for width in widths:
        # An escape and what it escapes, or the two halves of a surrogate pair, are not parted.
        if used + width > part:
            count, used = count + 1, 0
        used += width
    return count


def to_gsm(text: str) -> str:
    """Write `text` in GSM-7 if it can be read so, else leave it as it is.

    Typographic signs become plain ones and letters lose the accents GSM-7 does not have (á → a,
    while é and ñ stay), as people text. What has no such form – another script, an emoji in a
    name – keeps the whole text in UCS-2, where it may as well keep its accents.
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
