"""What a simulator changes by itself: an empty database to begin with, and members it knows."""

from __future__ import annotations

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import identities, member_chats, metadata
from core.people.members import Member


async def delete_everything(ctx: Context) -> None:
    """Delete every row of every table."""
    for table in reversed(metadata.sorted_tables):
        await ctx.execute(sa.delete(table))


async def bind_simulated_member(ctx: Context, shop_id: int, member: Member, address: str) -> None:
    """Let a Telegram address of the staff's line act for a member, as if they had paired it."""
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
