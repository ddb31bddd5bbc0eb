"""In which conversations people are reached, and which of them are opened for it.

`alert_recipients` says who of the staff is alerted there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa

from core.db.context import Context
from core.db.rows import Rows
from core.db.tables import (
    conversations,
    identities,
    lines,
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


class Addressed(Protocol):
    """What `open_conversations` needs of a person: a line and their address there."""

    @property
    def line_id(self) -> int:
        """Return the line that writes to them."""

    @property
    def identity_id(self) -> int:
        """Return the identity the address is of."""

    @property
    def address(self) -> str:
        """Return their address on that line."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person could be reached, without a conversation yet."""

    line_id: int
    identity_id: int
    address: str


@dataclass(frozen=True, slots=True)
class _Opened:
    """A conversation with the line and address it is at."""

    id: int
    line_id: int
    address: str


_OPENED = Rows(
    _Opened, sa.select(conversations.c.id, conversations.c.line_id, conversations.c.address)
)


def wished_channel(shop_id: sa.ColumnElement[int] | int | None) -> sa.ColumnElement[str]:
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


def is_staff_line(shop_id: sa.ColumnElement[int] | int | None) -> sa.ColumnElement[bool]:
    """Return the SQL condition for lines that alert staff: staff lines, the channel asked for, SMS.

    Every phone can receive SMS.
    """
    return lines.c.staff | (lines.c.channel == "sms") | (lines.c.channel == wished_channel(shop_id))


def _unopened() -> sa.Select[Any]:
    """Return where a member (`:user_id`) of `:shop_id` could be reached but has no conversation."""
    kind = sa.case((lines.c.channel == "telegram", "telegram"), else_="phone")
    shop_id = sa.bindparam("shop_id", type_=lines.c.shop_id.type)
    return (
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
            identities.c.user_id == sa.bindparam("user_id", type_=users.c.id.type),
            identities.c.released_at.is_(None),
            lines.c.active,
            (lines.c.shop_id == shop_id) | lines.c.shop_id.is_(None),
            conversations.c.id.is_(None),
            THEIR_OWN,
        )
    )


_UNOPENED = Rows(Place, _unopened())


async def open_missing_conversations(
    ctx: Context, *, user_id: int, shop_id: int, simulated: bool
) -> None:
    """Open conversations in which a member could be reached but has none yet.

    A line they never wrote to is still a fallback.
    """
    pretended = lines.c.transport.in_(SIMULATED_TRANSPORTS)
    places = _UNOPENED.where(pretended if simulated else ~pretended)
    people = await ctx.fetch(places, {"user_id": user_id, "shop_id": shop_id})
    await open_conversations(ctx, shop_id, people)


async def open_conversations(
    ctx: Context, shop_id: int | None, people: Sequence[Addressed]
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
    rows = await ctx.fetch(
        _OPENED.where(
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
