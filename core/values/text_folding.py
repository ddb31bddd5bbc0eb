"""Folding of text for comparison, without case and accents."""

from __future__ import annotations

import unicodedata

# Letters that Unicode does not decompose into a letter and a mark.
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)


def fold_text(text: str) -> str:
    """Return text without case, accents and compatibility forms: "Peluquería" → "peluqueria"."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return plain.translate(_PLAIN)


def fold_keyword(text: str) -> str:
    """Return a keyword as stored: capital letters and digits without accents or spaces."""
    return "".join(letter for letter in fold_text(text).upper() if letter.isalnum())
