"""Who is alerted is found by the shop's lines and by who is an admin, not by reading all."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index the lines of a shop, and the admins."""
    op.create_index("ix_lines_shop_id", "lines", ["shop_id"])
    op.create_index(
        "ix_users_admins",
        "users",
        ["id"],
        sqlite_where=sa.text("admin"),
        postgresql_where=sa.text("admin"),
    )


def downgrade() -> None:
    """Drop both."""
    op.drop_index("ix_users_admins", "users")
    op.drop_index("ix_lines_shop_id", "lines")
