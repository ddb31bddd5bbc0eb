"""The first tables, and the guards of the claims.

Written out, because the models move on and history must not.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import SchemaItem

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

NO_OVERLAP_POSTGRESQL = """
ALTER TABLE claims ADD CONSTRAINT claims_no_overlap EXCLUDE USING gist (
    int8range(calendar_id, calendar_id, '[]') WITH &&,
    tstzrange(busy_from, busy_until) WITH &&
) WHERE (NOT squeezed)
"""
NO_OVERLAP_SQLITE = (
    """
CREATE TRIGGER claims_no_overlap_insert BEFORE insert ON claims
WHEN NOT NEW.squeezed
BEGIN
    SELECT RAISE(ABORT, 'claims_no_overlap') WHERE EXISTS (
        SELECT 1 FROM claims
        WHERE calendar_id = NEW.calendar_id
          AND busy_from < NEW.busy_until
          AND busy_from > NEW.busy_from - 93600
          AND busy_until > NEW.busy_from
          AND NOT squeezed
    );
END
""",
    """
CREATE TRIGGER claims_no_overlap_update BEFORE update ON claims
WHEN NOT NEW.squeezed
BEGIN
    SELECT RAISE(ABORT, 'claims_no_overlap') WHERE EXISTS (
        SELECT 1 FROM claims
        WHERE calendar_id = NEW.calendar_id
          AND busy_from < NEW.busy_until
          AND busy_from > NEW.busy_from - 93600
          AND busy_until > NEW.busy_from
          AND NOT squeezed
          AND id <> OLD.id
    );
END
""",
)

TABLES = (
    "shops",
    "calendars",
    "lines",
    "users",
    "identities",
    "customers",
    "categories",
    "services",
    "providers",
    "provider_services",
    "service_rooms",
    "hours",
    "date_exceptions",
    "time_off",
    "members",
    "conversations",
    "prompts",
    "inbox",
    "one_time_codes",
    "visits",
    "series",
    "sessions",
    "bookings",
    "booking_events",
    "blocks",
    "claims",
    "seats",
    "outbox",
)


def upgrade() -> None:
    """Make every table, then the guards."""
    _places()
    _people()
    _offers()
    _talk()
    _bookings()
    _outbox()
    for guard in NO_OVERLAP_SQLITE if _sqlite() else [NO_OVERLAP_POSTGRESQL]:
        op.execute(guard)


def downgrade() -> None:
    """Leave nothing; guards and indexes go with their tables."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _sqlite() -> bool:
    return op.get_context().dialect.name == "sqlite"


def _key() -> sa.Column[int]:
    return sa.Column("id", KEY, primary_key=True)


def _ref(name: str, table: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, KEY, sa.ForeignKey(f"{table}.id"), nullable=null)


def _of_shop(name: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["shop_id", name], [f"{table}.shop_id", f"{table}.id"])


def _text(name: str, *, server_default: str = "", unique: bool = False) -> sa.Column[str]:
    return sa.Column(
        name, sa.Text(), nullable=False, server_default=server_default, unique=unique or None
    )


def _when(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, INSTANT, nullable=null)


def _flag(name: str, *, default: bool = False) -> sa.Column[bool]:
    return sa.Column(
        name, sa.Boolean(), nullable=False, server_default=sa.true() if default else sa.false()
    )


def _count(name: str, default: int = 0) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text(str(default)))


def _json(name: str, default: str = "{}") -> sa.Column[object]:
    return sa.Column(name, JSON, nullable=False, server_default=sa.text(f"'{default}'"))


def _proper_name() -> sa.CheckConstraint:
    return sa.CheckConstraint("length(name) BETWEEN 2 AND 100", name="name_length")


def _index_where(name: str, where: str, *columns: str, unique: bool = False) -> sa.Index:
    return sa.Index(
        name,
        *columns,
        unique=unique,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )


def _rules() -> list[SchemaItem]:
    return [
        sa.Column("grid_minutes", sa.Integer()),
        sa.Column("gap_before_minutes", sa.Integer()),
        sa.Column("gap_after_minutes", sa.Integer()),
        sa.Column("notice_minutes", sa.Integer()),
        sa.Column("horizon_days", sa.Integer()),
        sa.Column("needs_approval", sa.Boolean()),
        sa.Column("cutoff_minutes", sa.Integer()),
        sa.CheckConstraint("grid_minutes BETWEEN 5 AND 1440 AND grid_minutes % 5 = 0", name="grid"),
        sa.CheckConstraint(
            "gap_before_minutes BETWEEN 0 AND 240 AND gap_before_minutes % 5 = 0", name="gap_before"
        ),
        sa.CheckConstraint(
            "gap_after_minutes BETWEEN 0 AND 240 AND gap_after_minutes % 5 = 0", name="gap_after"
        ),
        sa.CheckConstraint("notice_minutes >= 0", name="notice"),
        sa.CheckConstraint("horizon_days BETWEEN 1 AND 400", name="horizon"),
        sa.CheckConstraint("cutoff_minutes >= 0", name="cutoff"),
    ]


def _claim_checks() -> list[sa.CheckConstraint]:
    if _sqlite():
        one_owner = (
            "(booking_id IS NOT NULL) + (session_id IS NOT NULL) + (block_id IS NOT NULL) = 1"
        )
        length = (
            "typeof(busy_from) = 'integer' AND typeof(busy_until) = 'integer'"
            " AND busy_until > busy_from AND busy_until - busy_from <= 93600"
        )
    else:
        one_owner = "num_nonnulls(booking_id, session_id, block_id) = 1"
        length = "busy_until > busy_from AND busy_until - busy_from <= interval '93600 seconds'"
    return [
        sa.CheckConstraint(one_owner, name="one_owner"),
        sa.CheckConstraint(length, name="length"),
    ]


def _places() -> None:
    """Shops, calendars and lines."""
    op.create_table(
        "shops",
        _key(),
        _text("name"),
        sa.Column("keyword", sa.Text(), unique=True),
        _text("type"),
        _text("city"),
        _text("address"),
        _text("directions"),
        sa.Column("latitude", sa.Float()),
        sa.Column("longitude", sa.Float()),
        _text("timezone"),
        _text("country"),
        _text("currency"),
        _text("language"),
        _text("phone"),
        _text("emergency_phone"),
        _text("about"),
        _json("answers"),
        *_rules(),
        _count("hold_minutes", 5),
        _count("max_open", 5),
        _count("held_budget", 20),
        _count("codes_per_day", 200),
        sa.Column("code_countries", sa.Text()),
        _flag("moves_anyone"),
        _flag("paused"),
        _count("version", 1),
        _when("created_at"),
        _proper_name(),
        sa.CheckConstraint("hold_minutes BETWEEN 1 AND 60", name="hold"),
        sa.CheckConstraint("max_open BETWEEN 1 AND 1000", name="max_open"),
    )
    op.create_table(
        "calendars",
        _key(),
        _ref("shop_id", "shops", null=True),
        _text("kind"),
        _text("name"),
        sa.CheckConstraint("kind IN ('provider', 'room')", name="kind"),
        sa.UniqueConstraint("shop_id", "id"),
    )
    op.create_table(
        "lines",
        _key(),
        _ref("shop_id", "shops", null=True),
        _text("transport"),
        _text("channel"),
        _text("account"),
        _text("address"),
        _flag("staff"),
        _flag("active", default=True),
        _when("created_at"),
        sa.UniqueConstraint("transport", "channel", "account", "address"),
        sa.CheckConstraint(
            "transport IN ('twilio', 'telegram', 'terminal', 'simulator', 'smtp')", name="transport"
        ),
        sa.CheckConstraint("channel IN ('sms', 'whatsapp', 'telegram', 'email')", name="channel"),
    )


def _people() -> None:
    """Who proved what, and whom a shop knows."""
    op.create_table(
        "users",
        _key(),
        _text("name"),
        _text("language"),
        _flag("admin"),
        _when("created_at"),
        _when("deactivated_at", null=True),
    )
    op.create_table(
        "identities",
        _key(),
        _ref("user_id", "users", null=True),
        _text("kind"),
        _text("value"),
        _when("proved_at", null=True),
        _when("used_at", null=True),
        _when("ended_at", null=True),
        _when("created_at"),
        sa.CheckConstraint("kind IN ('phone', 'email', 'telegram', 'whatsapp')", name="kind"),
        sa.Index(None, "user_id"),
        _index_where("uq_identities_alive", "ended_at IS NULL", "kind", "value", unique=True),
    )
    op.create_table(
        "customers",
        _key(),
        _ref("shop_id", "shops"),
        _ref("user_id", "users", null=True),
        _text("name"),
        _text("phone"),
        _text("email"),
        _text("notes"),
        _flag("blocked"),
        _when("created_at"),
        _proper_name(),
        sa.UniqueConstraint("shop_id", "id"),
        sa.UniqueConstraint("shop_id", "user_id"),
        sa.Index(None, "shop_id", "phone"),
    )


def _offers() -> None:
    """What a shop offers, who gives it, and when."""
    op.create_table(
        "categories",
        _key(),
        _ref("shop_id", "shops"),
        _text("name"),
        _count("position"),
        _proper_name(),
        sa.UniqueConstraint("shop_id", "id"),
    )
    op.create_table(
        "services",
        _key(),
        _ref("shop_id", "shops"),
        sa.Column("category_id", KEY),
        sa.Column("parent_id", KEY),
        _text("name"),
        _text("description"),
        _text("preparation"),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("price_minor", sa.BigInteger()),
        _json("synonyms", "[]"),
        _flag("sessions"),
        _count("position"),
        _flag("active", default=True),
        *_rules(),
        _proper_name(),
        sa.UniqueConstraint("shop_id", "id"),
        _of_shop("category_id", "categories"),
        _of_shop("parent_id", "services"),
        sa.CheckConstraint("minutes BETWEEN 5 AND 1440 AND minutes % 5 = 0", name="minutes"),
        sa.CheckConstraint("price_minor >= 0", name="price"),
    )
    op.create_table(
        "providers",
        _key(),
        _ref("shop_id", "shops"),
        _ref("calendar_id", "calendars"),
        _ref("user_id", "users", null=True),
        _text("name"),
        _text("title"),
        _text("speciality"),
        _text("degree"),
        _text("experience"),
        _text("about"),
        sa.Column("fee_minor", sa.BigInteger()),
        _flag("available", default=True),
        _flag("active", default=True),
        _count("position"),
        *_rules(),
        _proper_name(),
        sa.UniqueConstraint("shop_id", "id"),
        sa.UniqueConstraint("shop_id", "calendar_id"),
    )
    op.create_table(
        "provider_services",
        _ref("shop_id", "shops"),
        sa.Column("provider_id", KEY, nullable=False),
        sa.Column("service_id", KEY, nullable=False),
        sa.Column("price_minor", sa.BigInteger()),
        sa.Column("minutes", sa.Integer()),
        sa.PrimaryKeyConstraint("provider_id", "service_id"),
        _of_shop("provider_id", "providers"),
        _of_shop("service_id", "services"),
        sa.CheckConstraint("minutes BETWEEN 5 AND 1440 AND minutes % 5 = 0", name="minutes"),
        sa.CheckConstraint("price_minor >= 0", name="price"),
    )
    op.create_table(
        "service_rooms",
        _ref("shop_id", "shops"),
        sa.Column("service_id", KEY, nullable=False),
        sa.Column("calendar_id", KEY, nullable=False),
        sa.PrimaryKeyConstraint("service_id", "calendar_id"),
        _of_shop("service_id", "services"),
        _of_shop("calendar_id", "calendars"),
    )
    op.create_table(
        "hours",
        _key(),
        _ref("shop_id", "shops"),
        sa.Column("provider_id", sa.BigInteger()),
        _count("weekday"),
        _count("opens"),
        _count("closes"),
        _of_shop("provider_id", "providers"),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        sa.CheckConstraint(
            "opens >= 0 AND opens < 1440 AND closes > opens AND closes <= 2880 AND "
            "opens % 5 = 0 AND closes % 5 = 0",
            name="interval",
        ),
        sa.Index(None, "shop_id", "provider_id"),
    )
    op.create_table(
        "date_exceptions",
        _key(),
        _ref("shop_id", "shops"),
        sa.Column("provider_id", sa.BigInteger()),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("opens", sa.Integer()),
        sa.Column("closes", sa.Integer()),
        _text("reason"),
        _of_shop("provider_id", "providers"),
        sa.CheckConstraint(
            "(opens IS NULL AND closes IS NULL) OR (opens >= 0 AND opens < 1440 AND "
            "closes > opens AND closes <= 2880 AND opens % 5 = 0 AND closes % 5 = "
            "0)",
            name="interval",
        ),
        sa.Index(None, "shop_id", "provider_id", "day"),
    )
    op.create_table(
        "time_off",
        _key(),
        _ref("shop_id", "shops"),
        sa.Column("provider_id", KEY, nullable=False),
        _when("starts_at"),
        _when("ends_at"),
        _text("reason"),
        _of_shop("provider_id", "providers"),
        sa.CheckConstraint("ends_at > starts_at", name="span"),
        sa.Index(None, "shop_id", "provider_id", "ends_at"),
    )
    op.create_table(
        "members",
        _key(),
        _ref("shop_id", "shops"),
        _ref("user_id", "users"),
        _text("role"),
        sa.Column("provider_id", KEY),
        _flag("alerts", default=True),
        _when("created_at"),
        sa.CheckConstraint("role IN ('owner', 'receptionist', 'provider')", name="role"),
        _of_shop("provider_id", "providers"),
        sa.UniqueConstraint("shop_id", "user_id", "role"),
        sa.Index(None, "user_id"),
    )


def _talk() -> None:
    """Conversations, what waits in them, what came in, codes."""
    op.create_table(
        "conversations",
        _key(),
        _ref("line_id", "lines"),
        _text("address"),
        _ref("identity_id", "identities", null=True),
        _ref("shop_id", "shops", null=True),
        _text("language"),
        _text("name"),
        _json("state"),
        _when("human_until", null=True),
        _when("opted_out_at", null=True),
        _when("consented_at", null=True),
        _text("consent"),
        _when("last_in_at", null=True),
        _count("misunderstood"),
        _when("created_at"),
        sa.UniqueConstraint("line_id", "address"),
        sa.Index(None, "identity_id"),
    )
    op.create_table(
        "prompts",
        _key(),
        _ref("conversation_id", "conversations"),
        _text("flow"),
        _text("step"),
        _text("digest"),
        _json("say"),
        _json("options", "[]"),
        _json("args"),
        sa.Column("base", sa.Integer()),
        _when("shown_at", null=True),
        _when("closed_at", null=True),
        _when("expires_at", null=True),
        _when("created_at"),
        sa.Index(None, "conversation_id", "closed_at"),
    )
    op.create_table(
        "inbox",
        _key(),
        _ref("line_id", "lines"),
        _text("event_id"),
        _ref("conversation_id", "conversations"),
        _ref("prompt_id", "prompts", null=True),
        _json("incoming"),
        _text("state"),
        _count("attempts"),
        _when("due_at"),
        _when("received_at"),
        _when("done_at", null=True),
        _text("error"),
        sa.CheckConstraint("state IN ('new', 'done', 'dead')", name="state"),
        sa.UniqueConstraint("line_id", "event_id"),
        _index_where("ix_inbox_unfinished", "state = 'new'", "conversation_id", "id"),
    )
    op.create_table(
        "one_time_codes",
        _key(),
        _text("phone"),
        _text("prefix"),
        _text("purpose"),
        _ref("conversation_id", "conversations", null=True),
        _ref("shop_id", "shops", null=True),
        _text("digest"),
        _when("created_at"),
        _when("expires_at"),
        _count("tries"),
        _when("used_at", null=True),
        _when("dead_at", null=True),
        _json("facts"),
        sa.Index(None, "conversation_id", "created_at"),
        sa.Index(None, "phone", "created_at"),
        sa.Index(None, "prefix", "created_at"),
        sa.Index(None, "shop_id", "created_at"),
    )


def _bookings() -> None:
    """Bookings with their history, and the time they take."""
    op.create_table(
        "visits",
        _key(),
        _ref("shop_id", "shops"),
        _when("created_at"),
        sa.UniqueConstraint("shop_id", "id"),
    )
    op.create_table(
        "series",
        _key(),
        _ref("shop_id", "shops"),
        _text("rule"),
        _when("created_at"),
        sa.UniqueConstraint("shop_id", "id"),
    )
    op.create_table(
        "sessions",
        _key(),
        _ref("shop_id", "shops"),
        sa.Column("service_id", KEY, nullable=False),
        sa.Column("provider_id", KEY, nullable=False),
        _when("starts_at"),
        _when("ends_at"),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("price_minor", sa.BigInteger()),
        _when("cancelled_at", null=True),
        _of_shop("service_id", "services"),
        _of_shop("provider_id", "providers"),
        sa.UniqueConstraint("shop_id", "id"),
        sa.CheckConstraint("capacity BETWEEN 1 AND 1000", name="capacity"),
        sa.CheckConstraint("ends_at > starts_at", name="span"),
        sa.Index(None, "shop_id", "service_id", "starts_at"),
    )
    op.create_table(
        "bookings",
        _key(),
        _ref("shop_id", "shops"),
        _text("ref", unique=True),
        _text("state"),
        sa.Column("service_id", KEY, nullable=False),
        sa.Column("provider_id", KEY, nullable=False),
        sa.Column("session_id", KEY),
        sa.Column("customer_id", KEY),
        _ref("conversation_id", "conversations", null=True),
        _when("starts_at"),
        _when("ends_at"),
        sa.Column("local_date", sa.Date(), nullable=False),
        _text("local_time"),
        _text("timezone"),
        _when("held_until", null=True),
        sa.Column("price_minor", sa.BigInteger()),
        _text("currency"),
        _text("payment_status", server_default="unpaid"),
        _json("snapshot"),
        _flag("anyone"),
        _flag("squeezed"),
        _text("attendee"),
        _text("purpose"),
        _text("note"),
        _text("reason"),
        _text("origin"),
        _text("made_by"),
        sa.Column("late_minutes", sa.Integer()),
        _when("customer_confirmed_at", null=True),
        _count("sequence"),
        sa.Column("idempotency_key", sa.Text(), unique=True),
        _text("fingerprint"),
        sa.Column("visit_id", KEY),
        sa.Column("series_id", KEY),
        _when("created_at"),
        _when("updated_at"),
        sa.CheckConstraint(
            "state IN ('held', 'pending', 'confirmed', 'in_progress', 'completed', "
            "'declined', 'cancelled', 'no_show', 'expired')",
            name="state",
        ),
        sa.CheckConstraint(
            "payment_status IN ('unpaid', 'paid', 'refunded')", name="payment_status"
        ),
        _of_shop("service_id", "services"),
        _of_shop("provider_id", "providers"),
        _of_shop("session_id", "sessions"),
        _of_shop("customer_id", "customers"),
        _of_shop("visit_id", "visits"),
        _of_shop("series_id", "series"),
        sa.UniqueConstraint("shop_id", "id"),
        sa.CheckConstraint("ends_at > starts_at", name="span"),
        sa.CheckConstraint("attendee = '' OR length(attendee) BETWEEN 2 AND 100", name="attendee"),
        sa.Index(None, "conversation_id", "state"),
        sa.Index(None, "customer_id", "starts_at"),
        sa.Index(None, "provider_id", "local_date"),
        sa.Index(None, "shop_id", "starts_at"),
        sa.Index(None, "state", "held_until"),
    )
    op.create_table(
        "booking_events",
        _key(),
        _ref("shop_id", "shops"),
        sa.Column("booking_id", KEY, nullable=False),
        _when("at"),
        _text("action"),
        _text("from_state"),
        _text("to_state"),
        _text("actor"),
        _json("details"),
        _of_shop("booking_id", "bookings"),
        sa.Index(None, "booking_id", "id"),
    )
    op.create_table(
        "blocks",
        _key(),
        _ref("shop_id", "shops"),
        _ref("calendar_id", "calendars"),
        _text("reason"),
        _text("made_by"),
        _when("created_at"),
        sa.UniqueConstraint("shop_id", "id"),
    )
    op.create_table(
        "claims",
        _key(),
        _ref("shop_id", "shops"),
        _ref("calendar_id", "calendars"),
        _when("busy_from"),
        _when("busy_until"),
        _count("gap_before"),
        _count("gap_after"),
        _flag("squeezed"),
        _when("held_until", null=True),
        sa.Column("booking_id", KEY),
        sa.Column("session_id", KEY),
        sa.Column("block_id", KEY),
        _of_shop("booking_id", "bookings"),
        _of_shop("session_id", "sessions"),
        _of_shop("block_id", "blocks"),
        *_claim_checks(),
        sa.CheckConstraint("gap_before >= 0 AND gap_after >= 0", name="gaps"),
        sa.Index(None, "block_id"),
        sa.Index(None, "booking_id"),
        sa.Index(None, "calendar_id", "busy_from"),
        sa.Index(None, "session_id"),
    )
    op.create_table(
        "seats",
        _ref("shop_id", "shops"),
        sa.Column("session_id", KEY, nullable=False),
        sa.Column("seat", sa.Integer(), nullable=False),
        sa.Column("booking_id", KEY, nullable=False, unique=True),
        sa.PrimaryKeyConstraint("session_id", "seat"),
        _of_shop("session_id", "sessions"),
        _of_shop("booking_id", "bookings"),
        sa.CheckConstraint("seat >= 1", name="seat"),
    )


def _outbox() -> None:
    """Every message out."""
    op.create_table(
        "outbox",
        _key(),
        _ref("conversation_id", "conversations"),
        _ref("shop_id", "shops", null=True),
        _ref("booking_id", "bookings", null=True),
        _ref("prompt_id", "prompts", null=True),
        _text("lane"),
        _text("kind"),
        _json("say"),
        _flag("secret"),
        sa.Column("unique_key", sa.Text(), unique=True),
        _text("state"),
        _when("due_at"),
        _when("not_after", null=True),
        _count("attempts"),
        _text("lease"),
        _when("leased_until", null=True),
        _text("provider_id"),
        _text("provider_status"),
        _text("error"),
        _text("body"),
        _count("segments"),
        _when("sent_at", null=True),
        _when("created_at"),
        sa.CheckConstraint("lane IN ('reply', 'alert', 'reminder')", name="lane"),
        sa.CheckConstraint(
            "state IN ('due', 'sending', 'sent', 'failed', 'dropped', 'dead')", name="state"
        ),
        sa.Index(None, "booking_id"),
        sa.Index(None, "conversation_id", "state"),
        _index_where("ix_outbox_due", "state IN ('due', 'sending')", "lane", "due_at"),
        _index_where(
            "ix_outbox_unfinished", "state IN ('due', 'sending')", "conversation_id", "lane", "id"
        ),
        sa.Index(None, "provider_id"),
    )
