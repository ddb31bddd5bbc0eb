"""What customers may be written to on, and whom nobody could tell something."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")
STANDING = sa.text("ended_at IS NULL")
OPEN = sa.text("settled_at IS NULL")


def upgrade() -> None:
    """Make the tables, empty: who wrote has a conversation, and nobody else agreed to anything."""
    op.create_table(
        "reaches",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("shop_id", KEY, sa.ForeignKey("shops.id"), nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("channel", sa.Text(), server_default="", nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("purpose", sa.Text(), server_default="", nullable=False),
        sa.Column("basis", sa.Text(), server_default="", nullable=False),
        sa.Column("wording", sa.Text(), server_default="", nullable=False),
        sa.Column("noted_by", KEY, sa.ForeignKey("users.id")),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.CheckConstraint("channel IN ('sms', 'whatsapp', 'email')", name="channel"),
        sa.CheckConstraint("purpose IN ('bookings', 'marketing')", name="purpose"),
        sa.CheckConstraint("basis IN ('booking', 'form', 'account', 'refused')", name="basis"),
        sa.ForeignKeyConstraint(["shop_id", "customer_id"], ["customers.shop_id", "customers.id"]),
        sa.Index(None, "address"),
    )
    op.create_index(
        "uq_reaches_standing",
        "reaches",
        ["customer_id", "channel", "address", "purpose"],
        unique=True,
        sqlite_where=STANDING,
        postgresql_where=STANDING,
    )
    op.create_table(
        "untold",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("shop_id", KEY, sa.ForeignKey("shops.id"), nullable=False),
        sa.Column("booking_id", KEY, sa.ForeignKey("bookings.id"), nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("settled_at", INSTANT),
        sa.Column("settled_by", KEY, sa.ForeignKey("users.id")),
    )
    op.create_index(
        "uq_untold_open",
        "untold",
        ["booking_id", "kind"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_index(
        "ix_untold_shop", "untold", ["shop_id"], sqlite_where=OPEN, postgresql_where=OPEN
    )


def downgrade() -> None:
    """Drop both."""
    op.drop_table("untold")
    op.drop_table("reaches")
