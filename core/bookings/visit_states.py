"""How a visit went: begun, completed, nobody came, and the correction of a mistake."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta

import sqlalchemy as sa

from core.bookings import notifications
from core.bookings.booking import (
    Booking,
    correction_facts,
    load_booking_for_actor,
    retry_on_conflict,
    update_booking,
)
from core.bookings.claims import claim_time, lock_calendars, release_time
from core.bookings.create import slot_of
from core.bookings.reminders.schedule import reschedule_reminders
from core.bookings.transitions import LIVE_STATES, Actor, allowed_transition
from core.db.context import Context
from core.db.tables import booking_events
from core.values.change import check_value
from core.values.field_types import LongText

EARLY_START = timedelta(minutes=30)
"""How long before its start a visit may begin; it is never completed before the start."""


async def mark_started(ctx: Context, booking_id: int, *, actor: Actor) -> Booking:
    """Record that the visit began: at its start, up to `EARLY_START` before it, or late."""
    return await _visit(ctx, booking_id, "start", actor)


async def mark_completed(
    ctx: Context, booking_id: int, *, actor: Actor, reason: str = ""
) -> Booking:
    """Record that the visit is completed; release the rest of its time.

    In place of a no-show that is over it is a correction: ReasonNeeded.
    """
    return await _visit(ctx, booking_id, "complete", actor, reason)


async def mark_no_show(ctx: Context, booking_id: int, *, actor: Actor, reason: str = "") -> Booking:
    """Record a no-show, once the start has passed; release the rest of its time.

    In place of a completed visit that is over it is a correction: ReasonNeeded.
    """
    return await _visit(ctx, booking_id, "mark_no_show", actor, reason)


async def undo_outcome(ctx: Context, booking_id: int, *, actor: Actor, reason: str = "") -> Booking:
    """Take back a visit's outcome or beginning: the booking is again what it was before.

    Its time is claimed again: SlotTaken if somebody has the rest of it by now. Once the visit is
    over it needs a `reason` (ReasonNeeded).
    """
    return await _visit(ctx, booking_id, "correct", actor, reason)


@retry_on_conflict
async def _visit(
    ctx: Context, booking_id: int, action: str, actor: Actor, reason: str = ""
) -> Booking:
    old = await load_booking_for_actor(ctx, booking_id, actor)
    early = EARLY_START if action == "start" else timedelta()
    begun = old.starts_at - early <= ctx.now
    to = allowed_transition(old.state, action, actor, begun=begun).to_state
    if action == "correct" and old.state != "in_progress":
        to = await _state_before_outcome(ctx, old) or to
    facts = {}
    if old.state in _OUTCOMES or action == "correct":
        reason = check_value(LongText, "reason", reason)
        facts = correction_facts(old, actor, reason, ctx.now)
    async with ctx.connection.begin_nested() if to in LIVE_STATES else nullcontext():
        new = await update_booking(ctx, old, action, actor, to=to, details=facts)
        if new.takes_time and not old.takes_time:
            await _claim_again(ctx, new)
    if old.takes_time and not new.takes_time:
        await release_time(ctx, [old])
    if old.state == "confirmed" and to in _OUTCOMES and old.ends_at <= ctx.now:
        await notifications.show_outcome(ctx, new, actor)  # staff were asked once it was over
    # all but the follow-up has been sent already, and that stays scheduled
    if action != "complete":
        await reschedule_reminders(ctx, new, f"the booking is {new.state}")
    return new


_OUTCOMES = ("completed", "no_show")


async def _state_before_outcome(ctx: Context, booking: Booking) -> str | None:
    """Return the state in which a booking got its outcome, as the history has it."""
    events = booking_events
    found: str | None = await ctx.scalar(
        sa.select(events.c.from_state)
        .where(
            events.c.booking_id == booking.id,
            events.c.to_state == booking.state,
            events.c.action.in_(("complete", "mark_no_show")),
        )
        .order_by(events.c.id.desc())
        .limit(1)
    )
    return found


async def _claim_again(ctx: Context, booking: Booking) -> None:
    """Claim the time of a visit that is not over after all; what is past no longer collides."""
    slot = slot_of(booking)
    known, taken = await lock_calendars(ctx, slot)
    over = booking.ends_at <= ctx.now
    await claim_time(ctx, booking.id, slot, known, taken, overbooked=over or booking.overbooked)
