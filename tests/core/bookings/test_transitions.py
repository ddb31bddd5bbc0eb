"""Every state, every action, every actor: what comes of it, tried through the verbs themselves."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from core.bookings import customer_actions, expiry, staff_actions, visit_states
from core.bookings.booking import Booking, load_booking, load_booking_for_actor
from core.bookings.staff_actions import confirm_booking
from core.bookings.transitions import LIVE_STATES, SYSTEM, TRANSITIONS, Actor
from core.bookings.visit_states import mark_no_show, mark_started, undo_outcome
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import bookings as bookings_table
from core.db.tables import claims
from core.db.tables.bookings import BOOKING_STATES
from core.errors import CutoffPassed, InvalidTransition, NotAllowed, NotOffered
from tests.core.bookings.harness import BookingHarness, open_booking_harness
from tests.core.scheduling.harness import madrid_instant

ACTORS = ("customer", "staff", "system")

# For each verb: from which state to which, and for whom (c, s, y: customer, staff, system).
EXPECTED: dict[str, dict[str, tuple[str, str]]] = {
    "book": {"held": ("confirmed", "c"), "expired": ("confirmed", "c")},
    "release": {"held": ("expired", "csy"), "expired": ("expired", "csy")},
    "confirm": {"pending": ("confirmed", "s")},
    "decline": {"pending": ("declined", "s")},
    "cancel": {
        "pending": ("cancelled", "csy"),
        "confirmed": ("cancelled", "csy"),
        "in_progress": ("cancelled", "s"),
    },
    "move": {"pending": ("pending", "cs"), "confirmed": ("confirmed", "cs")},
    "mark_late": {"pending": ("pending", "cs"), "confirmed": ("confirmed", "cs")},
    "start": {},
    "complete": {},
    "mark_no_show": {},
    "correct": {
        "in_progress": ("confirmed", "s"),
        "completed": ("confirmed", "s"),
        "no_show": ("confirmed", "s"),
    },
    "expire": {},
}
BEGUN: dict[str, dict[str, tuple[str, str]]] = EXPECTED | {
    # Once the start has come, customers change nothing, and staff say how it went.
    "book": {},
    "release": {"held": ("expired", "csy"), "expired": ("expired", "csy")},
    "confirm": {},
    "decline": {},
    "cancel": {
        "pending": ("cancelled", "sy"),
        "confirmed": ("cancelled", "sy"),
        "in_progress": ("cancelled", "s"),
    },
    "move": {"pending": ("pending", "s"), "confirmed": ("confirmed", "s")},
    "start": {"confirmed": ("in_progress", "s")},
    "complete": {
        "confirmed": ("completed", "s"),
        "in_progress": ("completed", "s"),
        "no_show": ("completed", "s"),
    },
    "mark_no_show": {"confirmed": ("no_show", "s"), "completed": ("no_show", "s")},
    "expire": {"pending": ("expired", "csy")},
}

Verb = Callable[[Context, Booking, Actor], Awaitable[Booking]]


def verbs(house: BookingHarness) -> dict[str, Verb]:
    later = house.slot_at("11:30")

    async def book(ctx: Context, one: Booking, actor: Actor) -> Booking:
        if actor.kind != "customer":  # the verb has no other actor
            raise NotAllowed
        return await customer_actions.book_hold(ctx, one.id, user_id=house.marta, key="another")

    async def release(ctx: Context, one: Booking, _: Actor) -> Booking:
        return await customer_actions.release_hold(ctx, one.id)

    async def move(ctx: Context, one: Booking, actor: Actor) -> Booking:
        return await customer_actions.move_booking(ctx, one.id, later, actor=actor, key="another")

    async def mark_late(ctx: Context, one: Booking, actor: Actor) -> Booking:
        return await customer_actions.mark_late(ctx, one.id, 10, actor=actor)

    async def expire(ctx: Context, one: Booking, _: Actor) -> Booking:
        if not await expiry.expire_overdue(ctx):
            raise InvalidTransition
        return await load_booking(ctx, one.id)

    def plain(verb: Callable[..., Awaitable[Booking]]) -> Verb:
        return lambda ctx, one, actor: verb(ctx, one.id, actor=actor)

    return {
        "book": book,
        "release": release,
        "move": move,
        "mark_late": mark_late,
        "expire": expire,
        "confirm": plain(staff_actions.confirm_booking),
        "decline": plain(staff_actions.decline_booking),
        "cancel": plain(customer_actions.cancel_booking),
        "start": plain(visit_states.mark_started),
        "complete": plain(visit_states.mark_completed),
        "mark_no_show": plain(visit_states.mark_no_show),
        "correct": plain(visit_states.undo_outcome),
    }


async def put(ctx: Context, booking: Booking, state: str) -> None:
    """Put a booking into a state, with the time such a one has."""
    values: dict[str, Any] = {"state": state, "held_until": None}
    if state == "held":
        values["held_until"] = madrid_instant("2026-03-10 23:00")
    this = bookings_table.update().where(bookings_table.c.id == booking.id)
    await ctx.execute(this.values(values))
    mine = claims.c.booking_id == booking.id
    if state in {"held", "pending", "confirmed", "in_progress"}:
        await ctx.execute(claims.update().where(mine).values(held_until=values["held_until"]))
    else:
        await ctx.execute(claims.delete().where(mine))


async def try_all(house: BookingHarness, booking: Booking) -> dict[str, dict[str, tuple[str, str]]]:
    """Try everything, each in a transaction that is taken back, and note what came of it."""
    actors = {"customer": house.customer_actor, "staff": house.owner_actor, "system": SYSTEM}
    found: dict[str, dict[str, tuple[str, str]]] = {name: {} for name in verbs(house)}
    for state in BOOKING_STATES:
        for name, verb in verbs(house).items():
            for kind in ACTORS:
                async with house.runtime.transaction() as ctx:
                    trial = await ctx.connection.begin_nested()
                    await put(ctx, booking, state)
                    try:
                        done = await verb(ctx, booking, actors[kind])
                    except (InvalidTransition, NotAllowed, CutoffPassed, NotOffered):
                        pass
                    else:
                        row = await ctx.scalar(
                            sa.select(bookings_table.c.state).where(
                                bookings_table.c.id == booking.id
                            )
                        )
                        live = row in LIVE_STATES
                        count = await ctx.scalar(
                            sa.select(sa.func.count()).where(claims.c.booking_id == booking.id)
                        )
                        assert (done.state, count) == (row, int(live))
                        initial = {"customer": "c", "staff": "s", "system": "y"}[kind]
                        before = found[name].get(state, (row, ""))
                        assert before[0] == row
                        found[name][state] = (row, before[1] + initial)
                    await trial.rollback()
    return found


async def test_every_action_from_every_state_by_every_actor_before_the_start(
    runtime: Runtime,
) -> None:
    house = await open_booking_harness(runtime)
    assert await try_all(house, await house.book("09:00")) == EXPECTED


async def test_every_action_from_every_state_by_every_actor_after_the_start(
    runtime: Runtime,
) -> None:
    house = await open_booking_harness(runtime)
    booking = await house.book("09:00")
    house.clock.move_to("2026-03-10T08:10Z")  # ten past nine in Madrid
    assert await try_all(house, booking) == BEGUN


def test_the_table_names_every_state_there_is() -> None:
    named = {state for state, _ in TRANSITIONS} | {step.to_state for step in TRANSITIONS.values()}
    assert named - {""} == set(BOOKING_STATES)
    assert set(LIVE_STATES) | {"completed", "declined", "cancelled", "no_show", "expired"} == set(
        BOOKING_STATES
    )


async def test_the_history_tells_who_did_what(runtime: Runtime) -> None:
    house = await open_booking_harness(runtime, needs_approval=True)
    booked = await house.book("09:00")
    await house.act_as_owner(confirm_booking, booked)
    await house.move(booked, house.slot_at("10:00"))
    await house.act_as_owner(confirm_booking, booked)
    await house.move(booked, house.slot_at("10:30"), actor=house.owner_actor)
    house.clock.move_to("2026-03-10T09:30Z")
    for verb in (mark_started, undo_outcome, mark_no_show, undo_outcome):
        await house.act_as_owner(verb, booked)
    assert (await house.load_booking(booked)).state == "confirmed"
    customer, staff = f"user:{house.marta}", f"staff:{house.owner}"
    assert await house.history_as_text(booked) == [
        "user: hold  > held",
        f"{customer}: request held > pending",
        f"{staff}: confirm pending > confirmed",
        f"{customer}: request confirmed > pending",
        f"{staff}: confirm pending > confirmed",
        f"{staff}: move confirmed > confirmed",
        f"{staff}: start confirmed > in_progress",
        f"{staff}: correct in_progress > confirmed",
        f"{staff}: mark_no_show confirmed > no_show",
        f"{staff}: correct no_show > confirmed",
    ]
    assert await house.claims_as_text() == ["Ana 10 10:30-10 11:00"]


async def test_a_change_between_reading_and_writing_is_seen(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another did meanwhile is not written over: the verb begins again and finds it."""
    house = await open_booking_harness(runtime)
    booked = await house.book("09:00")
    reads: list[int] = []

    async def read(ctx: Context, *args: Any) -> Booking:
        found = await load_booking_for_actor(ctx, *args)
        reads.append(found.sequence)
        # As if it had been read before the last change was made.
        return replace(found, sequence=found.sequence - 1) if len(reads) == 1 else found

    monkeypatch.setattr(customer_actions, "load_booking_for_actor", read)
    assert (await house.cancel(booked)).state == "cancelled"
    assert reads == [1, 1]
