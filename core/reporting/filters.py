"""The scope of a report: a shop, local dates, and optionally providers, service, channel."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa

from core.catalog.entities import Catalog
from core.catalog.loader import load_catalog
from core.db.context import Context
from core.db.tables import bookings
from core.errors import InvalidValue
from core.localtime import zones

MAX_DAYS = 366
"""The longest period of a report, in days."""

DEFAULT_DAYS = 30
"""The default period in days, ending today."""

_AROUND = timedelta(days=2)
"""More than an instant can be from midnight UTC of its local date."""


@dataclass(frozen=True, slots=True)
class ReportFilter:
    """Local dates `since` to `until`, inclusive; None and "" do not restrict."""

    catalog: Catalog
    since: date
    until: date
    provider_ids: frozenset[int] | None = None
    service_id: int | None = None
    channel: str = ""

    @property
    def shop_id(self) -> int:
        """Return the shop's id."""
        return self.catalog.shop.id

    @property
    def zone(self) -> str:
        """Return the shop's time zone."""
        return self.catalog.shop.timezone

    @property
    def epoch_bounds(self) -> tuple[int, int]:
        """Return the epoch seconds at which the first local date begins and the last one ends."""
        return zones.day_bounds(self.since, self.zone)[0], zones.day_bounds(self.until, self.zone)[
            1
        ]

    def booking_conditions(self) -> list[sa.ColumnElement[bool]]:
        """Return the conditions for the scope's bookings on any date."""
        where = [bookings.c.shop_id == self.shop_id]
        if self.provider_ids is not None:
            where.append(bookings.c.provider_id.in_(sorted(self.provider_ids)))
        if self.service_id is not None:
            where.append(bookings.c.service_id == self.service_id)
        if self.channel:
            where.append(bookings.c.origin == self.channel)
        return where

    def dated_booking_conditions(self) -> list[sa.ColumnElement[bool]]:
        """Return the conditions for the scope's bookings in the period."""
        return [*self.booking_conditions(), *date_conditions(self.since, self.until)]


def date_conditions(since: date, until: date) -> list[sa.ColumnElement[bool]]:
    """Return the conditions for local dates, with bounds on the indexed instants."""
    return [
        bookings.c.local_date.between(since, until),
        bookings.c.starts_at > utc_midnight(since) - _AROUND,
        bookings.c.starts_at < utc_midnight(until) + timedelta(days=1) + _AROUND,
    ]


def utc_midnight(day: date) -> datetime:
    """Return the instant at which a date begins in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def resolve_period(
    now: datetime, zone: str, since: date | None, until: date | None
) -> tuple[date, date]:
    """Return the period, by default the thirty days that end today in `zone`.

    Raise InvalidValue (`to`) if it ends before it begins or is too long (`most`: days).
    """
    last = until or zones.to_local(int(now.timestamp()), zone).date()
    # Nobody has bookings outside these years, and date arithmetic could overflow.
    if not date(1990, 1, 1) <= last <= date(2200, 1, 1):
        raise InvalidValue(field="to", reason="span", most=MAX_DAYS)
    first = since or last - timedelta(days=DEFAULT_DAYS - 1)
    if not 0 <= (last - first).days < MAX_DAYS:
        raise InvalidValue(field="to", reason="span", most=MAX_DAYS)
    return first, last


async def build_filter(
    ctx: Context,
    shop_id: int,
    *,
    since: date | None = None,
    until: date | None = None,
    provider_ids: Collection[int] | None = None,
    service_id: int | None = None,
    channel: str = "",
) -> ReportFilter:
    """Return a scope; NotFound for an unknown shop, provider or service, InvalidValue (`to`)."""
    known = await load_catalog(ctx, shop_id)
    for provider_id in provider_ids or ():
        known.provider(provider_id)
    if service_id is not None:
        known.service(service_id)
    first, last = resolve_period(ctx.now, known.shop.timezone, since, until)
    chosen = None if provider_ids is None else frozenset(provider_ids)
    return ReportFilter(known, first, last, chosen, service_id, channel)
