"""`python -m bot tick`: do what is due and print it, row by row – or only say what would be done.

A rehearsal does all of it in one transaction and rolls that back: it says what the same code does,
not what another thinks it would. Nothing is sent in it.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn
from urllib.parse import urlsplit

import sqlalchemy as sa
import structlog

from bot.app import App
from bot.channels import lines
from bot.cli import outbox
from bot.cli.common import print_line
from bot.engine import turn
from bot.observability import logs
from bot.worker import Worker, unfinished_conversations
from core.bookings import expiry, outcome_questions, reschedule_proposals
from core.bookings.reminders.staff_digest import report_unanswered, send_digests
from core.calendar_sync import external_calendars
from core.clock import FixedClock
from core.db import tables
from core.db.context import Context
from core.messaging import unrecognized
from core.messaging.outbox.acknowledge import mark_sent, requeue_expired_leases
from core.messaging.outbox.admin import OutboxFilter, newest_entries
from core.messaging.outbox.claim import claim_due
from core.privacy import retention
from core.settings import Settings

log = structlog.get_logger(__name__)

WriteLine = Callable[[str], None]

NO_LIMIT = 1_000_000
"""More than is ever due at once: a rehearsal is one batch."""

_MANY = 500


class _Undone(Exception):
    """Ends a rehearsal, so that nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class _Before:
    """What is due as it begins.

    Messages, bookings whose time is over, talks with unread words, calendars elsewhere.
    """

    newest: int
    due: list[int]
    ending: list[sa.Row[tuple[int, str, str]]]
    talks: list[int]
    calendars: list[sa.Row[Any]]


async def run_tick(worker: Worker, write: WriteLine) -> None:
    """Do everything that is due now, and print it."""
    async with worker.runtime.read_transaction() as ctx:
        before = await _before(ctx)
    counts = await worker.run_due()
    async with worker.runtime.read_transaction() as ctx:
        await _report(ctx, worker, before, counts, write)


async def rehearse_tick(worker: Worker, write: WriteLine) -> None:
    """Print what `tick` would do now; change nothing and send nothing."""
    try:
        async with worker.runtime.transaction() as ctx:
            ctx.cache = {}  # what is cached in a rehearsal is not so
            before = await _before(ctx)
            counts = await _played(ctx, worker, before)
            await _report(ctx, worker, before, counts, write, rehearsed=True)
            _undo()
    except _Undone:
        write("Nothing was changed, and nothing sent.")


def _undo() -> NoReturn:
    raise _Undone


async def _before(ctx: Context) -> _Before:
    o, b = tables.outbox.c, tables.bookings.c
    due = sa.select(o.id).where(o.state.in_(("due", "sending")), o.due_at <= ctx.now)
    over = sa.or_(
        sa.and_(b.state == "held", b.held_until <= ctx.now),
        sa.and_(b.state == "pending", b.starts_at <= ctx.now),
    )
    return _Before(
        await ctx.scalar(sa.select(sa.func.coalesce(sa.func.max(o.id), 0))),
        [row.id for row in await ctx.all(due.order_by(o.id))],
        list(await ctx.all(sa.select(b.id, b.ref, b.state).where(over).order_by(b.id))),
        await unfinished_conversations(ctx, timedelta(0), limit=None),
        await external_calendars.peek_due_calendars(ctx),
    )


async def _played(ctx: Context, worker: Worker, before: _Before) -> dict[str, int]:
    """Do in this transaction what `Worker.run_due` does in many."""
    counts = {"bookings": await expiry.expire_overdue(ctx, limit=NO_LIMIT)}
    counts["visits"] = await reschedule_proposals.expire_proposals(
        ctx
    ) + await outcome_questions.ask_outcomes(ctx)
    # Only which: what stands in them nobody knows before they are fetched.
    counts["calendars"] = len(await external_calendars.claim_due_calendars(ctx, limit=NO_LIMIT))
    counts["agendas"] = await report_unanswered(ctx)
    counts["agendas"] += await send_digests(ctx, limit=None)
    counts["turns"] = 0
    for conversation_id in before.talks:
        counts["turns"] += await _turns(ctx, conversation_id)
    await requeue_expired_leases(ctx)
    counts["outbox"] = 0
    served = {line.id for line in await _served(ctx, worker)}
    while served and (rows := await claim_due(ctx, limit=_MANY, line_ids=served)):
        for row in rows:
            await mark_sent(ctx, row.id, row.lease)
        counts["outbox"] += len(rows)
    await unrecognized.delete_expired(ctx)
    for kind in retention.KINDS:
        count, after = 0, 0
        while True:
            swept = await retention.sweep_batch(ctx, kind, after)
            count += swept.count
            if swept.next_after_id is None:
                break
            after = swept.next_after_id
        counts[f"old {kind}"] = count
    return counts


async def _turns(ctx: Context, conversation_id: int) -> int:
    handled, found = 0, turn.MORE_WAITING
    while found == turn.MORE_WAITING:
        try:
            async with ctx.connection.begin_nested():
                found = await turn.run_turn(ctx, conversation_id)
        except Exception:  # whatever a flow raises
            log.exception("turn failed", conversation=conversation_id)
            break
        handled += found > 0
    return handled


async def _served(ctx: Context, worker: Worker) -> list[lines.Line]:
    """Return the lines this installation has a way out to."""
    ways = worker.sender.channels
    return [one for one in await lines.load_lines(ctx) if (one.transport, one.channel) in ways]


# ------------------------------------------------------------------------------------ in print


async def _report(
    ctx: Context,
    worker: Worker,
    before: _Before,
    counts: dict[str, int],
    write: WriteLine,
    *,
    rehearsed: bool = False,
) -> None:
    b, c, o = tables.bookings.c, tables.conversations.c, tables.outbox.c
    now = {
        row.id: row.state
        for some in _some(row.id for row in before.ending)
        for row in await ctx.all(sa.select(b.id, b.state).where(b.id.in_(some)))
    }
    for row in before.ending:
        # A hold that was deleted at once had been over for long.
        write(f"booking  {row.ref}  {row.state} -> {now.get(row.id, 'deleted')}")
    for some in _some(before.talks):
        talks = sa.select(c.id, c.address, tables.lines.c.channel).join_from(
            tables.conversations, tables.lines, tables.lines.c.id == c.line_id
        )
        for row in await ctx.all(talks.where(c.id.in_(some)).order_by(c.id)):
            write(f"turn     {row.channel} {logs.mask_address(row.address)}")
    wrong = await external_calendars.last_errors(ctx, [row.id for row in before.calendars])
    for row in before.calendars:
        # The address is a secret, where it leads is not.
        where = f"calendar {row.provider}, at {urlsplit(row.url).hostname}"
        why = "" if rehearsed else wrong.get(row.id, "")
        write(f"{where}  could not be read: {why}" if why else where)
    new = await ctx.all(sa.select(o.id).where(o.id > before.newest).order_by(o.id))
    served = {line.id for line in await _served(ctx, worker)}
    unserved = sa.select(o.id).join_from(tables.outbox, tables.conversations)
    for some in _some([*before.due, *(row.id for row in new)]):
        away = await ctx.all(
            unserved.where(o.id.in_(some), o.state == "due", c.line_id.not_in(served))
        )
        nowhere = {row.id for row in away}
        for entry in await newest_entries(ctx, OutboxFilter(tuple(some)), limit=len(some)):
            why = "  (nothing here serves that line)" if entry.id in nowhere else ""
            write(f"message  {outbox.format_row(entry).strip()}{why}")
    for name, count in counts.items():
        write(f"{name}: {count}")


def _some(ids: Iterable[int]) -> list[list[int]]:
    every = list(ids)
    return [every[at : at + _MANY] for at in range(0, len(every), _MANY)]


def run(settings: Settings, options: argparse.Namespace) -> None:
    """Do once what is due at an instant, or only say it."""
    logs.configure_logging(settings, quiet=True)
    app = App.open(settings, FixedClock.at(options.at))
    do = rehearse_tick if options.dry_run else run_tick

    async def tick() -> None:
        try:
            await app.runtime.ensure_ready()
            await do(app.worker, print_line)
        finally:
            await app.stop()

    asyncio.run(tick())
