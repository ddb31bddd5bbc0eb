"""The flow that handles the answer to a reminder: attend, move or cancel."""

from __future__ import annotations

from bot.dialogue.questions import SwitchFlow
from bot.dialogue.talk import Talk
from bot.flows import labels
from bot.i18n.messages import text
from core.bookings import customer_actions
from core.bookings.booking import Booking, load_booking
from core.bookings.transitions import Actor
from core.errors import InvalidTransition, NotAllowed
from core.messaging.messages import Json, Say
from core.people.identities import person_of_conversation


async def answer_reminder(talk: Talk) -> None:
    """Handle the answer to a reminder, checking that the booking belongs to the person.

    A reminder of a booking that was since moved, cancelled or completed changes nothing and is
    answered with the booking's current state.
    """
    person = await person_of_conversation(talk.ctx, talk.conversation.id)
    if person is None:
        raise NotAllowed
    booking = await load_booking(talk.ctx, talk.args["booking"], user_id=person.user_id)
    if int(booking.starts_at.timestamp()) != talk.args["start"]:
        await talk.say(
            text(
                "reminder.moved_since", booking=labels.booking_line(booking), state=_state(booking)
            )
        )
        return
    if talk.args["choice"] != "come":
        raise SwitchFlow(talk.args["choice"], booking=booking.id)

    async def settle(_key: str) -> Json:
        try:
            await customer_actions.confirm_attendance(
                talk.ctx, booking.id, actor=Actor("customer", person.user_id)
            )
        except InvalidTransition:
            return False
        return True

    line = labels.booking_line(booking)
    if await talk.once("settled", settle):
        await talk.say(text("reminder.noted", booking=line))
    else:
        await talk.say(text("reminder.over", booking=line, state=_state(booking)))


def _state(booking: Booking) -> Say:
    return text(f"state.{booking.state}")
