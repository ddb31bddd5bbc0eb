"""Marking of sent messages in batches.

While one transaction marks a batch, further messages wait for the next one. A single message is
marked as soon as it is sent, and a thousand per second take a few dozen transactions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import structlog

from core.db.context import Context
from core.db.runtime import Runtime
from core.messaging.outbox.acknowledge import SentMessage, mark_sent_batch

log = structlog.get_logger(__name__)

MAX_BATCH = 200
"""Maximum marks in one transaction."""

PendingAck = tuple[SentMessage, asyncio.Future[bool | None]]


@dataclass(slots=True, eq=False)
class AckBatcher:
    """Sent messages that are waiting to be marked."""

    runtime: Runtime
    _waiting: list[PendingAck] = field(default_factory=list)
    _at_work: asyncio.Task[None] | None = None

    async def acknowledge(self, done: SentMessage) -> bool | None:
        """Mark a row; return whether more rows wait behind it, or None if its lease was lost."""
        answer: asyncio.Future[bool | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((done, answer))
        if self._at_work is None:
            self._at_work = asyncio.create_task(self._work())
        return await answer

    async def wait_until_idle(self) -> None:
        """Wait until no marks are pending."""
        while self._at_work is not None:
            await asyncio.wait({self._at_work})

    async def _work(self) -> None:
        try:
            while self._waiting:
                those, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
                await self._mark(those)
        finally:
            self._at_work = None

    async def _mark(self, those: Sequence[PendingAck]) -> None:
        try:
            marked = await self.runtime.run(partial(_finish, [done for done, _ in those]))
        except Exception as error:
            if len(those) > 1:
                # One mark failed; the other messages must not be sent again because of it.
                for one in those:
                    await self._mark([one])
                return
            log.exception("delivery.mark_failed", outbox=those[0][0].row_id)
            if not those[0][1].done():
                those[0][1].set_exception(error)
            return
        for done, answer in those:
            if not answer.done():  # its sender was cancelled, and the mark stands all the same
                answer.set_result(marked.get(done.row_id))


async def _finish(those: Sequence[SentMessage], ctx: Context) -> dict[int, bool]:
    return await mark_sent_batch(ctx, those)
