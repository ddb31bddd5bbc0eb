"""A shop's own words for what it tells people."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Add the column."""
    words = sa.Column("wordings", JSON, nullable=False, server_default=sa.text("'{}'"))
    op.add_column("shops", words)


def downgrade() -> None:
    """Take it away again."""
    op.drop_column("shops", "wordings")
