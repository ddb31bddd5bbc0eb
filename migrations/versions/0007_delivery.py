"""Who is at work, and what each SMS was priced as."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Make the table, add the column."""
    op.create_table(
        "heartbeats",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("name", sa.Text(), nullable=False, server_default="", unique=True),
        sa.Column("at", INSTANT, nullable=False),
    )
    op.add_column("outbox", sa.Column("alphabet", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    """Take them away again."""
    op.drop_column("outbox", "alphabet")
    op.drop_table("heartbeats")
