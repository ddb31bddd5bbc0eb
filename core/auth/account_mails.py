"""Mails of accounts go by the outbox: kept until they are accepted, whatever dies meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import conversations, lines
from core.messaging.messages import Say
from core.messaging.outbox.enqueue import enqueue
from core.people.identities import get_or_create_contact

ACCOUNT_MAIL_KIND = "account"
"""The kind of an account's mail in the outbox."""


@dataclass(frozen=True, slots=True)
class _Line:
    id: int
    channel: str
    shop_id: int | None


async def enqueue_account_mail(ctx: Context, say: Say, *, email: str, language: str) -> bool:
    """Queue a mail to an account's address in the transaction that makes its link.

    Return False if the installation has no line that sends mail.
    """
    row = await ctx.first(
        sa.select(lines.c.id, lines.c.channel, lines.c.shop_id)
        .where(lines.c.channel == "email", lines.c.active, lines.c.shop_id.is_(None))
        .order_by(lines.c.id)
        .limit(1)
    )
    if row is None:
        return False
    contact = await get_or_create_contact(ctx, _Line(row.id, row.channel, row.shop_id), email)
    talk = sa.update(conversations).where(conversations.c.id == contact.conversation_id)
    await ctx.execute(talk.values(language=language))
    await enqueue(ctx, say, conversation_id=contact.conversation_id, kind=ACCOUNT_MAIL_KIND)
    return True
