"""Text fragments shared by several flows: services, slots and bookings as labels."""

from __future__ import annotations

from bot.i18n.messages import text
from core.bookings.booking import Booking
from core.catalog.entities import Catalog, Service, Slot
from core.messaging.messages import Money, Say, When


def price_or_none(minor: int | None, currency: str) -> Money | None:
    """Return the price as Money; None if the price is on request."""
    return None if minor is None else Money(minor, currency)


def service_label(catalog: Catalog, service: Service) -> Say:
    """Return a service as an option label: "Cut 30 min 25 EUR"."""
    amount = price_or_none(service.price_minor, catalog.shop.currency)
    key = "service" if amount else "service.unpriced"
    facts = {"price": amount} if amount else {}
    return text(key, service=service.name, minutes=service.minutes, **facts)


def slot_summary(catalog: Catalog, slot: Slot) -> Say:
    """Return a slot's service, duration and price: "Cut, 30 min, 25 EUR"."""
    service = catalog.service(slot.service_id)
    amount = price_or_none(slot.price_minor, slot.currency)
    key = "what" if amount else "what.unpriced"
    facts = {"price": amount} if amount else {}
    return text(key, service=service.name, minutes=slot.minutes, **facts)


def start_when(catalog: Catalog, slot: Slot) -> When:
    """Return a slot's start in the shop's time zone."""
    return When(slot.starts_at, catalog.shop.timezone)


def slot_label(catalog: Catalog, slot: Slot, *, day: bool, provider: bool) -> Say:
    """Return a slot as an option label: "5:00 pm Ana"; day and provider are optional."""
    if day:
        key = "slot.day_person" if provider else "slot.day"
    else:
        key = "slot.time_person" if provider else "slot.time"
    facts: dict[str, object] = {"when": start_when(catalog, slot)}
    if provider:
        facts["provider"] = catalog.provider(slot.provider_id).display_name
    if slot.session_id is not None and slot.seats_left is not None:
        return text("slot.seats", slot=text(key, **facts), count=slot.seats_left)
    return text(key, **facts)


def booking_line(booking: Booking) -> Say:
    """Return a booking as one line: "Cut with Leo, Fri 13 Mar 5:30 pm"."""
    key = "booking.line_for" if booking.attendee else "booking.line"
    facts = {"attendee": booking.attendee} if booking.attendee else {}
    return text(
        key,
        service=str(booking.snapshot["service"]),
        provider=str(booking.snapshot["provider"]),
        when=booking.local_start,
        **facts,
    )
