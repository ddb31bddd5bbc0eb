"""Texts that were not understood, redacted, for the shop to look at."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "misunderstood",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("shop_id", KEY, sa.ForeignKey("shops.id")),
        *(
            sa.Column(name, sa.Text(), nullable=False, server_default="")
            for name in ("language", "expects", "text")
        ),
        sa.Column("at", INSTANT, nullable=False),
        sa.Index(None, "shop_id", "at"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("misunderstood")
