"""Finding visits that are over, which is asked for at every tick."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index("ix_bookings_state_ends_at", "bookings", ["state", "ends_at"])


def downgrade() -> None:
    """Take it away again."""
    op.drop_index("ix_bookings_state_ends_at", "bookings")
