"""Turns that fail, turns that await what they must not, and many turns at once."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from bot.dialogue.talk import Talk
from bot.engine import turn
from bot.engine.receive import receive_incoming
from bot.engine.turn_state import TurnState
from bot.flows import FLOWS
from core.clock import FixedClock
from core.db import tables
from core.db.runtime import Runtime, _begin, _on_sqlite_connect
from core.messaging import lines
from core.messaging.lines import Line
from core.messaging.messages import Incoming
from tests.conversations.test_transcripts import FOLDER, Scene
from tests.faults import booking_script
from tests.faults.booking_script import SCRIPT
from tests.faults.test_duplicate_events import Crowd, crowd
from tests.support.await_watch import ForbiddenAwait, forbid_foreign_awaits
from tests.webhooks.harness import SMS_NUMBER

# --- a turn that always fails -------------------------------------------------------------------

APOLOGY = "Sorry, something went wrong on our side with your message. The shop has been told."


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let every turn that hears "explode" fail after all of its work; return what was tried."""
    tried: list[int] = []
    save = TurnState.save

    async def explode(self: TurnState, item: object) -> None:
        await save(self, item)  # type: ignore[arg-type]
        if self.incoming.text == "explode":
            tried.append(self.conversation.id)
            raise ZeroDivisionError

    monkeypatch.setattr(TurnState, "save", explode)
    return tried


async def state_of(runtime: Runtime, words: str) -> list[tuple[str, int, str]]:
    """Return state, attempts and error of the incomings with these words."""
    c = tables.inbox.c
    async with runtime.read_transaction() as ctx:
        rows = await ctx.all(
            sa.select(c.state, c.attempts, c.error).where(c.incoming["text"].as_string() == words)
        )
    return [tuple(row) for row in rows]


async def explode_among_others(runtime: Runtime, everybody: Crowd) -> None:
    """Let the first person send what always fails, then talk on; all the others just talk."""
    unlucky, *others = everybody.people
    await everybody.ways.deliver(unlucky, "E0", "explode")
    await everybody.ways.settle()
    for step in range(len(SCRIPT)):
        for somebody in (*others, unlucky):
            code = booking_script.newest_code(everybody.ways.told(somebody))
            name = f"E{somebody.number}x{step}"
            await everybody.ways.deliver(somebody, name, somebody.words(step, code))
        await everybody.ways.settle()


async def tick(runtime: Runtime, everybody: Crowd) -> None:
    """Let three seconds pass, and the worker look for what was left."""
    assert isinstance(runtime.clock, FixedClock)
    runtime.clock.advance(timedelta(seconds=3))
    async with runtime.read_transaction() as ctx:
        waiting = await ctx.all(sa.select(tables.inbox).where(tables.inbox.c.state == "new"))
    for conversation_id in {row.conversation_id for row in waiting}:
        await turn.run_pending_turns(runtime, conversation_id)
    await everybody.ways.settle()


async def test_a_turn_that_always_fails_dies_alone(runtime: Runtime, broken: list[int]) -> None:
    async with crowd(runtime, 4) as everybody:
        unlucky, *others = everybody.people
        await explode_among_others(runtime, everybody)
        # One try so far; meanwhile the others have come to the end of their talks.
        assert await state_of(runtime, "explode") == [("new", 1, "ZeroDivisionError()")]
        async with runtime.read_transaction() as ctx:
            done = [await booking_script.load_outcome(ctx, somebody) for somebody in others]
        assert done == [done[0]] * 3
        assert [booking[0] for booking in done[0].bookings] == ["confirmed"]
        assert everybody.ways.told(unlucky) == []
        for _ in range(2):
            await tick(runtime, everybody)
        assert len(broken) == turn.MAX_ATTEMPTS == 3
        assert await state_of(runtime, "explode") == [("dead", 3, "ZeroDivisionError()")]
        told = everybody.ways.told(unlucky)
        assert told[0] == APOLOGY
        # Nothing of the three tries is left, and what waited behind has been handled since.
        assert told[1].startswith("Welcome to Bella Hair.")
        assert await state_of(runtime, "SHOP1") == [("done", 0, "")]


async def test_without_an_end_to_its_tries_it_blocks_its_talk(
    runtime: Runtime, broken: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    monkeypatch.setattr(turn, "MAX_ATTEMPTS", 1000)
    async with crowd(runtime, 1) as everybody:
        await explode_among_others(runtime, everybody)
        for _ in range(5):
            await tick(runtime, everybody)
        assert len(broken) == 6
        assert everybody.ways.told(everybody.people[0]) == []
        assert (await state_of(runtime, "SHOP1"))[0][0] == "new"


async def test_failing_turns_alert_the_shop(runtime: Runtime, broken: list[int]) -> None:
    async with crowd(runtime, 1) as everybody:
        (unlucky,) = everybody.people
        await everybody.ways.deliver(unlucky, "E0", unlucky.keyword)
        await everybody.ways.deliver(unlucky, "E1", "explode")
        await everybody.ways.settle()
        for _ in range(2):
            await tick(runtime, everybody)
        assert everybody.ways.told(unlucky)[1:] == [APOLOGY]
        owner = booking_script.ScriptedPerson(unlucky.number, unlucky.shop_id)
        async with runtime.read_transaction() as ctx:
            (alarm,) = (await booking_script.load_outcome(ctx, owner)).alerts
        assert alarm[:3] == ("sent", "alert", "failed")


# --- nothing but the database is awaited in a transaction ---------------------------------------


async def test_a_talk_that_fails_goes_on_and_waits_awaits_only_the_database(
    runtime: Runtime, broken: list[int]
) -> None:
    """Every transcript is played under the same watch; this is what they do not come by."""
    async with forbid_foreign_awaits(runtime), crowd(runtime, 2) as everybody:
        await explode_among_others(runtime, everybody)
        for _ in range(2):
            await tick(runtime, everybody)
        assert isinstance(runtime.clock, FixedClock)
        runtime.clock.advance(timedelta(hours=25))
        for number, words in enumerate(("book", "hm")):
            await everybody.ways.deliver(everybody.people[1], f"L{number}", words)
            await everybody.ways.settle()
            runtime.clock.advance(timedelta(hours=25))
    assert everybody.ways.told(everybody.people[1])[-1] == (
        "We were in the middle of something. Go on or start over?\n1 Go on\n2 Start over"
    )


async def test_flow_with_a_foreign_await_is_caught(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: one sleep of no length at all, in one flow."""
    late = FLOWS["late"]

    async def sleepy(talk: Talk) -> None:
        await asyncio.sleep(0)
        await late(talk)

    monkeypatch.setitem(FLOWS, "late", sleepy)
    with pytest.raises(ForbiddenAwait, match="sleepy"):
        async with forbid_foreign_awaits(runtime):
            await Scene(runtime).play((FOLDER / "running_late.txt").read_text())


# --- two hundred talks at once ------------------------------------------------------------------

AT_ONCE, MESSAGES = 200, 5


async def talk_all_at_once(runtime: Runtime) -> list[float]:
    """Let two hundred people talk at once, each going on as soon as there is an answer.

    Return how many seconds each message waited for its own.
    """
    waited: list[float] = []
    async with crowd(runtime, AT_ONCE) as everybody:
        deliver, phones = everybody.ways.deliver, everybody.ways.phones
        assert phones is not None

        async def talk(somebody: booking_script.ScriptedPerson) -> None:
            for step in range(MESSAGES):
                words = somebody.words(step, code="")
                answered = asyncio.ensure_future(phones.ring(somebody.phone))
                began = time.perf_counter()
                await deliver(somebody, f"E{somebody.number}x{step}", words)
                await answered
                waited.append(time.perf_counter() - began)

        everyone = asyncio.gather(*(talk(somebody) for somebody in everybody.people))
        await asyncio.wait_for(everyone, 200)
        await everybody.ways.settle()
    return waited


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.experiment
@pytest.mark.heavy
async def test_two_hundred_talks_at_once_are_all_answered_at_the_first_try(
    runtime: Runtime,
) -> None:
    """How fairly they wait is measured: `python -m tests.benchmarks fairness`."""
    assert len(await talk_all_at_once(runtime)) == AT_ONCE * MESSAGES
    assert await incomings(runtime) == {("done", 0): AT_ONCE * MESSAGES}


@pytest.mark.experiment
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_with_several_writers_that_begin_by_reading_turns_fail(
    runtime: Runtime, database_url: str
) -> None:
    """The control: SQLite as its drivers begin it, and several connections to write by."""
    await runtime.engine.dispose()
    runtime.engine = create_async_engine(database_url, pool_size=8)
    sa.event.listen(runtime.engine.sync_engine, "connect", _on_sqlite_connect)
    sa.event.listen(runtime.engine.sync_engine, "begin", _begin)
    line = Line(1, "terminal", "sms", "", SMS_NUMBER, None, staff=False)
    async with runtime.transaction() as ctx:
        await lines.get_or_create_line(ctx, transport="terminal", channel="sms", address=SMS_NUMBER)
        people = [await booking_script.open_scripted_shop(ctx, number) for number in range(1, 21)]
    talking = []
    for one in people:
        words = Incoming(text=one.keyword)
        receipt = await receive_incoming(runtime, line, one.phone, one.keyword, words)
        talking.append(receipt.conversation_id)
    done = await asyncio.gather(
        *(turn.run_pending_turns(runtime, one) for one in talking), return_exceptions=True
    )
    failed = [one for one in done if isinstance(one, BaseException)]
    tried = {key for key in await incomings(runtime) if key != ("done", 0)}
    assert failed or tried


async def incomings(runtime: Runtime) -> dict[tuple[str, int], int]:
    """Count what came in by state and failed attempts."""
    c = tables.inbox.c
    async with runtime.read_transaction() as ctx:
        rows = await ctx.all(
            sa.select(c.state, c.attempts, sa.func.count().label("number")).group_by(
                c.state, c.attempts
            )
        )
    return {(row.state, row.attempts): row.number for row in rows}
