"""The tables, by noun; `metadata` holds them all."""

from core.models.base import metadata, seconds
from core.models.bookings import (
    LONGEST_CLAIM,
    blocks,
    booking_events,
    bookings,
    claims,
    seats,
    series,
    sessions,
    visits,
)
from core.models.offers import (
    categories,
    provider_services,
    providers,
    service_rooms,
    services,
    time_off,
)
from core.models.people import customers, identities, members, one_time_codes, users
from core.models.places import calendars, date_exceptions, hours, lines, shops
from core.models.talk import conversations, inbox, outbox, prompts

__all__ = [
    "LONGEST_CLAIM",
    "blocks",
    "booking_events",
    "bookings",
    "calendars",
    "categories",
    "claims",
    "conversations",
    "customers",
    "date_exceptions",
    "hours",
    "identities",
    "inbox",
    "lines",
    "members",
    "metadata",
    "one_time_codes",
    "outbox",
    "prompts",
    "provider_services",
    "providers",
    "seats",
    "seconds",
    "series",
    "service_rooms",
    "services",
    "sessions",
    "shops",
    "time_off",
    "users",
    "visits",
]
