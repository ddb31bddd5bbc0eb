"""A day called off: it goes off offer; everybody concerned is asked, moved or left to the shop."""

from __future__ import annotations

from datetime import date

import pytest

from core.bookings import day_closure
from core.bookings.transitions import Actor
from core.catalog.loader import catalog
from core.db.runtime import Runtime
from core.db.tables import shops
from core.errors import Invalid, NotAllowed
from core.people.customers import add_customer
from tests.core.bookings.harness import TUESDAY, House, open_house

pytestmark = pytest.mark.usefixtures("only_database_awaits")


@pytest.fixture
async def house(runtime: Runtime) -> House:
    return await open_house(runtime)


async def call_off(house: House, *providers: int, actor: Actor | None = None) -> list[str]:
    """Call Tuesday off; return what became of whom, and the time proposed."""
    hits = await house.do(
        lambda ctx: day_closure.call_off(
            ctx,
            house.shop,
            date.fromisoformat(TUESDAY),
            provider_ids=providers,
            reason="ill",
            actor=actor or house.staff,
            key=house.key(),
        )
    )
    names = {house.ana: "Ana", house.leo: "Leo"}
    return [
        f"{hit.booking.local_time} {hit.done}"
        + (f" {names[hit.slot.provider_id]} {hit.slot.starts_at:%d %H:%M}" if hit.slot else "")
        for hit in hits
    ]


async def test_everybody_is_asked_and_keeps_their_booking_meanwhile(house: House) -> None:
    nine, ten = await house.book("09:00"), await house.book("10:00")
    assert await call_off(house, house.ana) == [
        "09:00 asked Leo 10 08:00",
        "10:00 asked Leo 10 09:00",
    ]
    assert await house.free() == []
    assert [(await house.get(one)).state for one in (nine, ten)] == ["confirmed"] * 2
    assert [one for one in await house.sent() if one.startswith("Marta")][-2:] == [
        "Marta: tell.proposal",
        "Marta: tell.proposal",
    ]
    assert await house.taken() == [
        "Ana 10 09:00-10 09:30",
        "Ana 10 10:00-10 10:30",
        "Leo 10 09:00-10 09:30",
        "Leo 10 10:00-10 10:30",
    ]


async def test_no_two_are_proposed_the_same_time_nor_one_of_that_day(house: House) -> None:
    await house.book("09:00")
    await house.book("09:00", provider=house.leo)
    asked = await call_off(house, house.ana, house.leo)
    assert sorted(asked) == ["09:00 asked Ana 09 10:30", "09:00 asked Leo 09 10:30"]


async def test_who_took_anybody_is_moved_where_the_shop_does_so(house: House) -> None:
    await house.set(shops, house.shop, moves_anyone=True)
    booked = await house.book("09:00", anyone=True)
    assert booked.provider_id == house.ana
    assert await call_off(house, house.ana) == ["09:00 moved Leo 10 08:00"]


async def test_who_cannot_be_reached_is_left_to_the_shop(house: House) -> None:
    walked_in = await house.change(add_customer, "Walk In")
    booked = await house.book_for("09:00", customer_id=walked_in)
    assert await call_off(house, house.ana) == ["09:00 left_alone"]
    assert (await house.get(booked)).local_time == "09:00"


async def test_a_day_that_is_over_is_not_called_off_nor_by_strangers(house: House) -> None:
    house.clock.move_to("2026-03-11T09:00Z")
    with pytest.raises(Invalid):
        await call_off(house, house.ana)
    with pytest.raises(NotAllowed):
        await call_off(house, house.ana, actor=Actor("staff", house.marta, "Marta"))
    known = await house.do(lambda ctx: catalog(ctx, house.shop))
    assert known.time_off == {}
