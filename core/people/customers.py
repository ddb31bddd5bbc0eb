"""People as shops know them: customers with their blocks, and those who work there."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import (
    bookings,
    conversations,
    customers,
    identities,
    invitations,
    member_chats,
    shops,
    users,
)
from core.db.tables import members as members_table
from core.errors import CustomerBlocked, InvalidValue, LastOwner, NotFound
from core.people.member_chats import is_living
from core.people.members import ShopRole
from core.people.preferences import PREFERABLE_CHANNELS
from core.values.phone_numbers import parse_phone


@dataclass(frozen=True, slots=True)
class Post(ShopRole):
    """A role as somebody acts in it in a chat, and whose it is.

    `bound` says that the chat was bound to it, so that it has nothing else of that user's.
    """

    user_id: int
    name: str
    bound: bool


# ------------------------------------------------------------------------------------ customers


async def get_or_create_customer(
    ctx: Context, shop_id: int, user_id: int, *, name: str, phone: str
) -> int:
    """Return the id of a user's customer row at a shop, made with `name` and `phone` if new.

    A walk-in with the same phone stays a row apart: phones are shared and recycled, and nobody
    is shown another's bookings for having a number. A block follows the phone all the same:
    CustomerBlocked when somebody new comes with the phone of a blocked customer.
    """
    mine = customers.c.user_id == user_id
    wanted = mine | (customers.c.blocked & (customers.c.phone == phone)) if phone else mine
    known = sa.select(customers.c.id, mine.label("mine")).where(
        customers.c.shop_id == shop_id, wanted
    )
    rows = await ctx.all(known)
    own = [row.id for row in rows if row.mine]
    if own:
        return int(own[0])
    if rows:
        raise CustomerBlocked(shop=shop_id)
    values = {
        "shop_id": shop_id,
        "user_id": user_id,
        "name": _name(name),
        "phone": phone,
        "created_at": ctx.now,
    }
    made = await ctx.scalar(
        ctx.insert_ignoring_conflicts(customers, values).returning(customers.c.id)
    )
    # None: another transaction made it this moment.
    return int(made or await ctx.scalar(known.where(mine)))


async def add_customer(ctx: Context, shop_id: int, name: str, phone: str = "") -> int:
    """Add a walk-in, a child, an import: somebody without an account; return the id.

    `phone` as people of the shop's country write it. The same name and phone is the same person.
    NotFound for a shop that is not there.
    """
    name = _name(name)
    if phone:
        phone = await parse_shop_phone(ctx, shop_id, phone)
        known = await ctx.all(
            sa.select(customers.c.id, customers.c.name)
            .where(customers.c.shop_id == shop_id, customers.c.phone == phone)
            .order_by(customers.c.id)
        )
        for row in known:
            if row.name.casefold() == name.casefold():
                return int(row.id)
    else:
        await _country(ctx, shop_id)
    return await ctx.insert(customers, shop_id=shop_id, name=name, phone=phone, created_at=ctx.now)


async def set_customer_blocked(
    ctx: Context, shop_id: int, customer_id: int, *, blocked: bool = True
) -> None:
    """Take no more bookings from a customer, or take them again; NotFound if not this shop's."""
    done = await ctx.execute(
        sa.update(customers)
        .where(customers.c.id == customer_id, customers.c.shop_id == shop_id)
        .values(blocked=blocked)
    )
    if not done.rowcount:
        raise NotFound(customer=customer_id)


async def change_customer(ctx: Context, shop_id: int, customer_id: int, **changes: str) -> None:
    """Change a customer's `name`, `phone`, `email` or `notes`; NotFound if not this shop's."""
    values = dict(changes)
    if "name" in values:
        values["name"] = _name(values["name"])
    if values.get("phone"):
        values["phone"] = await parse_shop_phone(ctx, shop_id, values["phone"])
    if not values:
        return
    done = await ctx.execute(
        sa.update(customers)
        .where(customers.c.id == customer_id, customers.c.shop_id == shop_id)
        .values(values)
    )
    if not done.rowcount:
        raise NotFound(customer=customer_id)


async def merge_customers(ctx: Context, shop_id: int, customer_id: int, into: int) -> None:
    """Make two rows of one person one: bookings, notes and a block go over to `into`.

    NotFound if either is not this shop's; Invalid for two who each have an account: they are two.
    """
    await ctx.lock_rows(customers, [customer_id, into])
    both = sa.select(customers).where(
        customers.c.shop_id == shop_id, customers.c.id.in_((customer_id, into))
    )
    rows = {row.id: row for row in await ctx.all(both)}
    for wanted in (customer_id, into):
        if wanted not in rows:
            raise NotFound(customer=wanted)
    old, kept = rows[customer_id], rows[into]
    if customer_id == into or None not in {old.user_id, kept.user_id}:
        raise InvalidValue(field="into", reason="account" if customer_id != into else "itself")
    moved = sa.update(bookings).where(
        bookings.c.shop_id == shop_id, bookings.c.customer_id == customer_id
    )
    await ctx.execute(moved.values(customer_id=into))
    await ctx.execute(sa.delete(customers).where(customers.c.id == customer_id))
    await ctx.execute(
        sa.update(customers)
        .where(customers.c.id == into)
        .values(
            user_id=kept.user_id or old.user_id,
            phone=kept.phone or old.phone,
            email=kept.email or old.email,
            notes="\n".join(filter(None, (kept.notes, old.notes))),
            blocked=kept.blocked or old.blocked,
        )
    )


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
        is_living(),
        users.c.deactivated_at.is_(None),
    )
)
_POSTS = sa.union_all(_OWN, _BOUND).subquery()
_STAFF = sa.select(_POSTS).order_by(_POSTS.c.shop_id, _POSTS.c.bound, _POSTS.c.member_id)


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


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 2 <= len(name) <= 100:
        raise InvalidValue(field="name", reason="2 to 100 characters")
    return name


async def parse_shop_phone(ctx: Context, shop_id: int, text: str) -> str:
    """Read a phone as the shop's country writes it; NotFound for a shop that is not there."""
    return parse_phone(text, await _country(ctx, shop_id))


async def _country(ctx: Context, shop_id: int) -> str:
    country = await ctx.scalar(sa.select(shops.c.country).where(shops.c.id == shop_id))
    if country is None:
        raise NotFound(shop=shop_id)
    return str(country)


ERASED_NAME = "(erased)"
"""The name of a customer who is forgotten."""

IS_ERASED = sa.and_(customers.c.name == ERASED_NAME, customers.c.phone == "")
"""Whose rows are there for the figures only: in no list, and not counted among customers."""
