"""What customers do: hold, book, move, cancel – and what they are refused."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.bookings import agenda, customer_actions, expiry
from core.bookings.create import REF_ALPHABET
from core.bookings.staff_actions import confirm_booking
from core.bookings.transitions import Actor
from core.bookings.visit_states import mark_completed
from core.catalog.loader import load_catalog
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import customers, identities
from core.errors import (
    CustomerBlocked,
    CutoffPassed,
    InvalidTransition,
    InvalidValue,
    KeyReused,
    NotAllowed,
    NotFound,
    NotOffered,
    NotVerified,
    OfferChanged,
    ShopPaused,
    SlotTaken,
    TooManyHolds,
    TooManyOpenBookings,
)
from core.messaging.messages import Money, When
from core.people.identities import VERIFIED_FOR
from core.shops import providers, services, shops
from core.values.catalog_changes import ProviderChange, RulesChange, ServiceChange
from core.values.shop_changes import ShopChange
from tests.core.bookings.harness import BookingHarness, open_booking_harness
from tests.core.scheduling.harness import MADRID, madrid_instant


@pytest.fixture
async def house(runtime: Runtime) -> BookingHarness:
    return await open_booking_harness(runtime)


def read(slots: Any) -> list[str]:
    return [f"{s.starts_at.astimezone(MADRID):%d %H:%M}" for s in slots]


# ------------------------------------------------------------------------------------ hold


async def test_a_hold_takes_the_time_until_its_minutes_are_over(house: BookingHarness) -> None:
    held = await house.hold("09:00")
    assert (held.state, held.customer_id, held.created_by) == (
        "held",
        None,
        f"conversation:{house.marta_talk}",
    )
    assert held.held_until == madrid_instant("2026-03-09 10:05")  # 9:00 in UTC is 10:00 in Madrid
    assert await house.claims_as_text() == ["Ana 10 09:00-10 09:30"]
    assert await house.free_times() == ["09:30", "10:00", "10:30", "11:00", "11:30"]
    house.clock.advance(timedelta(minutes=5))
    assert await house.free_times() == ["09:00", "09:30", "10:00", "10:30", "11:00", "11:30"]


async def test_a_booking_knows_what_was_sold(house: BookingHarness) -> None:
    await house.change_shop(
        providers.change_provider, house.ana, ProviderChange(title="Stylist", speciality="Curls")
    )
    booked = await house.book("09:00", attendee="Hugo", purpose="First cut")
    await house.change_shop(
        services.change_service, house.cut, ServiceChange(name="Haircut", price_minor=9900)
    )
    await house.change_shop(providers.change_provider, house.ana, ProviderChange(name="Anna"))
    kept = await house.load_booking(booked)
    assert kept == booked
    assert kept.snapshot == {
        "service": "Cut",
        "provider": "Stylist Ana",
        "title": "Stylist",
        "speciality": "Curls",
        "minutes": 30,
        "price_minor": 2500,
        "currency": "EUR",
        "cutoff_minutes": 0,
        "shop": "Bella Hair",
        "address": "Calle Mayor 8",
        "customer": "Marta",
        "phone": "+34600000003",
    }
    assert (kept.price, kept.local_start) == (
        Money(2500, "EUR"),
        When(madrid_instant("2026-03-10 09:00"), "Europe/Madrid"),
    )
    assert (str(kept.local_date), kept.local_time, kept.attendee, kept.purpose) == (
        "2026-03-10",
        "09:00",
        "Hugo",
        "First cut",
    )
    assert (kept.customer_name, kept.user_id, kept.to_json()) == (
        "Marta",
        house.marta,
        {"id": booked.id, "ref": booked.ref},
    )


async def test_a_taken_slot_comes_with_the_nearest_alternatives(house: BookingHarness) -> None:
    await house.hold("10:00")
    with pytest.raises(SlotTaken) as refused:
        await house.hold("10:00", talk=house.hugo_talk)
    assert type(refused.value) is SlotTaken
    assert read(refused.value.alternatives) == ["10 09:30", "10 10:00", "10 10:30"]
    assert [s.provider_id for s in refused.value.alternatives] == [house.ana, house.leo, house.ana]
    assert await house.booking_states() == ["held"]


async def test_a_talk_holds_one_time_and_another_hold_replaces_it(house: BookingHarness) -> None:
    first = await house.hold("09:00")
    # An hour that overlaps its own first half: what it holds itself is not in its way.
    second = await house.hold(
        slot=house.slot_at(
            "09:00",
            service_id=house.colour,
            price_minor=6000,
            lasts=timedelta(hours=1),
        )
    )
    assert await house.claims_as_text() == ["Ana 10 09:00-10 10:00"]
    assert await house.booking_states() == ["expired", "held"]
    assert (await house.history_as_text(first))[1:] == ["user: release held > expired"]
    assert await house.history_as_text(second) == ["user: hold  > held"]


async def test_a_refused_hold_leaves_the_one_before(house: BookingHarness) -> None:
    await house.hold("10:00", talk=house.hugo_talk)
    await house.hold("09:00")
    with pytest.raises(SlotTaken):
        await house.hold("10:00")
    assert await house.claims_as_text() == ["Ana 10 09:00-10 09:30", "Ana 10 10:00-10 10:30"]


async def test_a_hold_that_ran_out_makes_room_for_the_next(house: BookingHarness) -> None:
    old = await house.hold("09:00")
    house.clock.advance(timedelta(minutes=5))
    new = await house.hold("09:00", talk=house.hugo_talk)
    assert [(await house.load_booking(old)).state, new.state] == ["expired", "held"]
    assert await house.history_as_text(old) == [
        "user: hold  > held",
        "system: expire held > expired",
    ]
    assert await house.claims_as_text() == ["Ana 10 09:00-10 09:30"]


async def test_unproved_holds_have_a_budget_and_proved_ones_do_not_count(runtime: Runtime) -> None:
    house = await open_booking_harness(runtime, max_unverified_holds=1)
    await house.hold("09:00")
    with pytest.raises(TooManyHolds) as refused:
        await house.hold("09:30", talk=house.hugo_talk)
    assert refused.value.params == {"limit": 1}
    await house.hold("09:30", talk=house.hugo_talk, user_id=house.hugo)
    await house.hold("10:00")  # its own does not count: it is replaced
    house.clock.advance(timedelta(minutes=5))
    await house.hold("11:00", talk=house.hugo_talk)
    # The one at ten is over too, but in nobody's way: it waits for the sweep.
    assert await house.booking_states() == ["expired", "expired", "held", "held"]


async def test_a_released_hold_is_free_at_once_and_may_be_released_twice(
    house: BookingHarness,
) -> None:
    held = await house.hold("09:00")
    for _ in range(2):
        done = await house.transact(lambda ctx: customer_actions.release_hold(ctx, held.id))
        assert done.state == "expired"
    assert await house.claims_as_text() == []
    assert len(await house.history_as_text(held)) == 2


@pytest.mark.parametrize(
    ("values", "params"),
    [
        (
            {"attendee": "X" * 101},
            {"field": "attendee", "reason": "length", "least": 1, "most": 100},
        ),
        (
            {"purpose": "X" * 1001},
            {"field": "purpose", "reason": "length", "least": 0, "most": 1000},
        ),
        ({"purpose": "a\0b"}, {"field": "purpose", "reason": "character"}),
    ],
)
async def test_booking_texts_have_a_maximum_length(
    house: BookingHarness, values: dict[str, Any], params: dict[str, Any]
) -> None:
    with pytest.raises(InvalidValue) as refused:
        await house.hold("09:00", **values)
    assert refused.value.params == params
    assert await house.booking_states() == []


async def test_another_price_or_length_than_shown_is_said(house: BookingHarness) -> None:
    slot = house.slot_at("09:00")
    await house.change_shop(services.change_service, house.cut, ServiceChange(price_minor=3000))
    with pytest.raises(OfferChanged) as refused:
        await house.hold(slot=slot)
    assert refused.value.params == {"was": Money(2500, "EUR"), "now": Money(3000, "EUR")}
    await house.change_shop(
        services.change_service, house.cut, ServiceChange(price_minor=2500, minutes=45)
    )
    with pytest.raises(OfferChanged) as refused:
        await house.hold(slot=slot)
    assert refused.value.params == {"was": 30, "now": 45}


# ------------------------------------------------------------------------------------ book


async def test_a_hold_becomes_a_booking_and_the_shop_hears_of_it(house: BookingHarness) -> None:
    held = await house.hold("09:00", attendee="Hugo")
    booked = await house.confirm_hold(held, note="Side door")
    assert (booked.id, booked.ref, booked.state, booked.held_until) == (
        held.id,
        held.ref,
        "confirmed",
        None,
    )
    assert booked == await house.load_booking(held)
    assert (booked.created_by, booked.note, booked.attendee) == (
        f"user:{house.marta}",
        "Side door",
        "Hugo",
    )
    house.clock.advance(timedelta(hours=1))  # no hold any more: nothing runs out
    assert await house.free_times() == ["09:30", "10:00", "10:30", "11:00", "11:30"]
    assert await house.history_as_text(booked) == [
        "user: hold  > held",
        f"user:{house.marta}: book held > confirmed",
    ]
    assert await house.outbox_as_text() == ["Olga: alert.new", "Rita: alert.new"]
    assert await house.params_of_newest("alert.new") == {
        "service": "Cut",
        "provider": "Ana",
        "customer": "Marta",
        "attendee": "Hugo",
        "phone": "+34600000003",
        "when": When(madrid_instant("2026-03-10 09:00"), "Europe/Madrid"),
        "ref": booked.ref,
    }


async def test_only_a_verified_user_books(house: BookingHarness) -> None:
    held = await house.hold("09:00")
    identity = (
        await house.rows(sa.select(identities.c.id).where(identities.c.user_id == house.marta))
    )[0].id
    long_ago = house.clock.now() - VERIFIED_FOR
    for proof in (
        {"verified_at": None, "used_at": None},
        {"verified_at": long_ago, "used_at": long_ago},
        {"verified_at": house.clock.now(), "released_at": house.clock.now()},
    ):
        await house.overwrite_row(identities, identity, **proof)
        with pytest.raises(NotVerified):
            await house.confirm_hold(held)
    with pytest.raises(NotVerified):
        await house.hold("10:00", user_id=house.marta)
    assert await house.booking_states() == ["held"]
    used = {"verified_at": long_ago, "used_at": house.clock.now(), "released_at": None}
    await house.overwrite_row(identities, identity, **used)
    assert (await house.confirm_hold(held)).state == "confirmed"


async def test_nobody_books_what_somebody_else_holds_as_a_known_user(house: BookingHarness) -> None:
    held = await house.hold("09:00", user_id=house.hugo, talk=house.hugo_talk)
    with pytest.raises(NotFound):
        await house.confirm_hold(held)
    with pytest.raises(NotFound):
        await house.confirm_hold(held, user_id=10**6)


async def test_the_price_held_is_the_price_paid(house: BookingHarness) -> None:
    held = await house.hold("09:00")
    await house.change_shop(services.change_service, house.cut, ServiceChange(price_minor=9900))
    assert (await house.confirm_hold(held)).price == Money(2500, "EUR")


async def test_notice_does_not_catch_up_with_a_hold(house: BookingHarness) -> None:
    house.clock.move_to("2026-03-10T07:00Z")  # an hour before nine in Madrid
    held = await house.hold("09:00")
    house.clock.advance(timedelta(minutes=4))
    assert (await house.confirm_hold(held)).state == "confirmed"


async def test_a_hold_that_ran_out_is_taken_anew_if_its_time_is_free(house: BookingHarness) -> None:
    held = await house.hold("09:00")
    house.clock.advance(timedelta(minutes=5))
    await house.transact(expiry.expire_overdue)
    assert await house.claims_as_text() == []
    booked = await house.confirm_hold(held)
    assert (booked.state, await house.claims_as_text()) == ("confirmed", ["Ana 10 09:00-10 09:30"])
    assert (await house.history_as_text(booked))[1:] == [
        "system: expire held > expired",
        f"user:{house.marta}: book expired > confirmed",
    ]


async def test_a_hold_nobody_swept_is_taken_anew_too(house: BookingHarness) -> None:
    held = await house.hold("09:00")
    house.clock.advance(timedelta(minutes=5))
    booked = await house.confirm_hold(held)
    assert (booked.state, await house.claims_as_text()) == ("confirmed", ["Ana 10 09:00-10 09:30"])


async def test_a_hold_that_ran_out_and_was_taken_comes_with_alternatives(
    house: BookingHarness,
) -> None:
    held = await house.hold("09:00")
    house.clock.advance(timedelta(minutes=5))
    await house.hold("09:00", talk=house.hugo_talk)
    with pytest.raises(SlotTaken) as refused:
        await house.confirm_hold(held)
    assert read(refused.value.alternatives) == ["10 09:00", "10 09:30", "10 10:00"]
    assert (await house.load_booking(held)).state == "expired"


async def test_what_ran_out_is_sold_at_the_price_of_now_or_not_at_all(
    house: BookingHarness,
) -> None:
    held = await house.hold("09:00")
    house.clock.advance(timedelta(minutes=5))
    await house.change_shop(services.change_service, house.cut, ServiceChange(price_minor=9900))
    with pytest.raises(OfferChanged):
        await house.confirm_hold(held)


async def test_a_blocked_customer_neither_holds_nor_books(house: BookingHarness) -> None:
    customer = await house.customer(house.marta)
    held = await house.hold("09:00")
    await house.overwrite_row(customers, customer, blocked=True)
    with pytest.raises(CustomerBlocked):
        await house.confirm_hold(held)
    with pytest.raises(CustomerBlocked):
        await house.hold("10:00", user_id=house.marta)
    with pytest.raises(CustomerBlocked):
        await house.book_for("10:00", customer_id=customer)


async def test_a_paused_shop_takes_nothing_new(house: BookingHarness) -> None:
    booked = await house.book("10:00")
    held = await house.hold("09:00")
    await house.change_shop(shops.change_shop, ShopChange(paused=True))
    with pytest.raises(ShopPaused):
        await house.hold("11:00")
    with pytest.raises(ShopPaused):
        await house.confirm_hold(held)
    with pytest.raises(ShopPaused):
        await house.move(booked, house.slot_at("11:00"))
    assert (await house.cancel(booked)).state == "cancelled"
    assert (await house.book_for("11:00")).state == "confirmed"


async def test_open_bookings_have_a_limit(runtime: Runtime) -> None:
    house = await open_booking_harness(runtime, max_open_bookings=1)
    booked = await house.book("09:00")
    held = await house.hold("10:00")
    with pytest.raises(TooManyOpenBookings) as refused:
        await house.confirm_hold(held)
    assert refused.value.params == {"limit": 1}
    with pytest.raises(TooManyOpenBookings):
        await house.hold("11:00", user_id=house.marta)
    await house.cancel(booked)
    assert (await house.confirm_hold(held)).state == "confirmed"
    house.clock.move_to("2026-03-10T12:00Z")  # past ones do not count
    await house.hold(slot=house.slot_at("09:00", day="2026-03-11"), user_id=house.marta)


async def test_a_customer_row_is_found_again(house: BookingHarness) -> None:
    first, second = await house.book("09:00"), await house.book("10:00")
    assert first.customer_id == second.customer_id
    rows = await house.rows(sa.select(customers.c.name, customers.c.phone))
    assert rows == [("Marta", "+34600000003")]


async def test_a_known_user_holds_as_a_customer(house: BookingHarness) -> None:
    customer = await house.customer(house.marta)
    held = await house.hold("09:00", user_id=house.marta)
    assert (held.customer_id, held.customer_name, held.created_by) == (
        customer,
        "Marta",
        f"user:{house.marta}",
    )


# ------------------------------------------------------------------------------------ approval


async def test_where_the_shop_approves_a_booking_waits_and_the_shop_is_asked(
    runtime: Runtime,
) -> None:
    house = await open_booking_harness(runtime, needs_approval=True)
    booked = await house.book("09:00")
    assert (booked.state, await house.claims_as_text()) == ("pending", ["Ana 10 09:00-10 09:30"])
    assert await house.outbox_as_text() == ["Olga: alert.approve", "Rita: alert.approve"]
    assert (await house.history_as_text(booked))[1:] == [
        f"user:{house.marta}: request held > pending"
    ]


async def test_a_request_nobody_answered_expires_at_its_start_and_they_are_told(
    runtime: Runtime,
) -> None:
    house = await open_booking_harness(runtime, needs_approval=True)
    booked = await house.book("09:00")
    house.clock.move_to("2026-03-10T07:59Z")
    assert await house.transact(expiry.expire_overdue) == 0
    house.clock.move_to("2026-03-10T08:00Z")
    assert await house.transact(expiry.expire_overdue) == 1
    assert ((await house.load_booking(booked)).state, await house.claims_as_text()) == (
        "expired",
        [],
    )
    assert (await house.outbox_as_text())[2:] == ["Marta: tell.expired"]
    assert await house.params_of_newest("tell.expired") == {
        "service": "Cut",
        "provider": "Ana",
        "shop": "Bella Hair",
        "address": "Calle Mayor 8",
        "when": When(madrid_instant("2026-03-10 09:00"), "Europe/Madrid"),
        "ref": booked.ref,
    }
    with pytest.raises(NotOffered):
        await house.confirm_hold(booked)


# ------------------------------------------------------------------------------------ keys


async def test_the_same_key_and_content_is_the_same_booking(house: BookingHarness) -> None:
    held = await house.hold("09:00", key="hold-1")
    assert await house.hold("09:00", key="hold-1") == held
    booked = await house.confirm_hold(held, key="book-1")
    assert await house.confirm_hold(held, key="book-1") == booked
    slot = house.slot_at("10:00")
    moved = await house.move(booked, slot, key="move-1")
    assert await house.move(booked, slot, key="move-1") == moved
    gone = await house.cancel(booked, key="cancel-1")
    assert await house.cancel(booked, key="cancel-1") == gone
    desk = await house.book_for("11:00", key="desk-1")
    assert await house.book_for("11:00", key="desk-1") == desk
    assert await house.booking_states() == ["cancelled", "confirmed"]
    assert await house.outbox_as_text() == [
        "Olga: alert.new",
        "Rita: alert.new",
        "Olga: alert.moved",
        "Rita: alert.moved",
        "Olga: alert.cancelled",
        "Rita: alert.cancelled",
        "Marta: tell.confirmed",
    ]


async def test_the_same_key_with_other_content_is_refused(house: BookingHarness) -> None:
    held = await house.hold("09:00", key="hold-1")
    with pytest.raises(KeyReused):
        await house.hold("09:30", key="hold-1")
    with pytest.raises(KeyReused):
        await house.book_for("10:00", key="hold-1")
    booked = await house.confirm_hold(held, key="book-1")
    with pytest.raises(KeyReused):
        await house.confirm_hold(held, key="book-1", note="other")
    await house.move(booked, house.slot_at("10:00"), key="move-1")
    with pytest.raises(KeyReused):
        await house.move(booked, house.slot_at("11:00"), key="move-1")
    await house.cancel(booked, key="cancel-1")
    with pytest.raises(KeyReused):
        await house.cancel(booked, key="cancel-1", reason="other")


async def test_without_its_key_what_was_done_cannot_be_done_again(house: BookingHarness) -> None:
    booked = await house.book("09:00")
    with pytest.raises(InvalidTransition) as refused:
        await house.confirm_hold(booked)
    assert refused.value.params == {"state": "confirmed", "action": "book"}
    await house.cancel(booked)
    with pytest.raises(InvalidTransition):
        await house.cancel(booked)


async def test_a_reference_that_is_taken_is_thrown_again(
    house: BookingHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    thrown = iter(["AAA-AAA", "AAA-AAA", "AAA-AAA", "BBB-BBB"])
    monkeypatch.setattr("core.bookings.create.new_ref", lambda _random: next(thrown))
    first = await house.hold("09:00")
    second = await house.hold("10:00", talk=house.hugo_talk)
    assert [first.ref, second.ref] == ["AAA-AAA", "BBB-BBB"]


async def test_references_are_made_of_what_nobody_mistakes(house: BookingHarness) -> None:
    assert set("K7Q3MDM2T8QX") <= set(REF_ALPHABET)
    assert not set("01OILSZBGUV5AE") & set(REF_ALPHABET) - set("V")
    assert len(set(REF_ALPHABET)) == len(REF_ALPHABET) == 23
    refs = {(await house.hold("09:00")).ref for _ in range(20)}
    assert len(refs) == 20
    assert all(
        len(r) == 7 and r[3] == "-" and set(r[:3] + r[4:]) <= set(REF_ALPHABET) for r in refs
    )


# ------------------------------------------------------------------------------------ move


async def test_a_move_takes_the_new_time_and_frees_the_old(house: BookingHarness) -> None:
    booked = await house.book("09:00")
    moved = await house.move(booked, house.slot_at("11:00", house.leo))
    assert await house.claims_as_text() == ["Leo 10 11:00-10 11:30"]
    assert (moved.id, moved.ref, moved.state, moved.sequence) == (
        booked.id,
        booked.ref,
        "confirmed",
        booked.sequence + 1,
    )
    assert (moved.provider_id, moved.local_time, moved.snapshot["provider"]) == (
        house.leo,
        "11:00",
        "Leo",
    )
    assert moved == await house.load_booking(booked)
    assert (await house.outbox_as_text())[2:] == ["Olga: alert.moved", "Rita: alert.moved"]
    said = await house.params_of_newest("alert.moved")
    assert (said["was"].at, said["when"].at) == (
        madrid_instant("2026-03-10 09:00"),
        madrid_instant("2026-03-10 11:00"),
    )


async def test_a_move_by_half_its_length_is_not_in_its_own_way(house: BookingHarness) -> None:
    await house.change_shop(shops.set_booking_rules, RulesChange(grid_minutes=15))
    booked = await house.book("09:00")
    await house.move(booked, house.slot_at("09:15"))
    assert await house.claims_as_text() == ["Ana 10 09:15-10 09:45"]


async def test_when_a_move_is_refused_the_old_stands(house: BookingHarness) -> None:
    booked = await house.book("09:00")
    await house.hold("10:00", talk=house.hugo_talk)
    with pytest.raises(SlotTaken) as refused:
        await house.move(booked, house.slot_at("10:00"))
    # Its own time counts as free: it might be moved by less.
    assert read(refused.value.alternatives) == ["10 09:30", "10 10:00", "10 10:30"]
    assert await house.load_booking(booked) == booked
    assert await house.claims_as_text() == ["Ana 10 09:00-10 09:30", "Ana 10 10:00-10 10:30"]
    assert (await house.outbox_as_text())[2:] == []


async def test_a_move_to_where_it_is_changes_nothing(house: BookingHarness) -> None:
    booked = await house.book("09:00")
    assert await house.move(booked, house.slot_at("09:00")) == booked
    assert len(await house.history_as_text(booked)) == 2


async def test_a_move_over_a_hold_that_ran_out_sweeps_it(house: BookingHarness) -> None:
    booked = await house.book("09:00")
    held = await house.hold("10:00", talk=house.hugo_talk)
    house.clock.advance(timedelta(minutes=5))
    await house.move(booked, house.slot_at("10:00"))
    assert (await house.load_booking(held)).state == "expired"
    assert await house.claims_as_text() == ["Ana 10 10:00-10 10:30"]


async def test_a_customers_move_is_asked_again_where_the_shop_approves(runtime: Runtime) -> None:
    house = await open_booking_harness(runtime, needs_approval=True)
    booked = await house.book("09:00")
    await house.act_as_owner(confirm_booking, booked)
    moved = await house.move(booked, house.slot_at("10:00"))
    assert (moved.state, (await house.outbox_as_text())[-2:]) == (
        "pending",
        ["Olga: alert.approve", "Rita: alert.approve"],
    )
    by_staff = await house.move(booked, house.slot_at("11:00"), actor=house.owner_actor)
    assert (by_staff.state, (await house.outbox_as_text())[-1]) == ("pending", "Marta: tell.moved")


async def test_staff_move_without_regard_to_notice_and_deadline(runtime: Runtime) -> None:
    house = await open_booking_harness(runtime, cutoff_minutes=120)
    booked = await house.book("10:00")
    house.clock.move_to("2026-03-10T08:30Z")  # half past nine in Madrid
    with pytest.raises(CutoffPassed) as refused:
        await house.move(booked, house.slot_at("11:30"))
    assert refused.value.params["minutes"] == 120
    moved = await house.move(booked, house.slot_at("09:40"), actor=house.owner_actor)
    assert (moved.state, await house.claims_as_text()) == ("confirmed", ["Ana 10 09:40-10 10:10"])
    assert (await house.outbox_as_text())[2:] == ["Marta: tell.moved"]


async def test_a_booking_is_moved_within_its_service(house: BookingHarness) -> None:
    booked = await house.book("09:00")
    with pytest.raises(InvalidValue):
        await house.move(booked, house.slot_at("10:00", service_id=house.colour))


# ------------------------------------------------------------------------------------ cancel


async def test_a_cancelled_booking_is_free_at_once_and_the_shop_is_told(
    house: BookingHarness,
) -> None:
    booked = await house.book("09:00")
    gone = await house.cancel(booked, reason="ill")
    assert (gone.state, gone.reason, await house.claims_as_text()) == ("cancelled", "ill", [])
    assert gone == await house.load_booking(booked)
    assert (await house.outbox_as_text())[2:] == ["Olga: alert.cancelled", "Rita: alert.cancelled"]


async def test_customers_keep_to_the_deadline_and_staff_need_not(runtime: Runtime) -> None:
    house = await open_booking_harness(runtime, cutoff_minutes=60)
    booked = await house.book("09:00")
    house.clock.move_to("2026-03-10T07:00Z")
    with pytest.raises(CutoffPassed) as refused:
        await house.cancel(booked)
    assert refused.value.params["minutes"] == 60
    gone = await house.cancel(booked, actor=house.owner_actor, reason="Ana is ill")
    assert gone.state == "cancelled"
    assert (await house.outbox_as_text())[2:] == ["Marta: tell.cancelled"]
    assert (await house.params_of_newest("tell.cancelled"))["reason"] == "Ana is ill"


async def test_customers_never_change_what_has_begun(house: BookingHarness) -> None:
    booked = await house.book("09:00")
    house.clock.move_to("2026-03-10T08:00Z")
    with pytest.raises(CutoffPassed):
        await house.cancel(booked)
    with pytest.raises(CutoffPassed):
        await house.move(booked, house.slot_at("11:00"))
    known = await house.transact(lambda ctx: load_catalog(ctx, house.shop))
    with pytest.raises(CutoffPassed):
        customer_actions.ensure_changeable(booked, known, house.clock.now())
    house.clock.move_to("2026-03-10T07:59Z")
    customer_actions.ensure_changeable(booked, known, house.clock.now())
    gone = await house.cancel(booked)
    with pytest.raises(InvalidTransition):
        customer_actions.ensure_changeable(gone, known, house.clock.now())


# ------------------------------------------------------------------------------------ whose


async def test_other_peoples_bookings_do_not_exist(house: BookingHarness) -> None:
    booked = await house.book("09:00")
    hugo = Actor("customer", house.hugo)
    stranger = Actor("staff", house.hugo)
    for actor in (hugo, stranger, Actor("staff"), Actor("customer")):
        with pytest.raises(NotFound):
            await house.cancel(booked, actor=actor)
        with pytest.raises(NotFound):
            await house.move(booked, house.slot_at("10:00"), actor=actor)
        with pytest.raises(NotFound):
            await house.act_as_owner(mark_completed, booked, actor=actor)
    with pytest.raises(NotAllowed):
        await house.book_for("11:00", actor=stranger)
    for wrong in ({"user_id": house.hugo}, {"shop_id": house.shop + 1}):
        with pytest.raises(NotFound):
            await house.load_booking(booked, **wrong)
    assert await house.load_booking(booked, user_id=house.marta, shop_id=house.shop) == booked


async def test_upcoming_and_last_bookings_are_the_users_own(house: BookingHarness) -> None:
    late, early = await house.book("11:00"), await house.book("09:00")
    await house.hold("10:00", user_id=house.marta)
    gone = await house.book("10:30")
    await house.cancel(gone)

    async def upcoming(ctx: Context, **more: Any) -> list[str]:
        found = await agenda.upcoming_bookings(ctx, user_id=house.marta, **more)
        return [one.ref for one in found]

    assert await house.transact(upcoming) == [early.ref, late.ref]
    assert await house.transact(lambda ctx: upcoming(ctx, shop_id=house.shop)) == [
        early.ref,
        late.ref,
    ]
    assert await house.transact(lambda ctx: upcoming(ctx, shop_id=house.shop + 1)) == []
    assert await house.transact(lambda ctx: agenda.upcoming_bookings(ctx, user_id=house.hugo)) == []
    newest = await house.transact(
        lambda ctx: agenda.last_booking(ctx, user_id=house.marta, shop_id=house.shop)
    )
    assert newest is not None
    assert newest.ref == gone.ref
    none = await house.transact(
        lambda ctx: agenda.last_booking(ctx, user_id=house.hugo, shop_id=house.shop)
    )
    assert none is None
    house.clock.move_to("2026-03-10T08:30Z")  # half past nine: the early one is over
    assert await house.transact(upcoming) == [late.ref]


async def test_lateness_is_recorded_and_the_shop_told(house: BookingHarness) -> None:
    booked = await house.book("09:00")
    late = await house.report_late(booked, 10)
    assert (late.late_minutes, late.state) == (10, "confirmed")
    assert (await house.outbox_as_text())[2:] == ["Olga: alert.late", "Rita: alert.late"]
    assert (await house.params_of_newest("alert.late"))["minutes"] == 10
    for minutes in (0, 241):
        with pytest.raises(InvalidValue):
            await house.report_late(booked, minutes)
    house.clock.move_to("2026-03-10T08:30Z")
    with pytest.raises(InvalidTransition):
        await house.report_late(booked, 5)


async def test_expiry_takes_only_overdue_holds_up_to_its_limit(house: BookingHarness) -> None:
    for time, talk in (("09:00", house.marta_talk), ("09:30", house.hugo_talk)):
        await house.hold(time, talk=talk)
    await house.book_for("11:00")
    assert await house.transact(expiry.expire_overdue) == 0
    house.clock.advance(timedelta(minutes=5))
    assert await house.transact(lambda ctx: expiry.expire_overdue(ctx, limit=1)) == 1
    assert await house.booking_states() == ["expired", "held", "confirmed"]
    assert await house.transact(expiry.expire_overdue) == 1
    assert await house.claims_as_text() == ["Ana 10 11:00-10 11:30"]
