"""What customers do with bookings: hold, book, move, cancel, and report being late.

A booking is made or moved only under the locks of the calendars it claims, after the offer was
checked again under those locks (`core.bookings.claims`). `core.bookings.transitions` is the table
of allowed state changes. Staff actions are in `core.bookings.staff_actions`, sessions and blocks in
`core.bookings.blocks`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from core.bookings import notifications
from core.bookings.booking import (
    Booking,
    IdempotencyKey,
    correction_facts,
    load_booking,
    load_booking_for_actor,
    retry_on_conflict,
    update_booking,
)
from core.bookings.claims import (
    claim_time,
    expire_bookings,
    lock_calendars,
    recheck_offering,
    release_holds_in_way,
    release_time,
)
from core.bookings.conflicts import UNVERIFIED_PREFIX, load_conflicts, raise_if_duplicate
from core.bookings.create import (
    BookedFor,
    create_booking,
    slot_identity,
    slot_of,
    with_customer,
)
from core.bookings.double_bookings import ensure_no_double
from core.bookings.eligibility import load_booker, load_hold_and_booker
from core.bookings.reminders.schedule import (
    cancel_reminders,
    reschedule_reminders,
    reword_reminders,
    schedule_reminders,
)
from core.bookings.terms import (
    TermsChoice,
    agreed_terms,
    booked_terms,
    cutoff_minutes,
    moved_columns,
    slot_for_move,
    terms_say,
)
from core.bookings.transitions import OPEN_STATES, SYSTEM, Actor, allowed_transition
from core.catalog.entities import Catalog, Slot
from core.catalog.loader import load_catalog
from core.db.context import Context
from core.db.tables import claims, users
from core.errors import CutoffPassed, InvalidTransition, InvalidValue, ShopPaused, TooManyHolds
from core.scheduling import availability
from core.scheduling.agreed_terms import terms_of_slot
from core.scheduling.asker import Asker
from core.values.change import check_value
from core.values.field_types import LongText, PersonName

MAX_LATE_MINUTES = 240
"""The longest delay, in minutes, that can be reported."""


def validate_attendee_name(name: str) -> str:
    """Return an attendee's name as it is kept, "" for the customer themself; else Invalid."""
    return str(check_value(PersonName, "attendee", name)) if name.strip() else ""


# ------------------------------------------------------------------------------------ hold and book


@retry_on_conflict
async def hold_slot(
    ctx: Context,
    slot: Slot,
    *,
    conversation_id: int | None,
    key: str,
    origin: str,
    anyone: bool = False,
    attendee: str = "",
    purpose: str = "",
    user_id: int | None = None,
) -> Booking:
    """Hold a slot for a few minutes (`shops.hold_minutes`) for a conversation.

    Releases what the conversation held before, in the same step. `anyone` means that no provider
    was asked for. Without a verified `user_id` the hold counts towards the shop's limit of
    unverified holds. Raise SlotTaken or NotOffered with alternatives, OfferChanged for another
    price or length, TooManyHolds, ShopPaused, and for a user NotVerified, CustomerBlocked,
    TooManyOpenBookings.
    """
    columns: dict[str, Any] = {
        "attendee": validate_attendee_name(attendee),
        "purpose": check_value(LongText, "purpose", purpose),
        "anyone": anyone,
    }
    content = IdempotencyKey.of(key, "hold", slot_identity(slot), columns, conversation_id, user_id)
    who = None if user_id is None else await load_booker(ctx, slot.shop_id, user_id)
    known, taken = await lock_calendars(ctx, slot, shop=who is None)
    seen = await load_conflicts(ctx, slot.shop_id, key=key, conversation_id=conversation_id)
    await raise_if_duplicate(ctx, seen, content)
    if who is not None:
        who.ensure_may_book(known.shop)
    elif seen.unverified_holds >= known.shop.max_unverified_holds:
        raise TooManyHolds(limit=known.shop.max_unverified_holds)
    await recheck_offering(ctx, known, slot, asker=Asker(conversation_id=conversation_id))
    actor = Actor("customer", user_id)
    return await create_booking(
        ctx,
        slot,
        known,
        taken,
        seen,
        action="hold",
        actor=actor,
        key=content,
        booked_for=BookedFor() if who is None else who.as_customer(),
        created_by=f"{UNVERIFIED_PREFIX}{conversation_id or ''}" if who is None else str(actor),
        held_until=ctx.now + timedelta(minutes=known.shop.hold_minutes),
        conversation_id=conversation_id,
        origin=origin,
        **columns,
    )


@retry_on_conflict
async def book_hold(
    ctx: Context,
    booking_id: int,
    *,
    user_id: int,
    key: str,
    name: str = "",
    attendee: str = "",
    note: str = "",
    confirmed: bool = True,
) -> Booking:
    """Turn a hold into a verified user's booking: confirmed, or pending if the shop approves.

    `name` is for the customer row if this is their first booking at the shop. A hold keeps its
    price. An expired hold is booked anew if its time is still on offer. Unless `confirmed`, a
    second booking of theirs at that hour is refused: AlreadyBooked. Raise the errors of
    `hold_slot`, and InvalidTransition for one that is booked or over.
    """
    columns: dict[str, Any] = {"note": check_value(LongText, "note", note)}
    if attendee := validate_attendee_name(attendee):
        columns["attendee"] = attendee
    content = IdempotencyKey.of(key, "book", user_id, columns)
    await ctx.lock_rows(users, [user_id])
    held, who = await load_hold_and_booker(ctx, booking_id, user_id, content)
    actor = Actor("customer", user_id, name or who.name)
    allowed_transition(held.state, "book", actor)
    slot = slot_of(held)
    known, taken = await lock_calendars(ctx, slot)
    who.ensure_may_book(known.shop)
    if not confirmed:
        for_whom = attendee or held.attendee
        await ensure_no_double(ctx, slot, attendee=for_whom, user_id=user_id)
    if known.shop.paused:
        raise ShopPaused(shop=known.shop.id)
    asker = Asker(held.id, held.conversation_id)
    alive = held.state == "held" and held.held_until is not None and held.held_until > ctx.now
    if alive and slot.starts_at > ctx.now:
        # Notice, horizon and grid were met when it was held a few minutes ago.
        await availability.ensure_available(ctx, known, slot, asker=asker, staff=True)
    else:
        await recheck_offering(ctx, known, slot, asker=asker)
    whom = await who.ensure_customer(ctx, known.shop, name)
    asks = known.offering(slot.service_id, slot.provider_id).rules.needs_approval
    action = "request" if asks else "book"
    columns |= {
        "customer_id": whom.customer_id,
        "held_until": None,
        "created_by": str(actor),
        "snapshot": {**held.snapshot, "customer": whom.name, "phone": whom.phone},
    }
    to = allowed_transition(held.state, action, actor).to_state
    if alive:
        booked = await update_booking(ctx, held, action, actor, to=to, key=content, **columns)
        if held.session_id is None:
            kept = claims.update().where(claims.c.booking_id == held.id).values(held_until=None)
            await ctx.execute(kept)
    else:
        async with ctx.connection.begin_nested():
            booked = await update_booking(ctx, held, action, actor, to=to, key=content, **columns)
            await release_time(ctx, [held])
            await release_holds_in_way(ctx, slot, known, taken, held.conversation_id, actor)
            await claim_time(ctx, held.id, slot, known, taken)
    booked = with_customer(booked, whom)
    if not asks:
        await schedule_reminders(ctx, booked, known)
    await notifications.notify_staff(ctx, booked, "approve" if asks else "new")
    return booked


async def release_hold(ctx: Context, booking_id: int) -> Booking:
    """Release a hold; an expired one needs nothing."""
    held = await load_booking(ctx, booking_id)
    if held.state != "expired":
        allowed_transition(held.state, "release", SYSTEM)
        await expire_bookings(ctx, [held], "release")
    return await load_booking(ctx, booking_id)


# ------------------------------------------------------------------------------------ change


@retry_on_conflict
async def move_booking(
    ctx: Context,
    booking_id: int,
    slot: Slot,
    *,
    actor: Actor,
    key: str,
    conversation_id: int | None = None,
    terms: TermsChoice | None = None,
    reason: str = "",
    confirmed: bool = True,
) -> Booking:
    """Move a booking to another slot of its service, possibly with another provider.

    It keeps the length, price and terms it was made at, whatever the service is sold for today.
    Where the other provider has other ones, `terms` has to say which it shall be: TermsDiffer.

    The new time is claimed and the old one released in one step; on any error the booking stays as
    it was. A customer's move needs approval again where the shop approves, and must be before the
    shop's cutoff (CutoffPassed, `minutes`). Notice, horizon and grid do not bind staff. What the
    conversation itself holds is not in the way: it is released. Staff
    need a `reason` once the visit is over (ReasonNeeded). Unless
    `confirmed`, another booking of theirs at that hour is in the way: AlreadyBooked. Otherwise
    raises the errors of `hold_slot`.
    """
    content = IdempotencyKey.of(key, "move", slot_identity(slot))
    old = await load_booking_for_actor(ctx, booking_id, actor, content)
    if (slot.shop_id, slot.service_id) != (old.shop_id, old.service_id):
        raise InvalidValue(field="slot", reason="service")
    allowed_transition(old.state, "move", actor)
    correction = correction_facts(old, actor, check_value(LongText, "reason", reason), ctx.now)
    known, taken = await lock_calendars(ctx, slot, current_slot=slot_of(old))
    by_staff = actor.kind != "customer"
    if not by_staff:
        ensure_changeable(old, known, ctx.now)
    agreed = await agreed_terms(ctx, old)
    slot = await slot_for_move(ctx, known, slot, agreed, actor=actor, choice=terms)
    if slot_identity(slot_of(old)) == slot_identity(slot):
        return old
    if not confirmed:
        await ensure_no_double(
            ctx, slot, attendee=old.attendee, customer_id=old.customer_id, ignore=old.id
        )
    # The slot is on the terms it shall have: only its time is still to be checked.
    asker = Asker(old.id, conversation_id, agreed)
    await availability.ensure_available(ctx, known, slot, asker=asker, staff=by_staff)
    offering = known.offering(slot.service_id, slot.provider_id)
    asks = offering.rules.needs_approval and not by_staff
    action = "request" if asks else "move"
    async with ctx.connection.begin_nested():
        moved = await update_booking(
            ctx,
            old,
            action,
            actor,
            to=allowed_transition(old.state, action, actor).to_state,
            key=content,
            details={
                "from": int(old.starts_at.timestamp()),
                "provider": old.provider_id,
                **correction,
            },
            **moved_columns(known, old, slot),
        )
        await release_time(ctx, [old])
        await release_holds_in_way(ctx, slot, known, taken, conversation_id, actor)
        await claim_time(ctx, old.id, slot, known, taken)
    await reschedule_reminders(ctx, moved, "moved", known)
    if asks:
        await notifications.notify_staff(ctx, moved, "approve", was=old.local_start)
    else:
        changed = terms_of_slot(slot) != booked_terms(old)
        await notifications.notify_moved(
            ctx, moved, actor, old, terms_say(terms_of_slot(slot)) if changed else None
        )
    return moved


@retry_on_conflict
async def cancel_booking(
    ctx: Context, booking_id: int, *, actor: Actor, reason: str = "", key: str | None = None
) -> Booking:
    """Cancel a booking, release its time and notify the other side.

    A customer must cancel before the shop's cutoff (CutoffPassed, `minutes`); staff may cancel
    later, a visit that began in an emergency, and one that is over with a reason (ReasonNeeded).
    """
    reason = check_value(LongText, "reason", reason)
    content = IdempotencyKey.of(key, "cancel", reason) if key else None
    old = await load_booking_for_actor(ctx, booking_id, actor, content)
    to = allowed_transition(old.state, "cancel", actor).to_state
    if actor.kind == "customer":
        ensure_changeable(old, await load_catalog(ctx, old.shop_id), ctx.now)
    facts = correction_facts(old, actor, reason, ctx.now)
    gone = await update_booking(
        ctx, old, "cancel", actor, to=to, key=content, details=facts, reason=reason
    )
    await release_time(ctx, [old])
    await cancel_reminders(ctx, gone, "cancelled")
    await notifications.notify_other_side(ctx, gone, "cancelled", actor, reason=reason)
    return gone


@retry_on_conflict
async def mark_late(ctx: Context, booking_id: int, minutes: int, *, actor: Actor) -> Booking:
    """Record that the customer will be late by 1–240 minutes, and notify the shop."""
    if not 1 <= minutes <= MAX_LATE_MINUTES:
        raise InvalidValue(field="minutes", reason="range", least=1, most=MAX_LATE_MINUTES)
    old = await load_booking_for_actor(ctx, booking_id, actor)
    to = allowed_transition(old.state, "mark_late", actor).to_state
    if old.ends_at <= ctx.now:
        raise InvalidTransition(state=old.state, action="mark_late")
    late = await update_booking(ctx, old, "mark_late", actor, to=to, late_minutes=minutes)
    skip = actor.id if actor.kind == "staff" else None
    await notifications.notify_staff(ctx, late, "late", skip=skip, minutes=minutes)
    return late


@retry_on_conflict
async def confirm_attendance(ctx: Context, booking_id: int, *, actor: Actor) -> Booking:
    """Record that the customer confirmed attendance; later reminders do not ask again.

    Raise InvalidTransition unless the booking is confirmed and has not begun.
    """
    old = await load_booking_for_actor(ctx, booking_id, actor)
    to = allowed_transition(old.state, "will_come", actor).to_state
    if old.starts_at <= ctx.now:
        raise InvalidTransition(state=old.state, action="will_come")
    if old.customer_confirmed_at is not None:
        return old
    sure = await update_booking(ctx, old, "will_come", actor, to=to, customer_confirmed_at=ctx.now)
    await reword_reminders(ctx, sure)
    return sure


def is_changeable(booking: Booking, known: Catalog, now: datetime) -> bool:
    """Return whether the customer may still move or cancel a booking (`ensure_changeable`)."""
    cutoff = timedelta(minutes=cutoff_minutes(booking, known))
    return booking.state in OPEN_STATES and now < booking.starts_at - cutoff


def ensure_changeable(booking: Booking, known: Catalog, now: datetime) -> None:
    """Raise unless the customer may still move or cancel a booking.

    Raise CutoffPassed (`minutes`, the shop's `phone`) from the shop's cutoff on and once it has
    begun; InvalidTransition for a booking that is over or only held.
    """
    if booking.state not in OPEN_STATES:
        raise InvalidTransition(state=booking.state, action="change")
    minutes = cutoff_minutes(booking, known)
    if now >= booking.starts_at - timedelta(minutes=minutes):
        raise CutoffPassed(minutes=minutes, phone=known.shop.phone)
