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


_APOSTROPHES = dict.fromkeys(map(ord, "'’‘ʼ`´′＇"))
_PHONE = frozenset("+()-./ \u00a0\u2010\u2011\u2013\u2014\uff0b")
_MIN_PHONE_DIGITS = 3
_REF_LENGTH = 6


def fold_words(text: str) -> list[str]:
    """Return the folded words of a text: without case, accents, quotes and punctuation."""
    plain = fold_text(text.translate(_APOSTROPHES))
    # Marks are part of a word: vowel signs of Hindi are no letters by themselves.
    kept = (c if unicodedata.category(c)[0] in "LNM" else " " for c in plain)
    return "".join(kept).split()


def person_search_text(name: str, phone: str, email: str) -> str:
    """Return what a person is found by, as it is stored: folded words and the phone's digits."""
    return " ".join(["", *fold_words(name), *_digits(phone), *fold_words(email)])


def search_terms(words: str) -> list[str]:
    """Return the parts of a query, each of which `person_search_text` has to contain.

    A phone in any spelling is one part: its digits without the zeros or the plus it begins with.
    """
    if digits := phone_digits(words):
        return [digits]
    return fold_words(words)


def phone_digits(words: str) -> str:
    """Return the digits of a query that can be a phone number, without leading zeros; else ""."""
    folded = unicodedata.normalize("NFKC", words)
    digits = "".join(str(unicodedata.digit(c)) for c in folded if c.isdigit())
    if len(digits) < _MIN_PHONE_DIGITS or any(
        not (c.isdigit() or c in _PHONE) for c in folded.strip()
    ):
        return ""
    if "(0)" in folded.replace(" ", ""):  # +44 (0)20: a zero that is dialled at home only
        whole = folded.replace(" ", "").replace("(0)", "")
        digits = "".join(str(unicodedata.digit(c)) for c in whole if c.isdigit())
    return digits.lstrip("0")


def fold_reference(words: str) -> str:
    """Return a booking's reference as it is stored, however it was written; "" if it is none."""
    letters = "".join(c for c in fold_text(words).upper() if c.isalnum())
    return f"{letters[:3]}-{letters[3:]}" if len(letters) == _REF_LENGTH else ""


def name_matches(words: str, name: str) -> bool:
    """Return whether each word of a query begins a word of a name, in any order."""
    wanted, there = fold_words(words), fold_words(name)
    return bool(wanted) and all(any(one.startswith(w) for one in there) for w in wanted)


def names_agree(one: str, other: str) -> bool:
    """Return whether two names can be one person's: all words of the shorter are in the longer.

    A single word has to be the other's first: "Ana" is "Ana García", and "García" is not.
    """
    short, long = sorted((fold_words(one), fold_words(other)), key=len)
    if len(short) == 1:
        return long[:1] == short
    return bool(short) and set(short) <= set(long)


def _digits(phone: str) -> list[str]:
    digits = "".join(c for c in phone if c.isdigit())
    return [digits] if digits else []
