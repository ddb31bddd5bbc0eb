"""Delivery of outbox messages, directly after a commit and when a tick finds them due."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import structlog

from bot.channels.base import Channels, NeedsConfig, RateLimited, SendResult
from bot.delivery.ack_batcher import AckBatcher
from bot.delivery.circuit_breaker import LineBreaker
from bot.delivery.render_outgoing import attach_calendar, render_outgoing
from bot.observability import metrics
from bot.rendering import sms_segments
from bot.rendering.render import RenderedMessage
from core.db.context import Context
from core.db.runtime import DATABASE_ERRORS, Runtime
from core.errors import DeliveryFailed
from core.messaging.lines import load_lines
from core.messaging.outbox.acknowledge import (
    MAX_ATTEMPTS,
    MAX_UNCERTAIN_ATTEMPTS,
    SentMessage,
    mark_failed,
    release_lease,
)
from core.messaging.outbox.claim import Outgoing, claim_due
from core.messaging.outbox.delivery_status import UNKNOWN_STATUS, record_opt_out

log = structlog.get_logger(__name__)

MAX_CONCURRENT_SENDS = 400
"""Maximum messages in flight; at most one per conversation and queue."""

MAX_PER_LINE = 200
"""Messages in flight on one line above which other lines are claimed first.

A slow provider then delays only its own lines.
"""

FULL_PAUSE_SECONDS = 0.005
"""Seconds between claims in a burst, so that each claim finds more than one free place."""

LATE_AFTER = timedelta(minutes=5)
"""Delay after which a reminder is counted as late."""

CLAIM_BATCH = 75
"""Rows claimed by one statement."""


@dataclass(slots=True, eq=False)
class OutboxSender:
    """Sends outbox rows of the lines whose (transport, channel) is available in this process.

    Rows are claimed by lease in order per conversation and queue, rendered just before sending, and
    marked in batches. Only the database is awaited within a transaction.
    """

    runtime: Runtime
    channels: Channels
    breaker: LineBreaker = field(init=False)
    _ack_batcher: AckBatcher = field(init=False)
    _lines: frozenset[int] = frozenset()
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _in_hand: dict[asyncio.Task[bool], Outgoing] = field(default_factory=dict)
    _loop: asyncio.Task[None] | None = None
    _suspect: asyncio.Task[bool] | None = None
    _look_for_suspects: bool = True
    _claiming: bool = False
    _full: bool = False
    _stopping: bool = False

    def __post_init__(self) -> None:
        """Initialize with every line active."""
        self.breaker = LineBreaker(self.runtime.clock)
        self._ack_batcher = AckBatcher(self.runtime)
        # Called after the commit of the check that precedes sending.
        self.runtime.hooks.message_dropped = _dropped

    async def start(self) -> None:
        """Start delivering rows that are due and those that later commits add."""
        await self.refresh_lines()
        self.runtime.hooks.wake_sender = self.wake
        self._loop = asyncio.create_task(self._deliver(), name="delivery")
        self.wake()

    def wake(self) -> None:
        """Check the outbox soon; repeated calls result in one check."""
        self._woken.set()

    def wake_for_suspects(self) -> None:
        """Check the outbox soon, including rows left by a sender that disappeared."""
        self._look_for_suspects = True
        self.wake()

    async def refresh_lines(self) -> None:
        """Reload the lines to serve and the data channels keep in the database.

        Lines may be added at any time.
        """
        async with self.runtime.read_transaction() as ctx:
            ours = [
                line.id
                for line in await load_lines(ctx)
                if (line.transport, line.channel) in self.channels
            ]
            for channel in self.channels.values():
                if isinstance(channel, NeedsConfig):
                    await channel.load_config(ctx)
        self._lines = frozenset(ours)

    async def stop(self, seconds: float) -> None:
        """Stop claiming and wait at most `seconds` for messages in flight."""
        self.runtime.hooks.wake_sender = None
        self._stopping = True
        self.wake()
        if self._loop is not None:
            # Not cancelled: between claiming and sending that would leave rows leased.
            await asyncio.wait({self._loop}, timeout=seconds / 2)
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
        if self._in_hand:
            _, late = await asyncio.wait(self._in_hand, timeout=seconds)
            for task in late:
                # Its lease expires, after which the row is sent again.
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._ack_batcher.wait_until_idle()

    async def wait_until_idle(self) -> None:
        """Wait until nothing is due or in flight, as far as this process has been notified."""
        # Polls three conditions; used only by stop and by tests.
        while self._busy():  # noqa: ASYNC110
            await asyncio.sleep(0.001)

    async def drain(self, conversation_id: int | None = None) -> int:
        """Deliver everything due, or one conversation's rows.

        Return the number of rows attempted.
        """
        await self.refresh_lines()
        tried, more = 0, True
        while more:
            suspects: list[Outgoing] = []
            if conversation_id is None:
                rows = await self._claim(CLAIM_BATCH)
                suspects = [] if rows else await self._claim_suspect()
                rows += suspects
            else:
                claim = partial(
                    _claim_all, {"limit": CLAIM_BATCH, "conversation_id": conversation_id}
                )
                rows = await self.runtime.run(claim)
            waited = await asyncio.gather(*(self._send(row) for row in rows))
            more = any(waited) or len(rows) >= CLAIM_BATCH or bool(suspects)
            tried += len(rows)
        return tried

    def _busy(self) -> bool:
        pending = self._woken.is_set() or self._claiming or bool(self._in_hand)
        return self._loop is not None and pending

    # --- the loop -----------------------------------------------------------------------------

    async def _deliver(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            if self._stopping:
                return
            free = min(CLAIM_BATCH, MAX_CONCURRENT_SENDS - len(self._in_hand))
            self._full = free <= 0
            if self._full:
                continue  # whoever finishes wakes us
            # Set before the claim: a task finishing meanwhile would not see us as full and wake
            # nobody.
            crowded = self._crowded()
            self._claiming = True
            suspects: list[Outgoing] = []
            try:
                rows = await self._claim(free, crowded)
                if self._look_for_suspects and self._suspect is None:
                    suspects = await self._claim_suspect()
                    self._look_for_suspects = bool(suspects)
            except DATABASE_ERRORS:
                log.exception("delivery.claim_failed")
                continue  # the tick wakes us again
            finally:
                self._claiming = False
            self._full = len(rows) >= free or bool(crowded)
            for row in [*rows, *suspects]:
                task = asyncio.create_task(self._send(row))
                self._in_hand[task] = row
                task.add_done_callback(self._done)
                if row in suspects:
                    self._suspect = task
            if self._full:
                await asyncio.sleep(FULL_PAUSE_SECONDS)

    def _done(self, task: asyncio.Task[bool]) -> None:
        self._in_hand.pop(task)
        again = self._full
        if task is self._suspect:
            self._suspect, again = None, True
        if task.cancelled():
            return
        if task.exception() is not None:
            log.error("delivery.failed", exc_info=task.exception())
        if again or task.exception() is not None or task.result():
            self.wake()

    async def _claim(self, limit: int, crowded: Collection[int] = ()) -> list[Outgoing]:
        """Claim due rows on active lines and one probe message per recovering line."""
        lines = self.breaker.claimable_lines(self._lines, crowded)
        rows: list[Outgoing] = []
        if lines.replies_only:
            rows = await self._claim_of(limit, lines.all_queues, lines.replies_only)
        for line in lines.probes:
            found = await self._claim_of(1, [line], [line])
            if found:
                self.breaker.begin_probe(line)
            rows += found
        return rows

    def _crowded(self) -> list[int]:
        """Return the lines that have reached their share of messages in flight."""
        many = Counter(row.line_id for row in self._in_hand.values())
        return [line for line, count in many.items() if count >= MAX_PER_LINE]

    async def _claim_suspect(self) -> list[Outgoing]:
        """Claim one row of a vanished sender by itself, in case the row caused the crash."""
        lines = self.breaker.claimable_lines(self._lines).replies_only
        return await self._claim_of(1, lines, lines, suspect=True) if lines else []

    async def _claim_of(
        self, limit: int, lines: Collection[int], answers: Collection[int], *, suspect: bool = False
    ) -> list[Outgoing]:
        how = {"line_ids": lines, "answer_line_ids": answers, "limit": limit, "suspect": suspect}
        return await self.runtime.run(partial(_claim_all, how))

    # --- single messages ------------------------------------------------------------------------

    async def _send(self, row: Outgoing) -> bool:
        """Send one message and mark it; return whether another may have waited for it."""
        with structlog.contextvars.bound_contextvars(
            conversation=row.conversation_id, outbox=row.id
        ):
            channel = self.channels[row.transport, row.channel]
            try:
                rendered = render_outgoing(row, channel)
                if row.provider_message_id:
                    # It had arrived although the connection was lost before the confirmation.
                    sent = SendResult(row.provider_message_id, row.provider_status)
                else:
                    if (
                        row.message.key == "calendar_file"
                        and channel.capabilities.can_send_document
                    ):
                        rendered = await attach_calendar(self.runtime, row, rendered)
                    with metrics.SEND_SECONDS.labels(row.channel).time():
                        sent = await channel.send(row, rendered)
            except RateLimited as full:
                metrics.RATE_FULL.labels(row.channel).inc()
                await self.runtime.run(partial(_release, row))
                self._rest(row, full.seconds)
                return False
            except DeliveryFailed as failed:
                await self._failed(row, failed)
            except Exception as error:
                # A rendering error or a channel bug: retried, then raised as an alarm.
                log.exception("delivery.error")
                broken = DeliveryFailed(reason=type(error).__name__)
                metrics.count_failure(row.transport, type(error).__name__)
                await self.runtime.run(partial(_mark_failed, row, broken))
            else:
                self.breaker.record_success(row.line_id)
                return await self._sent(row, rendered, sent)
            return True

    async def _sent(self, row: Outgoing, rendered: RenderedMessage, sent: SendResult) -> bool:
        sms = self.channels[row.transport, row.channel].capabilities.prefers_gsm
        done = SentMessage(
            row.id,
            row.lease,
            sent.provider_message_id,
            sent.status,
            rendered.text,
            sent.segments or rendered.segments,
            sms_segments.sms_encoding(rendered.text) if sms else "",
        )
        more = await self._ack_batcher.acknowledge(done)
        if sent.status == UNKNOWN_STATUS:
            metrics.count_failure(row.transport, "unconfirmed")
        self._count(row, done)
        log.info(
            "delivery.sent",
            to=row.address,
            kind=row.kind,
            queue=row.queue,
            provider_message_id=sent.provider_message_id,
            marked=more is not None,
        )
        return more is not False

    def _count(self, row: Outgoing, done: SentMessage) -> None:
        metrics.SENT.labels(row.channel, row.queue).inc()
        if done.sms_encoding:
            metrics.SEGMENTS.labels(done.sms_encoding).inc(done.segments)
        if row.queue == "reminder":
            late = self.runtime.clock.now() - row.due_at > LATE_AFTER
            metrics.REMINDERS.labels("late" if late else "sent").inc()

    async def _failed(self, row: Outgoing, failed: DeliveryFailed) -> None:
        """Mark a failure and pause the line if the failure is the line's."""
        metrics.count_failure(row.transport, metrics.error_label(failed.params))
        wait, counts, attempts = failed.retry_after, True, MAX_ATTEMPTS
        if failed.params.get("away") or failed.params.get("uncertain"):
            rest = self.breaker.record_failure(row.line_id)
            if failed.params.get("uncertain"):
                attempts = MAX_UNCERTAIN_ATTEMPTS
            elif failed.params.get("line") or self.breaker.is_open(row.line_id):
                counts, wait = False, wait or rest or 1
            if rest:
                self._wake_in(rest)
        else:
            self.breaker.record_success(row.line_id)
        if failed.params.get("line"):
            self._rest(row, wait or 1, queue="reply")
        mark = partial(_mark_failed, row, failed, wait=wait, counts=counts, attempts=attempts)
        await self.runtime.run(mark)
        if wait is not None:
            # Earlier than the next tick; due times are in whole seconds.
            self._wake_in(wait + 1)

    def _rest(self, row: Outgoing, seconds: float, queue: str | None = None) -> None:
        whole = max(1, math.ceil(seconds))
        self.breaker.throttle(row.line_id, queue or row.queue, whole)
        self._wake_in(whole)

    def _wake_in(self, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self.wake)


def _dropped(queue: str) -> None:
    if queue == "reminder":
        metrics.REMINDERS.labels("dropped").inc()


async def _claim_all(how: Mapping[str, Any], ctx: Context) -> list[Outgoing]:
    return await claim_due(ctx, starting=True, **how)


async def _release(row: Outgoing, ctx: Context) -> None:
    await release_lease(ctx, row.id, row.lease)


async def _mark_failed(
    row: Outgoing,
    failed: DeliveryFailed,
    ctx: Context,
    *,
    wait: float | None = None,
    counts: bool = True,
    attempts: int = MAX_ATTEMPTS,
) -> None:
    reason = str(failed.params.get("reason", ""))
    if failed.params.get("opted_out"):
        # The network reported the opt-out before the person did; only answers are sent there now.
        await record_opt_out(ctx, row.conversation_id, how="refused", wording=reason)
    state = await mark_failed(
        ctx,
        row.id,
        row.lease,
        error=reason,
        permanent=failed.permanent,
        retry_after=wait,
        unreachable=bool(failed.params.get("unreachable")),
        why=str(failed.params.get("why", "")),
        counts=counts,
        attempts=attempts,
    )
    log.warning(
        "delivery.refused",
        to=row.address,
        kind=row.kind,
        reason=reason,
        attempt=row.attempts,
        state=state,
    )
