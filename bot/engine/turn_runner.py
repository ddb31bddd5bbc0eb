"""Turns run in the background: after a receipt was acknowledged, and when a tick resumes them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog

from bot.engine import turn
from core.db.runtime import Runtime

log = structlog.get_logger(__name__)

MAX_CONCURRENT_TURNS = 8
"""Conversations worked on at the same time: fewer than there are connections."""


@dataclass(slots=True, eq=False)
class TurnRunner:
    """Works off the inbox of conversations, each by one task at a time."""

    runtime: Runtime
    _free: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(MAX_CONCURRENT_TURNS)
    )
    _tasks: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    _again: set[int] = field(default_factory=set)

    def begin_turns(self, conversation_id: int) -> None:
        """Handle what is unfinished in a conversation, soon; also what comes meanwhile."""
        if conversation_id in self._tasks:
            self._again.add(conversation_id)
            return
        context = structlog.contextvars.get_contextvars()
        self._tasks[conversation_id] = asyncio.create_task(self._work(conversation_id, context))

    async def wait_until_idle(self) -> None:
        """Wait until nothing is in hand."""
        while self._tasks:
            await asyncio.wait(self._tasks.values())

    async def stop(self, seconds: float) -> None:
        """Finish what is in hand, for at most `seconds`; the rest stays in the inbox."""
        self._again.clear()
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks.values(), timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        self._tasks.clear()  # one that never began cannot do so itself

    async def _work(self, conversation_id: int, context: dict[str, object]) -> None:
        try:
            async with self._free:
                # Begun by another's turn, the context names that one's conversation.
                named = {**context, "conversation": conversation_id}
                with structlog.contextvars.bound_contextvars(**named):
                    await self._until_done(conversation_id)
        finally:
            # Here and not by a callback of the task's end: what comes between the last look and
            # the callback would find us at work, and wake nobody.
            self._tasks.pop(conversation_id, None)

    async def _until_done(self, conversation_id: int) -> None:
        while True:
            self._again.discard(conversation_id)
            try:
                await turn.run_pending_turns(self.runtime, conversation_id)
            except Exception:
                # The database is away, say. The row stays; a tick takes it up again.
                log.exception("turns.failed")
                return
            if conversation_id not in self._again:
                return
