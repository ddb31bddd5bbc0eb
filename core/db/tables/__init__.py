"""The tables, grouped by noun; `metadata` holds them all."""

from core.db.tables.auth import (
    audit,
    auth_sessions,
    idempotency_keys,
    lockouts,
    passwords,
    retention_marks,
)
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
    conversations,
    heartbeats,
    inbox,
    outbox,
    prompts,
    unrecognized_messages,
    whatsapp_templates,
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
    external_calendars,
    feeds,
    hours,
    lines,
    shops,
)

REVISION = "0026"
"""The migration that creates these tables, updated by each new one and checked by a test.

It is here so that checking the schema at start-up need not load Alembic.
"""

__all__ = [
    "MAX_CLAIM_SECONDS",
    "REVISION",
    "audit",
    "auth_sessions",
    "blocks",
    "booking_events",
    "bookings",
    "calendars",
    "categories",
    "claims",
    "consents",
    "conversations",
    "customers",
    "date_exceptions",
    "epoch_seconds",
    "external_calendars",
    "feeds",
    "heartbeats",
    "hours",
    "idempotency_keys",
    "identities",
    "inbox",
    "invitations",
    "lines",
    "lockouts",
    "member_chats",
    "members",
    "metadata",
    "one_time_codes",
    "outbox",
    "passwords",
    "prompts",
    "provider_services",
    "providers",
    "reaches",
    "retention_marks",
    "seats",
    "series",
    "service_rooms",
    "services",
    "sessions",
    "shops",
    "sql_literal",
    "staff_proofs",
    "time_off",
    "unrecognized_messages",
    "untold",
    "users",
    "visits",
    "whatsapp_templates",
]
