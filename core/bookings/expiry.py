"""Expiry of holds whose minutes are over and of requests nobody decided on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.bookings import notifications
from core.bookings.booking import BOOKINGS_ALONE
from core.bookings.claims import expire_bookings
from core.db.context import Context, split_ids
from core.db.rows import Rows
from core.db.tables import bookings

# ------------------------------------------------------------------------------------ expiry


async def expire_overdue(ctx: Context, now: datetime | None = None, *, limit: int = 200) -> int:
    """Expire overdue holds, and requests whose start has come; return how many.

    At most `limit` in one transaction. Customers whose request was not answered are notified.
    """
    now = now or ctx.now
    overdue = BOOKINGS_ALONE.where(_overdue(now)).refine(
        lambda select: select.order_by(bookings.c.id).limit(limit)
    )
    if ctx.is_postgresql:
        # Skip rows that another transaction is expiring, deciding or booking.
        overdue = overdue.refine(
            lambda select: select.with_for_update(skip_locked=True, key_share=True)
        )
    ended = await expire_bookings(ctx, await ctx.fetch(overdue), "expire")
    for one in ended:
        if one.state == "pending":
            await notifications.notify_customer(ctx, one, "expired")
    return len(ended)


@dataclass(frozen=True, slots=True)
class OverdueBooking:
    """A hold or request that is overdue."""

    id: int
    ref: str
    state: str


_OVERDUE = Rows(
    OverdueBooking,
    sa.select(bookings.c.id, bookings.c.ref, bookings.c.state).order_by(bookings.c.id),
)


async def overdue_bookings(ctx: Context) -> list[OverdueBooking]:
    """Return the bookings that `expire_overdue` would expire now, by id."""
    return await ctx.fetch(_OVERDUE.where(_overdue(ctx.now)))


async def booking_states(ctx: Context, booking_ids: Collection[int]) -> dict[int, str]:
    """Return the state of each of these bookings that exists, by id."""
    return {
        row.id: row.state
        for some in split_ids(booking_ids)
        for row in await ctx.all(
            sa.select(bookings.c.id, bookings.c.state).where(bookings.c.id.in_(some))
        )
    }


def _overdue(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(
        sa.and_(bookings.c.state == "held", bookings.c.held_until <= now),
        sa.and_(bookings.c.state == "pending", bookings.c.starts_at <= now),
    )
