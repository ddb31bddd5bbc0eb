"""Finding a shop by its keyword, or by words of its name, type and city with typos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from rapidfuzz import fuzz

from core.catalog.entities import Shop
from core.catalog.loader import SHOPS
from core.db.context import Context
from core.db.pagination import Page, PageRequest, paginate
from core.db.tables import providers
from core.db.tables import shops as shops_table
from core.errors import NotFound
from core.values.text_folding import fold_keyword, fold_text

MIN_SCORE = 62
"""Score out of 100 below which a shop is not a match."""

_ALIKE = 75
"""Score out of 100 for two words: allows one wrong letter in five, or two swapped in six."""

_ALIKE_WHOLE = 85
"""Score out of 100 for a whole name: long texts share many letters by chance."""


async def list_shops(ctx: Context) -> list[Shop]:
    """Return every shop, by name."""
    return sorted(await ctx.fetch(SHOPS), key=lambda shop: (fold_text(shop.name), shop.id))


async def page_of_shops(ctx: Context, asked: PageRequest) -> Page[Shop]:
    """Return a page of all shops, by id."""
    return await paginate(ctx, SHOPS, [shops_table.c.id], asked)


async def has_shops(ctx: Context) -> bool:
    """Return whether there is any shop."""
    return await ctx.scalar(sa.select(shops_table.c.id).limit(1)) is not None


async def shop_by_keyword(ctx: Context, word: str) -> Shop | None:
    """Return the shop with this keyword, such as "bella", in any spelling; else None."""
    wanted = fold_keyword(word)
    if not wanted:
        return None
    return await ctx.fetch_first(SHOPS.where(shops_table.c.keyword == wanted))


async def shop_from_link(ctx: Context, what: str) -> Shop:
    """Return the shop that a link names by keyword or id; raise NotFound otherwise."""
    found = await shop_by_keyword(ctx, what)
    if found is None and what.isascii() and what.isdecimal():
        found = await ctx.fetch_first(SHOPS.where(shops_table.c.id == int(what[:18])))
    if found is None:
        raise NotFound(shop=what)
    return found


async def provider_from_link(ctx: Context, what: str) -> tuple[int, int]:
    """Return (shop, provider) of the active provider with this id; raise NotFound otherwise."""
    if what.isascii() and what.isdecimal():
        row = await ctx.first(
            sa.select(providers.c.shop_id, providers.c.id).where(
                providers.c.id == int(what[:18]), providers.c.active
            )
        )
        if row is not None:
            return row.shop_id, row.id
    raise NotFound(provider=what)


async def search_shops(ctx: Context, text: str) -> list[Shop]:
    """Return the shops that match a text, best first; none rather than poor matches.

    Words are compared with name, keyword, type and city, ignoring accents, case and small typos.
    Words that match no shop ("a", "please") weigh little.
    """
    wanted = _words(text)
    if not wanted:
        return []
    there = await list_shops(ctx)
    points = {shop.id: _points(wanted, shop) for shop in there}
    weight = {
        word: len(word) if any(points[shop.id][word] for shop in there) else len(word) / 4
        for word in wanted
    }
    scored = [(_score(wanted, points[shop.id], weight, shop), shop) for shop in there]
    good = [(score, shop) for score, shop in scored if score >= MIN_SCORE]
    return [shop for _, shop in sorted(good, key=lambda pair: -pair[0])]


def _points(wanted: Sequence[str], shop: Shop) -> dict[str, float]:
    """Return each word's score for a shop, 0–100; a name scores higher than a city."""
    name, others = _words(f"{shop.name} {shop.keyword or ''}"), _words(f"{shop.type} {shop.city}")
    return {word: max(_best(word, name), 0.95 * _best(word, others)) for word in wanted}


def _score(
    wanted: Sequence[str], points: Mapping[str, float], weight: Mapping[str, float], shop: Shop
) -> float:
    total = sum(weight[word] * points[word] for word in wanted)
    mean = total / sum(weight[word] for word in wanted)
    # "bellahair", "bella-hair" and "bel la hair" are the same name.
    whole = fuzz.ratio("".join(wanted), "".join(_words(shop.name)))
    return max(mean, whole if whole >= _ALIKE_WHOLE else 0)


def _words(text: str) -> list[str]:
    return "".join(letter if letter.isalnum() else " " for letter in fold_text(text)).split()


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
