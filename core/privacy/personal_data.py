"""What belongs to a person: rows by id, and the words that name them in other rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import (
    bookings,
    conversations,
    identities,
    lines,
    member_chats,
    members,
    providers,
    users,
)
from core.db.tables import customers as customers_table
from core.errors import NotFound

_SHORTEST_ADDRESS = 5
"""Shorter words would match unrelated text."""


@dataclass(frozen=True, slots=True)
class DataSubject:
    """The ids of a person's rows.

    `user_id` is None if the person remains known to other shops. `addresses` and `names` are how
    others may have written of them; `is_member`: a member of a shop or an admin.
    """

    user_id: int | None
    identity_ids: tuple[int, ...]
    customer_ids: tuple[int, ...]
    conversation_ids: tuple[int, ...]
    booking_ids: tuple[int, ...]
    shop_ids: tuple[int, ...]
    addresses: tuple[str, ...]
    names: tuple[str, ...]
    is_member: bool


async def data_subject_of_user(ctx: Context, user_id: int) -> DataSubject:
    """Return all that belongs to a user, at every shop; raise NotFound for an unknown one."""
    if await ctx.scalar(sa.select(users.c.id).where(users.c.id == user_id)) is None:
        raise NotFound(user=user_id)
    return await _whole(ctx, user_id)


async def data_subject_of_customer(ctx: Context, shop_id: int, customer_id: int) -> DataSubject:
    """Return all that belongs to a shop's customer; raise NotFound for an unknown one.

    If they are known elsewhere, only this shop's data: it may not see the rest.
    """
    row = await ctx.first(
        sa.select(customers_table).where(
            customers_table.c.shop_id == shop_id, customers_table.c.id == customer_id
        )
    )
    if row is None:
        raise NotFound(customer=customer_id)
    if row.user_id is not None:
        whole = await _whole(ctx, row.user_id)
        if not whole.is_member and set(whole.shop_ids) == {shop_id}:
            return whole
        return await _gathered(ctx, None, whole.identity_ids, [row], shop_id=shop_id)
    return await _gathered(
        ctx, None, await _nobodys(ctx, [row.phone, row.email.lower()]), [row], shop_id=shop_id
    )


async def _whole(ctx: Context, user_id: int) -> DataSubject:
    # An account without a user that acts for them at a shop is assumed to be theirs.
    acts = sa.select(member_chats.c.identity_id).where(member_chats.c.user_id == user_id)
    owned = await ctx.all(
        sa.select(identities.c.id, identities.c.value).where(
            (identities.c.user_id == user_id)
            | (identities.c.user_id.is_(None) & identities.c.id.in_(acts))
        )
    )
    phones = [row.value for row in owned if row.value]
    rows = await ctx.all(
        sa.select(customers_table).where(
            (customers_table.c.user_id == user_id)
            # A walk-in who left the same number is the same person.
            | (customers_table.c.user_id.is_(None) & customers_table.c.phone.in_(phones))
        )
    )
    return await _gathered(ctx, user_id, [row.id for row in owned], rows)


async def _nobodys(ctx: Context, addresses: Collection[str]) -> list[int]:
    """Return unverified identities with these phones and e-mail addresses."""
    found = await ctx.all(
        sa.select(identities.c.id).where(
            identities.c.value.in_([one for one in addresses if one]),
            identities.c.user_id.is_(None),
        )
    )
    return [row.id for row in found]


async def _gathered(
    ctx: Context,
    user_id: int | None,
    identity_ids: Sequence[int],
    rows: Sequence[Any],
    *,
    shop_id: int | None = None,
) -> DataSubject:
    """Return all that belongs to identities and customers, of one shop only if given."""
    talks = sa.select(
        conversations.c.id, conversations.c.address, conversations.c.name, conversations.c.shop_id
    ).join_from(conversations, lines)
    talks = talks.where(conversations.c.identity_id.in_(identity_ids))
    if shop_id is not None:
        about = sa.func.coalesce(lines.c.shop_id, conversations.c.shop_id)
        talks = talks.where(about == shop_id, ~lines.c.staff)
    found = await ctx.all(talks)
    conversation_ids = sorted(row.id for row in found)
    customer_ids = sorted(row.id for row in rows)
    theirs = bookings.c.customer_id.in_(customer_ids) | (
        bookings.c.customer_id.is_(None) & bookings.c.conversation_id.in_(conversation_ids)
    )
    made = await ctx.all(
        sa.select(bookings.c.id, bookings.c.shop_id, bookings.c.attendee).where(theirs)
    )
    person = await ctx.first(sa.select(users.c.name, users.c.admin).where(users.c.id == user_id))
    values = await ctx.all(sa.select(identities.c.value).where(identities.c.id.in_(identity_ids)))
    addresses = {row.value for row in values}
    addresses |= {row.address for row in found} | {row.phone for row in rows}
    addresses |= {row.email for row in rows}
    names = {row.name for row in (*rows, *found)} | {row.attendee for row in made}
    names |= {person.name} if person else set()
    shops_ = {row.shop_id for row in (*rows, *made)}
    return DataSubject(
        user_id,
        tuple(sorted(identity_ids)),
        tuple(customer_ids),
        tuple(conversation_ids),
        tuple(sorted(row.id for row in made)),
        tuple(sorted(shops_)),
        tuple(sorted(one for one in addresses if len(one) >= _SHORTEST_ADDRESS)),
        tuple(sorted(name for name in names if len(name) > 1)),
        bool(person and (person.admin or await _works(ctx, user_id))),
    )


async def _works(ctx: Context, user_id: int | None) -> bool:
    works = sa.or_(
        sa.exists().where(members.c.user_id == user_id),
        sa.exists().where(providers.c.user_id == user_id),
    )
    return bool(await ctx.scalar(sa.select(works)))
