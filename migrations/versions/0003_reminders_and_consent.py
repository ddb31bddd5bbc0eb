"""Reminders: their rules, quiet hours, where people want them, what they said yes to.

Columns are added as they are, without rebuilding a table, so that no guard is touched.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

INDEXES = (
    ("ix_inbox_prompt", "inbox", "prompt_id"),
    ("ix_outbox_prompt", "outbox", "prompt_id"),
    ("ix_outbox_instead", "outbox", "instead_of"),
)


def upgrade() -> None:
    """Add columns, the table of consents, and the indexes that purging goes by."""
    for table, columns in _columns().items():
        for column in columns:
            op.add_column(table, column)
    op.create_table(
        "consents",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("conversation_id", KEY, sa.ForeignKey("conversations.id"), nullable=False),
        _flag("given"),
        _text("how"),
        _text("wording"),
        sa.Column("at", INSTANT, nullable=False),
        sa.Index(None, "conversation_id", "id"),
    )
    op.create_index("ix_inbox_done_at", "inbox", ["done_at"])
    for name, table, column in INDEXES:
        where = sa.text(f"{column} IS NOT NULL")
        op.create_index(name, table, [column], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Take all of it away."""
    op.drop_index("ix_inbox_done_at", "inbox")
    for name, table, _ in INDEXES:
        op.drop_index(name, table)
    op.drop_table("consents")
    for table, columns in _columns().items():
        for column in reversed(columns):
            op.drop_column(table, column.name)


def _columns() -> dict[str, list[sa.Column[object]]]:
    return {
        "shops": [
            sa.Column("reminders", JSON),
            sa.Column("quiet_from", sa.Integer()),
            sa.Column("quiet_until", sa.Integer()),
            _flag("discreet"),
            _flag("alert_unanswered"),
            _text("agenda_today", "08:00"),
            _text("agenda_tomorrow", "20:00"),
            sa.Column("templates", JSON, nullable=False, server_default=sa.text("'{}'")),
        ],
        "services": [sa.Column("reminders", JSON)],
        "users": [
            _text("channel"),
            sa.Column("quiet_from", sa.Integer()),
            sa.Column("quiet_until", sa.Integer()),
        ],
        "conversations": [sa.Column("unreachable_at", INSTANT)],
        "outbox": [sa.Column("instead_of", KEY)],
    }


def _flag(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())


def _text(name: str, default: str = "") -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)
