"""The terms of a booking: kept by a move, changed openly by the shop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

from core.bookings import notifications
from core.bookings.booking import (
    Booking,
    correction_facts,
    load_booking_for_actor,
    retry_on_conflict,
    update_booking,
)
from core.bookings.claims import (
    claim_time,
    load_session_terms,
    lock_calendars,
    release_time,
)
from core.bookings.create import slot_of, time_columns
from core.bookings.reminders.schedule import reschedule_reminders
from core.bookings.transitions import Actor
from core.catalog.entities import Catalog, Slot
from core.db.context import Context
from core.errors import InvalidTransition, InvalidValue, NotAllowed, OfferChanged, TermsDiffer
from core.messaging.messages import Money, Say
from core.scheduling import availability
from core.scheduling.agreed_terms import AgreedTerms, Terms, terms_of_slot
from core.scheduling.asker import Asker
from core.values.change import check_value
from core.values.field_types import DurationMinutes, LongText, MinorUnits

TermsChoice = Literal["keep", "new"]
"""Whether a move keeps the terms, or takes those of the other provider."""

CHANGEABLE_STATES = ("pending", "confirmed", "in_progress")
"""States in which the shop may set another length or price."""


async def agreed_terms(ctx: Context, booking: Booking, *, always: bool = False) -> AgreedTerms:
    """Return the terms of a booking, for the search of another time for it.

    `always`: they hold with every provider, since it is the shop that asks for the move.
    """
    own = None
    if booking.session_id is not None:
        own = (await load_session_terms(ctx, booking.session_id)).price_minor
    return AgreedTerms(
        booked_terms(booking), booking.service_id, booking.provider_id, own, always=always
    )


def booked_terms(booking: Booking) -> Terms:
    """Return the length and price a booking was made at."""
    return terms_of_slot(slot_of(booking))


async def slot_for_move(
    ctx: Context,
    known: Catalog,
    slot: Slot,
    terms: AgreedTerms,
    *,
    actor: Actor,
    choice: TermsChoice | None,
) -> Slot:
    """Return where a booking moves on the terms it has then: those agreed, unless said otherwise.

    Raise TermsDiffer (`agreed`, `new`) if the other provider or session has other terms and no
    choice was made. A customer cannot keep theirs then (NotAllowed). Raise OfferChanged if the
    terms chosen are no longer those of `slot`.
    """
    offering = known.offerings.get((slot.service_id, slot.provider_id))
    if offering is None:
        return slot  # refused with alternatives where the time is checked
    listed = None
    if slot.session_id is not None:
        row = await load_session_terms(ctx, slot.session_id)
        slot = replace(slot, ends_at=row.ends_at)
        price = offering.price_minor if row.price_minor is None else row.price_minor
        listed = Terms(slot.minutes, price, known.shop.currency)
    kept = replace(terms, always=True).with_offering(known, offering, listed)
    due = terms.with_offering(known, offering, listed)
    if due == kept or (choice == "keep" and actor.kind != "customer"):
        return kept.applied_to(slot)
    if choice is None:
        raise TermsDiffer(agreed=_facts(kept), new=_facts(due))
    if choice == "keep":
        raise NotAllowed(action="keep", actor=actor.kind)
    if terms_of_slot(slot) != due:
        raise OfferChanged(was=slot.minutes, now=due.minutes)
    return slot


def _facts(terms: Terms) -> dict[str, Any]:
    return {
        "minutes": terms.minutes,
        "price_minor": terms.price_minor,
        "currency": terms.currency,
    }


def terms_say(terms: Terms) -> Say:
    """Return terms for a message: "90 min, 90 EUR"."""
    if terms.price_minor is None:
        return Say("terms.unpriced", {"minutes": terms.minutes})
    price = Money(terms.price_minor, terms.currency)
    return Say("terms", {"minutes": terms.minutes, "price": price})


def moved_columns(known: Catalog, old: Booking, slot: Slot) -> dict[str, Any]:
    """Return the columns of a moved booking: what was sold stays, but for where and with whom."""
    provider = known.provider(slot.provider_id)
    snapshot = {
        **old.snapshot,
        "minutes": slot.minutes,
        "price_minor": slot.price_minor,
        "currency": slot.currency,
    }
    if slot.provider_id != old.provider_id:
        snapshot |= {
            "provider": provider.display_name,
            "title": provider.title,
            "speciality": provider.speciality,
        }
    return {
        **time_columns(known, slot),
        "currency": slot.currency,
        "snapshot": snapshot,
        "overbooked": False,
        "late_minutes": None,
        "customer_confirmed_at": None,
    }


def cutoff_minutes(booking: Booking, known: Catalog) -> int:
    """Return how long before its start a customer may change a booking, as it was agreed."""
    agreed = booking.snapshot.get("cutoff_minutes")
    if agreed is not None:
        return int(agreed)
    offering = known.offerings.get((booking.service_id, booking.provider_id))
    return (known.shop.rules if offering is None else offering.rules).cutoff_minutes


@retry_on_conflict
async def set_terms(
    ctx: Context,
    booking_id: int,
    *,
    actor: Actor,
    changes: Mapping[str, int | None],
    reason: str = "",
) -> Booking:
    """Set another length (`minutes`) or price (`price_minor`) for one booking; tell its customer.

    A longer visit has to fit: SlotTaken or NotOffered. A seat in a session has the session's length
    (InvalidValue). Raise InvalidTransition for a booking that is over or called off, and NotAllowed
    for anybody but staff.
    """
    old = await load_booking_for_actor(ctx, booking_id, actor)
    if actor.kind != "staff":
        raise NotAllowed(action="set_terms", actor=actor.kind)
    if old.state not in CHANGEABLE_STATES:
        raise InvalidTransition(state=old.state, action="set_terms")
    was = booked_terms(old)
    minutes = check_value(DurationMinutes, "minutes", changes.get("minutes", was.minutes))
    price = check_value(
        MinorUnits | None, "price_minor", changes.get("price_minor", was.price_minor)
    )
    now = Terms(minutes, price, old.currency)
    if now == was:
        return old
    if old.session_id is not None and minutes != was.minutes:
        raise InvalidValue(field="minutes", reason="session")
    slot = now.applied_to(slot_of(old))
    known, taken = await lock_calendars(ctx, slot, current_slot=slot_of(old))
    longer = minutes != was.minutes
    if longer and not old.overbooked:
        asker = Asker(old.id, terms=await agreed_terms(ctx, old))
        await availability.ensure_available(ctx, known, slot, asker=asker, staff=True)
    correction = correction_facts(old, actor, check_value(LongText, "reason", reason), ctx.now)
    facts = {"was": _facts(was), "now": _facts(now), **correction}
    async with ctx.connection.begin_nested():
        changed = await update_booking(
            ctx,
            old,
            "set_terms",
            actor,
            to=old.state,
            details=facts,
            ends_at=old.starts_at + timedelta(minutes=minutes),
            price_minor=price,
            snapshot={**old.snapshot, "minutes": minutes, "price_minor": price},
        )
        if longer:
            await release_time(ctx, [old])
            await claim_time(ctx, old.id, slot, known, taken, overbooked=old.overbooked)
    await reschedule_reminders(ctx, changed, "its length changed", known)
    await notifications.notify_customer(ctx, changed, "moved", words="terms", terms=terms_say(now))
    return changed
