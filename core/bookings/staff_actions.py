"""Staff actions: book for customers, decide on requests, record how a visit went."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.bookings import notifications
from core.bookings.agenda import UPCOMING_STATES, load_agenda
from core.bookings.booking import (
    Booking,
    IdempotencyKey,
    load_booking_for_actor,
    require_staff,
    retry_on_conflict,
    update_booking,
    works_at,
)
from core.bookings.claims import (
    lock_calendars,
    overlapping_claims,
    recheck_offering,
    release_time,
)
from core.bookings.conflicts import load_conflicts, raise_if_duplicate
from core.bookings.create import (
    BookedFor,
    create_booking,
    slot_identity,
    slot_of,
)
from core.bookings.double_bookings import ensure_no_double
from core.bookings.reminders.schedule import schedule_reminders
from core.bookings.transitions import NEW, Actor, allowed_transition
from core.catalog.entities import Slot
from core.db.context import Context
from core.db.rows import Rows
from core.db.tables import booking_events, customers, members
from core.errors import CustomerBlocked, InvalidTransition, InvalidValue, NotAllowed, NotFound
from core.messaging.messages import Say
from core.scheduling import availability
from core.scheduling.asker import Asker
from core.scheduling.opening_hours import remove_time_off
from core.values.change import check_value
from core.values.field_types import LongText, PersonName

# ------------------------------------------------------------------------------------ for customers


@retry_on_conflict
async def book_for_customer(
    ctx: Context,
    slot: Slot,
    *,
    actor: Actor,
    customer_id: int,
    key: str,
    origin: str = "staff",
    anyone: bool = False,
    attendee: str = "",
    purpose: str = "",
    note: str = "",
    conversation_id: int | None = None,
    confirmed: bool = True,
) -> Booking:
    """Book a slot for a customer, confirmed at once, and notify them.

    Notice, horizon, grid, pause and the limit of open bookings do not apply to staff; hours, other
    bookings and a blocked customer do. Raise SlotTaken or NotOffered with alternatives,
    OfferChanged, CustomerBlocked, NotAllowed, NotFound; unless `confirmed`, AlreadyBooked for a
    second booking of theirs at that hour.
    """
    allowed_transition(NEW, "book_for", actor)
    columns = _columns(origin, anyone, attendee, purpose, note, conversation_id)
    content = IdempotencyKey.of(key, "book_for", slot_identity(slot), columns, customer_id)
    whom = await _customer(ctx, slot.shop_id, customer_id, actor)
    known, taken = await lock_calendars(ctx, slot)
    seen = await load_conflicts(ctx, slot.shop_id, key=key)
    await raise_if_duplicate(ctx, seen, content)
    if not confirmed:
        await ensure_no_double(ctx, slot, attendee=attendee.strip(), customer_id=customer_id)
    await recheck_offering(ctx, known, slot, staff=True)
    booked = await create_booking(
        ctx,
        slot,
        known,
        taken,
        seen,
        action="book_for",
        actor=actor,
        key=content,
        booked_for=whom,
        created_by=str(actor),
        **columns,
    )
    await schedule_reminders(ctx, booked, known)
    await notifications.notify_customer(ctx, booked, "confirmed", knows=True)
    await notifications.notify_provider(ctx, booked, "new", actor)
    return booked


@retry_on_conflict
async def overbook(
    ctx: Context,
    slot: Slot,
    *,
    actor: Actor,
    customer_id: int,
    key: str,
    origin: str = "staff",
    attendee: str = "",
    purpose: str = "",
    note: str = "",
    confirmed: bool = True,
) -> Booking:
    """Book a customer over existing claims, even outside hours: a deliberate overbooking.

    The history records the bookings it overlaps (`over`). Unless `confirmed`, raise AlreadyBooked
    for a second booking of theirs at that hour.
    """
    allowed_transition(NEW, "overbook", actor)
    columns = _columns(origin, False, attendee, purpose, note, None)
    content = IdempotencyKey.of(key, "overbook", slot_identity(slot), columns, customer_id)
    whom = await _customer(ctx, slot.shop_id, customer_id, actor)
    known, taken = await lock_calendars(ctx, slot)
    seen = await load_conflicts(ctx, slot.shop_id, key=key)
    await raise_if_duplicate(ctx, seen, content)
    if not confirmed:
        await ensure_no_double(ctx, slot, attendee=attendee.strip(), customer_id=customer_id)
    known.offering(slot.service_id, slot.provider_id)
    over = [
        row.booking_id
        for calendar in taken
        for row in await overlapping_claims(ctx, calendar, slot.starts_at, slot.ends_at)
        if row.booking_id is not None and row.shop_id == slot.shop_id
    ]
    booked = await create_booking(
        ctx,
        slot,
        known,
        taken,
        seen,
        action="overbook",
        actor=actor,
        key=content,
        booked_for=whom,
        created_by=str(actor),
        overbooked=True,
        details={"over": sorted(set(over))},
        **columns,
    )
    await schedule_reminders(ctx, booked, known)
    await notifications.notify_customer(ctx, booked, "confirmed", knows=True)
    await notifications.notify_provider(ctx, booked, "new", actor)
    return booked


def _columns(
    origin: str,
    anyone: bool,  # noqa: FBT001 - a column's value among others
    attendee: str,
    purpose: str,
    note: str,
    conversation_id: int | None,
) -> dict[str, Any]:
    return {
        "origin": origin,
        "anyone": anyone,
        "attendee": check_value(PersonName, "attendee", attendee) if attendee.strip() else "",
        "purpose": check_value(LongText, "purpose", purpose),
        "note": check_value(LongText, "note", note),
        "conversation_id": conversation_id,
    }


@dataclass(frozen=True, slots=True)
class _FoundCustomer:
    """A customer, and whether the actor works at their shop."""

    id: int
    name: str
    phone: str
    user_id: int | None
    blocked: bool
    actor_works_there: bool


_CUSTOMERS = Rows(
    _FoundCustomer,
    sa.select(
        customers.c.id,
        customers.c.name,
        customers.c.phone,
        customers.c.user_id,
        customers.c.blocked,
        works_at(customers.c.shop_id, sa.bindparam("actor_id", type_=members.c.user_id.type)).label(
            "actor_works_there"
        ),
    ),
)


async def _customer(ctx: Context, shop_id: int, customer_id: int, actor: Actor) -> BookedFor:
    """Return a customer of the shop, checking in the same statement that the actor works there."""
    this = _CUSTOMERS.where(customers.c.id == customer_id, customers.c.shop_id == shop_id)
    row = await ctx.fetch_first(this, {"actor_id": actor.id})
    if row is None:
        raise NotFound(customer=customer_id)
    if actor.kind != "system" and not row.actor_works_there:
        raise NotAllowed(shop=shop_id, actor=actor.kind)
    if row.blocked:
        raise CustomerBlocked(shop=shop_id)
    return BookedFor(row.id, row.name, row.phone, row.user_id)


# ------------------------------------------------------------------------------------ requests


@retry_on_conflict
async def confirm_booking(
    ctx: Context, booking_id: int, *, actor: Actor, expected_start_s: int | None = None
) -> Booking:
    """Approve a request; notify the customer and the members who could have decided.

    The offer is checked again: NotOffered if hours or service changed. The first decision wins; the
    second gets InvalidTransition with `state` and `by`. `expected_start_s` is the start (epoch
    seconds) that was shown: InvalidTransition if the request has moved since.
    """
    asked = await _undecided(ctx, booking_id, "confirm", actor, expected_start_s)
    slot = slot_of(asked)
    known, _ = await lock_calendars(ctx, slot)
    await availability.ensure_available(ctx, known, slot, asker=Asker(asked.id), staff=True)
    decided = await update_booking(ctx, asked, "confirm", actor, to="confirmed")
    await schedule_reminders(ctx, decided, known)
    await notifications.notify_customer(ctx, decided, "confirmed")
    await _tell_the_others(ctx, decided, actor)
    return decided


@retry_on_conflict
async def decline_booking(
    ctx: Context,
    booking_id: int,
    *,
    actor: Actor,
    reason: str = "",
    expected_start_s: int | None = None,
) -> Booking:
    """Decline a request and free its time; told and raced as `confirm`, and bound to `starts`."""
    reason = check_value(LongText, "reason", reason)
    asked = await _undecided(ctx, booking_id, "decline", actor, expected_start_s)
    decided = await update_booking(ctx, asked, "decline", actor, to="declined", reason=reason)
    await release_time(ctx, [asked])
    await notifications.notify_customer(ctx, decided, "declined", reason=reason)
    await _tell_the_others(ctx, decided, actor)
    return decided


async def _tell_the_others(ctx: Context, decided: Booking, actor: Actor) -> None:
    state = Say(f"state.{decided.state}")
    await notifications.notify_staff(
        ctx,
        decided,
        "decided",
        skip=actor.id,
        instead_of="approve",
        by=actor.name or Say("somebody"),
        state=state,
    )


async def _undecided(
    ctx: Context, booking_id: int, action: str, actor: Actor, starts: int | None
) -> Booking:
    """Return an undecided request whose start is as shown and has not come."""
    asked = await load_booking_for_actor(ctx, booking_id, actor)
    if asked.state == "pending" and asked.starts_at <= ctx.now:
        raise InvalidTransition(state="expired", action=action, by="")
    try:
        allowed_transition(asked.state, action, actor)
    except InvalidTransition:
        last = await ctx.first(
            sa.select(booking_events.c.details)
            .where(booking_events.c.booking_id == asked.id)
            .order_by(booking_events.c.id.desc())
        )
        by = last.details.get("by", "") if last else ""
        raise InvalidTransition(state=asked.state, action=action, by=by) from None
    if starts is not None and int(asked.starts_at.timestamp()) != starts:
        raise InvalidTransition(state=asked.state, action=action, by="", moved=True)
    return asked


# ------------------------------------------------------------------------------------ afterwards


PAYMENT_STATUSES = ("unpaid", "paid", "refunded")


@retry_on_conflict
async def set_payment_status(
    ctx: Context, booking_id: int, status: str, *, actor: Actor
) -> Booking:
    """Set the payment status: unpaid, paid or refunded; raise InvalidValue otherwise."""
    if status not in PAYMENT_STATUSES:
        raise InvalidValue(field="payment_status", reason="one of " + ", ".join(PAYMENT_STATUSES))
    old = await load_booking_for_actor(ctx, booking_id, actor)
    if old.payment_status == status:
        return old
    return await update_booking(
        ctx, old, f"mark_{status}", actor, to=old.state, payment_status=status
    )


@retry_on_conflict
async def set_note(ctx: Context, booking_id: int, note: str, *, actor: Actor) -> Booking:
    """Set the shop's note of a booking, which its customer does not see."""
    note = check_value(LongText, "note", note)
    old = await load_booking_for_actor(ctx, booking_id, actor)
    return await update_booking(ctx, old, "note", actor, to=old.state, note=note)


MAX_DELAY_MINUTES = 240
"""Minutes; a longer delay needs a block."""


async def announce_delay(
    ctx: Context,
    shop_id: int,
    minutes: int,
    until: datetime,
    *,
    actor: Actor,
    provider_ids: Collection[int] | None = None,
) -> list[Booking]:
    """Notify everyone with a start from now until `until` of a delay of `minutes`; return them.

    No booking is moved; customers may move their own.
    """
    if not 1 <= minutes <= MAX_DELAY_MINUTES:
        raise InvalidValue(field="minutes", reason="range", least=1, most=MAX_DELAY_MINUTES)
    await require_staff(ctx, shop_id, actor)
    coming = await load_agenda(
        ctx, shop_id, ctx.now, until, provider_ids=provider_ids, states=UPCOMING_STATES
    )
    told = [one for one in coming if one.starts_at > ctx.now]
    for one in told:
        await notifications.notify_customer(ctx, one, "behind", minutes=minutes)
    return told


async def cancel_time_off(ctx: Context, shop_id: int, time_off_id: int, *, actor: Actor) -> None:
    """Remove time off and put its time back on offer."""
    await require_staff(ctx, shop_id, actor)
    await remove_time_off(ctx, shop_id, time_off_id)
