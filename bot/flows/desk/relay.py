"""Writing with a customer through the bot."""

from __future__ import annotations

from datetime import timedelta

from bot.flows.desk import lists, spans
from bot.flows.desk.roles import Desk, enter
from bot.talk import MISSING, Heard, Talk
from bot.texts import text
from core import day, outbox, relay
from core.bookings import Booking
from core.errors import NotAllowed
from core.messages import Choice, Json, Say

MOST = 600
"""Characters of one message: the person reads it on a phone, perhaps by SMS."""

_DAYS = 7
_PAGE = 4


async def message(talk: Talk) -> None:
    """Write to the customer of a booking."""
    desk = await enter(talk, "message")
    rest = str(talk.args.get("rest", ""))
    one = await _whom(talk, desk, rest)
    if one is None:
        return
    home = await outbox.home(talk.ctx, one)
    if home is None:
        phone = lists.phone(one) if desk.may("phones") else ""
        name = lists.who(one)
        known = text("desk.no_chat_phone", customer=name, phone=phone)
        await talk.say(known if phone else text("desk.no_chat", customer=name))
        return
    words = _after_reference(rest) or await _words(talk, lists.who(one))
    if not words:
        await talk.say(text("desk.closed"))
        return

    async def send(key: str) -> Json:
        await relay.send(
            talk.ctx,
            words,
            to=home,
            shop_id=desk.shop_id,
            shop=desk.catalog.shop.name,
            from_conversation=talk.conversation.id,
            key=key,
            booking_id=one.id,
        )
        return True

    await talk.once("sent", send)
    await talk.say(text("desk.sent", customer=lists.who(one)))


async def _whom(talk: Talk, desk: Desk, rest: str) -> Booking | None:
    if talk.args.get("booking") is not None:
        return await lists.again(talk, desk, int(talk.args["booking"]))
    ref = lists.reference(rest.partition(" ")[0])
    if ref:
        found = await day.by_ref(talk.ctx, desk.shop_id, ref)
        if found is not None:
            return desk.check(found)
    start, _ = spans.whole(spans.today(talk, desk), desk.catalog.shop.timezone)
    found_ = await day.agenda(
        talk.ctx, desk.shop_id, start, start + timedelta(days=_DAYS), provider_ids=desk.scope
    )
    if not found_:
        await talk.say(text("desk.nobody"))
        return None
    return await lists.pick(talk, desk, found_, text("desk.which"), size=_PAGE)


def _after_reference(rest: str) -> str:
    head, _, words = rest.partition(" ")
    return words.strip()[:MOST] if lists.reference(head) else ""


async def _words(talk: Talk, name: str | Say) -> str:
    """Ask for what to write; "" for nothing."""

    async def read(heard: Heard) -> Json:
        if heard.step == talk.key("words") and heard.text:
            return heard.text[:MOST]
        return MISSING

    none = Choice("", text("desk.do.close"))
    say = text("desk.which_words", customer=name)
    return str(await talk.ask("words", say, read, options=[none], expects="words"))


async def answer(talk: Talk) -> None:
    """Write back to a customer whose words came here, or give the talk back to the bot."""
    desk = await enter(talk, "message")
    if desk.shop_id != talk.args["shop"]:
        raise NotAllowed
    theirs = await relay.customer_talk(talk.ctx, int(talk.args["conversation"]), desk.shop_id)
    if talk.args["choice"] == "back":

        async def back(key: str) -> Json:
            await relay.give_back(talk.ctx, theirs, key=key)
            return True

        await talk.once("given", back)
        await talk.say(text("handed_back"))
        return
    name = str(talk.args.get("name") or theirs.name) or text("relay.somebody")
    words = await _words(talk, name)
    if not words:
        await talk.say(text("desk.closed"))
        return

    async def send(key: str) -> Json:
        await relay.send(
            talk.ctx,
            words,
            to=theirs.id,
            shop_id=desk.shop_id,
            shop=desk.catalog.shop.name,
            from_conversation=talk.conversation.id,
            key=key,
        )
        return True

    await talk.once("sent", send)
    await talk.say(text("desk.sent", customer=name))
