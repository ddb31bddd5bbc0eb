"""The same person twice at one hour, or in one class."""

import pytest

from core.bookings.blocks import add_session
from core.bookings.staff_actions import overbook
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import services
from core.errors import AlreadyBooked
from tests.core.bookings.harness import TUESDAY, BookingHarness, open_booking_harness
from tests.core.scheduling.harness import madrid_instant


@pytest.fixture
async def house(runtime: Runtime) -> BookingHarness:
    return await open_booking_harness(runtime)


async def test_a_second_booking_at_the_same_hour_waits_for_a_yes(house: BookingHarness) -> None:
    first = await house.book("09:00")
    held = await house.hold("09:00", provider=house.leo)
    with pytest.raises(AlreadyBooked) as double:
        await house.confirm_hold(held, confirmed=False)
    assert double.value.params["ref"] == first.ref
    assert (await house.confirm_hold(held, confirmed=True)).state == "confirmed"


@pytest.mark.parametrize(
    ("earlier", "attendee", "time", "asked"),
    [
        ("", "", "09:30", False),  # one after the other
        ("", "Lucía", "09:00", False),  # for a daughter, beside oneself
        ("LUCIA", "Lucía", "09:00", True),
        ("Lucía", "Leo Jr", "09:00", False),
    ],
)
async def test_only_the_same_person_is_asked(
    house: BookingHarness,
    earlier: str,
    attendee: str,
    time: str,
    asked: bool,
) -> None:
    await house.book("09:00", attendee=earlier)
    held = await house.hold(time, provider=house.leo, attendee=attendee)
    if asked:
        with pytest.raises(AlreadyBooked):
            await house.confirm_hold(held, confirmed=False)
    else:
        assert (await house.confirm_hold(held, confirmed=False)).state == "confirmed"


async def test_staff_are_told_before_they_book_somebody_twice(house: BookingHarness) -> None:
    await house.book("09:00")
    with pytest.raises(AlreadyBooked):
        await house.book_for("09:00", provider=house.leo, confirmed=False)
    customer = await house.customer(house.marta)
    with pytest.raises(AlreadyBooked):
        await house.transact(
            lambda ctx: overbook(
                ctx,
                house.slot_at("09:00"),
                actor=house.owner_actor,
                customer_id=customer,
                key=house.key(),
                confirmed=False,
            )
        )
    hugo = await house.customer(house.hugo)
    booked = await house.book_for("09:00", provider=house.leo, customer_id=hugo, confirmed=False)
    assert booked.state == "confirmed"


async def test_a_move_onto_another_booking_of_ones_own_is_asked_about(
    house: BookingHarness,
) -> None:
    await house.book("09:00")
    later = await house.book("11:00", provider=house.leo)
    there = house.slot_at("09:00", house.leo)
    with pytest.raises(AlreadyBooked):
        await house.move(later, there, confirmed=False)
    # A move within its own time is no second booking.
    near = house.slot_at("11:15", house.leo)
    assert (await house.move(later, near, actor=house.owner_actor, confirmed=False)).id == later.id


async def test_a_second_place_in_one_class_waits_for_a_yes(house: BookingHarness) -> None:
    await house.overwrite_row(services, house.cut, sessions=True)

    async def add(ctx: Context) -> int:
        return await add_session(
            ctx,
            shop_id=house.shop,
            service_id=house.cut,
            provider_id=house.ana,
            starts_at=madrid_instant(f"{TUESDAY} 10:00"),
            capacity=6,
            actor=house.owner_actor,
        )

    seat = house.slot_at("10:00", session_id=await house.transact(add))
    first = await house.confirm_hold(await house.hold(slot=seat), confirmed=False)
    held = await house.hold(slot=seat)
    with pytest.raises(AlreadyBooked):
        await house.confirm_hold(held, confirmed=False)
    second = await house.confirm_hold(held)
    assert await house.seats_as_text() == [(1, first.id), (2, second.id)]
