"""Messages between staff and a customer through the bot, hiding both numbers.

Another conversation is never changed directly: an event in its inbox hands it to a person and names
the conversation that replies go to.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import conversations, lines
from core.errors import NotFound
from core.messaging import inbox
from core.messaging.decisions import Decision
from core.messaging.messages import Incoming, Say
from core.messaging.outbox import enqueue
from core.messaging.outbox.enqueue import enqueue_prompt

RELAY_EVENT = "relay"
"""The event that hands a conversation to the member whose conversation the payload names."""

HANDBACK_EVENT = "handback"
"""The event that returns it to the bot."""


@dataclass(frozen=True, slots=True)
class CustomerConversation:
    """A customer's conversation, as staff may write to it."""

    id: int
    line_id: int
    name: str


async def customer_conversation(
    ctx: Context, conversation_id: int, shop_id: int
) -> CustomerConversation:
    """Return a conversation about this shop; raise NotFound for any other."""
    row = await ctx.first(
        sa.select(conversations.c.id, conversations.c.line_id, conversations.c.name)
        .join_from(conversations, lines)
        .where(
            conversations.c.id == conversation_id,
            sa.func.coalesce(lines.c.shop_id, conversations.c.shop_id) == shop_id,
        )
    )
    if row is None:
        raise NotFound(conversation=conversation_id)
    return CustomerConversation(row.id, row.line_id, row.name)


async def send_to_customer(
    ctx: Context,
    words: str,
    *,
    to: int,
    shop_id: int,
    shop: str,
    from_conversation: int | None,
    key: str,
    booking_id: int | None = None,
) -> None:
    """Send a customer a message in the shop's name; replies go to `from_conversation`.

    Without one they stay in the customer's conversation. The bot is silent there meanwhile.
    """
    line_id = await ctx.scalar(sa.select(conversations.c.line_id).where(conversations.c.id == to))
    await enqueue.enqueue(
        ctx,
        Say("relay.to_customer", {"shop": shop, "words": words}),
        conversation_id=to,
        queue="alert",
        kind="relay",
        shop_id=shop_id,
        booking_id=booking_id,
        unique_key=f"relay {key}",
    )
    await inbox.store(
        ctx,
        line_id=line_id,
        conversation_id=to,
        event_id=f"relay/{key}",
        incoming=Incoming(kind="event", text=RELAY_EVENT, payload=str(from_conversation or "")),
    )
    inbox.wake_turn_runner(ctx, to)


async def send_to_staff(
    ctx: Context, words: str, *, conversation_id: int, shop_id: int, name: str, to: int
) -> None:
    """Forward a customer's message to the member who is writing with them."""
    await enqueue_prompt(
        ctx,
        Say("relay.from_customer", {"customer": name or Say("relay.somebody"), "words": words}),
        conversation_id=to,
        decision=Decision(
            "customer_message",
            ("write", "back"),
            {"conversation": conversation_id, "shop": shop_id, "name": name},
        ),
        kind="relay",
        shop_id=shop_id,
    )


async def start_handoff(ctx: Context, talk: CustomerConversation, *, key: str) -> None:
    """Silence the bot in a customer's conversation, because a member will write there."""
    await inbox.store(
        ctx,
        line_id=talk.line_id,
        conversation_id=talk.id,
        event_id=f"relay/{key}",
        incoming=Incoming(kind="event", text=RELAY_EVENT),
    )
    inbox.wake_turn_runner(ctx, talk.id)


async def end_handoff(ctx: Context, talk: CustomerConversation, *, key: str) -> None:
    """Return a customer's conversation to the bot, which tells the customer."""
    await inbox.store(
        ctx,
        line_id=talk.line_id,
        conversation_id=talk.id,
        event_id=f"handback/{key}",
        incoming=Incoming(kind="event", text=HANDBACK_EVENT),
    )
    inbox.wake_turn_runner(ctx, talk.id)
