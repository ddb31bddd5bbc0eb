"""Choice of the shop: the line's own, the only one, or one found by name, type or city."""

from __future__ import annotations

from collections.abc import Sequence

from bot.dialogue.heard import Heard
from bot.dialogue.questions import MISSING
from bot.dialogue.talk import Talk
from bot.i18n.messages import text
from bot.nlu.types import EntityMatch
from core.catalog import loader, shop_search
from core.catalog.entities import Catalog, Shop
from core.messaging.messages import Choice, Json

_PAGE = 8


async def pick_shop(talk: Talk) -> Catalog:
    """Return the catalog of the conversation's shop, asking for the shop if necessary."""
    if talk.conversation.shop_id is None:
        every = await shop_search.list_shops(talk.ctx)
        left = talk.notes.get("not_shop")
        every = [shop for shop in every if shop.id != left] or every
        if len(every) == 1:
            talk.change_conversation(shop_id=every[0].id)
        else:
            talk.change_conversation(shop_id=await _which(talk, every))
        catalog = await loader.load_catalog(talk.ctx, talk.shop_id)
        _read_again(talk, catalog)
        return catalog
    talk.skip_answered("shop")
    known = talk.catalog or await loader.load_catalog(talk.ctx, talk.shop_id)
    if "unread" in talk.notes:
        _read_again(talk, known)
    return known


def _read_again(talk: Talk, catalog: Catalog) -> None:
    """Understand earlier messages again using the names, hours and zone of the chosen shop."""
    heard, before = talk.heard, str(talk.notes.pop("unread", ""))
    if heard is None or heard.reread is None:
        return
    now = heard.understood.text if heard.understood else ""
    heard.understood = heard.reread(catalog, f"{before}\n{now}" if before else now)


async def _which(talk: Talk, every: Sequence[Shop]) -> int:
    found: list[Shop] = []

    async def options() -> Sequence[Choice]:
        return [_choice(shop) for shop in (found or every)[:_PAGE]]

    async def read(heard: Heard) -> Json:
        if not heard.text or heard.consumed:
            return MISSING
        found[:] = _named(heard, every) or await shop_search.search_shops(talk.ctx, heard.text)
        if len(found) == 1:
            return found[0].id
        # The rest of the message is understood again once the shop is known.
        talk.notes["unread"] = f"{talk.notes.get('unread', '')}\n{heard.text}".strip()[:1000]
        return MISSING

    value = await talk.choose("shop", text("which_shop"), options, read=read, recheck=False)
    return int(value)


def _named(heard: Heard, every: Sequence[Shop]) -> list[Shop]:
    """Return the shops that match the name, type and city in a message."""
    said = heard.understood
    if said is None:
        return []
    if said.shop:
        meant = (said.shop.id, *said.shop.alternatives)
        return [shop for shop in every if shop.id in meant]
    if not (said.type or said.city):
        return []
    by_id = {shop.id: shop for shop in every}
    kinds = {by_id[i].type for i in _ids(said.type)}
    cities = {by_id[i].city for i in _ids(said.city)}
    return [
        shop
        for shop in every
        if (not kinds or shop.type in kinds)
        and (not cities or shop.city in cities)
        and shop.id not in said.refused.shops
    ]


def _ids(match: EntityMatch | None) -> tuple[int, ...]:
    return (match.id, *match.alternatives) if match else ()


def _kind(shop: Shop) -> str:
    """Return the type as displayed; the synonyms after its comma serve only the search."""
    return shop.type.partition(",")[0].strip()


def _choice(shop: Shop) -> Choice:
    label = text("shop", shop=shop.name, type=_kind(shop), city=shop.city)
    return Choice(shop.id, label, (shop.name.casefold(),))
