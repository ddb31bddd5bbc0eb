"""Pairing: a one-time code by which a member binds a chat to their role at a shop.

The code is too long to guess, is valid once and for a day, and is stored as a keyed hash. It is
given only to the member, who chooses the chat. It verifies no identity, and grants nothing but the
role (`core.people.member_chats`).
"""

from __future__ import annotations

import hmac
from datetime import timedelta

import sqlalchemy as sa

from core.db.audit import record_change
from core.db.context import Context
from core.db.tables import identities, member_chats, members, one_time_codes, users
from core.errors import CodeExpired, NotFound
from core.messaging.decisions import Decision
from core.messaging.messages import Say
from core.messaging.outbox.enqueue import enqueue_prompt
from core.people.member_chats import (
    MemberChat,
    bind_chat,
    chat_of_member,
    end_chat,
    other_conversations,
)
from core.people.members import is_member

PAIRING_PURPOSE = "pair"
PAIRING_LIFETIME = timedelta(hours=24)
CODE_LENGTH = 10
CODE_ALPHABET = "2346789CDFHJKMNPQRTVWXYZ"
"""The alphabet of booking references, without look-alikes: 45 bits."""

START_PREFIX = "pair_"
"""Prefix of the code in a link: t.me/bot?start=pair_…"""


async def issue_pairing_code(ctx: Context, shop_id: int, user_id: int) -> str:
    """Return a new pairing code for a member of a shop; show it to nobody else.

    It replaces an older one for the same shop. Raise NotFound for a user who is no member.
    """
    if not await is_member(ctx, shop_id, user_id):
        raise NotFound(shop=shop_id, member=user_id)
    owner = f"{user_id}@{shop_id}"
    await ctx.execute(
        sa.update(one_time_codes)
        .where(
            one_time_codes.c.purpose == PAIRING_PURPOSE,
            one_time_codes.c.phone == owner,
            one_time_codes.c.used_at.is_(None),
            one_time_codes.c.invalidated_at.is_(None),
        )
        .values(invalidated_at=ctx.now)
    )
    code = "".join(ctx.random.choices(CODE_ALPHABET, k=CODE_LENGTH))
    await ctx.insert(
        one_time_codes,
        phone=owner,
        prefix=PAIRING_PURPOSE,
        purpose=PAIRING_PURPOSE,
        shop_id=shop_id,
        digest=_digest(ctx, code),
        created_at=ctx.now,
        expires_at=ctx.now + PAIRING_LIFETIME,
        facts={"user": user_id, "shop": shop_id},
    )
    return code


async def issue_pairing_code_for_phone(ctx: Context, phone: str) -> dict[int, str]:
    """Return a code per shop at which the owner of this phone (E.164) works, by shop id.

    Only for the console on the machine itself. Raise NotFound if no member has the phone.
    """
    works = await ctx.all(
        sa.select(members.c.shop_id, members.c.user_id)
        .distinct()
        .join_from(identities, members, members.c.user_id == identities.c.user_id)
        .where(
            identities.c.kind == "phone",
            identities.c.value == phone,
            identities.c.released_at.is_(None),
        )
        .order_by(members.c.shop_id)
    )
    if not works:
        raise NotFound(phone=phone)
    return {row.shop_id: await issue_pairing_code(ctx, row.shop_id, row.user_id) for row in works}


async def pair_conversation(ctx: Context, conversation_id: int, code: str) -> MemberChat:
    """Bind the account of a conversation to the role of the member whose code this is.

    The member is notified in their other conversations. Raise CodeExpired for a code that is wrong,
    used, expired, or of a former member, without saying which; NotAllowed on channels that do not
    authenticate the sender, such as SMS.
    """
    row = await ctx.first(
        sa.update(one_time_codes)
        .where(
            one_time_codes.c.purpose == PAIRING_PURPOSE,
            one_time_codes.c.digest == _digest(ctx, code.strip().upper()),
            one_time_codes.c.used_at.is_(None),
            one_time_codes.c.invalidated_at.is_(None),
            one_time_codes.c.expires_at > ctx.now,
        )
        .values(used_at=ctx.now)
        .returning(one_time_codes.c.facts)
    )
    # Codes of an earlier version named no shop.
    if row is None or "shop" not in row.facts:
        raise CodeExpired
    shop_id, user_id = int(row.facts["shop"]), int(row.facts["user"])
    active = sa.select(users.c.id).where(users.c.id == user_id, users.c.deactivated_at.is_(None))
    if await ctx.scalar(active) is None or not await is_member(ctx, shop_id, user_id):
        raise CodeExpired
    return await bind_conversation(ctx, conversation_id, shop_id, user_id)


async def bind_conversation(
    ctx: Context, conversation_id: int, shop_id: int, user_id: int
) -> MemberChat:
    """Bind a conversation's account to a member's role, log it, and notify the member elsewhere."""
    chat = await bind_chat(ctx, conversation_id, shop_id, user_id)
    await _note(ctx, "bind", chat, conversation_id)
    this = sa.select(member_chats.c.identity_id).where(member_chats.c.id == chat.id)
    but = int(await ctx.scalar(this))
    for talk in await other_conversations(ctx, user_id, shop_id, but):
        await enqueue_prompt(
            ctx,
            Say(
                "chat_bound",
                {
                    "shop": chat.shop,
                    "channel": Say(f"channel.{chat.channel}"),
                    "account": chat.name or "?",
                },
            ),
            decision=Decision(
                "bound_chat", ("end",), {"chat": chat.id}, ctx.now + timedelta(days=30)
            ),
            kind="chat bound",
            conversation_id=talk,
            shop_id=shop_id,
        )
    return chat


async def unbind_chat(
    ctx: Context, user_id: int, chat_id: int, *, conversation_id: int
) -> MemberChat:
    """Unbind one of a member's chats at their request; raise NotFound otherwise."""
    chat = await chat_of_member(ctx, user_id, chat_id)
    await end_chat(ctx, user_id, chat_id)
    await _note(ctx, "end", chat, conversation_id)
    return chat


async def _note(ctx: Context, what: str, chat: MemberChat, conversation_id: int) -> None:
    await record_change(
        ctx,
        action=f"chats.{what}",
        target=f"shops/{chat.shop_id}/members/{chat.user_id}/chats/{chat.id}",
        shop_id=chat.shop_id,
        user_id=chat.user_id,
        before=None,
        after={"channel": chat.channel},
        address="",
        request=f"conversation {conversation_id}",
    )


def _digest(ctx: Context, code: str) -> str:
    key = hmac.digest(ctx.secret, b"pairing", "sha256")
    return hmac.digest(key, code.encode("utf-8", "replace"), "sha256").hex()
