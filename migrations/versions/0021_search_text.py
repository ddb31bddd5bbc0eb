"""What customers are found by: name, phone and e-mail, folded."""

import sqlalchemy as sa
from alembic import op

from core.values.text_folding import person_search_text

revision = "0021"
down_revision = "0018"
branch_labels = None
depends_on = None

BATCH = 500


def upgrade() -> None:
    """Add the column, fill it, and index it by shop."""
    op.add_column(
        "customers", sa.Column("search_text", sa.Text(), server_default="", nullable=False)
    )
    table = sa.table(
        "customers", *(sa.column(n) for n in ("id", "name", "phone", "email", "search_text"))
    )
    connection = op.get_bind()
    fill = (
        sa.update(table)
        .where(table.c.id == sa.bindparam("row"))
        .values(search_text=sa.bindparam("folded"))
    )
    last = 0
    while rows := connection.execute(
        sa.select(table.c.id, table.c.name, table.c.phone, table.c.email)
        .where(table.c.id > last)
        .order_by(table.c.id)
        .limit(BATCH)
    ).all():
        connection.execute(
            fill, [{"row": r.id, "folded": person_search_text(*r[1:])} for r in rows]
        )
        last = rows[-1].id
    op.create_index("ix_customers_shop_id_search_text", "customers", ["shop_id", "search_text"])


def downgrade() -> None:
    """Drop both."""
    op.drop_index("ix_customers_shop_id_search_text", "customers")
    op.drop_column("customers", "search_text")
