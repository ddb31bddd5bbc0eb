"""What customers do with bookings: hold, book, move, cancel – and the door to all other verbs.

One rule stands above all: a booking is made or moved only under the locks of the calendars it
takes, after the offer itself was checked again under them (`core.bookings.claims`). What may follow what is
one table (`core.bookings.transitions`). The staff's verbs are in `core.bookings.staff_actions`, sessions and blocks in
`core.bookings.blocks`; callers find everything here.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from core.bookings import notifications
from core.bookings.booking import OWN, unowned
from core.bookings.claims import end
from core.db.context import Context
from core.db.tables import bookings

# ------------------------------------------------------------------------------------ time, lists


async def expire(ctx: Context, now: datetime | None = None, *, limit: int = 200) -> int:
    """Let holds whose minutes are over and requests whose start has come expire; return how many.

    At most `limit` in one transaction. Who asked and was not answered is told so.
    """
    now = now or ctx.now
    due = sa.or_(
        sa.and_(bookings.c.state == "held", bookings.c.held_until <= now),
        sa.and_(bookings.c.state == "pending", bookings.c.starts_at <= now),
    )
    statement = sa.select(*OWN).where(due).order_by(bookings.c.id).limit(limit)
    if ctx.postgresql:
        # Others may be sweeping, deciding or booking one of them: it is theirs then.
        statement = statement.with_for_update(skip_locked=True, key_share=True)
    ended = await end(ctx, [unowned(row) for row in await ctx.all(statement)], "expire")
    for one in ended:
        if one.state == "pending":
            await notifications.tell(ctx, one, "expired")
    return len(ended)
