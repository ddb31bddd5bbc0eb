"""What cannot be read is laid aside in the inbox, also when nobody can tell whose it was."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0015"
branch_labels = None
depends_on = None

CONVERSATION_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Let a row of the inbox have no conversation."""
    with op.batch_alter_table("inbox") as table:
        table.alter_column("conversation_id", existing_type=CONVERSATION_ID, nullable=True)


def downgrade() -> None:
    """Drop the rows that have none."""
    op.execute("DELETE FROM inbox WHERE conversation_id IS NULL")
    with op.batch_alter_table("inbox") as table:
        table.alter_column("conversation_id", existing_type=CONVERSATION_ID, nullable=False)
