"""What is on offer, on both databases. The clock stands at Monday 2026-03-09, 10:00 in Madrid."""

from collections import Counter
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from core.catalog.entities import Slot
from core.clock import FixedClock
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import bookings, service_rooms, sessions
from core.errors import NotOffered, OfferChanged, ShopPaused, SlotTaken
from core.localtime.opening_masks import Interval
from core.scheduling import availability, opening_hours
from core.scheduling.asker import Asker
from core.scheduling.slot_finder import calendars_of
from core.shops import providers, rooms, services, shops
from core.values.catalog_changes import (
    NewProvider,
    NewRoom,
    NewService,
    OfferingChange,
    ProviderChange,
    RulesChange,
    ServiceChange,
)
from core.values.shop_changes import NewShop, ShopChange
from tests.core.scheduling.harness import (
    MADRID,
    SchedulingHarness,
    log_statements,
    madrid_instant,
    open_scheduling_harness,
)

TUESDAY = "2026-03-10"


@pytest.fixture
async def salon(ctx: Context) -> SchedulingHarness:
    return await open_scheduling_harness(ctx)


# ------------------------------------------------------------------------------------ hours


async def test_a_free_day_offers_every_start_of_the_grid(salon: SchedulingHarness) -> None:
    assert await salon.find_starts(salon.colour, TUESDAY) == [
        "10 09:00 Ana",
        "10 09:30 Ana",
        "10 10:00 Ana",
        "10 10:30 Ana",
        "10 11:00 Ana",
    ]


async def test_a_slot_says_all_a_booking_needs(salon: SchedulingHarness) -> None:
    first = (await salon.slots(salon.colour, TUESDAY))[0]
    assert first == Slot(
        shop_id=salon.shop_id,
        service_id=salon.colour,
        provider_id=salon.ana,
        starts_at=madrid_instant("2026-03-10 09:00"),
        ends_at=madrid_instant("2026-03-10 10:00"),
        price_minor=6000,
        currency="EUR",
    )
    assert Slot.from_json(first.to_json()) == first
    assert first.to_json()["starts"] == 1773129600
    assert first.minutes == 60


async def test_notice_cuts_the_day_that_has_begun(salon: SchedulingHarness) -> None:
    assert await salon.find_starts(salon.cut, "2026-03-09") == ["09 11:00 Ana", "09 11:30 Ana"]
    await shops.set_booking_rules(salon.ctx, salon.shop_id, RulesChange(notice_minutes=61))
    assert await salon.find_starts(salon.cut, "2026-03-09") == ["09 11:30 Ana"]
    await shops.set_booking_rules(salon.ctx, salon.shop_id, RulesChange(notice_minutes=24 * 60))
    assert await salon.find_starts(salon.cut, "2026-03-09") == []
    assert (await salon.find_starts(salon.cut, TUESDAY))[0] == "10 10:00 Ana"


async def test_the_horizon_ends_with_a_local_day(salon: SchedulingHarness) -> None:
    await shops.set_booking_rules(salon.ctx, salon.shop_id, RulesChange(horizon_days=2))
    whole = await salon.find_starts(salon.colour, "2026-03-09", "2026-06-01")
    assert [time for time in whole if time.startswith("11")] == [
        "11 09:00 Ana",
        "11 09:30 Ana",
        "11 10:00 Ana",
        "11 10:30 Ana",
        "11 11:00 Ana",
    ]
    assert whole[-1] == "11 11:00 Ana"


async def test_the_window_moves_with_the_day(runtime: Runtime) -> None:
    clock = runtime.clock
    assert isinstance(clock, FixedClock)
    async with runtime.transaction() as ctx:
        salon = await open_scheduling_harness(ctx)
        assert (await salon.find_starts(salon.cut, "2026-03-09", "2026-06-01"))[
            -1
        ] == "08 11:30 Ana"
    clock.advance(timedelta(days=2))
    async with runtime.transaction() as ctx:
        salon.ctx = ctx
        found = await salon.find_starts(salon.cut, "2026-03-09", "2026-06-01")
        assert (found[0], found[-1]) == ("11 11:00 Ana", "10 11:30 Ana")


async def test_clocks_that_change_move_no_wall_time(salon: SchedulingHarness) -> None:
    # Madrid's clocks go forward on Sunday 29 March.
    found = await salon.slots(salon.cut, "2026-03-27", "2026-03-31", limit=100)
    assert salon.starts_as_text(found)[0] == "27 09:00 Ana"
    assert salon.starts_as_text(found)[6] == "30 09:00 Ana"
    assert (found[0].starts_at.hour, found[6].starts_at.hour) == (8, 7)


async def test_weekends_holidays_and_date_hours_shape_the_slots(salon: SchedulingHarness) -> None:
    assert await salon.find_starts(salon.cut, "2026-03-14", "2026-03-16") == []
    await opening_hours.set_date_exception(
        salon.ctx, salon.shop_id, date(2026, 3, 10), reason="holiday"
    )
    assert await salon.find_starts(salon.cut, TUESDAY) == []
    special = [Interval(18 * 60, 19 * 60), Interval(20 * 60, 20 * 60 + 30)]
    await opening_hours.set_date_exception(salon.ctx, salon.shop_id, date(2026, 3, 10), special)
    assert await salon.find_starts(salon.cut, TUESDAY) == [
        "10 18:00 Ana",
        "10 18:30 Ana",
        "10 20:00 Ana",
    ]
    await opening_hours.clear_date_exception(salon.ctx, salon.shop_id, date(2026, 3, 10))
    assert (await salon.find_starts(salon.cut, TUESDAY))[0] == "10 09:00 Ana"


async def test_hours_past_midnight_belong_to_the_day_they_begin_on(
    salon: SchedulingHarness,
) -> None:
    late = {4: [Interval(23 * 60, 25 * 60)]}
    await opening_hours.set_weekly_hours(salon.ctx, salon.shop_id, None, late)
    assert await salon.find_starts(salon.colour, "2026-03-13", "2026-03-15") == [
        "13 23:00 Ana",
        "13 23:30 Ana",
        "14 00:00 Ana",
    ]
    assert (await salon.find_starts(salon.cut, "2026-03-13", "2026-03-15"))[1:3] == [
        "13 23:30 Ana",
        "14 00:00 Ana",
    ]
    # The Saturday being closed takes nothing from Friday's night.
    await opening_hours.set_date_exception(salon.ctx, salon.shop_id, date(2026, 3, 14))
    assert len(await salon.find_starts(salon.colour, "2026-03-13", "2026-03-15")) == 3


async def test_a_providers_own_hours_replace_the_shops(salon: SchedulingHarness) -> None:
    afternoon = {1: [Interval(16 * 60, 17 * 60)]}
    await opening_hours.set_weekly_hours(salon.ctx, salon.shop_id, salon.leo, afternoon)
    assert await salon.find_starts(salon.cut, TUESDAY, provider_id=salon.leo) == [
        "10 16:00 Leo",
        "10 16:30 Leo",
    ]
    assert await salon.find_starts(salon.cut, "2026-03-11", provider_id=salon.leo) == []
    await opening_hours.set_weekly_hours(salon.ctx, salon.shop_id, salon.leo, {})
    assert len(await salon.find_starts(salon.cut, TUESDAY, provider_id=salon.leo)) == 6


async def test_a_holiday_of_the_shop_closes_those_with_own_hours_too(
    salon: SchedulingHarness,
) -> None:
    whole_day = {1: [Interval(8 * 60, 18 * 60)]}
    await opening_hours.set_weekly_hours(salon.ctx, salon.shop_id, salon.leo, whole_day)
    day, short = date(2026, 3, 10), [Interval(10 * 60, 11 * 60)]
    await opening_hours.set_date_exception(salon.ctx, salon.shop_id, day, short)
    assert await salon.find_starts(salon.cut, TUESDAY, provider_id=salon.leo) == [
        "10 10:00 Leo",
        "10 10:30 Leo",
    ]
    await opening_hours.set_date_exception(salon.ctx, salon.shop_id, day)
    assert await salon.find_starts(salon.cut, TUESDAY, provider_id=salon.leo) == []
    # What is said of one provider on one day counts most.
    await opening_hours.set_date_exception(
        salon.ctx, salon.shop_id, day, short, provider_id=salon.leo
    )
    assert await salon.find_starts(salon.cut, TUESDAY) == ["10 10:00 Leo", "10 10:30 Leo"]


async def test_time_off_is_not_on_offer(salon: SchedulingHarness) -> None:
    start, end = madrid_instant("2026-03-10 09:45"), madrid_instant("2026-03-10 11:00")
    entry = await opening_hours.add_time_off(salon.ctx, salon.shop_id, salon.ana, start, end)
    assert await salon.find_starts(salon.cut, TUESDAY, provider_id=salon.ana) == [
        "10 09:00 Ana",
        "10 11:00 Ana",
        "10 11:30 Ana",
    ]
    await opening_hours.remove_time_off(salon.ctx, salon.shop_id, entry)
    assert len(await salon.find_starts(salon.cut, TUESDAY, provider_id=salon.ana)) == 6


# ------------------------------------------------------------------------------------ claims


async def test_what_is_taken_is_not_on_offer(salon: SchedulingHarness) -> None:
    await salon.insert_booking(salon.ana, "2026-03-10 10:00", 45)
    assert await salon.find_starts(salon.cut, TUESDAY, provider_id=salon.ana) == [
        "10 09:00 Ana",
        "10 09:30 Ana",
        "10 11:00 Ana",
        "10 11:30 Ana",
    ]
    assert await salon.find_starts(salon.colour, TUESDAY) == ["10 09:00 Ana", "10 11:00 Ana"]


async def test_a_hold_counts_until_it_expires(salon: SchedulingHarness) -> None:
    now = salon.ctx.now
    await salon.insert_booking(salon.ana, "2026-03-10 09:00", state="held", held_until=now)
    await salon.insert_booking(
        salon.ana, "2026-03-10 09:30", state="held", held_until=now + timedelta(seconds=1)
    )
    assert (await salon.find_starts(salon.cut, TUESDAY, provider_id=salon.ana))[:2] == [
        "10 09:00 Ana",
        "10 10:00 Ana",
    ]


async def test_a_booking_about_to_be_moved_is_not_in_its_own_way(salon: SchedulingHarness) -> None:
    booking = await salon.insert_booking(salon.ana, "2026-03-10 09:30", 60)
    colours = await salon.find_starts(salon.colour, TUESDAY)
    assert colours == ["10 10:30 Ana", "10 11:00 Ana"]
    assert (await salon.find_starts(salon.colour, TUESDAY, asker=Asker(booking)))[:3] == [
        "10 09:00 Ana",
        "10 09:30 Ana",
        "10 10:00 Ana",
    ]


async def test_buffers_are_the_larger_of_two_neighbours(salon: SchedulingHarness) -> None:
    # This one asks for 10 minutes before and after itself.
    await salon.insert_booking(salon.ana, "2026-03-10 10:00", gap_before=10, gap_after=10)
    assert await salon.find_starts(salon.cut, TUESDAY, provider_id=salon.ana) == [
        "10 09:00 Ana",
        "10 11:00 Ana",
        "10 11:30 Ana",
    ]
    # So does the service: still 10 and not 20, so that 9:20 would do.
    await shops.set_booking_rules(
        salon.ctx,
        salon.shop_id,
        RulesChange(gap_before_minutes=10, gap_after_minutes=10, grid_minutes=20),
        service_id=salon.cut,
    )
    assert await salon.find_starts(salon.cut, TUESDAY, provider_id=salon.ana) == [
        "10 09:00 Ana",
        "10 09:20 Ana",
        "10 10:40 Ana",
        "10 11:00 Ana",
        "10 11:20 Ana",
    ]


async def test_buffers_reach_over_the_edges_of_the_day_asked_for(salon: SchedulingHarness) -> None:
    nights = {1: [Interval(22 * 60, 26 * 60)]}
    await opening_hours.set_weekly_hours(salon.ctx, salon.shop_id, None, nights)
    await salon.insert_booking(salon.ana, "2026-03-10 23:00", 60, gap_after=60)
    await salon.insert_booking(salon.leo, "2026-03-11 00:00", 60, gap_before=60)
    assert await salon.find_starts(salon.cut, "2026-03-11", provider_id=salon.ana) == [
        "11 01:00 Ana",
        "11 01:30 Ana",
    ]
    assert await salon.find_starts(salon.cut, "2026-03-10", provider_id=salon.leo) == [
        "10 22:00 Leo",
        "10 22:30 Leo",
    ]


async def test_days_are_counted_as_their_starts_are_found(salon: SchedulingHarness) -> None:
    await shops.set_booking_rules(
        salon.ctx, salon.shop_id, RulesChange(horizon_days=60)
    )  # past the change of clocks
    await salon.insert_booking(salon.ana, "2026-03-10 09:00", 90)
    await salon.insert_booking(salon.leo, "2026-03-10 09:30", 60)
    await salon.insert_booking(salon.ana, "2026-03-28 09:00", 600)
    known = await salon.catalog()
    for service, provider in ((salon.cut, None), (salon.cut, salon.leo), (salon.colour, None)):
        found = await salon.slots(service, "2026-03-09", "2026-06-01", provider_id=provider)
        days = Counter(slot.starts_at.astimezone(MADRID).date() for slot in found)
        counted = await availability.count_slots_by_day(
            salon.ctx, known, service, provider_id=provider
        )
        assert (list(counted.items()), len(counted) > 30) == (list(days.items()), True)


async def test_two_shops_that_share_a_calendar_share_its_claims(salon: SchedulingHarness) -> None:
    other = await open_salon_like(salon)
    await salon.insert_booking(salon.ana, "2026-03-10 09:00")
    assert await other.find_starts(other.cut, TUESDAY, provider_id=other.ana) == [
        "10 09:30 Ana",
        "10 10:00 Ana",
        "10 10:30 Ana",
        "10 11:00 Ana",
        "10 11:30 Ana",
    ]


async def open_salon_like(salon: SchedulingHarness) -> SchedulingHarness:
    """A second shop in which the same Ana works."""
    ctx = salon.ctx
    shop_id = await shops.add_shop(
        ctx, NewShop(name="Bella Sur", timezone="Europe/Madrid", country="ES", currency="EUR")
    )
    await opening_hours.set_weekly_hours(ctx, shop_id, None, {1: [Interval(9 * 60, 12 * 60)]})
    cut = await services.add_service(ctx, shop_id, NewService(name="Cut", minutes=30))
    calendar_id = await salon.calendar(salon.ana)
    ana = await providers.add_provider(
        ctx, shop_id, NewProvider(name="Ana"), calendar_id=calendar_id
    )
    await providers.set_offering(ctx, shop_id, ana, cut)
    return SchedulingHarness(ctx, shop_id, cut, 0, ana, 0, {ana: "Ana"})


async def test_slot_needs_a_free_room_too(salon: SchedulingHarness) -> None:
    room = await rooms.add_room(
        salon.ctx, salon.shop_id, NewRoom(name="Chair", service_ids=[salon.cut])
    )
    await salon.insert_block(room, "2026-03-10 09:00", 120)
    assert await salon.find_starts(salon.cut, TUESDAY) == ["10 11:00 Ana", "10 11:30 Ana"]
    assert len(await salon.find_starts(salon.colour, TUESDAY)) == 5
    found = await salon.catalog()
    ana = await salon.calendar(salon.ana)
    assert calendars_of(found, salon.cut, salon.ana) == (ana, room)
    assert calendars_of(found, salon.colour, salon.ana) == (ana,)
    await salon.ctx.execute(service_rooms.delete())
    await shops.change_shop(salon.ctx, salon.shop_id, ShopChange(about="one chair less"))
    assert len(await salon.find_starts(salon.cut, TUESDAY)) == 6


# ------------------------------------------------------------------------------------ whom


async def test_of_several_the_least_busy_that_day_then_the_first(salon: SchedulingHarness) -> None:
    await salon.insert_booking(salon.ana, "2026-03-10 09:00")
    await salon.insert_booking(salon.leo, "2026-03-11 09:00")
    assert await salon.find_starts(salon.cut, TUESDAY, "2026-03-13") == [
        *(f"10 {time} Leo" for time in HALF_HOURS),
        "11 09:00 Ana",
        *(f"11 {time} Ana" for time in HALF_HOURS[1:]),
        *(f"12 {time} Ana" for time in HALF_HOURS),
    ]


HALF_HOURS = ("09:00", "09:30", "10:00", "10:30", "11:00", "11:30")


async def test_least_busy_provider_must_be_free(salon: SchedulingHarness) -> None:
    await salon.insert_booking(salon.leo, "2026-03-10 10:00", 60)
    await salon.insert_booking(salon.ana, "2026-03-10 09:00")
    await salon.insert_booking(salon.ana, "2026-03-10 11:30")
    assert await salon.find_starts(salon.cut, TUESDAY) == [
        "10 09:00 Leo",
        "10 09:30 Leo",
        "10 10:00 Ana",
        "10 10:30 Ana",
        "10 11:00 Leo",
        "10 11:30 Leo",
    ]


async def test_blocks_are_no_bookings_and_past_ones_of_the_day_count(
    salon: SchedulingHarness,
) -> None:
    await salon.insert_block(await salon.calendar(salon.ana), "2026-03-09 08:00", 15)
    await salon.insert_booking(salon.leo, "2026-03-09 09:00")
    assert await salon.find_starts(salon.cut, "2026-03-09") == ["09 11:00 Ana", "09 11:30 Ana"]


async def test_any_provider_offers_everybody_who_is_free(salon: SchedulingHarness) -> None:
    await salon.insert_booking(salon.ana, "2026-03-10 09:30", 150)
    found = await availability.find_slots_by_provider(
        salon.ctx,
        await salon.catalog(),
        salon.cut,
        start=madrid_instant("2026-03-10 09:00"),
        end=madrid_instant("2026-03-10 10:01"),
    )
    assert salon.starts_as_text(found) == [
        "10 09:00 Ana",
        "10 09:00 Leo",
        "10 09:30 Leo",
        "10 10:00 Leo",
    ]


async def test_slots_use_the_providers_own_length_and_price(salon: SchedulingHarness) -> None:
    await providers.set_offering(
        salon.ctx, salon.shop_id, salon.leo, salon.cut, OfferingChange(minutes=60, price_minor=4000)
    )
    found = await salon.slots(salon.cut, TUESDAY, provider_id=salon.leo)
    assert salon.starts_as_text(found)[-1] == "10 11:00 Leo"
    assert {(slot.minutes, slot.price_minor) for slot in found} == {(60, 4000)}


async def test_provider_rules_override_the_services(salon: SchedulingHarness) -> None:
    await shops.set_booking_rules(
        salon.ctx,
        salon.shop_id,
        RulesChange(grid_minutes=60, notice_minutes=0),
        provider_id=salon.leo,
    )
    assert await salon.find_starts(salon.cut, "2026-03-09", provider_id=salon.leo) == [
        "09 10:00 Leo",
        "09 11:00 Leo",
    ]
    assert await salon.find_starts(salon.cut, "2026-03-09") == [
        "09 10:00 Leo",
        "09 11:00 Ana",
        "09 11:30 Ana",
    ]


async def test_inactive_services_offer_no_slots(salon: SchedulingHarness) -> None:
    ctx, shop = salon.ctx, salon.shop_id
    await providers.change_provider(ctx, shop, salon.ana, ProviderChange(available=False))
    assert await salon.find_starts(salon.colour, TUESDAY) == []
    assert (await salon.find_starts(salon.cut, TUESDAY))[0] == "10 09:00 Leo"
    await providers.change_provider(ctx, shop, salon.leo, ProviderChange(active=False))
    assert await salon.find_starts(salon.cut, TUESDAY) == []
    await providers.change_provider(ctx, shop, salon.ana, ProviderChange(available=True))
    await services.change_service(ctx, shop, salon.colour, ServiceChange(active=False))
    assert await salon.find_starts(salon.colour, TUESDAY) == []
    assert len(await salon.find_starts(salon.cut, TUESDAY)) == 6
    await shops.change_shop(ctx, shop, ShopChange(paused=True))
    assert await salon.find_starts(salon.cut, TUESDAY) == []


# ------------------------------------------------------------------------------------ sessions


@pytest.fixture
async def classes(salon: SchedulingHarness) -> SchedulingHarness:
    """Let colour be given to several at once only, and by Leo too."""
    await services.change_service(
        salon.ctx, salon.shop_id, salon.colour, ServiceChange(sessions=True)
    )
    await providers.set_offering(salon.ctx, salon.shop_id, salon.leo, salon.colour)
    return salon


async def test_sessions_with_free_seats(classes: SchedulingHarness) -> None:
    first = await classes.insert_session(classes.ana, "2026-03-10 18:15", capacity=2)
    full = await classes.insert_session(
        classes.ana, "2026-03-10 20:00", capacity=1, price_minor=900
    )
    await classes.insert_session(
        classes.ana, "2026-03-10 21:00", capacity=1, cancelled_at=classes.ctx.now
    )
    cheap = await classes.insert_session(
        classes.leo, "2026-03-10 22:00", capacity=3, price_minor=900
    )
    await classes.insert_seat(first)
    gone = await classes.insert_seat(full)
    found = await classes.slots(classes.colour, TUESDAY)
    assert [(s.session_id, s.seats_left, s.price_minor) for s in found] == [
        (first, 1, 6000),
        (cheap, 3, 900),
    ]
    assert classes.starts_as_text(found) == ["10 18:15 Ana", "10 22:00 Leo"]
    assert found[0].ends_at == madrid_instant("2026-03-10 19:15")
    assert Slot.from_json(found[0].to_json()) == found[0]
    # The seat of somebody about to move is free for them.
    found = await classes.slots(classes.colour, TUESDAY, asker=Asker(gone))
    assert [slot.session_id for slot in found] == [first, full, cheap]


async def test_days_of_sessions_are_counted(classes: SchedulingHarness) -> None:
    for start in ("2026-03-10 18:15", "2026-03-10 20:00", "2026-03-12 18:15"):
        await classes.insert_session(classes.ana, start, capacity=2)
    counted = await availability.count_slots_by_day(
        classes.ctx, await classes.catalog(), classes.colour
    )
    assert counted == {date(2026, 3, 10): 2, date(2026, 3, 12): 1}
    nobody = await availability.count_slots_by_day(classes.ctx, await classes.catalog(), 99)
    assert nobody == {}


async def test_a_seat_held_too_long_is_free(classes: SchedulingHarness) -> None:
    session = await classes.insert_session(classes.ana, "2026-03-10 18:00", capacity=1)
    await classes.insert_seat(session, state="held", held_until=classes.ctx.now)
    found = await classes.slots(classes.colour, TUESDAY)
    assert [slot.seats_left for slot in found] == [1]
    await classes.ctx.execute(
        bookings.update().values(held_until=classes.ctx.now + timedelta(seconds=1))
    )
    assert await classes.slots(classes.colour, TUESDAY) == []


async def test_of_sessions_at_one_time_the_emptier(classes: SchedulingHarness) -> None:
    await classes.insert_session(classes.ana, "2026-03-10 18:00", capacity=2)
    await classes.insert_session(classes.leo, "2026-03-10 18:00", capacity=3)
    await classes.insert_session(classes.ana, "2026-03-11 18:00", capacity=3)
    await classes.insert_session(classes.leo, "2026-03-11 18:00", capacity=3)
    found = await classes.slots(classes.colour, TUESDAY, "2026-03-12")
    assert classes.starts_as_text(found) == ["10 18:00 Leo", "11 18:00 Ana"]
    both = await availability.find_slots_by_provider(
        classes.ctx,
        await classes.catalog(),
        classes.colour,
        start=madrid_instant("2026-03-10 00:00"),
        end=madrid_instant("2026-03-12 00:00"),
        limit=3,
    )
    assert classes.starts_as_text(both) == ["10 18:00 Ana", "10 18:00 Leo", "11 18:00 Ana"]


async def test_sessions_keep_notice_and_horizon(classes: SchedulingHarness) -> None:
    await classes.insert_session(classes.ana, "2026-03-09 10:55", capacity=2)
    await classes.insert_session(classes.ana, "2026-03-09 11:00", capacity=2)
    await classes.insert_session(classes.ana, "2026-04-08 23:00", capacity=2)
    await classes.insert_session(classes.ana, "2026-04-09 00:00", capacity=2)
    assert await classes.find_starts(classes.colour, "2026-03-09", "2026-06-01") == [
        "09 11:00 Ana",
        "08 23:00 Ana",
    ]


async def test_seat_recheck_refuses_a_full_session(classes: SchedulingHarness) -> None:
    ctx, found = classes.ctx, await classes.catalog()
    session = await classes.insert_session(classes.ana, "2026-03-10 18:00", capacity=1)
    later = await classes.insert_session(classes.ana, "2026-03-11 18:00", capacity=4)
    [slot, other] = await classes.slots(classes.colour, TUESDAY, "2026-03-12")
    await availability.ensure_available(ctx, found, slot)
    mine = await classes.insert_seat(session)
    with pytest.raises(SlotTaken) as taken:
        await availability.ensure_available(ctx, found, slot)
    assert type(taken.value) is SlotTaken
    assert taken.value.alternatives == (other,)
    await availability.ensure_available(ctx, found, slot, asker=Asker(mine))
    await ctx.execute(sessions.update().where(sessions.c.id == later).values(cancelled_at=ctx.now))
    with pytest.raises(NotOffered) as gone:
        await availability.ensure_available(ctx, found, other)
    assert (gone.value.params["reason"], gone.value.alternatives) == ("session", ())


# ------------------------------------------------------------------------------------ one slot


async def refused(salon: SchedulingHarness, slot: Slot, **more: Any) -> str:
    """Why a slot cannot be booked, "" if it can."""
    try:
        await availability.ensure_available(salon.ctx, await salon.catalog(), slot, **more)
    except SlotTaken as error:
        return f"{type(error).__name__} {error.params['reason']}"
    return ""


def cut_at(salon: SchedulingHarness, start: str, minutes: int = 30) -> Slot:
    begin = madrid_instant(start)
    end = begin + timedelta(minutes=minutes)
    return Slot(salon.shop_id, salon.cut, salon.ana, begin, end, 2500, "EUR")


@pytest.mark.parametrize(
    ("start", "customer", "staff"),
    [
        ("2026-03-10 09:00", "", ""),
        ("2026-03-10 09:15", "NotOffered grid", ""),
        ("2026-03-10 09:02", "NotOffered grid", "NotOffered grid"),
        ("2026-03-10 08:30", "NotOffered closed", "NotOffered closed"),
        ("2026-03-10 11:45", "NotOffered closed", "NotOffered closed"),
        ("2026-03-14 10:00", "NotOffered closed", "NotOffered closed"),
        ("2026-03-09 10:30", "NotOffered notice", ""),
        ("2026-03-06 09:00", "NotOffered notice", ""),
        ("2026-04-09 09:00", "NotOffered horizon", ""),
        ("2027-03-11 09:00", "NotOffered horizon", ""),
        ("2026-03-10 10:30", "SlotTaken taken", "SlotTaken taken"),
        ("2026-03-10 10:00", "SlotTaken taken", "SlotTaken taken"),
        ("2026-03-06 11:00", "NotOffered notice", "SlotTaken taken"),
    ],
)
async def test_start_recheck_refuses_what_is_not_offered(
    salon: SchedulingHarness, start: str, customer: str, staff: str
) -> None:
    await salon.insert_booking(salon.ana, "2026-03-10 10:30", gap_before=5)
    await salon.insert_booking(salon.ana, "2026-03-06 11:00")
    slot = cut_at(salon, start)
    assert (await refused(salon, slot), await refused(salon, slot, staff=True)) == (customer, staff)


async def test_recheck_agrees_with_search(salon: SchedulingHarness) -> None:
    await salon.insert_booking(salon.ana, "2026-03-10 10:00", 45, gap_after=15)
    await shops.set_booking_rules(
        salon.ctx, salon.shop_id, RulesChange(gap_before_minutes=30, grid_minutes=15)
    )
    found = set(await salon.slots(salon.cut, "2026-03-09", "2026-03-12", provider_id=salon.ana))
    every = [
        cut_at(salon, f"2026-03-{day} {hour:02}:{minute:02}")
        for day in ("09", "10", "11")
        for hour in range(24)
        for minute in range(0, 60, 15)
    ]
    assert {slot for slot in every if not await refused(salon, slot)} == found


async def test_recheck_refuses_a_removed_offering(salon: SchedulingHarness) -> None:
    slot = cut_at(salon, "2026-03-10 09:00")
    await providers.remove_offering(salon.ctx, salon.shop_id, salon.ana, salon.cut)
    assert await refused(salon, slot) == "NotOffered inactive"
    await providers.set_offering(salon.ctx, salon.shop_id, salon.ana, salon.cut)
    await providers.change_provider(
        salon.ctx, salon.shop_id, salon.ana, ProviderChange(available=False)
    )
    assert await refused(salon, slot, staff=True) == "NotOffered inactive"


async def test_recheck_refuses_a_changed_length(salon: SchedulingHarness) -> None:
    await services.change_service(salon.ctx, salon.shop_id, salon.cut, ServiceChange(minutes=45))
    with pytest.raises(OfferChanged) as changed:
        await refused(salon, cut_at(salon, "2026-03-10 09:00"))
    assert changed.value.params == {"was": 30, "now": 45}
    assert await refused(salon, cut_at(salon, "2026-03-10 09:00"), staff=True) == ""
    assert await refused(salon, cut_at(salon, "2026-03-10 09:00", 200), staff=True) == (
        "NotOffered closed"
    )


async def test_a_paused_shop_takes_none_but_its_staffs(salon: SchedulingHarness) -> None:
    await shops.change_shop(salon.ctx, salon.shop_id, ShopChange(paused=True))
    slot = cut_at(salon, "2026-03-10 09:00")
    with pytest.raises(ShopPaused):
        await refused(salon, slot)
    assert await refused(salon, slot, staff=True) == ""


# ------------------------------------------------------------------------------------ instead


async def instead(salon: SchedulingHarness, start: str, **more: Any) -> list[str]:
    found = await salon.catalog()
    return salon.starts_as_text(
        await availability.nearest_slots(salon.ctx, found, cut_at(salon, start), **more)
    )


async def test_the_same_provider_earlier_and_later_then_others(salon: SchedulingHarness) -> None:
    await salon.insert_booking(salon.ana, "2026-03-10 10:00")
    assert await instead(salon, "2026-03-10 10:00") == [
        "10 09:30 Ana",
        "10 10:00 Leo",
        "10 10:30 Ana",
    ]
    assert await instead(salon, "2026-03-10 10:00", limit=1) == ["10 09:30 Ana"]
    assert await instead(salon, "2026-03-10 10:00", limit=4) == [
        "10 09:30 Ana",
        "10 10:00 Leo",
        "10 10:30 Ana",
        "10 11:00 Ana",
    ]


async def test_a_full_day_offers_the_days_after(salon: SchedulingHarness) -> None:
    await salon.insert_booking(salon.ana, "2026-03-10 09:00", 180)
    await salon.insert_booking(salon.leo, "2026-03-10 09:00", 150)
    assert await instead(salon, "2026-03-10 09:00") == [
        "10 11:30 Leo",
        "11 09:00 Ana",
        "11 09:30 Ana",
    ]


async def test_search_past_the_horizon_offers_the_next_slots(salon: SchedulingHarness) -> None:
    assert await instead(salon, "2030-03-12 09:00") == [
        "09 11:00 Ana",
        "09 11:30 Ana",
        "10 09:00 Ana",
    ]


async def test_nothing_instead_of_what_nobody_gives(salon: SchedulingHarness) -> None:
    await services.change_service(salon.ctx, salon.shop_id, salon.cut, ServiceChange(active=False))
    assert await instead(salon, "2026-03-10 09:00") == []


async def test_a_refusal_carries_what_is_nearest(salon: SchedulingHarness) -> None:
    await salon.insert_booking(salon.ana, "2026-03-10 11:30")
    found, slot = await salon.catalog(), cut_at(salon, "2026-03-10 11:30")
    with pytest.raises(SlotTaken) as taken:
        await availability.ensure_available(salon.ctx, found, slot)
    assert salon.starts_as_text(s for s in taken.value.alternatives if isinstance(s, Slot)) == [
        "10 10:30 Ana",
        "10 11:00 Ana",
        "10 11:30 Leo",
    ]


# ------------------------------------------------------------------------------------ cost


async def test_search_limit_keeps_the_first_slots(salon: SchedulingHarness) -> None:
    whole = await salon.find_starts(salon.cut, "2026-03-09", "2026-06-01")
    for limit in (1, 2, 3, 40, 1000):
        assert (
            await salon.find_starts(salon.cut, "2026-03-09", "2026-06-01", limit=limit)
            == whole[:limit]
        )


async def test_one_statement_however_many_are_asked_about(runtime: Runtime) -> None:
    counts = {}
    async with runtime.transaction() as ctx:
        salon = await open_scheduling_harness(ctx)
        for amount in (1, 3):
            for day in range(10, 10 + amount):
                await salon.insert_booking(salon.ana, f"2026-03-{day} {8 + amount:02}:00")
            provider = await providers.add_provider(
                ctx, salon.shop_id, NewProvider(name=f"Nora {amount}")
            )
            await providers.set_offering(ctx, salon.shop_id, provider, salon.cut)
            salon.names[provider] = "Nora"
            found = await salon.catalog()
            ask = partial(
                availability.find_slots,
                ctx,
                found,
                salon.cut,
                start=ctx.now,
                end=ctx.now + timedelta(days=40),
            )
            with log_statements(runtime) as seen:
                await ask()
                counts[amount, "all"] = len(seen)
                await ask(limit=2)
                counts[amount, "two"] = len(seen)
                await availability.ensure_available(ctx, found, cut_at(salon, "2026-03-10 10:00"))
                counts[amount, "check"] = len(seen)
    assert counts == {
        (1, "all"): 1,
        (1, "two"): 2,
        (1, "check"): 3,
        (3, "all"): 1,
        (3, "two"): 2,
        (3, "check"): 3,
    }


async def test_weeks_without_room_cost_a_second_statement(
    salon: SchedulingHarness, runtime: Runtime
) -> None:
    for day in range(9, 21):
        await salon.insert_booking(salon.ana, f"2026-03-{day:02} 00:00", 24 * 60)
        await salon.insert_booking(salon.leo, f"2026-03-{day:02} 00:00", 24 * 60)
    found = await salon.catalog()
    with log_statements(runtime) as seen:
        two = await availability.find_slots(
            salon.ctx,
            found,
            salon.cut,
            start=salon.ctx.now,
            end=salon.ctx.now + timedelta(days=40),
            limit=2,
        )
    assert (salon.starts_as_text(two), len(seen)) == (["23 09:00 Ana", "23 09:30 Ana"], 2)


async def test_a_start_in_the_past_or_an_empty_span_asks_nothing(
    salon: SchedulingHarness, runtime: Runtime
) -> None:
    found = await salon.catalog()
    with log_statements(runtime) as seen:
        for start, end in (
            (madrid_instant("2026-03-01 00:00"), madrid_instant("2026-03-09 10:00")),
            (madrid_instant("2026-03-11 00:00"), madrid_instant("2026-03-11 00:00")),
            (madrid_instant("2027-03-11 00:00"), madrid_instant("2027-03-12 00:00")),
        ):
            none = await availability.find_slots(salon.ctx, found, salon.cut, start=start, end=end)
            assert none == []
    assert seen == []


async def test_claims_are_read_through_the_index(
    salon: SchedulingHarness, runtime: Runtime
) -> None:
    with log_statements(runtime) as seen:
        await salon.find_starts(salon.cut, TUESDAY)
    [(query, parameters)] = [one for one in seen.full if "FROM claims" in one[0]]
    if salon.ctx.is_postgresql:
        # On a handful of rows it would rightly read the whole table.
        await salon.ctx.execute(sa.text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN "
    else:
        explain = "EXPLAIN QUERY PLAN "
    plan = await salon.ctx.connection.exec_driver_sql(explain + query, parameters)
    lines = " ".join(str(row) for row in plan)
    assert "ix_claims_calendar_id_busy_from" in lines
    assert "SCAN claims" not in lines
