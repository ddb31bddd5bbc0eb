"""Retention: closing or deleting old data in batches.

The settings say after how many days. Bookings, their history, customers and consents are kept for
good: they are the shop's books and the proof that we may write.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import (
    audit,
    auth_sessions,
    booking_events,
    bookings,
    conversations,
    inbox,
    lines,
    lockouts,
    one_time_codes,
    outbox,
    prompts,
    retention_marks,
)
from core.messaging.conversations import closed_conversation_state

BATCH_SIZE = 500
"""Rows examined per transaction."""


@dataclass(frozen=True, slots=True)
class SweepResult:
    """The rows deleted by one batch, and the id after which the next begins (None: done)."""

    count: int
    next_after_id: int | None


async def sweep_batch(ctx: Context, kind: str, after: int = 0) -> SweepResult:
    """Close or delete the next batch of a kind (`KINDS`), after the row with this id."""
    return await _KINDS[kind](ctx, after)


def _until(ctx: Context, days: int) -> datetime:
    return ctx.now - timedelta(days=days)


async def _talks(ctx: Context, after: int) -> SweepResult:
    """Close idle conversations with their active flows and prompts.

    Only the number of flows begun is kept, as effects are keyed by it
    (`conversations.closed_conversation_state`).
    """
    until = _until(ctx, ctx.settings.keep_talks_days)
    stack = conversations.c.state["stack"]
    length = (
        sa.func.jsonb_array_length(stack)
        if ctx.is_postgresql
        else sa.func.json_array_length(conversations.c.state, "$.stack")
    )
    left = (conversations.c.last_in_at <= until) & (sa.func.coalesce(length, 0) > 0)
    ids, end = await _walk(ctx, conversations, left, after)
    if not ids:
        return SweepResult(0, end)
    # Checked again in the UPDATE: the person may have just come back.
    closing = sa.update(conversations).where(conversations.c.id.in_(ids), left)
    closed = closing.values(state=closed_conversation_state(ctx)).returning(conversations.c.id)
    ids = list((await ctx.execute(closed)).scalars())
    asked = (
        prompts.c.conversation_id.in_(ids),
        prompts.c.decision == "",
        prompts.c.closed_at.is_(None),
    )
    await ctx.execute(sa.update(prompts).where(*asked).values(closed_at=ctx.now))
    return SweepResult(len(ids), end)


async def _codes(ctx: Context, after: int) -> SweepResult:
    until = _until(ctx, ctx.settings.keep_codes_days)
    made = one_time_codes.c.created_at
    ids, end = await _walk(ctx, one_time_codes, made <= until, after, made, until)
    return await _delete(ctx, one_time_codes, ids, end)


async def _inbox(ctx: Context, _after: int) -> SweepResult:
    """Delete incoming messages.

    The ids of Twilio's messages are kept: a signed request never expires, so it could be replayed
    years later. Such rows have no `done_at`.
    """
    until = _until(ctx, ctx.settings.keep_inbox_days)
    rows = await ctx.all(
        sa.select(inbox.c.id, lines.c.transport)
        .join_from(inbox, lines, lines.c.id == inbox.c.line_id)
        .where(inbox.c.done_at <= until)
        .order_by(inbox.c.done_at)
        .limit(BATCH_SIZE)
    )
    signed = [row.id for row in rows if row.transport == "twilio"]
    if signed:
        bare: dict[str, Any] = {"incoming": {}, "error": "", "prompt_id": None, "done_at": None}
        await ctx.execute(sa.update(inbox).where(inbox.c.id.in_(signed)).values(bare))
    others = [row.id for row in rows if row.transport != "twilio"]
    await _delete(ctx, inbox, others, None)
    return SweepResult(len(rows), 0 if len(rows) == BATCH_SIZE else None)


async def _outbox(ctx: Context, after: int) -> SweepResult:
    until = _until(ctx, ctx.settings.keep_outbox_days)
    over = outbox.c.state.not_in(("due", "sending")) & (outbox.c.due_at <= until)
    ids, end = await _walk(ctx, outbox, over, after, outbox.c.created_at, until)
    return await _delete(ctx, outbox, ids, end)


async def _prompts(ctx: Context, after: int) -> SweepResult:
    """Delete prompts whose message and answers have been deleted."""
    until = _until(ctx, ctx.settings.keep_outbox_days)
    told = sa.exists().where(outbox.c.prompt_id == prompts.c.id).correlate(prompts)
    heard = sa.exists().where(inbox.c.prompt_id == prompts.c.id).correlate(prompts)
    ended = prompts.c.closed_at.is_not(None) | (
        prompts.c.expires_at.is_not(None) & (prompts.c.expires_at <= ctx.now)
    )
    over = ended & ~told & ~heard
    ids, end = await _walk(ctx, prompts, over, after, prompts.c.created_at, until)
    return await _delete(ctx, prompts, ids, end)


async def _holds(ctx: Context, after: int) -> SweepResult:
    """Delete holds of unverified people, which never became bookings."""
    until = _until(ctx, ctx.settings.keep_holds_days)
    told = sa.exists().where(outbox.c.booking_id == bookings.c.id).correlate(bookings)
    over = sa.and_(
        bookings.c.state == "expired",
        bookings.c.customer_id.is_(None),
        bookings.c.updated_at <= until,
        ~told,
    )
    ids, end = await _walk(ctx, bookings, over, after, bookings.c.created_at, until)
    if ids:
        of_them = booking_events.c.booking_id.in_(ids)
        await ctx.execute(sa.delete(booking_events).where(of_them))
    return await _delete(ctx, bookings, ids, end)


async def _sign_ins(ctx: Context, after: int) -> SweepResult:
    until = _until(ctx, ctx.settings.keep_sign_ins_days)
    over = (auth_sessions.c.ended_at <= until) | (auth_sessions.c.expires_at <= until)
    ids, end = await _walk(ctx, auth_sessions, over, after, auth_sessions.c.created_at, until)
    return await _delete(ctx, auth_sessions, ids, end)


async def _lockouts(ctx: Context, after: int) -> SweepResult:
    until = _until(ctx, ctx.settings.keep_sign_ins_days)
    ids, end = await _walk(ctx, lockouts, lockouts.c.last_at <= until, after)
    return await _delete(ctx, lockouts, ids, end)


async def _audit(ctx: Context, after: int) -> SweepResult:
    """Cut the audit log; the database requires recording until when first."""
    until = _until(ctx, ctx.settings.keep_audit_days)
    ids, end = await _walk(ctx, audit, audit.c.at <= until, after, audit.c.at, until)
    if ids:
        cut = until + timedelta(seconds=1)
        await ctx.execute(
            ctx.insert_ignoring_conflicts(retention_marks, {"name": "audit", "until": cut})
        )
        mine = sa.update(retention_marks).where(
            retention_marks.c.name == "audit", retention_marks.c.until < cut
        )
        await ctx.execute(mine.values(until=cut))
    return await _delete(ctx, audit, ids, end)


_KINDS: dict[str, Callable[[Context, int], Awaitable[SweepResult]]] = {
    "talks": _talks,
    "codes": _codes,
    "inbox": _inbox,
    "outbox": _outbox,
    "prompts": _prompts,
    "holds": _holds,
    "sign-ins": _sign_ins,
    "lockouts": _lockouts,
    "audit": _audit,
}

KINDS = tuple(_KINDS)
"""In the order of deletion: a prompt after the message that showed it."""


async def _walk(
    ctx: Context,
    table: sa.Table,
    over: sa.ColumnElement[bool],
    after: int,
    made: sa.Column[Any] | None = None,
    until: datetime | None = None,
) -> tuple[list[int], int | None]:
    """Return the expired ids of the next batch by id, and where the next batch begins.

    Ids grow with time, so the walk ends at the first batch whose last row was `made` after `until`,
    which saves an index.
    """
    old = sa.true() if made is None else made <= until
    rows = await ctx.all(
        sa.select(table.c.id, over.label("over"), old.label("old"))
        .where(table.c.id > after)
        .order_by(table.c.id)
        .limit(BATCH_SIZE)
    )
    ids = [row.id for row in rows if row.over and row.old]
    more = len(rows) == BATCH_SIZE and rows[-1].old
    return ids, rows[-1].id if more else None


async def _delete(ctx: Context, table: sa.Table, ids: list[int], end: int | None) -> SweepResult:
    if ids:
        await ctx.execute(sa.delete(table).where(table.c.id.in_(ids)))
    return SweepResult(len(ids), end)
