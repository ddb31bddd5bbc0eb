"""Background execution of turns, after an acknowledged receipt or when the worker resumes them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog

from bot.engine import turn
from core.db.runtime import Runtime

log = structlog.get_logger(__name__)

MAX_CONCURRENT_TURNS = 8
"""Conversations processed concurrently; lower than the size of the connection pool."""


@dataclass(slots=True, eq=False)
class TurnRunner:
    """Processes the inboxes of conversations, with at most one task per conversation."""

    runtime: Runtime
    _free: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(MAX_CONCURRENT_TURNS)
    )
    _tasks: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    _again: set[int] = field(default_factory=set)

    def begin_turns(self, conversation_id: int) -> None:
        """Schedule the unfinished incomings of a conversation and those arriving meanwhile."""
        if conversation_id in self._tasks:
            self._again.add(conversation_id)
            return
        context = structlog.contextvars.get_contextvars()
        self._tasks[conversation_id] = asyncio.create_task(self._work(conversation_id, context))

    async def wait_until_idle(self) -> None:
        """Wait until no task is running."""
        while self._tasks:
            await asyncio.wait(self._tasks.values())

    async def stop(self, seconds: float) -> None:
        """Let running tasks finish within `seconds`; the remaining incomings stay in the inbox."""
        self._again.clear()
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks.values(), timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        self._tasks.clear()  # a task that never started cannot remove itself

    async def _work(self, conversation_id: int, context: dict[str, object]) -> None:
        try:
            async with self._free:
                # If another turn scheduled this one, the inherited context names the wrong
                # conversation.
                named = {**context, "conversation": conversation_id}
                with structlog.contextvars.bound_contextvars(**named):
                    await self._until_done(conversation_id)
        finally:
            # Removed here and not in a done callback: a request between the last check and the
            # callback would find the task still registered and start nothing.
            self._tasks.pop(conversation_id, None)

    async def _until_done(self, conversation_id: int) -> None:
        while True:
            self._again.discard(conversation_id)
            try:
                await turn.run_pending_turns(self.runtime, conversation_id)
            except Exception:
                # For example, the database is unavailable. The row stays and the worker resumes it
                # later.
                log.exception("turns.failed")
                return
            if conversation_id not in self._again:
                return
