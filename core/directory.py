"""Find a shop: by its keyword, or by words for its name, type and city, typos forgiven."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import sqlalchemy as sa
from rapidfuzz import fuzz

from core.catalog import Shop, shop_from
from core.context import Context
from core.models import shops as shops_table

GOOD_ENOUGH = 60
"""Of 100; below, a shop has too little of what was asked for to be named."""

_ALIKE = 75
"""Of 100, for two words: one letter in five wrong, or two swapped in six, passes."""

# Letters that Unicode does not take apart into a letter and a mark.
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)


async def shops(ctx: Context) -> list[Shop]:
    """Return every shop, by name."""
    rows = await ctx.all(sa.select(shops_table))
    return sorted(map(shop_from, rows), key=lambda shop: (fold(shop.name), shop.id))


async def shop_by_keyword(ctx: Context, word: str) -> Shop | None:
    """Return the shop that a word such as "bella" opens, however it is written; else None."""
    wanted = keyword(word)
    if not wanted:
        return None
    row = await ctx.first(sa.select(shops_table).where(shops_table.c.keyword == wanted))
    return None if row is None else shop_from(row)


async def find_shops(ctx: Context, text: str) -> list[Shop]:
    """Return the shops that fit what somebody wrote, best first; none rather than bad ones.

    Words are compared with those of name, keyword, type and city, without regard to accents, case
    and small typos; words that fit nothing ("a", "please") count by their length against it.
    """
    wanted = _words(text)
    if not wanted:
        return []
    scored = [(score(wanted, shop), shop) for shop in await shops(ctx)]
    good = [(points, shop) for points, shop in scored if points >= GOOD_ENOUGH]
    return [shop for _, shop in sorted(good, key=lambda pair: -pair[0])]


def score(wanted: Sequence[str], shop: Shop) -> float:
    """How well folded words fit a shop, 0–100; a name fits better than a town."""
    name, others = _words(f"{shop.name} {shop.keyword or ''}"), _words(f"{shop.type} {shop.city}")
    total = sum(
        len(word) * max(_best(word, name), 0.95 * _best(word, others)) for word in wanted
    ) / sum(map(len, wanted))
    # "bellahair", "bella-hair" and "bel la hair" are one name.
    whole = fuzz.ratio("".join(wanted), "".join(_words(shop.name)))
    return max(total, whole if whole >= _ALIKE else 0)


def fold(text: str) -> str:
    """Return text without case, accents and compatibility forms: "Peluquería" → "peluqueria"."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return plain.translate(_PLAIN)


def keyword(text: str) -> str:
    """Return a keyword as it is stored: capital letters and digits without accents or spaces."""
    return "".join(letter for letter in fold(text).upper() if letter.isalnum())


def _words(text: str) -> list[str]:
    return "".join(letter if letter.isalnum() else " " for letter in fold(text)).split()


def _best(word: str, words: Sequence[str]) -> float:
    return max((_alike(word, other) for other in words), default=0)


def _alike(one: str, other: str) -> float:
    if one == other:
        return 100
    if len(one) < 3 or len(other) < 3:
        return 0
    if other.startswith(one):
        return 90
    points = fuzz.ratio(one, other)
    return points if points >= _ALIKE else 0
