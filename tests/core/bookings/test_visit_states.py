"""What a visit may become, and what staff may still correct of it afterwards."""

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.bookings import closures, customer_actions
from core.bookings.booking import Booking
from core.bookings.terms import set_terms
from core.bookings.visit_states import mark_completed, mark_no_show, mark_started, undo_outcome
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import booking_events
from core.errors import InvalidTransition, ReasonNeeded, SlotTaken
from core.localtime.opening_masks import Interval
from core.scheduling import opening_hours
from tests.core.bookings.harness import TUESDAY, BookingHarness, open_booking_harness
from tests.core.scheduling.harness import madrid_instant


@pytest.fixture
async def house(runtime: Runtime) -> BookingHarness:
    return await open_booking_harness(runtime)


async def test_a_visit_ahead_cannot_be_started_and_completed(house: BookingHarness) -> None:
    booked = await house.book("10:00")
    with pytest.raises(InvalidTransition) as early:
        await house.act_as_owner(mark_started, booked)
    assert early.value.params == {"state": "confirmed", "action": "start", "begun": False}
    house.clock.move_to("2026-03-10T08:35Z")  # they are there 25 minutes early
    await house.act_as_owner(mark_started, booked)
    with pytest.raises(InvalidTransition):
        await house.act_as_owner(mark_completed, booked)
    house.clock.move_to("2026-03-10T09:00Z")
    assert (await house.act_as_owner(mark_completed, booked)).state == "completed"


@pytest.mark.parametrize(
    ("steps", "back"),
    [
        ((mark_completed,), ["confirmed"]),
        ((mark_no_show,), ["confirmed"]),
        ((mark_started,), ["confirmed"]),
        ((mark_started, mark_completed), ["in_progress", "confirmed"]),
        ((mark_started, mark_completed, mark_no_show), ["completed", "in_progress", "confirmed"]),
    ],
)
async def test_a_correction_brings_back_what_was(
    house: BookingHarness, steps: tuple[Any, ...], back: list[str]
) -> None:
    booked = await house.book("10:00")
    before = await house.claims_as_text()
    house.clock.move_to("2026-03-10T09:05Z")
    for step in steps:
        await house.act_as_owner(step, booked)
    found = [(await house.act_as_owner(undo_outcome, booked)).state for _ in back]
    assert (found, await house.claims_as_text()) == (back, before)


async def test_time_given_away_meanwhile_is_not_taken_back(house: BookingHarness) -> None:
    booked = await house.book("10:00")
    house.clock.move_to("2026-03-10T09:05Z")
    await house.act_as_owner(mark_completed, booked)
    hugo = await house.customer(house.hugo)
    slot = house.slot_at("10:10", lasts=timedelta(minutes=20))
    await house.book_for(slot=slot, customer_id=hugo)
    with pytest.raises(SlotTaken):
        await house.act_as_owner(undo_outcome, booked)
    assert (await house.load_booking(booked)).state == "completed"
    # Once it is over, nobody loses anything by it.
    house.clock.move_to("2026-03-10T11:00Z")
    back = await house.act_as_owner(undo_outcome, booked, reason="wrong line")
    assert back.state == "confirmed"


async def test_an_emergency_ends_a_visit_that_began(house: BookingHarness) -> None:
    booked = await house.book("10:00")
    house.clock.move_to("2026-03-10T09:05Z")
    await house.act_as_owner(mark_started, booked)
    gone = await house.act_as_owner(customer_actions.cancel_booking, booked, reason="fire alarm")
    assert (gone.state, gone.reason) == ("cancelled", "fire alarm")
    assert await house.claims_as_text() == []
    assert (await house.outbox_as_text())[-1] == "Marta: tell.cancelled"


async def test_what_is_over_is_changed_only_with_a_reason(house: BookingHarness) -> None:
    booked = await house.book("09:00")
    house.clock.move_to("2026-03-10T10:00Z")

    async def move(ctx: Context, booking_id: int, **more: Any) -> Booking:
        slot = house.slot_at("11:30")
        return await customer_actions.move_booking(ctx, booking_id, slot, key=house.key(), **more)

    async def reprice(ctx: Context, booking_id: int, **more: Any) -> Booking:
        return await set_terms(ctx, booking_id, changes={"price_minor": 0}, **more)

    for verb in (customer_actions.cancel_booking, move, reprice):
        for empty in ("", "  "):
            with pytest.raises(ReasonNeeded):
                await house.act_as_owner(verb, booked, reason=empty)
    # How it went is no correction, but another outcome is.
    await house.act_as_owner(mark_completed, booked)
    for outcome in (mark_no_show, undo_outcome):
        with pytest.raises(ReasonNeeded):
            await house.act_as_owner(outcome, booked)
    await house.act_as_owner(mark_no_show, booked, reason="mixed up")
    await house.act_as_owner(undo_outcome, booked, reason="it was right")
    last = sa.select(booking_events.c.details).order_by(booking_events.c.id.desc()).limit(2)
    assert [row.details for row in await house.rows(last)] == [
        {"by": "Olga", "correction": True, "reason": "it was right"},
        {"by": "Olga", "correction": True, "reason": "mixed up"},
    ]


# ------------------------------------------------------------------------------------ closed


async def test_a_closed_date_and_time_off_name_the_bookings_they_hit(
    house: BookingHarness,
) -> None:
    first = await house.book("09:00")
    last = await house.book("11:30", provider=house.leo)
    day = date.fromisoformat(TUESDAY)

    async def closed(hours: list[Interval], provider: int | None) -> list[str]:
        async def work(ctx: Context) -> list[str]:
            await opening_hours.set_date_exception(
                ctx, house.shop, day, hours, provider_id=provider
            )
            hit = await closures.bookings_outside_hours(ctx, house.shop, day, provider)
            await opening_hours.clear_date_exception(ctx, house.shop, day, provider_id=provider)
            return [one.ref for one in hit]

        return await house.transact(work)

    short = [Interval(9 * 60, 11 * 60 + 45)]
    assert await closed([], None) == [first.ref, last.ref]
    assert await closed(short, None) == [last.ref]
    assert await closed([], house.leo) == [last.ref]
    assert await closed(short, house.ana) == []

    async def away(ctx: Context) -> list[str]:
        start, end = madrid_instant(f"{TUESDAY} 09:15"), madrid_instant(f"{TUESDAY} 23:00")
        hit = await closures.bookings_in_time_off(ctx, house.shop, house.ana, start, end)
        return [one.ref for one in hit]

    assert await house.transact(away) == [first.ref]
    house.clock.move_to("2026-03-10T08:30Z")
    assert await house.transact(away) == []
