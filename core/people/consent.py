"""Consent to our messages: when it was given or taken back, where, and in which words.

It belongs to a conversation, which is an address on a line; `conversations` has what holds now,
`consents` how that came about.
"""

from __future__ import annotations

from core.context import Context
from core.models import consents

LONGEST = 300
"""Characters of the words that are kept."""


async def note_consent(
    ctx: Context, conversation_id: int, *, given: bool, how: str, wording: str
) -> None:
    """Write down that somebody wants our messages, or no more of them.

    `how`: "wrote" for whoever wrote to us first, "start", "stop", or "refused" for what a network
    told us. `wording` are their words.
    """
    await ctx.insert(
        consents,
        conversation_id=conversation_id,
        given=given,
        how=how,
        wording=wording[:LONGEST],
        at=ctx.now,
    )
