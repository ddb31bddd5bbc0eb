"""Routing at the time of sending: a person's conversations in order of preference.

A message goes to its own conversation if possible, else to the next: the channel the person asked
for, then Telegram, WhatsApp, SMS, e-mail. Replies never go elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.db.context import Context
from core.db.rows import Rows
from core.db.tables import (
    bookings,
    conversations,
    customers,
    identities,
    lines,
    member_chats,
    outbox,
    prompts,
    shops,
    users,
)
from core.messaging.outbox.claimed_message import ClaimedMessage, RoutedMessage
from core.messaging.outbox.customer_reach import reached_conversations
from core.messaging.outbox.enqueue import OPTED_OUT_REASON, wake_sender
from core.messaging.outbox.recipients import (
    SIMULATED_TRANSPORTS,
    THEIR_OWN,
    is_staff_line,
    is_unreachable,
    open_missing_conversations,
    wished_channel,
)

CHANNEL_ORDER = ("telegram", "whatsapp", "sms", "email")
"""The order in which channels are tried after the preferred one."""

WHATSAPP_WINDOW = timedelta(hours=24)
"""How long after a person's last message WhatsApp allows free-form messages."""

UNREACHABLE_REASON = "cannot be reached there"
RECYCLED_ADDRESS_REASON = "the address is somebody else's now"
OUTSIDE_WINDOW_REASON = "outside WhatsApp's 24 hours, and no template"

_WORKS = ("alert.", "agenda")
"""Prefixes of the text keys for staff."""


def is_for_staff(say: Mapping[str, Any]) -> bool:
    """Return whether an encoded Say is for staff."""
    return str(say["key"]).startswith(_WORKS)


def allows_free_form(
    transport: str, channel: str, last_in_at: datetime | None, now: datetime
) -> bool:
    """Return whether a channel allows free-form messages now.

    WhatsApp does within 24 hours of the person's last message; simulated channels always do.
    """
    if channel != "whatsapp" or transport in SIMULATED_TRANSPORTS:
        return True
    return last_in_at is not None and now - last_in_at < WHATSAPP_WINDOW


def template_sid(row: RoutedMessage) -> str:
    """Return the ContentSid of a shop's approved template for a message, or "".

    By the Say's key or its first part ("tell.moved", "tell"), in the person's or the shop's
    language.
    """
    kinds: Mapping[str, Mapping[str, str]] = row.templates or {}
    key = str(row.message["key"])
    by_language = kinds.get(key) or kinds.get(key.partition(".")[0]) or {}
    return by_language.get(row.language) or by_language.get(row.shop_language or "", "")


def why_blocked(row: ClaimedMessage, now: datetime) -> str:
    """Return why a claimed message cannot go to its conversation, or ""."""
    if row.queue == "reply":
        return ""
    if row.opted_out_at is not None:
        return OPTED_OUT_REASON
    if row.unreachable:
        return UNREACHABLE_REASON
    strangers = row.customer_user is not None and row.talk_user != row.customer_user
    if row.noted and row.talk_user is None:
        strangers = False  # the customer gave this address; nobody has claimed it since
    if strangers and not is_for_staff(row.message):
        return RECYCLED_ADDRESS_REASON
    if not (allows_free_form(row.transport, row.channel, row.last_in_at, now) or template_sid(row)):
        return OUTSIDE_WINDOW_REASON
    return ""


async def redirect_message(ctx: Context, row: RoutedMessage, why: str) -> bool:
    """Move a claimed, unsent message to the next conversation; return False if there is none."""
    to = await _next(ctx, row, [row.conversation_id])
    if to is None:
        return False
    await ctx.execute(
        sa.update(outbox).where(outbox.c.id == row.id).values(conversation_id=to, error=why)
    )
    if row.prompt_id is not None:
        await ctx.execute(
            sa.update(prompts).where(prompts.c.id == row.prompt_id).values(conversation_id=to)
        )
    return True


@dataclass(frozen=True, slots=True)
class _FailedMessage(RoutedMessage):
    """A row that failed; `fallback_of_id` is the one it was first sent as."""

    unique_key: str | None
    fallback_of_id: int | None


_FAILED = Rows(
    _FailedMessage,
    sa.select(
        outbox.c.id,
        outbox.c.message,
        outbox.c.queue,
        outbox.c.kind,
        outbox.c.secret,
        outbox.c.expires_at,
        outbox.c.conversation_id,
        outbox.c.booking_id,
        outbox.c.prompt_id,
        outbox.c.unique_key,
        outbox.c.fallback_of_id,
        lines.c.transport,
        conversations.c.language,
        shops.c.id.label("the_shop"),
        shops.c.templates,
        shops.c.language.label("shop_language"),
        identities.c.user_id.label("talk_user"),
        customers.c.user_id.label("customer_user"),
        bookings.c.customer_id,
    )
    .join_from(outbox, conversations, conversations.c.id == outbox.c.conversation_id)
    .join(lines, lines.c.id == conversations.c.line_id)
    .outerjoin(identities, identities.c.id == conversations.c.identity_id)
    .outerjoin(
        shops,
        shops.c.id == sa.func.coalesce(outbox.c.shop_id, conversations.c.shop_id, lines.c.shop_id),
    )
    .outerjoin(bookings, bookings.c.id == outbox.c.booking_id)
    .outerjoin(customers, customers.c.id == bookings.c.customer_id),
)


async def fall_back_message(ctx: Context, row_id: int) -> int | None:
    """Copy a failed message to the next conversation; return the new row's id.

    None for a reply or a secret, or if no conversation is left. The failed row is kept as a record.
    """
    row = await ctx.fetch_first(_FAILED.where(outbox.c.id == row_id))
    if row is None or row.queue == "reply" or row.secret:
        return None
    root = row.fallback_of_id or row.id
    tried = await ctx.execute(
        sa.select(outbox.c.conversation_id).where(
            (outbox.c.id == root) | (outbox.c.fallback_of_id == root)
        )
    )
    to = await _next(ctx, row, set(tried.scalars()))
    if to is None:
        return None
    prompt_id = None
    if row.prompt_id is not None:
        prompt_id = await _copied(ctx, row.prompt_id, to)
    again = {
        "conversation_id": to,
        "shop_id": row.the_shop,
        "booking_id": row.booking_id,
        "prompt_id": prompt_id,
        "queue": row.queue,
        "kind": row.kind,
        "message": row.message,
        "secret": False,
        "unique_key": f"{row.unique_key}/{to}" if row.unique_key else None,
        "state": "due",
        "due_at": ctx.now,
        "expires_at": row.expires_at,
        "created_at": ctx.now,
        "fallback_of_id": root,
    }
    new = (
        await ctx.execute(ctx.insert_ignoring_conflicts(outbox, again).returning(outbox.c.id))
    ).scalar()
    wake_sender(ctx)
    return new


async def _copied(ctx: Context, prompt_id: int, to: int) -> int:
    """Copy a prompt to another conversation and close the original."""
    closed = sa.update(prompts).where(prompts.c.id == prompt_id).values(closed_at=ctx.now)
    row = (await ctx.execute(closed.returning(prompts))).one()
    kept = ("decision", "step", "content_hash", "message", "options", "args", "expires_at")
    same = {name: getattr(row, name) for name in kept}
    return await ctx.insert(prompts, **same, conversation_id=to, created_at=ctx.now)


async def _next(ctx: Context, row: RoutedMessage, tried: Collection[int]) -> int | None:
    """Return the next conversation in which the recipient can be reached, or None."""
    user_id = row.talk_user
    if row.customer_user is not None and not is_for_staff(row.message):
        user_id = row.customer_user
    elif is_for_staff(row.message):
        user_id = await ctx.scalar(_acts_for(row)) or user_id
    if user_id is None and (row.customer_id is None or is_for_staff(row.message)):
        return None
    if is_for_staff(row.message) and user_id is not None and row.the_shop is not None:
        simulated = row.transport in SIMULATED_TRANSPORTS
        await open_missing_conversations(
            ctx, user_id=user_id, shop_id=row.the_shop, simulated=simulated
        )
    for talk in await _talks(ctx, user_id, row, tried):
        if allows_free_form(talk.transport, talk.channel, talk.last_in_at, ctx.now) or template_sid(
            row
        ):
            return talk.id
    return None


def _acts_for(row: RoutedMessage) -> sa.Select[tuple[int]]:
    """Return the SELECT of the user in whose role the chat of a staff message acts."""
    return (
        sa.select(member_chats.c.user_id)
        .join_from(
            member_chats,
            conversations,
            conversations.c.identity_id == member_chats.c.identity_id,
        )
        .where(
            conversations.c.id == row.conversation_id,
            member_chats.c.shop_id == row.the_shop,
            member_chats.c.ended_at.is_(None),
        )
    )


@dataclass(frozen=True, slots=True)
class _Way:
    """A conversation in which somebody can be reached."""

    id: int
    last_in_at: datetime | None
    transport: str
    channel: str


_WAYS = Rows(
    _Way,
    sa.select(conversations.c.id, conversations.c.last_in_at, lines.c.transport, lines.c.channel)
    .join_from(conversations, lines, lines.c.id == conversations.c.line_id)
    .outerjoin(identities, identities.c.id == conversations.c.identity_id)
    .outerjoin(users, users.c.id == sa.bindparam("user_id", type_=users.c.id.type))
    .where(
        users.c.deactivated_at.is_(None),
        identities.c.released_at.is_(None),
        lines.c.active,
        conversations.c.opted_out_at.is_(None),
        ~is_unreachable(),
    ),
)


async def _talks(
    ctx: Context, user_id: int | None, row: RoutedMessage, tried: Collection[int]
) -> list[_Way]:
    simulated = lines.c.transport.in_(SIMULATED_TRANSPORTS)
    theirs: sa.ColumnElement[bool] = ~lines.c.staff
    channel: sa.ColumnElement[str] = users.c.channel
    whose: sa.ColumnElement[bool] = identities.c.user_id == user_id
    if is_for_staff(row.message):
        theirs, channel = is_staff_line(row.the_shop), wished_channel(row.the_shop)
        acting = sa.select(member_chats.c.identity_id).where(
            member_chats.c.user_id == user_id,
            member_chats.c.shop_id == row.the_shop,
            member_chats.c.ended_at.is_(None),
        )
        # A chat bound to the role needs no other proof: it was paired for this shop.
        whose = (whose & THEIR_OWN) | identities.c.id.in_(acting)
    elif row.customer_id is not None:
        reached = reached_conversations([row.customer_id])
        whose = conversations.c.id.in_(sa.select(reached.c.conversation_id))
        if user_id is not None:
            whose &= identities.c.user_id.is_(None) | (identities.c.user_id == user_id)
    ways = _WAYS.where(
        whose,
        lines.c.shop_id.is_(None) | (lines.c.shop_id == row.the_shop),
        theirs,
        # Events on a simulated line are alerted on simulated lines only.
        simulated if row.transport in SIMULATED_TRANSPORTS else ~simulated,
        conversations.c.id.not_in(tried),
    )
    rank = {channel: place for place, channel in enumerate(CHANNEL_ORDER)}
    return await ctx.fetch(
        ways.refine(
            lambda select: select.order_by(
                (lines.c.channel == channel).desc(),
                sa.case(rank, value=lines.c.channel, else_=len(CHANNEL_ORDER)),
                conversations.c.last_in_at.desc().nulls_last(),
                conversations.c.id.desc(),
            )
        ),
        {"user_id": user_id},
    )
