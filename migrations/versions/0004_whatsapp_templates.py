"""Templates that Twilio keeps for us: what we call them, and their ids there."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "contents",
        sa.Column("id", KEY, primary_key=True),
        *(
            sa.Column(name, sa.Text(), nullable=False, server_default="")
            for name in ("account", "name", "sid", "approval")
        ),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.UniqueConstraint("account", "name"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("contents")
