"""Bookings and the time they claim."""

import sqlalchemy as sa

from core.db.tables.columns import (
    IdType,
    bool_column,
    fk_column,
    id_column,
    instant_column,
    int_column,
    json_column,
    metadata,
    money_column,
    one_of_check,
    same_shop_fk,
    same_shop_target,
    text_column,
)

BOOKING_STATES = (
    "held",
    "pending",
    "confirmed",
    "in_progress",
    "completed",
    "declined",
    "cancelled",
    "no_show",
    "expired",
)

visits = sa.Table(
    "visits",  # several services or people in one visit
    metadata,
    id_column(),
    fk_column("shop_id", "shops"),
    instant_column("created_at"),
    same_shop_target("visits"),
)

series = sa.Table(
    "series",  # recurring bookings
    metadata,
    id_column(),
    fk_column("shop_id", "shops"),
    text_column("rule"),  # an RFC 5545 RRULE in the shop's local time
    instant_column("created_at"),
    same_shop_target("series"),
)

sessions = sa.Table(
    "sessions",
    metadata,
    id_column(),
    fk_column("shop_id", "shops"),
    sa.Column("service_id", IdType, nullable=False),
    sa.Column("provider_id", IdType, nullable=False),
    instant_column("starts_at"),
    instant_column("ends_at"),
    int_column("capacity", default=None),
    money_column("price_minor"),  # NULL: the service's
    instant_column("cancelled_at", null=True),
    same_shop_fk("service_id", "services"),
    same_shop_fk("provider_id", "providers"),
    same_shop_target("sessions"),
    sa.CheckConstraint("capacity BETWEEN 1 AND 1000", name="capacity"),
    sa.CheckConstraint("ends_at > starts_at", name="span"),
    sa.Index(None, "shop_id", "service_id", "starts_at"),
)

bookings = sa.Table(
    "bookings",
    metadata,
    id_column(),
    fk_column("shop_id", "shops"),
    text_column("ref", unique=True),
    text_column("state"),
    sa.Column("service_id", IdType, nullable=False),
    sa.Column("provider_id", IdType, nullable=False),
    sa.Column("session_id", IdType),
    sa.Column("customer_id", IdType),  # NULL for an unverified hold
    fk_column("conversation_id", "conversations", null=True),
    instant_column("starts_at"),
    instant_column("ends_at"),
    # The local time the customer was told, so that a change of zone law can be repaired.
    sa.Column("local_date", sa.Date(), nullable=False),
    text_column("local_time"),
    text_column("timezone"),
    instant_column("held_until", null=True),
    money_column("price_minor"),
    text_column("currency"),
    text_column("payment_status", server_default="unpaid"),
    json_column("snapshot"),  # names, title, speciality, minutes, phone … as sold
    bool_column("anyone"),  # no particular provider was asked for
    bool_column("overbooked"),
    text_column("attendee"),  # the name, if it is not the customer
    text_column("purpose"),
    text_column("note"),
    text_column("reason"),  # of a decline or a cancellation
    text_column("origin"),  # the channel, "api", "staff"
    text_column("created_by"),  # the actor: "user:5", "staff:7"
    sa.Column("late_minutes", sa.Integer()),
    instant_column("customer_confirmed_at", null=True),
    int_column("sequence"),  # of the calendar file: raised by every change (RFC 5545 SEQUENCE)
    sa.Column("idempotency_key", sa.Text(), unique=True),
    text_column("fingerprint"),
    sa.Column("visit_id", IdType),
    sa.Column("series_id", IdType),
    instant_column("created_at"),
    instant_column("updated_at"),
    one_of_check("state", *BOOKING_STATES),
    one_of_check("payment_status", "unpaid", "paid", "refunded"),
    same_shop_fk("service_id", "services"),
    same_shop_fk("provider_id", "providers"),
    same_shop_fk("session_id", "sessions"),
    same_shop_fk("customer_id", "customers"),
    same_shop_fk("visit_id", "visits"),
    same_shop_fk("series_id", "series"),
    same_shop_target("bookings"),
    sa.CheckConstraint("ends_at > starts_at", name="span"),
    sa.CheckConstraint("attendee = '' OR length(attendee) BETWEEN 1 AND 100", name="attendee"),
    sa.Index(None, "shop_id", "starts_at"),
    sa.Index(None, "customer_id", "starts_at"),
    sa.Index(None, "provider_id", "local_date"),
    sa.Index(None, "conversation_id", "state"),
    sa.Index(None, "state", "held_until"),
    sa.Index(None, "state", "ends_at"),
)

booking_events = sa.Table(
    "booking_events",
    metadata,
    id_column(),
    fk_column("shop_id", "shops"),
    sa.Column("booking_id", IdType, nullable=False),
    instant_column("at"),
    text_column("action"),
    text_column("from_state"),
    text_column("to_state"),
    text_column("actor"),
    json_column("details"),
    same_shop_fk("booking_id", "bookings"),
    sa.Index(None, "booking_id", "id"),
)

blocks = sa.Table(
    "blocks",
    metadata,
    id_column(),
    fk_column("shop_id", "shops"),
    fk_column("calendar_id", "calendars"),
    text_column("reason"),
    text_column("created_by"),
    instant_column("created_at"),
    same_shop_target("blocks"),
)

MAX_CLAIM_SECONDS = 26 * 3600
"""Seconds, enough for a local day of 25 hours. It bounds how far back a guard must look."""

claims = sa.Table(
    "claims",
    metadata,
    id_column(),
    fk_column("shop_id", "shops"),
    fk_column("calendar_id", "calendars"),
    instant_column("busy_from"),
    instant_column("busy_until"),
    int_column("gap_before"),  # buffers this claim needs from its neighbours, in minutes
    int_column("gap_after"),
    bool_column("overbooked"),  # a deliberate overbooking, which the guard accepts
    instant_column(
        "held_until", null=True
    ),  # of an unconfirmed hold: it no longer counts after that
    sa.Column("booking_id", IdType),
    sa.Column("session_id", IdType),
    sa.Column("block_id", IdType),
    same_shop_fk("booking_id", "bookings"),
    same_shop_fk("session_id", "sessions"),
    same_shop_fk("block_id", "blocks"),
    sa.CheckConstraint(
        "(booking_id IS NOT NULL) + (session_id IS NOT NULL) + (block_id IS NOT NULL) = 1",
        name="one_owner",
    ).ddl_if(dialect="sqlite"),
    sa.CheckConstraint(
        "num_nonnulls(booking_id, session_id, block_id) = 1", name="one_owner"
    ).ddl_if(dialect="postgresql"),
    sa.CheckConstraint(
        # SQLite accepts any type in any column: a text would sort after every number.
        "typeof(busy_from) = 'integer' AND typeof(busy_until) = 'integer'"
        f" AND busy_until > busy_from AND busy_until - busy_from <= {MAX_CLAIM_SECONDS}",
        name="length",
    ).ddl_if(dialect="sqlite"),
    sa.CheckConstraint(
        "busy_until > busy_from"
        f" AND busy_until - busy_from <= interval '{MAX_CLAIM_SECONDS} seconds'",
        name="length",
    ).ddl_if(dialect="postgresql"),
    sa.CheckConstraint("gap_before >= 0 AND gap_after >= 0", name="gaps"),
    sa.Index(None, "calendar_id", "busy_from"),
    sa.Index(None, "booking_id"),
    sa.Index(None, "session_id"),
    sa.Index(None, "block_id"),
)

seats = sa.Table(
    "seats",
    metadata,
    fk_column("shop_id", "shops"),
    sa.Column("session_id", IdType, nullable=False),
    int_column("seat", default=None),
    sa.Column("booking_id", IdType, nullable=False, unique=True),
    sa.PrimaryKeyConstraint("session_id", "seat"),
    same_shop_fk("session_id", "sessions"),
    same_shop_fk("booking_id", "bookings"),
    sa.CheckConstraint("seat >= 1", name="seat"),
)
