"""A day closed: it is off offer; its customers are asked, moved or left to the shop."""

from __future__ import annotations

from datetime import date

import pytest

from core.bookings import day_closure
from core.bookings.transitions import Actor
from core.catalog.loader import load_catalog
from core.db.runtime import Runtime
from core.db.tables import shops
from core.errors import InvalidValue, NotAllowed
from core.people.customers import add_customer
from tests.core.bookings.harness import TUESDAY, BookingHarness, open_booking_harness

pytestmark = pytest.mark.usefixtures("only_database_awaits")


@pytest.fixture
async def house(runtime: Runtime) -> BookingHarness:
    return await open_booking_harness(runtime)


async def call_off(house: BookingHarness, *providers: int, actor: Actor | None = None) -> list[str]:
    """Call Tuesday off; return what became of whom, and the time proposed."""
    hits = await house.transact(
        lambda ctx: day_closure.close_day(
            ctx,
            house.shop,
            date.fromisoformat(TUESDAY),
            provider_ids=providers,
            reason="ill",
            actor=actor or house.owner_actor,
            key=house.key(),
        )
    )
    names = {house.ana: "Ana", house.leo: "Leo"}
    return [
        f"{hit.booking.local_time} {hit.outcome}"
        + (
            f" {names[hit.proposed_slot.provider_id]} {hit.proposed_slot.starts_at:%d %H:%M}"
            if hit.proposed_slot
            else ""
        )
        for hit in hits
    ]


async def test_everybody_is_asked_and_keeps_their_booking_meanwhile(house: BookingHarness) -> None:
    nine, ten = await house.book("09:00"), await house.book("10:00")
    assert await call_off(house, house.ana) == [
        "09:00 asked Leo 10 08:00",
        "10:00 asked Leo 10 09:00",
    ]
    assert await house.free_times() == []
    assert [(await house.load_booking(one)).state for one in (nine, ten)] == ["confirmed"] * 2
    assert [one for one in await house.outbox_as_text() if one.startswith("Marta")][-2:] == [
        "Marta: tell.proposal",
        "Marta: tell.proposal",
    ]
    assert await house.claims_as_text() == [
        "Ana 10 09:00-10 09:30",
        "Ana 10 10:00-10 10:30",
        "Leo 10 09:00-10 09:30",
        "Leo 10 10:00-10 10:30",
    ]


async def test_no_two_are_proposed_the_same_time_nor_one_of_that_day(house: BookingHarness) -> None:
    await house.book("09:00")
    await house.book("09:00", provider=house.leo)
    asked = await call_off(house, house.ana, house.leo)
    assert sorted(asked) == ["09:00 asked Ana 09 10:30", "09:00 asked Leo 09 10:30"]


async def test_who_took_anybody_is_moved_where_the_shop_does_so(house: BookingHarness) -> None:
    await house.overwrite_row(shops, house.shop, may_change_provider=True)
    booked = await house.book("09:00", anyone=True)
    assert booked.provider_id == house.ana
    assert await call_off(house, house.ana) == ["09:00 moved Leo 10 08:00"]


async def test_who_cannot_be_reached_is_left_to_the_shop(house: BookingHarness) -> None:
    walked_in = await house.change_shop(add_customer, "Walk In")
    booked = await house.book_for("09:00", customer_id=walked_in)
    assert await call_off(house, house.ana) == ["09:00 left_alone"]
    assert (await house.load_booking(booked)).local_time == "09:00"


async def test_a_day_that_is_over_is_not_called_off_nor_by_strangers(house: BookingHarness) -> None:
    house.clock.move_to("2026-03-11T09:00Z")
    with pytest.raises(InvalidValue):
        await call_off(house, house.ana)
    with pytest.raises(NotAllowed):
        await call_off(house, house.ana, actor=Actor("staff", house.marta, "Marta"))
    known = await house.transact(lambda ctx: load_catalog(ctx, house.shop))
    assert known.time_off_by_provider == {}
