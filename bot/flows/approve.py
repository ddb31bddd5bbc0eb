"""What people of the shop answer to an alert: approve, decline, hand the talk back."""

from __future__ import annotations

from contextlib import suppress

from bot.dialogue.talk import MISSING, Heard, SwitchFlow, Talk
from bot.flows.staff import booking_lines
from bot.flows.staff.permissions import PERMISSIONS
from bot.i18n.messages import text
from core.bookings.booking import Booking, load_booking
from core.bookings.staff_actions import confirm_booking, decline_booking
from core.bookings.transitions import Actor
from core.errors import InvalidTransition, NotAllowed, NotFound
from core.messaging import handoff, inbox
from core.messaging.messages import Choice, Incoming, Json
from core.people.identities import person_of_conversation
from core.people.members import staff_of_conversation

HANDBACK_CHOICE = "handback"
"""The event that gives a talk back to the bot."""


async def decide_request(talk: Talk) -> None:
    """Approve or decline a booking; the first decision holds and the others are told."""
    booking = await load_booking(talk.ctx, talk.args["booking"])
    actor = await _staff(talk, booking.shop_id)
    if talk.args["choice"] == "propose" and booking.state == "pending":
        raise SwitchFlow("desk.propose", booking=booking.id)
    reason, starts = "", talk.args.get("starts")
    if talk.args["choice"] == "decline" and booking.state == "pending":
        reason = await _reason(talk, booking)

    async def settle(_key: str) -> Json:
        try:
            if talk.args["choice"] == "approve":
                await confirm_booking(talk.ctx, booking.id, actor=actor, starts=starts)
            else:
                await decline_booking(
                    talk.ctx, booking.id, actor=actor, reason=reason, starts=starts
                )
        except InvalidTransition as late:
            return {"state": late.params["state"], "by": late.params.get("by", "")}
        return {}

    already = await talk.once("settled", settle)
    line = booking_lines.booking_summary(booking)
    if already:
        state = text(f"state.{already['state']}")
        await talk.say(text("already_decided", booking=line, state=state))
    elif talk.args["choice"] == "approve":
        await talk.say(text("you_approved", booking=line))
    else:
        await talk.say(text("you_declined", booking=line))


async def _reason(talk: Talk, booking: Booking) -> str:
    async def read(heard: Heard) -> Json:
        if heard.step == talk.step_key("reason") and heard.text:
            return heard.text[:500]
        return MISSING

    none = Choice("", text("no_reason"), ("@no",))
    say = text("which_reason", booking=booking_lines.booking_summary(booking))
    return str(await talk.ask("reason", say, read, options=[none]))


async def hand_back_talk(talk: Talk) -> None:
    """Give a customer's talk back to the bot. It is their talk: a message to it says so."""
    await _check_theirs(talk, int(talk.args["conversation"]))

    async def give_back(key: str) -> Json:
        await inbox.store(
            talk.ctx,
            line_id=talk.args["line"],
            conversation_id=talk.args["conversation"],
            event_id=f"handback/{key}",
            incoming=Incoming(kind="event", text=HANDBACK_CHOICE),
        )
        inbox.wake_turn_runner(talk.ctx, talk.args["conversation"])
        return True

    await talk.once("given", give_back)
    await talk.say(text("handed_back"))


async def _staff(talk: Talk, shop_id: int) -> Actor:
    """Return who decides here about bookings of a shop; NotAllowed for anybody else."""
    for post in (await staff_of_conversation(talk.ctx, talk.conversation.id)).roles:
        if post.shop_id == shop_id and post.role in PERMISSIONS["decide"]:
            return Actor("staff", post.user_id, post.name)
    raise NotAllowed


async def _check_theirs(talk: Talk, conversation_id: int) -> None:
    """Raise NotAllowed for who does not work at the shop that a conversation is about."""
    person = await person_of_conversation(talk.ctx, talk.conversation.id)
    if person is not None and person.is_admin:
        return
    for post in (await staff_of_conversation(talk.ctx, talk.conversation.id)).roles:
        with suppress(NotFound):
            await handoff.customer_conversation(talk.ctx, conversation_id, post.shop_id)
            return
    raise NotAllowed
