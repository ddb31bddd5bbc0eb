"""The question before somebody books the same hour twice."""

from __future__ import annotations

from bot.dialogue.talk import Talk
from bot.flows import labels
from bot.i18n.messages import text
from core.bookings.booking import load_booking
from core.bookings.double_bookings import find_double
from core.catalog.entities import Slot
from core.messaging.messages import Json


async def agrees_to_double(
    talk: Talk,
    slot: Slot,
    *,
    attendee: str,
    user_id: int | None = None,
    customer_id: int | None = None,
    moving: int | None = None,
) -> bool:
    """Return whether to book `slot`: asked only of whom has a booking at that hour already."""

    async def find(_key: str) -> Json:
        double = await find_double(
            talk.ctx,
            slot,
            attendee=attendee,
            user_id=user_id,
            customer_id=customer_id,
            ignore=moving,
        )
        return None if double is None else double.id

    found = await talk.once("double", find)
    if found is None:
        return True
    line = labels.booking_line(await load_booking(talk.ctx, int(found)))
    if moving is not None:
        key = "double_move"
    else:
        key = "double" if customer_id is None else "desk.double"
    about = "book" if moving is None else "move"
    return await talk.confirm("twice", text(key, booking=line), about=about)
