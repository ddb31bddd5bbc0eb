"""The same person twice: another booking of theirs at the same hour, or in the same class."""

from __future__ import annotations

from core.bookings.booking import Booking, list_bookings
from core.catalog.entities import Slot
from core.db.context import Context
from core.db.tables import bookings, customers
from core.errors import AlreadyBooked
from core.values.text_folding import fold_text

STANDING_STATES = ("pending", "confirmed", "in_progress")


async def find_double(
    ctx: Context,
    slot: Slot,
    *,
    attendee: str,
    user_id: int | None = None,
    customer_id: int | None = None,
    ignore: int | None = None,
) -> Booking | None:
    """Return a booking at the shop that the same person has at the time of `slot`, or None.

    The person is a user or a customer. What they book for somebody else, by name, is that person's.
    `ignore` is the booking that is about to be moved.
    """
    theirs = bookings.c.customer_id == customer_id
    if user_id is not None:
        theirs = customers.c.user_id == user_id
    found = await list_bookings(
        ctx,
        theirs,
        bookings.c.shop_id == slot.shop_id,
        bookings.c.state.in_(STANDING_STATES),
        bookings.c.starts_at < slot.ends_at,
        bookings.c.ends_at > slot.starts_at,
    )
    whose = fold_text(attendee)
    return next((b for b in found if b.id != ignore and fold_text(b.attendee) == whose), None)


async def ensure_no_double(
    ctx: Context,
    slot: Slot,
    *,
    attendee: str,
    user_id: int | None = None,
    customer_id: int | None = None,
    ignore: int | None = None,
) -> None:
    """Raise AlreadyBooked (`ref`, `bookings`) if `find_double` finds one."""
    double = await find_double(
        ctx, slot, attendee=attendee, user_id=user_id, customer_id=customer_id, ignore=ignore
    )
    if double is not None:
        raise AlreadyBooked(ref=double.ref, bookings=[double])
