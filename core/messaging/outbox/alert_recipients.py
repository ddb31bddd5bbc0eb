"""Who is alerted: a shop's staff and the admins, each person once by the best way to reach them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.db.context import Context
from core.db.rows import Rows
from core.db.tables import (
    bookings,
    conversations,
    identities,
    lines,
    member_chats,
    members,
    users,
)
from core.messaging.outbox.recipients import (
    SIMULATED_TRANSPORTS,
    THEIR_OWN,
    is_staff_line,
    wished_channel,
)
from core.values.phone_visibility import PHONE_ROLES


@dataclass(frozen=True, slots=True)
class AlertRecipient:
    """A person to alert and where: a line, their address there, the conversation if there is one.

    `sees_phones` says whether they may see customers' phones.
    """

    user_id: int
    sees_phones: bool
    line_id: int
    channel: str
    identity_id: int
    address: str
    conversation_id: int | None
    opted_out_at: datetime | None


def _staff_at(*, bound: bool) -> sa.Select[Any]:
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
                sa.bindparam("conversation_id", type_=talks.c.id.type), made_in.scalar_subquery()
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
            front.c.role.in_(PHONE_ROLES),
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
            identities.c.verified_at.is_(None).label("unproved"),
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
            identities.c.released_at.is_(None),
            simulated | ~pretended,
            proved,
        )
    )


def select_staff_recipients() -> sa.Select[Any]:
    """Return the SELECT of who is alerted of a shop's staff, each person's best way first.

    Parameters: shop_id, provider_id, conversation_id and booking_id (the event's), skip_user_id,
    provider_only. In order of preference: the channel asked for, a staff line, a real line, the
    shop's own line, an address of theirs, a proved one, the one used last.
    """
    both = sa.union_all(_staff_at(bound=False), _staff_at(bound=True)).subquery()
    found = both.c
    columns = [found[field.name] for field in fields(AlertRecipient)]
    return sa.select(*columns).order_by(
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


STAFF_RECIPIENTS = Rows(AlertRecipient, select_staff_recipients())


async def staff_recipients(
    ctx: Context,
    *,
    shop_id: int,
    provider_id: int | None,
    conversation_id: int | None,
    booking_id: int | None,
    skip_user_id: int | None,
    provider_only: bool = False,
) -> list[AlertRecipient]:
    """Return the recipients of an alert, each person once, by the best way to reach them."""
    event = {
        "shop_id": shop_id,
        "provider_id": provider_id,
        "conversation_id": conversation_id,
        "booking_id": booking_id,
        "skip_user_id": skip_user_id or 0,
        "provider_only": provider_only,
    }
    return _each_once(await ctx.fetch(STAFF_RECIPIENTS, event))


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


def select_admin_recipients() -> sa.Select[Any]:
    """Return the SELECT of the admins, each person's best way first; parameter: conversation_id.

    On lines that serve all shops, and on simulated ones only for events there.
    """
    kind = sa.case((lines.c.channel == "telegram", lines.c.channel), else_=sa.literal("phone"))
    theirs = lines.alias("theirs")
    pretended = (
        sa.select(theirs.c.transport.in_(SIMULATED_TRANSPORTS))
        .join_from(conversations, theirs, theirs.c.id == conversations.c.line_id)
        .where(conversations.c.id == sa.bindparam("conversation_id"))
        .scalar_subquery()
    )
    talks = conversations.alias("talks")
    return (
        sa.select(
            users.c.id.label("user_id"),
            sa.literal(value=True).label("sees_phones"),
            lines.c.id.label("line_id"),
            lines.c.channel,
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
            identities.c.released_at.is_(None),
            lines.c.active,
            lines.c.shop_id.is_(None),
            lines.c.staff | (lines.c.channel == "sms"),
            lines.c.transport.in_(SIMULATED_TRANSPORTS) == sa.func.coalesce(pretended, sa.false()),
            THEIR_OWN,
        )
        .order_by(users.c.id, lines.c.staff.desc(), lines.c.id, identities.c.id)
    )


ADMIN_RECIPIENTS = Rows(AlertRecipient, select_admin_recipients())


async def admin_recipients(ctx: Context, conversation_id: int) -> list[AlertRecipient]:
    """Return the admins to alert of an event in a conversation, each by the best way."""
    return _each_once(await ctx.fetch(ADMIN_RECIPIENTS, {"conversation_id": conversation_id}))


def _each_once(ways: Iterable[AlertRecipient]) -> list[AlertRecipient]:
    """Return each person's first way."""
    best: dict[int, AlertRecipient] = {}
    for way in ways:
        best.setdefault(way.user_id, way)
    return list(best.values())
