"""Questions to staff about the outcome of a visit nobody has recorded."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from core.bookings import notifications
from core.bookings.booking import list_bookings
from core.db.context import Context
from core.db.tables import bookings, outbox
from core.messaging.decisions import Decision
from core.messaging.messages import Say
from core.messaging.outbox.staff_alerts import ask_staff

ASK_OUTCOME_AFTER = timedelta(minutes=10)
"""How long after its end staff are asked about a visit without an outcome."""

ASK_OUTCOME_UNTIL = timedelta(hours=12)
"""How long after its end a visit is too old to ask about."""


async def ask_outcomes(ctx: Context, *, limit: int = 50) -> int:
    """Ask staff, once per booking, how visits without an outcome went; return how many.

    Sample and imported bookings are left out.
    """
    asked = sa.exists().where(outbox.c.booking_id == bookings.c.id, outbox.c.kind == "outcome")
    due = await list_bookings(
        ctx,
        bookings.c.state == "confirmed",
        bookings.c.ends_at <= ctx.now - ASK_OUTCOME_AFTER,
        bookings.c.ends_at > ctx.now - ASK_OUTCOME_UNTIL,
        bookings.c.origin.not_in(("sample", "import")),
        ~asked,
    )
    told = 0
    for one in due[:limit]:
        told += await ask_staff(
            ctx,
            Say("alert.outcome", notifications.booking_facts(one)),
            notifications.booking_event(one, "outcome"),
            Decision(
                "outcome",
                ("done", "noshow"),
                {"booking": one.id},
                one.ends_at + ASK_OUTCOME_UNTIL,
            ),
        )
    return told
