"""Staff proofs, by which members may give orders in a chat; a customer's code is none.

The role says what a member may do, the staff proof that it is they who write. A staff code proves
the account, the address and the conversation; pairing proves the chat, for the one shop it was
paired with (`core.people.member_chats`).
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
from core.people.identities import VERIFIED_FOR, VOUCHING

RECENT_FOR = timedelta(hours=12)
"""How long a staff code by SMS permits orders that affect others: one working day."""


@dataclass(frozen=True, slots=True)
class StaffProof:
    """The proof that a member writes; `verified_at` is None without a staff code or pairing.

    `own_phone`: the channel confirms that it is sent from the member's own phone.
    """

    vouching: bool
    own_phone: bool
    verified_at: datetime | None

    def holds(self, now: datetime, *, recent: bool) -> bool:
        """Return whether an order may be carried out; `recent` for one that affects others."""
        if self.vouching:
            return self.own_phone or self.verified_at is not None
        if self.verified_at is None:
            return False
        return now - self.verified_at < (RECENT_FOR if recent else VERIFIED_FOR)


async def staff_proof(ctx: Context, conversation_id: int, user_id: int, shop_id: int) -> StaffProof:
    """Return the staff proof of a user in a conversation, for orders to a shop.

    If the channel authenticates the sender, a proof in any chat of the same address counts. A chat
    bound to the user's role is proved by its pairing, for that shop only.
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
            identities.c.released_at.is_(None),
        )
    )
    if paired_at is not None:
        # Only accounts authenticated by their channel are ever bound.
        return StaffProof(vouching=True, own_phone=False, verified_at=paired_at)
    verified_at = (
        sa.select(sa.func.max(staff_proofs.c.verified_at))
        .where(
            staff_proofs.c.user_id == user_id,
            staff_proofs.c.identity_id == identities.c.id,
            lines.c.channel.in_(VOUCHING) | (staff_proofs.c.conversation_id == conversations.c.id),
        )
        .correlate(identities, lines, conversations)
        .scalar_subquery()
    )
    row = await ctx.first(
        sa.select(lines.c.channel, identities.c.kind, verified_at.label("verified_at"))
        .join_from(conversations, lines)
        .join(identities, identities.c.id == conversations.c.identity_id)
        .where(
            conversations.c.id == conversation_id,
            identities.c.user_id == user_id,
            identities.c.released_at.is_(None),
        )
    )
    if row is None:
        return StaffProof(vouching=False, own_phone=False, verified_at=None)
    return StaffProof(row.channel in VOUCHING, row.kind == "phone", row.verified_at)


async def note_staff_proof(ctx: Context, conversation_id: int, user_id: int) -> None:
    """Record a member's staff proof in a conversation, as of now."""
    identity_id = await ctx.scalar(
        sa.select(conversations.c.identity_id).where(conversations.c.id == conversation_id)
    )
    same = {"user_id": user_id, "identity_id": identity_id, "conversation_id": conversation_id}
    await ctx.execute(sa.delete(staff_proofs).filter_by(**same))
    await ctx.insert(staff_proofs, **same, verified_at=ctx.now)


async def staff_phone(ctx: Context, user_id: int) -> str:
    """Return the phone (E.164) for a user's staff codes, or "".

    The one they have had longest: a phone added later proves no role.
    """
    return str(
        await ctx.scalar(
            sa.select(identities.c.value)
            .where(
                identities.c.user_id == user_id,
                identities.c.kind == "phone",
                identities.c.released_at.is_(None),
            )
            .order_by(identities.c.id)
            .limit(1)
        )
        or ""
    )


@dataclass(frozen=True, slots=True)
class Duties:
    """The duties of a conversation's account: `works` as a member of a shop or as an admin.

    `last_owner`: the only owner of a shop.
    """

    user_id: int
    works: bool
    last_owner: bool


async def duties(ctx: Context, conversation_id: int) -> Duties | None:
    """Return the duties of the account whose phone a conversation is, or None."""
    row = await ctx.first(
        sa.select(users.c.id, users.c.admin)
        .join_from(conversations, identities, identities.c.id == conversations.c.identity_id)
        .join(users, users.c.id == identities.c.user_id)
        .where(
            conversations.c.id == conversation_id,
            identities.c.kind == "phone",
            identities.c.released_at.is_(None),
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
