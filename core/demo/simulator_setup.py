"""What the simulator changes directly: emptying the database and pairing simulated members."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import identities, member_chats, metadata, retention_marks
from core.people.members import Member

_FOREVER = timedelta(days=36_500)
"""Later than any time of the simulator's clock, which people turn ahead."""


async def delete_everything(ctx: Context) -> None:
    """Delete all rows of all tables, the audit log included.

    That gives rows up only where a retention mark says so, hence the mark goes last.
    """
    await ctx.execute(sa.delete(retention_marks))
    mark = {"name": "audit", "until": ctx.now + _FOREVER}
    await ctx.execute(sa.insert(retention_marks).values(mark))
    for table in reversed(metadata.sorted_tables):
        if table is not retention_marks:
            await ctx.execute(sa.delete(table))
    await ctx.execute(sa.delete(retention_marks))


async def bind_simulated_member(ctx: Context, shop_id: int, member: Member, address: str) -> None:
    """Pair a Telegram address on the staff's line with a member, as pairing in chat would."""
    account = {"kind": "telegram", "value": address, "created_at": ctx.now}
    await ctx.execute(ctx.insert_ignoring_conflicts(identities, account))
    known = sa.select(identities.c.id).where(identities.c.value == address)
    chat = {
        "shop_id": shop_id,
        "user_id": member.user_id,
        "identity_id": await ctx.scalar(known),
        "name": member.name,
        "created_at": ctx.now,
    }
    await ctx.execute(ctx.insert_ignoring_conflicts(member_chats, chat))
