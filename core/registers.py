"""Registers: bookings, customers, conversations and users, looked through page by page.

Who may see what is part of each statement: a register is always of some shops, or of one person.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.context import Context, Row
from core.errors import NotFound
from core.models import (
    booking_events,
    bookings,
    consents,
    conversations,
    customers,
    identities,
    inbox,
    lines,
    outbox,
    users,
)
from core.paging import Asked, Page, page
from core.privacy import ERASED
from core.records import CUSTOMERS, OWN, Booking, booking_from

UNFINISHED = ("held", "expired")
"""States of what was never booked: in a register only if they are asked for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which bookings; what is not given does not matter."""

    service_id: int | None = None
    provider_id: int | None = None
    customer_id: int | None = None
    states: Collection[str] = ()
    start: datetime | None = None
    end: datetime | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose bookings: of all, of whole shops, of single providers, of one user."""

    everything: bool = False
    shops: Collection[int] = field(default_factory=frozenset)
    providers: Collection[int] = field(default_factory=frozenset)
    user_id: int | None = None


async def find_bookings(
    ctx: Context, scope: Scope, wanted: Wanted, asked: Asked, *, newest_first: bool = False
) -> Page[Booking]:
    """Return bookings in order of time."""
    rows = sa.select(*OWN, *CUSTOMERS).select_from(
        bookings.outerjoin(customers, customers.c.id == bookings.c.customer_id)
    )
    if not scope.everything:
        # Of one shop alone its index gives a page in order, without reading all it has.
        mine: list[sa.ColumnElement[bool]] = []
        if len(scope.shops) == 1:
            mine.append(bookings.c.shop_id == next(iter(scope.shops)))
        elif scope.shops:
            mine.append(bookings.c.shop_id.in_(scope.shops))
        if scope.providers:
            mine.append(bookings.c.provider_id.in_(scope.providers))
        if scope.user_id is not None:
            mine.append(customers.c.user_id == scope.user_id)
        rows = rows.where(sa.or_(sa.false(), *mine))
    for column in ("service_id", "provider_id", "customer_id"):
        if (value := getattr(wanted, column)) is not None:
            rows = rows.where(bookings.c[column] == value)
    if wanted.states:
        rows = rows.where(bookings.c.state.in_(wanted.states))
    else:
        rows = rows.where(bookings.c.state.not_in(UNFINISHED))
    if wanted.start is not None:
        rows = rows.where(bookings.c.starts_at >= wanted.start)
    if wanted.end is not None:
        rows = rows.where(bookings.c.starts_at < wanted.end)
    if words := wanted.text.strip():
        rows = rows.where(
            sa.or_(
                bookings.c.ref == words.upper(),
                bookings.c.attendee.icontains(words, autoescape=True),
                *_named(words),
            )
        )
    by = [bookings.c.starts_at, bookings.c.id]
    return (await page(ctx, rows, by, asked, newest_first=newest_first)).map(booking_from)


async def history(ctx: Context, booking_id: int, asked: Asked) -> Page[Row]:
    """Return what became of a booking, in order: at, action, from_state, to_state, actor, by."""
    table = booking_events
    rows = sa.select(
        table.c.id,
        table.c.at,
        table.c.action,
        table.c.from_state,
        table.c.to_state,
        table.c.actor,
        sa.func.coalesce(table.c.details["by"].as_string(), "").label("by"),
    ).where(table.c.booking_id == booking_id)
    return await page(ctx, rows, [table.c.id], asked)


async def find_customers(ctx: Context, shop_id: int, text: str, asked: Asked) -> Page[Row]:
    """Return a shop's customers whose name, phone or e-mail has these words, none of the erased."""
    rows = _customers().where(customers.c.shop_id == shop_id, ~ERASED)
    if words := text.strip():
        rows = rows.where(sa.or_(*_named(words)))
    return await page(ctx, rows, [customers.c.id], asked)


async def customer(ctx: Context, shop_id: int, customer_id: int) -> Row:
    """Return one of a shop's customers; else NotFound."""
    row = await ctx.first(
        _customers().where(customers.c.shop_id == shop_id, customers.c.id == customer_id)
    )
    if row is None:
        raise NotFound(customer=customer_id)
    return row


def _customers() -> sa.Select[Any]:
    names = ("id", "name", "phone", "email", "notes", "blocked", "created_at", "user_id")
    return sa.select(*(customers.c[name] for name in names))


def _named(words: str) -> list[sa.ColumnElement[bool]]:
    columns = (customers.c.name, customers.c.phone, customers.c.email)
    return [column.icontains(words, autoescape=True) for column in columns]


# ------------------------------------------------------------------------------------ talk


async def find_conversations(ctx: Context, shop_id: int, asked: Asked) -> Page[Row]:
    """Return the conversations of customers that are about a shop, the newest first."""
    rows = _conversations(shop_id)
    return await page(ctx, rows, [conversations.c.id], asked, newest_first=True)


async def conversation(ctx: Context, shop_id: int, conversation_id: int) -> Row:
    """Return one of them; else NotFound."""
    row = await ctx.first(_conversations(shop_id).where(conversations.c.id == conversation_id))
    if row is None:
        raise NotFound(conversation=conversation_id)
    return row


def _conversations(shop_id: int) -> sa.Select[Any]:
    names = ("id", "address", "name", "language", "human_until", "opted_out_at", "last_in_at")
    return (
        sa.select(*(conversations.c[name] for name in names), lines.c.channel)
        .join_from(conversations, lines)
        .where(
            sa.func.coalesce(lines.c.shop_id, conversations.c.shop_id) == shop_id,
            lines.c.staff.is_(False),
        )
    )


async def talks_of(ctx: Context, shop_id: int, customer_id: int) -> list[Row]:
    """Return the conversations that a shop has with a customer, the last heard from first.

    Besides what `conversation` returns: when they agreed to our messages and in which words
    (`consented_at`, `consent`), and since when they cannot be reached.
    """
    known = await customer(ctx, shop_id, customer_id)
    theirs = sa.false()
    if known.user_id is not None:
        theirs |= identities.c.user_id == known.user_id
    if known.phone:
        # A walk-in who wrote from the number they left.
        theirs |= identities.c.value == known.phone
    more = [conversations.c[name] for name in ("consented_at", "consent", "unreachable_at")]
    rows = _conversations(shop_id).add_columns(*more)
    rows = rows.join(identities, identities.c.id == conversations.c.identity_id)
    last = conversations.c.last_in_at.desc().nulls_last()
    return list(await ctx.all(rows.where(theirs).order_by(last, conversations.c.id).limit(20)))


async def consents_of(ctx: Context, shop_id: int, customer_id: int) -> list[tuple[Row, list[Row]]]:
    """Return the conversations of `talks_of`, each with every yes and no to our messages.

    The newest first: agreed, how, wording, at.
    """
    talks = await talks_of(ctx, shop_id, customer_id)
    names = ("conversation_id", "how", "wording", "at")
    columns = (*(consents.c[name] for name in names), consents.c.given.label("agreed"))
    those = consents.c.conversation_id.in_([talk.id for talk in talks])
    rows = await ctx.all(sa.select(*columns).where(those).order_by(consents.c.id.desc()).limit(500))
    return [(talk, [row for row in rows if row.conversation_id == talk.id]) for talk in talks]


async def said(ctx: Context, conversation_id: int, asked: Asked) -> Page[Row]:
    """Return what was said in a conversation, the newest first: at, way (in, out), id, text, state.

    Of what we sent, the words as they went out; secrets are not kept.
    """
    incoming = sa.select(
        inbox.c.received_at.label("at"),
        sa.literal("in").label("way"),
        inbox.c.id,
        sa.func.coalesce(inbox.c.incoming["text"].as_string(), "").label("text"),
        inbox.c.state,
    ).where(
        inbox.c.conversation_id == conversation_id,
        sa.func.coalesce(inbox.c.incoming["kind"].as_string(), "text") != "event",
    )
    outgoing = sa.select(
        outbox.c.created_at,
        sa.literal("out"),
        outbox.c.id,
        outbox.c.body,
        outbox.c.state,
    ).where(outbox.c.conversation_id == conversation_id)
    both = sa.union_all(incoming, outgoing).subquery()
    rows = sa.select(both)
    return await page(ctx, rows, [both.c.at, both.c.way, both.c.id], asked, newest_first=True)


# ------------------------------------------------------------------------------------ lines


async def all_lines(ctx: Context, asked: Asked) -> Page[Row]:
    """Return the ends of channels of the installation, also those out of use."""
    return await page(ctx, _lines(), [lines.c.id], asked)


async def line(ctx: Context, line_id: int) -> Row:
    """Return one of them; else NotFound."""
    row = await ctx.first(_lines().where(lines.c.id == line_id))
    if row is None:
        raise NotFound(line=line_id)
    return row


async def shop_lines(ctx: Context, shop_id: int, asked: Asked) -> Page[Row]:
    """Return the ends of channels by which a shop is reached, those that serve all shops too."""
    serves = (lines.c.shop_id == shop_id) | lines.c.shop_id.is_(None)
    return await page(ctx, _lines().where(serves), [lines.c.id], asked)


def _lines() -> sa.Select[Any]:
    names = ("id", "shop_id", "transport", "channel", "address", "staff", "active")
    return sa.select(*(lines.c[name] for name in names))


# ------------------------------------------------------------------------------------ users


async def find_users(ctx: Context, text: str, asked: Asked) -> Page[Row]:
    """Return users whose name or an address of theirs has these words, none of the deleted."""
    reached = sa.exists().where(identities.c.user_id == users.c.id)
    deleted = sa.and_(users.c.name == "", users.c.deactivated_at.is_not(None), ~reached)
    rows = _users().where(~deleted)
    if words := text.strip():
        theirs = sa.exists().where(
            identities.c.user_id == users.c.id,
            identities.c.ended_at.is_(None),
            identities.c.value.icontains(words, autoescape=True),
        )
        rows = rows.where(users.c.name.icontains(words, autoescape=True) | theirs)
    return await page(ctx, rows, [users.c.id], asked)


async def user(ctx: Context, user_id: int) -> Row:
    """Return one user; else NotFound."""
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
            identities.c.ended_at.is_(None),
        )
        .order_by(identities.c.proved_at.desc().nulls_last(), identities.c.id)
        .limit(1)
        .correlate(users)
        .scalar_subquery()
    )
    return sa.select(*(users.c[name] for name in names), sa.func.coalesce(phone, "").label("phone"))
