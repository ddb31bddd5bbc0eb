"""What the page shows beside the phones: the time, bookings made here, what is due, the tour."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.channels.simulator.channel import SIMULATOR_TRANSPORT
from bot.i18n.formats import format_moment
from bot.i18n.messages import TRANSLATOR, text
from core.db import tables
from core.db.context import Context, Row
from core.messaging.messages import Json, When
from core.messaging.signed_links import booking_token

MAX_BOOKINGS = 6
"""Bookings that are listed."""

_ENDED = ("cancelled", "declined", "expired")


@dataclass(frozen=True, slots=True)
class NextEvent:
    """The next moment at which something happens by itself, and what."""

    at: datetime
    what: str

    def to_json(self) -> Json:
        """Return it as the page gets it."""
        return {"at": self.at.isoformat(), "what": self.what}


async def load_state(ctx: Context) -> Json:
    """Return everything; `now` is what the page's clock goes by."""
    rows = await ctx.all(_bookings())
    due = await find_next_event(ctx)
    return {
        "now": ctx.now.isoformat(),
        "due": due and due.to_json(),
        "bookings": [_booking(ctx, row) for row in rows[:MAX_BOOKINGS]],
        "talks": await _talks(ctx),
        "tour": await tour_progress(ctx, [row.id for row in rows]),
    }


async def _talks(ctx: Context) -> list[Json]:
    talks, lines = tables.conversations, tables.lines
    rows = await ctx.all(
        sa.select(talks.c.id, talks.c.line_id, talks.c.address)
        .join_from(talks, lines, lines.c.id == talks.c.line_id)
        .where(lines.c.transport == SIMULATOR_TRANSPORT)
        .order_by(talks.c.id)
    )
    return [{"id": row.id, "line": row.line_id, "address": row.address} for row in rows]


def _bookings() -> sa.Select[Any]:
    """Those made on the phones here, newest first; not the samples that fill the calendars."""
    b, talks, lines, shops = tables.bookings, tables.conversations, tables.lines, tables.shops
    return (
        sa.select(b, shops.c.name.label("shop"))
        .join_from(b, talks, talks.c.id == b.c.conversation_id)
        .join(lines, lines.c.id == talks.c.line_id)
        .join(shops, shops.c.id == b.c.shop_id)
        .where(lines.c.transport == SIMULATOR_TRANSPORT)
        .order_by(b.c.id.desc())
    )


def _booking(ctx: Context, row: Row) -> Json:
    zone, token = row.timezone, booking_token(ctx.secret, row.id)
    return {
        "id": row.id,
        "ref": row.ref,
        "shop": row.shop,
        "title": f"{row.snapshot['service']} with {row.snapshot['provider']}",
        "when": format_moment(When(row.starts_at, zone), "", "en"),
        "state": row.state,
        "stateName": TRANSLATOR.translate(text(f"state.{row.state}"), "en"),
        "over": row.state in _ENDED,
        "page": f"/b/{token}",
        "calendar": f"/b/{token}.ics",
        "talk": row.conversation_id,
    }


async def tour_progress(ctx: Context, booking_ids: Iterable[int]) -> dict[str, bool]:
    """Return which steps of the guided tour are done, by what happened to the bookings."""
    events = tables.booking_events.c
    ids = list(booking_ids)
    rows = await ctx.all(
        sa.select(events.action, events.actor).where(
            events.booking_id.in_(ids), events.action.in_(("book", "request", "confirm", "cancel"))
        )
    )
    happened = {(row.action, row.actor.partition(":")[0]) for row in rows}
    return {
        "book": ("book", "user") in happened,
        "approve": ("confirm", "staff") in happened,
        "cancel": ("cancel", "user") in happened,
    }


# --- what is due ------------------------------------------------------------------------------

_REMINDER, _HOLD, _REQUEST, _BEGINS, _ENDS = (
    "a reminder goes out",
    "a hold runs out",
    "a request expires",
    "a booking begins",
    "a booking ends",
)


async def find_next_event(ctx: Context) -> NextEvent | None:
    """Return what happens next by the clock alone; None when nothing is to come."""
    rows = await ctx.all(_moments(ctx.now))
    found = [NextEvent(row.at, row.what) for row in rows if row.at is not None]
    return min(found, key=lambda due: due.at, default=None)


def _moments(now: datetime) -> sa.CompoundSelect[Any]:
    o, b = tables.outbox.c, tables.bookings.c
    talks, lines = tables.conversations, tables.lines
    # Of bookings that merely fill the calendars nothing is to be seen when they begin.
    here = b.conversation_id.in_(
        sa.select(talks.c.id)
        .join_from(talks, lines, lines.c.id == talks.c.line_id)
        .where(lines.c.transport == SIMULATOR_TRANSPORT)
    )

    def first(what: str, at: sa.Column[Any], *where: sa.ColumnElement[bool]) -> sa.Select[Any]:
        columns: list[Any] = [sa.literal(what).label("what"), sa.func.min(at).label("at")]
        return sa.select(*columns).where(at > now, *where)

    return sa.union_all(
        first(_REMINDER, o.due_at, o.state == "due"),
        first(_HOLD, b.held_until, b.state == "held"),
        first(_REQUEST, b.starts_at, b.state == "pending"),
        first(_BEGINS, b.starts_at, b.state == "confirmed", here),
        first(_ENDS, b.ends_at, b.state.in_(("confirmed", "in_progress")), here),
    )
