"""Where a booking's customer may be written to: one select for every verb that tells them.

A customer is reached in conversations of their own identities, and at addresses they gave without
writing from them (`reaches`): a number for a booking, a form, an account's e-mail. Such an address
gets its conversation when the first message is due.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.db.context import Context, Row
from core.db.rows import Rows
from core.db.tables import (
    conversations,
    customers,
    identities,
    lines,
    reaches,
    shops,
    untold,
    users,
)
from core.messaging.outbox.recipients import BookingRef, is_unreachable, open_conversations

FOR_BOOKINGS = sa.and_(
    reaches.c.ended_at.is_(None), reaches.c.purpose == "bookings", reaches.c.basis != "refused"
)
"""Standing permission for messages about one's own bookings."""


@dataclass(frozen=True, slots=True)
class ReachedCustomer:
    """Where a booking's customer is written to; quiet hours in minutes of the local day.

    `discreet` is the shop's; `has_untold` says that the booking is on the list of who to call.
    """

    id: int
    opted_out_at: datetime | None
    channel: str
    unreachable: bool
    discreet: bool
    has_untold: bool
    quiet_from: int | None = None
    quiet_until: int | None = None


@dataclass(frozen=True, slots=True)
class PreferredConversation:
    """Where one of many customers is written to; quiet hours in minutes of the local day."""

    customer_id: int
    id: int
    quiet_from: int | None
    quiet_until: int | None


def is_noted_address(customer_id: Any) -> sa.ColumnElement[bool]:
    """Return the condition that a customer gave the conversation's address for their bookings."""
    return (
        sa.exists()
        .where(
            reaches.c.customer_id == customer_id,
            reaches.c.channel == lines.c.channel,
            reaches.c.address == conversations.c.address,
            FOR_BOOKINGS,
        )
        .correlate_except(reaches)
    )


async def find_customer_conversation(ctx: Context, booking: BookingRef) -> ReachedCustomer | None:
    """Return the conversation in which a booking's customer is notified, or None.

    One is opened for an address that they gave, or their
    account's e-mail, if they have none yet.
    """
    preferred = Rows(ReachedCustomer, preferred_conversation(booking))
    found = await ctx.fetch_first(preferred)
    if found is not None or booking.customer_id is None:
        return found
    if not await _open_noted(ctx, booking.shop_id, booking.customer_id):
        return None
    return await ctx.fetch_first(preferred)


def preferred_conversation(booking: BookingRef) -> sa.Select[Any]:
    """Return the SELECT of a booking's preferred conversation, with the person's quiet hours.

    It includes whether the shop is `discreet`, and whether the booking `has_untold`. In order of
    preference: reachable, the channel asked for, the conversation it was made in, the one used
    last.
    """
    discreet = sa.select(shops.c.discreet).where(shops.c.id == booking.shop_id).scalar_subquery()
    open_untold = sa.exists().where(
        untold.c.booking_id == booking.id, untold.c.settled_at.is_(None)
    )
    columns = sa.select(
        conversations.c.id,
        conversations.c.opted_out_at,
        lines.c.channel,
        is_unreachable().label("unreachable"),
        discreet.label("discreet"),
        open_untold.label("has_untold"),
    )
    if booking.customer_id is None:
        return columns.join_from(conversations, lines, lines.c.id == conversations.c.line_id).where(
            conversations.c.id == booking.conversation_id
        )
    made_in = None
    if booking.conversation_id is not None:
        made_in = conversations.c.id == booking.conversation_id
    homes = _homes(columns, booking.shop_id, [booking.customer_id], made_in)
    return homes.order_by(*_best(made_in)).limit(1)


async def find_customer_conversations(
    ctx: Context, shop_id: int, customer_ids: Collection[int]
) -> list[PreferredConversation]:
    """Return the preferred conversations of many customers of a shop, for imported bookings."""
    select = preferred_conversations(shop_id, customer_ids)
    return await ctx.fetch(Rows(PreferredConversation, select))


def preferred_conversations(shop_id: int, customer_ids: Collection[int]) -> sa.Select[Any]:
    """Return the SELECT of the preferred conversations of many customers."""
    rank = sa.func.row_number().over(partition_by=customers.c.id, order_by=_best(None))
    columns = sa.select(customers.c.id.label("customer_id"), conversations.c.id, rank.label("rank"))
    all_ = _homes(columns, shop_id, customer_ids, None).subquery()
    names = ("customer_id", "id", "quiet_from", "quiet_until")
    return sa.select(*(all_.c[name] for name in names)).where(all_.c.rank == 1)


def _homes(
    columns: sa.Select[Any],
    shop_id: int,
    customer_ids: Collection[int],
    made_in: sa.ColumnElement[bool] | None,
) -> sa.Select[Any]:
    where = (lines.c.shop_id == shop_id) | lines.c.shop_id.is_(None)
    where &= lines.c.staff.is_(False)
    if made_in is not None:
        where |= made_in
    reached = reached_conversations(customer_ids)
    return (
        columns.add_columns(users.c.quiet_from, users.c.quiet_until)
        .select_from(reached)
        .join(customers, customers.c.id == reached.c.customer_id)
        .join(conversations, conversations.c.id == reached.c.conversation_id)
        .join(lines, lines.c.id == conversations.c.line_id)
        .outerjoin(users, users.c.id == customers.c.user_id)
        .where(lines.c.active, where)
    )


def reached_conversations(customer_ids: Collection[int]) -> sa.Subquery:
    """Return the conversations of customers.

    Of their own identities, of addresses they gave, and of who wrote from the phone of a customer
    without an account while nobody has proved that it is theirs.
    """
    # Named once: thousands of ids twice would be too many parameters.
    asked = (
        sa.select(customers.c.id, customers.c.user_id, customers.c.phone)
        .where(customers.c.id.in_(customer_ids))
        .cte("asked")
    )
    wrote = (
        sa.select(asked.c.id.label("customer_id"), conversations.c.id.label("conversation_id"))
        .join_from(asked, identities, identities.c.user_id == asked.c.user_id)
        .join(conversations, conversations.c.identity_id == identities.c.id)
        .where(identities.c.released_at.is_(None))
    )
    gave = (
        sa.select(reaches.c.customer_id, conversations.c.id)
        .join_from(asked, reaches, reaches.c.customer_id == asked.c.id)
        .join(conversations, conversations.c.address == reaches.c.address)
        .join(
            lines, (lines.c.id == conversations.c.line_id) & (lines.c.channel == reaches.c.channel)
        )
        .where(FOR_BOOKINGS)
    )
    unproved = (
        sa.select(asked.c.id, conversations.c.id)
        .join_from(asked, lines, lines.c.channel.in_(("sms", "whatsapp")))
        .join(
            conversations,
            (conversations.c.line_id == lines.c.id) & (conversations.c.address == asked.c.phone),
        )
        .outerjoin(identities, identities.c.id == conversations.c.identity_id)
        .where(
            asked.c.user_id.is_(None),
            asked.c.phone != "",
            conversations.c.consented_at.is_not(None),
            identities.c.user_id.is_(None),
        )
    )
    return sa.union(wrote, gave, unproved).subquery("reached")


def _best(made_in: sa.ColumnElement[bool] | None) -> list[sa.ColumnElement[Any]]:
    return [
        conversations.c.opted_out_at.is_not(None),
        is_unreachable(),
        sa.func.coalesce(lines.c.channel == users.c.channel, sa.false()).desc(),
        *([] if made_in is None else [made_in.desc()]),
        conversations.c.last_in_at.desc().nulls_last(),
        conversations.c.id.desc(),
    ]


async def _open_noted(ctx: Context, shop_id: int, customer_id: int) -> bool:
    """Open conversations at a customer's given addresses; return whether there is any."""
    await _note_account_email(ctx, shop_id, customer_id)
    given = sa.select(reaches.c.channel, reaches.c.address).where(
        reaches.c.customer_id == customer_id, FOR_BOOKINGS
    )
    addresses = [
        {"kind": "email" if row.channel == "email" else "phone", "value": row.address}
        for row in await ctx.all(given)
    ]
    if not addresses:
        return False
    unproved = [{**one, "created_at": ctx.now} for one in addresses]
    await ctx.execute(ctx.insert_ignoring_conflicts(identities), unproved)
    kind = sa.case((reaches.c.channel == "email", "email"), else_="phone")
    rows = await ctx.all(
        sa.select(
            lines.c.id.label("line_id"),
            identities.c.id.label("identity_id"),
            reaches.c.address,
            lines.c.channel,
        )
        .join_from(reaches, lines, lines.c.channel == reaches.c.channel)
        .join(identities, (identities.c.value == reaches.c.address) & (identities.c.kind == kind))
        .where(
            reaches.c.customer_id == customer_id,
            FOR_BOOKINGS,
            identities.c.released_at.is_(None),
            lines.c.active,
            ~lines.c.staff,
            (lines.c.shop_id == shop_id) | lines.c.shop_id.is_(None),
        )
        .order_by(lines.c.shop_id.is_(None), lines.c.id)
    )
    best: dict[tuple[str, str], Row] = {}
    for row in rows:
        best.setdefault((row.channel, row.address), row)
    await open_conversations(ctx, shop_id, list(best.values()))
    return bool(best)


async def _note_account_email(ctx: Context, shop_id: int, customer_id: int) -> None:
    """Note the verified e-mail address of a customer's account, which gets mail about bookings."""
    row = await ctx.first(
        sa.select(identities.c.value)
        .join_from(customers, identities, identities.c.user_id == customers.c.user_id)
        .where(
            customers.c.id == customer_id,
            identities.c.kind == "email",
            identities.c.verified_at.is_not(None),
            identities.c.released_at.is_(None),
        )
        .order_by(identities.c.verified_at.desc())
        .limit(1)
    )
    if row is not None:
        account = {
            "shop_id": shop_id,
            "customer_id": customer_id,
            "channel": "email",
            "address": row.value,
            "purpose": "bookings",
            "basis": "account",
            "created_at": ctx.now,
        }
        await ctx.execute(ctx.insert_ignoring_conflicts(reaches, account))
