"""Whatever way time is taken: it is checked in that moment that the start is still on offer."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta

import pytest

from core.bookings import expiry
from core.bookings.booking import Booking
from core.bookings.staff_actions import confirm_booking
from core.catalog.loader import CATALOGS
from core.db.runtime import Runtime
from core.errors import NotFound, NotOffered, SlotTaken
from core.localtime.opening_masks import Interval
from core.scheduling import opening_hours
from core.shops import providers, rooms, services, shops
from core.values.catalog_changes import (
    NewRoom,
    ProviderChange,
    RoomChange,
    RulesChange,
    ServiceChange,
)
from tests.core.bookings.harness import BookingHarness, open_booking_harness
from tests.core.scheduling.harness import MADRID, MORNING, madrid_instant

CHANGES: dict[str, Callable[[BookingHarness], Awaitable[None]]] = {}
ENTRIES: dict[str, Callable[[BookingHarness], Awaitable[Callable[[], Awaitable[Booking]]]]] = {}


def change(work: Callable[[BookingHarness], Awaitable[None]]) -> None:
    CHANGES[work.__name__] = work


def entry(work: Callable[[BookingHarness], Awaitable[Callable[[], Awaitable[Booking]]]]) -> None:
    ENTRIES[work.__name__] = work


# --- what may have changed since the start was shown; the slot is ten o'clock with Ana -----------


@change
async def hours(house: BookingHarness) -> None:
    short = {day: [Interval(9 * 60, 10 * 60)] for day in range(5)}
    await house.change_shop(opening_hours.set_weekly_hours, None, short)


@change
async def hours_of_the_provider(house: BookingHarness) -> None:
    await house.change_shop(opening_hours.set_weekly_hours, house.ana, {0: [MORNING]})


@change
async def holiday(house: BookingHarness) -> None:
    await house.change_shop(opening_hours.set_date_exception, date(2026, 3, 10))


@change
async def time_off(house: BookingHarness) -> None:
    start, end = madrid_instant("2026-03-10 10:15"), madrid_instant("2026-03-10 11:00")
    await house.change_shop(opening_hours.add_time_off, house.ana, start, end)


@change
async def service_off(house: BookingHarness) -> None:
    await house.change_shop(services.change_service, house.cut, ServiceChange(active=False))


@change
async def provider_not_available(house: BookingHarness) -> None:
    await house.change_shop(providers.change_provider, house.ana, ProviderChange(available=False))


@change
async def provider_gone(house: BookingHarness) -> None:
    await house.change_shop(providers.change_provider, house.ana, ProviderChange(active=False))


@change
async def no_longer_given(house: BookingHarness) -> None:
    await house.change_shop(providers.remove_offering, house.ana, house.cut)


# --- the ways to take it: each prepares, and returns the attempt ----------------------------------


@entry
async def chat(house: BookingHarness) -> Callable[[], Awaitable[Booking]]:
    return lambda: house.hold("10:00")


@entry
async def booking_what_is_held(house: BookingHarness) -> Callable[[], Awaitable[Booking]]:
    held = await house.hold("10:00")
    return lambda: house.confirm_hold(held)


@entry
async def desk(house: BookingHarness) -> Callable[[], Awaitable[Booking]]:
    await house.customer(house.marta)
    return lambda: house.book_for("10:00")


@entry
async def move(house: BookingHarness) -> Callable[[], Awaitable[Booking]]:
    booked = await house.book("09:00")
    return lambda: house.move(booked, house.slot_at("10:00"))


@entry
async def move_by_staff(house: BookingHarness) -> Callable[[], Awaitable[Booking]]:
    booked = await house.book("09:00")
    return lambda: house.move(booked, house.slot_at("10:00"), actor=house.owner_actor)


@entry
async def approval(house: BookingHarness) -> Callable[[], Awaitable[Booking]]:
    await house.change_shop(shops.set_booking_rules, RulesChange(needs_approval=True))
    asked = await house.book("10:00")
    assert asked.state == "pending"
    return lambda: house.act_as_owner(confirm_booking, asked)


@entry
async def revival(house: BookingHarness) -> Callable[[], Awaitable[Booking]]:
    held = await house.hold("10:00")
    house.clock.advance(timedelta(minutes=5))
    await house.transact(expiry.expire_overdue)
    return lambda: house.confirm_hold(held)


@pytest.mark.parametrize("way", ENTRIES)
@pytest.mark.parametrize("what", CHANGES)
async def test_what_is_no_longer_on_offer_is_not_booked(
    runtime: Runtime, what: str, way: str
) -> None:
    house = await open_booking_harness(runtime)
    attempt = await ENTRIES[way](house)
    states, taken, sent = (
        await house.booking_states(),
        await house.claims_as_text(),
        await house.outbox_as_text(),
    )
    await CHANGES[what](house)
    with pytest.raises(NotOffered) as refused:
        await attempt()
    assert [slot.starts_at > house.clock.now() for slot in refused.value.alternatives] == (
        [] if what == "service_off" else [True, True, True]
    )
    # Nothing came of it.
    assert (
        await house.booking_states(),
        await house.claims_as_text(),
        await house.outbox_as_text(),
    ) == (states, taken, sent)


@pytest.mark.parametrize("way", ["chat", "desk", "move", "move_by_staff", "revival"])
async def test_what_somebody_else_took_is_not_booked(runtime: Runtime, way: str) -> None:
    house = await open_booking_harness(runtime)
    attempt = await ENTRIES[way](house)
    await house.hold("10:00", talk=house.hugo_talk)
    taken = await house.claims_as_text()
    with pytest.raises(SlotTaken) as refused:
        await attempt()
    assert type(refused.value) is SlotTaken
    times = [f"{slot.starts_at.astimezone(MADRID):%H:%M}" for slot in refused.value.alternatives]
    assert times == ["09:30", "10:00", "10:30"]
    assert await house.claims_as_text() == taken


@pytest.mark.parametrize("way", ENTRIES)
async def test_every_way_to_take_time_succeeds_when_free(runtime: Runtime, way: str) -> None:
    house = await open_booking_harness(runtime)
    attempt = await ENTRIES[way](house)
    done = await attempt()
    assert (done.state, done.local_time) == ("held" if way == "chat" else "confirmed", "10:00")
    assert await house.claims_as_text() == ["Ana 10 10:00-10 10:30"]


async def test_booking_is_refused_when_the_room_is_taken(runtime: Runtime) -> None:
    house = await open_booking_harness(runtime)
    await house.change_shop(rooms.add_room, NewRoom(name="Chair", service_ids=[house.cut]))
    await house.book("10:00")
    assert await house.claims_as_text() == ["Ana 10 10:00-10 10:30", "Chair 10 10:00-10 10:30"]
    with pytest.raises(SlotTaken):
        await house.hold("10:00", provider=house.leo)
    await house.hold("10:30", provider=house.leo)
    # A hold that ran out makes room on both its calendars, whichever is wanted.
    house.clock.advance(timedelta(minutes=5))
    held = await house.hold("10:30", talk=house.hugo_talk)
    assert (held.state, await house.claims_as_text()) == (
        "held",
        [
            "Ana 10 10:00-10 10:30",
            "Ana 10 10:30-10 11:00",
            "Chair 10 10:00-10 10:30",
            "Chair 10 10:30-10 11:00",
        ],
    )


async def test_a_room_added_since_the_shop_was_read_is_taken_too(runtime: Runtime) -> None:
    house = await open_booking_harness(runtime)
    await house.free_times()  # the catalog is in the cache now
    catalogs = runtime.caches.of(CATALOGS)
    known = dict(catalogs)
    await house.change_shop(rooms.add_room, NewRoom(name="Chair", service_ids=[house.cut]))
    catalogs.update(known)  # as in another process, which heard of nothing
    await house.hold("10:00")
    assert await house.claims_as_text() == ["Ana 10 10:00-10 10:30", "Chair 10 10:00-10 10:30"]


async def test_a_room_is_taken_by_what_it_was_given_to_last(runtime: Runtime) -> None:
    house = await open_booking_harness(runtime)
    chair = await house.change_shop(rooms.add_room, NewRoom(name="Chair", service_ids=[house.cut]))
    await house.book("10:00")
    await house.change_shop(
        rooms.change_room, chair, RoomChange(name="Stool", service_ids=[house.colour])
    )
    await house.hold("10:30")
    # What was booked before keeps the time it took.
    assert await house.claims_as_text() == [
        "Ana 10 10:00-10 10:30",
        "Ana 10 10:30-10 11:00",
        "Stool 10 10:00-10 10:30",
    ]
    with pytest.raises(NotFound):
        await house.change_shop(rooms.change_room, chair, RoomChange(service_ids=[10**6]))


async def test_buffers_are_kept_by_whoever_asks_for_the_larger(runtime: Runtime) -> None:
    house = await open_booking_harness(runtime, grid_minutes=5)
    await house.change_shop(
        shops.set_booking_rules, RulesChange(gap_before_minutes=15), service_id=house.colour
    )
    await house.book("09:00")

    def colour(time: str) -> Awaitable[Booking]:
        slot = house.slot_at(
            time, service_id=house.colour, price_minor=6000, lasts=timedelta(hours=1)
        )
        return house.hold(slot=slot, talk=house.hugo_talk)

    with pytest.raises(SlotTaken):
        await colour("09:40")
    await colour("09:45")
    assert await house.claims_as_text() == ["Ana 10 09:00-10 09:30", "Ana 10 09:45-10 10:45"]
