"""The flow in which staff approve or decline a booking request."""

from __future__ import annotations

from bot.dialogue.heard import Heard
from bot.dialogue.questions import MISSING, SwitchFlow
from bot.dialogue.talk import Talk
from bot.flows.staff import booking_lines
from bot.flows.staff.permissions import PERMISSIONS, RIGHTS
from bot.flows.staff.staff_code import require_proof
from bot.i18n.messages import text
from core.bookings.booking import Booking, load_booking
from core.bookings.staff_actions import confirm_booking, decline_booking
from core.bookings.transitions import Actor
from core.errors import InvalidTransition, NotAllowed
from core.messaging.messages import Choice, Json
from core.people.members import staff_of_conversation


async def decide_request(talk: Talk) -> None:
    """Approve or decline a booking; the first decision counts and other staff are informed."""
    booking = await load_booking(talk.ctx, talk.args["booking"])
    actor = await _staff(talk, booking.shop_id)
    await _prove(talk, actor, booking.shop_id)
    if talk.args["choice"] == "propose" and booking.state == "pending":
        raise SwitchFlow("desk.propose", booking=booking.id)
    reason, starts = "", talk.args.get("starts")
    if talk.args["choice"] == "decline" and booking.state == "pending":
        reason = await _reason(talk, booking)

    async def settle(_key: str) -> Json:
        try:
            if talk.args["choice"] == "approve":
                await confirm_booking(talk.ctx, booking.id, actor=actor, expected_start_s=starts)
            else:
                await decline_booking(
                    talk.ctx, booking.id, actor=actor, reason=reason, expected_start_s=starts
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


async def _prove(talk: Talk, actor: Actor, shop_id: int) -> None:
    recent = RIGHTS["decide"].recent
    await require_proof(talk.scope("staff"), int(actor.id or 0), shop_id, "decide", recent=recent)


async def _staff(talk: Talk, shop_id: int) -> Actor:
    """Return the member allowed to decide on this shop's bookings.

    Raises NotAllowed if there is none.
    """
    for post in (await staff_of_conversation(talk.ctx, talk.conversation.id)).roles:
        if post.shop_id == shop_id and post.role in PERMISSIONS["decide"]:
            return Actor("staff", post.user_id, post.name)
    raise NotAllowed
