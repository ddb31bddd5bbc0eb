"""What the staff do: book for customers, decide on requests, and say how a visit went."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.bookings import notifications
from core.bookings.agenda import COMING, agenda
from core.bookings.booking import Booking, Key, again, change, read, require_staff, works_at
from core.bookings.claims import free, in_the_way, look, recheck, secure
from core.bookings.create import For, content_of, make, met_before, slot_of
from core.bookings.reminders import schedule
from core.bookings.transitions import NEW, Actor, step
from core.catalog.entities import Slot
from core.db.context import Context
from core.db.tables import booking_events, customers
from core.errors import CustomerBlocked, Invalid, NotAllowed, NotFound, WrongState
from core.messaging.messages import Say
from core.scheduling import availability
from core.scheduling.opening_hours import remove_time_off
from core.values import validators

_TEXT = validators.text(1000)
_NAME = validators.text(100, 2)


# ------------------------------------------------------------------------------------ for customers


@again
async def book_for(
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
) -> Booking:
    """Book a slot for a customer, confirmed at once, and tell them.

    Notice, horizon, grid, pause and the number of open bookings do not bind the staff; hours,
    other bookings and a customer's block do. Raises SlotTaken or NotOffered with alternatives,
    OfferChanged, CustomerBlocked, NotAllowed, NotFound.
    """
    step(NEW, "book_for", actor)
    columns = _columns(origin, anyone, attendee, purpose, note, conversation_id)
    content = Key.of(key, "book_for", content_of(slot), columns, customer_id)
    whom = await _customer(ctx, slot.shop_id, customer_id, actor)
    known, taken = await secure(ctx, slot)
    seen = await look(ctx, slot.shop_id, key=key)
    await met_before(ctx, seen, content)
    await recheck(ctx, known, slot, staff=True)
    booked = await make(
        ctx,
        slot,
        known,
        taken,
        seen,
        action="book_for",
        actor=actor,
        key=content,
        whom=whom,
        made_by=str(actor),
        **columns,
    )
    await schedule.plan(ctx, booked, known)
    await notifications.tell(ctx, booked, "confirmed")
    return booked


@again
async def squeeze_in(
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
) -> Booking:
    """Book a customer over what is there, outside hours too: the staff's deliberate overbooking.

    The history names the bookings it was put over (`over`).
    """
    step(NEW, "squeeze_in", actor)
    columns = _columns(origin, False, attendee, purpose, note, None)
    content = Key.of(key, "squeeze_in", content_of(slot), columns, customer_id)
    whom = await _customer(ctx, slot.shop_id, customer_id, actor)
    known, taken = await secure(ctx, slot)
    seen = await look(ctx, slot.shop_id, key=key)
    await met_before(ctx, seen, content)
    known.offering(slot.service_id, slot.provider_id)
    over = [
        row.booking_id
        for calendar in taken
        for row in await in_the_way(ctx, calendar, slot.starts_at, slot.ends_at)
        if row.booking_id is not None and row.shop_id == slot.shop_id
    ]
    booked = await make(
        ctx,
        slot,
        known,
        taken,
        seen,
        action="squeeze_in",
        actor=actor,
        key=content,
        whom=whom,
        made_by=str(actor),
        squeezed=True,
        details={"over": sorted(set(over))},
        **columns,
    )
    await schedule.plan(ctx, booked, known)
    await notifications.tell(ctx, booked, "confirmed")
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
        "attendee": _NAME("attendee", attendee) if attendee.strip() else "",
        "purpose": _TEXT("purpose", purpose),
        "note": _TEXT("note", note),
        "conversation_id": conversation_id,
    }


async def _customer(ctx: Context, shop_id: int, customer_id: int, actor: Actor) -> For:
    """Return a customer of the shop, and check in the same statement that the actor works there."""
    works = works_at(sa.literal(shop_id), sa.literal(actor.id))
    row = await ctx.first(
        sa.select(customers, works).where(
            customers.c.id == customer_id, customers.c.shop_id == shop_id
        )
    )
    if row is None:
        raise NotFound(customer=customer_id)
    if actor.kind != "system" and not row[-1]:
        raise NotAllowed(shop=shop_id, actor=actor.kind)
    if row.blocked:
        raise CustomerBlocked(shop=shop_id)
    return For(row.id, row.name, row.phone, row.user_id)


# ------------------------------------------------------------------------------------ requests


@again
async def confirm(
    ctx: Context, booking_id: int, *, actor: Actor, starts: int | None = None
) -> Booking:
    """Approve a request; the customer hears of it, and so do the others who could have.

    The offer is checked again: NotOffered when hours or the service changed meanwhile. The first
    to decide wins; the second gets WrongState with `state` and `by` whom. `starts` is the start (in
    epoch seconds) that was shown: a request moved since is not decided on, WrongState too.
    """
    asked = await _undecided(ctx, booking_id, "confirm", actor, starts)
    slot = slot_of(asked)
    known, _ = await secure(ctx, slot)
    await availability.check(ctx, known, slot, ignore_booking=asked.id, staff=True)
    decided = await change(ctx, asked, "confirm", actor, to="confirmed")
    await schedule.plan(ctx, decided, known)
    await notifications.tell(ctx, decided, "confirmed")
    await _tell_the_others(ctx, decided, actor)
    return decided


@again
async def decline(
    ctx: Context, booking_id: int, *, actor: Actor, reason: str = "", starts: int | None = None
) -> Booking:
    """Decline a request and free its time; told and raced as `confirm`, and bound to `starts`."""
    reason = _TEXT("reason", reason)
    asked = await _undecided(ctx, booking_id, "decline", actor, starts)
    decided = await change(ctx, asked, "decline", actor, to="declined", reason=reason)
    await free(ctx, [asked])
    await notifications.tell(ctx, decided, "declined", reason=reason)
    await _tell_the_others(ctx, decided, actor)
    return decided


async def _tell_the_others(ctx: Context, decided: Booking, actor: Actor) -> None:
    state = Say(f"state.{decided.state}")
    await notifications.alert(
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
    """Return a request as it was shown, not decided on yet, whose start has not come."""
    asked = await read(ctx, booking_id, actor)
    if asked.state == "pending" and asked.starts_at <= ctx.now:
        raise WrongState(state="expired", action=action, by="")
    try:
        step(asked.state, action, actor)
    except WrongState:
        last = await ctx.first(
            sa.select(booking_events.c.details)
            .where(booking_events.c.booking_id == asked.id)
            .order_by(booking_events.c.id.desc())
        )
        by = last.details.get("by", "") if last else ""
        raise WrongState(state=asked.state, action=action, by=by) from None
    if starts is not None and int(asked.starts_at.timestamp()) != starts:
        raise WrongState(state=asked.state, action=action, by="", moved=True)
    return asked


# ------------------------------------------------------------------------------------ the visit


async def start(ctx: Context, booking_id: int, *, actor: Actor) -> Booking:
    """Note that the visit began, early or late."""
    return await _visit(ctx, booking_id, "start", actor)


async def complete(ctx: Context, booking_id: int, *, actor: Actor) -> Booking:
    """Note that the visit is done; what is left of its time is free."""
    return await _visit(ctx, booking_id, "complete", actor)


async def mark_no_show(ctx: Context, booking_id: int, *, actor: Actor) -> Booking:
    """Note that nobody came, once the start is past; what is left of its time is free."""
    return await _visit(ctx, booking_id, "mark_no_show", actor)


async def correct(ctx: Context, booking_id: int, *, actor: Actor) -> Booking:
    """Take a mistake back: done ↔ no-show, or a visit begun by mistake to confirmed."""
    return await _visit(ctx, booking_id, "correct", actor)


PAYMENTS = ("unpaid", "paid", "refunded")


@again
async def set_payment(ctx: Context, booking_id: int, status: str, *, actor: Actor) -> Booking:
    """Note that a booking is unpaid, paid or refunded; Invalid for any other word."""
    if status not in PAYMENTS:
        raise Invalid(field="payment_status", reason="one of " + ", ".join(PAYMENTS))
    old = await read(ctx, booking_id, actor)
    if old.payment_status == status:
        return old
    return await change(ctx, old, f"mark_{status}", actor, to=old.state, payment_status=status)


@again
async def set_note(ctx: Context, booking_id: int, note: str, *, actor: Actor) -> Booking:
    """Set the shop's note of a booking, which its customer does not see."""
    note = _TEXT("note", note)
    old = await read(ctx, booking_id, actor)
    return await change(ctx, old, "note", actor, to=old.state, note=note)


@again
async def _visit(ctx: Context, booking_id: int, action: str, actor: Actor) -> Booking:
    old = await read(ctx, booking_id, actor)
    to = step(old.state, action, actor, begun=old.starts_at <= ctx.now).to
    new = await change(ctx, old, action, actor, to=to)
    if new.takes_time != old.takes_time:
        await free(ctx, [old])
    if old.state == "confirmed" and to in {"completed", "no_show"} and old.ends_at <= ctx.now:
        await notifications.noted(ctx, new, actor)  # they were asked once it was over
    if action != "complete":  # then all but the thanks has gone, and these stay
        await schedule.again(ctx, new, f"the booking is {new.state}")
    return new


LATEST = 240
"""Minutes; a longer delay is a block."""


async def run_late(
    ctx: Context,
    shop_id: int,
    minutes: int,
    end: datetime,
    *,
    actor: Actor,
    provider_ids: Collection[int] | None = None,
) -> list[Booking]:
    """Tell everybody who comes from now until `end` that it takes `minutes` longer; return them.

    Nothing is moved: they are told, and may move it themselves.
    """
    if not 1 <= minutes <= LATEST:
        raise Invalid(field="minutes", reason="range", least=1, most=LATEST)
    await require_staff(ctx, shop_id, actor)
    coming = await agenda(ctx, shop_id, ctx.now, end, provider_ids=provider_ids, states=COMING)
    told = [one for one in coming if one.starts_at > ctx.now]
    for one in told:
        await notifications.tell(ctx, one, "behind", minutes=minutes)
    return told


async def give_back(ctx: Context, shop_id: int, time_off_id: int, *, actor: Actor) -> None:
    """Put time that was taken off back on offer."""
    await require_staff(ctx, shop_id, actor)
    await remove_time_off(ctx, shop_id, time_off_id)
