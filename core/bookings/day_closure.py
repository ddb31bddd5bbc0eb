"""Closing a day: what happens to the bookings that a block or an absence affects.

Staff decide on each booking in chat; the API closes a whole day at once. Either way no booking is
cancelled without an answer, nor moved if its customer cannot be notified.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from core.bookings import agenda, customer_actions, reschedule_proposals
from core.bookings.booking import Booking, require_staff
from core.bookings.terms import agreed_terms
from core.bookings.transitions import Actor
from core.catalog.entities import Catalog, Slot
from core.catalog.loader import load_catalog
from core.db.context import Context, Told
from core.errors import BookingError, InvalidValue
from core.localtime import zones
from core.messaging.outbox.customer_reach import is_reachable
from core.scheduling import availability, opening_hours
from core.scheduling.asker import Asker

SEARCH_AHEAD = timedelta(days=14)
"""How far ahead alternatives are searched."""

ClosureDecision = Slot | Literal["leave", "drop"]
ClosureOutcome = Literal[
    "asked", "moved", "moved_alone", "dropped", "dropped_alone", "left", "left_alone", "taken"
]
"""What became of a booking; `_alone`: its customer cannot be notified by a message."""


@dataclass(frozen=True, slots=True)
class AffectedBooking:
    """A booking affected by the closure, what became of it, and the proposed slot."""

    booking: Booking
    outcome: ClosureOutcome
    proposed_slot: Slot | None


async def alternatives_for(
    ctx: Context, known: Catalog, one: Booking, *, scope: Collection[int] | None = None
) -> list[Slot]:
    """Return up to three alternatives: the same time with another provider, then nearby times.

    Only providers in `scope`, plus any who is free at the very same time. None for a seat in a
    session.
    """
    if one.session_id is not None:
        return []

    terms = await agreed_terms(ctx, one, always=True)

    async def find(start: datetime, end: datetime, provider: int | None, limit: int) -> list[Slot]:
        return await availability.find_slots_by_provider(
            ctx, known, one.service_id, provider_id=provider, start=start, end=end,
            asker=Asker(one.id, terms=terms), limit=limit,
        )  # fmt: skip

    same = await find(one.starts_at, one.starts_at + timedelta(minutes=1), None, 10)
    others = [slot for slot in same if slot.provider_id != one.provider_id]
    later = await find(ctx.now, one.starts_at + SEARCH_AHEAD, one.provider_id, 200)
    later = [s for s in later if s.starts_at != one.starts_at]
    later.sort(key=lambda s: abs(s.starts_at - one.starts_at))
    chosen = [*others[:1], *later[:2]]
    return [s for s in chosen if scope is None or s.provider_id in scope or s in others][:3]


def moves_without_asking(known: Catalog, one: Booking, slot: Slot) -> bool:
    """Return whether the shop may move it without asking: any provider, and the same time."""
    return one.anyone and known.shop.may_change_provider and slot.starts_at == one.starts_at


async def apply_decision(
    ctx: Context, known: Catalog, one: Booking, choice: ClosureDecision, *, actor: Actor, key: str
) -> ClosureOutcome:
    """Apply staff's decision on an affected booking; return what became of it."""
    hears = await is_reachable(ctx, one)
    if choice == "leave":
        return "left" if hears else "left_alone"
    if choice == "drop":
        await customer_actions.cancel_booking(ctx, one.id, actor=actor)
        return "dropped" if hears else "dropped_alone"
    try:
        if not hears or moves_without_asking(known, one, choice):
            await customer_actions.move_booking(
                ctx, one.id, choice, actor=actor, key=key, terms="keep"
            )
            return "moved" if hears else "moved_alone"
        await reschedule_proposals.propose_time(ctx, one.id, choice, actor=actor)
    except BookingError:
        # Taken a moment ago; the booking stays as it was.
        return "taken"
    return "asked"


async def close_day(
    ctx: Context,
    shop_id: int,
    this: date,
    *,
    provider_ids: Sequence[int],
    reason: str,
    actor: Actor,
    key: str,
) -> list[AffectedBooking]:
    """Close a local date for these providers and propose another time to everyone affected.

    Each booking stands until its customer answers. Raise InvalidValue for a date in the past.
    """
    await require_staff(ctx, shop_id, actor)
    zone = (await load_catalog(ctx, shop_id)).shop.timezone
    start, end = (datetime.fromtimestamp(bound, UTC) for bound in zones.day_bounds(this, zone))
    if end <= ctx.now:
        raise InvalidValue(field="day", reason="past")
    for provider_id in sorted(set(provider_ids)):
        await opening_hours.add_time_off(ctx, shop_id, provider_id, start, end, reason)
    # Read the catalog again, so that no proposal lies in the time just closed.
    known = await load_catalog(ctx, shop_id)
    those = await agenda.load_agenda(
        ctx,
        shop_id,
        max(start, ctx.now),
        end,
        provider_ids=provider_ids,
        states=agenda.UPCOMING_STATES,
    )
    hits = []
    for one in those:
        if one.starts_at <= ctx.now:
            continue
        found: list[Slot] = []
        if await is_reachable(ctx, one):
            found = await alternatives_for(ctx, known, one)
        choice: ClosureDecision = found[0] if found else "leave"
        done = await apply_decision(ctx, known, one, choice, actor=actor, key=f"{key}:{one.id}")
        if done == "left_alone":
            ctx.told.append(Told("customer", "", "unreachable", one.id))
        hits.append(AffectedBooking(one, done, found[0] if found else None))
    return hits
