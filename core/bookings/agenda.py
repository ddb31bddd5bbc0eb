"""A shop's agenda for a day, and the lookup of single bookings."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa

from core.bookings.booking import Booking, list_bookings
from core.db.context import Context
from core.db.tables import bookings, conversations, customers, reaches
from core.values.text_folding import fold_reference

AGENDA_STATES = ("pending", "confirmed", "in_progress", "completed", "no_show")
"""States shown in an agenda: neither holds nor cancelled bookings."""

UPCOMING_STATES = ("pending", "confirmed")


async def load_agenda(
    ctx: Context,
    shop_id: int,
    start: datetime,
    end: datetime,
    *,
    provider_ids: Collection[int] | None = None,
    states: Collection[str] = AGENDA_STATES,
) -> list[Booking]:
    """Return the bookings that overlap [start, end), of all or of some providers, by start."""
    wanted = [
        bookings.c.shop_id == shop_id,
        bookings.c.starts_at < end,
        # No booking is longer than a day, so this bounds the range of the (shop_id, starts_at)
        # index.
        bookings.c.starts_at > start - timedelta(days=1),
        bookings.c.ends_at > start,
        bookings.c.state.in_(states),
    ]
    if provider_ids is not None:
        wanted.append(bookings.c.provider_id.in_(provider_ids))
    return await list_bookings(ctx, *wanted)


async def booking_by_ref(ctx: Context, shop_id: int, ref: str) -> Booking | None:
    """Return the shop's booking with this reference, or None."""
    stored = fold_reference(ref) or ref.upper()
    found = await list_bookings(ctx, bookings.c.shop_id == shop_id, bookings.c.ref == stored)
    return found[0] if found else None


async def upcoming_bookings(
    ctx: Context, *, user_id: int, shop_id: int | None = None
) -> list[Booking]:
    """Return a user's bookings that are not over, by start, at one shop or all."""
    conditions = [
        customers.c.user_id == user_id,
        bookings.c.state.in_(("pending", "confirmed", "in_progress")),
        bookings.c.ends_at > ctx.now,
    ]
    if shop_id is not None:
        conditions.append(bookings.c.shop_id == shop_id)
    return await list_bookings(ctx, *conditions)


async def upcoming_of_conversation(
    ctx: Context, conversation_id: int, *, user_id: int | None
) -> list[Booking]:
    """Return the bookings that are not over of a conversation's user, and of its address.

    The latter are of customers who gave the address for their bookings.
    """
    gave = (
        sa.select(reaches.c.customer_id)
        .join_from(reaches, conversations, conversations.c.address == reaches.c.address)
        .where(conversations.c.id == conversation_id, reaches.c.ended_at.is_(None))
    )
    theirs: sa.ColumnElement[bool] = customers.c.id.in_(gave)
    if user_id is not None:
        theirs |= customers.c.user_id == user_id
    open_states = bookings.c.state.in_(("pending", "confirmed", "in_progress"))
    return await list_bookings(ctx, theirs, open_states, bookings.c.ends_at > ctx.now)


async def last_booking(ctx: Context, *, user_id: int, shop_id: int) -> Booking | None:
    """Return a user's most recent booking at a shop, in any state but held."""
    newest = sa.select(sa.func.max(bookings.c.id)).where(
        bookings.c.customer_id == customers.c.id, bookings.c.state.not_in(("held", "expired"))
    )
    mine = customers.c.user_id == user_id, customers.c.shop_id == shop_id
    found = await list_bookings(
        ctx, *mine, bookings.c.id == newest.correlate(customers).scalar_subquery()
    )
    return found[0] if found else None
