"""Two at once, step by step: the second begins while the first is not yet committed.

On PostgreSQL the second is seen to wait before the first goes on; SQLite lets one write at a time,
so there it simply comes second. What comes of it is the same.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.bookings import customer_actions, expiry
from core.bookings.blocks import add_session, block_time, cancel_session
from core.bookings.booking import Booking
from core.bookings.staff_actions import book_for_customer, confirm_booking, decline_booking
from core.bookings.transitions import Actor
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import blocks, overlap_guards, sessions
from core.errors import (
    InvalidTransition,
    KeyReused,
    NotOffered,
    Overlap,
    SlotTaken,
    TooManyHolds,
    TooManyOpenBookings,
)
from core.scheduling import availability, opening_hours
from core.shops import rooms, services
from core.values.catalog_changes import NewRoom, ServiceChange
from tests.core.bookings import invariants
from tests.core.bookings.harness import BookingHarness, open_booking_harness

Work = Callable[[Context], Awaitable[Any]]

ONLY_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


async def in_turn(house: BookingHarness, first: Work, second: Work) -> Any:
    """Let `second` begin and wait while `first` is done but not committed; what comes of it."""

    async def begin() -> asyncio.Task[Any]:
        task = asyncio.ensure_future(house.transact(second))
        if house.runtime.engine.dialect.name == "postgresql":
            await _until_it_waits(house.runtime, task)
        return task

    async with house.runtime.transaction() as ctx:
        await first(ctx)
        task = await begin()
    try:
        return await task
    except Exception as error:  # noqa: BLE001 - the test says which it has to be
        return error


async def _until_it_waits(runtime: Runtime, task: asyncio.Task[Any]) -> None:
    """Return once a connection to this database waits for another's lock."""
    waiting = sa.text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    for _ in range(2000):
        async with runtime.read_transaction() as ctx:
            if await ctx.scalar(waiting):
                return
        assert not task.done(), f"it waited for nothing: {task}"
    pytest.fail("it never came to wait")


def hold(house: BookingHarness, time: str, talk: int, **more: Any) -> Work:
    values: dict[str, Any] = {"conversation_id": talk, "key": house.key(), "origin": "sms"} | more
    slot = house.slot_at(time, values.pop("provider", None))
    return lambda ctx: customer_actions.hold_slot(ctx, slot, **values)


def book(house: BookingHarness, held: Booking, **more: Any) -> Work:
    values: dict[str, Any] = {"user_id": house.marta, "name": "Marta", "key": house.key()} | more
    return lambda ctx: customer_actions.book_hold(ctx, held.id, **values)


@pytest.fixture
async def house(runtime: Runtime) -> BookingHarness:
    house = await open_booking_harness(runtime)
    await house.free_times()  # the catalog is known
    return house


async def test_the_second_for_one_slot_hears_what_else_there_is(house: BookingHarness) -> None:
    late = await in_turn(
        house,
        hold(house, "10:00", house.marta_talk),
        hold(house, "10:00", house.hugo_talk),
    )
    assert type(late) is SlotTaken
    assert len(late.alternatives) == 3
    assert await house.booking_states() == ["held"]


async def test_hours_that_change_meanwhile_are_seen(house: BookingHarness) -> None:
    late = await in_turn(
        house,
        lambda ctx: opening_hours.set_weekly_hours(ctx, house.shop, None, {}),
        hold(house, "10:00", house.hugo_talk),
    )
    assert type(late) is NotOffered
    assert await house.booking_states() == []


async def test_a_change_of_hours_waits_for_who_is_booking(house: BookingHarness) -> None:
    late = await in_turn(
        house,
        hold(house, "10:00", house.marta_talk),
        lambda ctx: opening_hours.set_weekly_hours(ctx, house.shop, None, {}),
    )
    assert late is None
    assert await house.booking_states() == ["held"]


async def test_a_block_waits_for_who_is_booking(house: BookingHarness) -> None:
    rows = await house.rows(sa.text("SELECT calendar_id FROM providers ORDER BY id LIMIT 1"))
    slot = house.slot_at("10:00")
    late = await in_turn(
        house,
        hold(house, "10:00", house.marta_talk),
        lambda ctx: block_time(
            ctx,
            shop_id=house.shop,
            calendar_id=rows[0].calendar_id,
            start=slot.starts_at,
            end=slot.ends_at,
            actor=house.owner_actor,
        ),
    )
    assert [one.state for one in late.params["bookings"]] == ["held"]


async def test_a_session_cancelled_meanwhile_gives_no_seat(house: BookingHarness) -> None:
    await house.change_shop(services.change_service, house.colour, ServiceChange(sessions=True))
    slot = house.slot_at(
        "10:00", service_id=house.colour, price_minor=6000, lasts=timedelta(hours=1)
    )
    made = await house.transact(
        lambda ctx: add_session(
            ctx,
            shop_id=house.shop,
            service_id=house.colour,
            provider_id=house.ana,
            starts_at=slot.starts_at,
            capacity=2,
            actor=house.owner_actor,
        )
    )
    seat = replace(slot, session_id=made)
    late = await in_turn(
        house,
        lambda ctx: cancel_session(ctx, made, shop_id=house.shop, actor=house.owner_actor),
        lambda ctx: customer_actions.hold_slot(
            ctx, seat, conversation_id=house.hugo_talk, key="seat", origin="sms"
        ),
    )
    assert type(late) is NotOffered
    assert (await house.booking_states(), await house.claims_as_text()) == ([], [])


async def test_one_key_twice_at_once_is_one_booking(house: BookingHarness) -> None:
    customer = await house.customer(house.marta)

    def at_the_desk(time: str) -> Work:
        return lambda ctx: book_for_customer(
            ctx, house.slot_at(time), actor=house.owner_actor, customer_id=customer, key="desk"
        )

    again = await in_turn(house, at_the_desk("10:00"), at_the_desk("10:00"))
    assert (again.state, await house.booking_states()) == ("confirmed", ["confirmed"])
    other = await in_turn(house, hold(house, "11:00", house.hugo_talk), at_the_desk("09:00"))
    assert type(other) is KeyReused


async def test_one_key_at_once_for_two_calendars_is_refused_the_second_time(
    house: BookingHarness,
) -> None:
    """No lock is common to both: the unique key itself makes the second wait."""
    customer = await house.customer(house.marta)

    def at_the_desk(provider: int) -> Work:
        slot = house.slot_at("10:00", provider)
        return lambda ctx: book_for_customer(
            ctx, slot, actor=house.owner_actor, customer_id=customer, key="desk"
        )

    late = await in_turn(house, at_the_desk(house.ana), at_the_desk(house.leo))
    assert type(late) is KeyReused
    assert await house.claims_as_text() == ["Ana 10 10:00-10 10:30"]


async def test_open_bookings_are_counted_under_the_users_lock(runtime: Runtime) -> None:
    house = await open_booking_harness(runtime, max_open_bookings=1)
    one = await house.hold("09:00")
    other = await house.hold("10:00", talk=house.hugo_talk, provider=house.leo)
    late = await in_turn(house, book(house, one), book(house, other))
    assert type(late) is TooManyOpenBookings
    assert await house.booking_states() == ["confirmed", "held"]


async def test_the_budget_of_holds_is_counted_under_the_shops_lock(runtime: Runtime) -> None:
    house = await open_booking_harness(runtime, max_unverified_holds=1)
    await house.free_times()
    late = await in_turn(
        house,
        hold(house, "10:00", house.marta_talk),
        hold(house, "10:00", house.hugo_talk, provider=house.leo),
    )
    assert type(late) is TooManyHolds
    assert await house.booking_states() == ["held"]


async def test_who_cancels_while_it_is_moved_cancels_what_was_moved(house: BookingHarness) -> None:
    booked = await house.book("09:00")
    slot = house.slot_at("10:00")
    gone = await in_turn(
        house,
        lambda ctx: customer_actions.move_booking(
            ctx, booked.id, slot, actor=house.owner_actor, key="move"
        ),
        lambda ctx: customer_actions.cancel_booking(ctx, booked.id, actor=house.customer_actor),
    )
    assert (gone.state, gone.local_time, await house.claims_as_text()) == ("cancelled", "10:00", [])


async def test_who_moves_what_is_cancelled_meanwhile_moves_nothing(house: BookingHarness) -> None:
    booked = await house.book("09:00")
    slot = house.slot_at("10:00")
    late = await in_turn(
        house,
        lambda ctx: customer_actions.cancel_booking(ctx, booked.id, actor=house.customer_actor),
        lambda ctx: customer_actions.move_booking(
            ctx, booked.id, slot, actor=house.owner_actor, key="move"
        ),
    )
    assert type(late) is InvalidTransition
    assert (await house.booking_states(), await house.claims_as_text()) == (["cancelled"], [])


async def test_the_second_to_decide_hears_who_decided(runtime: Runtime) -> None:
    house = await open_booking_harness(runtime, needs_approval=True)
    asked = await house.book("09:00")
    rita = Actor("staff", house.receptionist, "Rita")
    late = await in_turn(
        house,
        lambda ctx: confirm_booking(ctx, asked.id, actor=rita),
        lambda ctx: decline_booking(ctx, asked.id, actor=house.owner_actor),
    )
    assert type(late) is InvalidTransition
    assert late.params == {"state": "confirmed", "action": "decline", "by": "Rita"}


async def test_two_who_swap_providers_do_not_wait_for_each_other(house: BookingHarness) -> None:
    marta = await house.book("09:00")
    hugo = await house.book_for("10:00", provider=house.leo)
    there, back = house.slot_at("11:00", house.leo), house.slot_at("11:00", house.ana)
    moved = await in_turn(
        house,
        lambda ctx: customer_actions.move_booking(
            ctx, marta.id, there, actor=house.owner_actor, key="there"
        ),
        lambda ctx: customer_actions.move_booking(
            ctx, hugo.id, back, actor=house.owner_actor, key="back"
        ),
    )
    assert moved.provider_id == house.ana
    assert await house.claims_as_text() == ["Ana 10 11:00-10 11:30", "Leo 10 11:00-10 11:30"]


async def test_a_hold_swept_while_it_is_booked_is_taken_anew(house: BookingHarness) -> None:
    held = await house.hold("10:00")
    house.clock.advance(timedelta(minutes=5))

    async def sweep(ctx: Context) -> int:
        return await expiry.expire_overdue(ctx)

    booked = await in_turn(house, sweep, book(house, held))
    assert booked.state == "confirmed"
    assert (await house.history_as_text(held))[1:] == [
        "system: expire held > expired",
        f"user:{house.marta}: book expired > confirmed",
    ]


@ONLY_POSTGRESQL
async def test_a_sweep_passes_over_what_somebody_is_booking(house: BookingHarness) -> None:
    held = await house.hold("10:00")
    house.clock.advance(timedelta(minutes=5))
    async with house.runtime.transaction() as ctx:
        await book(house, held)(ctx)
        assert await house.transact(expiry.expire_overdue) == 0
    assert await house.booking_states() == ["confirmed"]


# ------------------------------------------------------------------------- without the safeguards


@pytest.fixture
def no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: Any, **__: Any) -> None:
        pass

    monkeypatch.setattr(Context, "lock_rows", nothing)


@ONLY_POSTGRESQL
async def test_without_the_lock_the_database_refuses_and_the_turn_lives(
    house: BookingHarness, no_locks: None
) -> None:
    """The second checks before the first is committed, and is refused only when it writes."""

    async def late(ctx: Context) -> list[str]:
        with pytest.raises(SlotTaken) as refused:
            await hold(house, "10:00", house.hugo_talk, user_id=house.hugo)(ctx)
        assert len(refused.value.alternatives) == 3
        # The transaction goes on: the person is told, something else is held.
        await hold(house, "11:00", house.hugo_talk, user_id=house.hugo)(ctx)
        return ["alive"]

    first = hold(house, "10:00", house.marta_talk, user_id=house.marta)
    assert await in_turn(house, first, late) == ["alive"]
    assert await house.booking_states() == ["held", "held"]
    assert await house.claims_as_text() == ["Ana 10 10:00-10 10:30", "Ana 10 11:00-10 11:30"]


async def test_without_the_check_the_database_refuses_and_the_turn_lives(
    house: BookingHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: Any, **__: Any) -> None:
        pass

    await house.change_shop(rooms.add_room, NewRoom(name="Chair", service_ids=[house.cut]))
    over = await house.hold("10:00", talk=house.owner_talk)
    house.clock.advance(timedelta(minutes=5))
    await house.transact(expiry.expire_overdue)
    await house.hold("10:00", provider=house.leo)
    await house.hold("09:00", talk=house.hugo_talk)
    booked = await house.book_for("11:00")
    states, taken = await house.booking_states(), await house.claims_as_text()
    monkeypatch.setattr(availability, "ensure_available", nothing)

    async def late(ctx: Context) -> None:
        # Ana is free then, the chair is not: neither is taken, and nothing given up for it.
        customer = booked.customer_id
        assert customer is not None
        slot = house.slot_at("10:00")
        for attempt in (
            hold(house, "10:00", house.hugo_talk),
            book(house, over),
            lambda ctx: customer_actions.move_booking(
                ctx, booked.id, slot, actor=house.owner_actor, key="move"
            ),
            lambda ctx: book_for_customer(
                ctx, slot, actor=house.owner_actor, customer_id=customer, key="desk"
            ),
        ):
            with pytest.raises(SlotTaken) as refused:
                await attempt(ctx)
            assert len(refused.value.alternatives) == 3

    await house.transact(late)
    assert states == ["expired", "held", "held", "confirmed"]
    assert (await house.booking_states(), await house.claims_as_text()) == (states, taken)
    assert await house.load_booking(booked) == booked


async def test_without_the_check_nothing_is_left_of_a_refused_block_or_session(
    house: BookingHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: Any, **__: Any) -> list[Any]:
        return []

    await house.change_shop(services.change_service, house.colour, ServiceChange(sessions=True))
    await house.hold("10:30")
    monkeypatch.setattr("core.bookings.blocks.overlapping_claims", nothing)
    slot = house.slot_at("10:00", lasts=timedelta(hours=1))
    calendar = sa.text("SELECT calendar_id FROM providers ORDER BY id LIMIT 1")

    async def late(ctx: Context) -> None:
        own: dict[str, Any] = {"shop_id": house.shop, "actor": house.owner_actor}
        with pytest.raises(Overlap):
            await block_time(
                ctx,
                calendar_id=await ctx.scalar(calendar),
                start=slot.starts_at,
                end=slot.ends_at,
                **own,
            )
        with pytest.raises(Overlap):
            await add_session(
                ctx,
                service_id=house.colour,
                provider_id=house.ana,
                starts_at=slot.starts_at,
                capacity=2,
                **own,
            )

    await house.transact(late)
    assert await house.claims_as_text() == ["Ana 10 10:30-10 11:00"]
    assert await house.rows(sa.select(blocks.c.id)) == []
    assert await house.rows(sa.select(sessions.c.id)) == []


@ONLY_POSTGRESQL
async def test_without_lock_and_guards_both_are_booked(
    house: BookingHarness, no_locks: None
) -> None:
    """The control: this is what the others would look like if nothing stood in the way."""

    async def drop(ctx: Context) -> None:
        await ctx.connection.run_sync(overlap_guards.remove_guards)

    await house.transact(drop)
    async with house.runtime.transaction() as one, house.runtime.transaction() as other:
        await hold(house, "10:00", house.marta_talk, user_id=house.marta)(one)
        await hold(house, "10:00", house.hugo_talk, user_id=house.hugo)(other)
    assert await house.claims_as_text() == ["Ana 10 10:00-10 10:30"] * 2

    async def ask(ctx: Context) -> list[str]:
        return await invariants.find_violations(ctx, budget=20, max_open_bookings=5, now=ctx.now)

    assert await house.transact(ask) == ["claims 1 and 2 overlap on calendar 1"]
