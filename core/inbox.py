"""The inbox: every incoming, once. Stored first, handled afterwards, in order per conversation."""

from __future__ import annotations

import sqlalchemy as sa

from core import models
from core.context import Context
from core.messages import Incoming


async def store(
    ctx: Context, *, line_id: int, conversation_id: int, event_id: str, incoming: Incoming
) -> int | None:
    """Store an incoming and return its id; None when this event of the line was stored before.

    With it goes the prompt its sender saw last: a bare "2" answers that one.
    """
    inbox, prompts = models.inbox, models.prompts
    seen = (
        sa.select(prompts.c.id)
        .where(prompts.c.conversation_id == conversation_id, prompts.c.shown_at.is_not(None))
        .order_by(prompts.c.shown_at.desc(), prompts.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    insert = ctx.insert_new(
        inbox,
        {
            "line_id": line_id,
            "conversation_id": conversation_id,
            "event_id": event_id,
            "incoming": incoming.to_json(),
            "prompt_id": seen,
            "state": "new",
            "due_at": ctx.now,
            "received_at": ctx.now,
        },
    )
    stored = (await ctx.execute(insert.returning(inbox.c.id))).scalar()
    return None if stored is None else int(stored)
