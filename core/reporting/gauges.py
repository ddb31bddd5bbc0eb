"""Gauges of the database's current state: waiting messages, totals, one-time codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import bookings, conversations, heartbeats, lines, one_time_codes, outbox, shops
from core.messaging.outbox.recipients import SIMULATED_TRANSPORTS

QUEUES = ("reply", "alert", "reminder")

CODES_WINDOW = timedelta(days=1)

WORKER_NAME = "worker"
"""The heartbeat of the worker that runs scheduled tasks."""


@dataclass(frozen=True, slots=True)
class Gauges:
    """Due rows and the age in seconds of the oldest by queue, bookings by state, and codes.

    `codes_by_outcome` are of the last day: "sent", and "used" by people who verified their phone.
    """

    due_by_queue: Mapping[str, int] = field(default_factory=dict)
    oldest_age_by_queue: Mapping[str, float] = field(default_factory=dict)
    bookings_by_state: Mapping[str, int] = field(default_factory=dict)
    codes_by_outcome: Mapping[str, int] = field(default_factory=dict)


async def read_gauges(ctx: Context) -> Gauges:
    """Return the gauges of this moment."""
    o, b, c = outbox.c, bookings.c, one_time_codes.c
    waits = sa.and_(_UNFINISHED, o.due_at <= ctx.now, _leads_out())
    due = await ctx.all(
        sa.select(o.queue, sa.func.count().label("n")).where(waits).group_by(o.queue)
    )
    oldest = {queue: await oldest_due_at(ctx, queue) for queue in QUEUES}
    states = await ctx.all(sa.select(b.state, sa.func.count().label("n")).group_by(b.state))
    codes = await ctx.first(
        sa.select(sa.func.count().label("sent"), sa.func.count(c.used_at).label("used")).where(
            c.created_at >= ctx.now - CODES_WINDOW
        )
    )
    assert codes is not None
    return Gauges(
        due_by_queue=dict.fromkeys(QUEUES, 0) | {row.queue: row.n for row in due},
        oldest_age_by_queue={
            queue: (ctx.now - since).total_seconds() if since else 0.0
            for queue, since in oldest.items()
        },
        bookings_by_state={row.state: row.n for row in states},
        codes_by_outcome={"sent": codes.sent, "used": codes.used},
    )


@dataclass(frozen=True, slots=True)
class InstallationCounts:
    """The number of shops and of active lines."""

    shops: int
    lines: int


async def count_shops_and_lines(ctx: Context) -> InstallationCounts:
    """Return the counts that an installation cannot do without."""
    return InstallationCounts(
        await ctx.scalar(sa.select(sa.func.count()).select_from(shops)),
        await ctx.scalar(sa.select(sa.func.count()).select_from(lines).where(lines.c.active)),
    )


async def oldest_waiting_at(ctx: Context) -> datetime | None:
    """Return since when the oldest due message is waiting, or None."""
    since = [await oldest_due_at(ctx, queue) for queue in QUEUES]
    return min(filter(None, since), default=None)


async def oldest_due_at(ctx: Context, queue: str) -> datetime | None:
    """Return when the oldest unfinished message of a queue was due, or None.

    Lines that exist only on this machine are left out: nobody sends there unless somebody is
    watching.
    """
    o = outbox.c
    found: datetime | None = await ctx.scalar(
        sa.select(o.due_at)
        .where(_UNFINISHED, o.queue == queue, o.due_at <= ctx.now, _leads_out())
        .order_by(o.due_at)
        .limit(1)
    )
    return found


async def record_heartbeat(ctx: Context, name: str = WORKER_NAME) -> None:
    """Record a component's sign of life, as of now."""
    here = sa.update(heartbeats).where(heartbeats.c.name == name).values(at=ctx.now)
    if not (await ctx.execute(here)).rowcount:
        await ctx.execute(ctx.insert_ignoring_conflicts(heartbeats, {"name": name, "at": ctx.now}))


async def last_heartbeat(ctx: Context, name: str = WORKER_NAME) -> datetime | None:
    """Return a component's last sign of life, or None."""
    at: datetime | None = await ctx.scalar(
        sa.select(heartbeats.c.at).where(heartbeats.c.name == name)
    )
    return at


_UNFINISHED = sa.text("outbox.state IN ('due', 'sending')")  # the same condition as the index


def _leads_out() -> sa.ColumnElement[bool]:
    # Correlated, so that the oldest row is found by walking the index from its old end.
    return (
        sa.select(lines.c.id)
        .join_from(lines, conversations, conversations.c.line_id == lines.c.id)
        .where(
            conversations.c.id == outbox.c.conversation_id,
            lines.c.transport.not_in(SIMULATED_TRANSPORTS),
        )
        .correlate(outbox)
        .exists()
    )
