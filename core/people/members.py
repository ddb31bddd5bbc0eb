"""A shop's members, their roles, and the chats in which they act."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from core.catalog import loader
from core.db.context import Context
from core.db.rows import Rows
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
"""In the order of notification."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a shop in one role; `phone` is E.164 or empty."""

    user_id: int
    role: str
    provider_id: int | None
    alerts: bool
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class ShopRole:
    """A user's role at a shop."""

    shop_id: int
    role: str
    provider_id: int | None


@dataclass(frozen=True, slots=True)
class Post(ShopRole):
    """A role as it is used in a chat, and the member who has it.

    `bound`: the chat is paired to the role, so it may not see anything else of that user.
    """

    user_id: int
    name: str
    bound: bool


@dataclass(frozen=True, slots=True)
class StaffUser:
    """A user and all their roles; user 0 without roles for somebody who is no member."""

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
    """Give a user, or the owner of `phone`, a role at once; return the user's id.

    For founders of a shop, people who accepted an invitation (`core.people.invitations`, the way
    for everyone else), and sample shops. The phone is in the format of the shop's country. Adding
    an existing role changes only `provider_id` and `alerts`.
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
    """Remove a role, its bound chats and invitations to it.

    Raise NotFound if there is none, and LastOwner for the shop's only owner.
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
    """End all roles of a user; providers' calendars stay, without an account.

    Raise LastOwner for the only owner of a shop.
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
    """Raise LastOwner if the user is the only owner of a shop; call it before ending an account."""
    owns = sa.select(members_table.c.shop_id).where(
        members_table.c.user_id == user_id, members_table.c.role == "owner"
    )
    owned = sorted((await ctx.execute(owns)).scalars())
    await ctx.lock_rows(shops, owned)  # of two owners who leave at the same time, one has to stay
    for shop_id in owned:
        await check_other_owner(ctx, shop_id, user_id)


async def check_other_owner(ctx: Context, shop_id: int, user_id: int) -> None:
    """Raise LastOwner unless another user with an active account owns the shop."""
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
    """Set a member's preferred channel for a shop's alerts; "": the account's preference."""
    if channel and channel not in PREFERABLE_CHANNELS:
        raise InvalidValue(field="channel", reason=f"one of {', '.join(PREFERABLE_CHANNELS)}")
    await ctx.execute(
        sa.update(members_table)
        .where(members_table.c.shop_id == shop_id, members_table.c.user_id == user_id)
        .values(channel=channel)
    )


async def set_member_alerts(ctx: Context, shop_id: int, user_id: int, *, enabled: bool) -> None:
    """Turn a member's alerts of a shop on or off."""
    await ctx.execute(
        sa.update(members_table)
        .where(members_table.c.shop_id == shop_id, members_table.c.user_id == user_id)
        .values(alerts=enabled)
    )


_PHONE = (
    sa.select(identities.c.value)
    .where(
        identities.c.user_id == users.c.id,
        identities.c.kind == "phone",
        identities.c.released_at.is_(None),
    )
    .order_by(identities.c.verified_at.desc().nulls_last(), identities.c.id)
    .limit(1)
    .correlate(users)
    .scalar_subquery()
)
_MEMBERS = Rows(
    Member,
    sa.select(
        members_table.c.user_id,
        members_table.c.role,
        members_table.c.provider_id,
        members_table.c.alerts,
        users.c.name,
        sa.func.coalesce(_PHONE, "").label("phone"),
    )
    .join_from(members_table, users)
    .where(users.c.deactivated_at.is_(None))
    .order_by(members_table.c.id),
)
_ROLES = Rows(
    ShopRole,
    sa.select(members_table.c.shop_id, members_table.c.role, members_table.c.provider_id).order_by(
        members_table.c.shop_id, members_table.c.id
    ),
)


async def list_members(ctx: Context, shop_id: int) -> list[Member]:
    """Return a shop's members, one row per role: owners, receptionists, providers."""
    found = await ctx.fetch(_MEMBERS.where(members_table.c.shop_id == shop_id))
    return sorted(found, key=lambda member: ROLES.index(member.role))


async def roles_of_user(ctx: Context, user_id: int) -> list[ShopRole]:
    """Return a user's roles at all shops."""
    return await ctx.fetch(_ROLES.where(members_table.c.user_id == user_id))


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
        identities.c.released_at.is_(None),
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
        identities.c.released_at.is_(None),
        is_active_chat(),
        users.c.deactivated_at.is_(None),
    )
)
_POSTS = sa.union_all(_OWN, _BOUND).subquery()
_STAFF = sa.select(_POSTS).order_by(_POSTS.c.shop_id, _POSTS.c.bound, _POSTS.c.member_id)


async def staff_of_conversation(ctx: Context, conversation_id: int) -> StaffUser:
    """Return the member at the other end of a conversation, with no roles if it is none.

    By their identity, or by a chat bound to a member's role at one shop, where it acts as that
    member. One statement, as it runs for everything that looks like a command.
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
    """Return whether a user is a member of a shop, in one of the roles `of` if given."""
    asked = sa.select(members_table.c.id).where(
        members_table.c.shop_id == shop_id, members_table.c.user_id == user_id
    )
    if of:
        asked = asked.where(members_table.c.role.in_(of))
    return await ctx.first(asked) is not None


# --------------------------------------------------------------------------------- internal


async def _revoke_invitations(
    ctx: Context, user_id: int, shop_id: int | None = None, role: str = ""
) -> None:
    """Revoke invitations to a user's phones, so that a removed member cannot return by one."""
    phones = sa.select(identities.c.value).where(
        identities.c.user_id == user_id,
        identities.c.kind == "phone",
        identities.c.released_at.is_(None),
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
