"""Sending one-time codes by SMS, when they are typed elsewhere than on the phone itself."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from core.db.context import Context
from core.db.rows import Rows
from core.db.tables import conversations, lines, shops
from core.errors import NotFound
from core.messaging.messages import Say
from core.messaging.outbox import enqueue
from core.messaging.outbox.recipients import SIMULATED_TRANSPORTS
from core.people.identities import get_or_create_contact
from core.people.otp import NAMELESS, PURPOSES


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """An SMS line that sends codes; without a shop it serves all."""

    id: int
    channel: str
    shop_id: int | None


_WAYS = Rows(
    DeliveryLine,
    sa.select(lines.c.id, lines.c.channel, lines.c.shop_id)
    .where(lines.c.channel == "sms", lines.c.active, lines.c.staff.is_(False))
    .limit(1),
)


async def send_code(
    ctx: Context,
    phone: str,
    code: str,
    *,
    purpose: str,
    shop_id: int | None = None,
    conversation_id: int | None = None,
) -> int:
    """Send a code by SMS to `phone` (E.164), when it is typed elsewhere than on that phone.

    Return the conversation it is sent in. Raise NotFound without a `delivery_line`.
    """
    line = await delivery_line(ctx, shop_id=shop_id, conversation_id=conversation_id)
    if line is None:
        raise NotFound(what="a line that sends SMS", shop=shop_id)
    contact = await get_or_create_contact(ctx, line, phone)
    shop = await ctx.scalar(sa.select(shops.c.name).where(shops.c.id == shop_id))
    facts = {"code": code, "shop": shop or NAMELESS}
    say = Say(PURPOSES[purpose].elsewhere, facts, secret=True)
    await enqueue.enqueue(
        ctx, say, conversation_id=contact.conversation_id, kind="code", shop_id=shop_id
    )
    return contact.conversation_id


async def delivery_line(
    ctx: Context, *, shop_id: int | None = None, conversation_id: int | None = None
) -> DeliveryLine | None:
    """Return the SMS line that sends a shop's codes, or None.

    Without a shop any SMS line, preferably one that serves all shops. For a `conversation_id` on a
    simulated line only simulated lines, otherwise none of these.
    """
    simulated, shared = lines.c.transport.in_(SIMULATED_TRANSPORTS), lines.c.shop_id.is_(None)
    first = simulated, ~shared if shop_id is None else shared, lines.c.id
    ways = _WAYS.refine(lambda select: select.order_by(*first))
    if shop_id is not None:
        ways = ways.where((lines.c.shop_id == shop_id) | shared)
    if conversation_id is not None:
        talk = sa.select(lines.c.transport.in_(SIMULATED_TRANSPORTS)).join_from(
            conversations, lines
        )
        pretended = await ctx.scalar(talk.where(conversations.c.id == conversation_id))
        ways = ways.where(simulated if pretended else ~simulated)
    return await ctx.fetch_first(ways)
