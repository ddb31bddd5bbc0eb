"""Deliver what stands in the outbox: at once after a commit, and whatever a tick finds due."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from functools import partial

import sqlalchemy as sa
import structlog

from bot import lines
from bot.channels.base import Channel, Channels, Learning, Sent
from bot.channels.contents import facts
from bot.files import calendar_file
from bot.rendering import Content, Prompt, Rendered, render
from bot.texts import WORDING
from core import outbox
from core.context import Context
from core.errors import DeliveryFailed
from core.messages import decode
from core.outbox import Outgoing
from core.runtime import Runtime

log = structlog.get_logger(__name__)

AT_ONCE = 20
"""Messages on their way at the same time; of one conversation and lane it is one anyway."""


@dataclass(slots=True, eq=False)
class Delivery:
    """The one who sends. It serves the lines whose (transport, channel) has a way out here.

    Rows are claimed by lease in order per conversation and lane, rendered in the moment they
    are sent, and marked one by one. Nothing but the database is awaited in a transaction.
    """

    runtime: Runtime
    channels: Channels
    _lines: frozenset[int] = frozenset()
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _in_hand: set[asyncio.Task[bool]] = field(default_factory=set)
    _loop: asyncio.Task[None] | None = None
    _claiming: bool = False
    _full: bool = False
    _stopping: bool = False

    async def start(self) -> None:
        """Begin to deliver: what is due now, and then whatever a commit puts there."""
        await self.learn_lines()
        self.runtime.cache["wake"] = self.wake
        self._loop = asyncio.create_task(self._deliver(), name="delivery")
        self.wake()

    def wake(self) -> None:
        """Look at the outbox soon; several calls until then are one look."""
        self._woken.set()

    async def learn_lines(self) -> None:
        """Find out which lines there are to serve, and what channels need to know of them.

        Lines may be added at any time.
        """
        async with self.runtime.reading() as ctx:
            ours = [
                line.id
                for line in await lines.load(ctx)
                if (line.transport, line.channel) in self.channels
            ]
            for channel in self.channels.values():
                if isinstance(channel, Learning):
                    await channel.learn(ctx)
        self._lines = frozenset(ours)

    async def stop(self, seconds: float) -> None:
        """Claim no more, and let what is on its way arrive, for at most `seconds`."""
        self.runtime.cache.pop("wake", None)
        self._stopping = True
        self.wake()
        if self._loop is not None:
            # Not cancelled: between claiming and sending it would leave rows leased.
            await asyncio.wait({self._loop}, timeout=seconds / 2)
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
        if self._in_hand:
            _, late = await asyncio.wait(self._in_hand, timeout=seconds)
            for task in late:
                # Its lease runs out, and somebody sends it again.
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def idle(self) -> None:
        """Wait until nothing is due and nothing in hand, as far as this process was woken."""
        # Three things to wait for at once, and only a stop and tests do.
        while self._busy():  # noqa: ASYNC110
            await asyncio.sleep(0.001)

    async def drain(self, conversation_id: int | None = None) -> int:
        """Deliver all that is due, or all of one conversation; return how many rows were tried."""
        await self.learn_lines()
        tried, more = 0, True
        while more:
            rows = await self._claim(AT_ONCE, conversation_id)
            waited = await asyncio.gather(*(self._send(row) for row in rows))
            more = any(waited) or len(rows) == AT_ONCE
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
            free = AT_ONCE - len(self._in_hand)
            self._full = free <= 0
            if self._full:
                continue  # whoever finishes wakes us
            self._claiming = True
            try:
                rows = await self._claim(free)
            except sa.exc.SQLAlchemyError:
                log.exception("delivery.claim_failed")
                continue  # the tick wakes us again
            finally:
                self._claiming = False
            self._full = len(rows) == free
            for row in rows:
                task = asyncio.create_task(self._send(row))
                self._in_hand.add(task)
                task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[bool]) -> None:
        self._in_hand.discard(task)
        if task.cancelled():
            return
        if task.exception() is not None:
            log.error("delivery.failed", exc_info=task.exception())
        if self._full or task.exception() is not None or task.result():
            self.wake()

    async def _claim(self, limit: int, conversation_id: int | None = None) -> list[Outgoing]:
        if not self._lines:
            return []
        claim = partial(_claim_all, limit, self._lines, conversation_id)
        return await self.runtime.run(claim)

    # --- one message ----------------------------------------------------------------------------

    async def _send(self, row: Outgoing) -> bool:
        """Send one message and mark it; return whether another may have waited for it."""
        with structlog.contextvars.bound_contextvars(
            conversation=row.conversation_id, outbox=row.id
        ):
            channel = self.channels[row.transport, row.channel]
            try:
                rendered = rendering(row, channel)
                if row.provider_id:
                    # It had arrived, though the connection was cut before we could know.
                    sent = Sent(row.provider_id, row.provider_status)
                else:
                    if row.say.key == "calendar_file" and channel.capabilities.document:
                        rendered = await self._with_calendar(row, rendered)
                    sent = await channel.send(row, rendered)
            except DeliveryFailed as failed:
                await self.runtime.run(partial(_mark_failed, row, failed))
                if failed.retry_after is not None:
                    # Sooner than the next tick; due dates are whole seconds.
                    later = asyncio.get_running_loop().call_later
                    later(failed.retry_after + 1, self.wake)
            except Exception as error:
                # A text that cannot be rendered, a bug of a channel: tried again, then an alarm.
                log.exception("delivery.error")
                broken = DeliveryFailed(reason=type(error).__name__)
                await self.runtime.run(partial(_mark_failed, row, broken))
            else:
                return await self.runtime.run(partial(_mark_sent, row, rendered, sent))
            return True

    async def _with_calendar(self, row: Outgoing, rendered: Rendered) -> Rendered:
        """Return it with the calendar file of its booking as that is in this moment."""
        assert row.booking_id is not None
        async with self.runtime.reading() as ctx:
            file = await calendar_file(ctx, row.booking_id, row.language or "en")
        return replace(rendered, shape="document", document=file)


def rendering(row: Outgoing, channel: Channel) -> Rendered:
    """Write a claimed row in its conversation's language, by its shop's country."""
    prompt = None
    if row.prompt_id:
        prompt = Prompt(row.prompt_id, row.options, row.base, row.layout)
    locale = "_".join(filter(None, (row.language or "en", row.country)))
    rendered = render(
        row.say,
        prompt,
        channel.capabilities,
        WORDING,
        locale,
        done=decode(row.living.get("done", [])),
        above=bool(row.living.get("in_place") and row.living.get("above")),
    )
    if row.template:
        filled = facts(row.say, rendered.options, WORDING, locale)
        rendered = replace(rendered, content=Content(row.template, filled))
    return rendered


async def _claim_all(
    limit: int, line_ids: frozenset[int], conversation_id: int | None, ctx: Context
) -> list[Outgoing]:
    return await outbox.claim_due(
        ctx, limit=limit, line_ids=line_ids, conversation_id=conversation_id, starting=True
    )


async def _mark_sent(row: Outgoing, rendered: Rendered, sent: Sent, ctx: Context) -> bool:
    marked, more = await outbox.finish(
        ctx,
        row.id,
        row.lease,
        provider_id=sent.provider_id,
        provider_status=sent.status,
        body=rendered.text,
        segments=sent.segments or rendered.segments,
    )
    log.info(
        "delivery.sent",
        to=row.address,
        kind=row.kind,
        lane=row.lane,
        provider_id=sent.provider_id,
        marked=marked,
    )
    return more


async def _mark_failed(row: Outgoing, failed: DeliveryFailed, ctx: Context) -> None:
    reason = str(failed.params.get("reason", ""))
    if failed.params.get("opted_out"):
        # Their network told ours before they told us; nothing but answers goes there now.
        await outbox.opted_out(ctx, row.conversation_id, how="refused", wording=reason)
    state = await outbox.mark_failed(
        ctx,
        row.id,
        row.lease,
        error=reason,
        permanent=failed.permanent,
        retry_after=failed.retry_after,
        unreachable=bool(failed.params.get("unreachable")),
        why=str(failed.params.get("why", "")),
    )
    log.warning(
        "delivery.refused",
        to=row.address,
        kind=row.kind,
        reason=reason,
        attempt=row.attempts,
        state=state,
    )
