"""Whom somebody at the shop has to call, because no message about their booking reached them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from core.bookings.booking import Booking, list_bookings, load_booking
from core.db.context import Context
from core.db.rows import Rows
from core.db.tables import bookings, untold
from core.messaging.outbox.untold import settle_untold

LISTED_AT_LEAST = timedelta(days=1)
"""How long a call stays on the list, even after the booking."""

MAX_LISTED = 100


@dataclass(frozen=True, slots=True)
class Call:
    """A call to make: the booking, what was to be told (moved, cancelled …) and why it was not.

    `reason` is "unreachable", "opted_out", or what the provider of the channel said.
    """

    booking: Booking
    kinds: tuple[str, ...]
    reason: str
    since: datetime

    @property
    def phone(self) -> str:
        """The customer's phone, as given for this booking or else known; may be empty."""
        return str(self.booking.snapshot.get("phone") or self.booking.customer_phone)


@dataclass(frozen=True, slots=True)
class _Untold:
    """A message that reached nobody."""

    booking_id: int
    kind: str
    reason: str
    created_at: datetime


_UNTOLD = Rows(
    _Untold,
    sa.select(untold.c.booking_id, untold.c.kind, untold.c.reason, untold.c.created_at)
    .join_from(untold, bookings, bookings.c.id == untold.c.booking_id)
    .where(untold.c.settled_at.is_(None))
    .order_by(bookings.c.starts_at, untold.c.id)
    .limit(MAX_LISTED),
)


async def list_calls(ctx: Context, shop_ids: Collection[int]) -> list[Call]:
    """Return whom shops must call, the next start first, at most `MAX_LISTED`.

    A booking that is over is left out a day after its message failed.
    """
    still = (bookings.c.ends_at > ctx.now) | (untold.c.created_at > ctx.now - LISTED_AT_LEAST)
    rows = await ctx.fetch(_UNTOLD.where(untold.c.shop_id.in_(shop_ids), still))
    if not rows:
        return []
    by_booking: dict[int, list[_Untold]] = {}
    for row in rows:
        by_booking.setdefault(row.booking_id, []).append(row)
    those = await list_bookings(ctx, bookings.c.id.in_(by_booking))
    found = [
        Call(
            one,
            tuple(row.kind for row in by_booking[one.id]),
            by_booking[one.id][-1].reason,
            by_booking[one.id][0].created_at,
        )
        for one in those
    ]
    return sorted(found, key=lambda call: (call.booking.starts_at, call.booking.id))


async def mark_called(ctx: Context, shop_id: int, booking_id: int, *, user_id: int | None) -> None:
    """Take a booking off the list: somebody called. NotFound unless it is this shop's."""
    await load_booking(ctx, booking_id, shop_id=shop_id)
    await settle_untold(ctx, booking_id, by=user_id)
