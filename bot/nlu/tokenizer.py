"""Tokenization into folded words, digit runs and marks with their positions."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# One pass; each alternative starts with a different class of character, so nothing backtracks.
_TOKEN = re.compile(
    r"(?P<w>[^\W\d_][^\W\d_\u0300-\u036f\u0900-\u0963\u0971-\u097f\u200c\u200d]*"
    r"(?:[\u0300-\u036f\u0900-\u0963\u0971-\u097f\u200c\u200d'’ʼ´`\"]+[^\W\d_]+"
    r"|[\u0300-\u036f\u0900-\u0963\u0971-\u097f\u200c\u200d]+)*)"
    r"|(?P<n>\d+)|(?P<b>\n)|(?P<p>\S)"
)
_DROPPED = dict.fromkeys(map(ord, "'’ʼ´`\"\u200c\u200d\u093c"))
_DROPPED[0x0901] = 0x0902  # चन्द्रबिन्दु is written as a plain dot by most thumbs
# Marks that end a sentence; a comma does not, because people place commas anywhere.
_ENDS = frozenset(".?!;\n।…¡¿")


@dataclass(frozen=True, slots=True)
class Token:
    """A word ("w"), digit run ("n") or mark ("p"); `end` is exclusive."""

    text: str
    start: int
    end: int
    kind: str
    spaced: bool


@lru_cache(maxsize=8192)
def fold_word(word: str) -> str:
    """Return a word's normalized form: lower case, without accents and apostrophes."""
    if word.isascii():
        return word.lower().translate(_DROPPED)
    out = word.casefold().translate(_DROPPED)
    if any("\u0900" <= c <= "\u097f" for c in out):
        return unicodedata.normalize("NFKC", out).translate(_DROPPED)
    decomposed = unicodedata.normalize("NFKD", out)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_DROPPED)


def tokenize(text: str) -> list[Token]:
    """Split text in one linear pass, dropping characters that are neither word nor mark."""
    out: list[Token] = []
    last = -1
    for m in _TOKEN.finditer(text):
        kind = m.lastgroup or "p"
        raw = m.group()
        if kind == "w":
            word = fold_word(raw)
        elif kind == "n":
            word = raw if raw.isascii() else "".join(str(unicodedata.digit(c, 0)) for c in raw)
        else:
            word, kind = raw, "p"
        out.append(Token(word, m.start(), m.end(), kind, m.start() != last))
        last = m.end()
    return out


def ends_sentence(tokens: list[Token], i: int) -> bool:
    """Return whether token `i` ends a sentence: not the point of "p.m.", "3.30" or "Dr."."""
    t = tokens[i]
    if t.kind != "p" or t.text not in _ENDS:
        return False
    if t.text != ".":
        return True
    before = tokens[i - 1] if i else None
    after = tokens[i + 1] if i + 1 < len(tokens) else None
    if before is None or after is None:
        return True
    if before.kind == "n" and after.kind == "n" and not after.spaced:
        return False
    if before.kind == "w" and before.text in _SHORT:
        return before.text == "no" and after.kind != "n"
    return not (before.kind == "w" and len(before.text) == 1 and before.text in "apm")


_SHORT = frozenset({"dr", "dra", "mr", "mrs", "ms", "sr", "sra", "st", "no", "prof"})
