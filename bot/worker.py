"""Scheduled work: unfinished turns, due messages, expired holds, digests, calendars, retention.

APScheduler only triggers the jobs. Due work is stored in tables and claimed row by row, so any
number of workers may run at once and a missed tick loses nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from bot.delivery.sender import OutboxSender
from bot.engine import turn
from bot.engine.turn_runner import TurnRunner
from core.bookings import expiry, outcome_questions, reschedule_proposals
from core.bookings.reminders.staff_digest import report_unanswered, send_digests
from core.calendar_sync import external_calendars
from core.calendar_sync.safe_fetch import Fetcher, FetchError
from core.db.runtime import Runtime
from core.messaging import unrecognized
from core.messaging.inbox import unfinished_conversations
from core.messaging.outbox.acknowledge import requeue_expired_leases
from core.privacy import retention
from core.reporting import gauges

if TYPE_CHECKING:
    from core.calendar_sync.ical_process import BusyReader

log = structlog.get_logger(__name__)

UNFINISHED_AFTER = timedelta(seconds=3)
"""Age from which an incoming is resumed; younger ones are still being processed."""

EXPIRY_BATCH = 200


@dataclass(slots=True, eq=False)
class Worker:
    """Runs each job at its own interval, never twice at once within a process."""

    runtime: Runtime
    sender: OutboxSender
    turn_runner: TurnRunner
    fetch: Callable[[str, datetime], Awaitable[bytes]] = field(default_factory=Fetcher)
    _read_busy: BusyReader | None = None
    _scheduler: Any = None
    _running: set[asyncio.Task[Any]] = field(default_factory=set)

    @property
    def jobs(self) -> dict[str, tuple[float, Callable[[], Awaitable[int]]]]:
        """The jobs by name: seconds between ticks, and a function returning the rows processed."""
        return {
            "alive": (10, self.heartbeat),
            "turns": (2, self.resume_turns),
            "outbox": (5, self.deliver_due),
            "bookings": (10, self.expire_overdue),
            "visits": (60, self.ask_outcomes),
            "agendas": (60, self.send_digests),
            "calendars": (30, self.refresh_calendars),
            "retention": (3600, self.purge_expired),
        }

    def start(self) -> None:
        """Start the scheduler."""
        from apscheduler.schedulers.asyncio import AsyncIOScheduler

        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "misfire_grace_time": None}
        )
        for name, (seconds, job) in self.jobs.items():
            self._scheduler.add_job(self._tick, "interval", (name, job), seconds=seconds, id=name)
        self._scheduler.start()

    async def stop(self, seconds: float) -> None:
        """Stop the scheduler and wait at most `seconds` for running jobs."""
        if self._scheduler is not None:
            self._scheduler.pause()
            if self._running:
                await asyncio.wait(self._running, timeout=seconds)
            self._scheduler.shutdown(wait=False)
            self._scheduler = None

    async def _tick(self, name: str, job: Callable[[], Awaitable[int]]) -> None:
        with self._counted():
            try:
                count = await job()
            except Exception:
                log.exception("worker.failed", job=name)
            else:
                if count:
                    log.info("worker.did", job=name, count=count)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            yield
        finally:
            self._running.discard(task)

    # --- jobs ---------------------------------------------------------------------------------

    async def heartbeat(self) -> int:
        """Record that a worker is alive, which `/health/ready` checks."""
        await self.runtime.run(gauges.record_heartbeat)
        return 0

    async def resume_turns(self) -> int:
        """Resume unfinished turns, in order within a conversation."""
        async with self.runtime.read_transaction() as ctx:
            left = await unfinished_conversations(ctx, min_age=UNFINISHED_AFTER, limit=EXPIRY_BATCH)
        for conversation_id in left:
            self.turn_runner.begin_turns(conversation_id)
        return len(left)

    async def deliver_due(self) -> int:
        """Send due messages: scheduled ones, retries, and those whose sender disappeared."""
        await self.sender.refresh_lines()
        count = await self.runtime.run(requeue_expired_leases)
        self.sender.wake_for_suspects()
        return count

    async def expire_overdue(self) -> int:
        """Expire overdue holds and unanswered booking requests."""
        total = 0
        while count := await self.runtime.run(
            lambda ctx: expiry.expire_overdue(ctx, limit=EXPIRY_BATCH)
        ):
            total += count
        return total

    async def ask_outcomes(self) -> int:
        """Expire unanswered proposals and ask staff for missing outcomes of past visits."""
        lapsed = await self.runtime.run(reschedule_proposals.expire_proposals)
        return lapsed + await self.runtime.run(outcome_questions.ask_outcomes)

    async def send_digests(self) -> int:
        """Send due digests and report bookings whose two reminders were left unanswered."""
        total = await self.runtime.run(report_unanswered)
        while count := await self.runtime.run(send_digests):
            total += count
        return total

    async def refresh_calendars(self) -> int:
        """Refresh due external calendars and return the number of blocks added or removed."""
        return sum(await self._read_calendars())

    async def _read_calendars(self) -> list[int]:
        changes: list[int] = []
        while due := await self.runtime.run(external_calendars.claim_due_calendars):
            # Fetched concurrently so that a slow calendar delays no other.
            changes += await asyncio.gather(*map(self._read_calendar, due))
        return changes

    async def _read_calendar(self, one: external_calendars.DueCalendar) -> int:
        # Imported only here: it loads the reader of calendars, which few installations need.
        from core.calendar_sync.ical_busy import UnreadableCalendar
        from core.calendar_sync.ical_process import BusyReader

        if self._read_busy is None:
            self._read_busy = BusyReader()
        try:
            file = await self.fetch(one.url, one.start)
            busy = await self._read_busy(file, one.timezone, one.start, one.end, one.own)
            return await self.runtime.run(
                partial(external_calendars.store_busy, source_id=one.id, busy=busy)
            )
        except (FetchError, UnreadableCalendar) as error:
            why = f"{error.reason} {getattr(error, 'status', 0) or ''}".strip()
            log.info("calendar.unread", calendar=one.id, reason=why)
        except Exception:
            # External files may contain anything; a failure must not affect other calendars.
            log.exception("calendar.failed", calendar=one.id)
            why = "failed"
        await self.runtime.run(
            partial(external_calendars.record_fetch_error, source_id=one.id, why=why)
        )
        return 0

    async def purge_expired(self) -> int:
        """Delete unrecognized messages and other data past their retention period."""
        await self.runtime.run(unrecognized.delete_expired)
        return sum((await self.apply_retention()).values())

    async def apply_retention(self) -> dict[str, int]:
        """Apply `core.privacy.retention` and return the number of rows by kind."""
        done = {}
        for kind in retention.KINDS:
            count, after = 0, 0
            while True:
                swept = await self.runtime.run(
                    partial(retention.sweep_batch, kind=kind, after=after)
                )
                count += swept.count
                if swept.next_after_id is None:
                    break
                after = swept.next_after_id
            done[kind] = count
        return done

    async def run_due(self) -> dict[str, int]:
        """Run all due work to completion, for `tick`, and return the number of rows by job."""
        done = {"bookings": await self.expire_overdue()}
        done["visits"] = await self.ask_outcomes()
        done["calendars"] = len(await self._read_calendars())
        done["agendas"] = await self.send_digests()
        async with self.runtime.read_transaction() as ctx:
            left = await unfinished_conversations(ctx, min_age=timedelta(0), limit=None)
        done["turns"] = 0
        for conversation_id in left:
            done["turns"] += await turn.run_pending_turns(self.runtime, conversation_id)
        await self.runtime.run(requeue_expired_leases)
        done["outbox"] = await self.sender.drain()
        await self.runtime.run(unrecognized.delete_expired)
        return done | {
            f"old {kind}": count for kind, count in (await self.apply_retention()).items()
        }
