"""What the simulator changes directly: emptying the database and pairing simulated members."""

from __future__ import annotations

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import identities, member_chats, metadata
from core.people.members import Member


async def delete_everything(ctx: Context) -> None:
    """Delete all rows of all tables."""
    for table in reversed(metadata.sorted_tables):
        await ctx.execute(sa.delete(table))


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
