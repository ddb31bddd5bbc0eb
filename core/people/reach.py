"""Reach: what a customer may be written to on, on what ground, since when, and who noted it.

Who wrote to us, or opened a mailed link, has a conversation with its consent. Everybody else is
written to only at an address they gave: a number given for a booking gets messages about their
bookings, nothing else. WhatsApp and marketing are opted into apart. A no is kept, too, so that
nobody asks again at each booking.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from core.db.context import Context
from core.db.rows import Rows
from core.db.tables import conversations, customers, lines, reaches, users
from core.errors import InvalidValue, NotFound, OptOutStands

ReachChannel = Literal["sms", "whatsapp", "email"]
ReachBasis = Literal["booking", "form", "refused"]
ReachPurpose = Literal["bookings", "marketing"]

MAX_WORDING_LENGTH = 300
"""Characters kept of how somebody said it."""


@dataclass(frozen=True, slots=True)
class NotedReach:
    """A permission or a no, `noted_by` whom (a name), standing unless `ended_at`."""

    id: int
    channel: str
    address: str
    purpose: str
    basis: str
    wording: str
    created_at: datetime
    ended_at: datetime | None
    noted_by: str


_NOTED = Rows(
    NotedReach,
    sa.select(
        reaches.c.id,
        reaches.c.channel,
        reaches.c.address,
        reaches.c.purpose,
        reaches.c.basis,
        reaches.c.wording,
        reaches.c.created_at,
        reaches.c.ended_at,
        sa.func.coalesce(users.c.name, "").label("noted_by"),
    )
    .join_from(reaches, users, users.c.id == reaches.c.noted_by, isouter=True)
    .order_by(reaches.c.id.desc())
    .limit(100),
)


async def note_reach(
    ctx: Context,
    shop_id: int,
    customer_id: int,
    *,
    channel: ReachChannel = "sms",
    basis: ReachBasis = "booking",
    purpose: ReachPurpose = "bookings",
    wording: str = "",
    noted_by: int | None = None,
) -> int:
    """Note that a customer may be written to, or refused it; return the row's id.

    The address is the phone or e-mail that the shop wrote down. What stood for the same address and
    purpose is ended. Raise InvalidValue (`channel`, "address") if the shop has none, OptOutStands
    where the person stopped our messages by themselves, NotFound if not this shop's customer.
    """
    row = await ctx.first(
        sa.select(customers.c.phone, customers.c.email).where(
            customers.c.id == customer_id, customers.c.shop_id == shop_id
        )
    )
    if row is None:
        raise NotFound(customer=customer_id)
    address = row.email.lower() if channel == "email" else row.phone
    if not address:
        raise InvalidValue(field="channel", reason="address")
    if basis != "refused" and await _stopped(ctx, shop_id, channel, address):
        raise OptOutStands(customer=customer_id)
    same = (
        reaches.c.customer_id == customer_id,
        reaches.c.channel == channel,
        reaches.c.address == address,
        reaches.c.purpose == purpose,
        reaches.c.ended_at.is_(None),
    )
    await ctx.execute(sa.update(reaches).where(*same).values(ended_at=ctx.now))
    return await ctx.insert(
        reaches,
        shop_id=shop_id,
        customer_id=customer_id,
        channel=channel,
        address=address,
        purpose=purpose,
        basis=basis,
        wording=wording[:MAX_WORDING_LENGTH],
        noted_by=noted_by,
        created_at=ctx.now,
    )


async def was_asked(ctx: Context, customer_id: int) -> bool:
    """Return whether a customer's yes or no about their bookings is noted."""
    asked = sa.select(reaches.c.id).where(
        reaches.c.customer_id == customer_id,
        reaches.c.purpose == "bookings",
        reaches.c.ended_at.is_(None),
    )
    return await ctx.scalar(asked.limit(1)) is not None


async def list_reach(ctx: Context, shop_id: int, customer_id: int) -> list[NotedReach]:
    """Return what is noted of a customer, newest first, ended ones too; NotFound for an unknown."""
    known = sa.select(customers.c.id).where(
        customers.c.id == customer_id, customers.c.shop_id == shop_id
    )
    if await ctx.scalar(known) is None:
        raise NotFound(customer=customer_id)
    return await ctx.fetch(_NOTED.where(reaches.c.customer_id == customer_id))


async def end_reach(ctx: Context, shop_id: int, customer_id: int, reach_id: int) -> None:
    """End a permission; raise NotFound unless it stands and is this customer's."""
    done = await ctx.execute(
        sa.update(reaches)
        .where(
            reaches.c.id == reach_id,
            reaches.c.shop_id == shop_id,
            reaches.c.customer_id == customer_id,
            reaches.c.ended_at.is_(None),
        )
        .values(ended_at=ctx.now)
    )
    if not done.rowcount:
        raise NotFound(reach=reach_id)


async def _stopped(ctx: Context, shop_id: int, channel: str, address: str) -> bool:
    """Return whether messages were stopped at an address, on a line that serves the shop."""
    stopped = (
        sa.select(conversations.c.id)
        .join_from(conversations, lines)
        .where(
            conversations.c.address == address,
            conversations.c.opted_out_at.is_not(None),
            lines.c.channel == channel,
            (lines.c.shop_id == shop_id) | lines.c.shop_id.is_(None),
        )
    )
    return await ctx.scalar(stopped.limit(1)) is not None
