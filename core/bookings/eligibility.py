"""Who may book: whether a person is verified, and what the shop knows about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from core.bookings.booking import (
    BOOKING_COLUMNS,
    BOOKINGS,
    CUSTOMER_COLUMNS,
    EARLIER_EVENT,
    AlreadyDone,
    Booking,
    IdempotencyKey,
)
from core.bookings.create import BookedFor
from core.bookings.transitions import OPEN_STATES
from core.catalog.entities import Shop
from core.db.context import Context
from core.db.tables import bookings, customers, identities, users
from core.errors import CustomerBlocked, NotFound, NotVerified, TooManyOpenBookings
from core.people.customers import get_or_create_customer
from core.people.identities import VERIFIED_FOR


@dataclass(frozen=True, slots=True)
class Booker:
    """A user at one shop: their customer row there, if any, and their open bookings.

    `is_verified`: they verified an identity and used it recently (`identities.VERIFIED_FOR`).
    """

    user_id: int
    name: str
    phone: str | None
    is_verified: bool
    customer_id: int | None
    customer_name: str | None
    customer_phone: str | None
    is_blocked: bool | None
    open_bookings: int

    def ensure_may_book(self, shop: Shop) -> None:
        """Raise NotVerified, CustomerBlocked or TooManyOpenBookings (`limit`), or return."""
        if not self.is_verified:
            raise NotVerified(user=self.user_id)
        if self.is_blocked:
            raise CustomerBlocked(shop=shop.id)
        if self.open_bookings >= shop.max_open_bookings:
            raise TooManyOpenBookings(limit=shop.max_open_bookings)

    def as_customer(self) -> BookedFor:
        """Return who a booking is for; without a customer id if the shop has no row yet."""
        name, phone = self.customer_name or self.name, self.customer_phone or self.phone
        return BookedFor(self.customer_id, name, phone or "", self.user_id)

    async def ensure_customer(self, ctx: Context, shop: Shop, name: str) -> BookedFor:
        """Return the shop's customer to book for, created if needed; InvalidValue if no name."""
        if self.customer_id is not None:
            return self.as_customer()
        name, phone = name or self.name, self.phone or ""
        made = await get_or_create_customer(ctx, shop.id, self.user_id, name=name, phone=phone)
        return BookedFor(made, name, phone, self.user_id)


_MINE = customers.alias("mine")
_THEIRS = bookings.alias("theirs")
_NOW = sa.bindparam("now", type_=bookings.c.ends_at.type)
_SINCE = sa.bindparam("since", type_=bookings.c.ends_at.type)
_PROVED = sa.and_(
    identities.c.user_id == users.c.id,
    identities.c.released_at.is_(None),
    identities.c.verified_at.is_not(None),
    sa.or_(identities.c.verified_at > _SINCE, identities.c.used_at > _SINCE),
)


def _columns(shop_id: sa.ColumnElement[Any]) -> list[sa.ColumnElement[Any]]:
    """Return the columns of a Booker, in field order, for a row of `users` joined with `_MINE`."""
    phone = (
        sa.select(identities.c.value)
        .where(_PROVED, identities.c.kind == "phone")
        .order_by(identities.c.verified_at.desc(), identities.c.id.desc())
        .limit(1)
    )
    open_ = (
        sa.select(sa.func.count())
        .select_from(_THEIRS.join(customers, customers.c.id == _THEIRS.c.customer_id))
        .where(
            customers.c.user_id == users.c.id,
            _THEIRS.c.shop_id == shop_id,
            _THEIRS.c.state.in_(OPEN_STATES),
            _THEIRS.c.ends_at > _NOW,
        )
    )
    return [
        users.c.id,
        users.c.name,
        phone.correlate(users).scalar_subquery(),
        sa.exists().where(_PROVED).correlate(users),
        _MINE.c.id,
        _MINE.c.name,
        _MINE.c.phone,
        _MINE.c.blocked,
        open_.correlate(users, bookings).scalar_subquery(),
    ]


def _at(shop_id: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    return sa.and_(_MINE.c.user_id == users.c.id, _MINE.c.shop_id == shop_id)


_SHOP = sa.bindparam("shop_id", type_=bookings.c.shop_id.type)
_ACTIVE = sa.and_(users.c.id == sa.bindparam("user_id"), users.c.deactivated_at.is_(None))
_BOOKER = sa.select(*_columns(_SHOP)).select_from(users.outerjoin(_MINE, _at(_SHOP))).where(_ACTIVE)
_WITH_HOLD = (
    sa.select(*BOOKING_COLUMNS, *CUSTOMER_COLUMNS, EARLIER_EVENT, *_columns(bookings.c.shop_id))
    .select_from(
        bookings.join(users, _ACTIVE)
        .outerjoin(_MINE, _at(bookings.c.shop_id))
        .outerjoin(customers, customers.c.id == bookings.c.customer_id)
    )
    .where(bookings.c.id == sa.bindparam("booking_id"))
)


def _times(ctx: Context) -> dict[str, datetime]:
    return {"now": ctx.now, "since": ctx.now - VERIFIED_FOR}


async def load_booker(ctx: Context, shop_id: int, user_id: int) -> Booker:
    """Return a user as this shop knows them; raise NotVerified for an unknown user."""
    asked = {"shop_id": shop_id, "user_id": user_id, **_times(ctx)}
    row = (await ctx.execute(_BOOKER, asked)).first()
    if row is None:
        raise NotVerified(user=user_id)
    cells: list[Any] = [*row]
    return Booker(*cells)


async def load_hold_and_booker(
    ctx: Context, booking_id: int, user_id: int, key: IdempotencyKey
) -> tuple[Booking, Booker]:
    """Return a hold and the user who wants to book it, in one statement.

    Raise NotFound for somebody else's hold, AlreadyDone if it was booked under this key, and
    KeyReused if the key was used for another request.
    """
    asked = {"booking_id": booking_id, "user_id": user_id, "key": key.text, **_times(ctx)}
    row = (await ctx.execute(_WITH_HOLD, asked)).first()
    if row is None:
        raise NotFound(booking=booking_id)
    width = len(BOOKING_COLUMNS) + len(CUSTOMER_COLUMNS)
    held = BOOKINGS.build(row[:width])
    done, *user = row[width:]
    if held.created_by.startswith("user:") and held.created_by != f"user:{user_id}":
        raise NotFound(booking=booking_id)
    if done is not None:
        key.ensure_same(done["fingerprint"])
        raise AlreadyDone(held)
    return held, Booker(*user)
