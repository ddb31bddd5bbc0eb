"""Proposals of another time, held beside the booked one until the customer answers.

A proposed time is a claim of the same booking with `held_until`. So moving the booking ignores it,
ending the booking releases it, and once overdue it no longer counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from core.bookings.booking import (
    Booking,
    IdempotencyKey,
    list_bookings,
    load_booking_for_actor,
    retry_on_conflict,
    update_booking,
)
from core.bookings.claims import (
    claim_time,
    insert_claims,
    lock_calendars,
    release_holds_in_way,
    release_time,
)
from core.bookings.create import slot_identity, slot_of
from core.bookings.notifications import notify_staff
from core.bookings.terms import booked_terms, moved_columns
from core.bookings.transitions import OPEN_STATES, Actor
from core.catalog.entities import Catalog, Slot
from core.db.context import Context
from core.db.tables import bookings, claims
from core.errors import InvalidTransition, InvalidValue, SlotTaken
from core.messaging.decisions import Decision
from core.messaging.messages import Say, When
from core.messaging.outbox.enqueue import enqueue_prompt
from core.scheduling import availability
from core.scheduling.asker import Asker

PROPOSAL_LIFETIME = timedelta(hours=24)
"""The longest a proposed time is held; never past the start of either."""


@retry_on_conflict
async def propose_time(ctx: Context, booking_id: int, slot: Slot, *, actor: Actor) -> Booking:
    """Hold another time for a booking and ask its customer; the booked time stays claimed.

    An earlier proposal is withdrawn. Raise SlotTaken, NotOffered, InvalidTransition for a booking
    that is not upcoming, and InvalidValue for a seat in a session and for the time already booked.
    """
    old = await load_booking_for_actor(ctx, booking_id, actor)
    if old.state not in OPEN_STATES:
        raise InvalidTransition(state=old.state, action="propose")
    if old.session_id is not None or slot.session_id is not None:
        raise InvalidValue(field="slot", reason="session")
    if (slot.shop_id, slot.service_id) != (old.shop_id, old.service_id):
        raise InvalidValue(field="slot", reason="service")
    if (slot.starts_at, slot.provider_id) == (old.starts_at, old.provider_id):
        raise InvalidValue(field="starts_at", reason="booked")
    # The shop asks, so the terms stay as they are, with whomever.
    slot = booked_terms(old).applied_to(slot)
    known, taken = await lock_calendars(ctx, slot, current_slot=slot_of(old))
    await withdraw_proposal(ctx, old.id)
    await availability.ensure_available(ctx, known, slot, asker=Asker(old.id), staff=True)
    until = min(ctx.now + PROPOSAL_LIFETIME, slot.starts_at, max(old.starts_at, ctx.now))
    if until <= ctx.now:
        raise InvalidTransition(state=old.state, action="propose")
    if not await insert_claims(ctx, await _beside(ctx, known, taken, old, slot, until)):
        raise SlotTaken(reason="taken")
    await _ask(ctx, known, old, slot, until)
    details = {"to": int(slot.starts_at.timestamp()), "provider": slot.provider_id}
    return await update_booking(ctx, old, "propose", actor, to=old.state, details=details)


@retry_on_conflict
async def accept_proposal(
    ctx: Context,
    booking_id: int,
    slot: Slot,
    *,
    expected_start_s: int,
    user_id: int,
    key: str,
    conversation_id: int | None = None,
) -> Booking:
    """Move this user's booking to the proposed time they accepted, and notify the shop.

    Approval and cutoff do not apply, because the shop asked. If the proposal expired, its time may
    be gone: SlotTaken or NotOffered, and the booking stays. `expected_start_s` is the booked start
    (epoch seconds) when the proposal was made: InvalidTransition if the booking has moved since.
    """
    content = IdempotencyKey.of(key, "accept", slot_identity(slot))
    actor = Actor("customer", user_id)
    old = await load_booking_for_actor(ctx, booking_id, actor, content)
    if old.state not in OPEN_STATES or int(old.starts_at.timestamp()) != expected_start_s:
        raise InvalidTransition(state=old.state, action="accept")
    slot = booked_terms(old).applied_to(slot)
    known, taken = await lock_calendars(ctx, slot, current_slot=slot_of(old))
    asker = Asker(old.id, conversation_id)
    await availability.ensure_available(ctx, known, slot, asker=asker, staff=True)
    async with ctx.connection.begin_nested():
        moved = await update_booking(
            ctx,
            old,
            "accept",
            actor,
            to="confirmed",
            key=content,
            details={"from": int(old.starts_at.timestamp()), "provider": old.provider_id},
            **moved_columns(known, old, slot),
        )
        await release_time(ctx, [old])
        await release_holds_in_way(ctx, slot, known, taken, conversation_id, actor)
        await claim_time(ctx, old.id, slot, known, taken)
    await notify_staff(ctx, moved, "moved", was=old.local_start)
    return moved


async def withdraw_proposal(ctx: Context, booking_id: int) -> None:
    """Release the time proposed for a booking, if any."""
    mine = claims.c.booking_id == booking_id, claims.c.held_until.is_not(None)
    await ctx.execute(claims.delete().where(*mine, _NOT_A_HOLD))


async def expire_proposals(ctx: Context, *, limit: int = 100) -> int:
    """Expire unanswered proposals and notify the shop; return how many bookings had one."""
    due = sa.select(claims.c.booking_id).where(claims.c.held_until <= ctx.now, _NOT_A_HOLD)
    ids = list((await ctx.execute(due.distinct().limit(limit))).scalars())
    if not ids:
        return 0
    over = claims.c.booking_id.in_(ids), claims.c.held_until <= ctx.now
    gone = await ctx.execute(claims.delete().where(*over).returning(claims.c.booking_id))
    for one in await list_bookings(ctx, bookings.c.id.in_(set(gone.scalars()))):
        if one.state in OPEN_STATES:
            await notify_staff(ctx, one, "lapsed")
    return len(ids)


_NOT_A_HOLD = claims.c.booking_id.in_(
    sa.select(bookings.c.id).where(bookings.c.state.in_(OPEN_STATES))
)


async def _ask(ctx: Context, known: Catalog, old: Booking, slot: Slot, until: datetime) -> None:
    times = {
        "shop": known.shop.name,
        "was": old.local_start,
        "when": When(slot.starts_at, known.shop.timezone),
    }
    sold = {
        "service": str(old.snapshot["service"]),
        "by": str(old.snapshot["provider"]),
        "provider": known.provider(slot.provider_id).display_name,
    }
    # The provider is named only if the start is the same, since it is what differs.
    same = slot.starts_at == old.starts_at
    discreetly = Say(f"tell.proposal.{'somebody' if same else 'discreet'}", times)
    await enqueue_prompt(
        ctx,
        Say("tell.proposal", {**times, **sold}),
        discreetly=discreetly,
        booking=old,
        kind="proposal",
        decision=Decision(
            "proposal",
            ("accept", "other", "cancel"),
            {
                "booking": old.id,
                "slot": slot.to_json(),
                "was": int(old.starts_at.timestamp()),
            },
            until,
        ),
    )


async def _beside(
    ctx: Context,
    known: Catalog,
    taken: Sequence[int],
    old: Booking,
    slot: Slot,
    until: datetime,
) -> list[dict[str, object]]:
    """Return the claims for a slot, less what the booking already claims on the same calendars."""
    rules = known.offering(slot.service_id, slot.provider_id).rules
    own = await ctx.execute(
        sa.select(claims.c.calendar_id).where(
            claims.c.booking_id == old.id, claims.c.held_until.is_(None)
        )
    )
    shared = set(own.scalars())
    rows: list[dict[str, object]] = []
    for calendar in taken:
        spans = [(slot.starts_at, slot.ends_at)]
        if calendar in shared:
            spans = [
                (slot.starts_at, min(slot.ends_at, old.starts_at)),
                (max(slot.starts_at, old.ends_at), slot.ends_at),
            ]
        rows += [
            {
                "shop_id": slot.shop_id,
                "calendar_id": calendar,
                "booking_id": old.id,
                "busy_from": begins,
                "busy_until": ends,
                "gap_before": rules.gap_before_minutes,
                "gap_after": rules.gap_after_minutes,
                "held_until": until,
            }
            for begins, ends in spans
            if begins < ends
        ]
    return rows
