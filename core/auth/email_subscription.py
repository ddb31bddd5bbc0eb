"""E-mail as a notification channel: requested in a conversation, confirmed by a mailed link.

Nobody writes to us by e-mail, so an e-mail conversation starts when its address is verified.
Another mailed link unsubscribes.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from core.auth import email_links, password_login
from core.db.context import Context
from core.db.tables import conversations, lines, shops
from core.errors import LinkExpired
from core.messaging import signed_links
from core.messaging.messages import Say
from core.messaging.outbox import enqueue
from core.messaging.outbox.delivery_status import record_opt_out
from core.people.consent import record_consent
from core.people.identities import get_or_create_contact
from core.people.verification import verify_identity_without_conversation

SUBSCRIBE_PURPOSE: email_links.LinkPurpose = "mail-messages"


@dataclass(frozen=True, slots=True)
class _Line:
    id: int
    channel: str
    shop_id: int | None


async def email_line(ctx: Context, shop_id: int) -> _Line | None:
    """Return the line a shop sends e-mail from (its own before a shared one), or None."""
    row = await ctx.first(
        sa.select(lines.c.id, lines.c.channel, lines.c.shop_id)
        .where(
            lines.c.channel == "email",
            lines.c.active,
            (lines.c.shop_id == shop_id) | lines.c.shop_id.is_(None),
        )
        .order_by(lines.c.shop_id.is_(None), lines.c.id)
        .limit(1)
    )
    return None if row is None else _Line(row.id, row.channel, row.shop_id)


async def request_subscription(
    ctx: Context, *, user_id: int, shop_id: int, email: str, language: str
) -> bool:
    """Mail a link that verifies a user's address; return False if the hourly limit is reached.

    Nothing else is sent to the address before the link is opened. Raise InvalidValue for a
    malformed address.
    """
    email = password_login.normalize_email(email)
    line = await email_line(ctx, shop_id)
    facts = {"user": user_id, "shop": shop_id}
    token = await email_links.issue_link(ctx, SUBSCRIBE_PURPOSE, email, facts) if line else None
    if line is None or token is None:
        return False
    contact = await get_or_create_contact(ctx, line, email)
    talk = sa.update(conversations).where(conversations.c.id == contact.conversation_id)
    await ctx.execute(talk.values(language=language, shop_id=shop_id))
    name = await ctx.scalar(sa.select(shops.c.name).where(shops.c.id == shop_id))
    url = f"{ctx.settings.public_base_url}/mail/prove?token={token}"
    await enqueue.enqueue(
        ctx,
        Say("mail.prove", {"shop": name, "link": url}, secret=True),
        conversation_id=contact.conversation_id,
        kind="prove",
        shop_id=shop_id,
    )
    return True


async def confirm_subscription(ctx: Context, token: str) -> None:
    """Verify the address a link was mailed to for the user who requested it.

    Raise LinkExpired for an invalid link and NotAllowed if the address belongs to another user.
    """
    link = await email_links.consume_link(ctx, SUBSCRIBE_PURPOSE, token)
    await verify_identity_without_conversation(
        ctx, "email", link.email, user_id=int(link.facts["user"])
    )
    line = await email_line(ctx, int(link.facts["shop"]))
    if line is None:
        raise LinkExpired
    contact = await get_or_create_contact(ctx, line, link.email)
    talk = sa.update(conversations).where(conversations.c.id == contact.conversation_id)
    consent = {"opted_out_at": None, "consented_at": ctx.now, "consent": "mail"}
    await ctx.execute(talk.values(consent))
    await record_consent(
        ctx, contact.conversation_id, given=True, how="asked", wording="the mailed link was opened"
    )


async def unsubscribe(ctx: Context, token: str) -> None:
    """Opt the token's conversation out of e-mail; raise NotFound if the token is not valid."""
    talk = signed_links.conversation_id_from_token(ctx.secret, token)
    await record_opt_out(ctx, talk, how="stop", wording="the unsubscribe link of a mail")
