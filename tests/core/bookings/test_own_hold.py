"""A hold is in the way of others, but not of the conversation that has it."""

from datetime import datetime
from typing import Any

import pytest

from core.bookings import reschedule_proposals
from core.bookings.blocks import add_session
from core.bookings.booking import Booking
from core.catalog.loader import load_catalog
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import services
from core.errors import SlotTaken
from core.scheduling import availability
from core.scheduling.asker import NOBODY, Asker
from tests.core.bookings.harness import TUESDAY, BookingHarness, open_booking_harness
from tests.core.scheduling.harness import MADRID, madrid_instant


@pytest.fixture
async def house(runtime: Runtime) -> BookingHarness:
    return await open_booking_harness(runtime)


async def free(house: BookingHarness, asker: Asker) -> list[str]:
    """When Ana is free, by each of the three ways there are to ask."""
    start, end = madrid_instant(TUESDAY), madrid_instant(f"{TUESDAY} 23:55")

    async def work(ctx: Context) -> list[datetime]:
        known = await load_catalog(ctx, house.shop)
        common: dict[str, Any] = {"provider_id": house.ana, "asker": asker}
        one = await availability.find_slots(ctx, known, house.cut, start=start, end=end, **common)
        each = await availability.find_slots_by_provider(
            ctx, known, house.cut, start=start, end=end, **common
        )
        counted = await availability.count_slots_by_day(ctx, known, house.cut, **common)
        assert [s.starts_at for s in one] == [s.starts_at for s in each]
        assert counted[start.astimezone(MADRID).date()] == len(one)
        return [s.starts_at for s in one]

    return [f"{at.astimezone(MADRID):%H:%M}" for at in await house.transact(work)]


EVERY = ["09:00", "09:30", "10:00", "10:30", "11:00", "11:30"]


async def test_offers_keep_the_time_this_talk_holds_and_hide_it_from_others(
    house: BookingHarness,
) -> None:
    await house.hold("09:00")
    assert await free(house, Asker(conversation_id=house.marta_talk)) == EVERY
    assert await free(house, Asker(conversation_id=house.hugo_talk)) == EVERY[1:]
    assert await free(house, NOBODY) == EVERY[1:]


async def test_what_this_talk_booked_stays_in_its_way(house: BookingHarness) -> None:
    await house.book("09:00")
    assert await free(house, Asker(conversation_id=house.marta_talk)) == EVERY[1:]


async def test_a_booking_is_moved_where_its_talk_holds_something_else(
    house: BookingHarness,
) -> None:
    booked = await house.book("11:00")
    held = await house.hold("09:00")
    with pytest.raises(SlotTaken):
        await house.move(booked, house.slot_at("09:00"))  # the control: who asks is not said
    with pytest.raises(SlotTaken):
        await house.move(booked, house.slot_at("09:00"), conversation_id=house.hugo_talk)
    await house.move(booked, house.slot_at("09:00"), conversation_id=house.marta_talk)
    assert (await house.load_booking(held)).state == "expired"
    assert await house.claims_as_text() == ["Ana 10 09:00-10 09:30"]


async def test_a_hold_elsewhere_outlives_a_move(house: BookingHarness) -> None:
    booked = await house.book("11:30")
    held = await house.hold("09:00", provider=house.leo)
    await house.move(booked, house.slot_at("11:00"), conversation_id=house.marta_talk)
    assert (await house.load_booking(held)).state == "held"


async def test_a_proposed_time_is_taken_though_the_talk_holds_it(house: BookingHarness) -> None:
    booked = await house.book("11:00")
    slot = house.slot_at("09:00")

    async def propose(ctx: Context) -> Booking:
        return await reschedule_proposals.propose_time(
            ctx, booked.id, slot, actor=house.owner_actor
        )

    await house.transact(propose)
    assert await free(house, Asker(booked.id)) == EVERY


async def test_the_last_place_in_a_class_is_free_for_whom_it_is_held(
    house: BookingHarness,
) -> None:
    await house.overwrite_row(services, house.cut, sessions=True)

    async def add(ctx: Context) -> int:
        return await add_session(
            ctx,
            shop_id=house.shop,
            service_id=house.cut,
            provider_id=house.ana,
            starts_at=madrid_instant(f"{TUESDAY} 10:00"),
            capacity=1,
            actor=house.owner_actor,
        )

    made = await house.transact(add)
    await house.hold(slot=house.slot_at("10:00", session_id=made))
    assert await free(house, Asker(conversation_id=house.marta_talk)) == ["10:00"]
    again = await house.hold(slot=house.slot_at("10:00", session_id=made))
    assert await house.booking_states() == ["expired", "held"]
    assert await house.seats_as_text() == [(1, again.id)]
