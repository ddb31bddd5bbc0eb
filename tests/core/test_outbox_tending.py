"""What somebody who looks after the outbox sees, tries again and drops."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from core import outbox
from core.context import Context
from core.messages import Say
from core.models import outbox as table
from core.models import shops
from core.outbox import Which
from tests.core.people_rows import Place

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
    for row in await outbox.claim_due(ctx, starting=True):
        await outbox.mark_failed(ctx, row.id, row.lease, error="no", permanent=permanent)


async def test_rows_are_listed_by_state_shop_and_kind_without_what_they_say(ctx: Context) -> None:
    place = await Place.open(ctx)
    talk = await place.talk(MARTA)
    first = await outbox.post(ctx, CODE, conversation_id=talk, kind="code")
    second = await outbox.post(ctx, HELLO, conversation_id=talk, lane="reminder", kind="reminder")
    elsewhere = await place.rows.add(shops, name="Elsewhere")
    third = await outbox.post(ctx, HELLO, conversation_id=talk, shop_id=elsewhere)
    assert [entry.id for entry in await outbox.entries(ctx, Which())] == [first, second, third]
    assert [entry.id for entry in await outbox.entries(ctx, Which(), limit=2)] == [second, third]
    assert [e.id for e in await outbox.entries(ctx, Which(shop_id=place.shop))] == [first, second]
    assert [e.id for e in await outbox.entries(ctx, Which(kind="reminder"))] == [second]
    # Without a kind of its own, a row goes by what it says.
    assert [e.id for e in await outbox.entries(ctx, Which(kind="hello"))] == [second, third]
    assert [e.id for e in await outbox.entries(ctx, Which(ids=(third or 0,)))] == [third]
    assert await outbox.entries(ctx, Which(state="dead")) == []
    (entry,) = await outbox.entries(ctx, Which(kind="code"))
    assert entry == outbox.Entry(
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
    given_up = await outbox.post(ctx, HELLO, conversation_id=await place.talk(MARTA))
    await fail(ctx, permanent=True)
    waits = await outbox.post(ctx, HELLO, conversation_id=await place.talk(HUGO))
    await fail(ctx, permanent=False)
    later = ctx.now + timedelta(days=1)
    ahead = await outbox.post(
        ctx, HELLO, conversation_id=await place.talk("+34600000007"), due_at=later
    )
    assert await outbox.retry(ctx, Which(state="dead")) == 0
    assert await outbox.retry(ctx, Which(shop_id=place.shop)) == 2
    assert await stored(ctx) == [
        (given_up, "due", 0, "no"),
        (waits, "due", 0, "no"),
        (ahead, "due", 0, ""),
    ]
    assert [row.id for row in await outbox.claim_due(ctx)] == [given_up, waits]


async def test_a_secret_that_was_wiped_cannot_be_sent_again(ctx: Context) -> None:
    place = await Place.open(ctx)
    await outbox.post(ctx, CODE, conversation_id=await place.talk(MARTA))
    await fail(ctx, permanent=True)
    assert await outbox.retry(ctx, Which(state="failed")) == 0


async def test_what_was_told_elsewhere_is_not_told_twice(ctx: Context) -> None:
    place = await Place.open(ctx)
    talk = await place.talk(MARTA)
    row_id = await outbox.post(ctx, HELLO, conversation_id=talk)
    await fail(ctx, permanent=True)
    instead = await outbox.post(ctx, HELLO, conversation_id=talk)
    await ctx.execute(sa.update(table).where(table.c.id == instead).values(instead_of=row_id))
    assert await outbox.retry(ctx, Which(state="failed")) == 0


async def test_only_what_waits_is_dropped_and_says_by_whom(ctx: Context) -> None:
    place = await Place.open(ctx)
    on_its_way = await outbox.post(ctx, HELLO, conversation_id=await place.talk(MARTA))
    await outbox.claim_due(ctx)
    secret = await outbox.post(ctx, CODE, conversation_id=await place.talk(HUGO))
    assert await outbox.give_up_waiting(ctx, Which(shop_id=place.shop)) == 1
    assert await stored(ctx) == [
        (on_its_way, "sending", 0, ""),
        (secret, "dropped", 0, "dropped by hand"),
    ]
    say = await ctx.scalar(sa.select(table.c.say).where(table.c.id == secret))
    assert say == {"$": "say", "key": "code", "params": {}, "secret": True}
