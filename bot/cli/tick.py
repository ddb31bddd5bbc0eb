"""`python -m bot tick`: run due work once and print it, or only preview it.

A preview runs the same code in one transaction and rolls it back. It sends nothing.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn
from urllib.parse import urlsplit

import structlog

from bot.app import App
from bot.cli import outbox
from bot.cli.common import print_line
from bot.engine import turn
from bot.observability import logs
from bot.worker import Worker
from core.bookings import expiry, outcome_questions, reschedule_proposals
from core.bookings.reminders.staff_digest import report_unanswered, send_digests
from core.calendar_sync import external_calendars
from core.clock import FixedClock
from core.db.caches import Caches, Hooks
from core.db.context import Context, split_ids
from core.messaging import unrecognized
from core.messaging.conversations import conversation_addresses
from core.messaging.inbox import unfinished_conversations
from core.messaging.lines import Line, load_lines
from core.messaging.outbox.acknowledge import mark_sent, requeue_expired_leases
from core.messaging.outbox.admin import (
    OutboxFilter,
    due_on_other_lines,
    due_outbox_ids,
    newest_entries,
    newest_outbox_id,
    outbox_ids_after,
)
from core.messaging.outbox.claim import claim_due
from core.privacy import retention
from core.settings import Settings

log = structlog.get_logger(__name__)

WriteLine = Callable[[str], None]

NO_LIMIT = 1_000_000
"""A limit above any real number of due rows: a preview is a single batch."""

_MANY = 500


class _Undone(Exception):
    """Raised to end a preview by rolling it back."""


@dataclass(frozen=True, slots=True)
class _Before:
    """What is due at the start, including conversations with unfinished incomings."""

    newest_outbox_id: int
    due_outbox_ids: list[int]
    overdue: list[expiry.OverdueBooking]
    conversation_ids: list[int]
    calendars: list[external_calendars.PendingCalendar]


async def run_tick(worker: Worker, write: WriteLine) -> None:
    """Run all due work and print it."""
    async with worker.runtime.read_transaction() as ctx:
        before = await _before(ctx)
    counts = await worker.run_due()
    async with worker.runtime.read_transaction() as ctx:
        await _report(ctx, worker, before, counts, write)


async def rehearse_tick(worker: Worker, write: WriteLine) -> None:
    """Print what `tick` would do now, without changing or sending anything."""
    try:
        async with worker.runtime.transaction() as ctx:
            # State cached during a preview is invalid, and other parts must not be notified.
            ctx.caches, ctx.hooks = Caches(), Hooks()
            before = await _before(ctx)
            counts = await _played(ctx, worker, before)
            await _report(ctx, worker, before, counts, write, rehearsed=True)
            _undo()
    except _Undone:
        write("Nothing was changed, and nothing sent.")


def _undo() -> NoReturn:
    raise _Undone


async def _before(ctx: Context) -> _Before:
    return _Before(
        newest_outbox_id=await newest_outbox_id(ctx),
        due_outbox_ids=await due_outbox_ids(ctx),
        overdue=await expiry.overdue_bookings(ctx),
        conversation_ids=await unfinished_conversations(ctx, min_age=timedelta(0), limit=None),
        calendars=await external_calendars.peek_due_calendars(ctx),
    )


async def _played(ctx: Context, worker: Worker, before: _Before) -> dict[str, int]:
    """Do in one transaction what `Worker.run_due` does in many."""
    counts = {"bookings": await expiry.expire_overdue(ctx, limit=NO_LIMIT)}
    counts["visits"] = await reschedule_proposals.expire_proposals(
        ctx
    ) + await outcome_questions.ask_outcomes(ctx)
    # Only which calendars are due: their contents are unknown before they are fetched.
    counts["calendars"] = len(await external_calendars.claim_due_calendars(ctx, limit=NO_LIMIT))
    counts["agendas"] = await report_unanswered(ctx)
    counts["agendas"] += await send_digests(ctx, limit=None)
    counts["turns"] = 0
    for conversation_id in before.conversation_ids:
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
            async with ctx.savepoint():
                found = await turn.run_turn(ctx, conversation_id)
        except Exception:  # whatever a flow raises
            log.exception("turn failed", conversation=conversation_id)
            break
        handled += found > 0
    return handled


async def _served(ctx: Context, worker: Worker) -> list[Line]:
    """Return the lines this installation can send on."""
    ways = worker.sender.channels
    return [one for one in await load_lines(ctx) if (one.transport, one.channel) in ways]


# --- output ----------------------------------------------------------------------------------


async def _report(
    ctx: Context,
    worker: Worker,
    before: _Before,
    counts: dict[str, int],
    write: WriteLine,
    *,
    rehearsed: bool = False,
) -> None:
    now = await expiry.booking_states(ctx, [booking.id for booking in before.overdue])
    for booking in before.overdue:
        # A hold deleted immediately had expired long before.
        write(f"booking  {booking.ref}  {booking.state} -> {now.get(booking.id, 'deleted')}")
    for talk in await conversation_addresses(ctx, before.conversation_ids):
        write(f"turn     {talk.channel} {logs.mask_address(talk.address)}")
    wrong = await external_calendars.last_errors(ctx, [row.id for row in before.calendars])
    for row in before.calendars:
        # The address is secret, its host is not.
        where = f"calendar {row.provider}, at {urlsplit(row.url).hostname}"
        why = "" if rehearsed else wrong.get(row.id, "")
        write(f"{where}  could not be read: {why}" if why else where)
    ids = [*before.due_outbox_ids, *await outbox_ids_after(ctx, before.newest_outbox_id)]
    served = {line.id for line in await _served(ctx, worker)}
    nowhere = await due_on_other_lines(ctx, ids, served)
    for some in split_ids(ids):
        for entry in await newest_entries(ctx, OutboxFilter(tuple(some)), limit=len(some)):
            why = "  (nothing here serves that line)" if entry.id in nowhere else ""
            write(f"message  {outbox.format_row(entry).strip()}{why}")
    for name, count in counts.items():
        write(f"{name}: {count}")


def run(settings: Settings, options: argparse.Namespace) -> None:
    """Run work due at an instant once, or only preview it."""
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
