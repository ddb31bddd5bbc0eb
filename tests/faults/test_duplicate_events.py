"""100,000 deliveries of 1,000 messages: 1,000 turns, and every talk as if each had come once.

A hundred people talk at once, ten messages each; whoever has an answer goes on. All the while
every message that ever came is delivered again and again, in any order, also side by side with
its first arrival. On SQLite, where one process at a time writes anyway, a fifth as many come;
`SLOTLINE_TEST_DELIVERIES` sets how many there are on each database.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

import pytest
import sqlalchemy as sa

from bot.channels.base import SendResult
from bot.channels.memory import MemoryChannel
from bot.delivery.sender import OutboxSender
from bot.engine.receive import receive_incoming
from bot.engine.turn_runner import TurnRunner
from bot.rendering.render import RenderedMessage
from core.db import tables
from core.db.runtime import Runtime
from core.messaging import lines
from core.messaging.lines import Line
from core.messaging.messages import Incoming
from core.messaging.outbox.claim import Outgoing
from tests.faults import booking_script
from tests.faults.booking_script import SCRIPT, ScriptedPerson
from tests.webhooks.harness import SMS_NUMBER, twilio_harness

pytestmark = pytest.mark.experiment

PEOPLE = 100
DELIVERIES = {
    name: int(os.environ.get("SLOTLINE_TEST_DELIVERIES", usual))
    for name, usual in (("postgresql", 100_000), ("sqlite", 20_000))
}
TALKING = 10
"""People who send their next message at the same time."""

SENDERS = 16
"""Deliveries under way at the same time."""

WEB_PEOPLE = 10
WEB_DELIVERIES = 2_000

Message = tuple[ScriptedPerson, str, str]
"""Who sent it, the name of the event, and the words."""


@dataclass(frozen=True)
class Ways:
    """How a message is delivered, how to wait for what comes of it, and what somebody was sent."""

    deliver: Callable[[ScriptedPerson, str, str], Awaitable[None]]
    settle: Callable[[], Awaitable[None]]
    told: Callable[[ScriptedPerson], list[str]]
    phones: Phones | None = None


@dataclass
class Crowd:
    """People in the middle of their talks, and all that was ever delivered."""

    people: list[ScriptedPerson]
    ways: Ways
    chance: random.Random = field(default_factory=lambda: random.Random(5))
    delivered: Counter[tuple[str, str]] = field(default_factory=Counter)
    came: list[Message] = field(default_factory=list)

    async def talk(self, deliveries: int, *, again: str = "") -> None:
        """Let everybody say all of the script, in `deliveries` all in all.

        `again` ends the event's name of every delivery but the first: with it, what should be
        known by its name is not.
        """
        waiting = [(somebody, step) for step in range(len(SCRIPT)) for somebody in self.people]
        every = deliveries // len(waiting)
        while waiting:
            now = self._next(waiting)
            for somebody, step in now:
                code = (
                    booking_script.newest_code(self.ways.told(somebody))
                    if "{code}" in SCRIPT[step]
                    else ""
                )
                words = somebody.words(step, code)
                self.came.append((somebody, f"E{somebody.number}x{step}", words))
            new = self.came[-len(now) :]
            # Each once more beside its first arrival, and any others.
            more = len(now) * (every - 2)
            old = [*new, *(self.chance.choice(self.came) for _ in range(more))] if every > 1 else []
            await self._send(new, [(who, name + again, words) for who, name, words in old])
            await self.ways.settle()

    def _next(self, waiting: list[tuple[ScriptedPerson, int]]) -> list[tuple[ScriptedPerson, int]]:
        """Take the next messages of some people, each in the order of its talk."""
        of_each = {somebody: (somebody, step) for somebody, step in reversed(waiting)}
        now = self.chance.sample(list(of_each.values()), min(TALKING, len(of_each)))
        for one in now:
            waiting.remove(one)
        return now

    async def _send(self, new: list[Message], old: list[Message]) -> None:
        """Deliver, several at a time; what is new comes somewhere among the rest."""
        at = sorted(self.chance.sample(range(len(new) + len(old)), len(new)))
        queue = list(old)
        for position, one in zip(at, new, strict=True):
            queue.insert(position, one)
        queue.reverse()

        async def send() -> None:
            while queue:
                who, name, words = queue.pop()
                self.delivered[who.phone, name] += 1
                await self.ways.deliver(who, name, words)

        await asyncio.gather(*(send() for _ in range(SENDERS)))


class Phones(MemoryChannel):
    """Keeps what each phone was sent, and lets its owner wait for more."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[str, list[str]] = defaultdict(list)
        self.rings: dict[str, asyncio.Event] = defaultdict(asyncio.Event)

    async def send(self, row: Outgoing, rendered: RenderedMessage) -> SendResult:
        """Let a phone ring."""
        self.texts[row.address].append(rendered.text)
        self.rings[row.address].set()
        return await super().send(row, rendered)

    async def ring(self, address: str) -> None:
        """Wait for the next message to an address."""
        self.rings[address].clear()
        await self.rings[address].wait()


@asynccontextmanager
async def crowd(runtime: Runtime, count: int) -> AsyncIterator[Crowd]:
    """Open the shops, and deliver by calling what every webhook calls."""
    async with runtime.transaction() as ctx:
        line_id = await lines.get_or_create_line(
            ctx, transport="terminal", channel="sms", address=SMS_NUMBER
        )
        people = [
            await booking_script.open_scripted_shop(ctx, number) for number in range(1, count + 1)
        ]
    phones, turns = Phones(), TurnRunner(runtime)
    delivery = OutboxSender(runtime, {("terminal", "sms"): phones})
    line = Line(line_id, "terminal", "sms", "", SMS_NUMBER, None, staff=False)

    async def deliver(who: ScriptedPerson, name: str, words: str) -> None:
        receipt = await receive_incoming(runtime, line, who.phone, name, Incoming(text=words))
        if receipt.inbox_id is not None:
            turns.begin_turns(receipt.conversation_id)

    async def settle() -> None:
        await turns.wait_until_idle()
        await delivery.wait_until_idle()

    await delivery.start()
    yield Crowd(people, Ways(deliver, settle, lambda who: phones.texts[who.phone], phones))
    await delivery.stop(5)


async def outcomes(
    runtime: Runtime, people: list[ScriptedPerson]
) -> list[booking_script.ConversationOutcome]:
    async with runtime.read_transaction() as ctx:
        return [await booking_script.load_outcome(ctx, somebody) for somebody in people]


async def turns_of(runtime: Runtime) -> dict[str, int]:
    """How many incomings there are in each state."""
    c = tables.inbox.c
    async with runtime.read_transaction() as ctx:
        rows = await ctx.all(sa.select(c.state, sa.func.count().label("number")).group_by(c.state))
    return {row.state: row.number for row in rows}


@pytest.mark.heavy
async def test_every_message_is_one_turn_however_often_it_comes(runtime: Runtime) -> None:
    async with crowd(runtime, PEOPLE + 1) as everybody:
        alone = everybody.people.pop()
        deliveries = DELIVERIES[runtime.engine.dialect.name]
        await everybody.talk(deliveries)
        assert len(everybody.delivered) == PEOPLE * len(SCRIPT) == 1000
        assert everybody.delivered.total() == deliveries
        assert await turns_of(runtime) == {"done": 1000}
        await Crowd([alone], everybody.ways).talk(len(SCRIPT))
    expected, *found = await outcomes(runtime, [alone, *everybody.people])
    assert expected.bookings == (("confirmed", datetime(2026, 3, 9, 11, tzinfo=UTC), 2, "Ana"),)
    # Ten answers, and the reminder that the move took along.
    assert [len(expected.sent), len(expected.alerts), expected.claims] == [11, 2, 1]
    assert found == [expected] * PEOPLE


async def test_without_the_names_of_events_talks_come_out_otherwise(runtime: Runtime) -> None:
    """The control: duplicates that are not known for what they are."""
    async with crowd(runtime, 3) as everybody:
        alone = everybody.people.pop()
        await everybody.talk(5 * 2 * len(SCRIPT), again="again")
        await Crowd([alone], everybody.ways).talk(len(SCRIPT))
    # Every first arrival, and once more whatever came again.
    assert (await turns_of(runtime))["done"] > 2 * len(SCRIPT) + len(SCRIPT)
    expected, *found = await outcomes(runtime, [alone, *everybody.people])
    assert expected not in found


@pytest.mark.heavy
async def test_signed_webhooks_come_through_once_as_well(runtime: Runtime) -> None:
    """The same over HTTP, signed, and sent by the SDK to a strict server."""
    async with runtime.transaction() as ctx:
        people = [
            await booking_script.open_scripted_shop(ctx, number)
            for number in range(1, WEB_PEOPLE + 2)
        ]
    async with twilio_harness(runtime) as served:

        async def deliver(who: ScriptedPerson, name: str, words: str) -> None:
            url = f"{served.url}/webhooks/twilio/messages"
            answer = await served.twilio.deliver(
                url,
                who.phone,
                SMS_NUMBER,
                words,
                message_sid=f"SM{sha256(name.encode()).hexdigest()[:32]}",
            )
            assert (answer.status, answer.alert) == (200, None)

        def told(who: ScriptedPerson) -> list[str]:
            return [m.body for m in served.twilio.messages if m.to == who.phone]

        everybody = Crowd(people[:-1], Ways(deliver, served.wait_until_idle, told))
        await everybody.talk(WEB_DELIVERIES)
        assert everybody.delivered.total() == WEB_DELIVERIES
        assert await turns_of(runtime) == {"done": WEB_PEOPLE * len(SCRIPT)}
        assert served.twilio.refused == []
        alone = Crowd(people[-1:], Ways(deliver, served.wait_until_idle, told))
        await alone.talk(len(SCRIPT))
    expected, *found = await outcomes(runtime, [people[-1], *people[:-1]])
    # Ten answers, and the reminder that the move took along.
    assert [len(expected.sent), len(expected.alerts), expected.claims] == [11, 2, 1]
    assert found == [expected] * WEB_PEOPLE
