"""The tables, grouped by noun; `metadata` holds them all."""

from core.db.tables.auth import audit, cuts, kept_answers, lockouts, passwords, sign_ins
from core.db.tables.bookings import (
    MAX_CLAIM_SECONDS,
    blocks,
    booking_events,
    bookings,
    claims,
    seats,
    series,
    sessions,
    visits,
)
from core.db.tables.catalog import (
    categories,
    provider_services,
    providers,
    service_rooms,
    services,
    time_off,
)
from core.db.tables.columns import epoch_seconds, metadata, sql_literal
from core.db.tables.messaging import (
    consents,
    contents,
    conversations,
    heartbeats,
    inbox,
    misunderstood,
    outbox,
    prompts,
)
from core.db.tables.people import (
    customers,
    identities,
    invitations,
    member_chats,
    members,
    one_time_codes,
    staff_proofs,
    users,
)
from core.db.tables.reach import reaches, untold
from core.db.tables.shops import (
    calendars,
    date_exceptions,
    feeds,
    hours,
    lines,
    outside_calendars,
    shops,
)

REVISION = "0024"
"""The migration that creates these tables, updated by each new one and checked by a test.

It is here so that checking the schema at start-up need not load Alembic.
"""

__all__ = [
    "MAX_CLAIM_SECONDS",
    "REVISION",
    "audit",
    "blocks",
    "booking_events",
    "bookings",
    "calendars",
    "categories",
    "claims",
    "consents",
    "contents",
    "conversations",
    "customers",
    "cuts",
    "date_exceptions",
    "epoch_seconds",
    "feeds",
    "heartbeats",
    "hours",
    "identities",
    "inbox",
    "invitations",
    "kept_answers",
    "lines",
    "lockouts",
    "member_chats",
    "members",
    "metadata",
    "misunderstood",
    "one_time_codes",
    "outbox",
    "outside_calendars",
    "passwords",
    "prompts",
    "provider_services",
    "providers",
    "reaches",
    "seats",
    "series",
    "service_rooms",
    "services",
    "sessions",
    "shops",
    "sign_ins",
    "sql_literal",
    "staff_proofs",
    "time_off",
    "untold",
    "users",
    "visits",
]
