"""How fast a sender sends, what overtakes what, and whom an outage holds up."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.channels.base import RateLimited, SendResult
from bot.channels.memory import MemoryChannel
from bot.channels.twilio.rate_limiter import TwilioRateLimiter
from bot.channels.twilio.rates import DEFAULT_RATES, parse_rates, sender_kind
from bot.delivery.circuit_breaker import LineBreaker
from bot.delivery.sender import OutboxSender
from bot.i18n.messages import MESSAGES
from bot.rendering.render import SMS, RenderedMessage
from core.clock import FixedClock
from core.db import tables
from core.db.context import Context
from core.db.runtime import Runtime
from core.errors import DeliveryFailed
from core.messaging.messages import Say
from core.messaging.outbox import enqueue
from core.messaging.outbox.claim import Outgoing
from tests.support.people_rows import PeopleRows

AWAY = DeliveryFailed(reason="503", away=True)


@dataclass
class Watch:
    """Seconds that pass while somebody sleeps."""

    now: float = 0.0

    def read(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Paced:
    """A channel with a sender a line, each as slow as an ordinary number: a segment a second."""

    pacer: TwilioRateLimiter
    watch: Watch
    sent: list[tuple[float, str]] = field(default_factory=list)
    capabilities = SMS

    async def send(self, row: Outgoing, rendered: RenderedMessage) -> SendResult:
        await self.pacer.wait_turn(row.line_address, 1, row.queue)
        self.sent.append((self.watch.now, rendered.text))
        return SendResult()

    async def close(self) -> None:
        pass


async def put(ctx: Context, talk: int, *texts: str, queue: enqueue.Queue = "reply") -> None:
    for text in texts:
        await enqueue.enqueue(ctx, Say("t.text", {"text": text}), conversation_id=talk, queue=queue)


@pytest.fixture(autouse=True)
def words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MESSAGES, "t.text", "{text}")


def clock_of(runtime: Runtime) -> FixedClock:
    assert isinstance(runtime.clock, FixedClock)
    return runtime.clock


# --- a sender's line --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "channel", "kind"),
    [
        ("+15551234567", "sms", "longcode"),
        ("+18885550100", "sms", "tollfree"),
        ("+34600111222", "sms", "international"),
        ("48151", "sms", "shortcode"),
        ("BELLA", "sms", "alphanumeric"),
        ("MG00000000000000000000000000000000", "sms", "service"),
        ("+14155238886", "whatsapp", "whatsapp"),
    ],
)
def test_a_sender_has_the_rate_of_its_kind(address: str, channel: str, kind: str) -> None:
    assert sender_kind(address, channel) == kind


def test_rates_are_set_by_sender_kind_and_invalid_ones_refused() -> None:
    rates, odd = parse_rates("longcode=10, service = 0,landline=3, tollfree=fast")
    assert odd == ["landline=3", "tollfree=fast"]
    assert rates == {**DEFAULT_RATES, "longcode": 10, "service": 0}


async def test_reminders_take_places_a_moment_ahead_only_and_answers_go_past_them() -> None:
    watch = Watch()
    pacer = TwilioRateLimiter(clock=watch.read, sleep=lambda _seconds: asyncio.sleep(0))
    waits = [await pacer.wait_turn("A", 1, "reminder") for _ in range(2)]
    with pytest.raises(RateLimited) as full:
        await pacer.wait_turn("A", 1, "reminder")
    # Ten thousand reminders wait: the answer is third.
    waits += [await pacer.wait_turn("A", 2, "reply"), await pacer.wait_turn("A", 1, "reply")]
    assert (waits, full.value.seconds) == ([0, 1, 2, 4], 1)
    # Another sender has a line of its own, and one that was told to pause does not.
    assert await pacer.wait_turn("B", 1, "reminder") == 0
    await pacer.pause("B", 30)
    watch.now = 5.0
    with pytest.raises(RateLimited) as paused:
        await pacer.wait_turn("B", 1, "reply")
    assert paused.value.seconds == pytest.approx(21)


async def test_processes_share_a_line_through_valkey(valkey_url: str) -> None:
    ahead = {"reply": 30.0, "reminder": 0.0}
    quick = [
        TwilioRateLimiter(
            valkey_url, sleep=lambda _seconds: asyncio.sleep(0), max_queue_seconds=ahead
        )
        for _ in "ab"
    ]
    waits = [await pacer.wait_turn("A", 10, "reply") for pacer in (*quick, *quick)]
    with pytest.raises(RateLimited):
        await quick[0].wait_turn("A", 10, "reminder")
    assert [round(wait, -1) for wait in waits] == [0, 10, 20, 30]
    alone = TwilioRateLimiter(
        "redis://127.0.0.1:1", sleep=lambda _seconds: asyncio.sleep(0), max_queue_seconds=ahead
    )
    assert await alone.wait_turn("A", 10, "reply") == 0  # it is away; messages go on
    for pacer in (*quick, alone):
        await pacer.close()


async def test_a_live_answer_overtakes_a_burst_of_reminders(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        place = await PeopleRows.open_shop(ctx)
        talks = [await place.open_conversation(f"+3461000{n:04}") for n in range(60)]
        for talk in talks:
            await put(ctx, talk, "reminder", queue="reminder")
    watch = Watch()
    pacer = TwilioRateLimiter(
        clock=watch.read, sleep=watch.sleep, max_queue_seconds={"reply": 0.0, "reminder": 0.0}
    )
    paced = Paced(pacer, watch)
    delivery = OutboxSender(runtime, {("twilio", "sms"): paced})
    for second in range(5):
        if second == 3:
            async with runtime.transaction() as ctx:
                await put(ctx, talks[-1], "answer")
        await delivery.drain()
        watch.now += 1
        clock_of(runtime).advance(timedelta(seconds=1))
    assert paced.sent == [
        *((float(second), "reminder") for second in range(3)),
        (3.0, "answer"),
        (4.0, "reminder"),
    ]
    async with runtime.read_transaction() as ctx:
        o = tables.outbox.c
        rows = await ctx.all(
            sa.select(o.state, o.attempts, sa.func.count()).group_by(o.state, o.attempts)
        )
    # What found no room was not tried, and stays in its order.
    assert sorted(map(tuple, rows)) == [("due", 0, 56), ("sent", 1, 5)]


# --- outages -----------------------------------------------------------------------------------


def test_a_line_rests_longer_and_longer_and_one_message_tries_it() -> None:
    clock = FixedClock.at("2026-03-09T09:00Z")
    rest = LineBreaker(clock)
    assert rest.record_failure(1) == 0
    assert rest.claimable_lines([1, 2]).all_queues == {1, 2}  # one failure may be the message's
    waits = []
    for _ in range(8):
        waits.append(rest.record_failure(1))
        assert rest.record_failure(1) == waits[-1]  # the same outage
        assert rest.claimable_lines([1, 2]).replies_only == {2}
        clock.advance(timedelta(seconds=waits[-1]))
        assert rest.claimable_lines([1, 2]).probes == (1,)
        rest.begin_probe(1)
        assert rest.claimable_lines([1, 2]).probes == ()
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    rest.record_success(1)
    assert rest.claimable_lines([1, 2]).all_queues == {1, 2}


async def test_a_sender_told_to_wait_holds_up_nobody_else(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        first = await PeopleRows.open_shop(ctx)
        talk = await first.open_conversation("+34610000001")
        await put(ctx, talk, "one", "two")
        await first.rows.add(tables.lines, transport="twilio", address="+34910000009")
        other = await first.open_conversation("+34610000002")
        await put(ctx, other, "uno", "dos")
    busy = DeliveryFailed(reason="429", retry_after=30, away=True, line=True)
    memory = MemoryChannel(failures=[busy])
    delivery = OutboxSender(runtime, {("twilio", "sms"): memory})
    await delivery.drain()
    assert [rendered.text for _, rendered in memory.sent] == ["uno", "dos"]
    clock_of(runtime).advance(timedelta(seconds=29))
    await delivery.drain()
    assert len(memory.sent) == 2
    clock_of(runtime).advance(timedelta(seconds=1))
    await delivery.drain()
    assert memory.texts_to("+34610000001") == ["one", "two"]


async def test_an_outage_of_the_line_is_no_fault_of_the_message_but_one_message_may_be_at_fault(
    runtime: Runtime,
) -> None:
    async with runtime.transaction() as ctx:
        place = await PeopleRows.open_shop(ctx)
        talk, poison = (
            await place.open_conversation("+34610000001"),
            await place.open_conversation("+34610000002"),
        )
        await put(ctx, talk, "one")
    memory = MemoryChannel(failures=[AWAY] * 12)
    delivery = OutboxSender(runtime, {("twilio", "sms"): memory})
    for _ in range(40):
        await delivery.drain()
        clock_of(runtime).advance(timedelta(minutes=1))
    # The first failure counted; when the line seemed down, the rest did not.
    assert memory.texts_to("+34610000001") == ["one"]
    async with runtime.read_transaction() as ctx:
        row = await ctx.first(sa.select(tables.outbox.c.attempts, tables.outbox.c.state))
    assert tuple(row or ()) == (2, "sent")
    # While others get through, what fails is the message's own fault: it dies, alone.
    async with runtime.transaction() as ctx:
        await put(ctx, poison, "poison", "behind it")
    for n in range(8):
        async with runtime.transaction() as ctx:
            await put(ctx, talk, f"n{n}")
        memory.failures = [AWAY]
        await delivery.drain()
        clock_of(runtime).advance(timedelta(hours=2))
    async with runtime.read_transaction() as ctx:
        rows = await ctx.all(
            sa.select(tables.outbox.c.state, tables.outbox.c.attempts)
            .where(tables.outbox.c.conversation_id == poison)
            .order_by(tables.outbox.c.id)
        )
    assert [tuple(row) for row in rows] == [("dead", 8), ("sent", 1)]
    assert memory.texts_to("+34610000001") == ["one", *(f"n{n}" for n in range(8))]
