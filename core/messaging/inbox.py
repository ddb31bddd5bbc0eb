"""The inbox: every incoming, once. Stored first, handled afterwards, in order per conversation."""

from __future__ import annotations

from functools import partial

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.db.context import Context
from core.db.tables import inbox, prompts
from core.messaging.messages import Incoming


def wake_turn_runner(ctx: Context, conversation_id: int) -> None:
    """Have the turn of a conversation run as soon as this transaction is committed.

    Whoever runs turns keeps the callback in `ctx.cache["begin turn"]`; a tick finds it otherwise.
    """
    begin = ctx.cache.get("begin turn")
    if begin is not None:
        ctx.after_commit.append(partial(begin, conversation_id))


_TALK = sa.bindparam("talk", type_=sa.BigInteger)

_SEEN = (
    sa.select(prompts.c.id)
    .where(prompts.c.conversation_id == _TALK, prompts.c.shown_at.is_not(None))
    .order_by(prompts.c.shown_at.desc(), prompts.c.id.desc())
    .limit(1)
    .scalar_subquery()
)

# Put together once: a receipt is this one statement, and duplicates come in thousands.
_STORE = {
    name: dialect.insert(inbox)
    .values(conversation_id=_TALK, prompt_id=_SEEN)
    .on_conflict_do_nothing()
    .returning(inbox.c.id)
    for name, dialect in (("postgresql", postgresql), ("sqlite", sqlite))
}


async def store(
    ctx: Context, *, line_id: int, conversation_id: int, event_id: str, incoming: Incoming
) -> int | None:
    """Store an incoming and return its id; None when this event of the line was stored before.

    With it goes the prompt its sender saw last: a bare "2" answers that one.
    """
    stored = await ctx.execute(
        _STORE[ctx.connection.dialect.name],
        {
            "line_id": line_id,
            "talk": conversation_id,
            "event_id": event_id,
            "incoming": incoming.to_json(),
            "state": "new",
            "due_at": ctx.now,
            "received_at": ctx.now,
        },
    )
    row_id: int | None = stored.scalar()
    return row_id
