"""How far what is only ever added to has been cut, by retention alone."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger().with_variant(postgresql.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Make the table; the guards that read it are put in place after each migration."""
    op.create_table(
        "cuts",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("name", sa.Text(), nullable=False, server_default="", unique=True),
        sa.Column("until", INSTANT, nullable=False),
    )


def downgrade() -> None:
    """Take it away again, and first what reads it."""
    if op.get_bind().dialect.name == "postgresql":
        for name in ("audit_only_grows", "audit_is_not_emptied"):
            op.execute(f"DROP TRIGGER IF EXISTS {name} ON audit")
        op.execute("DROP FUNCTION IF EXISTS audit_only_grows()")
    else:
        for event in ("update", "delete"):
            op.execute(f"DROP TRIGGER IF EXISTS audit_only_grows_{event}")
    op.drop_table("cuts")
