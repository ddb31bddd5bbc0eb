"""Whatever way time is taken: it is checked in that moment that the start is still on offer."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta

import pytest

from core.bookings import expiry, staff_actions
from core.bookings.booking import Booking
from core.db.runtime import Runtime
from core.errors import NotFound, NotOffered, SlotTaken
from core.localtime.opening_masks import Interval
from core.scheduling import opening_hours
from core.shops import providers, rooms, services, shops
from tests.core.bookings.harness import House, open_house
from tests.core.scheduling.harness import MADRID, MORNING, at

CHANGES: dict[str, Callable[[House], Awaitable[None]]] = {}
ENTRIES: dict[str, Callable[[House], Awaitable[Callable[[], Awaitable[Booking]]]]] = {}


def change(work: Callable[[House], Awaitable[None]]) -> None:
    CHANGES[work.__name__] = work


def entry(work: Callable[[House], Awaitable[Callable[[], Awaitable[Booking]]]]) -> None:
    ENTRIES[work.__name__] = work


# --- what may have changed since the start was shown; the slot is ten o'clock with Ana -----------


@change
async def hours(house: House) -> None:
    short = {day: [Interval(9 * 60, 10 * 60)] for day in range(5)}
    await house.change(opening_hours.set_hours, None, short)


@change
async def hours_of_the_provider(house: House) -> None:
    await house.change(opening_hours.set_hours, house.ana, {0: [MORNING]})


@change
async def holiday(house: House) -> None:
    await house.change(opening_hours.set_exception, date(2026, 3, 10))


@change
async def time_off(house: House) -> None:
    start, end = at("2026-03-10 10:15"), at("2026-03-10 11:00")
    await house.change(opening_hours.add_time_off, house.ana, start, end)


@change
async def service_off(house: House) -> None:
    await house.change(services.change_service, house.cut, active=False)


@change
async def provider_not_available(house: House) -> None:
    await house.change(providers.change_provider, house.ana, available=False)


@change
async def provider_gone(house: House) -> None:
    await house.change(providers.change_provider, house.ana, active=False)


@change
async def no_longer_given(house: House) -> None:
    await house.change(providers.withdraw, house.ana, house.cut)


# --- the ways to take it: each prepares, and returns the attempt ----------------------------------


@entry
async def chat(house: House) -> Callable[[], Awaitable[Booking]]:
    return lambda: house.hold("10:00")


@entry
async def booking_what_is_held(house: House) -> Callable[[], Awaitable[Booking]]:
    held = await house.hold("10:00")
    return lambda: house.settle(held)


@entry
async def desk(house: House) -> Callable[[], Awaitable[Booking]]:
    await house.customer(house.marta)
    return lambda: house.book_for("10:00")


@entry
async def move(house: House) -> Callable[[], Awaitable[Booking]]:
    booked = await house.book("09:00")
    return lambda: house.move(booked, house.slot("10:00"))


@entry
async def move_by_staff(house: House) -> Callable[[], Awaitable[Booking]]:
    booked = await house.book("09:00")
    return lambda: house.move(booked, house.slot("10:00"), actor=house.staff)


@entry
async def approval(house: House) -> Callable[[], Awaitable[Booking]]:
    await house.change(shops.set_rules, needs_approval=True)
    asked = await house.book("10:00")
    assert asked.state == "pending"
    return lambda: house.desk(staff_actions.confirm, asked)


@entry
async def revival(house: House) -> Callable[[], Awaitable[Booking]]:
    held = await house.hold("10:00")
    house.clock.advance(timedelta(minutes=5))
    await house.do(expiry.expire)
    return lambda: house.settle(held)


@pytest.mark.parametrize("way", ENTRIES)
@pytest.mark.parametrize("what", CHANGES)
async def test_what_is_no_longer_on_offer_is_not_booked(
    runtime: Runtime, what: str, way: str
) -> None:
    house = await open_house(runtime)
    attempt = await ENTRIES[way](house)
    states, taken, sent = await house.states(), await house.taken(), await house.sent()
    await CHANGES[what](house)
    with pytest.raises(NotOffered) as refused:
        await attempt()
    assert [slot.starts_at > house.clock.now() for slot in refused.value.alternatives] == (
        [] if what == "service_off" else [True, True, True]
    )
    # Nothing came of it.
    assert (await house.states(), await house.taken(), await house.sent()) == (states, taken, sent)


@pytest.mark.parametrize("way", ["chat", "desk", "move", "move_by_staff", "revival"])
async def test_what_somebody_else_took_is_not_booked(runtime: Runtime, way: str) -> None:
    house = await open_house(runtime)
    attempt = await ENTRIES[way](house)
    await house.hold("10:00", talk=house.hugo_talk)
    taken = await house.taken()
    with pytest.raises(SlotTaken) as refused:
        await attempt()
    assert type(refused.value) is SlotTaken
    times = [f"{slot.starts_at.astimezone(MADRID):%H:%M}" for slot in refused.value.alternatives]
    assert times == ["09:30", "10:00", "10:30"]
    assert await house.taken() == taken


@pytest.mark.parametrize("way", ENTRIES)
async def test_all_these_ways_lead_somewhere(runtime: Runtime, way: str) -> None:
    house = await open_house(runtime)
    attempt = await ENTRIES[way](house)
    done = await attempt()
    assert (done.state, done.local_time) == ("held" if way == "chat" else "confirmed", "10:00")
    assert await house.taken() == ["Ana 10 10:00-10 10:30"]


async def test_the_room_must_be_free_too(runtime: Runtime) -> None:
    house = await open_house(runtime)
    await house.change(rooms.add_room, "Chair", service_ids=[house.cut])
    await house.book("10:00")
    assert await house.taken() == ["Ana 10 10:00-10 10:30", "Chair 10 10:00-10 10:30"]
    with pytest.raises(SlotTaken):
        await house.hold("10:00", provider=house.leo)
    await house.hold("10:30", provider=house.leo)
    # A hold that ran out makes room on both its calendars, whichever is wanted.
    house.clock.advance(timedelta(minutes=5))
    held = await house.hold("10:30", talk=house.hugo_talk)
    assert (held.state, await house.taken()) == (
        "held",
        [
            "Ana 10 10:00-10 10:30",
            "Ana 10 10:30-10 11:00",
            "Chair 10 10:00-10 10:30",
            "Chair 10 10:30-10 11:00",
        ],
    )


async def test_a_room_added_since_the_shop_was_read_is_taken_too(runtime: Runtime) -> None:
    house = await open_house(runtime)
    await house.free()  # the catalog is in the cache now
    known = dict(runtime.cache)
    await house.change(rooms.add_room, "Chair", service_ids=[house.cut])
    runtime.cache.update(known)  # as in another process, which heard of nothing
    await house.hold("10:00")
    assert await house.taken() == ["Ana 10 10:00-10 10:30", "Chair 10 10:00-10 10:30"]


async def test_a_room_is_taken_by_what_it_was_given_to_last(runtime: Runtime) -> None:
    house = await open_house(runtime)
    chair = await house.change(rooms.add_room, "Chair", service_ids=[house.cut])
    await house.book("10:00")
    await house.change(rooms.change_room, chair, name="Stool", service_ids=[house.colour])
    await house.hold("10:30")
    # What was booked before keeps the time it took.
    assert await house.taken() == [
        "Ana 10 10:00-10 10:30",
        "Ana 10 10:30-10 11:00",
        "Stool 10 10:00-10 10:30",
    ]
    with pytest.raises(NotFound):
        await house.change(rooms.change_room, chair, service_ids=[0])


async def test_buffers_are_kept_by_whoever_asks_for_the_larger(runtime: Runtime) -> None:
    house = await open_house(runtime, grid_minutes=5)
    await house.change(shops.set_rules, service_id=house.colour, gap_before_minutes=15)
    await house.book("09:00")

    def colour(time: str) -> Awaitable[Booking]:
        slot = house.slot(time, service_id=house.colour, price_minor=6000, lasts=timedelta(hours=1))
        return house.hold(slot=slot, talk=house.hugo_talk)

    with pytest.raises(SlotTaken):
        await colour("09:40")
    await colour("09:45")
    assert await house.taken() == ["Ana 10 09:00-10 09:30", "Ana 10 09:45-10 10:45"]
