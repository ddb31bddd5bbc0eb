"""Writing with a customer through the bot."""

from __future__ import annotations

from datetime import timedelta

from bot.dialogue.talk import MISSING, Heard, Talk
from bot.flows.staff import arguments, booking_lines
from bot.flows.staff.permissions import Desk, enter
from bot.i18n.messages import text
from core.bookings import agenda
from core.bookings.booking import Booking
from core.errors import NotAllowed
from core.messaging import handoff
from core.messaging.messages import Choice, Json, Say
from core.messaging.outbox import prompts

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
    home = await prompts.home(talk.ctx, one)
    if home is None:
        phone = booking_lines.phone(one) if desk.may("phones") else ""
        name = booking_lines.who(one)
        known = text("desk.no_chat_phone", customer=name, phone=phone)
        await talk.say(known if phone else text("desk.no_chat", customer=name))
        return
    words = _after_reference(rest) or await _words(talk, booking_lines.who(one))
    if not words:
        await talk.say(text("desk.closed"))
        return

    async def send(key: str) -> Json:
        await handoff.send(
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
    await talk.say(text("desk.sent", customer=booking_lines.who(one)))


async def _whom(talk: Talk, desk: Desk, rest: str) -> Booking | None:
    if talk.args.get("booking") is not None:
        return await booking_lines.again(talk, desk, int(talk.args["booking"]))
    ref = booking_lines.reference(rest.partition(" ")[0])
    if ref:
        found = await agenda.by_ref(talk.ctx, desk.shop_id, ref)
        if found is not None:
            return desk.check(found)
    start, _ = arguments.whole(arguments.today(talk, desk), desk.catalog.shop.timezone)
    found_ = await agenda.agenda(
        talk.ctx, desk.shop_id, start, start + timedelta(days=_DAYS), provider_ids=desk.scope
    )
    if not found_:
        await talk.say(text("desk.nobody"))
        return None
    return await booking_lines.pick(talk, desk, found_, text("desk.which"), size=_PAGE)


def _after_reference(rest: str) -> str:
    head, _, words = rest.partition(" ")
    return words.strip()[:MOST] if booking_lines.reference(head) else ""


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
    theirs = await handoff.customer_talk(talk.ctx, int(talk.args["conversation"]), desk.shop_id)
    if talk.args["choice"] == "back":

        async def back(key: str) -> Json:
            await handoff.give_back(talk.ctx, theirs, key=key)
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
        await handoff.send(
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
