"""Consent to our messages: when it was given or taken back, where, and in which words.

It belongs to a conversation, which is an address on a line; `conversations` has what holds now,
`consents` how that came about. People say it themselves, or have somebody of the shop write down
what they said ("told"). What they said themselves weighs more: only they take it back.
"""

from __future__ import annotations

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import consents, conversations
from core.errors import OptOutStands
from core.messaging.outbox.delivery_status import opt_out_source, record_opt_out

MAX_WORDING_LENGTH = 300
"""Characters of the words that are kept."""


async def record_consent(
    ctx: Context, conversation_id: int, *, given: bool, how: str, wording: str
) -> None:
    """Write down that somebody wants our messages, or no more of them.

    `how`: "wrote" for whoever wrote to us first, "start", "stop", "asked" for a link of ours,
    "refused" for what a network told us, "told" for what the shop was told. `wording` are their
    words.
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
    """Write down what somebody told the shop about messages in a conversation; once is enough.

    OptOutStands for a yes where they opted out by themselves, or a network did for them.
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
