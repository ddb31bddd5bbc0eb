"""A move keeps the agreed length, price and terms, whoever makes it."""

from datetime import timedelta

import pytest

from core.bookings import reschedule_proposals
from core.bookings.booking import Booking, load_booking
from core.bookings.day_closure import alternatives_for, apply_decision
from core.bookings.staff_actions import set_payment_status
from core.bookings.terms import set_terms
from core.bookings.transitions import Actor
from core.catalog.entities import Slot
from core.catalog.loader import load_catalog
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import bookings
from core.errors import CutoffPassed, InvalidTransition, NotAllowed, SlotTaken, TermsDiffer
from core.messaging.messages import Money, Say
from core.shops import providers, services, shops
from core.values.catalog_changes import OfferingChange, RulesChange, ServiceChange
from core.values.shop_changes import ShopChange
from tests.core.bookings.harness import BookingHarness, open_booking_harness
from tests.core.scheduling.harness import madrid_instant

AGREED = {"minutes": 30, "price_minor": 2500, "currency": "EUR"}
LEO = {"minutes": 60, "price_minor": 4000, "currency": "EUR"}


@pytest.fixture
async def house(runtime: Runtime) -> BookingHarness:
    return await open_booking_harness(runtime)


def sold(booking: Booking) -> tuple[int, int | None, str]:
    """Length, price and payment of a booking, by its columns and its snapshot alike."""
    minutes = (booking.ends_at - booking.starts_at) // timedelta(minutes=1)
    assert (booking.snapshot["minutes"], booking.snapshot["price_minor"]) == (
        minutes,
        booking.price_minor,
    )
    return minutes, booking.price_minor, booking.payment_status


async def sell_otherwise(house: BookingHarness, minutes: int = 60, price: int = 4000) -> None:
    """The shop sells cuts at another length and price from now on."""
    change = ServiceChange(minutes=minutes, price_minor=price, name="Haircut")
    await house.change_shop(services.change_service, house.cut, change)


def new_slot(house: BookingHarness, time: str, provider: int | None = None) -> Slot:
    """A cut as it is on offer since."""
    return house.slot_at(time, provider, lasts=timedelta(minutes=60), price_minor=4000)


@pytest.mark.parametrize("by", ["customer", "staff"])
@pytest.mark.parametrize("to", ["ana", "leo"])
async def test_a_move_keeps_what_was_agreed_and_paid(
    house: BookingHarness, by: str, to: str
) -> None:
    booked = await house.book("09:00")
    await house.act_as_owner(
        lambda ctx, one, **who: set_payment_status(ctx, one, "paid", **who), booked
    )
    await sell_otherwise(house)
    actor = house.customer_actor if by == "customer" else house.owner_actor
    provider = house.ana if to == "ana" else house.leo
    # A caller may bring the slot at today's price: the verb knows better.
    moved = await house.move(booked, new_slot(house, "10:00", provider), actor=actor)
    assert sold(moved) == sold(await house.load_booking(booked)) == (30, 2500, "paid")
    assert moved.snapshot["service"] == "Cut"
    name = "Ana" if to == "ana" else "Leo"
    assert await house.claims_as_text() == [f"{name} 10 10:00-10 10:30"]


async def test_a_time_is_offered_at_the_agreed_length(house: BookingHarness) -> None:
    booked = await house.book("09:00")
    await sell_otherwise(house, minutes=90)

    async def work(ctx: Context) -> list[Slot]:
        one = await house_booking(ctx, booked)
        return await alternatives_for(ctx, await load_catalog(ctx, house.shop), one)

    found = await house.transact(work)
    assert {(slot.minutes, slot.price_minor) for slot in found} == {(30, 2500)}


async def house_booking(ctx: Context, booked: Booking) -> Booking:
    """The booking as it is now."""
    return await load_booking(ctx, booked.id)


async def make_leo_dearer(house: BookingHarness) -> None:
    """Leo takes longer and costs more than Ana."""

    async def work(ctx: Context) -> None:
        change = OfferingChange(minutes=60, price_minor=4000)
        await providers.set_offering(ctx, house.shop, house.leo, house.cut, change)

    await house.transact(work)


async def test_another_providers_terms_are_said_before_a_move(house: BookingHarness) -> None:
    booked = await house.book("09:00")
    await make_leo_dearer(house)
    there = new_slot(house, "10:00", house.leo)
    for actor in (house.customer_actor, house.owner_actor):
        with pytest.raises(TermsDiffer) as differ:
            await house.move(booked, there, actor=actor)
        assert differ.value.params == {"agreed": AGREED, "new": LEO}
    with pytest.raises(NotAllowed):
        await house.move(booked, there, terms="keep")
    moved = await house.move(booked, there, terms="new")
    assert sold(moved) == (60, 4000, "unpaid")
    back = await house.move(moved, house.slot_at("09:00"), terms="new")
    assert sold(back) == (30, 2500, "unpaid")


async def test_the_shop_may_keep_the_price_with_a_dearer_provider(house: BookingHarness) -> None:
    booked = await house.book("09:00")
    await make_leo_dearer(house)
    there = new_slot(house, "10:00", house.leo)
    kept = await house.move(booked, there, actor=house.owner_actor, terms="keep")
    assert sold(kept) == (30, 2500, "unpaid")
    assert (await house.outbox_as_text())[-1] == "Marta: tell.moved"


async def test_the_customer_is_told_of_other_terms(house: BookingHarness) -> None:
    booked = await house.book("09:00")
    await make_leo_dearer(house)
    there = new_slot(house, "10:00", house.leo)
    await house.move(booked, there, actor=house.owner_actor, terms="new")
    said = await house.params_of_newest("tell.moved_terms")
    assert said["terms"] == Say("terms", {"minutes": 60, "price": Money(4000, "EUR")})


@pytest.mark.parametrize("dearer", [False, True])
async def test_a_time_the_shop_proposes_costs_what_was_agreed(
    house: BookingHarness, dearer: bool
) -> None:
    booked = await house.book("09:00")
    await (make_leo_dearer if dearer else sell_otherwise)(house)
    there = new_slot(house, "10:00", house.leo)
    await house.act_as_owner(
        lambda ctx, one, **who: reschedule_proposals.propose_time(ctx, one, there, **who), booked
    )
    assert await house.claims_as_text() == ["Ana 10 09:00-10 09:30", "Leo 10 10:00-10 10:30"]

    async def accept(ctx: Context) -> Booking:
        return await reschedule_proposals.accept_proposal(
            ctx,
            booked.id,
            there,
            expected_start_s=int(booked.starts_at.timestamp()),
            user_id=house.marta,
            key=house.key(),
        )

    assert sold(await house.transact(accept)) == (30, 2500, "unpaid")


async def test_a_sick_day_keeps_the_terms(house: BookingHarness) -> None:
    booked = await house.book("09:00")
    await house.overwrite_row(bookings, booked.id, anyone=True)
    await make_leo_dearer(house)

    async def work(ctx: Context) -> str:
        known = await load_catalog(ctx, house.shop)
        one = await house_booking(ctx, booked)
        found = await alternatives_for(ctx, known, one)
        assert {(s.provider_id, s.minutes, s.price_minor) for s in found} >= {(house.leo, 30, 2500)}
        to = next(s for s in found if s.provider_id == house.leo)
        return await apply_decision(ctx, known, one, to, actor=house.owner_actor, key=house.key())

    assert await house.transact(work) in {"moved", "asked"}


async def test_the_deadline_agreed_on_is_the_one_that_counts(house: BookingHarness) -> None:
    await house.change_shop(shops.change_shop, ShopChange(rules=RulesChange(cutoff_minutes=60)))
    booked = await house.book("11:00")
    longer = ShopChange(rules=RulesChange(cutoff_minutes=48 * 60))
    await house.change_shop(shops.change_shop, longer)
    moved = await house.move(booked, house.slot_at("11:30"))
    house.clock.move_to("2026-03-10T09:31Z")
    with pytest.raises(CutoffPassed) as late:
        await house.cancel(moved)
    assert late.value.params["minutes"] == 60


# ------------------------------------------------------------------------------------ set by staff


async def test_the_shop_sets_another_length_and_price_openly(house: BookingHarness) -> None:
    booked = await house.book("09:00")
    changed = await house.act_as_owner(
        set_terms, booked, changes={"minutes": 45, "price_minor": 3000}
    )
    assert sold(changed) == (45, 3000, "unpaid")
    assert await house.claims_as_text() == ["Ana 10 09:00-10 09:45"]
    assert (await house.history_as_text(booked))[-1] == (
        f"staff:{house.owner}: set_terms confirmed > confirmed"
    )
    said = await house.params_of_newest("tell.terms")
    assert said["terms"] == Say("terms", {"minutes": 45, "price": Money(3000, "EUR")})
    moved = await house.move(changed, house.slot_at("10:00"))
    assert sold(moved) == (45, 3000, "unpaid")


async def test_a_longer_visit_has_to_fit(house: BookingHarness) -> None:
    booked = await house.book("09:00")
    await house.book_for("09:30", customer_id=await house.customer(house.hugo))
    with pytest.raises(SlotTaken):
        await house.act_as_owner(set_terms, booked, changes={"minutes": 45})
    assert sold(await house.load_booking(booked)) == (30, 2500, "unpaid")
    free = await house.act_as_owner(set_terms, booked, changes={"price_minor": None})
    assert sold(free) == (30, None, "unpaid")


async def test_only_staff_set_terms_and_only_while_it_stands(house: BookingHarness) -> None:
    booked = await house.book("09:00")
    for actor, refused in (
        (house.customer_actor, NotAllowed),
        (Actor("system"), NotAllowed),
    ):
        with pytest.raises(refused):
            await house.act_as_owner(set_terms, booked, changes={"minutes": 45}, actor=actor)
    await house.cancel(booked)
    with pytest.raises(InvalidTransition):
        await house.act_as_owner(set_terms, booked, changes={"minutes": 45})
    assert madrid_instant("2026-03-10 09:00") == booked.starts_at
