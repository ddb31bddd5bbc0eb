"""What a simulator changes by itself: an empty database to begin with, and members it knows."""

from __future__ import annotations

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import identities, metadata, staff_proofs


async def delete_everything(ctx: Context) -> None:
    """Delete every row of every table."""
    for table in reversed(metadata.sorted_tables):
        await ctx.execute(sa.delete(table))


async def link_simulated_member(ctx: Context, user_id: int, address: str) -> None:
    """Let the staff's line know a member by a Telegram address, as if they had linked it."""
    values = {
        "user_id": user_id,
        "kind": "telegram",
        "value": address,
        "proved_at": ctx.now,
        "used_at": ctx.now,
        "created_at": ctx.now,
    }
    await ctx.execute(ctx.insert_ignoring_conflicts(identities, values))
    proved = sa.update(identities).where(identities.c.value == address)
    identity_id = await ctx.scalar(proved.values(used_at=ctx.now).returning(identities.c.id))
    known = {"user_id": user_id, "identity_id": identity_id}
    await ctx.execute(sa.delete(staff_proofs).filter_by(**known))
    await ctx.insert(staff_proofs, **known, proved_at=ctx.now)
