"""Tables and columns under the terms of the field: auth sessions, queues, retention marks."""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0024"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")

COLUMNS = (
    # table, old name, new name
    ("blocks", "made_by", "created_by"),
    ("bookings", "made_by", "created_by"),
    ("bookings", "squeezed", "overbooked"),
    ("claims", "squeezed", "overbooked"),
    ("conversations", "misunderstood", "unrecognized_count"),
    ("identities", "proved_at", "verified_at"),
    ("identities", "ended_at", "released_at"),
    ("invitations", "told_at", "notified_at"),
    ("one_time_codes", "dead_at", "invalidated_at"),
    ("one_time_codes", "asker", "requester"),
    ("outbox", "lane", "queue"),
    ("outbox", "say", "message"),
    ("outbox", "not_after", "expires_at"),
    ("outbox", "living", "edit_target"),
    ("outbox", "instead_of", "fallback_of_id"),
    ("outbox", "alphabet", "sms_encoding"),
    ("outbox", "provider_id", "provider_message_id"),
    ("prompts", "digest", "content_hash"),
    ("prompts", "say", "message"),
    ("prompts", "base", "number_offset"),
    ("shops", "max_open", "max_open_bookings"),
    ("shops", "held_budget", "max_unverified_holds"),
    ("shops", "moves_anyone", "may_change_provider"),
    ("shops", "wordings", "message_overrides"),
    ("staff_proofs", "proved_at", "verified_at"),
)
UNFINISHED = "state IN ('due', 'sending')"
OLD_INDEXES = (
    # name, table, columns, condition, unique
    ("ix_outbox_due", "outbox", ["lane", "due_at", "id"], UNFINISHED, False),
    ("ix_outbox_unfinished", "outbox", ["conversation_id", "lane", "id"], UNFINISHED, False),
    ("ix_outbox_instead", "outbox", ["instead_of"], "instead_of IS NOT NULL", False),
    ("ix_outbox_provider_id", "outbox", ["provider_id"], None, False),
    ("uq_identities_alive", "identities", ["kind", "value"], "ended_at IS NULL", True),
    (
        "uq_member_chats_living",
        "member_chats",
        ["shop_id", "identity_id"],
        "ended_at IS NULL",
        True,
    ),
    ("ix_invitations_told_at", "invitations", ["told_at"], None, False),
)
NEW_INDEXES = (
    ("ix_outbox_due", "outbox", ["queue", "due_at", "id"], UNFINISHED, False),
    ("ix_outbox_unfinished", "outbox", ["conversation_id", "queue", "id"], UNFINISHED, False),
    ("ix_outbox_fallback_of_id", "outbox", ["fallback_of_id"], "fallback_of_id IS NOT NULL", False),
    ("ix_outbox_provider_message_id", "outbox", ["provider_message_id"], None, False),
    ("uq_identities_active", "identities", ["kind", "value"], "released_at IS NULL", True),
    (
        "uq_member_chats_active",
        "member_chats",
        ["shop_id", "identity_id"],
        "ended_at IS NULL",
        True,
    ),
    ("ix_invitations_notified_at", "invitations", ["notified_at"], None, False),
)
CHECKS = (
    # table, old and new name and condition
    (
        "outbox",
        ("lane", "lane IN ('reply', 'alert', 'reminder')"),
        ("queue", "queue IN ('reply', 'alert', 'reminder')"),
    ),
    (
        "shops",
        ("max_open", "max_open BETWEEN 1 AND 1000"),
        ("max_open_bookings", "max_open_bookings BETWEEN 1 AND 1000"),
    ),
)


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), server_default="", nullable=False) for name in names]


def _moment(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, INSTANT, nullable=null)


def _auth_sessions(reason: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("user_id", KEY, sa.ForeignKey("users.id"), nullable=False),
        *_text("kind"),
        sa.Column("generation", sa.Integer(), server_default=sa.text("0"), nullable=False),
        *_text("agent", "address"),
        _moment("created_at"),
        _moment("used_at"),
        _moment("expires_at"),
        _moment("ended_at", null=True),
        *_text(reason),
        sa.CheckConstraint("kind IN ('token', 'cookie')", name="kind"),
        sa.Index(None, "user_id", "ended_at"),
    ]


def _idempotency_keys() -> list[sa.schema.SchemaItem]:
    return [
        *_text("caller", "key", "fingerprint"),
        sa.Column("status", sa.Integer(), server_default=sa.text("0"), nullable=False),
        *_text("body"),
        _moment("created_at"),
        sa.UniqueConstraint("caller", "key"),
        sa.Index(None, "created_at"),
    ]


def _retention_marks() -> list[sa.schema.SchemaItem]:
    return [*_text("name"), _moment("until"), sa.UniqueConstraint("name")]


def _whatsapp_templates() -> list[sa.schema.SchemaItem]:
    return [
        *_text("account", "name", "sid", "approval"),
        _moment("created_at"),
        sa.UniqueConstraint("account", "name"),
    ]


def _unrecognized_messages() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("shop_id", KEY, sa.ForeignKey("shops.id")),
        *_text("language", "expects", "text"),
        _moment("at"),
        sa.Index(None, "shop_id", "at"),
    ]


def _external_calendars() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("shop_id", KEY, sa.ForeignKey("shops.id"), nullable=False),
        sa.Column("provider_id", KEY, nullable=False),
        *_text("url", "error"),
        _moment("created_at"),
        _moment("due_at"),
        _moment("fetched_at", null=True),
        sa.ForeignKeyConstraint(["shop_id", "provider_id"], ["providers.shop_id", "providers.id"]),
        sa.Index(None, "shop_id"),
        sa.Index(None, "due_at"),
    ]


TABLES: tuple[tuple[str, str, Callable[[], list[sa.schema.SchemaItem]]], ...] = (
    ("kept_answers", "idempotency_keys", _idempotency_keys),
    ("cuts", "retention_marks", _retention_marks),
    ("contents", "whatsapp_templates", _whatsapp_templates),
    ("misunderstood", "unrecognized_messages", _unrecognized_messages),
    ("outside_calendars", "external_calendars", _external_calendars),
)


def upgrade() -> None:
    """Rename; the guards are installed after each migration."""
    _drop_audit_guard()
    _drop_indexes(OLD_INDEXES)
    for table, old, new in COLUMNS:
        _rename_column(table, old, new)
    for table, old_check, new_check in CHECKS:
        _replace_check(table, old_check, new_check)
    _create_indexes(NEW_INDEXES)
    for old, new, items in TABLES:
        _copy_table(old, new, items())
    _copy_table(
        "sign_ins", "auth_sessions", _auth_sessions("ended_reason"), ("ended_for", "ended_reason")
    )
    _rename_action("squeeze_in", "overbook")


def downgrade() -> None:
    """Rename back. The audit log's guard comes back when the older version migrates."""
    _drop_audit_guard()
    _drop_indexes(NEW_INDEXES)
    for table, old, new in reversed(COLUMNS):
        _rename_column(table, new, old)
    for table, old_check, new_check in CHECKS:
        _replace_check(table, new_check, old_check)
    _create_indexes(OLD_INDEXES)
    for old, new, items in TABLES:
        _copy_table(new, old, items())
    _copy_table(
        "auth_sessions", "sign_ins", _auth_sessions("ended_for"), ("ended_reason", "ended_for")
    )
    _rename_action("overbook", "squeeze_in")


def _on_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"


def _drop_audit_guard() -> None:
    # It reads the table of retention marks by name.
    if _on_postgresql():
        for name in ("audit_only_grows", "audit_is_not_emptied"):
            op.execute(f"DROP TRIGGER IF EXISTS {name} ON audit")
        op.execute("DROP FUNCTION IF EXISTS audit_only_grows()")
        return
    for event in ("update", "delete"):
        op.execute(f"DROP TRIGGER IF EXISTS audit_only_grows_{event}")


def _drop_indexes(indexes: tuple[tuple[str, str, list[str], str | None, bool], ...]) -> None:
    for name, table, *_ in indexes:
        op.drop_index(name, table)


def _create_indexes(indexes: tuple[tuple[str, str, list[str], str | None, bool], ...]) -> None:
    for name, table, columns, condition, unique in indexes:
        where = None if condition is None else sa.text(condition)
        op.create_index(
            name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where
        )


def _rename_column(table: str, old: str, new: str) -> None:
    op.alter_column(table, old, new_column_name=new)
    # PostgreSQL from 18 on names what says NOT NULL by the column, and keeps that name.
    named = sa.text("SELECT conname FROM pg_constraint WHERE conname = :name")
    name = f"{table}_{old}_not_null"
    if _on_postgresql() and op.get_bind().execute(named, {"name": name}).first():
        op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {name} TO {table}_{new}_not_null")


def _replace_check(table: str, before: tuple[str, str], after: tuple[str, str]) -> None:
    with op.batch_alter_table(table) as batch:
        batch.drop_constraint(op.f(f"ck_{table}_{before[0]}"), type_="check")
        batch.create_check_constraint(op.f(f"ck_{table}_{after[0]}"), after[1])


def _copy_table(
    old: str, new: str, items: list[sa.schema.SchemaItem], renamed: tuple[str, str] = ("", "")
) -> None:
    """Make the table anew, so that keys and indexes bear its name, too."""
    id_ = sa.Column("id", KEY, primary_key=True, autoincrement=True)
    op.create_table(new, id_, *items)
    names = ["id", *(item.name for item in items if isinstance(item, sa.Column))]
    into = ", ".join(f'"{name}"' for name in names)
    from_ = ", ".join(f'"{renamed[0] if name == renamed[1] else name}"' for name in names)
    op.execute(f"INSERT INTO {new} ({into}) SELECT {from_} FROM {old}")  # noqa: S608 - literals
    if _on_postgresql():
        newest = f"(SELECT max(id) FROM {new})"  # noqa: S608 - literals
        op.execute(
            f"SELECT setval(pg_get_serial_sequence('{new}', 'id'), coalesce({newest}, 1),"
            f" {newest} IS NOT NULL)"
        )
    op.drop_table(old)


def _rename_action(before: str, after: str) -> None:
    events = sa.table("booking_events", sa.column("action", sa.Text()))
    rows = sa.update(events).where(events.c.action == before).values(action=after)
    op.get_bind().execute(rows)
