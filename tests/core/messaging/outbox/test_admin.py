"""What somebody who looks after the outbox sees, tries again and drops."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import outbox as table
from core.db.tables import shops
from core.messaging.messages import Say
from core.messaging.outbox import admin, enqueue
from core.messaging.outbox.acknowledge import mark_failed
from core.messaging.outbox.admin import Entry, Which, give_up_waiting
from core.messaging.outbox.claim import claim_due
from tests.support.people_rows import Place

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
    place = await Place.open(ctx)
    talk = await place.talk(MARTA)
    first = await enqueue.post(ctx, CODE, conversation_id=talk, kind="code")
    second = await enqueue.post(ctx, HELLO, conversation_id=talk, lane="reminder", kind="reminder")
    elsewhere = await place.rows.add(shops, name="Elsewhere")
    third = await enqueue.post(ctx, HELLO, conversation_id=talk, shop_id=elsewhere)
    assert [entry.id for entry in await admin.entries(ctx, Which())] == [first, second, third]
    assert [entry.id for entry in await admin.entries(ctx, Which(), limit=2)] == [second, third]
    assert [e.id for e in await admin.entries(ctx, Which(shop_id=place.shop))] == [first, second]
    assert [e.id for e in await admin.entries(ctx, Which(kind="reminder"))] == [second]
    # Without a kind of its own, a row goes by what it says.
    assert [e.id for e in await admin.entries(ctx, Which(kind="hello"))] == [second, third]
    assert [e.id for e in await admin.entries(ctx, Which(ids=(third or 0,)))] == [third]
    assert await admin.entries(ctx, Which(state="dead")) == []
    (entry,) = await admin.entries(ctx, Which(kind="code"))
    assert entry == Entry(
        id=first or 0,
        state="due",
        lane="reply",
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
    place = await Place.open(ctx)
    given_up = await enqueue.post(ctx, HELLO, conversation_id=await place.talk(MARTA))
    await fail(ctx, permanent=True)
    waits = await enqueue.post(ctx, HELLO, conversation_id=await place.talk(HUGO))
    await fail(ctx, permanent=False)
    later = ctx.now + timedelta(days=1)
    ahead = await enqueue.post(
        ctx, HELLO, conversation_id=await place.talk("+34600000007"), due_at=later
    )
    assert await admin.retry(ctx, Which(state="dead")) == 0
    assert await admin.retry(ctx, Which(shop_id=place.shop)) == 2
    assert await stored(ctx) == [
        (given_up, "due", 0, "no"),
        (waits, "due", 0, "no"),
        (ahead, "due", 0, ""),
    ]
    assert [row.id for row in await claim_due(ctx)] == [given_up, waits]


async def test_a_secret_that_was_wiped_cannot_be_sent_again(ctx: Context) -> None:
    place = await Place.open(ctx)
    await enqueue.post(ctx, CODE, conversation_id=await place.talk(MARTA))
    await fail(ctx, permanent=True)
    assert await admin.retry(ctx, Which(state="failed")) == 0


async def test_what_was_told_elsewhere_is_not_told_twice(ctx: Context) -> None:
    place = await Place.open(ctx)
    talk = await place.talk(MARTA)
    row_id = await enqueue.post(ctx, HELLO, conversation_id=talk)
    await fail(ctx, permanent=True)
    instead = await enqueue.post(ctx, HELLO, conversation_id=talk)
    await ctx.execute(sa.update(table).where(table.c.id == instead).values(instead_of=row_id))
    assert await admin.retry(ctx, Which(state="failed")) == 0


async def test_only_what_waits_is_dropped_and_says_by_whom(ctx: Context) -> None:
    place = await Place.open(ctx)
    on_its_way = await enqueue.post(ctx, HELLO, conversation_id=await place.talk(MARTA))
    await claim_due(ctx)
    secret = await enqueue.post(ctx, CODE, conversation_id=await place.talk(HUGO))
    assert await give_up_waiting(ctx, Which(shop_id=place.shop)) == 1
    assert await stored(ctx) == [
        (on_its_way, "sending", 0, ""),
        (secret, "dropped", 0, "dropped by hand"),
    ]
    say = await ctx.scalar(sa.select(table.c.say).where(table.c.id == secret))
    assert say == {"$": "say", "key": "code", "params": {}, "secret": True}
