"""Who works at a shop, in which roles, and in which chats they act in them."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from core.catalog import loader
from core.db.context import Context
from core.db.tables import (
    conversations,
    identities,
    invitations,
    member_chats,
    providers,
    shops,
    users,
)
from core.db.tables import members as members_table
from core.errors import InvalidValue, LastOwner, NotFound
from core.people.customers import parse_shop_phone
from core.people.identities import get_or_create_user_by_phone
from core.people.member_chats import end_chats, is_active_chat
from core.people.preferences import PREFERABLE_CHANNELS

ROLES = ("owner", "receptionist", "provider")
"""In the order people are told of things."""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works at a shop, in one role; `phone` is E.164 or empty."""

    user_id: int
    role: str
    provider_id: int | None
    alerts: bool
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class ShopRole:
    """What a user is at a shop."""

    shop_id: int
    role: str
    provider_id: int | None


@dataclass(frozen=True, slots=True)
class Post(ShopRole):
    """A role as somebody acts in it in a chat, and whose it is.

    `bound` says that the chat was bound to it, so that it has nothing else of that user's.
    """

    user_id: int
    name: str
    bound: bool


@dataclass(frozen=True, slots=True)
class StaffUser:
    """A user and all their roles; none, and the user 0, for who works nowhere."""

    user_id: int
    name: str
    roles: tuple[Post, ...]


# ------------------------------------------------------------------------------------ members


async def add_member(
    ctx: Context,
    shop_id: int,
    *,
    role: str,
    phone: str = "",
    user_id: int | None = None,
    provider_id: int | None = None,
    name: str = "",
    alerts: bool = True,
) -> int:
    """Give a user, or whoever has `phone`, a role at a shop at once; return the user's id.

    For whoever founds the shop, accepted an invitation (`core.people.invitations`, which is how
    anybody else comes in), and for the people of sample shops. The phone is read as the shop's
    country writes it. The same role again only changes `provider_id` and `alerts`.
    """
    if role not in ROLES:
        raise InvalidValue(field="role", reason=f"one of {', '.join(ROLES)}")
    if role == "provider" and provider_id is None:
        raise InvalidValue(field="provider_id", reason="a provider's role names the provider")
    if user_id is None:
        user_id = await get_or_create_user_by_phone(
            ctx, await parse_shop_phone(ctx, shop_id, phone), name=name
        )
    values = {"provider_id": provider_id, "alerts": alerts}
    same = {"shop_id": shop_id, "user_id": user_id, "role": role}
    added = await ctx.execute(
        ctx.insert_ignoring_conflicts(members_table, {**same, **values, "created_at": ctx.now})
    )
    if not added.rowcount:
        await ctx.execute(sa.update(members_table).filter_by(**same).values(**values))
    return user_id


async def remove_member(ctx: Context, shop_id: int, user_id: int, role: str) -> None:
    """Take a role away, with the chats that act in it and invitations to it.

    NotFound if there is none, LastOwner for the last one who owns the shop.
    """
    await ctx.lock_rows(shops, [shop_id])
    if role == "owner" and await is_member(ctx, shop_id, user_id, role):
        await check_other_owner(ctx, shop_id, user_id)
    gone = await ctx.execute(
        sa.delete(members_table).where(
            members_table.c.shop_id == shop_id,
            members_table.c.user_id == user_id,
            members_table.c.role == role,
        )
    )
    if not gone.rowcount:
        raise NotFound(user=user_id)
    if not await is_member(ctx, shop_id, user_id):
        await end_chats(ctx, user_id, shop_id)
    await _revoke_invitations(ctx, user_id, shop_id, role)


async def end_memberships(ctx: Context, user_id: int) -> None:
    """End every role of a user; calendars they gave services on stay, as nobody's account.

    LastOwner for the last one who owns a shop.
    """
    await check_dispensable(ctx, user_id)
    await ctx.execute(sa.delete(members_table).where(members_table.c.user_id == user_id))
    await end_chats(ctx, user_id)
    await _revoke_invitations(ctx, user_id)
    mine = sa.update(providers).where(providers.c.user_id == user_id)
    touched = (
        await ctx.execute(mine.values(user_id=None).returning(providers.c.shop_id))
    ).scalars()
    for shop_id in sorted(set(touched)):
        await loader.bump_version(ctx, shop_id)


async def check_dispensable(ctx: Context, user_id: int) -> None:
    """Raise LastOwner for the last one who owns a shop; asked before their account ends."""
    owns = sa.select(members_table.c.shop_id).where(
        members_table.c.user_id == user_id, members_table.c.role == "owner"
    )
    owned = sorted((await ctx.execute(owns)).scalars())
    await ctx.lock_rows(shops, owned)  # of two owners who leave at once one stays
    for shop_id in owned:
        await check_other_owner(ctx, shop_id, user_id)


async def check_other_owner(ctx: Context, shop_id: int, user_id: int) -> None:
    """Raise LastOwner where nobody but a user, or nobody with an open account, owns a shop."""
    other = await ctx.first(
        sa.select(members_table.c.id)
        .join_from(members_table, users)
        .where(
            members_table.c.shop_id == shop_id,
            members_table.c.role == "owner",
            members_table.c.user_id != user_id,
            users.c.deactivated_at.is_(None),
        )
        .limit(1)
    )
    if other is None:
        raise LastOwner(shop=shop_id)


async def set_alert_channel(ctx: Context, shop_id: int, user_id: int, channel: str) -> None:
    """Send somebody a shop's alerts on a channel first; "" is where their account has it."""
    if channel and channel not in PREFERABLE_CHANNELS:
        raise InvalidValue(field="channel", reason=f"one of {', '.join(PREFERABLE_CHANNELS)}")
    await ctx.execute(
        sa.update(members_table)
        .where(members_table.c.shop_id == shop_id, members_table.c.user_id == user_id)
        .values(channel=channel)
    )


async def set_member_alerts(ctx: Context, shop_id: int, user_id: int, *, enabled: bool) -> None:
    """Send somebody of the shop its alerts, or no more."""
    await ctx.execute(
        sa.update(members_table)
        .where(members_table.c.shop_id == shop_id, members_table.c.user_id == user_id)
        .values(alerts=enabled)
    )


async def list_members(ctx: Context, shop_id: int) -> list[Member]:
    """Return who works at a shop: owners, receptionists, providers; each role a row."""
    phone = (
        sa.select(identities.c.value)
        .where(
            identities.c.user_id == users.c.id,
            identities.c.kind == "phone",
            identities.c.ended_at.is_(None),
        )
        .order_by(identities.c.proved_at.desc().nulls_last(), identities.c.id)
        .limit(1)
        .correlate(users)
        .scalar_subquery()
    )
    rows = await ctx.all(
        sa.select(
            members_table.c.user_id,
            members_table.c.role,
            members_table.c.provider_id,
            members_table.c.alerts,
            users.c.name,
            sa.func.coalesce(phone, ""),
        )
        .join_from(members_table, users)
        .where(members_table.c.shop_id == shop_id, users.c.deactivated_at.is_(None))
        .order_by(members_table.c.id)
    )
    return sorted((Member(*list(row)) for row in rows), key=lambda member: ROLES.index(member.role))


async def roles_of_user(ctx: Context, user_id: int) -> list[ShopRole]:
    """Return what a user is, shop by shop."""
    rows = await ctx.all(
        sa.select(members_table.c.shop_id, members_table.c.role, members_table.c.provider_id)
        .where(members_table.c.user_id == user_id)
        .order_by(members_table.c.shop_id, members_table.c.id)
    )
    return [ShopRole(*list(row)) for row in rows]


_OWN = (
    sa.select(
        users.c.id,
        users.c.name,
        members_table.c.shop_id,
        members_table.c.role,
        members_table.c.provider_id,
        sa.false().label("bound"),
        members_table.c.id.label("member_id"),
    )
    .join_from(conversations, identities, identities.c.id == conversations.c.identity_id)
    .join(users, users.c.id == identities.c.user_id)
    .join(members_table, members_table.c.user_id == users.c.id)
    .where(
        conversations.c.id == sa.bindparam("conversation_id"),
        identities.c.ended_at.is_(None),
        users.c.deactivated_at.is_(None),
    )
)
_BOUND = (
    sa.select(
        users.c.id,
        users.c.name,
        members_table.c.shop_id,
        members_table.c.role,
        members_table.c.provider_id,
        sa.true().label("bound"),
        members_table.c.id.label("member_id"),
    )
    .join_from(conversations, identities, identities.c.id == conversations.c.identity_id)
    .join(member_chats, member_chats.c.identity_id == identities.c.id)
    .join(users, users.c.id == member_chats.c.user_id)
    .join(
        members_table,
        (members_table.c.user_id == member_chats.c.user_id)
        & (members_table.c.shop_id == member_chats.c.shop_id),
    )
    .where(
        conversations.c.id == sa.bindparam("conversation_id"),
        identities.c.ended_at.is_(None),
        is_active_chat(),
        users.c.deactivated_at.is_(None),
    )
)
_POSTS = sa.union_all(_OWN, _BOUND).subquery()
_STAFF = sa.select(_POSTS).order_by(_POSTS.c.shop_id, _POSTS.c.bound, _POSTS.c.member_id)


async def staff_of_conversation(ctx: Context, conversation_id: int) -> StaffUser:
    """Return who of some shop's people is at the other end of a conversation; nobody has no roles.

    By who they are, or by a chat bound to a member's role at one shop: there it is that member's.
    One statement: it is asked whenever somebody writes what looks like a command.
    """
    rows = (await ctx.execute(_STAFF, {"conversation_id": conversation_id})).all()
    by_binding = {row.shop_id for row in rows if row.bound}
    found = tuple(
        Post(row.shop_id, row.role, row.provider_id, row.id, row.name, bool(row.bound))
        for row in rows
        if row.bound or row.shop_id not in by_binding
    )
    if not found:
        return StaffUser(0, "", ())
    return StaffUser(found[0].user_id, found[0].name, found)


async def is_member(ctx: Context, shop_id: int, user_id: int | None, *of: str) -> bool:
    """Whether a user works at a shop, in one of the roles named, if any are."""
    asked = sa.select(members_table.c.id).where(
        members_table.c.shop_id == shop_id, members_table.c.user_id == user_id
    )
    if of:
        asked = asked.where(members_table.c.role.in_(of))
    return await ctx.first(asked) is not None


# ------------------------------------------------------------------------------------ within


async def _revoke_invitations(
    ctx: Context, user_id: int, shop_id: int | None = None, role: str = ""
) -> None:
    """Revoke what is open of a user's phones: who was let go does not come back by an old link."""
    phones = sa.select(identities.c.value).where(
        identities.c.user_id == user_id,
        identities.c.kind == "phone",
        identities.c.ended_at.is_(None),
    )
    which = [] if shop_id is None else [invitations.c.shop_id == shop_id]
    which += [invitations.c.role == role] if role else []
    await ctx.execute(
        sa.update(invitations)
        .where(
            invitations.c.phone.in_(phones),
            invitations.c.accepted_at.is_(None),
            invitations.c.declined_at.is_(None),
            invitations.c.revoked_at.is_(None),
            *which,
        )
        .values(revoked_at=ctx.now, digest="")
    )
