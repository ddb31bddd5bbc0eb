"""Flows by which the shop proposes another time and the customer answers."""

from __future__ import annotations

from bot.dialogue.questions import SwitchFlow
from bot.dialogue.talk import Talk
from bot.flows import labels
from bot.flows.slot_picker.picker import pick_slot
from bot.flows.staff import booking_lines
from bot.flows.staff.agenda import act_on_booking
from bot.flows.staff.permissions import require_staff
from bot.i18n.messages import text
from core.bookings import reschedule_proposals
from core.bookings.booking import load_booking
from core.bookings.terms import agreed_terms
from core.bookings.transitions import OPEN_STATES
from core.catalog import loader
from core.catalog.entities import Slot
from core.errors import InvalidTransition, NotAllowed, SlotTaken
from core.messaging.messages import Json
from core.messaging.outbox.customer_reach import preferred_conversation_id
from core.people.identities import person_of_conversation


async def propose_time(talk: Talk) -> None:
    """Propose another time for a booking; both times are held until the customer answers."""
    desk = await require_staff(talk, "propose")
    one = await booking_lines.reload_booking(talk, desk, int(talk.args["booking"]))
    if one.state not in OPEN_STATES:
        state = text(f"state.{one.state}")
        await talk.say(
            text("desk.not_now", booking=booking_lines.booking_summary(one), state=state)
        )
        return
    if await preferred_conversation_id(talk.ctx, one) is None:
        await talk.say(text("desk.no_chat", customer=booking_lines.attendee_name(one)))
        return
    talk.notes["named"] = True
    wish = {"provider": one.provider_id, "day": one.local_date.isoformat()}
    start = {"show": "times", "wish": wish}
    terms = await agreed_terms(talk.ctx, one, always=True)
    picked = await pick_slot(
        talk.scope("to"), desk.catalog, one.service_id, start=start, moving=one, terms=terms
    )

    async def hold(_key: str) -> Json:
        try:
            await reschedule_proposals.propose_time(talk.ctx, one.id, picked.slot, actor=desk.actor)
        except SlotTaken:
            return False
        return True

    if not await talk.once("held", hold):
        await talk.say(text("desk.hit_taken", booking=booking_lines.booking_summary(one)))
        return
    label = labels.slot_label(desk.catalog, picked.slot, day=True, provider=True)
    await talk.say(text("desk.proposed", customer=booking_lines.attendee_name(one), slot=label))


async def answer_proposal(talk: Talk) -> None:
    """Handle the customer's answer to a proposal."""
    person = await person_of_conversation(talk.ctx, talk.conversation.id)
    if person is None:
        raise NotAllowed
    one = await load_booking(talk.ctx, int(talk.args["booking"]), user_id=person.user_id)
    choice = talk.args["choice"]
    if choice in {"other", "cancel"}:
        raise SwitchFlow("move" if choice == "other" else "cancel", booking=one.id)
    slot = Slot.from_json(talk.args["slot"])

    async def take(key: str) -> Json:
        try:
            await reschedule_proposals.accept_proposal(
                talk.ctx,
                one.id,
                slot,
                expected_start_s=int(talk.args["was"]),
                user_id=person.user_id,
                key=key,
                conversation_id=talk.conversation.id,
            )
        except SlotTaken:
            return "gone"
        except InvalidTransition:
            return "settled"
        return "moved"

    done = await talk.once("took", take)
    if done == "gone":
        talk.say_now(text("gone"))
        raise SwitchFlow("move", booking=one.id)
    now = await load_booking(talk.ctx, one.id, user_id=person.user_id)
    if done == "settled":
        await talk.say(text("proposal.settled", booking=labels.booking_line(now)))
        return
    shop = (await loader.load_catalog(talk.ctx, now.shop_id)).shop
    await talk.say(text("proposal.moved", booking=labels.booking_line(now), shop=shop.name))


async def record_outcome(talk: Talk) -> None:
    """Record the outcome of a past visit in answer to the bot's question."""
    choice = str(talk.args["choice"])
    desk = await require_staff(talk, choice)
    await act_on_booking(
        talk,
        desk,
        await booking_lines.reload_booking(talk, desk, int(talk.args["booking"])),
        choice,
        answers=True,
    )
