"""Rows of the inbox without a conversation, and one spelling of each phone.

What cannot be read is laid aside, also when nobody can tell whose it was. Identities that nobody
proved under a phone's old spelling take its normal one, or give way to the one that has it.
"""

import re

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
    _use_normal_forms()


def downgrade() -> None:
    """Drop the rows that have none."""
    op.execute("DELETE FROM inbox WHERE conversation_id IS NULL")
    with op.batch_alter_table("inbox") as table:
        table.alter_column("conversation_id", existing_type=CONVERSATION_ID, nullable=False)


IDENTITIES = sa.table("identities", *map(sa.column, ("id", "kind", "value", "user_id", "ended_at")))
CONVERSATIONS = sa.table("conversations", sa.column("id"), sa.column("identity_id"))
OLD = (
    (r"\+55([1-9][1-9])([6-9]\d{7})", r"+55\g<1>9\g<2>"),
    (r"\+521([1-9]\d{9})", r"+52\g<1>"),
    (r"\+225(\d[0-3]\d{6})", r"+22501\g<1>"),
    (r"\+225(\d[4-6]\d{6})", r"+22505\g<1>"),
    (r"\+225(\d[7-9]\d{6})", r"+22507\g<1>"),
    (r"\+229([2-9]\d{7})", r"+22901\g<1>"),
)
"""What was normal when this was written."""


def _use_normal_forms() -> None:
    """Give phones in an old spelling the normal one; conversations keep their address."""
    bind = op.get_bind()
    living = sa.and_(IDENTITIES.c.kind == "phone", IDENTITIES.c.ended_at.is_(None))
    starts = sa.or_(*(IDENTITIES.c.value.like(f"{code}%") for code in ("+55", "+521", "+22")))
    rows = bind.execute(sa.select(IDENTITIES).where(living, starts)).all()
    for row in rows:
        new = next((re.sub(o, n, row.value) for o, n in OLD if re.fullmatch(o, row.value)), "")
        if not new:
            continue
        other = bind.execute(
            sa.select(IDENTITIES.c.id, IDENTITIES.c.user_id).where(
                living, IDENTITIES.c.value == new
            )
        ).first()
        if other is None:
            bind.execute(sa.update(IDENTITIES).where(IDENTITIES.c.id == row.id).values(value=new))
        elif row.user_id in {None, other.user_id}:
            # One person's, or nobody's: the talk is with the identity that has the normal form.
            bind.execute(
                sa.update(CONVERSATIONS)
                .where(CONVERSATIONS.c.identity_id == row.id)
                .values(identity_id=other.id)
            )
