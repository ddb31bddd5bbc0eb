"""Understanding a message with the names and opening hours of the conversation's shop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from bot.dialogue.heard import Conversation
from bot.nlu.pipeline import understand_message
from bot.nlu.types import (
    NOTHING_SHOWN,
    CatalogName,
    CatalogNames,
    NluContext,
    ShownOptions,
    Understood,
)
from core.catalog.entities import Catalog, Shop
from core.db.caches import CacheKey
from core.db.context import Context

_CATALOG_NAMES: CacheKey[dict[int, tuple[int, CatalogNames]]] = CacheKey("catalog names", dict)
"""By shop id: the catalog version and the names in that version."""


def understand_in_context(
    ctx: Context,
    conversation: Conversation,
    text: str,
    catalog: Catalog | None,
    expects: str,
    *,
    shops: Sequence[Shop] = (),
    last_date: date | None = None,
    shown: ShownOptions = NOTHING_SHOWN,
) -> Understood:
    """Understand a message using the shop's names and opening hours.

    `shops` are the shops that can be named on a line serving several; `last_date` is the date under
    discussion, `shown` the options in front of the person.
    """
    setting = NluContext(
        now=ctx.now,
        zone=catalog.shop.timezone if catalog else "UTC",
        language=conversation.language or (catalog.shop.language if catalog else "en"),
        region=catalog.shop.country if catalog else "US",
        opening=_opening(catalog) if catalog else None,
        names=_with_places(_names(ctx, catalog) if catalog else CatalogNames(), shops),
        expects=expects or None,
        last_date=last_date,
        shown=shown,
    )
    return understand_message(text, setting)


def _with_places(names: CatalogNames, shops: Sequence[Shop]) -> CatalogNames:
    """Add shop names, types and cities; a type or city gets the id of its first shop."""
    if not shops:
        return names
    types = {shop.type: shop.id for shop in reversed(shops) if shop.type}
    cities = {shop.city: shop.id for shop in reversed(shops) if shop.city}
    return replace(
        names,
        shops=tuple(CatalogName(s.id, s.name, (s.keyword,) if s.keyword else ()) for s in shops),
        types=tuple(_type(id_, type_) for type_, id_ in types.items()),
        cities=tuple(CatalogName(id_, city) for city, id_ in cities.items()),
    )


def _type(id_: int, types: str) -> CatalogName:
    """Return a shop type with its synonyms, given as "hair salon, peluquería"."""
    first, *more = (one.strip() for one in types.split(","))
    return CatalogName(id_, first, tuple(filter(None, more)))


def _opening(catalog: Catalog) -> tuple[tuple[tuple[int, int], ...], ...]:
    weekly = catalog.shop_hours.weekly
    return tuple(tuple((i.opens, i.closes) for i in day) for day in weekly)


def _names(ctx: Context, catalog: Catalog) -> CatalogNames:
    """Return the names of a catalog, cached per catalog version."""
    by_shop = ctx.caches.of(_CATALOG_NAMES)
    kept = by_shop.get(catalog.shop.id)
    if kept is None or kept[0] != catalog.version:
        services = tuple(
            CatalogName(s.id, s.name, tuple(s.synonyms)) for s in catalog.bookable_services()
        )
        providers = tuple(
            CatalogName(p.id, p.name, (f"{p.title} {p.name}",) if p.title else ())
            for p in catalog.providers
            if p.active
        )
        kept = by_shop[catalog.shop.id] = (
            catalog.version,
            CatalogNames(services=services, providers=providers),
        )
    return kept[1]
