"""Paged search of customers and users.

The permission scope is part of each statement: a list is always of some shops or of one person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.db.context import Context
from core.db.pagination import Page, PageRequest, paginate
from core.db.rows import Rows
from core.db.tables import consents, conversations, customers, identities, users
from core.errors import NotFound
from core.messaging.conversations import ShopConversation, shop_conversations
from core.people.customers import IS_ERASED
from core.values.text_folding import phone_digits, search_terms


@dataclass(frozen=True, slots=True)
class ListedCustomer:
    """A shop's customer, as the shop knows them."""

    id: int
    name: str
    phone: str
    email: str
    notes: str
    blocked: bool
    created_at: datetime
    user_id: int | None


_CUSTOMERS = Rows(
    ListedCustomer,
    sa.select(
        customers.c.id,
        customers.c.name,
        customers.c.phone,
        customers.c.email,
        customers.c.notes,
        customers.c.blocked,
        customers.c.created_at,
        customers.c.user_id,
    ),
)


async def find_customers(
    ctx: Context, shop_id: int, text: str, asked: PageRequest
) -> Page[ListedCustomer]:
    """Return a page of a shop's customers whose name, phone or e-mail matches; none erased."""
    rows = _CUSTOMERS.where(customers.c.shop_id == shop_id, ~IS_ERASED)
    if words := text.strip():
        rows = rows.where(*customer_matches(words))
    return await paginate(ctx, rows, [customers.c.id], asked)


async def get_customer(ctx: Context, shop_id: int, customer_id: int) -> ListedCustomer:
    """Return one of a shop's customers; raise NotFound otherwise."""
    found = await ctx.fetch_first(
        _CUSTOMERS.where(customers.c.shop_id == shop_id, customers.c.id == customer_id)
    )
    if found is None:
        raise NotFound(customer=customer_id)
    return found


def customer_matches(words: str) -> list[sa.ColumnElement[bool]]:
    """Return conditions that a matching customer fulfils: one for each word, in any order."""
    terms = search_terms(words)
    if not terms:
        return [sa.false()]
    return [customers.c.search_text.contains(term, autoescape=True) for term in terms]


async def customer_conversations(
    ctx: Context, shop_id: int, customer_id: int
) -> list[ShopConversation]:
    """Return a shop's conversations with a customer, most recent first."""
    known = await get_customer(ctx, shop_id, customer_id)
    theirs: sa.ColumnElement[bool] = sa.false()
    if known.user_id is not None:
        theirs |= identities.c.user_id == known.user_id
    if known.phone:
        # A walk-in who wrote from the number they left.
        theirs |= identities.c.value == known.phone
    last = conversations.c.last_in_at.desc().nulls_last()
    return await ctx.fetch(
        shop_conversations(shop_id).refine(
            lambda select: (
                select.join(identities, identities.c.id == conversations.c.identity_id)
                .where(theirs)
                .order_by(last, conversations.c.id)
                .limit(20)
            )
        )
    )


@dataclass(frozen=True, slots=True)
class ConsentEvent:
    """A yes or no to our messages in a conversation, how it was given and in which words."""

    conversation_id: int
    agreed: bool
    how: str
    wording: str
    at: datetime


_CONSENTS = Rows(
    ConsentEvent,
    sa.select(
        consents.c.conversation_id,
        consents.c.given.label("agreed"),
        consents.c.how,
        consents.c.wording,
        consents.c.at,
    )
    .order_by(consents.c.id.desc())
    .limit(500),
)


async def customer_consents(
    ctx: Context, shop_id: int, customer_id: int
) -> list[tuple[ShopConversation, list[ConsentEvent]]]:
    """Return a customer's conversations, each with its history of consent, newest first."""
    talks = await customer_conversations(ctx, shop_id, customer_id)
    theirs = consents.c.conversation_id.in_([talk.id for talk in talks])
    events = await ctx.fetch(_CONSENTS.where(theirs))
    return [(talk, [one for one in events if one.conversation_id == talk.id]) for talk in talks]


# ------------------------------------------------------------------------------------ users


@dataclass(frozen=True, slots=True)
class ListedUser:
    """A user and their current phone, "" without one."""

    id: int
    name: str
    language: str
    admin: bool
    created_at: datetime
    deactivated_at: datetime | None
    last_sign_in_at: datetime | None
    phone: str


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
_USERS = Rows(
    ListedUser,
    sa.select(
        users.c.id,
        users.c.name,
        users.c.language,
        users.c.admin,
        users.c.created_at,
        users.c.deactivated_at,
        users.c.last_sign_in_at,
        sa.func.coalesce(_PHONE, "").label("phone"),
    ),
)


async def find_users(ctx: Context, text: str, asked: PageRequest) -> Page[ListedUser]:
    """Return a page of users whose name or address matches, except deleted ones."""
    reached = sa.exists().where(identities.c.user_id == users.c.id)
    deleted = sa.and_(users.c.name == "", users.c.deactivated_at.is_not(None), ~reached)
    rows = _USERS.where(~deleted)
    if words := text.strip():
        theirs = sa.exists().where(
            identities.c.user_id == users.c.id,
            identities.c.released_at.is_(None),
            identities.c.value.icontains(phone_digits(words) or words, autoescape=True),
        )
        rows = rows.where(users.c.name.icontains(words, autoescape=True) | theirs)
    return await paginate(ctx, rows, [users.c.id], asked)


async def get_user(ctx: Context, user_id: int) -> ListedUser:
    """Return one user; raise NotFound otherwise."""
    found = await ctx.fetch_first(_USERS.where(users.c.id == user_id))
    if found is None:
        raise NotFound(user=user_id)
    return found
