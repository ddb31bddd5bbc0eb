"""Which entries of an external calendar could not be read."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0016"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Add what was odd: nothing is known of it before the next fetch."""
    for column in (
        sa.Column("odd_entries", JSON, nullable=False, server_default="[]"),
        sa.Column("odd_count", sa.Integer(), nullable=False, server_default=sa.text("0")),
    ):
        op.add_column("external_calendars", column)


def downgrade() -> None:
    """Drop it."""
    with op.batch_alter_table("external_calendars") as table:
        table.drop_column("odd_count")
        table.drop_column("odd_entries")
