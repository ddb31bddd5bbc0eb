"""Switching between shops on a line that serves several."""

from __future__ import annotations

from bot.dialogue.heard import Heard
from bot.engine.predicates import says_booking_details
from bot.engine.turn_state import TurnState
from bot.i18n.messages import text
from bot.nlu.types import Understood
from core.catalog import loader, shop_search

_SHOP_NAME = 4  # letters: shorter names are too similar to ordinary words


async def open_shop_by_keyword(turn: TurnState) -> None:
    """Open the shop whose keyword was sent, on a line that serves several shops."""
    word = turn.incoming.text.strip()
    if turn.stack and turn.conversation.shop_id is None:
        return  # it answers "which shop?", and earlier details are kept
    if turn.conversation.line_shop_id is None and word.isalnum() and not word.isdecimal():
        shop = await shop_search.shop_by_keyword(turn.ctx, word)
        if shop is not None:
            await _open_shop(turn, shop.id)


async def _open_shop(turn: TurnState, shop_id: int) -> None:
    turn.change_conversation(shop_id=shop_id)
    turn.catalog = await loader.load_catalog(turn.ctx, shop_id)
    turn.end_all_flows()
    turn.begin_flow("welcome")


async def open_named_shop(turn: TurnState, heard: Heard, said: Understood) -> bool:
    """Open another shop named in the message; return True if the message said nothing else."""
    if turn.conversation.line_shop_id is not None and "other_shop" in said.acts and turn.catalog:
        turn.says.append(text("only_shop", shop=turn.catalog.shop.name))
    if turn.conversation.line_shop_id is not None or turn.conversation.shop_id is None:
        return False
    here = turn.conversation.shop_id
    if said.shop is not None:
        if said.shop.alternatives or said.shop.id == here:
            return False
        await _open_shop(turn, said.shop.id)
        if heard.reread:
            heard.understood = said = heard.reread(turn.catalog, said.text)
        if not says_booking_details(said):
            return True
        # The rest of the message is a request to the new shop.
        turn.end_all_flows()
        turn.begin_flow("book")
        return False
    other = "other" in said.acts and (said.type or said.city)
    if here in said.refused.shops or "other_shop" in said.acts or other:
        return await switch_shop(turn, heard, said)
    if said.spans or said.acts or len(said.text.strip()) < _SHOP_NAME:
        return False
    found = await shop_search.search_shops(turn.ctx, said.text)
    if len(found) != 1 or found[0].id == here:
        return False
    await _open_shop(turn, found[0].id)
    return True


async def switch_shop(turn: TurnState, heard: Heard, said: Understood) -> bool:
    """Leave the shop for "the other salon": the only other one of its type, else ask which.

    An unfinished booking restarts there with all details given so far.
    """
    words = next((f.notes.get("words", "") for f in turn.stack if f.flow == "book"), "")
    every = {shop.id: shop for shop in await shop_search.list_shops(turn.ctx)}
    here = every[turn.conversation.shop_id or 0]
    kind = every[said.type.id].type if said.type else here.type
    others = [s for s in every.values() if s.id != here.id and s.type == kind]
    if len(others) == 1:
        await _open_shop(turn, others[0].id)
    else:
        turn.change_conversation(shop_id=None)
        turn.catalog = None
        turn.end_all_flows()
        turn.begin_flow("welcome")
    if words:
        turn.end_all_flows()
        turn.begin_flow("book")
        turn.stack[-1].notes |= {"unread": words, "not_shop": here.id}
        # "The other salon" itself contains no details for the new shop.
        heard.understood = heard.reread(turn.catalog, "") if heard.reread else None
    return True
