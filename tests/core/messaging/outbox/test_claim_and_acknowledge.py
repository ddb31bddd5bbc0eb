"""What is claimed when, how it is marked, tried again and given up."""

import asyncio
import itertools
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.clock import FixedClock
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import bookings, lines, prompts, users
from core.db.tables import outbox as table
from core.messaging.messages import Say, decode_value, encode_value
from core.messaging.outbox import enqueue
from core.messaging.outbox.acknowledge import (
    LEASE_DURATION,
    MAX_ATTEMPTS,
    mark_failed,
    mark_sent,
    requeue_expired_leases,
    start_attempt,
)
from core.messaging.outbox.claim import Outgoing, claim_due, number_prompt, number_prompts
from core.messaging.outbox.delivery_status import STATUS_RANK, record_provider_status
from core.messaging.outbox.staff_alerts import enqueue_for_staff
from tests.support.people_rows import PeopleRows, outbox_rows

HELLO = Say("hello", {"name": "Marta"})
CODE = Say("code", {"code": "481920"}, secret=True)
MARTA, HUGO, OWNER = "+34600000009", "+34600000008", "+34600000001"


async def row_of(ctx: Context, row_id: int | None) -> Any:
    return await ctx.first(sa.select(table).where(table.c.id == row_id))


def clock_of(runtime: Runtime) -> FixedClock:
    assert isinstance(runtime.clock, FixedClock)
    return runtime.clock


async def claimed_ids(runtime: Runtime, **how: Any) -> list[int]:
    async with runtime.transaction() as ctx:
        return [row.id for row in await claim_due(ctx, **how)]


# ------------------------------------------------------------------------------------ claiming


async def test_a_claimed_row_brings_all_that_sending_takes(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx)
    talk = await place.open_conversation(MARTA, language="en", shop_id=None)
    row_id = await enqueue.enqueue(ctx, HELLO, conversation_id=talk, kind="greeting")

    (row,) = await claim_due(ctx)

    assert row == Outgoing(
        id=row_id or 0,
        lease=row.lease,
        message=HELLO,
        queue="reply",
        kind="greeting",
        secret=False,
        attempts=0,
        created_at=ctx.now,
        due_at=ctx.now,
        conversation_id=talk,
        address=MARTA,
        language="en",
        last_in_at=None,
        line_id=place.line,
        transport="twilio",
        channel="sms",
        account="demo",
        line_address="+34910000000",
        shop_id=place.shop,  # the line's
        shop_name="Bella Hair",
        timezone="Europe/Madrid",
        country="ES",
        booking_id=None,
        prompt_id=None,
        provider_message_id="",
        provider_status="",
        number_offset=0,
        options=(),
    )
    stored = await row_of(ctx, row_id)
    assert (stored.state, stored.leased_until) == ("sending", ctx.now + LEASE_DURATION)
    assert await claim_due(ctx) == []


async def test_rows_of_one_queue_go_in_order_and_replies_pass_the_rest(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        talk = await (await PeopleRows.open_shop(ctx)).open_conversation(MARTA)
        reminder, alert, first, second = [
            await enqueue.enqueue(ctx, HELLO, conversation_id=talk, queue=queue)
            for queue in ("reminder", "alert", "reply", "reply")
        ]
    assert await claimed_ids(runtime) == [first, alert, reminder]
    assert await claimed_ids(runtime) == []  # the first reply is not out yet
    async with runtime.transaction() as ctx:
        lease = (await row_of(ctx, first)).lease
        assert await mark_sent(ctx, first or 0, lease)
    assert await claimed_ids(runtime) == [second]


async def test_a_row_that_waits_for_its_next_try_holds_up_its_queue(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        talk = await (await PeopleRows.open_shop(ctx)).open_conversation(MARTA)
        first = await enqueue.enqueue(ctx, HELLO, conversation_id=talk)
        second = await enqueue.enqueue(ctx, HELLO, conversation_id=talk)
        (row,) = await claim_due(ctx)
        assert row.id == first
        await start_attempt(ctx, row.id, row.lease)
        await mark_failed(ctx, row.id, row.lease, error="503")
    assert await claimed_ids(runtime) == []
    clock_of(runtime).advance(timedelta(seconds=19))
    assert await claimed_ids(runtime) == [first]
    assert (first or 0) < (second or 0)


async def test_a_reminder_far_ahead_holds_up_nobody(ctx: Context) -> None:
    talk = await (await PeopleRows.open_shop(ctx)).open_conversation(MARTA)
    far = ctx.now + timedelta(days=30)
    await enqueue.enqueue(ctx, HELLO, conversation_id=talk, queue="reminder", due_at=far)
    now = await enqueue.enqueue(ctx, HELLO, conversation_id=talk, queue="reminder")
    assert [row.id for row in await claim_due(ctx)] == [now]


async def test_a_batch_has_its_limit_and_replies_come_into_it_first(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx)
    talks = [await place.open_conversation(f"+3460000001{n}") for n in range(4)]
    for talk in talks:
        await enqueue.enqueue(ctx, HELLO, conversation_id=talk, queue="reminder")
    reply = await enqueue.enqueue(ctx, HELLO, conversation_id=talks[-1])
    rows = await claim_due(ctx, limit=3)
    assert [row.queue for row in rows] == ["reply", "reminder", "reminder"]
    assert rows[0].id == reply
    assert [row.queue for row in await claim_due(ctx)] == ["reminder", "reminder"]


async def test_a_process_claims_only_the_lines_it_has(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx)
    real = await enqueue.enqueue(ctx, HELLO, conversation_id=await place.open_conversation(MARTA))
    terminal = await place.rows.add(lines, transport="terminal", address="+34910000009")
    pretended = await enqueue.enqueue(
        ctx, HELLO, conversation_id=await place.open_conversation(HUGO)
    )
    assert [row.id for row in await claim_due(ctx, line_ids=[terminal])] == [pretended]
    assert await claim_due(ctx, line_ids=[]) == []
    assert [row.id for row in await claim_due(ctx, line_ids=[place.line])] == [real]


async def test_what_comes_too_late_or_to_somebody_who_left_is_dropped(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        place = await PeopleRows.open_shop(ctx)
        talk, left = await place.open_conversation(MARTA), await place.open_conversation(HUGO)
        soon = ctx.now + timedelta(minutes=5)
        late = await enqueue.enqueue(
            ctx, CODE, conversation_id=talk, expires_at=soon - LEASE_DURATION
        )
        in_time = await enqueue.enqueue(
            ctx, HELLO, conversation_id=talk, queue="alert", expires_at=soon
        )
        gone = await enqueue.enqueue(
            ctx, HELLO, conversation_id=left, queue="reminder", due_at=soon
        )
        await ctx.execute(
            sa.text("UPDATE conversations SET opted_out_at = created_at WHERE id = :id"),
            {"id": left},
        )
    clock_of(runtime).advance(timedelta(minutes=5))
    assert await claimed_ids(runtime) == [in_time]
    async with runtime.transaction() as ctx:
        row = await row_of(ctx, late)
        assert (row.state, row.error, decode_value(row.message)) == (
            "dropped",
            "too late",
            Say("code", {}, secret=True),
        )
        row = await row_of(ctx, gone)
        assert (row.state, row.error) == ("dropped", "opted out")


async def test_fifty_deliveries_at_once_claim_each_row_once(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        place = await PeopleRows.open_shop(ctx)
        posted = []
        for n in range(40):
            talk = await place.open_conversation(f"+346000010{n:02}")
            posted += [
                await enqueue.enqueue(ctx, HELLO, conversation_id=talk),
                await enqueue.enqueue(ctx, HELLO, conversation_id=talk),
            ]
    batches = await asyncio.gather(*(claimed_ids(runtime, limit=5) for _ in range(50)))
    claimed = [row_id for batch in batches for row_id in batch]
    # The first of each conversation, all of them, none twice.
    assert sorted(claimed) == posted[::2]


async def test_claiming_walks_the_index_of_unfinished_rows(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        seen: list[Any] = []
        sa.event.listen(
            ctx.connection.sync_connection,
            "before_cursor_execute",
            lambda *args: seen.append(args),
        )
        await claim_due(ctx)
        _, _, statement, values, *_ = seen[0]
        if ctx.is_postgresql:  # a small table is read as a whole unless that is forbidden
            await ctx.execute(sa.text("SET LOCAL enable_seqscan = off"))
            explain, used = (
                "EXPLAIN",
                "'::text) AND (due_at <= '2026-03-09 09:00:00+00'::timestamp with time zone))",
            )
        else:
            explain, used = "EXPLAIN QUERY PLAN", "ix_outbox_due (queue=? AND due_at<?)"
        plan = await ctx.connection.exec_driver_sql(f"{explain} {statement}", values)
        steps = " | ".join(str(row[-1]) for row in plan)
    assert steps.count(used) == 3, steps  # once for each queue
    # In its order, too: to sort what is due at one instant, all of it would be read.
    assert "Presorted Key" not in steps, steps


# ------------------------------------------------------------------------------------ marking


async def test_sent_wipes_secrets_and_keeps_the_rest(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx)
    plain = await enqueue.enqueue(ctx, HELLO, conversation_id=await place.open_conversation(MARTA))
    secret = await enqueue.enqueue(ctx, CODE, conversation_id=await place.open_conversation(HUGO))
    for row in await claim_due(ctx):
        assert await start_attempt(ctx, row.id, row.lease)
        assert await mark_sent(
            ctx, row.id, row.lease, provider_message_id=f"SM{row.id}", body="words", segments=2
        )
    row = await row_of(ctx, plain)
    assert (row.state, row.sent_at, row.body, row.segments, row.attempts, row.lease) == (
        "sent",
        ctx.now,
        "words",
        2,
        1,
        "",
    )
    assert (decode_value(row.message), row.provider_message_id) == (HELLO, f"SM{plain}")
    row = await row_of(ctx, secret)
    assert (row.state, row.body, decode_value(row.message)) == (
        "sent",
        "",
        Say("code", {}, secret=True),
    )


async def test_sent_makes_its_prompt_the_one_shown_last(ctx: Context) -> None:
    talk = await (await PeopleRows.open_shop(ctx)).open_conversation(MARTA)
    prompt = await ctx.insert(
        prompts, conversation_id=talk, message=encode_value(CODE), created_at=ctx.now
    )
    await enqueue.enqueue(ctx, CODE, conversation_id=talk, prompt_id=prompt)
    (row,) = await claim_due(ctx)
    shown = sa.select(prompts.c.shown_at, prompts.c.message).where(prompts.c.id == prompt)
    assert tuple(await ctx.first(shown) or ()) == (None, encode_value(CODE))
    await mark_sent(ctx, row.id, row.lease)
    assert tuple(await ctx.first(shown) or ()) == (
        ctx.now,
        encode_value(Say("code", {}, secret=True)),
    )


async def test_only_the_holder_of_the_lease_marks(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        talk = await (await PeopleRows.open_shop(ctx)).open_conversation(MARTA)
        await enqueue.enqueue(ctx, HELLO, conversation_id=talk)
        (slow,) = await claim_due(ctx)
    clock_of(runtime).advance(LEASE_DURATION)
    async with runtime.transaction() as ctx:
        assert await requeue_expired_leases(ctx) == 1
        (quick,) = await claim_due(ctx)
        assert quick.id == slow.id
        assert await start_attempt(ctx, slow.id, slow.lease) is False
        assert await mark_sent(ctx, slow.id, slow.lease) is False
        assert await mark_failed(ctx, slow.id, slow.lease, error="late") == ""
        assert await mark_sent(ctx, quick.id, quick.lease) is True
        assert await mark_sent(ctx, quick.id, quick.lease) is False


async def test_a_late_mark_counts_while_nobody_else_has_the_row(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        talk = await (await PeopleRows.open_shop(ctx)).open_conversation(MARTA)
        await enqueue.enqueue(ctx, HELLO, conversation_id=talk)
        (row,) = await claim_due(ctx)
    clock_of(runtime).advance(LEASE_DURATION)
    async with runtime.transaction() as ctx:
        assert await requeue_expired_leases(ctx) == 1
        assert await mark_sent(ctx, row.id, row.lease) is True
        assert await claim_due(ctx) == []


async def test_starting_renews_the_lease(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        talk = await (await PeopleRows.open_shop(ctx)).open_conversation(MARTA)
        await enqueue.enqueue(ctx, HELLO, conversation_id=talk)
        (row,) = await claim_due(ctx)
    clock_of(runtime).advance(LEASE_DURATION / 2)
    async with runtime.transaction() as ctx:
        assert await start_attempt(ctx, row.id, row.lease)
    clock_of(runtime).advance(LEASE_DURATION / 2)
    async with runtime.transaction() as ctx:
        assert await requeue_expired_leases(ctx) == 0


# ------------------------------------------------------------------------------------ failing


async def fail_once(runtime: Runtime, **how: Any) -> tuple[str, datetime, int]:
    """Claim, start and fail the only row there is; return its state, when due, attempts."""
    async with runtime.transaction() as ctx:
        (row,) = await claim_due(ctx)
        assert await start_attempt(ctx, row.id, row.lease)
        state = await mark_failed(ctx, row.id, row.lease, **({"error": "503"} | how))
        stored = await row_of(ctx, row.id)
        return state, stored.due_at, stored.attempts


async def test_eight_tries_with_longer_and_longer_waits_then_dead(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        place = await PeopleRows.open_shop(ctx)
        await place.add_member(OWNER, "owner")
        talk = await place.open_conversation(MARTA, name="Marta")
        booking = await place.rows.add(bookings, ref="K7Q-3MD")
        row_id = await enqueue.enqueue(
            ctx, HELLO, conversation_id=talk, kind="confirmed", booking_id=booking
        )
    clock = clock_of(runtime)
    for n in range(7):
        state, due, attempts = await fail_once(runtime)
        waited = (due - clock.now()).total_seconds()
        assert (state, attempts) == ("due", n + 1)
        assert 0.8 * 15 * 2**n - 1 <= waited <= 1.2 * 15 * 2**n + 1
        clock.move_to(due.isoformat())
    assert (await fail_once(runtime))[0] == "dead"

    async with runtime.transaction() as ctx:
        assert (await row_of(ctx, row_id)).error == "503"
        (alarm,) = await claim_due(ctx)
        assert (alarm.address, alarm.kind, alarm.message) == (
            OWNER,
            "alert.undelivered",
            Say(
                "alert.undelivered",
                {"customer": "Marta", "phone": MARTA, "ref": "K7Q-3MD", "reason": "503"},
            ),
        )


async def test_waits_end_at_an_hour_and_the_providers_own_word_counts(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        talk = await (await PeopleRows.open_shop(ctx)).open_conversation(MARTA)
        await enqueue.enqueue(ctx, HELLO, conversation_id=talk)
    now = clock_of(runtime).now()
    assert await fail_once(runtime, retry_after=2.5) == ("due", now + timedelta(seconds=3), 1)


async def test_a_permanent_failure_ends_at_once_and_tells_the_shop_once_a_day(
    runtime: Runtime,
) -> None:
    async with runtime.transaction() as ctx:
        place = await PeopleRows.open_shop(ctx)
        await place.add_member(OWNER, "owner")
        talk = await place.open_conversation(MARTA)
        for _ in range(2):
            await enqueue.enqueue(ctx, HELLO, conversation_id=talk)
            (row,) = await claim_due(ctx, line_ids=[place.line], limit=1)
            assert row.conversation_id == talk
            state = await mark_failed(ctx, row.id, row.lease, error="21614", permanent=True)
            assert state == "failed"
        alarms = [(to, kind) for _, to, _, kind, _ in await outbox_rows(ctx) if to == OWNER]
    assert alarms == [(OWNER, "alert.undelivered")]


@pytest.mark.parametrize("say", [CODE, Say("alert.new", {})])
async def test_nobody_is_alarmed_about_codes_or_alerts(runtime: Runtime, say: Say) -> None:
    async with runtime.transaction() as ctx:
        place = await PeopleRows.open_shop(ctx)
        await place.add_member(OWNER, "owner")
        row_id = await enqueue.enqueue(
            ctx, say, conversation_id=await place.open_conversation(MARTA), kind="x"
        )
        (row,) = await claim_due(ctx)
        await mark_failed(ctx, row.id, row.lease, error="no", permanent=True)
        assert [(to, state) for _, to, state, _, _ in await outbox_rows(ctx)] == [(MARTA, "failed")]
        assert decode_value((await row_of(ctx, row_id)).message) == Say(
            say.key, {}, secret=say.secret
        )


async def test_a_sender_that_vanishes_eight_times_kills_the_row(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        talk = await (await PeopleRows.open_shop(ctx)).open_conversation(MARTA)
        row_id = await enqueue.enqueue(ctx, HELLO, conversation_id=talk)
    for left in reversed(range(MAX_ATTEMPTS)):
        async with runtime.transaction() as ctx:
            (row,) = await claim_due(ctx)
            await start_attempt(ctx, row.id, row.lease)
        clock_of(runtime).advance(LEASE_DURATION)
        async with runtime.transaction() as ctx:
            assert await requeue_expired_leases(ctx) == (1 if left else 0)
    async with runtime.transaction() as ctx:
        row = await row_of(ctx, row_id)
        assert (row.state, row.error) == ("dead", "the sender vanished")


# ------------------------------------------------------------------------------------ statuses


async def sent_row(ctx: Context) -> int:
    place = await PeopleRows.open_shop(ctx)
    await place.add_member(OWNER, "owner")
    row_id = await enqueue.enqueue(ctx, HELLO, conversation_id=await place.open_conversation(MARTA))
    (row,) = await claim_due(ctx)
    await mark_sent(ctx, row.id, row.lease, provider_message_id="SM1", provider_status="queued")
    return row_id or 0


async def test_statuses_of_the_provider_never_move_back(ctx: Context) -> None:
    row_id = await sent_row(ctx)
    moved = [
        await record_provider_status(ctx, "SM1", status)
        for status in ("queued", "sent", "sending", "delivered", "undelivered", "read", "odd")
    ]
    assert moved == [False, True, False, True, False, True, False]
    row = await row_of(ctx, row_id)
    assert (row.provider_status, row.state) == ("read", "sent")
    assert await record_provider_status(ctx, "SM-unknown", "delivered") is False


async def test_a_failure_the_provider_reports_is_told_to_the_shop_in_plain_words(
    ctx: Context,
) -> None:
    row_id = await sent_row(ctx)
    said = "30003: the phone is off"
    assert await record_provider_status(ctx, "SM1", "undelivered", said, why="why.off") is True
    assert await record_provider_status(ctx, "SM1", "sent") is False
    row = await row_of(ctx, row_id)
    assert (row.provider_status, row.state, row.error) == (
        "undelivered",
        "failed",
        "30003: the phone is off",
    )
    (alarm,) = await claim_due(ctx)
    assert (alarm.address, alarm.kind, alarm.message.params["reason"]) == (
        OWNER,
        "alert.undelivered",
        Say("why.off"),
    )


ORDERS = [
    # What comes, in every order and each twice; what the row then holds; how often it is told.
    (("mark", "queued", "sent", "delivered", "read"), ("sent", "read", ""), {0}),
    (("mark", "accepted", "sending", "sent"), ("sent", "sent", ""), {0}),
    (("mark", "queued", "sent", "undelivered"), ("failed", "undelivered", "undelivered"), {1}),
    (("mark", "sent", "failed", "undelivered"), ("failed", "undelivered", "undelivered"), {1}),
    (("mark", "canceled"), ("failed", "canceled", "canceled"), {1}),
    # A network took its word back, or the two overtook each other: it did arrive.
    (("mark", "sent", "undelivered", "delivered"), ("sent", "delivered", ""), {0, 1}),
]


@pytest.mark.parametrize(("news", "end", "alarms"), ORDERS)
async def test_delivery_statuses_end_alike_in_any_order(
    ctx: Context, news: tuple[str, ...], end: tuple[str, str, str], alarms: set[int]
) -> None:
    place = await PeopleRows.open_shop(ctx)
    await place.add_member(OWNER, "owner")
    for number, order in enumerate(itertools.permutations(news)):
        talk = await place.open_conversation(f"+3461000{number:04}")
        row_id = await enqueue.enqueue(ctx, HELLO, conversation_id=talk) or 0
        (row,) = await claim_due(ctx, conversation_id=talk)
        sid, seen = f"SM{row_id}", [0]
        for what in [*order, *reversed(order)]:
            if what == "mark":
                await mark_sent(
                    ctx, row_id, row.lease, provider_message_id=sid, provider_status="queued"
                )
            else:
                await record_provider_status(ctx, sid, what, outbox_id=row_id)
            seen.append(STATUS_RANK[(await row_of(ctx, row_id)).provider_status])
        stored = await row_of(ctx, row_id)
        assert (order, stored.state, stored.provider_status, stored.error) == (order, *end)
        assert (order, seen) == (order, sorted(seen))
        told = await ctx.scalar(
            sa.select(sa.func.count())
            .select_from(table)
            .where(table.c.unique_key.like(f"undelivered:{talk}:%"))
        )
        assert (order, told in alarms) == (order, True)


async def test_without_a_shop_to_tell_the_admins_are_told(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx, shop_id=None)
    admin = await place.add_person(OWNER, "Olga")
    await ctx.execute(sa.update(users).where(users.c.id == admin).values(admin=True))
    await enqueue.enqueue(ctx, HELLO, conversation_id=await place.open_conversation(MARTA))
    (row,) = await claim_due(ctx)
    await mark_failed(ctx, row.id, row.lease, error="21614", permanent=True)
    (alarm,) = await claim_due(ctx)
    assert (alarm.address, alarm.kind) == (OWNER, "alert.undelivered")
    # Should that fail too, nobody is told of it.
    await mark_failed(ctx, alarm.id, alarm.lease, error="21614", permanent=True)
    assert await claim_due(ctx) == []


async def test_of_an_owner_without_a_working_phone_the_admins_are_told(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx, shop_id=None)
    await place.add_member(HUGO, "owner")
    admin = await place.add_person(OWNER, "Olga")
    await ctx.execute(sa.update(users).where(users.c.id == admin).values(admin=True))
    await enqueue_for_staff(ctx, Say("alert.new", {}), shop_id=place.shop, kind="alert.new")
    (row,) = await claim_due(ctx)
    assert row.address == HUGO
    await mark_failed(ctx, row.id, row.lease, error="21614", permanent=True, why="why.off")
    (alarm,) = await claim_due(ctx)
    assert (alarm.address, alarm.message.params["phone"]) == (OWNER, HUGO)


@pytest.mark.parametrize(("status", "state"), [("delivered", "sent"), ("failed", "failed")])
async def test_a_status_may_overtake_our_own_mark(ctx: Context, status: str, state: str) -> None:
    place = await PeopleRows.open_shop(ctx)
    row_id = (
        await enqueue.enqueue(ctx, HELLO, conversation_id=await place.open_conversation(MARTA)) or 0
    )
    (row,) = await claim_due(ctx)
    assert await record_provider_status(ctx, "SM1", status) is False
    assert await record_provider_status(ctx, "SM1", status, outbox_id=row_id) is True
    await mark_sent(ctx, row.id, row.lease, provider_message_id="SM1", provider_status="queued")
    stored = await row_of(ctx, row_id)
    assert (stored.provider_status, stored.state) == (status, state)


# ------------------------------------------------------------------------------------ numbers


async def add_prompt(ctx: Context, talk: int, options: int, **values: Any) -> int:
    kept = list(range(options))
    return await ctx.insert(
        prompts, conversation_id=talk, options=kept, created_at=ctx.now, **values
    )


async def test_open_decisions_of_a_conversation_never_share_a_number(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx)
    talk, other = await place.open_conversation(MARTA), await place.open_conversation(HUGO)
    first = await add_prompt(ctx, talk, 2)
    second = await add_prompt(ctx, talk, 2)
    third = await add_prompt(ctx, talk, 3)
    elsewhere = await add_prompt(ctx, other, 2)
    assert [await number_prompt(ctx, p) for p in (first, second)] == [0, 2]
    await ctx.execute(sa.update(prompts).where(prompts.c.id == first).values(closed_at=ctx.now))
    # 1 and 2 are free again, but three in a row only after 4.
    assert await number_prompts(ctx, [third, elsewhere]) == {third: 4, elsewhere: 0}
    assert await number_prompt(ctx, await add_prompt(ctx, talk, 2)) == 0
    assert await number_prompt(ctx, second) == 2


async def test_an_expired_prompt_gives_its_numbers_back(ctx: Context) -> None:
    talk = await (await PeopleRows.open_shop(ctx)).open_conversation(MARTA)
    old = await add_prompt(ctx, talk, 2, expires_at=ctx.now)
    assert await number_prompt(ctx, old) == 0
    assert await number_prompt(ctx, await add_prompt(ctx, talk, 2)) == 0


async def test_a_retried_prompt_keeps_its_numbers_and_a_dead_one_frees_them(
    runtime: Runtime,
) -> None:
    async with runtime.transaction() as ctx:
        talk = await (await PeopleRows.open_shop(ctx)).open_conversation(MARTA)
        await number_prompt(ctx, await add_prompt(ctx, talk, 2))
        prompt = await add_prompt(ctx, talk, 2)
        await enqueue.enqueue(ctx, HELLO, conversation_id=talk, prompt_id=prompt)
        (row,) = await claim_due(ctx)
        assert (row.number_offset, row.options) == (2, (0, 1))
        await start_attempt(ctx, row.id, row.lease)
        await mark_failed(ctx, row.id, row.lease, error="503")
    clock_of(runtime).advance(timedelta(seconds=19))
    async with runtime.transaction() as ctx:
        (row,) = await claim_due(ctx)
        assert row.number_offset == 2
        await mark_failed(ctx, row.id, row.lease, error="no", permanent=True)
        assert await number_prompt(ctx, await add_prompt(ctx, talk, 2)) == 2


async def test_two_deliveries_number_one_conversation_without_a_clash(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        talk = await (await PeopleRows.open_shop(ctx)).open_conversation(MARTA)
        made = [await add_prompt(ctx, talk, 2) for _ in range(10)]

    async def number(prompt: int) -> int:
        async with runtime.transaction() as ctx:
            return await number_prompt(ctx, prompt)

    assert sorted(await asyncio.gather(*map(number, made))) == list(range(0, 20, 2))
