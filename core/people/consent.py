"""Consent to our messages: when it was given or withdrawn, where, and in which words.

It belongs to a conversation, that is, an address on a line; `conversations` holds the current
state, `consents` its history. People give or withdraw it themselves, or staff record what they were
told ("told"). Only the person can withdraw their own opt-out.
"""

from __future__ import annotations

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import consents, conversations
from core.errors import OptOutStands
from core.messaging.outbox.delivery_status import opt_out_source, record_opt_out

MAX_WORDING_LENGTH = 300
"""Characters kept of the wording."""


async def record_consent(
    ctx: Context, conversation_id: int, *, given: bool, how: str, wording: str
) -> None:
    """Record consent to our messages, or an opt-out.

    `how`: "wrote" if they wrote first, "start", "stop", "asked" through a link of ours, "refused"
    if a network reported it, "told" if staff did. `wording` is what they wrote or said.
    """
    await ctx.insert(
        consents,
        conversation_id=conversation_id,
        given=given,
        how=how,
        wording=wording[:MAX_WORDING_LENGTH],
        at=ctx.now,
    )


async def record_reported_consent(
    ctx: Context, conversation_id: int, *, given: bool, wording: str
) -> None:
    """Record, once, what somebody told staff about messages in a conversation.

    Raise OptOutStands for consent where the person or a network opted out.
    """
    await ctx.lock_rows(conversations, [conversation_id])
    if not given:
        await record_opt_out(ctx, conversation_id, how="told", wording=wording[:MAX_WORDING_LENGTH])
        return
    talk = conversations.c.id == conversation_id
    columns = (conversations.c.opted_out_at, conversations.c.consented_at)
    row = await ctx.first(sa.select(*columns).where(talk))
    if row is None or (row.opted_out_at is None and row.consented_at is not None):
        return
    if row.opted_out_at is not None and await opt_out_source(ctx, conversation_id) != "told":
        raise OptOutStands(conversation=conversation_id)
    now = {"opted_out_at": None, "consented_at": ctx.now, "consent": wording[:100]}
    await ctx.execute(sa.update(conversations).where(talk).values(now))
    await record_consent(ctx, conversation_id, given=True, how="told", wording=wording)
