"""Which addresses were proved by a code, and shops that want one on every channel."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0021"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Add both columns: so far a phone was proved by a code, or by a contact shared in Telegram."""
    op.add_column(
        "shops",
        sa.Column(
            "codes_on_every_channel", sa.Boolean(), nullable=False, server_default=sa.false()
        ),
    )
    op.add_column("identities", sa.Column("code_verified_at", INSTANT))
    op.execute("UPDATE identities SET code_verified_at = verified_at")


def downgrade() -> None:
    """Drop both."""
    op.drop_column("identities", "code_verified_at")
    op.drop_column("shops", "codes_on_every_channel")
