"""What somebody who looks after the outbox sees, tries again and drops."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import outbox as table
from core.db.tables import shops
from core.messaging.messages import Say
from core.messaging.outbox import enqueue
from core.messaging.outbox.acknowledge import mark_failed
from core.messaging.outbox.admin import (
    OutboxEntry,
    OutboxFilter,
    drop_waiting,
    newest_entries,
    retry_now,
)
from core.messaging.outbox.claim import claim_due
from tests.support.people_rows import PeopleRows

HELLO = Say("hello", {"name": "Marta"})
CODE = Say("code", {"code": "481920"}, secret=True)
MARTA, HUGO = "+34600000009", "+34600000008"


async def stored(ctx: Context) -> list[tuple[Any, ...]]:
    rows = await ctx.all(
        sa.select(table.c.id, table.c.state, table.c.attempts, table.c.error).order_by(table.c.id)
    )
    return [tuple(row) for row in rows]


async def fail(ctx: Context, *, permanent: bool) -> None:
    """Let what is due now fail."""
    for row in await claim_due(ctx, starting=True):
        await mark_failed(ctx, row.id, row.lease, error="no", permanent=permanent)


async def test_rows_are_listed_by_state_shop_and_kind_without_what_they_say(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx)
    talk = await place.open_conversation(MARTA)
    first = await enqueue.enqueue(ctx, CODE, conversation_id=talk, kind="code")
    second = await enqueue.enqueue(
        ctx, HELLO, conversation_id=talk, queue="reminder", kind="reminder"
    )
    elsewhere = await place.rows.add(shops, name="Elsewhere")
    third = await enqueue.enqueue(ctx, HELLO, conversation_id=talk, shop_id=elsewhere)
    assert [entry.id for entry in await newest_entries(ctx, OutboxFilter())] == [
        first,
        second,
        third,
    ]
    assert [entry.id for entry in await newest_entries(ctx, OutboxFilter(), limit=2)] == [
        second,
        third,
    ]
    assert [e.id for e in await newest_entries(ctx, OutboxFilter(shop_id=place.shop))] == [
        first,
        second,
    ]
    assert [e.id for e in await newest_entries(ctx, OutboxFilter(kind="reminder"))] == [second]
    # Without a kind of its own, a row goes by what it says.
    assert [e.id for e in await newest_entries(ctx, OutboxFilter(kind="hello"))] == [second, third]
    assert [e.id for e in await newest_entries(ctx, OutboxFilter(ids=(third or 0,)))] == [third]
    assert await newest_entries(ctx, OutboxFilter(state="dead")) == []
    (entry,) = await newest_entries(ctx, OutboxFilter(kind="code"))
    assert entry == OutboxEntry(
        id=first or 0,
        state="due",
        queue="reply",
        kind="code",
        shop="Bella Hair",
        channel="sms",
        address=MARTA,
        due_at=ctx.now,
        attempts=0,
        provider_status="",
        segments=0,
        error="",
    )


async def test_what_was_given_up_goes_once_more_and_what_waits_goes_now(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx)
    given_up = await enqueue.enqueue(
        ctx, HELLO, conversation_id=await place.open_conversation(MARTA)
    )
    await fail(ctx, permanent=True)
    waits = await enqueue.enqueue(ctx, HELLO, conversation_id=await place.open_conversation(HUGO))
    await fail(ctx, permanent=False)
    later = ctx.now + timedelta(days=1)
    ahead = await enqueue.enqueue(
        ctx, HELLO, conversation_id=await place.open_conversation("+34600000007"), due_at=later
    )
    assert await retry_now(ctx, OutboxFilter(state="dead")) == 0
    assert await retry_now(ctx, OutboxFilter(shop_id=place.shop)) == 2
    assert await stored(ctx) == [
        (given_up, "due", 0, "no"),
        (waits, "due", 0, "no"),
        (ahead, "due", 0, ""),
    ]
    assert [row.id for row in await claim_due(ctx)] == [given_up, waits]


async def test_a_secret_that_was_wiped_cannot_be_sent_again(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx)
    await enqueue.enqueue(ctx, CODE, conversation_id=await place.open_conversation(MARTA))
    await fail(ctx, permanent=True)
    assert await retry_now(ctx, OutboxFilter(state="failed")) == 0


async def test_what_was_told_elsewhere_is_not_told_twice(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx)
    talk = await place.open_conversation(MARTA)
    row_id = await enqueue.enqueue(ctx, HELLO, conversation_id=talk)
    await fail(ctx, permanent=True)
    instead = await enqueue.enqueue(ctx, HELLO, conversation_id=talk)
    await ctx.execute(sa.update(table).where(table.c.id == instead).values(fallback_of_id=row_id))
    assert await retry_now(ctx, OutboxFilter(state="failed")) == 0


async def test_only_what_waits_is_dropped_and_says_by_whom(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx)
    on_its_way = await enqueue.enqueue(
        ctx, HELLO, conversation_id=await place.open_conversation(MARTA)
    )
    await claim_due(ctx)
    secret = await enqueue.enqueue(ctx, CODE, conversation_id=await place.open_conversation(HUGO))
    assert await drop_waiting(ctx, OutboxFilter(shop_id=place.shop)) == 1
    assert await stored(ctx) == [
        (on_its_way, "sending", 0, ""),
        (secret, "dropped", 0, "dropped by hand"),
    ]
    say = await ctx.scalar(sa.select(table.c.message).where(table.c.id == secret))
    assert say == {"$": "say", "key": "code", "params": {}, "secret": True}
