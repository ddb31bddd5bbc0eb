"""What the simulator shows of the database: conversations, bookings and upcoming events.

It reads tables of several packages, for a tool that no installation needs.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import sqlalchemy as sa

from core.db.context import Context
from core.db.rows import Rows
from core.db.tables import (
    booking_events,
    bookings,
    conversations,
    inbox,
    lines,
    outbox,
    prompts,
    shops,
)
from core.errors import NotFound
from core.messaging.messages import Json

EventKind = Literal["reminder", "hold", "request", "start", "end"]
"""Events caused by time alone: a reminder is sent, a hold or request expires, a booking starts or
ends."""

_CODE = re.compile(r"(?<!\d)\d{3}[ -]?\d{3}(?!\d)")
"""What may be a one-time code in a person's message."""


@dataclass(frozen=True, slots=True)
class SimulatedBooking:
    """A booking made on a simulated phone; `snapshot` is what was sold, `starts_at` aware UTC."""

    id: int
    ref: str
    state: str
    shop: str
    snapshot: Mapping[str, Json]
    starts_at: datetime
    timezone: str
    conversation_id: int


_BOOKED = Rows(
    SimulatedBooking,
    sa.select(
        bookings.c.id,
        bookings.c.ref,
        bookings.c.state,
        shops.c.name.label("shop"),
        bookings.c.snapshot,
        bookings.c.starts_at,
        bookings.c.timezone,
        conversations.c.id.label("conversation_id"),
    )
    .join_from(bookings, conversations, conversations.c.id == bookings.c.conversation_id)
    .join(lines, lines.c.id == conversations.c.line_id)
    .join(shops, shops.c.id == bookings.c.shop_id)
    .order_by(bookings.c.id.desc()),
)


async def bookings_of_transport(ctx: Context, transport: str) -> list[SimulatedBooking]:
    """Return the bookings made on the lines of a transport, newest first."""
    return await ctx.fetch(_BOOKED.where(lines.c.transport == transport))


async def event_actors(
    ctx: Context, booking_ids: Collection[int], actions: Collection[str]
) -> set[tuple[str, str]]:
    """Return the (action, kind of actor) pairs among these actions on these bookings."""
    events = booking_events.c
    rows = await ctx.all(
        sa.select(events.action, events.actor).where(
            events.booking_id.in_(booking_ids), events.action.in_(actions)
        )
    )
    return {(row.action, row.actor.partition(":")[0]) for row in rows}


async def next_event_times(ctx: Context, transport: str) -> dict[EventKind, datetime]:
    """Return when each kind of event occurs next; kinds without one are left out."""
    o, b = outbox.c, bookings.c
    # Sample bookings are left out, since their start and end show nothing.
    here = b.conversation_id.in_(
        sa.select(conversations.c.id)
        .join_from(conversations, lines, lines.c.id == conversations.c.line_id)
        .where(lines.c.transport == transport)
    )

    def first(
        kind: EventKind, at: sa.Column[Any], *where: sa.ColumnElement[bool]
    ) -> sa.Select[Any]:
        columns: list[Any] = [sa.literal(kind).label("kind"), sa.func.min(at).label("at")]
        return sa.select(*columns).where(at > ctx.now, *where)

    rows = await ctx.all(
        sa.union_all(
            first("reminder", o.due_at, o.state == "due"),
            first("hold", b.held_until, b.state == "held"),
            first("request", b.starts_at, b.state == "pending"),
            first("start", b.starts_at, b.state == "confirmed", here),
            first("end", b.ends_at, b.state.in_(("confirmed", "in_progress")), here),
        )
    )
    return {row.kind: row.at for row in rows if row.at is not None}


async def dump_conversation(
    ctx: Context, conversation_id: int, *, transport: str
) -> dict[str, Json]:
    """Return the rows of a conversation on the lines of a transport as JSON; else NotFound.

    No one-time codes: ours are never stored, those people wrote are masked here.
    """

    async def dumped(statement: sa.Select[Any]) -> list[dict[str, Json]]:
        rows = (await ctx.execute(statement)).mappings()
        return [{name: _value(value) for name, value in row.items()} for row in rows]

    async def theirs(table: sa.Table) -> list[dict[str, Json]]:
        mine = sa.select(table).where(table.c.conversation_id == conversation_id)
        return await dumped(mine.order_by(table.c.id))

    found = await dumped(
        sa.select(conversations, lines.c.channel)
        .join_from(conversations, lines, lines.c.id == conversations.c.line_id)
        .where(conversations.c.id == conversation_id, lines.c.transport == transport)
    )
    if not found:
        raise NotFound(conversation=conversation_id)
    return {
        "conversation": found[0],
        "inbox": [_without_codes(row) for row in await theirs(inbox)],
        "prompts": await theirs(prompts),
        "outbox": [_outgoing(row) for row in await theirs(outbox)],
        "bookings": await theirs(bookings),
    }


def _value(value: object) -> Json:
    return value.isoformat() if isinstance(value, date | datetime) else value


def _without_codes(row: dict[str, Json]) -> dict[str, Json]:
    incoming = dict(row["incoming"])
    if "text" in incoming:
        incoming["text"] = _CODE.sub("••••••", incoming["text"])
    return row | {"incoming": incoming}


def _outgoing(row: dict[str, Json]) -> dict[str, Json]:
    shown = {name: value for name, value in row.items() if name not in {"lease", "leased_until"}}
    return shown | {"message": None} if row["secret"] else shown
