"""Delivery reports from the provider: delivered, read or failed, in any order, repeatedly."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import consents, conversations, outbox
from core.messaging.outbox.failure_alerts import FAILED_MESSAGES, fall_back_or_alarm

UNKNOWN_STATUS = "unknown"
"""Accepted by the provider in an answer that could not be read: nobody knows whether it arrives."""

FAILED_STATUSES = ("canceled", "failed", "undelivered")
_PROGRESS = (
    *("", UNKNOWN_STATUS, "accepted", "scheduled", "queued", "sending", "sent"),
    *FAILED_STATUSES,
    *("delivered", "read"),
)
"""How far a message got; callbacks come in any order, and only progress counts.

"Delivered" outranks "failed", which may be a network's mistake.
"""

STATUS_RANK = {status: place for place, status in enumerate(_PROGRESS)}


async def record_provider_status(
    ctx: Context,
    provider_message_id: str,
    status: str,
    error: str = "",
    *,
    why: str = "",
    outbox_id: int | None = None,
    unreachable: bool = False,
    unsubscribed: bool = False,
) -> bool:
    """Record the provider's status of a message; return False if it is unknown or no progress.

    Callbacks come in any order and number; the final status does not depend on it. A failure is
    handled like that of `mark_failed`, and a later "delivered" overrides it. `outbox_id`, from the
    callback's address, matches a callback that arrives before our own mark.
    """
    if not STATUS_RANK.get(status):
        return False
    which = outbox.c.provider_message_id == provider_message_id
    if outbox_id is not None:
        which |= (outbox.c.id == outbox_id) & (outbox.c.provider_message_id == "")
    news: dict[str, Any] = {"provider_status": status, "provider_message_id": provider_message_id}
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
        # Of two reports of one failure only the first has consequences.
        doubted = [one for one in before if one in FAILED_STATUSES]
        more = update.where(which, outbox.c.provider_status.in_(doubted))
        if doubted and (await ctx.execute(more)).first() is not None:
            return True
    row_id = (await ctx.execute(update.where(which, outbox.c.provider_status.in_(before)))).scalar()
    if row_id is not None and status in FAILED_STATUSES:
        row = await ctx.fetch_first(FAILED_MESSAGES.where(outbox.c.id == row_id))
        assert row is not None
        if unsubscribed:
            await record_opt_out(ctx, row.conversation_id, how="refused", wording=error)
        await fall_back_or_alarm(ctx, row, error or status, why=why, unreachable=unreachable)
    return row_id is not None


async def record_opt_out(
    ctx: Context, conversation_id: int, *, how: str, wording: str = ""
) -> None:
    """Record an opt-out from our messages, once.

    A person's own opt-out is recorded even after one reported by the shop, as it carries more
    weight.
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
    """Return the source of the last opt-out in a conversation, or ""."""
    last = (
        sa.select(consents.c.how)
        .where(consents.c.conversation_id == conversation_id, consents.c.given.is_(False))
        .order_by(consents.c.id.desc())
        .limit(1)
    )
    return str(await ctx.scalar(last) or "")
