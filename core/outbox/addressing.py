"""On which conversations somebody is reached: a shop's people, the customer of a booking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import sqlalchemy as sa

from core.context import Context, Row
from core.models import bookings, conversations, customers, identities, lines, members, users

SIMULATED = ("terminal", "simulator")
"""Transports that never leave this machine."""


class Booked(Protocol):
    """What `tell` needs to know of a booking."""

    @property
    def id(self) -> int:
        """The booking's key."""

    @property
    def shop_id(self) -> int:
        """Whose booking it is."""

    @property
    def conversation_id(self) -> int | None:
        """The talk it was made in, if it was made in one."""

    @property
    def customer_id(self) -> int | None:
        """Whom it is for; None while a hold nobody has proved a phone for."""


def recipients(
    shop_id: int,
    provider_id: int | None,
    conversation_id: int | None,
    booking_id: int | None,
    skip_user_id: int | None,
) -> sa.Select[Any]:
    """Every way to reach everybody concerned, by person, the best way first."""
    # A line speaks to one kind of identity: WhatsApp and SMS know people by their phone.
    kind = sa.case(
        (lines.c.channel.in_(("telegram", "email")), lines.c.channel), else_=sa.literal("phone")
    )
    simulated = lines.c.transport.in_(SIMULATED)
    concerned: sa.ColumnElement[bool] = members.c.role.in_(("owner", "receptionist"))
    if provider_id is not None:
        concerned |= members.c.provider_id == provider_id
    ways = (
        sa.select(
            members.c.user_id,
            lines.c.id.label("line_id"),
            identities.c.id.label("identity_id"),
            identities.c.value.label("address"),
            conversations.c.id.label("conversation_id"),
            conversations.c.opted_out_at,
        )
        .join_from(members, users, users.c.id == members.c.user_id)
        .join(
            identities,
            (identities.c.user_id == users.c.id) & identities.c.ended_at.is_(None),
        )
        .join(
            lines,
            lines.c.active
            & ((lines.c.shop_id == shop_id) | lines.c.shop_id.is_(None))
            & (lines.c.staff | (lines.c.channel == "sms"))
            & (kind == identities.c.kind),
        )
        .outerjoin(
            conversations,
            (conversations.c.line_id == lines.c.id)
            & (conversations.c.address == identities.c.value),
        )
        .where(
            members.c.shop_id == shop_id,
            members.c.alerts,
            concerned,
            users.c.deactivated_at.is_(None),
        )
        .order_by(
            members.c.user_id,
            lines.c.staff.desc(),
            simulated,
            lines.c.shop_id.is_(None),
            lines.c.id,
            identities.c.proved_at.is_(None),
            identities.c.used_at.desc(),
            identities.c.id,
        )
    )
    if skip_user_id is not None:
        ways = ways.where(members.c.user_id != skip_user_id)
    if conversation_id is not None or booking_id is not None:
        talk = (
            sa.literal(conversation_id)
            if conversation_id is not None
            else sa.select(bookings.c.conversation_id)
            .where(bookings.c.id == booking_id)
            .scalar_subquery()
        )
        theirs, talks = lines.alias("theirs"), conversations.alias("talks")
        pretended = (
            sa.select(talks.c.id)
            .join_from(talks, theirs, theirs.c.id == talks.c.line_id)
            .where(talks.c.id == talk, theirs.c.transport.in_(SIMULATED))
        )
        ways = ways.where(simulated | ~pretended.exists())
    return ways


async def open_talks(
    ctx: Context, shop_id: int, people: Sequence[Row]
) -> dict[tuple[int, str], int]:
    """Open conversations with people who have none on their line yet; return their ids."""
    if not people:
        return {}
    values = [
        {
            "line_id": row.line_id,
            "address": row.address,
            "identity_id": row.identity_id,
            "shop_id": shop_id,
            "created_at": ctx.now,
        }
        for row in people
    ]
    await ctx.execute(ctx.insert_new(conversations, values))
    # Asked for anew: another transaction may have opened the same one just now.
    rows = await ctx.all(
        sa.select(conversations.c.id, conversations.c.line_id, conversations.c.address).where(
            conversations.c.line_id.in_({row.line_id for row in people}),
            conversations.c.address.in_({row.address for row in people}),
        )
    )
    return {(row.line_id, row.address): row.id for row in rows}


def home_of(booking: Booked) -> sa.Select[Any]:
    """Where the customer of a booking is to be told things; the best conversation first."""
    columns = sa.select(conversations.c.id, conversations.c.opted_out_at)
    if booking.customer_id is None:
        return columns.where(conversations.c.id == booking.conversation_id)
    at_shop = (lines.c.shop_id == booking.shop_id) | lines.c.shop_id.is_(None)
    where = at_shop & lines.c.staff.is_(False)
    order: list[sa.ColumnElement[Any]] = [conversations.c.opted_out_at.is_not(None)]
    if booking.conversation_id is not None:
        made_in = conversations.c.id == booking.conversation_id
        where |= made_in
        order.append(made_in.desc())
    return (
        columns.join_from(conversations, identities)
        .join(customers, customers.c.user_id == identities.c.user_id)
        .join(lines, lines.c.id == conversations.c.line_id)
        .where(
            customers.c.id == booking.customer_id,
            identities.c.ended_at.is_(None),
            lines.c.active,
            where,
        )
        .order_by(*order, conversations.c.last_in_at.desc().nulls_last(), conversations.c.id.desc())
        .limit(1)
    )
