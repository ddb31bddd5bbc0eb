"""Which shop: the line's own, the only one, or found by name, type or city."""

from __future__ import annotations

from collections.abc import Sequence

from bot.talk import MISSING, Heard, Talk
from bot.texts import text
from core import catalog as catalogs
from core import directory
from core.messages import Choice, Json
from core.offers import Catalog, Shop

_PAGE = 8


async def pick_shop(talk: Talk) -> Catalog:
    """Return the catalog of the shop the talk is about; ask which where a line serves many."""
    if talk.conversation.shop_id is None:
        every = await directory.shops(talk.ctx)
        if len(every) == 1:
            talk.set(shop_id=every[0].id)
        else:
            talk.set(shop_id=await _which(talk, every))
    return talk.catalog or await catalogs.catalog(talk.ctx, talk.shop_id)


async def _which(talk: Talk, every: Sequence[Shop]) -> int:
    found: list[Shop] = []

    async def options() -> Sequence[Choice]:
        return [_choice(shop) for shop in (found or every)[:_PAGE]]

    async def read(heard: Heard) -> Json:
        if not heard.text:
            return MISSING
        found[:] = await directory.find_shops(talk.ctx, heard.text)
        if len(found) == 1:
            return found[0].id
        return MISSING

    value = await talk.choose("shop", text("which_shop"), options, read=read, recheck=False)
    return int(value)


def _choice(shop: Shop) -> Choice:
    label = text("shop", shop=shop.name, type=shop.type, city=shop.city)
    return Choice(shop.id, label, (shop.name.casefold(),))
