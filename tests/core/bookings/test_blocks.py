"""Blocks and sessions: the shop's own time."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.bookings import staff_actions
from core.bookings.blocks import add_session, block_time, cancel_session, remove_block
from core.bookings.booking import Booking
from core.bookings.transitions import Actor
from core.catalog.entities import Slot
from core.catalog.loader import load_catalog
from core.db import tables
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import blocks, claims, providers
from core.db.tables import bookings as bookings_table
from core.errors import (
    InvalidValue,
    NotAllowed,
    NotFound,
    NotOffered,
    OfferChanged,
    Overlap,
    SlotTaken,
)
from core.scheduling import availability
from core.shops import services, shops
from core.values.catalog_changes import RulesChange, ServiceChange
from tests.core.bookings.harness import BookingHarness, open_booking_harness
from tests.core.scheduling.harness import MADRID, madrid_instant
from tests.support.row_factory import RowFactory


@pytest.fixture
async def house(runtime: Runtime) -> BookingHarness:
    return await open_booking_harness(runtime)


async def calendar(house: BookingHarness) -> int:
    rows = await house.rows(sa.select(providers.c.calendar_id).where(providers.c.id == house.ana))
    return int(rows[0].calendar_id)


async def block(house: BookingHarness, start: str, end: str, **more: Any) -> int:
    values: dict[str, Any] = {
        "shop_id": house.shop,
        "calendar_id": await calendar(house),
        "start": madrid_instant(start),
        "end": madrid_instant(end),
        "actor": house.owner_actor,
        "reason": "lunch",
    } | more
    return await house.transact(lambda ctx: block_time(ctx, **values))


# ------------------------------------------------------------------------------------ blocks


async def test_a_block_takes_its_time_and_gives_it_back(house: BookingHarness) -> None:
    made = await block(house, "2026-03-10 09:00", "2026-03-10 11:00")
    assert await house.claims_as_text() == ["Ana 10 09:00-10 11:00"]
    assert await house.free_times() == ["11:00", "11:30"]
    with pytest.raises(SlotTaken):
        await house.hold("10:30")
    await house.transact(
        lambda ctx: remove_block(ctx, made, shop_id=house.shop, actor=house.owner_actor)
    )
    assert (await house.claims_as_text(), await house.rows(sa.select(blocks))) == ([], [])
    await house.hold("10:30")


async def test_a_long_block_is_kept_in_days(house: BookingHarness) -> None:
    await block(house, "2026-03-27 18:00", "2026-03-30 09:00")  # over the change of clocks
    assert await house.claims_as_text() == [
        "Ana 27 18:00-28 18:00",
        "Ana 28 18:00-29 19:00",
        "Ana 29 19:00-30 09:00",
    ]


async def test_a_block_over_bookings_is_refused_and_names_them(house: BookingHarness) -> None:
    first, second = await house.book("09:30"), await house.hold("10:30", talk=house.hugo_talk)
    with pytest.raises(Overlap) as refused:
        await block(house, "2026-03-10 09:00", "2026-03-10 11:00")
    assert refused.value.params == {
        "bookings": [first, second],
        "sessions": [],
        "blocks": [],
        "elsewhere": 0,
    }
    other = await block(house, "2026-03-10 10:00", "2026-03-10 10:30")  # between them
    with pytest.raises(Overlap) as refused:
        await block(house, "2026-03-10 10:00", "2026-03-10 10:30")
    assert refused.value.params == {
        "bookings": [],
        "sessions": [],
        "blocks": [other],
        "elsewhere": 0,
    }


async def test_another_shop_of_the_same_person_is_in_the_way_unnamed(house: BookingHarness) -> None:
    """A provider at two shops has one calendar; whom the other serves is not this one's to see."""
    calendar_id = await calendar(house)
    async with house.runtime.transaction() as ctx:
        rows = RowFactory(ctx)
        start, end = madrid_instant("2026-03-10 10:00"), madrid_instant("2026-03-10 10:30")
        await rows.add(tables.shops)
        rows.newest["calendars"] = calendar_id
        await rows.add(bookings_table, starts_at=start, ends_at=end)
        await rows.add(claims, busy_from=start, busy_until=end)
    with pytest.raises(SlotTaken):
        await house.hold("10:00")
    with pytest.raises(Overlap) as refused:
        await block(house, "2026-03-10 09:00", "2026-03-10 11:00")
    assert refused.value.params == {"bookings": [], "sessions": [], "blocks": [], "elsewhere": 1}


async def test_a_block_sweeps_a_hold_that_ran_out(house: BookingHarness) -> None:
    held = await house.hold("10:00")
    house.clock.advance(timedelta(minutes=5))
    await block(house, "2026-03-10 09:00", "2026-03-10 11:00")
    assert (await house.load_booking(held)).state == "expired"
    assert await house.claims_as_text() == ["Ana 10 09:00-10 11:00"]


async def test_only_the_shops_people_block_the_shops_calendars(house: BookingHarness) -> None:
    span = "2026-03-10 09:00", "2026-03-10 11:00"
    for actor in (Actor("staff", house.hugo), Actor("staff"), house.customer_actor):
        with pytest.raises(NotAllowed):
            await block(house, *span, actor=actor)
    with pytest.raises(NotFound):
        await block(house, *span, calendar_id=await calendar(house) + 100)
    made = await block(house, *span)
    with pytest.raises(NotFound):
        await house.transact(
            lambda ctx: remove_block(ctx, made + 1, shop_id=house.shop, actor=house.owner_actor)
        )
    with pytest.raises(NotAllowed):
        await house.transact(
            lambda ctx: remove_block(ctx, made, shop_id=house.shop, actor=house.customer_actor)
        )


@pytest.mark.parametrize(
    ("end", "reason"),
    [("2026-03-10 09:00", "order"), ("2026-03-10 08:00", "order"), ("2027-04-20 09:00", "length")],
)
async def test_a_block_has_a_length(house: BookingHarness, end: str, reason: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        await block(house, "2026-03-10 09:00", end)
    assert refused.value.params == {"field": "end", "reason": reason}


# ------------------------------------------------------------------------------------ sessions


@pytest.fixture
async def school(house: BookingHarness) -> BookingHarness:
    """The house, where colouring is taught to two at once."""
    await house.change_shop(services.change_service, house.colour, ServiceChange(sessions=True))
    return house


async def add(school: BookingHarness, time: str = "10:00", **more: Any) -> int:
    values: dict[str, Any] = {
        "shop_id": school.shop,
        "service_id": school.colour,
        "provider_id": school.ana,
        "starts_at": madrid_instant(f"2026-03-10 {time}"),
        "capacity": 2,
        "actor": school.owner_actor,
    } | more
    return await school.transact(lambda ctx: add_session(ctx, **values))


async def offered(school: BookingHarness) -> list[Slot]:
    async def work(ctx: Context) -> list[Slot]:
        known = await load_catalog(ctx, school.shop)
        return await availability.find_slots(
            ctx,
            known,
            school.colour,
            start=madrid_instant("2026-03-10"),
            end=madrid_instant("2026-03-11"),
        )

    return await school.transact(work)


async def seat(school: BookingHarness, talk: int, **more: Any) -> Booking:
    slot = (await offered(school))[0]
    return await school.hold(slot=slot, talk=talk, **more)


async def test_a_session_takes_one_claim_and_gives_the_lowest_free_seat(
    school: BookingHarness,
) -> None:
    await add(school)
    assert await school.claims_as_text() == ["Ana 10 10:00-10 11:00"]
    first = await school.confirm_hold(await seat(school, school.marta_talk))
    second = await seat(school, school.hugo_talk)
    assert await school.seats_as_text() == [(1, first.id), (2, second.id)]
    assert await school.claims_as_text() == ["Ana 10 10:00-10 11:00"]
    assert (first.state, first.price_minor, first.session_id) == ("confirmed", 6000, 1)
    await school.cancel(first)
    third = await seat(school, school.marta_talk)
    assert await school.seats_as_text() == [(1, third.id), (2, second.id)]


async def test_a_full_session_comes_with_alternatives(school: BookingHarness) -> None:
    await add(school, capacity=1)
    await add(school, "11:00")
    slot = (await offered(school))[0]
    await seat(school, school.marta_talk)
    with pytest.raises(SlotTaken) as refused:
        await school.hold(slot=slot, talk=school.hugo_talk)
    assert type(refused.value) is SlotTaken
    times = [f"{slot.starts_at.astimezone(MADRID):%H:%M}" for slot in refused.value.alternatives]
    assert times == ["11:00"]


async def test_a_seat_whose_hold_ran_out_is_given_again(school: BookingHarness) -> None:
    await add(school, capacity=1)
    slot = (await offered(school))[0]
    old = await school.hold(slot=slot)
    school.clock.advance(timedelta(minutes=5))
    new = await school.hold(slot=slot, talk=school.hugo_talk)
    assert ((await school.load_booking(old)).state, await school.seats_as_text()) == (
        "expired",
        [(1, new.id)],
    )
    school.clock.advance(timedelta(minutes=5))
    revived = await school.confirm_hold(old)
    assert ((await school.load_booking(new)).state, await school.seats_as_text()) == (
        "expired",
        [(1, revived.id)],
    )


async def test_a_seat_moves_to_another_session(school: BookingHarness) -> None:
    await add(school)
    await add(school, "11:00")
    booked = await school.confirm_hold(await seat(school, school.marta_talk))
    moved = await school.move(booked, (await offered(school))[1])
    assert (moved.local_time, moved.session_id, await school.seats_as_text()) == (
        "11:00",
        2,
        [(1, booked.id)],
    )


async def test_a_session_may_have_its_own_price_and_length(school: BookingHarness) -> None:
    await add(school, price_minor=1500, minutes=45)
    slot = (await offered(school))[0]
    assert (slot.price_minor, slot.minutes) == (1500, 45)
    for wrong in ({"price_minor": 6000}, {"ends_at": madrid_instant("2026-03-10 11:00")}):
        with pytest.raises(OfferChanged):
            await school.hold(slot=replace(slot, **wrong))
    assert (await school.hold(slot=slot)).price_minor == 1500


async def test_cancelling_a_session_cancels_its_bookings_and_tells_them(
    school: BookingHarness,
) -> None:
    made = await add(school)
    booked = await school.confirm_hold(await seat(school, school.marta_talk))
    held = await seat(school, school.hugo_talk)
    assert await offered(school) == []

    async def cancel(ctx: Context, **more: Any) -> int:
        values: dict[str, Any] = {"shop_id": school.shop, "actor": school.owner_actor} | more
        return await cancel_session(ctx, made, reason="Ana is ill", **values)

    with pytest.raises(NotAllowed):
        await school.transact(lambda ctx: cancel(ctx, actor=school.customer_actor))
    assert await school.transact(cancel) == 1
    assert [(await school.load_booking(one)).state for one in (booked, held)] == [
        "cancelled",
        "expired",
    ]
    assert (await school.seats_as_text(), await school.claims_as_text(), await offered(school)) == (
        [],
        [],
        [],
    )
    assert (await school.outbox_as_text())[2:] == ["Marta: tell.cancelled"]
    assert (await school.params_of_newest("tell.cancelled"))["reason"] == "Ana is ill"
    with pytest.raises(NotFound):
        await school.transact(cancel)
    with pytest.raises(NotOffered):
        await school.confirm_hold(held)


async def test_a_session_is_not_put_over_others_or_into_their_buffers(
    school: BookingHarness,
) -> None:
    await school.change_shop(
        shops.set_booking_rules, RulesChange(gap_before_minutes=15), service_id=school.colour
    )
    booked = await school.book("09:00")
    for time in ("09:15", "09:30", "09:40"):
        with pytest.raises(Overlap) as refused:
            await add(school, time)
        assert refused.value.params == {
            "bookings": [booked],
            "sessions": [],
            "blocks": [],
            "elsewhere": 0,
        }
    made = await add(school, "09:45")
    with pytest.raises(Overlap) as refused:
        await add(school, "10:30")
    assert refused.value.params == {
        "bookings": [],
        "sessions": [made],
        "blocks": [],
        "elsewhere": 0,
    }
    rows = await school.rows(sa.select(claims.c.gap_before).where(claims.c.session_id == made))
    assert [row.gap_before for row in rows] == [15]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"capacity": 0}, "capacity"),
        ({"capacity": 1001}, "capacity"),
        ({"minutes": 7}, "minutes"),
        ({"price_minor": -1}, "price_minor"),
    ],
)
async def test_a_session_has_its_bounds(
    school: BookingHarness, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidValue) as refused:
        await add(school, **values)
    assert refused.value.params["field"] == field


async def test_only_what_is_given_in_sessions_is(house: BookingHarness) -> None:
    with pytest.raises(InvalidValue) as refused:
        await add(house, service_id=house.cut)
    assert refused.value.params == {"field": "service_id", "reason": "sessions"}


async def test_staff_squeeze_one_more_into_a_full_session(school: BookingHarness) -> None:
    await add(school, capacity=1)
    slot = (await offered(school))[0]
    first = await school.hold(slot=slot)
    customer = await school.customer(school.hugo)
    more = await school.transact(
        lambda ctx: staff_actions.overbook(
            ctx, slot, actor=school.owner_actor, customer_id=customer, key="squeeze"
        )
    )
    assert await school.seats_as_text() == [(1, first.id), (2, more.id)]
