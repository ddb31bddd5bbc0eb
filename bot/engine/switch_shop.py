"""What works anywhere in a talk: opting out, the menu, a person, questions to the shop."""

from __future__ import annotations

from bot.dialogue.talk import Heard
from bot.engine.turn_state import Handling
from bot.i18n.messages import text
from bot.nlu.predicates import _wishes
from bot.nlu.types import Understood
from core.catalog import loader, shop_search

_SHOP_NAME = 4  # letters: shorter ones are too like other words


async def keyword(h: Handling) -> None:
    """Open the shop whose keyword was texted, on a line that serves many."""
    word = h.incoming.text.strip()
    if h.stack and h.conversation.shop_id is None:
        return  # It answers "which shop?", and what was said before that stands.
    if h.conversation.line_shop_id is None and word.isalnum() and not word.isdecimal():
        shop = await shop_search.shop_by_keyword(h.ctx, word)
        if shop is not None:
            await _open(h, shop.id)


async def _open(h: Handling, shop_id: int) -> None:
    h.set(shop_id=shop_id)
    h.catalog = await loader.catalog(h.ctx, shop_id)
    h.clear()
    h.push("welcome")


async def _other_shop(h: Handling, heard: Heard, said: Understood) -> bool:
    """Open another shop that is named on a line that serves many, when nothing else was said."""
    if h.conversation.line_shop_id is not None and "other_shop" in said.acts and h.catalog:
        h.says.append(text("only_shop", shop=h.catalog.shop.name))
    if h.conversation.line_shop_id is not None or h.conversation.shop_id is None:
        return False
    here = h.conversation.shop_id
    if said.shop is not None:
        if said.shop.alternatives or said.shop.id == here:
            return False
        await _open(h, said.shop.id)
        if heard.again:
            heard.understood = said = heard.again(h.catalog, said.text)
        if not _wishes(said):
            return True
        # With more than its name said, the rest is what is wanted there.
        h.clear()
        h.push("book")
        return False
    other = "other" in said.acts and (said.type or said.city)
    if here in said.refused.shops or "other_shop" in said.acts or other:
        return await _others(h, heard, said)
    if said.spans or said.acts or len(said.text.strip()) < _SHOP_NAME:
        return False
    found = await shop_search.find_shops(h.ctx, said.text)
    if len(found) != 1 or found[0].id == here:
        return False
    await _open(h, found[0].id)
    return True


async def _others(h: Handling, heard: Heard, said: Understood) -> bool:
    """Leave a shop for "the other salon": the only other one of its type, or which is asked.

    A booking half made is begun anew there, with all that was said of it.
    """
    words = next((f.notes.get("words", "") for f in h.stack if f.flow == "book"), "")
    every = {shop.id: shop for shop in await shop_search.shops(h.ctx)}
    here = every[h.conversation.shop_id or 0]
    kind = every[said.type.id].type if said.type else here.type
    others = [s for s in every.values() if s.id != here.id and s.type == kind]
    if len(others) == 1:
        await _open(h, others[0].id)
    else:
        h.set(shop_id=None)
        h.catalog = None
        h.clear()
        h.push("welcome")
    if words:
        h.clear()
        h.push("book")
        h.stack[-1].notes |= {"unread": words, "not_shop": here.id}
        # "The other salon" itself says nothing of what is wanted there.
        heard.understood = heard.again(h.catalog, "") if heard.again else None
    return True
