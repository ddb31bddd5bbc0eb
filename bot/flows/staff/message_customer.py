"""Messages from staff to a customer through the bot."""

from __future__ import annotations

from datetime import timedelta

from bot.dialogue.heard import Heard
from bot.dialogue.questions import MISSING
from bot.dialogue.talk import Talk
from bot.flows.staff import arguments, booking_lines
from bot.flows.staff.permissions import StaffContext, require_staff
from bot.i18n.messages import text
from core.bookings import agenda
from core.bookings.booking import Booking
from core.errors import NotAllowed
from core.messaging import handoff
from core.messaging.messages import Choice, Json, Say
from core.messaging.outbox.customer_reach import preferred_conversation_id

MAX_LENGTH = 600
"""Maximum characters of a message, which may be delivered by SMS."""

_DAYS = 7
_PAGE = 4


async def message_customer(talk: Talk) -> None:
    """Send a message to the customer of a booking."""
    desk = await require_staff(talk, "message")
    rest = str(talk.args.get("rest", ""))
    one = await _whom(talk, desk, rest)
    if one is None:
        return
    home = await preferred_conversation_id(talk.ctx, one)
    if home is None:
        phone = booking_lines.customer_phone(one) if desk.can("phones") else ""
        name = booking_lines.attendee_name(one)
        known = text("desk.no_chat_phone", customer=name, phone=phone)
        await talk.say(known if phone else text("desk.no_chat", customer=name))
        return
    words = _after_reference(rest) or await _words(talk, booking_lines.attendee_name(one))
    if not words:
        await talk.say(text("desk.closed"))
        return

    async def send(key: str) -> Json:
        await handoff.send_to_customer(
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
    await talk.say(text("desk.sent", customer=booking_lines.attendee_name(one)))


async def _whom(talk: Talk, desk: StaffContext, rest: str) -> Booking | None:
    if talk.args.get("booking") is not None:
        return await booking_lines.reload_booking(talk, desk, int(talk.args["booking"]))
    ref = booking_lines.find_reference(rest.partition(" ")[0])
    if ref:
        found = await agenda.booking_by_ref(talk.ctx, desk.shop_id, ref)
        if found is not None:
            return desk.ensure_visible(found)
    start, _ = arguments.day_bounds(arguments.local_today(talk, desk), desk.catalog.shop.timezone)
    found_ = await agenda.load_agenda(
        talk.ctx,
        desk.shop_id,
        start,
        start + timedelta(days=_DAYS),
        provider_ids=desk.visible_provider_ids,
    )
    if not found_:
        await talk.say(text("desk.nobody"))
        return None
    return await booking_lines.pick_booking(talk, desk, found_, text("desk.which"), size=_PAGE)


def _after_reference(rest: str) -> str:
    head, _, words = rest.partition(" ")
    return words.strip()[:MAX_LENGTH] if booking_lines.find_reference(head) else ""


async def _words(talk: Talk, name: str | Say) -> str:
    """Ask for the message; "" if the member sends none."""

    async def read(heard: Heard) -> Json:
        if heard.step == talk.step_key("words") and heard.text:
            return heard.text[:MAX_LENGTH]
        return MISSING

    none = Choice("", text("desk.do.close"))
    say = text("desk.which_words", customer=name)
    return str(await talk.ask("words", say, read, options=[none], expects="words"))


async def answer_customer(talk: Talk) -> None:
    """Reply to a customer's message, or hand the conversation back to the bot."""
    desk = await require_staff(talk, "message")
    if desk.shop_id != talk.args["shop"]:
        raise NotAllowed
    theirs = await handoff.customer_conversation(
        talk.ctx, int(talk.args["conversation"]), desk.shop_id
    )
    if talk.args["choice"] == "back":

        async def back(key: str) -> Json:
            await handoff.end_handoff(talk.ctx, theirs, key=key)
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
        await handoff.send_to_customer(
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
