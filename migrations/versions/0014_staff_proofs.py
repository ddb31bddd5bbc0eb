"""What staff's orders rest on, and who asked for a code."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Make the table, empty: what is proved already is not known to be by a member."""
    for column in (
        sa.Column("asker", sa.Text(), nullable=False, server_default=""),
        sa.Column("network", sa.Text(), nullable=False, server_default=""),
        sa.Column("trusted", sa.Boolean(), nullable=False, server_default=sa.false()),
    ):
        op.add_column("one_time_codes", column)
    op.create_index(
        "ix_one_time_codes_network_created_at", "one_time_codes", ["network", "created_at"]
    )
    op.create_table(
        "staff_proofs",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("user_id", KEY, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("identity_id", KEY, sa.ForeignKey("identities.id"), nullable=False),
        sa.Column("conversation_id", KEY, sa.ForeignKey("conversations.id")),
        sa.Column("proved_at", INSTANT, nullable=False),
        sa.Index(None, "identity_id"),
        sa.Index(None, "conversation_id"),
    )


def downgrade() -> None:
    """Drop both."""
    op.drop_table("staff_proofs")
    op.drop_index("ix_one_time_codes_network_created_at", "one_time_codes")
    for column in ("trusted", "network", "asker"):
        op.drop_column("one_time_codes", column)
