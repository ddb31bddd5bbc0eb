"""People's names may have one character (李); before, two was the least.

Going back, a name of one character gets a full stop behind it, as an initial is written: the row
is kept, and its name still found.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

_NAMED = ("customers", "providers")


def upgrade() -> None:
    """Allow one character."""
    _replace_checks(least=1)


def downgrade() -> None:
    """Ask for two characters again, after lengthening what is shorter."""
    for table, column in (*((table, "name") for table in _NAMED), ("bookings", "attendee")):
        named = sa.table(table, sa.column(column, sa.Text()))
        value = named.c[column]
        longer = sa.update(named).where(sa.func.length(value) == 1).values({column: value + "."})
        op.get_bind().execute(longer)
    _replace_checks(least=2)


def _replace_checks(*, least: int) -> None:
    for table in _NAMED:
        _replace_check(table, "name_length", f"length(name) BETWEEN {least} AND 100")
    attendee = f"attendee = '' OR length(attendee) BETWEEN {least} AND 100"
    _replace_check("bookings", "attendee", attendee)


def _replace_check(table: str, name: str, condition: str) -> None:
    with op.batch_alter_table(table) as batch:
        batch.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
        batch.create_check_constraint(op.f(f"ck_{table}_{name}"), condition)
