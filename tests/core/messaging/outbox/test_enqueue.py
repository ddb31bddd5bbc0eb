"""What is put into the outbox, and for whom."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import (
    bookings,
    conversations,
    customers,
    identities,
    lines,
    members,
    prompts,
    providers,
)
from core.db.tables import outbox as table
from core.messaging.decisions import Decision
from core.messaging.messages import Say, decode_value, encode_value
from core.messaging.outbox import enqueue
from core.messaging.outbox.enqueue import cancel_pending, enqueue_for_customer
from core.messaging.outbox.staff_alerts import Event, alert_staff, ask_staff, enqueue_for_staff
from tests.support.people_rows import PeopleRows, outbox_rows
from tests.support.row_factory import DAY

HELLO = Say("hello", {"name": "Marta"})
OWNER, DESK, ANA = "+34600000001", "+34600000002", "+34600000003"


@dataclass
class Booked:
    id: int
    shop_id: int
    conversation_id: int | None
    customer_id: int | None


async def row_of(ctx: Context, row_id: int | None) -> Any:
    return await ctx.first(sa.select(table).where(table.c.id == row_id))


async def test_post_keeps_the_say_and_when_it_is_due(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx)
    talk = await place.open_conversation("+34600000009")
    late = ctx.now + timedelta(hours=2)

    row = await row_of(
        ctx,
        await enqueue.enqueue(
            ctx, HELLO, conversation_id=talk, kind="greeting", shop_id=place.shop, expires_at=late
        ),
    )

    assert decode_value(row.message) == HELLO
    assert (row.queue, row.kind, row.state, row.secret) == ("reply", "greeting", "due", False)
    assert (row.due_at, row.expires_at, row.attempts, row.shop_id) == (
        ctx.now,
        late,
        0,
        place.shop,
    )


async def test_a_unique_key_is_posted_once(ctx: Context) -> None:
    talk = await (await PeopleRows.open_shop(ctx)).open_conversation("+34600000009")
    first = await enqueue.enqueue(ctx, HELLO, conversation_id=talk, unique_key="k")
    second = await enqueue.enqueue(ctx, HELLO, conversation_id=talk, unique_key="k")
    assert first is not None
    assert second is None
    assert len(await outbox_rows(ctx)) == 1


async def test_a_secret_inside_makes_the_whole_secret(ctx: Context) -> None:
    talk = await (await PeopleRows.open_shop(ctx)).open_conversation("+34600000009")
    code = Say("code", {"code": "481920"}, secret=True)
    row = await row_of(
        ctx,
        await enqueue.enqueue(ctx, Say("lines", {"parts": (HELLO, code)}), conversation_id=talk),
    )
    assert row.secret is True


async def test_after_opting_out_only_answers_go_out(ctx: Context) -> None:
    talk = await (await PeopleRows.open_shop(ctx)).open_conversation(
        "+34600000009", opted_out_at=DAY
    )
    await enqueue.enqueue(ctx, HELLO, conversation_id=talk)
    await enqueue.enqueue(ctx, HELLO, conversation_id=talk, queue="alert")
    secret = await enqueue.enqueue(
        ctx, Say("code", {"code": "481920"}, secret=True), conversation_id=talk, queue="reminder"
    )
    assert [state for _, _, state, _, _ in await outbox_rows(ctx)] == ["due", "dropped", "dropped"]
    row = await row_of(ctx, secret)
    assert (row.error, decode_value(row.message)) == ("opted out", Say("code", {}, secret=True))


async def test_the_delivery_is_woken_once_and_only_for_what_is_due(ctx: Context) -> None:
    talk = await (await PeopleRows.open_shop(ctx)).open_conversation("+34600000009")
    woken: list[str] = []
    ctx.hooks.wake_sender = lambda: woken.append("woken")

    await enqueue.enqueue(ctx, HELLO, conversation_id=talk, due_at=ctx.now + timedelta(days=1))
    assert ctx.after_commit == []
    await enqueue.enqueue(ctx, HELLO, conversation_id=talk)
    await enqueue.enqueue(ctx, HELLO, conversation_id=talk)
    for then in ctx.after_commit:
        then()
    assert woken == ["woken"]


# ------------------------------------------------------------------------------------ alerts


async def shop_with_people(ctx: Context) -> PeopleRows:
    place = await PeopleRows.open_shop(ctx)
    provider = await place.rows.add(providers)
    await place.add_member(OWNER, "owner")
    await place.add_member(DESK, "receptionist")
    await place.add_member(ANA, "provider", provider_id=provider)
    return place


async def test_an_alert_reaches_owner_desk_and_the_provider_concerned(ctx: Context) -> None:
    place = await shop_with_people(ctx)
    ana = place.rows.newest["providers"]
    line = "+34910000000"

    assert await alert_staff(ctx, HELLO, Event(place.shop, "new", provider_id=ana)) == 3
    assert await alert_staff(ctx, HELLO, Event(place.shop, "other", provider_id=None)) == 2

    assert await outbox_rows(ctx) == [
        (line, OWNER, "due", "new", "hello"),
        (line, DESK, "due", "new", "hello"),
        (line, ANA, "due", "new", "hello"),
        (line, OWNER, "due", "other", "hello"),
        (line, DESK, "due", "other", "hello"),
    ]
    opened = await ctx.all(
        sa.select(
            conversations.c.address,
            conversations.c.shop_id,
            conversations.c.line_id,
            identities.c.value,
        )
        .join_from(conversations, identities)
        .order_by(conversations.c.id)
    )
    assert [tuple(row) for row in opened] == [
        (phone, place.shop, place.line, phone) for phone in (OWNER, DESK, ANA)
    ]


async def test_somebody_with_two_roles_hears_once(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx)
    user = await place.add_member(OWNER, "owner")
    await place.rows.add(members, user_id=user, role="receptionist")
    assert await enqueue_for_staff(ctx, HELLO, shop_id=place.shop, kind="new") == 1


async def test_alerts_pass_over_who_is_off_gone_or_knows_already(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx)
    await place.add_member(OWNER, "owner", alerts=False)
    knows = await place.add_member(DESK, "receptionist")
    await place.add_member(ANA, "owner")
    await ctx.execute(
        sa.update(identities).where(identities.c.value == ANA).values(released_at=ctx.now)
    )
    assert await alert_staff(ctx, HELLO, Event(place.shop, "new", by_user_id=knows)) == 0
    assert await outbox_rows(ctx) == []


async def test_a_member_who_opted_out_is_not_told(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx)
    await place.add_member(OWNER, "owner")
    await place.open_conversation(OWNER, opted_out_at=DAY)
    await enqueue_for_staff(ctx, HELLO, shop_id=place.shop, kind="new")
    assert await outbox_rows(ctx) == [("+34910000000", OWNER, "dropped", "new", "hello")]


async def test_the_staff_line_comes_first_then_the_shops_own(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx, shop_id=None, address="+34910000001")
    await place.add_member(OWNER, "owner")
    await enqueue_for_staff(ctx, HELLO, shop_id=place.shop, kind="shared")
    await place.rows.add(lines, transport="twilio", address="+34910000002")
    await enqueue_for_staff(ctx, HELLO, shop_id=place.shop, kind="own")
    await place.rows.add(lines, transport="twilio", address="+34910000003", staff=True)
    await enqueue_for_staff(ctx, HELLO, shop_id=place.shop, kind="staff")
    await place.rows.add(lines, transport="telegram", channel="telegram", address="bot", staff=True)
    await enqueue_for_staff(ctx, HELLO, shop_id=place.shop, kind="no telegram known")
    assert [(line, kind) for line, _, _, kind, _ in await outbox_rows(ctx)] == [
        ("+34910000001", "shared"),
        ("+34910000002", "own"),
        ("+34910000003", "staff"),
        ("+34910000003", "no telegram known"),
    ]


async def test_what_happens_in_the_terminal_stays_off_real_lines(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx)
    await place.add_member(OWNER, "owner")
    real = await place.open_conversation("+34600000008")
    terminal = await place.rows.add(lines, transport="terminal", address="+34910000009")
    pretended = await place.open_conversation("+34600000009", line_id=terminal)

    await alert_staff(ctx, HELLO, Event(place.shop, "real", conversation_id=real))
    await alert_staff(ctx, HELLO, Event(place.shop, "played", conversation_id=pretended))
    booking = await place.rows.add(bookings, conversation_id=pretended)
    await alert_staff(ctx, HELLO, Event(place.shop, "booked", booking_id=booking))

    assert [(line, kind) for line, _, _, kind, _ in await outbox_rows(ctx)] == [
        ("+34910000000", "real"),
        ("+34910000009", "played"),
        ("+34910000009", "booked"),
    ]


async def test_options_give_everybody_a_prompt_of_their_own(ctx: Context) -> None:
    place = await shop_with_people(ctx)
    until = ctx.now + timedelta(hours=3)
    await ask_staff(
        ctx,
        HELLO,
        Event(place.shop, "approve"),
        Decision("approval", ("approve", "decline"), {"booking": 7}, until),
    )
    made = await ctx.all(
        sa.select(prompts, table.c.conversation_id.label("goes_to"), table.c.expires_at)
        .join_from(prompts, table, table.c.prompt_id == prompts.c.id)
        .order_by(prompts.c.id)
    )
    assert [row.conversation_id for row in made] == [row.goes_to for row in made]
    assert len({row.conversation_id for row in made}) == 2
    for row in made:
        assert row.options == ["approve", "decline"]
        assert decode_value(row.message) == HELLO
        assert (row.decision, row.args, row.number_offset, row.shown_at) == (
            "approval",
            {"booking": 7},
            None,
            None,
        )
        assert (row.expires_at, row.expires_at) == (until, until)


async def test_an_alert_with_a_key_is_given_once(ctx: Context) -> None:
    place = await shop_with_people(ctx)
    assert await enqueue_for_staff(ctx, HELLO, shop_id=place.shop, kind="new", unique_key="k") == 2
    assert await enqueue_for_staff(ctx, HELLO, shop_id=place.shop, kind="new", unique_key="k") == 0


async def test_an_alert_takes_as_many_statements_for_three_as_for_one(ctx: Context) -> None:
    counts = []
    place = await shop_with_people(ctx)
    ana = place.rows.newest["providers"]
    await alert_staff(ctx, HELLO, Event(place.shop, "new", provider_id=ana))
    statements: list[str] = []
    sa.event.listen(
        ctx.connection.sync_connection,
        "before_cursor_execute",
        lambda *args: statements.append(args[2]),
    )
    for provider in (None, ana):
        statements.clear()
        await ask_staff(
            ctx,
            HELLO,
            Event(place.shop, "new", provider_id=provider),
            Decision("outcome", ("done", "noshow")),
        )
        counts.append(len(statements))
    assert counts == [3, 3]


# ------------------------------------------------------------------------------------ tellings


async def a_booking(place: PeopleRows, phone: str, talk: int | None) -> Booked:
    """A booking of whoever has `phone`, made in `talk`."""
    user = await place.rows.ctx.scalar(
        sa.select(identities.c.user_id).where(identities.c.value == phone)
    )
    customer = await place.rows.add(customers, user_id=user, phone=phone)
    booking = await place.rows.add(bookings, customer_id=customer, conversation_id=talk)
    return Booked(booking, place.shop, talk, customer)


async def test_a_customer_is_told_where_they_booked(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx)
    await place.add_person("+34600000009")
    made_in = await place.open_conversation("+34600000009", last_in_at=DAY)
    other = await place.rows.add(
        lines, transport="twilio", channel="whatsapp", address="+34910000002"
    )
    await place.open_conversation(
        "+34600000009", line_id=other, last_in_at=DAY + timedelta(hours=1)
    )

    booking = await a_booking(place, "+34600000009", made_in)
    row = await row_of(
        ctx, await enqueue_for_customer(ctx, HELLO, booking=booking, kind="confirmed")
    )
    assert (row.conversation_id, row.queue, row.kind, row.booking_id, row.shop_id, row.state) == (
        made_in,
        "alert",
        "confirmed",
        booking.id,
        place.shop,
        "due",
    )


async def test_a_customer_booked_for_is_told_where_they_wrote_last(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx)
    await place.add_person("+34600000009")
    await place.open_conversation("+34600000009", last_in_at=DAY)
    other = await place.rows.add(
        lines, transport="twilio", channel="whatsapp", address="+34910000002"
    )
    newest = await place.open_conversation(
        "+34600000009", line_id=other, last_in_at=DAY + timedelta(hours=1)
    )
    booking = await a_booking(place, "+34600000009", None)
    row = await row_of(
        ctx, await enqueue_for_customer(ctx, HELLO, booking=booking, kind="confirmed")
    )
    assert row.conversation_id == newest


async def test_whoever_has_the_number_now_hears_nothing_of_the_former_owner(
    ctx: Context,
) -> None:
    place = await PeopleRows.open_shop(ctx)
    await place.add_person("+34600000009")
    talk = await place.open_conversation("+34600000009")
    booking = await a_booking(place, "+34600000009", talk)
    await ctx.execute(sa.update(identities).values(released_at=ctx.now))
    stranger = await place.rows.add(identities, value="+34600000009", user_id=None)
    await ctx.execute(sa.update(conversations).values(identity_id=stranger))
    assert await enqueue_for_customer(ctx, HELLO, booking=booking, kind="moved") is None
    assert await outbox_rows(ctx) == []


async def test_a_walk_in_cannot_be_told_and_a_hold_is_its_conversations(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx)
    walk_in = await place.rows.add(customers, user_id=None)
    talk = await place.open_conversation("+34600000009", identity_id=None)
    held = await place.rows.add(bookings, customer_id=None, conversation_id=talk, state="held")
    assert (
        await enqueue_for_customer(
            ctx, HELLO, booking=Booked(held, place.shop, None, walk_in), kind="x"
        )
        is None
    )
    row = await row_of(
        ctx,
        await enqueue_for_customer(
            ctx, HELLO, booking=Booked(held, place.shop, talk, None), kind="x"
        ),
    )
    assert row.conversation_id == talk


async def test_reminders_of_a_booking_are_dropped_and_nothing_else(ctx: Context) -> None:
    place = await PeopleRows.open_shop(ctx)
    talk = await place.open_conversation("+34600000009")
    booking = await place.rows.add(bookings)
    soon = ctx.now + timedelta(hours=1)
    mine = await enqueue.enqueue(
        ctx, HELLO, conversation_id=talk, queue="reminder", booking_id=booking, due_at=soon
    )
    await enqueue.enqueue(ctx, HELLO, conversation_id=talk, booking_id=booking)
    await enqueue.enqueue(ctx, HELLO, conversation_id=talk, queue="reminder", due_at=soon)
    assert await cancel_pending(ctx, reason="moved", booking_id=booking, queue="reminder") == 1
    row = await row_of(ctx, mine)
    assert (row.state, row.error) == ("dropped", "moved")
    assert row.message == encode_value(HELLO)
