"""The delivery: what is sent in which order, what is tried again, and what a stop leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.channels.base import SendResult
from bot.channels.lines import ensure_default_lines
from bot.channels.memory import MemoryChannel
from bot.delivery import ack_batcher
from bot.delivery.sender import OutboxSender
from bot.engine.receive import receive_incoming
from bot.i18n.messages import MESSAGES
from bot.rendering.render import SMS, Capabilities, RenderedMessage
from core.clock import FixedClock
from core.db import tables
from core.db.context import Context
from core.db.runtime import Runtime
from core.errors import DeliveryFailed
from core.messaging.decisions import Decision
from core.messaging.lines import load_lines
from core.messaging.messages import Incoming, Say
from core.messaging.outbox import enqueue
from core.messaging.outbox.acknowledge import (
    LEASE_DURATION,
    SentMessage,
    mark_sent_batch,
    requeue_expired_leases,
)
from core.messaging.outbox.claim import Outgoing
from core.messaging.outbox.staff_alerts import Event, ask_staff
from tests.support import shops
from tests.support.chat import ChatHarness, ChatPerson

MARTA, HUGO = "+34600111222", "+34600333444"


@dataclass(slots=True)
class Slow:
    """A channel that holds every message until it is told to go on."""

    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    begun: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    capabilities: Capabilities = SMS

    async def send(self, row: Outgoing, rendered: RenderedMessage) -> SendResult:
        self.begun.append(f"{row.address[-3:]} {rendered.text}")
        await self.go_on.wait()
        self.sent.append(f"{row.address[-3:]} {rendered.text}")
        return SendResult()

    async def close(self) -> None:
        pass


class Post:
    """Two people with conversations, and an outbox to put things in."""

    def __init__(self, runtime: Runtime, place: shops.BuiltShop) -> None:
        self.runtime = runtime
        self.place = place
        self.talks: dict[str, int] = {}

    async def meet(self) -> None:
        line = ChatHarness(self.runtime).line_of_channel(self.place.line_id, self.place.shop_id)
        for address in (MARTA, HUGO):
            receipt = await receive_incoming(
                self.runtime, line, address, address, Incoming(text="hi")
            )
            self.talks[address] = receipt.conversation_id

    async def put(self, address: str, *texts: str, **more: object) -> None:
        async with self.runtime.transaction() as ctx:
            for text in texts:
                say = Say("t.text", {"text": text}, secret=bool(more.get("secret")))
                await enqueue.enqueue(
                    ctx,
                    say,
                    conversation_id=self.talks[address],
                    **{k: v for k, v in more.items() if k != "secret"},  # type: ignore[arg-type]
                )

    async def rows(self, *columns: str) -> list[tuple[object, ...]]:
        async with self.runtime.read_transaction() as ctx:
            found = await ctx.all(
                sa.select(*(tables.outbox.c[c] for c in columns)).order_by(tables.outbox.c.id)
            )
        return [tuple(row) for row in found]


@pytest.fixture
async def post(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Post:
    monkeypatch.setitem(MESSAGES, "t.text", "{text}")
    async with runtime.transaction() as ctx:
        place = await shops.build_salon(ctx)
    made = Post(runtime, place)
    await made.meet()
    return made


def clock_of(runtime: Runtime) -> FixedClock:
    assert isinstance(runtime.clock, FixedClock)
    return runtime.clock


async def test_delivery_is_ordered_within_and_parallel_between_conversations(post: Post) -> None:
    slow = Slow()
    delivery = OutboxSender(post.runtime, {("terminal", "sms"): slow})
    await delivery.start()
    await post.put(MARTA, "one", "two", "three")
    await post.put(HUGO, "uno", "dos")
    async with asyncio.timeout(5):
        while len(slow.begun) < 2:  # noqa: ASYNC110 - whatever else came would be wrong
            await asyncio.sleep(0.001)
    assert sorted(slow.begun) == ["222 one", "444 uno"]
    slow.go_on.set()
    await delivery.wait_until_idle()
    await delivery.stop(1)
    assert [t for t in slow.sent if t.startswith("222")] == ["222 one", "222 two", "222 three"]
    assert [t for t in slow.sent if t.startswith("444")] == ["444 uno", "444 dos"]
    assert {state for (state,) in await post.rows("state")} == {"sent"}


async def test_a_commit_wakes_the_delivery_and_a_rollback_does_not(post: Post) -> None:
    memory = MemoryChannel()
    delivery = OutboxSender(post.runtime, {("terminal", "sms"): memory})
    await delivery.start()

    async def fail() -> None:
        async with post.runtime.transaction() as ctx:
            say = Say("t.text", {"text": "never"})
            await enqueue.enqueue(ctx, say, conversation_id=post.talks[MARTA])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    await delivery.wait_until_idle()
    await post.put(MARTA, "now")
    await delivery.wait_until_idle()
    await delivery.stop(1)
    assert memory.texts_to(MARTA) == ["now"]


async def test_failed_message_holds_up_the_rest_of_its_queue(post: Post) -> None:
    memory = MemoryChannel(failures=[DeliveryFailed(reason="busy", retry_after=30)])
    delivery = OutboxSender(post.runtime, {("terminal", "sms"): memory})
    await post.put(MARTA, "one", "two")
    await post.put(HUGO, "uno")
    await delivery.drain()
    assert memory.sent == memory.sent[:1]
    assert memory.texts_to(HUGO) == ["uno"]
    assert await post.rows("state", "attempts", "error") == [
        ("due", 1, "busy"),
        ("due", 0, ""),
        ("sent", 1, ""),
    ]
    clock_of(post.runtime).advance(timedelta(seconds=30))
    await delivery.drain()
    assert memory.texts_to(MARTA) == ["one", "two"]


async def test_a_reply_does_not_wait_for_an_alert(post: Post) -> None:
    memory = MemoryChannel(failures=[DeliveryFailed(reason="busy")])
    delivery = OutboxSender(post.runtime, {("terminal", "sms"): memory})
    await post.put(MARTA, "alert", queue="alert")
    await delivery.drain()
    await post.put(MARTA, "reply")
    await delivery.drain()
    assert memory.texts_to(MARTA) == ["reply"]


async def test_a_bug_of_ours_is_tried_again_and_does_not_stop_the_rest(post: Post) -> None:
    memory = MemoryChannel()
    delivery = OutboxSender(post.runtime, {("terminal", "sms"): memory})
    async with post.runtime.transaction() as ctx:
        await enqueue.enqueue(ctx, Say("t.absent"), conversation_id=post.talks[MARTA])
    await post.put(HUGO, "uno")
    await delivery.drain()
    assert memory.texts_to(HUGO) == ["uno"]
    assert await post.rows("state", "attempts", "error") == [
        ("due", 1, "KeyError"),
        ("sent", 1, ""),
    ]


async def test_what_was_sent_is_kept_with_its_cost_but_for_secrets(post: Post) -> None:
    delivery = OutboxSender(post.runtime, {("terminal", "sms"): MemoryChannel()})
    await post.put(MARTA, "é" * 161)
    await post.put(MARTA, "code 481920", secret=True)
    await delivery.drain()
    assert await post.rows("state", "body", "segments", "message") == [
        (
            "sent",
            "é" * 161,
            2,
            {"$": "say", "key": "t.text", "params": {"text": "é" * 161}, "secret": False},
        ),
        ("sent", "", 1, {"$": "say", "key": "t.text", "params": {}, "secret": True}),
    ]


async def test_one_mark_that_fails_sends_none_of_the_others_again(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = mark_sent_batch
    marks: list[int] = []

    async def finish(ctx: Context, those: Sequence[SentMessage]) -> dict[int, bool]:
        marks.append(len(those))
        if any(done.body == "bad" for done in those):
            raise ValueError("a row that cannot be marked")
        return await whole(ctx, those)

    monkeypatch.setattr(ack_batcher, "mark_sent_batch", finish)
    slow = Slow()
    delivery = OutboxSender(post.runtime, {("terminal", "sms"): slow})
    await delivery.start()
    await post.put(MARTA, "good", queue="alert")
    await post.put(MARTA, "bad")
    await post.put(HUGO, "fine")
    async with asyncio.timeout(5):
        while len(slow.begun) < 3:  # noqa: ASYNC110 - it has begun or the test fails
            await asyncio.sleep(0.001)
    slow.go_on.set()
    await delivery.wait_until_idle()
    await delivery.stop(1)
    # The good ones are marked although the bad one was among them; it alone may come again.
    assert sorted(await post.rows("state", "body")) == [
        ("sending", ""),
        ("sent", "fine"),
        ("sent", "good"),
    ]
    assert sorted(slow.sent) == ["222 bad", "222 good", "444 fine"]
    assert max(marks) > 1


async def test_lines_of_another_transport_are_left_alone(post: Post) -> None:
    delivery = OutboxSender(post.runtime, {("twilio", "sms"): MemoryChannel()})
    await post.put(MARTA, "one")
    assert await delivery.drain() == 0
    assert await post.rows("state", "attempts") == [("due", 0)]


async def test_delivery_can_be_limited_to_one_conversation(post: Post) -> None:
    memory = MemoryChannel()
    delivery = OutboxSender(post.runtime, {("terminal", "sms"): memory})
    await post.put(MARTA, "one", "two")
    await post.put(HUGO, "uno")
    assert await delivery.drain(post.talks[MARTA]) == 2
    assert (memory.texts_to(MARTA), memory.texts_to(HUGO)) == (["one", "two"], [])


async def test_numbers_of_two_open_questions_are_apart(post: Post) -> None:
    memory = MemoryChannel()
    delivery = OutboxSender(post.runtime, {("terminal", "sms"): memory})
    async with post.runtime.transaction() as ctx:
        for what in ("first", "second"):
            await shops.add_staff(ctx, post.place, f"+3460000000{len(what)}", "owner", "Olga")
        for what in ("first?", "second?"):
            await ask_staff(
                ctx,
                Say("t.text", {"text": what}),
                Event(post.place.shop_id, "approve"),
                Decision("outcome", ("done", "noshow")),
            )
    await delivery.drain()
    owner = memory.sent[0][0].address
    assert memory.texts_to(owner) == [
        "first?\n1 Came\n2 Did not come",
        "second?\n3 Came\n4 Did not come",
    ]


async def test_a_stop_lets_what_is_on_its_way_arrive(post: Post) -> None:
    slow = Slow()
    delivery = OutboxSender(post.runtime, {("terminal", "sms"): slow})
    await delivery.start()
    await post.put(MARTA, *(str(number) for number in range(20)))
    async with asyncio.timeout(5):
        while not slow.begun:  # noqa: ASYNC110 - it has begun or the test fails
            await asyncio.sleep(0.001)
    stopping = asyncio.create_task(delivery.stop(5))
    await asyncio.sleep(0)
    slow.go_on.set()
    await stopping
    # One more may have been claimed in that very moment; nothing is left half way.
    states = [state for (state,) in await post.rows("state")]
    assert slow.sent == [f"222 {number}" for number in range(states.count("sent"))]
    assert (states[0], states[-1], set(states)) == ("sent", "due", {"sent", "due"})
    assert post.runtime.hooks.wake_sender is None


async def test_what_does_not_arrive_in_time_is_sent_by_somebody_else(post: Post) -> None:
    slow, memory = Slow(), MemoryChannel()
    delivery = OutboxSender(post.runtime, {("terminal", "sms"): slow})
    await delivery.start()
    await post.put(MARTA, "one")
    async with asyncio.timeout(5):
        while not slow.begun:  # noqa: ASYNC110 - it has begun or the test fails
            await asyncio.sleep(0.001)
    await delivery.stop(0.01)
    assert await post.rows("state", "attempts") == [("sending", 1)]
    clock_of(post.runtime).advance(LEASE_DURATION)
    assert await post.runtime.run(requeue_expired_leases) == 1
    other = OutboxSender(post.runtime, {("terminal", "sms"): memory})
    await other.drain()
    assert memory.texts_to(MARTA) == ["one"]


async def test_the_language_is_the_conversations_and_the_country_the_shops(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MESSAGES, "t.when", "{when}, {price}")
    memory = MemoryChannel()
    from core.messaging.messages import Money, When

    say = Say("t.when", {"when": When(post.runtime.clock.now(), "UTC"), "price": Money(250, "EUR")})
    async with post.runtime.transaction() as ctx:
        conversations = tables.conversations
        await ctx.execute(
            sa.update(conversations)
            .where(conversations.c.id == post.talks[HUGO])
            .values(language="es")
        )
        for address in (MARTA, HUGO):
            await enqueue.enqueue(ctx, say, conversation_id=post.talks[address])
    await OutboxSender(post.runtime, {("terminal", "sms"): memory}).drain()
    assert memory.texts_to(MARTA) == ["Mon 9 Mar 9:00 am, 2,50 EUR"]
    assert memory.texts_to(HUGO) == ["lun 9 mar 9:00, 2,50 EUR"]


# --- receipts and lines -----------------------------------------------------------------------


async def test_a_receipt_is_one_row_however_often_and_survives_a_reset(post: Post) -> None:
    line = ChatHarness(post.runtime).line_of_channel(post.place.line_id, post.place.shop_id)
    first = await receive_incoming(
        post.runtime, line, MARTA, "E1", Incoming(text="a\x00\ud800b" + "x" * 9999)
    )
    again = await receive_incoming(post.runtime, line, MARTA, "E1", Incoming(text="other"))
    assert (first.inbox_id is None, again.inbox_id) == (False, None)
    assert first.conversation_id == again.conversation_id == post.talks[MARTA]
    async with post.runtime.read_transaction() as ctx:
        (kept,) = await ctx.all(
            sa.select(tables.inbox.c.incoming).where(tables.inbox.c.event_id == "E1")
        )
    assert kept.incoming == {"kind": "text", "text": "ab" + "x" * 4094}
    async with post.runtime.transaction() as ctx:
        await ctx.execute(sa.delete(tables.inbox))
        await ctx.execute(sa.delete(tables.conversations))
    fresh = await receive_incoming(post.runtime, line, MARTA, "E2", Incoming(text="hello"))
    assert fresh.conversation_id not in post.talks.values() or fresh.inbox_id is not None


async def test_the_settings_lines_are_made_once(runtime: Runtime) -> None:
    settings = runtime.settings.model_copy(
        update={
            "twilio_account_sid": "AC1",
            "twilio_auth_token": "token",
            "twilio_messaging_service_sid": "MG1",
            "twilio_whatsapp_from": "whatsapp:+14155238886",
        }
    )
    for _ in range(2):
        async with runtime.transaction() as ctx:
            await ensure_default_lines(ctx, settings)
            await ensure_default_lines(ctx, runtime.settings)
    async with runtime.read_transaction() as ctx:
        lines = await load_lines(ctx)
        none = await load_lines(ctx, "terminal")
    assert [(x.transport, x.channel, x.account, x.address, x.shop_id) for x in lines] == [
        ("twilio", "sms", "AC1", "MG1", None),
        ("twilio", "whatsapp", "AC1", "+14155238886", None),
    ]
    assert none == []


async def test_somebody_who_writes_is_answered_where_they_wrote(post: Post) -> None:
    town = ChatHarness(post.runtime)
    line = town.line_of_channel(post.place.line_id, post.place.shop_id)
    answer = await ChatPerson(town, line, "+34600999888").say("hello")
    assert answer.startswith("Welcome to Bella Hair.")
