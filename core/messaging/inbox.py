"""The inbox: every incoming message once, stored first and handled in order per conversation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.db.context import Context
from core.db.rows import Rows
from core.db.tables import inbox, prompts
from core.errors import NotFound
from core.messaging.messages import Incoming, Json


def wake_turn_runner(ctx: Context, conversation_id: int) -> None:
    """Run the conversation's turn as soon as this transaction commits.

    If no turns run in this process, a tick finds it.
    """
    if ctx.hooks.begin_turns is not None:
        ctx.after_commit.append(partial(ctx.hooks.begin_turns, conversation_id))


_TALK = sa.bindparam("talk", type_=sa.BigInteger)

_SEEN = (
    sa.select(prompts.c.id)
    .where(prompts.c.conversation_id == _TALK, prompts.c.shown_at.is_not(None))
    .order_by(prompts.c.shown_at.desc(), prompts.c.id.desc())
    .limit(1)
    .scalar_subquery()
)

# Built once: receiving is this one statement, and duplicates come in thousands.
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
    """Store an incoming and return its id; None if this event of the line was stored before.

    The prompt shown last is stored with it, since a bare "2" answers that one. Raise NotFound if
    the conversation is gone; the transaction must then be rolled back.
    """
    values = {
        "line_id": line_id,
        "talk": conversation_id,
        "event_id": event_id,
        "incoming": incoming.to_json(),
        "state": "new",
        "due_at": ctx.now,
        "received_at": ctx.now,
    }
    try:
        stored = await ctx.execute(_STORE[ctx.connection.dialect.name], values)
    except sa.exc.IntegrityError as error:
        raise NotFound(conversation=conversation_id) from error
    row_id: int | None = stored.scalar()
    return row_id


async def store_unreadable(
    ctx: Context,
    *,
    line_id: int,
    conversation_id: int | None,
    event_id: str,
    raw: str,
    error: str,
) -> int | None:
    """Store an event that cannot be read as laid aside; None if it was stored before.

    `raw` is all that was received; without a conversation, which could be erased with its person,
    it must hold no personal data.
    """
    values = {
        "line_id": line_id,
        "conversation_id": conversation_id,
        "event_id": event_id,
        "incoming": {"kind": "unreadable", "raw": raw},
        "state": "dead",
        "due_at": ctx.now,
        "received_at": ctx.now,
        "done_at": ctx.now,
        "error": error,
    }
    stored = await ctx.execute(ctx.insert_ignoring_conflicts(inbox, values).returning(inbox.c.id))
    row_id: int | None = stored.scalar()
    return row_id


# ------------------------------------------------------------------------------------ turns


@dataclass(frozen=True, slots=True)
class PendingIncoming:
    """An unhandled incoming; `prompt_id` is the prompt its sender saw last."""

    id: int
    data: Json
    prompt_id: int | None
    received_at: datetime
    due_at: datetime
    attempts: int

    @property
    def incoming(self) -> Incoming:
        """Decode what was sent; called only in the turn, so that bad data can be set aside."""
        return Incoming.from_json(self.data)


# Written out: a partial index serves only queries that visibly share its condition.
_IS_NEW = sa.text("inbox.state = 'new'")

# Built once: composing a statement costs as much as running it.
_PENDING = Rows(
    PendingIncoming,
    sa.select(
        inbox.c.id,
        inbox.c.incoming.label("data"),
        inbox.c.prompt_id,
        inbox.c.received_at,
        inbox.c.due_at,
        inbox.c.attempts,
    )
    .where(inbox.c.conversation_id == sa.bindparam("conversation_id"), _IS_NEW)
    .order_by(inbox.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer)),
)
_FINISH = sa.update(inbox).where(inbox.c.id == sa.bindparam("this"))


async def pending_incoming(
    ctx: Context, conversation_id: int, *, limit: int
) -> list[PendingIncoming]:
    """Return the oldest unfinished incoming of a conversation, at most `limit`, in order.

    Lock the conversation first, in a separate statement, so that what another process has just
    finished is seen as finished.
    """
    return await ctx.fetch(_PENDING, {"conversation_id": conversation_id, "limit": limit})


async def finish_incoming(ctx: Context, inbox_id: int, *, redacted: Incoming | None = None) -> None:
    """Mark an incoming as handled; `redacted` replaces content that must not be kept."""
    done = {"state": "done", "done_at": ctx.now}
    if redacted is not None:
        done["incoming"] = redacted.to_json()
    await ctx.execute(_FINISH, {"this": inbox_id, **done})


async def record_failure(
    ctx: Context, inbox_id: int, *, attempts: int, error: str, retry_at: datetime, dead: bool
) -> None:
    """Record the `attempts`th failure of a turn; a `dead` incoming is not retried."""
    await ctx.execute(
        sa.update(inbox)
        .where(inbox.c.id == inbox_id)
        .values(
            attempts=attempts,
            error=error[:1000],
            due_at=retry_at,
            state="dead" if dead else "new",
            done_at=ctx.now if dead else None,
        )
    )


async def unfinished_conversations(
    ctx: Context, *, min_age: timedelta, limit: int | None
) -> list[int]:
    """Return conversations whose oldest unfinished incoming is due and `min_age` old."""
    first = (
        sa.select(sa.func.min(inbox.c.id).label("id"))
        .where(_IS_NEW)
        .group_by(inbox.c.conversation_id)
        .subquery()
    )
    rows = await ctx.all(
        sa.select(inbox.c.conversation_id)
        .join(first, first.c.id == inbox.c.id)
        .where(inbox.c.due_at <= ctx.now, inbox.c.received_at <= ctx.now - min_age)
        .order_by(inbox.c.id)
        .limit(limit)
    )
    return [row.conversation_id for row in rows]
