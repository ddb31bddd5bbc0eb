"""Metrics after a conversation, and when the installation is not ready."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from bot.app import App
from core.clock import FixedClock
from core.db import tables
from core.db.runtime import Runtime
from core.messaging.messages import Say
from core.messaging.outbox import enqueue
from core.reporting import gauges
from tests.servers.twilio.faults import Fault
from tests.support import shops
from tests.support.people_rows import PeopleRows
from tests.support.row_factory import RowFactory
from tests.webhooks.harness import TwilioHarness, twilio_harness
from webhooks.app import create_app

MARTA = "+34600111222"


async def answer(app: App, path: str, **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(create_app(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get(path, headers=headers)


async def samples(app: App) -> dict[str, float]:
    """Return every sample of /metrics by name and labels."""
    page = await answer(app, "/metrics")
    assert page.headers["content-type"].startswith("text/plain; version=")
    lines = [line for line in page.text.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def clock_of(runtime: Runtime) -> FixedClock:
    assert isinstance(runtime.clock, FixedClock)
    return runtime.clock


@pytest.fixture
async def served(runtime: Runtime) -> AsyncIterator[TwilioHarness]:
    async with runtime.transaction() as ctx:
        await shops.build_salon(ctx)
    async with twilio_harness(runtime) as made:
        yield made


async def test_conversation_is_counted_in_metrics(served: TwilioHarness) -> None:
    before = await samples(served.app)
    await served.send_sms(MARTA, "BELLA")
    await served.send_sms(MARTA, "1")
    served.twilio.fail_next(1, Fault.BROKEN)
    await served.send_sms(MARTA, "1")
    clock = clock_of(served.app.runtime)
    clock.advance(timedelta(seconds=20))
    waiting = await samples(served.app)
    served.app.sender.wake()
    await served.wait_until_idle()
    code = re.findall(r"\b\d{6}\b", served.twilio.to(MARTA)[-1])[0]
    await served.send_sms(MARTA, f"{code} Marta")
    served.twilio.outcomes[MARTA] = 30003
    await served.twilio.settle(served.twilio.messages[-1])
    after = await samples(served.app)

    def more(name: str) -> float:
        return after.get(name, 0) - before.get(name, 0)

    turns = {name: more(name) for name in after if name.startswith("slotline_turns_total")}
    assert {name: count for name, count in turns.items() if count} == {
        'slotline_turns_total{channel="sms",flow="book",outcome="done"}': 4,
    }
    assert more('slotline_turn_seconds_count{channel="sms"}') == 4
    assert more('slotline_messages_sent_total{channel="sms",queue="reply"}') == 4
    parts = sum(message.segments for message in served.twilio.messages)
    assert more('slotline_sms_segments_total{encoding="gsm7"}') == parts
    assert more('slotline_delivery_failures_total{channel="twilio",error="20500"}') == 1
    assert more('slotline_delivery_failures_total{channel="twilio",error="30003"}') == 1
    # What the database knows: one answer waited, and its code was used in the end.
    assert waiting['slotline_outbox_due{queue="reply"}'] == 1
    assert 0 < waiting['slotline_outbox_oldest_due_seconds{queue="reply"}'] <= 8
    assert after['slotline_outbox_due{queue="reply"}'] == 0
    assert after['slotline_bookings{state="confirmed"}'] == 1
    assert after['slotline_codes_24h{outcome="sent"}'] == 1
    assert after['slotline_codes_24h{outcome="used"}'] == 1


async def test_reminders_are_counted_as_sent_late_or_dropped(served: TwilioHarness) -> None:
    runtime = served.app.runtime
    await served.send_sms(MARTA, "BELLA")
    before = await samples(served.app)
    clock_of(runtime).move_to("2026-03-09T11:00Z")
    hello = Say("hello", {})
    ways = [timedelta(0), timedelta(minutes=6), timedelta(minutes=6)]
    async with runtime.transaction() as ctx:
        for number, late in enumerate(ways):
            past = ctx.now - timedelta(minutes=1) if number == 2 else None
            await enqueue.enqueue(
                ctx,
                hello,
                conversation_id=1,
                queue="reminder",
                due_at=ctx.now - late,
                expires_at=past,
            )
    await served.wait_until_idle()
    after = await samples(served.app)
    counted = {
        outcome: after.get(name, 0) - before.get(name, 0)
        for outcome in ("sent", "late", "dropped")
        for name in [f'slotline_reminders_total{{outcome="{outcome}"}}']
    }
    assert counted == {"sent": 1, "late": 1, "dropped": 1}


async def test_metric_labels_hold_no_personal_data(served: TwilioHarness) -> None:
    await served.send_sms(MARTA, "BELLA")
    assert "600111222" not in (await answer(served.app, "/metrics")).text


async def test_with_a_token_only_its_bearer_reads(runtime: Runtime) -> None:
    runtime.settings = runtime.settings.model_copy(update={"metrics_token": "a long token"})
    app = App.from_runtime(runtime)
    assert (await answer(app, "/metrics")).status_code == 403
    assert (await answer(app, "/metrics", Authorization="Bearer another")).status_code == 403
    assert (await answer(app, "/metrics", Authorization="Bearer a long token")).status_code == 200


# --- ready ------------------------------------------------------------------------------------


async def state(app: App) -> str:
    said = await answer(app, "/health/ready")
    found: dict[str, str] = said.json()
    assert (said.status_code == 200) == (found["status"] == "ok")
    return found.get("reason", "ok")


async def test_ready_turns_red_when_the_workers_heart_stops(runtime: Runtime) -> None:
    app = App.from_runtime(runtime)
    await app.worker.heartbeat()
    assert await state(app) == "ok"
    clock_of(runtime).advance(timedelta(seconds=120))
    assert await state(app) == "ok"
    clock_of(runtime).advance(timedelta(seconds=1))
    assert await state(app) == (
        "no worker has been at work for 2 minutes: start python -m bot worker"
    )
    await app.worker.heartbeat()
    assert await state(app) == "ok"


async def test_ready_turns_red_when_a_message_waits_too_long(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        place = await PeopleRows.open_shop(ctx)
        ahead = ctx.now + timedelta(hours=1)
        for due_at in (ahead, ctx.now):
            talk = await place.open_conversation(f"+3460000000{due_at.hour % 9}")
            await enqueue.enqueue(ctx, Say("hello", {}), conversation_id=talk, due_at=due_at)
        # Nobody looks at the terminal: what stands there is nobody's delay.
        await place.rows.add(tables.lines, transport="terminal")
        asleep = await place.open_conversation("+34600000009")
        long_ago = ctx.now - timedelta(days=9)
        await enqueue.enqueue(ctx, Say("hello", {}), conversation_id=asleep, due_at=long_ago)
    app = App.from_runtime(runtime)
    clock_of(runtime).advance(timedelta(minutes=30))
    assert await state(app) == "ok"
    clock_of(runtime).advance(timedelta(seconds=1))
    assert await state(app) == (
        "a message has waited to be sent for 30 minutes: see python -m bot outbox list --state due"
    )
    async with runtime.transaction() as ctx:
        await ctx.execute(sa.update(tables.outbox).values(state="sent"))
    assert await state(app) == "ok"


async def test_the_oldest_is_found_by_the_index_of_what_is_due(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        await RowFactory(ctx).add_to_every_table()
        seen: list[tuple[str, object]] = []
        connection = ctx.connection.sync_connection
        sa.event.listen(
            connection, "before_cursor_execute", lambda *args: seen.append((args[2], args[3]))
        )
        assert await gauges.oldest_due_at(ctx, "reply") is None
        statement, values = seen[0]
        if ctx.is_postgresql:
            await ctx.execute(sa.text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN" if ctx.is_postgresql else "EXPLAIN QUERY PLAN"
        plan = await ctx.connection.exec_driver_sql(f"{explain} {statement}", values)  # type: ignore[arg-type]
        steps = " | ".join(str(row[-1]) for row in plan)
    assert "ix_outbox_due" in steps, steps
