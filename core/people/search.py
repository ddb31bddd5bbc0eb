"""Paged search of customers and users.

The permission scope is part of each statement: a list is always of some shops or of one person.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.db.context import Context, Row
from core.db.pagination import Page, PageRequest, paginate
from core.db.tables import consents, conversations, customers, identities, users
from core.errors import NotFound
from core.messaging.conversations import conversation_rows
from core.people.customers import IS_ERASED
from core.values.text_folding import phone_digits, search_terms


async def find_customers(ctx: Context, shop_id: int, text: str, asked: PageRequest) -> Page[Row]:
    """Return a page of a shop's customers whose name, phone or e-mail matches; none erased."""
    rows = _customers().where(customers.c.shop_id == shop_id, ~IS_ERASED)
    if words := text.strip():
        rows = rows.where(*customer_matches(words))
    return await paginate(ctx, rows, [customers.c.id], asked)


async def get_customer(ctx: Context, shop_id: int, customer_id: int) -> Row:
    """Return one of a shop's customers; raise NotFound otherwise."""
    row = await ctx.first(
        _customers().where(customers.c.shop_id == shop_id, customers.c.id == customer_id)
    )
    if row is None:
        raise NotFound(customer=customer_id)
    return row


def _customers() -> sa.Select[Any]:
    names = ("id", "name", "phone", "email", "notes", "blocked", "created_at", "user_id")
    return sa.select(*(customers.c[name] for name in names))


def customer_matches(words: str) -> list[sa.ColumnElement[bool]]:
    """Return conditions that a matching customer fulfils: one for each word, in any order."""
    terms = search_terms(words)
    if not terms:
        return [sa.false()]
    return [customers.c.search_text.contains(term, autoescape=True) for term in terms]


async def conversations_of_customer(ctx: Context, shop_id: int, customer_id: int) -> list[Row]:
    """Return a shop's conversations with a customer, most recent first.

    In addition to the columns of `get_conversation`: when and in which words they consented
    (`consented_at`, `consent`), and since when they are unreachable.
    """
    known = await get_customer(ctx, shop_id, customer_id)
    theirs = sa.false()
    if known.user_id is not None:
        theirs |= identities.c.user_id == known.user_id
    if known.phone:
        # A walk-in who wrote from the number they left.
        theirs |= identities.c.value == known.phone
    more = [conversations.c[name] for name in ("consented_at", "consent", "unreachable_at")]
    rows = conversation_rows(shop_id).add_columns(*more)
    rows = rows.join(identities, identities.c.id == conversations.c.identity_id)
    last = conversations.c.last_in_at.desc().nulls_last()
    return list(await ctx.all(rows.where(theirs).order_by(last, conversations.c.id).limit(20)))


async def consents_of_customer(
    ctx: Context, shop_id: int, customer_id: int
) -> list[tuple[Row, list[Row]]]:
    """Return the rows of `conversations_of_customer`, each with its history of consent.

    Newest first: agreed, how, wording, at.
    """
    talks = await conversations_of_customer(ctx, shop_id, customer_id)
    names = ("conversation_id", "how", "wording", "at")
    columns = (*(consents.c[name] for name in names), consents.c.given.label("agreed"))
    those = consents.c.conversation_id.in_([talk.id for talk in talks])
    rows = await ctx.all(sa.select(*columns).where(those).order_by(consents.c.id.desc()).limit(500))
    return [(talk, [row for row in rows if row.conversation_id == talk.id]) for talk in talks]


# ------------------------------------------------------------------------------------ users


async def find_users(ctx: Context, text: str, asked: PageRequest) -> Page[Row]:
    """Return a page of users whose name or address matches, except deleted ones."""
    reached = sa.exists().where(identities.c.user_id == users.c.id)
    deleted = sa.and_(users.c.name == "", users.c.deactivated_at.is_not(None), ~reached)
    rows = _users().where(~deleted)
    if words := text.strip():
        theirs = sa.exists().where(
            identities.c.user_id == users.c.id,
            identities.c.released_at.is_(None),
            identities.c.value.icontains(phone_digits(words) or words, autoescape=True),
        )
        rows = rows.where(users.c.name.icontains(words, autoescape=True) | theirs)
    return await paginate(ctx, rows, [users.c.id], asked)


async def get_user(ctx: Context, user_id: int) -> Row:
    """Return one user; raise NotFound otherwise."""
    row = await ctx.first(_users().where(users.c.id == user_id))
    if row is None:
        raise NotFound(user=user_id)
    return row


def _users() -> sa.Select[Any]:
    names = ("id", "name", "language", "admin", "created_at", "deactivated_at", "last_sign_in_at")
    phone = (
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
    return sa.select(*(users.c[name] for name in names), sa.func.coalesce(phone, "").label("phone"))
