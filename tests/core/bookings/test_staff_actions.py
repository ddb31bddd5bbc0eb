"""What the staff do: book for customers, decide on requests, say how a visit went."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.bookings import staff_actions
from core.bookings.staff_actions import confirm_booking, decline_booking
from core.bookings.transitions import SYSTEM, Actor
from core.bookings.visit_states import mark_completed, mark_no_show, mark_started, undo_outcome
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import booking_events, customers, prompts, users
from core.errors import InvalidTransition, InvalidValue, NotAllowed, NotFound, SlotTaken
from core.messaging.messages import Say, decode_value
from core.people.customers import add_customer
from tests.core.bookings.harness import BookingHarness, open_booking_harness
from tests.core.scheduling.harness import madrid_instant


@pytest.fixture
async def house(runtime: Runtime) -> BookingHarness:
    return await open_booking_harness(runtime)


# ------------------------------------------------------------------------------------ for customers


async def test_staff_book_for_any_customer_and_they_are_told(house: BookingHarness) -> None:
    booked = await house.book_for("09:00", attendee="Lia", purpose="Curls", note="Vegan colour")
    assert (booked.state, booked.created_by, booked.origin) == (
        "confirmed",
        f"staff:{house.owner}",
        "staff",
    )
    assert booked == await house.load_booking(booked)
    assert (booked.attendee, booked.purpose, booked.note) == ("Lia", "Curls", "Vegan colour")
    assert await house.outbox_as_text() == ["Marta: tell.confirmed"]
    assert await house.history_as_text(booked) == [f"staff:{house.owner}: book_for  > confirmed"]


async def test_staff_book_a_walk_in_now_off_the_grid(house: BookingHarness) -> None:
    house.clock.move_to("2026-03-10T08:05Z")  # five past nine in Madrid
    walk_in = await house.transact(lambda ctx: add_customer(ctx, house.shop, "Walk In"))
    booked = await house.book_for("09:05", customer_id=walk_in)
    assert (booked.customer_name, booked.user_id) == ("Walk In", None)
    assert await house.claims_as_text() == ["Ana 10 09:05-10 09:35"]
    assert await house.outbox_as_text() == []


async def test_an_import_books_as_the_system(house: BookingHarness) -> None:
    booked = await house.book_for("09:00", actor=SYSTEM, origin="import")
    assert (booked.created_by, booked.origin) == ("system", "import")


async def test_only_this_shops_people_book_for_this_shops_customers(house: BookingHarness) -> None:
    customer = await house.customer(house.marta)
    with pytest.raises(NotAllowed):
        await house.book_for("09:00", actor=Actor("staff", house.hugo))
    with pytest.raises(NotAllowed):
        await house.book_for("09:00", actor=house.customer_actor)
    with pytest.raises(NotFound):
        await house.book_for("09:00", customer_id=customer + 1)
    await house.overwrite_row(users, house.hugo, admin=True)
    assert (await house.book_for("09:00", actor=Actor("staff", house.hugo))).state == "confirmed"


async def test_squeezing_in_goes_over_what_is_there_and_says_so(house: BookingHarness) -> None:
    first = await house.book("09:00")
    customer = await house.customer(house.hugo)
    slot = house.slot_at("09:15")
    overbooked = await house.transact(
        lambda ctx: staff_actions.overbook(
            ctx, slot, actor=house.owner_actor, customer_id=customer, key="squeeze"
        )
    )
    again = await house.transact(
        lambda ctx: staff_actions.overbook(
            ctx, slot, actor=house.owner_actor, customer_id=customer, key="squeeze"
        )
    )
    assert again == overbooked
    assert (overbooked.overbooked, overbooked.state) == (True, "confirmed")
    assert await house.claims_as_text() == ["Ana 10 09:00-10 09:30", "Ana 10 09:15-10 09:45"]
    details = sa.select(booking_events.c.details).where(
        booking_events.c.booking_id == overbooked.id
    )
    assert [row.details for row in await house.rows(details)] == [
        {"by": "Olga", "over": [first.id]}
    ]
    # Nobody is offered the time; moved, it is a booking like any other.
    assert await house.free_times() == ["10:00", "10:30", "11:00", "11:30"]
    moved = await house.move(overbooked, house.slot_at("10:00"), actor=house.owner_actor)
    assert moved.overbooked is False
    with pytest.raises(SlotTaken):
        await house.move(first, house.slot_at("10:00"))


async def test_nothing_is_squeezed_in_that_no_service_can_be(house: BookingHarness) -> None:
    customer = await house.customer(house.hugo)
    for lasts in (timedelta(minutes=-30), timedelta(hours=25)):
        with pytest.raises(InvalidValue):
            await house.transact(
                lambda ctx, lasts=lasts: staff_actions.overbook(  # type: ignore[misc]
                    ctx,
                    house.slot_at(lasts=lasts),
                    actor=house.owner_actor,
                    customer_id=customer,
                    key="squeeze",
                )
            )


async def test_customers_squeeze_nobody_in(house: BookingHarness) -> None:
    customer = await house.customer(house.marta)
    with pytest.raises(NotAllowed):
        await house.transact(
            lambda ctx: staff_actions.overbook(
                ctx,
                house.slot_at(),
                actor=house.customer_actor,
                customer_id=customer,
                key="squeeze",
            )
        )


# ------------------------------------------------------------------------------------ requests


@pytest.fixture
async def careful(runtime: Runtime) -> BookingHarness:
    """The house, where the shop wants to see bookings first."""
    return await open_booking_harness(runtime, needs_approval=True)


async def test_a_request_can_be_answered_until_its_start(careful: BookingHarness) -> None:
    asked = await careful.book("09:00", attendee="Hugo")
    rows = await careful.rows(sa.select(prompts).order_by(prompts.c.id))
    assert [(row.decision, row.args, row.expires_at) for row in rows] == [
        (
            "approval",
            {"booking": asked.id, "starts": int(asked.starts_at.timestamp())},
            madrid_instant("2026-03-10 09:00"),
        )
    ] * 2
    assert rows[0].options == ["approve", "decline", "propose"]
    assert decode_value(rows[0].message).params["attendee"] == "Hugo"


async def test_the_first_to_decide_wins_and_the_others_are_told(careful: BookingHarness) -> None:
    asked = await careful.book("09:00")
    decided = await careful.act_as_owner(confirm_booking, asked)
    assert (decided.state, await careful.claims_as_text()) == (
        "confirmed",
        ["Ana 10 09:00-10 09:30"],
    )
    assert (await careful.outbox_as_text())[2:] == ["Marta: tell.confirmed", "Rita: alert.decided"]
    assert (await careful.params_of_newest("alert.decided"))["by"] == "Olga"
    assert (await careful.params_of_newest("alert.decided"))["state"] == Say("state.confirmed")
    rita = Actor("staff", careful.receptionist, "Rita")
    for verb, action in ((decline_booking, "decline"), (confirm_booking, "confirm")):
        with pytest.raises(InvalidTransition) as refused:
            await careful.act_as_owner(verb, asked, actor=rita)
        assert refused.value.params == {
            "state": "confirmed",
            "action": action,
            "by": "Olga",
        }
    assert len(await careful.outbox_as_text()) == 4


async def test_two_who_decide_at_once_do_not_both(careful: BookingHarness) -> None:
    asked = await careful.book("09:00")
    rita = Actor("staff", careful.receptionist, "Rita")
    answers = await asyncio.gather(
        careful.act_as_owner(confirm_booking, asked),
        careful.act_as_owner(decline_booking, asked, actor=rita),
        return_exceptions=True,
    )
    refused = [answer for answer in answers if isinstance(answer, InvalidTransition)]
    assert len(refused) == 1
    row = await careful.load_booking(asked)
    by = "Olga" if row.state == "confirmed" else "Rita"
    assert (refused[0].params["state"], refused[0].params["by"]) == (row.state, by)
    assert len(await careful.history_as_text(asked)) == 3
    assert await careful.claims_as_text() == (["Ana 10 09:00-10 09:30"] if by == "Olga" else [])


async def test_a_decision_does_not_outlive_a_move(careful: BookingHarness) -> None:
    asked = await careful.book("09:00")
    shown = int(asked.starts_at.timestamp())
    moved = await careful.move(asked, careful.slot_at("10:00"))
    for verb, action in ((confirm_booking, "confirm"), (decline_booking, "decline")):
        with pytest.raises(InvalidTransition) as refused:
            await careful.act_as_owner(verb, asked, expected_start_s=shown)
        assert refused.value.params == {
            "state": "pending",
            "action": action,
            "by": "",
            "moved": True,
        }
    again = int(moved.starts_at.timestamp())
    assert (
        await careful.act_as_owner(confirm_booking, asked, expected_start_s=again)
    ).state == "confirmed"


async def test_a_declined_request_frees_its_time_and_says_why(careful: BookingHarness) -> None:
    asked = await careful.book("09:00")
    declined = await careful.act_as_owner(decline_booking, asked, reason="Ana is away")
    assert (declined.state, declined.reason, await careful.claims_as_text()) == (
        "declined",
        "Ana is away",
        [],
    )
    assert (await careful.outbox_as_text())[2:] == ["Marta: tell.declined", "Rita: alert.decided"]
    assert (await careful.params_of_newest("tell.declined"))["reason"] == "Ana is away"


async def test_a_request_whose_start_has_come_is_as_good_as_expired(
    careful: BookingHarness,
) -> None:
    asked = await careful.book("09:00")
    careful.clock.move_to("2026-03-10T08:00Z")
    with pytest.raises(InvalidTransition) as refused:
        await careful.act_as_owner(confirm_booking, asked)
    assert refused.value.params == {"state": "expired", "action": "confirm", "by": ""}


async def test_approval_does_not_mind_notice(careful: BookingHarness) -> None:
    asked = await careful.book("09:00")
    careful.clock.move_to("2026-03-10T07:50Z")
    assert (await careful.act_as_owner(confirm_booking, asked)).state == "confirmed"


# ------------------------------------------------------------------------------------ the visit


async def test_a_visit_that_ends_early_frees_the_rest(house: BookingHarness) -> None:
    booked = await house.book("10:00")
    house.clock.move_to("2026-03-10T09:00Z")
    await house.act_as_owner(mark_started, booked)
    assert await house.claims_as_text() == ["Ana 10 10:00-10 10:30"]
    await house.act_as_owner(mark_completed, booked)
    assert await house.claims_as_text() == []
    assert (await house.outbox_as_text())[2:] == []


async def test_a_no_show_needs_a_start_that_has_come(house: BookingHarness) -> None:
    booked = await house.book("10:00")
    for verb, action in ((mark_no_show, "mark_no_show"), (mark_completed, "complete")):
        with pytest.raises(InvalidTransition) as refused:
            await house.act_as_owner(verb, booked)
        assert refused.value.params == {
            "state": "confirmed",
            "action": action,
            "begun": False,
        }
    house.clock.move_to("2026-03-10T09:00Z")
    assert (await house.act_as_owner(mark_no_show, booked)).state == "no_show"
    # Somebody came after all, or the wrong line was tapped.
    assert (await house.act_as_owner(mark_completed, booked)).state == "completed"
    assert (await house.act_as_owner(undo_outcome, booked)).state == "no_show"
    assert (await house.act_as_owner(undo_outcome, booked)).state == "confirmed"


async def test_staff_note_a_customer_who_called_to_be_late(house: BookingHarness) -> None:
    booked = await house.book("10:00")
    late = await house.report_late(booked, 15, actor=house.owner_actor)
    assert late.late_minutes == 15
    assert (await house.outbox_as_text())[2:] == ["Rita: alert.late"]


async def test_a_customer_who_was_merged_away_keeps_nothing(house: BookingHarness) -> None:
    """A booking belongs to the user of its customer row, as it is now."""
    booked = await house.book("10:00")

    async def give(ctx: Context) -> None:
        await ctx.execute(customers.update().values(user_id=house.hugo))

    await house.transact(give)
    with pytest.raises(NotFound):
        await house.cancel(booked)
    gone = await house.cancel(booked, actor=Actor("customer", house.hugo))
    assert gone.state == "cancelled"
