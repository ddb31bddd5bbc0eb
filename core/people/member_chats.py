"""Member chats: chat accounts that act in a member's role at one shop, and nothing more.

A pairing code, or an invitation accepted there, binds an account. It verifies no identity: the
account keeps its user, if any, and is a stranger at every other shop and for bookings.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.db.context import Context
from core.db.rows import Rows
from core.db.tables import conversations, identities, lines, member_chats, shops
from core.errors import NotAllowed, NotFound
from core.messaging.outbox.enqueue import cancel_pending

_ACCOUNTS = ("telegram", "whatsapp")
"""Identities that may be bound. Phones are verified instead, and an SMS sender can be forged."""


@dataclass(frozen=True, slots=True)
class MemberChat:
    """An account that acts for a member at a shop; `name` is the name its channel gives."""

    id: int
    shop_id: int
    shop: str
    user_id: int
    channel: str
    name: str
    created_at: datetime


def is_active_chat() -> sa.ColumnElement[bool]:
    """Return the condition for a chat whose binding is active."""
    return member_chats.c.ended_at.is_(None)


async def bind_chat(ctx: Context, conversation_id: int, shop_id: int, user_id: int) -> MemberChat:
    """Bind the account of a conversation to a member's role at a shop, replacing any other.

    Raise NotAllowed on channels that do not authenticate the sender: SMS, e-mail, a bare phone.
    """
    await ctx.lock_rows(conversations, [conversation_id])
    talk = await ctx.first(
        sa.select(conversations.c.identity_id, conversations.c.name, identities.c.kind)
        .join_from(conversations, identities, identities.c.id == conversations.c.identity_id)
        .where(conversations.c.id == conversation_id, identities.c.released_at.is_(None))
    )
    if talk is None or talk.kind not in _ACCOUNTS:
        raise NotAllowed(conversation=conversation_id)
    await _end(
        ctx,
        member_chats.c.shop_id == shop_id,
        member_chats.c.identity_id == talk.identity_id,
    )
    made = await ctx.insert(
        member_chats,
        shop_id=shop_id,
        user_id=user_id,
        identity_id=talk.identity_id,
        name=talk.name,
        created_at=ctx.now,
    )
    return await chat_of_member(ctx, user_id, made)


_CHATS = Rows(
    MemberChat,
    sa.select(
        member_chats.c.id,
        member_chats.c.shop_id,
        shops.c.name.label("shop"),
        member_chats.c.user_id,
        identities.c.kind.label("channel"),
        member_chats.c.name,
        member_chats.c.created_at,
    )
    .join_from(member_chats, shops, shops.c.id == member_chats.c.shop_id)
    .join(identities, identities.c.id == member_chats.c.identity_id)
    .where(is_active_chat())
    .order_by(member_chats.c.id),
)


async def chats_of_member(ctx: Context, user_id: int) -> list[MemberChat]:
    """Return the accounts bound to a user, oldest first."""
    return await ctx.fetch(_CHATS.where(member_chats.c.user_id == user_id))


async def chat_of_member(ctx: Context, user_id: int, chat_id: int) -> MemberChat:
    """Return one of them; raise NotFound if it is over or another user's."""
    this = (member_chats.c.id == chat_id, member_chats.c.user_id == user_id)
    found = await ctx.fetch_first(_CHATS.where(*this))
    if found is None:
        raise NotFound(chat=chat_id)
    return found


async def bound_chat_id(ctx: Context, conversation_id: int, shop_id: int) -> int | None:
    """Return the binding by which a conversation acts at a shop, or None."""
    found = await ctx.scalar(
        sa.select(member_chats.c.id)
        .join_from(conversations, member_chats, _same_identity())
        .where(
            conversations.c.id == conversation_id,
            member_chats.c.shop_id == shop_id,
            is_active_chat(),
        )
    )
    return None if found is None else int(found)


async def end_chat(ctx: Context, user_id: int, chat_id: int) -> None:
    """End the binding of an account; raise NotFound if it is over or another user's."""
    if not await _end(ctx, member_chats.c.id == chat_id, member_chats.c.user_id == user_id):
        raise NotFound(chat=chat_id)


async def end_chats(ctx: Context, user_id: int, shop_id: int | None = None) -> None:
    """End a user's bindings, at one shop or all."""
    which = [] if shop_id is None else [member_chats.c.shop_id == shop_id]
    await _end(ctx, member_chats.c.user_id == user_id, *which)


async def _end(ctx: Context, *which: sa.ColumnElement[bool]) -> int:
    """End bindings and drop the shop's alerts waiting for them; return how many ended."""
    ended = await ctx.execute(
        sa.update(member_chats)
        .where(is_active_chat(), *which)
        .values(ended_at=ctx.now)
        .returning(member_chats.c.shop_id, member_chats.c.identity_id)
    )
    rows = ended.all()
    for row in rows:
        of_it = sa.select(conversations.c.id).where(conversations.c.identity_id == row.identity_id)
        talks = (await ctx.execute(of_it)).scalars().all()
        await cancel_pending(
            ctx,
            reason="the chat acts for nobody there any more",
            conversation_ids=talks,
            queue="alert",
            shop_id=row.shop_id,
        )
    return len(rows)


async def set_chat_quiet_hours(ctx: Context, chat_id: int, hours: tuple[int, int] | None) -> None:
    """Set the quiet hours of one chat, in minutes of the local day; None: the member's."""
    since, until = hours or (None, None)
    await ctx.execute(
        sa.update(member_chats)
        .where(member_chats.c.id == chat_id)
        .values(quiet_from=since, quiet_until=until)
    )


async def other_conversations(ctx: Context, user_id: int, shop_id: int, but: int) -> list[int]:
    """Return a conversation per channel in which a user is told about account changes.

    On verified addresses, never on the account (identity) that the change is about.
    """
    rows = await ctx.all(
        sa.select(conversations.c.id, lines.c.channel)
        .join_from(conversations, identities, identities.c.id == conversations.c.identity_id)
        .join(lines, lines.c.id == conversations.c.line_id)
        .where(
            identities.c.user_id == user_id,
            identities.c.id != but,
            identities.c.released_at.is_(None),
            lines.c.active,
            lines.c.shop_id.is_(None) | (lines.c.shop_id == shop_id),
        )
        .order_by(conversations.c.last_in_at.desc().nulls_last(), conversations.c.id)
    )
    best: dict[str, int] = {}
    for row in rows:
        best.setdefault(row.channel, row.id)
    return list(best.values())


def _same_identity() -> sa.ColumnElement[bool]:
    return member_chats.c.identity_id == conversations.c.identity_id
