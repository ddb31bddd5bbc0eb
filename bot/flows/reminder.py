"""What people answer to a reminder: they come, it moves, it is called off – in place."""

from __future__ import annotations

from bot.flows import parts
from bot.talk import Goto, Talk
from bot.texts import text
from core import bookings, people
from core.bookings import Actor, Booking
from core.errors import NotAllowed, WrongState
from core.messages import Json, Say


async def reminder(talk: Talk) -> None:
    """Answer a reminder. Whose booking it is, is asked of the database.

    One about a time that is no more (the booking was moved, called off, is over) changes nothing
    and says how things stand.
    """
    person = await people.whoami(talk.ctx, talk.conversation.id)
    if person is None:
        raise NotAllowed
    booking = await bookings.get(talk.ctx, talk.args["booking"], user_id=person.user_id)
    if int(booking.starts_at.timestamp()) != talk.args["start"]:
        await talk.say(
            text("reminder.moved_since", booking=parts.booking_line(booking), state=_state(booking))
        )
        return
    if talk.args["choice"] != "come":
        raise Goto(talk.args["choice"], booking=booking.id)

    async def settle(_key: str) -> Json:
        try:
            await bookings.will_come(talk.ctx, booking.id, actor=Actor("customer", person.user_id))
        except WrongState:
            return False
        return True

    line = parts.booking_line(booking)
    if await talk.once("settled", settle):
        await talk.say(text("reminder.noted", booking=line))
    else:
        await talk.say(text("reminder.over", booking=line, state=_state(booking)))


def _state(booking: Booking) -> Say:
    return text(f"state.{booking.state}")
