"""Calendars out, by secret addresses, and busy times in from calendars elsewhere."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "feeds",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("shop_id", KEY, sa.ForeignKey("shops.id"), nullable=False),
        sa.Column("provider_id", KEY),
        sa.Column("digest", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["shop_id", "provider_id"], ["providers.shop_id", "providers.id"]),
        sa.UniqueConstraint("digest"),
        sa.Index(None, "shop_id"),
    )
    op.create_table(
        "outside_calendars",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("shop_id", KEY, sa.ForeignKey("shops.id"), nullable=False),
        sa.Column("provider_id", KEY, nullable=False),
        sa.Column("url", sa.Text(), server_default="", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("fetched_at", INSTANT),
        sa.ForeignKeyConstraint(["shop_id", "provider_id"], ["providers.shop_id", "providers.id"]),
        sa.Index(None, "shop_id"),
        sa.Index(None, "due_at"),
    )


def downgrade() -> None:
    """Take them away again."""
    op.drop_table("outside_calendars")
    op.drop_table("feeds")
