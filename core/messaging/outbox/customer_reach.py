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

from core.db.context import Context
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


def _homes(
    columns: sa.Select[Any], customer_ids: sa.BindParameter[Any], *made_in: sa.ColumnElement[bool]
) -> sa.Select[Any]:
    """Return the conversations of customers on the lines of `:shop_id`, or one it was `made_in`."""
    shop_id = sa.bindparam("shop_id", type_=lines.c.shop_id.type)
    of_shop = ((lines.c.shop_id == shop_id) | lines.c.shop_id.is_(None)) & lines.c.staff.is_(False)
    reached = reached_conversations(customer_ids)
    return (
        columns.add_columns(users.c.quiet_from, users.c.quiet_until)
        .select_from(reached)
        .join(customers, customers.c.id == reached.c.customer_id)
        .join(conversations, conversations.c.id == reached.c.conversation_id)
        .join(lines, lines.c.id == conversations.c.line_id)
        .outerjoin(users, users.c.id == customers.c.user_id)
        .where(lines.c.active, sa.or_(of_shop, *made_in))
    )


def reached_conversations(
    customer_ids: Collection[int] | sa.BindParameter[Any],
) -> sa.Subquery:
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
    # Outer joins, as SQLite would otherwise begin by reading all conversations: it has no
    # statistics that say how few lines there are. What has no conversation drops out where ids are
    # joined.
    gave = (
        sa.select(reaches.c.customer_id, conversations.c.id)
        .join_from(asked, reaches, reaches.c.customer_id == asked.c.id)
        .outerjoin(lines, lines.c.channel == reaches.c.channel)
        .outerjoin(
            conversations,
            (conversations.c.line_id == lines.c.id)
            & (conversations.c.address == reaches.c.address),
        )
        .where(FOR_BOOKINGS)
    )
    unproved = (
        sa.select(asked.c.id, conversations.c.id)
        .join_from(asked, lines, lines.c.channel.in_(("sms", "whatsapp")))
        .outerjoin(
            conversations,
            (conversations.c.line_id == lines.c.id)
            & (conversations.c.address == asked.c.phone)
            & conversations.c.consented_at.is_not(None),
        )
        .outerjoin(identities, identities.c.id == conversations.c.identity_id)
        .where(asked.c.user_id.is_(None), asked.c.phone != "", identities.c.user_id.is_(None))
    )
    return sa.union(wrote, gave, unproved).subquery("reached")


def _best(*made_in: sa.ColumnElement[bool]) -> list[sa.ColumnElement[Any]]:
    return [
        conversations.c.opted_out_at.is_not(None),
        is_unreachable(),
        sa.func.coalesce(lines.c.channel == users.c.channel, sa.false()).desc(),
        *(one.desc() for one in made_in),
        conversations.c.last_in_at.desc().nulls_last(),
        conversations.c.id.desc(),
    ]


_MADE_IN = conversations.c.id == sa.bindparam("conversation_id", type_=conversations.c.id.type)


def _described() -> sa.Select[Any]:
    """Return the columns of a ReachedCustomer but for the quiet hours, of `:booking_id`."""
    shop = shops.c.id == sa.bindparam("shop_id", type_=shops.c.id.type)
    open_untold = sa.exists().where(
        untold.c.booking_id == sa.bindparam("booking_id", type_=untold.c.booking_id.type),
        untold.c.settled_at.is_(None),
    )
    return sa.select(
        conversations.c.id,
        conversations.c.opted_out_at,
        lines.c.channel,
        is_unreachable().label("unreachable"),
        sa.select(shops.c.discreet).where(shop).scalar_subquery().label("discreet"),
        open_untold.label("has_untold"),
    )


def select_preferred_conversation() -> sa.Select[Any]:
    """Return the SELECT of where a booking's customer is told, with the person's quiet hours.

    Parameters: booking_id, shop_id, customer_ids (a list of one), conversation_id (where it was
    made, or None). In order of preference: reachable, the channel asked for, the conversation it
    was made in, the one used last.
    """
    customer_ids: sa.BindParameter[Any] = sa.bindparam("customer_ids", expanding=True)
    homes = _homes(_described(), customer_ids, _MADE_IN)
    return homes.order_by(*_best(_MADE_IN)).limit(1)


def select_preferred_conversations() -> sa.Select[Any]:
    """Return the SELECT of where each of many customers (`:customer_ids`) of `:shop_id` is told.

    In the order of `select_preferred_conversation`, for bookings made in no conversation.
    """
    rank = sa.func.row_number().over(partition_by=customers.c.id, order_by=_best())
    columns = sa.select(customers.c.id.label("customer_id"), conversations.c.id, rank.label("rank"))
    all_ = _homes(columns, sa.bindparam("customer_ids", expanding=True)).subquery()
    names = ("customer_id", "id", "quiet_from", "quiet_until")
    return sa.select(*(all_.c[name] for name in names)).where(all_.c.rank == 1)


PREFERRED_CONVERSATION = Rows(ReachedCustomer, select_preferred_conversation())
PREFERRED_CONVERSATIONS = Rows(PreferredConversation, select_preferred_conversations())
_OF_HOLD = Rows(
    ReachedCustomer,
    _described()
    .join_from(conversations, lines, lines.c.id == conversations.c.line_id)
    .where(_MADE_IN),
)
"""Where a hold was made: nobody is known yet."""


async def find_customer_conversation(ctx: Context, booking: BookingRef) -> ReachedCustomer | None:
    """Return the conversation in which a booking's customer is notified, or None.

    One is opened for an address that they gave, or their account's e-mail, if they have none yet.
    """
    asked = {
        "booking_id": booking.id,
        "shop_id": booking.shop_id,
        "conversation_id": booking.conversation_id,
    }
    if booking.customer_id is None:
        return await ctx.fetch_first(_OF_HOLD, asked)
    asked_of = {**asked, "customer_ids": [booking.customer_id]}
    found = await ctx.fetch_first(PREFERRED_CONVERSATION, asked_of)
    if found is not None or not await _open_noted(ctx, booking.shop_id, booking.customer_id):
        return found
    return await ctx.fetch_first(PREFERRED_CONVERSATION, asked_of)


async def preferred_conversation_id(ctx: Context, booking: BookingRef) -> int | None:
    """Return the conversation in which the customer of a booking is notified, if any."""
    where = await find_customer_conversation(ctx, booking)
    return None if where is None else where.id


async def is_reachable(ctx: Context, booking: BookingRef) -> bool:
    """Return whether the customer of a booking can be reached, as far as is known."""
    where = await find_customer_conversation(ctx, booking)
    return where is not None and where.opted_out_at is None and not where.unreachable


async def find_customer_conversations(
    ctx: Context, shop_id: int, customer_ids: Collection[int]
) -> list[PreferredConversation]:
    """Return the preferred conversations of many customers of a shop, for imported bookings."""
    asked = {"shop_id": shop_id, "customer_ids": list(customer_ids)}
    return await ctx.fetch(PREFERRED_CONVERSATIONS, asked)


@dataclass(frozen=True, slots=True)
class _Noted:
    """A line that could write to an address a customer gave."""

    line_id: int
    identity_id: int
    address: str
    channel: str


_KIND = sa.case((reaches.c.channel == "email", "email"), else_="phone")
_NOTED = Rows(
    _Noted,
    sa.select(
        lines.c.id.label("line_id"),
        identities.c.id.label("identity_id"),
        reaches.c.address,
        lines.c.channel,
    )
    .join_from(reaches, lines, lines.c.channel == reaches.c.channel)
    .join(identities, (identities.c.value == reaches.c.address) & (identities.c.kind == _KIND))
    .where(FOR_BOOKINGS, identities.c.released_at.is_(None), lines.c.active, ~lines.c.staff)
    .order_by(lines.c.shop_id.is_(None), lines.c.id),
)


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
    rows = await ctx.fetch(
        _NOTED.where(
            reaches.c.customer_id == customer_id,
            (lines.c.shop_id == shop_id) | lines.c.shop_id.is_(None),
        )
    )
    best: dict[tuple[str, str], _Noted] = {}
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
