"""What customers do with bookings: hold, book, move, cancel – and the door to all other verbs.

One rule stands above all: a booking is made or moved only under the locks of the calendars it
takes, after the offer itself was checked again under them (`core.bookings.claims`). What may follow what is
one table (`core.bookings.transitions`). The staff's verbs are in `core.bookings.staff_actions`, sessions and blocks in
`core.bookings.blocks`; callers find everything here.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from core.bookings import notifications
from core.bookings.booking import Booking, Key, again, change, get, read
from core.bookings.claims import UNPROVED, end, free, look, recheck, secure, take
from core.bookings.create import For, content_of, make, met_before, named, slot_of, snapshot, timing
from core.bookings.eligibility import booker, with_hold
from core.bookings.reminders import schedule
from core.bookings.transitions import OPEN, SYSTEM, Actor, step
from core.catalog.entities import Catalog, Slot
from core.catalog.loader import catalog
from core.db.context import Context
from core.db.tables import claims, users
from core.errors import Invalid, ShopPaused, TooLate, TooManyHolds, WrongState
from core.scheduling import availability
from core.values import validators

LATEST = 240
"""Minutes; whoever is later than this is not late."""

_TEXT = validators.text(1000)
_NAME = validators.text(100, 2)


def attendee_name(name: str) -> str:
    """Return an attendee's name as it is kept, "" for the customer themself; else Invalid."""
    return _NAME("attendee", name) if name.strip() else ""


# ------------------------------------------------------------------------------------ hold and book


@again
async def hold(
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
    """Keep a slot for a few minutes (`shops.hold_minutes`), for whoever talks there.

    What the conversation held before is let go in the same step. `anyone` says that no provider was
    asked for. Without a verified `user_id` it counts to the shop's budget of unproved holds.
    Raises SlotTaken or NotOffered with alternatives, OfferChanged for another price or length,
    TooManyHolds, ShopPaused, and for a user NotVerified, CustomerBlocked, TooManyOpen.
    """
    columns: dict[str, Any] = {
        "attendee": attendee_name(attendee),
        "purpose": _TEXT("purpose", purpose),
        "anyone": anyone,
    }
    content = Key.of(key, "hold", content_of(slot), columns, conversation_id, user_id)
    who = None if user_id is None else await booker(ctx, slot.shop_id, user_id)
    known, taken = await secure(ctx, slot, shop=who is None)
    seen = await look(ctx, slot.shop_id, key=key, conversation_id=conversation_id)
    await met_before(ctx, seen, content)
    if who is not None:
        who.check(known.shop)
    elif seen.unproved >= known.shop.held_budget:
        raise TooManyHolds(limit=known.shop.held_budget)
    own = seen.own[0].id if seen.own else None
    await recheck(ctx, known, slot, ignore=own)
    actor = Actor("customer", user_id)
    return await make(
        ctx,
        slot,
        known,
        taken,
        seen,
        action="hold",
        actor=actor,
        key=content,
        whom=For() if who is None else who.as_customer(),
        made_by=f"{UNPROVED}{conversation_id or ''}" if who is None else str(actor),
        held_until=ctx.now + timedelta(minutes=known.shop.hold_minutes),
        conversation_id=conversation_id,
        origin=origin,
        **columns,
    )


@again
async def book(
    ctx: Context,
    booking_id: int,
    *,
    user_id: int,
    key: str,
    name: str = "",
    attendee: str = "",
    note: str = "",
) -> Booking:
    """Make a hold a booking of a verified user: confirmed, or pending where the shop approves.

    `name` is for the shop's customer row, should it be their first booking there. What was held
    is given at the price it was held at. A hold that ran out is taken anew if its time is still
    on offer. Raises what `hold` does, and WrongState for what is booked or gone.
    """
    columns: dict[str, Any] = {"note": _TEXT("note", note)}
    if attendee := attendee_name(attendee):
        columns["attendee"] = attendee
    content = Key.of(key, "book", user_id, columns)
    await ctx.lock(users, [user_id])
    held, who = await with_hold(ctx, booking_id, user_id, content)
    actor = Actor("customer", user_id, name or who.user_name)
    step(held.state, "book", actor)
    slot = slot_of(held)
    known, taken = await secure(ctx, slot)
    who.check(known.shop)
    if known.shop.paused:
        raise ShopPaused(shop=known.shop.id)
    alive = held.state == "held" and held.held_until is not None and held.held_until > ctx.now
    if alive and slot.starts_at > ctx.now:
        # Notice, horizon and grid were kept when it was held, some minutes ago.
        await availability.check(ctx, known, slot, ignore_booking=held.id, staff=True)
    else:
        await recheck(ctx, known, slot, ignore=held.id)
    whom = await who.become_customer(ctx, known.shop, name)
    asks = known.offering(slot.service_id, slot.provider_id).rules.needs_approval
    action = "request" if asks else "book"
    columns |= {
        "customer_id": whom.customer_id,
        "held_until": None,
        "made_by": str(actor),
        "snapshot": {**held.snapshot, "customer": whom.name, "phone": whom.phone},
    }
    to = step(held.state, action, actor).to
    if alive:
        booked = await change(ctx, held, action, actor, to=to, key=content, **columns)
        if held.session_id is None:
            kept = claims.update().where(claims.c.booking_id == held.id).values(held_until=None)
            await ctx.execute(kept)
    else:
        async with ctx.connection.begin_nested():
            booked = await change(ctx, held, action, actor, to=to, key=content, **columns)
            await free(ctx, [held])
            await take(ctx, held.id, slot, known, taken)
    booked = named(booked, whom)
    if not asks:
        await schedule.plan(ctx, booked, known)
    await notifications.alert(ctx, booked, "approve" if asks else "new")
    return booked


async def release(ctx: Context, booking_id: int) -> Booking:
    """Give up a hold; one that ran out already is as good."""
    held = await get(ctx, booking_id)
    if held.state != "expired":
        step(held.state, "release", SYSTEM)
        await end(ctx, [held], "release")
    return await get(ctx, booking_id)


# ------------------------------------------------------------------------------------ change


@again
async def move(ctx: Context, booking_id: int, slot: Slot, *, actor: Actor, key: str) -> Booking:
    """Move a booking to another slot of its service, with another provider if it says so.

    The new time is taken and the old one freed in one step; whatever is raised, the old stands.
    A customer's move asks again where the shop approves, and is bound to the shop's deadline
    (TooLate, `minutes`). Staff need not keep to notice, horizon and grid. Else raises as `hold`.
    """
    content = Key.of(key, "move", content_of(slot))
    old = await read(ctx, booking_id, actor, content)
    if (slot.shop_id, slot.service_id) != (old.shop_id, old.service_id):
        raise Invalid(field="slot", reason="service")
    step(old.state, "move", actor)
    known, taken = await secure(ctx, slot, old=slot_of(old))
    by_staff = actor.kind != "customer"
    if not by_staff:
        check_may_change(old, known, ctx.now)
    if content_of(slot_of(old)) == content_of(slot):
        return old
    offering = await recheck(ctx, known, slot, ignore=old.id, staff=by_staff)
    asks = offering.rules.needs_approval and not by_staff
    action = "request" if asks else "move"
    whom = For(old.customer_id, old.customer_name, old.snapshot["phone"], old.user_id)
    async with ctx.connection.begin_nested():
        moved = await change(
            ctx,
            old,
            action,
            actor,
            to=step(old.state, action, actor).to,
            key=content,
            details={"from": int(old.starts_at.timestamp()), "provider": old.provider_id},
            **timing(known, slot),
            snapshot=snapshot(known, slot, whom),
            squeezed=False,
            late_minutes=None,
            customer_confirmed_at=None,
        )
        await free(ctx, [old])
        await take(ctx, old.id, slot, known, taken)
    await schedule.again(ctx, moved, "moved", known)
    if asks:
        await notifications.alert(ctx, moved, "approve", was=old.when)
    else:
        await notifications.changed(ctx, moved, "moved", actor, was=old.when)
    return moved


@again
async def cancel(
    ctx: Context, booking_id: int, *, actor: Actor, reason: str = "", key: str | None = None
) -> Booking:
    """Cancel a booking and free its time; the other side is told.

    Customers are bound to the shop's deadline (TooLate, `minutes`), staff are not.
    """
    reason = _TEXT("reason", reason)
    content = Key.of(key, "cancel", reason) if key else None
    old = await read(ctx, booking_id, actor, content)
    to = step(old.state, "cancel", actor).to
    if actor.kind == "customer":
        check_may_change(old, await catalog(ctx, old.shop_id), ctx.now)
    gone = await change(ctx, old, "cancel", actor, to=to, key=content, reason=reason)
    await free(ctx, [old])
    await schedule.drop(ctx, gone, "cancelled")
    await notifications.changed(ctx, gone, "cancelled", actor, reason=reason)
    return gone


@again
async def mark_late(ctx: Context, booking_id: int, minutes: int, *, actor: Actor) -> Booking:
    """Note that the customer will be late by so many minutes (1–240), and tell the shop."""
    if not 1 <= minutes <= LATEST:
        raise Invalid(field="minutes", reason="range", least=1, most=LATEST)
    old = await read(ctx, booking_id, actor)
    to = step(old.state, "mark_late", actor).to
    if old.ends_at <= ctx.now:
        raise WrongState(state=old.state, action="mark_late")
    late = await change(ctx, old, "mark_late", actor, to=to, late_minutes=minutes)
    skip = actor.id if actor.kind == "staff" else None
    await notifications.alert(ctx, late, "late", skip=skip, minutes=minutes)
    return late


@again
async def will_come(ctx: Context, booking_id: int, *, actor: Actor) -> Booking:
    """Note that the customer says they come; reminders yet to go do not ask again.

    WrongState for what is not confirmed (any more) or has begun.
    """
    old = await read(ctx, booking_id, actor)
    to = step(old.state, "will_come", actor).to
    if old.starts_at <= ctx.now:
        raise WrongState(state=old.state, action="will_come")
    if old.customer_confirmed_at is not None:
        return old
    sure = await change(ctx, old, "will_come", actor, to=to, customer_confirmed_at=ctx.now)
    await schedule.reword(ctx, sure)
    return sure


def check_may_change(booking: Booking, known: Catalog, now: datetime) -> None:
    """Raise unless its customer may still move or cancel a booking.

    TooLate (`minutes`) from the shop's deadline on, at the latest once it has begun; WrongState
    for what is done, gone or only held.
    """
    if booking.state not in OPEN:
        raise WrongState(state=booking.state, action="change")
    offering = known.offerings.get((booking.service_id, booking.provider_id))
    rules = known.shop.rules if offering is None else offering.rules
    if now >= booking.starts_at - timedelta(minutes=rules.cutoff_minutes):
        raise TooLate(minutes=rules.cutoff_minutes)
