"""Creating a booking: its row and snapshot, its reference, its claims and its first event.

A reference such as K7Q-3MD is read out on the phone, so its alphabet leaves out letters and digits
that are easily confused.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from core.bookings.booking import (
    BOOKING_COLUMNS,
    Booking,
    IdempotencyKey,
    event_row,
    log_events,
)
from core.bookings.claims import CalendarIds, claim_time, expire_bookings
from core.bookings.conflicts import BOOKING_STUBS, Conflicts, raise_if_duplicate
from core.bookings.transitions import NEW, TRANSITIONS, Actor
from core.catalog.entities import Catalog, Slot
from core.db.context import Context
from core.db.rows import Rows
from core.db.tables import bookings
from core.errors import SlotTaken
from core.localtime import zones

REF_ALPHABET = "2346789CDFHJKMNPQRTVWXY"
"""Without 0/O, 1/I/L, 5/S, B, G, U, Z (8, 6, V, 2), and without A and E, which form words."""

MAX_REF_ATTEMPTS = 5
"""Attempts at a free reference; with 148 million, five in a row are never all taken."""


@dataclass(frozen=True, slots=True)
class BookedFor:
    """Who a booking is for; all fields are empty until the person is verified."""

    customer_id: int | None = None
    name: str = ""
    phone: str = ""
    user_id: int | None = None


def new_ref(random: Random) -> str:
    """Return a random reference; the database enforces that it is unique."""
    letters = "".join(random.choices(REF_ALPHABET, k=6))
    return f"{letters[:3]}-{letters[3:]}"


async def create_booking(
    ctx: Context,
    slot: Slot,
    known: Catalog,
    calendar_ids: CalendarIds,
    conflicts: Conflicts,
    *,
    action: str,
    actor: Actor,
    key: IdempotencyKey,
    booked_for: BookedFor,
    created_by: str,
    held_until: datetime | None = None,
    overbooked: bool = False,
    details: dict[str, Any] | None = None,
    **columns: Any,
) -> Booking:
    """Insert a booking and claim its time, releasing what the conversation held before.

    Raise SlotTaken if the database refuses the time, AlreadyDone or KeyReused if the key was used;
    nothing is changed then.
    """
    values: dict[str, Any] = {
        "shop_id": slot.shop_id,
        "state": TRANSITIONS[NEW, action].to_state,
        **time_columns(known, slot),
        "customer_id": booked_for.customer_id,
        "held_until": held_until,
        "snapshot": sold_snapshot(known, slot, booked_for),
        "overbooked": overbooked,
        "created_by": created_by,
        **columns,
    }
    # A savepoint costs two statements, so it is used only if there is a hold to restore.
    async with ctx.connection.begin_nested() if conflicts.own_holds else nullcontext():
        await expire_bookings(ctx, conflicts.own_holds, "release", actor)
        booking = await _insert(ctx, values, key, booked_for)
        try:
            await claim_time(
                ctx,
                booking.id,
                slot,
                known,
                calendar_ids,
                held_until=held_until,
                overbooked=overbooked,
            )
        except SlotTaken:
            await ctx.execute(bookings.delete().where(bookings.c.id == booking.id))
            raise
    new = replace(booking, state=NEW)
    await log_events(ctx, [event_row(ctx, new, action, actor, to=booking.state, details=details)])
    return booking


_INSERT = {
    dialect is postgresql: Rows(
        Booking, dialect.insert(bookings).on_conflict_do_nothing().returning(*BOOKING_COLUMNS)
    )
    for dialect in (postgresql, sqlite)
}


async def _insert(
    ctx: Context, values: dict[str, Any], key: IdempotencyKey, whom: BookedFor
) -> Booking:
    rest = {
        "idempotency_key": key.text,
        "fingerprint": key.fingerprint,
        "created_at": ctx.now,
        "updated_at": ctx.now,
    }
    for _ in range(MAX_REF_ATTEMPTS):
        values["ref"] = new_ref(ctx.random)
        made = await ctx.fetch_first(_INSERT[ctx.is_postgresql], {**values, **rest})
        if made is not None:
            return with_customer(made, whom)
        same = BOOKING_STUBS.where(bookings.c.idempotency_key == key.text)
        made_under_key = await ctx.fetch_first(same)
        await raise_if_duplicate(ctx, Conflicts(duplicate=made_under_key), key)
    message = f"{MAX_REF_ATTEMPTS} references in a row were taken"
    raise RuntimeError(message)


def with_customer(booking: Booking, whom: BookedFor) -> Booking:
    """Return a booking with the name, phone and user of this customer."""
    return replace(
        booking, customer_name=whom.name, customer_phone=whom.phone, user_id=whom.user_id
    )


def time_columns(known: Catalog, slot: Slot) -> dict[str, Any]:
    """Return the columns of what is booked and when, including the shop's local time."""
    local = zones.to_local(int(slot.starts_at.timestamp()), known.shop.timezone)
    return {
        "service_id": slot.service_id,
        "provider_id": slot.provider_id,
        "session_id": slot.session_id,
        "starts_at": slot.starts_at,
        "ends_at": slot.ends_at,
        "local_date": local.date(),
        "local_time": f"{local:%H:%M}",
        "timezone": known.shop.timezone,
        "price_minor": slot.price_minor,
        "currency": known.shop.currency,
    }


def sold_snapshot(known: Catalog, slot: Slot, whom: BookedFor) -> dict[str, Any]:
    """Return the snapshot of what is sold, with the names of today."""
    provider = known.provider(slot.provider_id)
    return {
        "service": known.service(slot.service_id).name,
        "provider": provider.display_name,
        "title": provider.title,
        "speciality": provider.speciality,
        "minutes": slot.minutes,
        "price_minor": slot.price_minor,
        "currency": known.shop.currency,
        "cutoff_minutes": known.offering(slot.service_id, slot.provider_id).rules.cutoff_minutes,
        "shop": known.shop.name,
        "address": known.shop.address,
        "customer": whom.name,
        "phone": whom.phone,
    }


def slot_of(booking: Booking) -> Slot:
    """Return the slot of a booking."""
    return Slot(
        booking.shop_id,
        booking.service_id,
        booking.provider_id,
        booking.starts_at,
        booking.ends_at,
        booking.price_minor,
        booking.currency,
        booking.session_id,
    )


def slot_identity(slot: Slot) -> dict[str, Any]:
    """Return what identifies a slot for an idempotency key's hash: the seats left do not count."""
    return slot.to_json() | {"seats": None}
