"""Finding what is due in its very order, though a hundred thousand are due at one instant."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

UNFINISHED = sa.text("state IN ('due', 'sending')")


def upgrade() -> None:
    """Make the index anew, with the id behind the instant."""
    _anew("lane", "due_at", "id")


def downgrade() -> None:
    """Make it as it was."""
    _anew("lane", "due_at")


def _anew(*columns: str) -> None:
    op.drop_index("ix_outbox_due", "outbox")
    op.create_index(
        "ix_outbox_due",
        "outbox",
        list(columns),
        sqlite_where=UNFINISHED,
        postgresql_where=UNFINISHED,
    )
