"""Operating the outbox: list rows, retry or drop them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.db.context import Context, split_ids
from core.db.pagination import Page, PageRequest, paginate
from core.db.rows import Rows
from core.db.tables import conversations, lines, outbox, prompts, shops
from core.messaging.messages import Json
from core.messaging.outbox.acknowledge import abandon_message
from core.messaging.outbox.enqueue import wake_sender

OUTBOX_STATES = ("due", "sending", "sent", "failed", "dropped", "dead")

DROPPED_BY_HAND = "dropped by hand"

_SHOP = sa.func.coalesce(outbox.c.shop_id, conversations.c.shop_id, lines.c.shop_id)


@dataclass(frozen=True, slots=True)
class OutboxFilter:
    """Which rows to select by id, state, shop and kind; fields left out do not restrict."""

    ids: tuple[int, ...] = ()
    state: str = ""
    shop_id: int | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """A row without its content.

    `error` is the provider's or our own error; it and `address` are as stored, and the caller masks
    them for display.
    """

    id: int
    state: str
    queue: str
    kind: str
    shop: str
    channel: str
    address: str
    due_at: datetime
    attempts: int
    provider_status: str
    segments: int
    error: str


@dataclass(frozen=True, slots=True)
class _StoredMessage:
    """A row as it is listed, retried and dropped."""

    id: int
    message: Json
    secret: bool
    state: str
    queue: str
    kind: str
    prompt_id: int | None
    due_at: datetime
    attempts: int
    provider_status: str
    segments: int
    error: str
    address: str
    channel: str
    shop: str | None


_STORED = Rows(
    _StoredMessage,
    sa.select(
        outbox.c.id,
        outbox.c.message,
        outbox.c.secret,
        outbox.c.state,
        outbox.c.queue,
        outbox.c.kind,
        outbox.c.prompt_id,
        outbox.c.due_at,
        outbox.c.attempts,
        outbox.c.provider_status,
        outbox.c.segments,
        outbox.c.error,
        conversations.c.address,
        lines.c.channel,
        shops.c.name.label("shop"),
    )
    .join_from(outbox, conversations, conversations.c.id == outbox.c.conversation_id)
    .join(lines, lines.c.id == conversations.c.line_id)
    .outerjoin(shops, shops.c.id == _SHOP),
)


async def newest_entries(
    ctx: Context, which: OutboxFilter, *, limit: int = 50
) -> list[OutboxEntry]:
    """Return the newest `limit` matching rows, oldest first."""
    newest = _rows(which).refine(lambda select: select.order_by(outbox.c.id.desc()).limit(limit))
    rows = await ctx.fetch(newest)
    return [_entry(row) for row in reversed(rows)]


def _entry(row: _StoredMessage) -> OutboxEntry:
    return OutboxEntry(
        row.id,
        row.state,
        row.queue,
        row.kind or str(row.message["key"]),
        row.shop or "",
        row.channel,
        row.address,
        row.due_at,
        row.attempts,
        row.provider_status,
        row.segments,
        row.error,
    )


async def list_outbox_entries(
    ctx: Context, which: OutboxFilter, asked: PageRequest
) -> Page[OutboxEntry]:
    """Return a page of rows, newest first."""
    found = await paginate(ctx, _rows(which), [outbox.c.id], asked, newest_first=True)
    return found.map(_entry)


async def newest_outbox_id(ctx: Context) -> int:
    """Return the id of the newest row, or 0."""
    return int(await ctx.scalar(sa.select(sa.func.coalesce(sa.func.max(outbox.c.id), 0))))


async def outbox_ids_after(ctx: Context, newest: int) -> list[int]:
    """Return the ids of the rows after `newest`, ascending."""
    rows = sa.select(outbox.c.id).where(outbox.c.id > newest).order_by(outbox.c.id)
    return [row.id for row in await ctx.all(rows)]


async def due_outbox_ids(ctx: Context) -> list[int]:
    """Return the ids of the rows due now, in order."""
    due = sa.select(outbox.c.id).where(
        outbox.c.state.in_(("due", "sending")), outbox.c.due_at <= ctx.now
    )
    return [row.id for row in await ctx.all(due.order_by(outbox.c.id))]


async def due_on_other_lines(
    ctx: Context, outbox_ids: Collection[int], line_ids: Collection[int]
) -> set[int]:
    """Return which of these rows are due on lines other than `line_ids`."""
    unserved = sa.select(outbox.c.id).join_from(outbox, conversations)
    return {
        row.id
        for some in split_ids(outbox_ids)
        for row in await ctx.all(
            unserved.where(
                outbox.c.id.in_(some),
                outbox.c.state == "due",
                conversations.c.line_id.not_in(line_ids),
            )
        )
    }


async def retry_now(ctx: Context, which: OutboxFilter) -> int:
    """Make waiting or failed rows due now; return how many.

    Leaves out rows whose secret content was wiped and those sent to another conversation instead.
    """
    again = outbox.alias("again")
    told = sa.select(again.c.id).where(again.c.fallback_of_id == outbox.c.id).correlate(outbox)
    stuck = sa.or_(
        outbox.c.state.in_(("failed", "dead")) & ~outbox.c.secret & ~told.exists(),
        (outbox.c.state == "due") & (outbox.c.attempts > 0),
    )
    ids = [row.id for row in await ctx.fetch(_rows(which).where(stuck))]
    if not ids:
        return 0
    await ctx.execute(
        sa.update(outbox)
        .where(outbox.c.id.in_(ids))
        .values(
            state="due",
            due_at=ctx.now,
            attempts=0,
            lease="",
            leased_until=None,
            provider_message_id="",
            provider_status="",
        )
    )
    wake_sender(ctx)
    return len(ids)


async def drop_waiting(ctx: Context, which: OutboxFilter) -> int:
    """Drop waiting rows and their prompts; return how many.

    Leaves out rows being sent, which are leased.
    """
    waiting = await ctx.fetch(
        _rows(which)
        .where(outbox.c.state == "due")
        .refine(lambda select: select.with_for_update(of=outbox))
    )
    for row in waiting:
        await abandon_message(ctx, row, "dropped", DROPPED_BY_HAND)
        if row.prompt_id is not None:
            closed = sa.update(prompts).where(prompts.c.id == row.prompt_id)
            await ctx.execute(closed.values(closed_at=ctx.now))
    return len(waiting)


def _rows(which: OutboxFilter) -> Rows[_StoredMessage]:
    wanted: Sequence[sa.ColumnElement[bool]] = [
        *([outbox.c.id.in_(which.ids)] if which.ids else []),
        *([outbox.c.state == which.state] if which.state else []),
        *([sa.literal(which.shop_id) == _SHOP] if which.shop_id is not None else []),
        *([sa.or_(outbox.c.kind == which.kind, _key() == which.kind)] if which.kind else []),
    ]
    return _STORED.where(*wanted)


def _key() -> sa.ColumnElement[str]:
    key: sa.ColumnElement[str] = outbox.c.message["key"].as_string()
    return key
