"""What happens by the clock: nothing that was begun is left, nothing is done twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.app import App
from bot.channels.memory import MemoryChannel
from bot.engine.receive import receive_incoming
from core.bookings import customer_actions
from core.bookings.booking import Booking
from core.catalog import loader
from core.clock import FixedClock
from core.db import tables
from core.db.runtime import Runtime
from core.errors import DeliveryFailed
from core.messaging.messages import Incoming
from core.people.identities import get_or_create_contact
from core.privacy.retention import KINDS
from core.scheduling import availability
from tests.support import shops
from tests.support.chat import ChatHarness
from tests.support.shops import BuiltShop

MARTA = "+34600111222"

NOTHING = dict.fromkeys(
    (
        "bookings",
        "visits",
        "calendars",
        "agendas",
        "turns",
        "outbox",
        *(f"old {kind}" for kind in KINDS),
    ),
    0,
)


class Stage:
    """An application that nobody woke, and what happened to it."""

    def __init__(self, runtime: Runtime, place: BuiltShop) -> None:
        self.memory = MemoryChannel()
        self.runtime = runtime
        self.app = App.from_runtime(runtime, {("terminal", "sms"): self.memory})
        self.line = ChatHarness(runtime).line_of_channel(place.line_id, place.shop_id)
        self.place = place
        assert isinstance(runtime.clock, FixedClock)
        self.clock = runtime.clock

    async def hears(self, text: str, event: str) -> int:
        """Store a message, as a process would that died right after."""
        receipt = await receive_incoming(self.runtime, self.line, MARTA, event, Incoming(text=text))
        return receipt.conversation_id

    async def states(self, table: sa.Table) -> list[str]:
        async with self.runtime.read_transaction() as ctx:
            return [row.state for row in await ctx.all(sa.select(table).order_by(table.c.id))]

    async def hold(self) -> Booking:
        async with self.runtime.transaction() as ctx:
            known = await loader.load_catalog(ctx, self.place.shop_id)
            start = ctx.now + timedelta(days=1)
            free = await availability.find_slots(
                ctx,
                known,
                self.place.services["Cut"],
                start=start,
                end=start + timedelta(days=2),
                limit=1,
            )
            contact = await get_or_create_contact(ctx, self.line, MARTA)
            return await customer_actions.hold_slot(
                ctx, free[0], conversation_id=contact.conversation_id, key="k", origin="sms"
            )


@pytest.fixture
async def stage(runtime: Runtime) -> Stage:
    async with runtime.transaction() as ctx:
        place = await shops.build_salon(ctx)
    return Stage(runtime, place)


async def test_what_a_dead_process_left_is_taken_up_in_order(stage: Stage) -> None:
    await stage.hears("hello", "E1")
    await stage.hears("menu", "E2")
    assert await stage.app.worker.resume_turns() == 0  # just now: somebody may be at it
    stage.clock.advance(timedelta(seconds=3))
    assert await stage.app.worker.resume_turns() == 1
    await stage.app.turn_runner.wait_until_idle()
    assert await stage.states(tables.inbox) == ["done", "done"]
    await stage.app.sender.drain()
    first, second = stage.memory.texts_to(MARTA)
    assert first.startswith("Welcome to Bella Hair.")
    assert second != first
    assert await stage.app.worker.resume_turns() == 0


async def test_run_due_runs_every_job(stage: Stage) -> None:
    held = await stage.hold()
    await stage.hears("hello", "E1")
    stage.clock.advance(timedelta(minutes=10))
    assert await stage.app.worker.run_due() == NOTHING | {"bookings": 1, "turns": 1, "outbox": 1}
    assert held.state == "held"
    assert await stage.states(tables.bookings) == ["expired"]
    assert await stage.states(tables.inbox) == ["done"]
    assert await stage.states(tables.outbox) == ["sent"]
    assert await stage.app.worker.run_due() == NOTHING


async def test_a_failed_message_is_sent_when_its_time_comes(stage: Stage) -> None:
    stage.memory.failures = [DeliveryFailed(reason="busy", retry_after=60)]
    await stage.hears("hello", "E1")
    await stage.app.worker.run_due()
    assert await stage.states(tables.outbox) == ["due"]
    stage.clock.advance(timedelta(seconds=59))
    assert (await stage.app.worker.run_due())["outbox"] == 0
    stage.clock.advance(timedelta(seconds=1))
    assert (await stage.app.worker.run_due())["outbox"] == 1
    assert await stage.states(tables.outbox) == ["sent"]


async def test_worker_ticks_and_stops(stage: Stage) -> None:
    await stage.hears("hello", "E1")
    stage.clock.advance(timedelta(seconds=3))
    await stage.app.sender.start()
    stage.app.worker.start()
    scheduled = {job.id for job in stage.app.worker._scheduler.get_jobs()}
    assert scheduled == {
        "alive", "turns", "outbox", "bookings", "visits", "agendas",
        "calendars", "retention",
    }  # fmt: skip
    for name, (_, job) in stage.app.worker.jobs.items():
        await stage.app.worker._tick(name, job)
    await stage.app.turn_runner.wait_until_idle()
    await stage.app.sender.wait_until_idle()
    await stage.app.worker.stop(1)
    await stage.app.sender.stop(1)
    assert len(stage.memory.texts_to(MARTA)) == 1


async def test_a_job_that_fails_is_tried_at_the_next_tick(stage: Stage) -> None:
    async def fail() -> int:
        raise OSError("the database is away")

    await stage.app.worker._tick("turns", fail)
    assert stage.app.worker._running == set()


async def test_two_processes_work_one_inbox_off_once(stage: Stage) -> None:
    conversation = await stage.hears("hello", "E1")
    other = App.from_runtime(
        Runtime.open(stage.runtime.settings, stage.clock), {("terminal", "sms"): stage.memory}
    )
    try:
        for app in (stage.app, other, stage.app):
            app.turn_runner.begin_turns(conversation)
        await stage.app.turn_runner.wait_until_idle()
        await other.turn_runner.wait_until_idle()
        await stage.app.sender.drain()
        await other.sender.drain()
    finally:
        await other.runtime.close()
    assert await stage.states(tables.inbox) == ["done"]
    assert len(stage.memory.texts_to(MARTA)) == 1
