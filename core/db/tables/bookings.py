"""Bookings and the time they take."""

import sqlalchemy as sa

from core.db.tables.columns import (
    Key,
    count,
    flag,
    json,
    key,
    metadata,
    money,
    of_shop,
    one_of,
    ref,
    shop_key,
    text,
    when,
)

STATES = (
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
    "visits",  # several services or people in one go
    metadata,
    key(),
    ref("shop_id", "shops"),
    when("created_at"),
    shop_key("visits"),
)

series = sa.Table(
    "series",  # recurring bookings
    metadata,
    key(),
    ref("shop_id", "shops"),
    text("rule"),  # an RFC 5545 RRULE in the shop's wall time
    when("created_at"),
    shop_key("series"),
)

sessions = sa.Table(
    "sessions",
    metadata,
    key(),
    ref("shop_id", "shops"),
    sa.Column("service_id", Key, nullable=False),
    sa.Column("provider_id", Key, nullable=False),
    when("starts_at"),
    when("ends_at"),
    count("capacity", default=None),
    money("price_minor"),  # NULL: the service's
    when("cancelled_at", null=True),
    of_shop("service_id", "services"),
    of_shop("provider_id", "providers"),
    shop_key("sessions"),
    sa.CheckConstraint("capacity BETWEEN 1 AND 1000", name="capacity"),
    sa.CheckConstraint("ends_at > starts_at", name="span"),
    sa.Index(None, "shop_id", "service_id", "starts_at"),
)

bookings = sa.Table(
    "bookings",
    metadata,
    key(),
    ref("shop_id", "shops"),
    text("ref", unique=True),
    text("state"),
    sa.Column("service_id", Key, nullable=False),
    sa.Column("provider_id", Key, nullable=False),
    sa.Column("session_id", Key),
    sa.Column("customer_id", Key),  # NULL while an unproved hold
    ref("conversation_id", "conversations", null=True),
    when("starts_at"),
    when("ends_at"),
    # What the customer was promised in words, so that a change of zone law can be repaired.
    sa.Column("local_date", sa.Date(), nullable=False),
    text("local_time"),
    text("timezone"),
    when("held_until", null=True),
    money("price_minor"),
    text("currency"),
    text("payment_status", server_default="unpaid"),
    json("snapshot"),  # names, title, speciality, minutes, phone … as sold
    flag("anyone"),  # no provider was asked for
    flag("squeezed"),
    text("attendee"),  # the name, when it is for someone else
    text("purpose"),
    text("note"),
    text("reason"),  # of a decline or a cancellation
    text("origin"),  # the channel, "api", "staff"
    text("made_by"),  # who: "user:5", "staff:7"
    sa.Column("late_minutes", sa.Integer()),
    when("customer_confirmed_at", null=True),
    count("sequence"),  # of the calendar file: raised by every change (RFC 5545 SEQUENCE)
    sa.Column("idempotency_key", sa.Text(), unique=True),
    text("fingerprint"),
    sa.Column("visit_id", Key),
    sa.Column("series_id", Key),
    when("created_at"),
    when("updated_at"),
    one_of("state", *STATES),
    one_of("payment_status", "unpaid", "paid", "refunded"),
    of_shop("service_id", "services"),
    of_shop("provider_id", "providers"),
    of_shop("session_id", "sessions"),
    of_shop("customer_id", "customers"),
    of_shop("visit_id", "visits"),
    of_shop("series_id", "series"),
    shop_key("bookings"),
    sa.CheckConstraint("ends_at > starts_at", name="span"),
    sa.CheckConstraint("attendee = '' OR length(attendee) BETWEEN 2 AND 100", name="attendee"),
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
    key(),
    ref("shop_id", "shops"),
    sa.Column("booking_id", Key, nullable=False),
    when("at"),
    text("action"),
    text("from_state"),
    text("to_state"),
    text("actor"),
    json("details"),
    of_shop("booking_id", "bookings"),
    sa.Index(None, "booking_id", "id"),
)

blocks = sa.Table(
    "blocks",
    metadata,
    key(),
    ref("shop_id", "shops"),
    ref("calendar_id", "calendars"),
    text("reason"),
    text("made_by"),
    when("created_at"),
    shop_key("blocks"),
)

LONGEST_CLAIM = 26 * 3600
"""Seconds; a whole local day of 25 hours fits. It bounds how far a guard must look back."""

claims = sa.Table(
    "claims",
    metadata,
    key(),
    ref("shop_id", "shops"),
    ref("calendar_id", "calendars"),
    when("busy_from"),
    when("busy_until"),
    count("gap_before"),  # buffers this claim asks of its neighbours, in minutes
    count("gap_after"),
    flag("squeezed"),  # the staff's deliberate overbooking; the guard lets it pass
    when("held_until", null=True),  # of an unconfirmed hold: from then on it counts no more
    sa.Column("booking_id", Key),
    sa.Column("session_id", Key),
    sa.Column("block_id", Key),
    of_shop("booking_id", "bookings"),
    of_shop("session_id", "sessions"),
    of_shop("block_id", "blocks"),
    sa.CheckConstraint(
        "(booking_id IS NOT NULL) + (session_id IS NOT NULL) + (block_id IS NOT NULL) = 1",
        name="one_owner",
    ).ddl_if(dialect="sqlite"),
    sa.CheckConstraint(
        "num_nonnulls(booking_id, session_id, block_id) = 1", name="one_owner"
    ).ddl_if(dialect="postgresql"),
    sa.CheckConstraint(
        # SQLite takes any type in any column: a text would be "later" than every number.
        "typeof(busy_from) = 'integer' AND typeof(busy_until) = 'integer'"
        f" AND busy_until > busy_from AND busy_until - busy_from <= {LONGEST_CLAIM}",
        name="length",
    ).ddl_if(dialect="sqlite"),
    sa.CheckConstraint(
        f"busy_until > busy_from AND busy_until - busy_from <= interval '{LONGEST_CLAIM} seconds'",
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
    ref("shop_id", "shops"),
    sa.Column("session_id", Key, nullable=False),
    count("seat", default=None),
    sa.Column("booking_id", Key, nullable=False, unique=True),
    sa.PrimaryKeyConstraint("session_id", "seat"),
    of_shop("session_id", "sessions"),
    of_shop("booking_id", "bookings"),
    sa.CheckConstraint("seat >= 1", name="seat"),
)
