"""Paged search of bookings and their history.

The permission scope is part of each statement: a list is always of some shops or of one person.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from core.bookings.booking import BOOKINGS, Booking
from core.db.context import Context
from core.db.pagination import Page, PageRequest, paginate
from core.db.rows import Rows
from core.db.tables import booking_events, bookings, customers
from core.people.search import customer_matches
from core.values.text_folding import fold_reference

NEVER_BOOKED_STATES = ("held", "expired")
"""States that were never booked; listed only if asked for."""


@dataclass(frozen=True, slots=True)
class BookingFilter:
    """Which bookings to return; fields left out do not restrict."""

    service_id: int | None = None
    provider_id: int | None = None
    customer_id: int | None = None
    states: Collection[str] = ()
    start: datetime | None = None
    end: datetime | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class BookingScope:
    """Whose bookings to return: all, whole shops, single providers, or one user."""

    unrestricted: bool = False
    shops: Collection[int] = field(default_factory=frozenset)
    providers: Collection[int] = field(default_factory=frozenset)
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A change of a booking; `by` is the name of the staff member behind it, or ""."""

    id: int
    at: datetime
    action: str
    from_state: str
    to_state: str
    actor: str
    by: str


_HISTORY = Rows(
    HistoryEntry,
    sa.select(
        booking_events.c.id,
        booking_events.c.at,
        booking_events.c.action,
        booking_events.c.from_state,
        booking_events.c.to_state,
        booking_events.c.actor,
        sa.func.coalesce(booking_events.c.details["by"].as_string(), "").label("by"),
    ),
)


async def find_bookings(
    ctx: Context,
    scope: BookingScope,
    wanted: BookingFilter,
    asked: PageRequest,
    *,
    newest_first: bool = False,
) -> Page[Booking]:
    """Return a page of bookings by start."""
    rows = BOOKINGS
    if not scope.unrestricted:
        # For one shop, its index yields a page in order without reading every row.
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
        rows = rows.where(bookings.c.state.not_in(NEVER_BOOKED_STATES))
    if wanted.start is not None:
        rows = rows.where(bookings.c.starts_at >= wanted.start)
    if wanted.end is not None:
        rows = rows.where(bookings.c.starts_at < wanted.end)
    if words := wanted.text.strip():
        rows = rows.where(
            sa.or_(
                bookings.c.ref == (fold_reference(words) or words.upper()),
                bookings.c.attendee.icontains(words, autoescape=True),
                sa.and_(*customer_matches(words)),
            )
        )
    by = [bookings.c.starts_at, bookings.c.id]
    return await paginate(ctx, rows, by, asked, newest_first=newest_first)


async def booking_history(ctx: Context, booking_id: int, asked: PageRequest) -> Page[HistoryEntry]:
    """Return a page of a booking's history, in order."""
    rows = _HISTORY.where(booking_events.c.booking_id == booking_id)
    return await paginate(ctx, rows, [booking_events.c.id], asked)
