"""Accounts of the web API: passwords, sign-ins, lockouts, kept answers, and who changed what."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.add_column("users", sa.Column("last_sign_in_at", INSTANT))
    op.create_table(
        "passwords",
        _key(),
        _ref("user_id", "users"),
        _text("digest"),
        _when("created_at"),
        sa.Index(None, "user_id", "id"),
    )
    op.create_table(
        "sign_ins",
        _key(),
        _ref("user_id", "users"),
        _text("kind"),
        _count("generation"),
        _text("agent"),
        _text("address"),
        _when("created_at"),
        _when("used_at"),
        _when("expires_at"),
        _when("ended_at", null=True),
        _text("ended_for"),
        sa.CheckConstraint("kind IN ('token', 'cookie')", name=op.f("ck_sign_ins_kind")),
        sa.Index(None, "user_id", "ended_at"),
    )
    op.create_table(
        "lockouts",
        _key(),
        _text("subject"),
        _count("tries"),
        _when("last_at"),
        _when("until", null=True),
        sa.UniqueConstraint("subject"),
    )
    op.create_table(
        "kept_answers",
        _key(),
        _text("caller"),
        _text("key"),
        _text("fingerprint"),
        _count("status"),
        _text("body"),
        _when("created_at"),
        sa.UniqueConstraint("caller", "key"),
        sa.Index(None, "created_at"),
    )
    op.create_table(
        "audit",
        _key(),
        _when("at"),
        _ref("shop_id", "shops", null=True),
        _ref("user_id", "users", null=True),
        _text("action"),
        _text("target"),
        sa.Column("before", JSON),
        sa.Column("after", JSON),
        _text("address"),
        _text("request"),
        sa.Index(None, "shop_id", "id"),
        sa.Index(None, "user_id", "id"),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("audit", "kept_answers", "lockouts", "sign_ins", "passwords"):
        op.drop_table(table)
    op.drop_column("users", "last_sign_in_at")


def _key() -> sa.Column[int]:
    return sa.Column("id", KEY, primary_key=True)


def _ref(name: str, table: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, KEY, sa.ForeignKey(f"{table}.id"), nullable=null)


def _when(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, INSTANT, nullable=null)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default="")


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text("0"))
