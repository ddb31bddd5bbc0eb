"""What the customer of a booking could not be told by a message: a list for somebody to call."""

from __future__ import annotations

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import untold


async def note_untold(
    ctx: Context, *, shop_id: int, booking_id: int, kind: str, reason: str
) -> None:
    """Note, once until it is settled, that the customer must be told by a call."""
    row = {
        "shop_id": shop_id,
        "booking_id": booking_id,
        "kind": kind,
        "reason": reason[:200],
        "created_at": ctx.now,
    }
    await ctx.execute(ctx.insert_ignoring_conflicts(untold, row))


async def settle_untold(ctx: Context, booking_id: int, *, by: int | None = None) -> int:
    """Take a booking off the list: its customer was called (`by` a user), or a message went out."""
    done = await ctx.execute(
        sa.update(untold)
        .where(untold.c.booking_id == booking_id, untold.c.settled_at.is_(None))
        .values(settled_at=ctx.now, settled_by=by)
    )
    return int(done.rowcount)
