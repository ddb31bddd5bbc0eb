"""What the provider reports later: delivered, read, or not – in any order, any number of times."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import consents, conversations, outbox
from core.messaging.outbox.failure_alerts import FAILED_ROWS, fall_back_or_alarm

FAILED_STATUSES = ("canceled", "failed", "undelivered")
_PROGRESS = (
    *("", "accepted", "scheduled", "queued", "sending", "sent"),
    *FAILED_STATUSES,
    *("delivered", "read"),
)
"""How far a message got; callbacks come in any order, and only what is further on counts. That it
arrived is beyond all doubt; that it failed may be a network's mistake."""

STATUS_RANK = {status: place for place, status in enumerate(_PROGRESS)}


async def record_provider_status(
    ctx: Context,
    provider_id: str,
    status: str,
    error: str = "",
    *,
    why: str = "",
    outbox_id: int | None = None,
    unreachable: bool = False,
    unsubscribed: bool = False,
) -> bool:
    """Note what the provider says became of a message; False if that is unknown or no news.

    Callbacks come in any order and any number: a status never moves back, and whatever the order,
    the end is the same. A failure goes the way of `mark_failed`; should the message be said to have
    arrived after all, it has. With `outbox_id` (from the callback's address) one that overtakes our
    own mark is not lost.
    """
    if not STATUS_RANK.get(status):
        return False
    which = outbox.c.provider_id == provider_id
    if outbox_id is not None:
        which |= (outbox.c.id == outbox_id) & (outbox.c.provider_id == "")
    news: dict[str, Any] = {"provider_status": status, "provider_id": provider_id}
    if status in FAILED_STATUSES:
        news["error"] = error or status
        news["state"] = sa.case((outbox.c.state == "sent", "failed"), else_=outbox.c.state)
    elif STATUS_RANK[status] > STATUS_RANK["sent"]:
        failed = outbox.c.state.in_(("failed", "dead"))
        news["state"] = sa.case((failed, "sent"), else_=outbox.c.state)
        news["error"] = ""
    update = sa.update(outbox).values(**news).returning(outbox.c.id)
    before = _PROGRESS[: STATUS_RANK[status]]
    if status in FAILED_STATUSES:
        # Of two words for one failure only the first has consequences.
        doubted = [one for one in before if one in FAILED_STATUSES]
        more = update.where(which, outbox.c.provider_status.in_(doubted))
        if doubted and (await ctx.execute(more)).first() is not None:
            return True
    row_id = (await ctx.execute(update.where(which, outbox.c.provider_status.in_(before)))).scalar()
    if row_id is not None and status in FAILED_STATUSES:
        row = await ctx.first(FAILED_ROWS.where(outbox.c.id == row_id))
        assert row is not None
        if unsubscribed:
            await record_opt_out(ctx, row.conversation_id, how="refused", wording=error)
        await fall_back_or_alarm(ctx, row, error or status, why=why, unreachable=unreachable)
    return row_id is not None


async def record_opt_out(
    ctx: Context, conversation_id: int, *, how: str, wording: str = ""
) -> None:
    """Note that a person wants no more of our messages; once, however often it is said.

    What they say themselves is noted also where the shop had only been told so: it weighs more.
    """
    first = (
        sa.update(conversations)
        .where(conversations.c.id == conversation_id, conversations.c.opted_out_at.is_(None))
        .values(opted_out_at=ctx.now)
    )
    new = (await ctx.execute(first)).rowcount
    if new or (how != "told" and await opt_out_source(ctx, conversation_id) == "told"):
        await ctx.insert(
            consents,
            conversation_id=conversation_id,
            given=False,
            how=how,
            wording=wording,
            at=ctx.now,
        )


async def opt_out_source(ctx: Context, conversation_id: int) -> str:
    """Return how it came about last that a person wants no messages; "" if they never said so."""
    last = (
        sa.select(consents.c.how)
        .where(consents.c.conversation_id == conversation_id, consents.c.given.is_(False))
        .order_by(consents.c.id.desc())
        .limit(1)
    )
    return str(await ctx.scalar(last) or "")
