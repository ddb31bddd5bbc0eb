"""Messages that change in place: which one shows a prompt, which one an outgoing one replaces."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Add the two columns; both databases do so without rewriting the table."""
    op.add_column("prompts", sa.Column("message_id", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "outbox", sa.Column("living", JSON, server_default=sa.text("'{}'"), nullable=False)
    )


def downgrade() -> None:
    """Take them away again."""
    op.drop_column("outbox", "living")
    op.drop_column("prompts", "message_id")
