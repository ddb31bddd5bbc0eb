"""What happens by the clock: unfinished turns, due messages, expired holds, old codes.

APScheduler only ticks. What is due stands in tables, and every job claims rows, so that any
number of workers may tick at once and a missed tick loses nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
import structlog

from bot.delivery.sender import Delivery
from bot.engine import turn
from bot.engine.turn_runner import Turns
from core.bookings import expiry, outcome_questions, reschedule_proposals
from core.bookings.reminders import staff_digest
from core.calendar_sync import external_calendars
from core.calendar_sync.safe_fetch import Fetcher, Unfetched
from core.db import tables
from core.db.context import Context
from core.db.runtime import Runtime
from core.messaging import unrecognized
from core.messaging.outbox.acknowledge import requeue_expired_leases
from core.privacy import retention
from core.reporting import gauges

log = structlog.get_logger(__name__)

LEFT_BEHIND = timedelta(seconds=3)
"""An incoming this old is taken up by a tick; younger ones are in somebody's hands."""

BATCH = 200

# Written out: the index of unfinished rows serves only queries that visibly share its condition.
_UNFINISHED = sa.text("inbox.state = 'new'")


@dataclass(slots=True, eq=False)
class Worker:
    """Runs the jobs, each by its own interval and never twice at once in one process."""

    runtime: Runtime
    delivery: Delivery
    turns: Turns
    fetch: Callable[[str], Awaitable[bytes]] = field(default_factory=Fetcher)
    _scheduler: Any = None
    _running: set[asyncio.Task[Any]] = field(default_factory=set)

    @property
    def jobs(self) -> dict[str, tuple[float, Callable[[], Awaitable[int]]]]:
        """Name → (seconds between ticks, what it does; it returns how many rows it did)."""
        return {
            "alive": (10, self.beat),
            "turns": (2, self.resume),
            "outbox": (5, self.deliver),
            "bookings": (10, self.expire),
            "visits": (60, self.follow_up),
            "agendas": (60, self.tell_shops),
            "calendars": (30, self.read_calendars),
            "retention": (3600, self.purge),
        }

    def start(self) -> None:
        """Begin to tick."""
        from apscheduler.schedulers.asyncio import AsyncIOScheduler

        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "misfire_grace_time": None}
        )
        for name, (seconds, job) in self.jobs.items():
            self._scheduler.add_job(self._tick, "interval", (name, job), seconds=seconds, id=name)
        self._scheduler.start()

    async def stop(self, seconds: float) -> None:
        """Tick no more; let jobs under way end, for at most `seconds`."""
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

    async def beat(self) -> int:
        """Say that a worker is at work: `/health/ready` looks for it."""
        await self.runtime.run(gauges.beat)
        return 0

    async def resume(self) -> int:
        """Take up turns that somebody left unfinished, in order within a conversation."""
        async with self.runtime.reading() as ctx:
            left = await left_behind(ctx)
        for conversation_id in left:
            self.turns.begin(conversation_id)
        return len(left)

    async def deliver(self) -> int:
        """Have due messages sent: those with a date, tried again, or whose sender vanished."""
        await self.delivery.learn_lines()
        count = await self.runtime.run(requeue_expired_leases)
        self.delivery.look_again()
        return count

    async def expire(self) -> int:
        """End holds and unanswered requests whose time is over."""
        total = 0
        while count := await self.runtime.run(lambda ctx: expiry.expire(ctx, limit=BATCH)):
            total += count
        return total

    async def follow_up(self) -> int:
        """End proposals nobody answered, and ask how visits went that nobody noted."""
        lapsed = await self.runtime.run(reschedule_proposals.lapse)
        return lapsed + await self.runtime.run(outcome_questions.ask_outcomes)

    async def tell_shops(self) -> int:
        """Send shops the agendas that are due, and say who left two reminders unanswered."""
        total = await self.runtime.run(staff_digest.unanswered)
        while count := await self.runtime.run(staff_digest.agendas):
            total += count
        return total

    async def read_calendars(self) -> int:
        """Read the calendars elsewhere that are due; return how many blocks came or went."""
        return sum(await self._read_calendars())

    async def _read_calendars(self) -> list[int]:
        changes: list[int] = []
        while due := await self.runtime.run(external_calendars.due):
            # Side by side: one that is slow to answer holds up no other.
            changes += await asyncio.gather(*map(self._read_calendar, due))
        return changes

    async def _read_calendar(self, one: external_calendars.Source) -> int:
        # It loads what reads calendars, and few installations have any to read.
        from core.calendar_sync import ical_busy

        try:
            file = await self.fetch(one.url)
            spans = await asyncio.to_thread(ical_busy.busy, file, one.timezone, one.start, one.end)
            return await self.runtime.run(
                partial(external_calendars.keep, source_id=one.id, spans=spans)
            )
        except (Unfetched, ical_busy.Unreadable) as error:
            why = f"{error.reason} {getattr(error, 'status', 0) or ''}".strip()
            log.info("calendar.unread", calendar=one.id, reason=why)
        except Exception:
            # Files are other people's work: what one of them brings about is no other's concern.
            log.exception("calendar.failed", calendar=one.id)
            why = "failed"
        await self.runtime.run(partial(external_calendars.failed, source_id=one.id, why=why))
        return 0

    async def purge(self) -> int:
        """Close talks left alone, and delete what has been kept long enough."""
        await self.runtime.run(unrecognized.purge)
        return sum((await self.sweep()).values())

    async def sweep(self) -> dict[str, int]:
        """Do away with what is over (`core.privacy.retention`); return how many rows of each kind."""
        done = {}
        for kind in retention.KINDS:
            count, after = 0, 0
            while True:
                swept = await self.runtime.run(partial(retention.sweep, kind=kind, after=after))
                count += swept.count
                if swept.after is None:
                    break
                after = swept.after
            done[kind] = count
        return done

    async def run_due(self) -> dict[str, int]:
        """Do everything that is due now, to the end, for `tick`; return how many rows of each."""
        done = {"bookings": await self.expire()}
        done["visits"] = await self.follow_up()
        done["calendars"] = len(await self._read_calendars())
        done["agendas"] = await self.tell_shops()
        async with self.runtime.reading() as ctx:
            left = await left_behind(ctx, timedelta(0), limit=None)
        done["turns"] = 0
        for conversation_id in left:
            done["turns"] += await turn.work(self.runtime, conversation_id)
        await self.runtime.run(requeue_expired_leases)
        done["outbox"] = await self.delivery.drain()
        await self.runtime.run(unrecognized.purge)
        return done | {f"old {kind}": count for kind, count in (await self.sweep()).items()}


async def left_behind(
    ctx: Context, age: timedelta = LEFT_BEHIND, limit: int | None = BATCH
) -> list[int]:
    """Return the conversations whose oldest unfinished incoming is due and of this age."""
    c = tables.inbox.c
    first = (
        sa.select(sa.func.min(c.id).label("id"))
        .where(_UNFINISHED)
        .group_by(c.conversation_id)
        .subquery()
    )
    rows = await ctx.all(
        sa.select(c.conversation_id)
        .join(first, first.c.id == c.id)
        .where(c.due_at <= ctx.now, c.received_at <= ctx.now - age)
        .order_by(c.id)
        .limit(limit)
    )
    return [row.conversation_id for row in rows]
