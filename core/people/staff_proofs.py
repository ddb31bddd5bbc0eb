"""Proofs by which somebody of a shop gives orders in a chat; a customer's proof is none of these.

A member's role says what they may do, a staff proof that it is they who write. It comes from a
staff code, and belongs to the account, the address and the conversation; or from pairing, and
belongs to the chat and the one shop it was paired for (`core.people.member_chats`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import (
    conversations,
    identities,
    lines,
    member_chats,
    members,
    staff_proofs,
    users,
)
from core.people.identities import VERIFIED_FOR

VOUCHING = ("telegram", "whatsapp")
"""Channels that know for sure who writes; an SMS can be sent in anybody's name."""

RECENT_FOR = timedelta(hours=12)
"""How long a staff code by SMS allows what changes the day for others: one working day."""


@dataclass(frozen=True, slots=True)
class StaffProof:
    """What shows that a member writes; `proved_at` is None without a staff code or pairing.

    `own_phone`: the channel vouches that it is written from the member's own phone.
    """

    vouching: bool
    own_phone: bool
    proved_at: datetime | None

    def holds(self, now: datetime, *, recent: bool) -> bool:
        """Whether an order may be carried out; `recent` for one that changes the day for others."""
        if self.vouching:
            return self.own_phone or self.proved_at is not None
        if self.proved_at is None:
            return False
        return now - self.proved_at < (RECENT_FOR if recent else VERIFIED_FOR)


async def staff_proof(ctx: Context, conversation_id: int, user_id: int, shop_id: int) -> StaffProof:
    """Return the proof that a user writes in a conversation, for orders to a shop.

    Where the channel vouches for the sender, a proof in any chat of the same address counts. A
    chat bound to the user's role at the shop is proved by its pairing, for that shop alone.
    """
    paired_at = await ctx.scalar(
        sa.select(member_chats.c.created_at)
        .join_from(
            conversations,
            member_chats,
            member_chats.c.identity_id == conversations.c.identity_id,
        )
        .join(identities, identities.c.id == conversations.c.identity_id)
        .where(
            conversations.c.id == conversation_id,
            member_chats.c.user_id == user_id,
            member_chats.c.shop_id == shop_id,
            member_chats.c.ended_at.is_(None),
            identities.c.ended_at.is_(None),
        )
    )
    if paired_at is not None:
        # Only accounts that their channel vouches for are ever bound.
        return StaffProof(vouching=True, own_phone=False, proved_at=paired_at)
    proved_at = (
        sa.select(sa.func.max(staff_proofs.c.proved_at))
        .where(
            staff_proofs.c.user_id == user_id,
            staff_proofs.c.identity_id == identities.c.id,
            lines.c.channel.in_(VOUCHING) | (staff_proofs.c.conversation_id == conversations.c.id),
        )
        .correlate(identities, lines, conversations)
        .scalar_subquery()
    )
    row = await ctx.first(
        sa.select(lines.c.channel, identities.c.kind, proved_at.label("proved_at"))
        .join_from(conversations, lines)
        .join(identities, identities.c.id == conversations.c.identity_id)
        .where(
            conversations.c.id == conversation_id,
            identities.c.user_id == user_id,
            identities.c.ended_at.is_(None),
        )
    )
    if row is None:
        return StaffProof(vouching=False, own_phone=False, proved_at=None)
    return StaffProof(row.channel in VOUCHING, row.kind == "phone", row.proved_at)


async def note_staff_proof(ctx: Context, conversation_id: int, user_id: int) -> None:
    """Note that a member proved just now that it is they who write in a conversation."""
    identity_id = await ctx.scalar(
        sa.select(conversations.c.identity_id).where(conversations.c.id == conversation_id)
    )
    same = {"user_id": user_id, "identity_id": identity_id, "conversation_id": conversation_id}
    await ctx.execute(sa.delete(staff_proofs).filter_by(**same))
    await ctx.insert(staff_proofs, **same, proved_at=ctx.now)


async def staff_phone(ctx: Context, user_id: int) -> str:
    """Return the phone (E.164) that staff codes of a user go to; "" if they have none.

    The one they have had longest: a phone that joined the account later proves no role.
    """
    return str(
        await ctx.scalar(
            sa.select(identities.c.value)
            .where(
                identities.c.user_id == user_id,
                identities.c.kind == "phone",
                identities.c.ended_at.is_(None),
            )
            .order_by(identities.c.id)
            .limit(1)
        )
        or ""
    )


@dataclass(frozen=True, slots=True)
class Duties:
    """What hangs on the account of a conversation: `works` at a shop, or runs the installation.

    `last_owner`: a shop would have no other owner.
    """

    user_id: int
    works: bool
    last_owner: bool


async def duties(ctx: Context, conversation_id: int) -> Duties | None:
    """Return what hangs on the account whose phone a conversation is; None if nobody's phone."""
    row = await ctx.first(
        sa.select(users.c.id, users.c.admin)
        .join_from(conversations, identities, identities.c.id == conversations.c.identity_id)
        .join(users, users.c.id == identities.c.user_id)
        .where(
            conversations.c.id == conversation_id,
            identities.c.kind == "phone",
            identities.c.ended_at.is_(None),
        )
    )
    if row is None:
        return None
    others = members.alias("others")
    alone = (
        sa.select(others.c.id)
        .join_from(others, users, users.c.id == others.c.user_id)
        .where(
            others.c.shop_id == members.c.shop_id,
            others.c.role == "owner",
            others.c.user_id != row.id,
            users.c.deactivated_at.is_(None),
        )
        .correlate(members)
        .exists()
    )
    roles = await ctx.all(
        sa.select(members.c.role, alone.label("others")).where(members.c.user_id == row.id)
    )
    return Duties(
        row.id,
        works=bool(roles) or bool(row.admin),
        last_owner=any(role.role == "owner" and not role.others for role in roles),
    )
