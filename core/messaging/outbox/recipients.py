"""In which conversations people are reached: a shop's staff, the customer of a booking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import sqlalchemy as sa

from core.db.context import Context, Row
from core.db.tables import (
    bookings,
    conversations,
    identities,
    lines,
    member_chats,
    members,
    sql_literal,
    staff_proofs,
    users,
)

SIMULATED_TRANSPORTS = ("terminal", "simulator")
"""Transports that never leave this machine."""


class BookingRef(Protocol):
    """What `enqueue_for_customer` needs of a booking."""

    @property
    def id(self) -> int:
        """Return the booking's id."""

    @property
    def shop_id(self) -> int:
        """Return the booking's shop."""

    @property
    def conversation_id(self) -> int | None:
        """Return the conversation it was made in, if any."""

    @property
    def customer_id(self) -> int | None:
        """Return the customer, None for an unverified hold."""


def wished_channel(shop_id: sa.ColumnElement[int] | int) -> sa.ColumnElement[str]:
    """Return the SQL for a user's preferred channel for alerts of a shop they work at."""
    here = members.alias("here")
    own = (
        sa.select(here.c.channel)
        .where(
            here.c.shop_id == shop_id,
            here.c.user_id == users.c.id,
            here.c.channel != sql_literal(""),
        )
        .limit(1)
        .correlate(users)
        .scalar_subquery()
    )
    return sa.func.coalesce(own, users.c.channel)


THEIR_OWN = (identities.c.kind == "phone") | sa.exists().where(
    staff_proofs.c.identity_id == identities.c.id, staff_proofs.c.user_id == identities.c.user_id
).correlate(identities)
"""Addresses at which a member gets staff messages: phones, and verified chats.

A customer's conversation in which somebody typed a member's phone and its code is not the member's
chat.
"""


def is_staff_line(shop_id: sa.ColumnElement[int] | int) -> sa.ColumnElement[bool]:
    """Return the SQL condition for lines that alert staff: staff lines, the channel asked for, SMS.

    Every phone can receive SMS.
    """
    return lines.c.staff | (lines.c.channel == "sms") | (lines.c.channel == wished_channel(shop_id))


def _recipients(*, bound: bool) -> sa.Select[Any]:
    """Return the SELECT of a shop's staff where they are reached: own or `bound` addresses."""
    # A line addresses one kind of identity: WhatsApp and SMS know people by their phone.
    kind = sa.case(
        (lines.c.channel.in_(("telegram", "email")), lines.c.channel), else_=sa.literal("phone")
    )
    shop = sa.bindparam("shop_id", type_=lines.c.shop_id.type)
    simulated = lines.c.transport.in_(SIMULATED_TRANSPORTS)
    # Events on a simulated line are alerted on simulated lines only.
    theirs, talks = lines.alias("theirs"), conversations.alias("talks")
    made_in = sa.select(bookings.c.conversation_id).where(
        bookings.c.id == sa.bindparam("booking_id")
    )
    pretended = (
        sa.select(talks.c.id)
        .join_from(talks, theirs, theirs.c.id == talks.c.line_id)
        .where(
            talks.c.id
            == sa.func.coalesce(
                sa.bindparam("talk_id", type_=talks.c.id.type), made_in.scalar_subquery()
            ),
            theirs.c.transport.in_(SIMULATED_TRANSPORTS),
        )
        .exists()
    )
    front = members.alias("front")
    keeps_the_book = (
        sa.select(front.c.id)
        .where(
            front.c.shop_id == shop,
            front.c.user_id == members.c.user_id,
            front.c.role.in_(("owner", "receptionist")),
        )
        .exists()
    )
    people: sa.FromClause = members.join(users, users.c.id == members.c.user_id)
    # Pairing was the proof of a bound chat.
    proved: sa.ColumnElement[bool] = sa.true() if bound else THEIR_OWN
    if bound:
        people = people.join(
            member_chats,
            (member_chats.c.user_id == members.c.user_id)
            & (member_chats.c.shop_id == members.c.shop_id)
            & member_chats.c.ended_at.is_(None),
        ).join(identities, identities.c.id == member_chats.c.identity_id)
    else:
        people = people.join(identities, identities.c.user_id == users.c.id)
    return (
        sa.select(
            members.c.user_id,
            keeps_the_book.label("sees_phones"),
            lines.c.id.label("line_id"),
            lines.c.channel,
            identities.c.id.label("identity_id"),
            identities.c.value.label("address"),
            conversations.c.id.label("conversation_id"),
            conversations.c.opted_out_at,
            (lines.c.channel == wished_channel(shop)).label("wished"),
            lines.c.staff,
            simulated.label("simulated"),
            lines.c.shop_id.is_(None).label("shared"),
            sa.literal(bound).label("bound"),
            identities.c.proved_at.is_(None).label("unproved"),
            identities.c.used_at,
        )
        .select_from(people)
        .join(
            lines,
            lines.c.active
            & ((lines.c.shop_id == shop) | lines.c.shop_id.is_(None))
            & is_staff_line(shop)
            & (kind == identities.c.kind),
        )
        .outerjoin(
            conversations,
            (conversations.c.line_id == lines.c.id)
            & (conversations.c.address == identities.c.value),
        )
        .where(
            members.c.shop_id == shop,
            members.c.alerts,
            members.c.user_id != sa.bindparam("skip_user_id"),
            (
                members.c.role.in_(("owner", "receptionist"))
                & ~sa.bindparam("provider_only", type_=sa.Boolean)
            )
            | (members.c.provider_id == sa.bindparam("provider_id")),
            users.c.deactivated_at.is_(None),
            identities.c.ended_at.is_(None),
            simulated | ~pretended,
            proved,
        )
    )


def _best_first() -> sa.Select[Any]:
    both = sa.union_all(_recipients(bound=False), _recipients(bound=True)).subquery()
    found = both.c
    return sa.select(both).order_by(
        found.user_id,
        found.wished.desc(),
        found.staff.desc(),
        found.simulated,
        found.shared,
        found.line_id,
        found.bound,
        found.unproved,
        found.used_at.desc(),
        found.identity_id,
    )


_RECIPIENTS = _best_first()


async def staff_recipients(
    ctx: Context,
    *,
    shop_id: int,
    provider_id: int | None,
    conversation_id: int | None,
    booking_id: int | None,
    skip_user_id: int | None,
    provider_only: bool = False,
) -> list[Row]:
    """Return the recipients of an alert, each person once, by the best way to reach them."""
    bound = {
        "shop_id": shop_id,
        "provider_id": provider_id,
        "talk_id": conversation_id,
        "booking_id": booking_id,
        "skip_user_id": skip_user_id or 0,
        "provider_only": provider_only,
    }
    best: dict[int, Row] = {}
    for row in await ctx.execute(_RECIPIENTS, bound):
        best.setdefault(row.user_id, row)
    return list(best.values())


async def has_recipients(
    ctx: Context, shop_id: int, conversation_id: int | None, booking_id: int | None
) -> bool:
    """Return whether an alert of a shop would reach anybody."""
    found = await staff_recipients(
        ctx,
        shop_id=shop_id,
        provider_id=None,
        conversation_id=conversation_id,
        booking_id=booking_id,
        skip_user_id=None,
    )
    return bool(found)


async def admin_recipients(ctx: Context, conversation_id: int) -> list[Row]:
    """Return the admins, each once, by the best way; columns as of `staff_recipients`.

    On lines that serve all shops, and on simulated ones only for events there.
    """
    kind = sa.case((lines.c.channel == "telegram", lines.c.channel), else_=sa.literal("phone"))
    theirs = lines.alias("theirs")
    pretended = (
        sa.select(theirs.c.transport.in_(SIMULATED_TRANSPORTS))
        .join_from(conversations, theirs, theirs.c.id == conversations.c.line_id)
        .where(conversations.c.id == conversation_id)
        .scalar_subquery()
    )
    talks = conversations.alias("talks")
    rows = await ctx.all(
        sa.select(
            users.c.id.label("user_id"),
            lines.c.id.label("line_id"),
            identities.c.id.label("identity_id"),
            identities.c.value.label("address"),
            talks.c.id.label("conversation_id"),
            talks.c.opted_out_at,
        )
        .join_from(users, identities, identities.c.user_id == users.c.id)
        .join(lines, kind == identities.c.kind)
        .outerjoin(talks, (talks.c.line_id == lines.c.id) & (talks.c.address == identities.c.value))
        .where(
            users.c.admin,
            users.c.deactivated_at.is_(None),
            identities.c.ended_at.is_(None),
            lines.c.active,
            lines.c.shop_id.is_(None),
            lines.c.staff | (lines.c.channel == "sms"),
            lines.c.transport.in_(SIMULATED_TRANSPORTS) == pretended,
            THEIR_OWN,
        )
        .order_by(users.c.id, lines.c.staff.desc(), lines.c.id, identities.c.id)
    )
    best: dict[int, Row] = {}
    for row in rows:
        best.setdefault(row.user_id, row)
    return list(best.values())


async def open_missing_conversations(
    ctx: Context, *, user_id: int, shop_id: int, simulated: bool
) -> None:
    """Open conversations in which a member could be reached but has none yet.

    A line they never wrote to is still a fallback.
    """
    kind = sa.case((lines.c.channel == "telegram", "telegram"), else_="phone")
    pretended = lines.c.transport.in_(SIMULATED_TRANSPORTS)
    rows = await ctx.all(
        sa.select(
            lines.c.id.label("line_id"),
            identities.c.id.label("identity_id"),
            identities.c.value.label("address"),
        )
        .join_from(identities, users, users.c.id == identities.c.user_id)
        .join(lines, (kind == identities.c.kind) & is_staff_line(shop_id))
        .outerjoin(
            conversations,
            (conversations.c.line_id == lines.c.id)
            & (conversations.c.address == identities.c.value),
        )
        .where(
            identities.c.user_id == user_id,
            identities.c.ended_at.is_(None),
            lines.c.active,
            (lines.c.shop_id == shop_id) | lines.c.shop_id.is_(None),
            pretended if simulated else ~pretended,
            conversations.c.id.is_(None),
            THEIR_OWN,
        )
    )
    await open_conversations(ctx, shop_id, rows)


async def open_conversations(
    ctx: Context, shop_id: int | None, people: Sequence[Row]
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
    await ctx.execute(ctx.insert_ignoring_conflicts(conversations, values))
    # Read again: another transaction may have opened the same conversation.
    rows = await ctx.all(
        sa.select(conversations.c.id, conversations.c.line_id, conversations.c.address).where(
            conversations.c.line_id.in_({row.line_id for row in people}),
            conversations.c.address.in_({row.address for row in people}),
        )
    )
    return {(row.line_id, row.address): row.id for row in rows}


def is_unreachable() -> sa.ColumnElement[bool]:
    """Return the condition that sending failed for good and the person has not written since."""
    since = conversations.c.unreachable_at
    heard = conversations.c.last_in_at
    return since.is_not(None) & (heard.is_(None) | (heard <= since))
