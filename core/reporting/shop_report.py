"""The report of one shop, in six statements whatever its size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from core.bookings.booking import BOOKINGS, Booking
from core.db.context import Context
from core.db.tables import bookings
from core.reporting.counters import (
    LEAD_SECONDS,
    REVENUE_COLUMNS,
    STANDING_STATES,
    BookingCounts,
    lead_time_columns,
    revenue_columns,
)
from core.reporting.filters import ReportFilter

Granularity = Literal["day", "week", "month"]

LATEST_BOOKINGS = 10
"""How many of the newest bookings are listed."""

_b = bookings.c


@dataclass(frozen=True, slots=True)
class TrendBucket:
    """A day, week (from Monday) or month of the trend; empty ones are included."""

    first_day: date
    counts: BookingCounts


@dataclass(frozen=True, slots=True)
class HourlyCount:
    """How many standing visits begin in a local hour of a weekday; Monday is 0."""

    weekday: int
    hour: int
    bookings: int


@dataclass(frozen=True, slots=True)
class CustomerCounts:
    """Customers with a standing visit in the period; new ones have none before it."""

    total: int
    new: int

    @property
    def returning(self) -> int:
        """Return how many had a visit before."""
        return self.total - self.new


@dataclass(frozen=True, slots=True)
class ShopReport:
    """What became of a period's bookings, in total and by id or channel."""

    total: BookingCounts
    providers: dict[int, BookingCounts]
    services: dict[int, BookingCounts]
    channels: dict[str, BookingCounts]
    trend: list[TrendBucket]
    hours: list[HourlyCount]
    customers: CustomerCounts
    latest: list[Booking]


async def build_shop_report(
    ctx: Context, scope: ReportFilter, *, by: Granularity = "day"
) -> ShopReport:
    """Return the report of a scope, with its trend by day, week or month."""
    total = BookingCounts()
    providers: dict[int, BookingCounts] = {}
    services: dict[int, BookingCounts] = {}
    channels: dict[str, BookingCounts] = {}
    what = (_b.state, _b.payment_status, _b.currency)
    parts = (*what, _b.provider_id, _b.service_id, _b.origin)
    for row in await ctx.all(_grouped(scope, parts)):
        state, payment, currency, provider, service, origin, *values = tuple(row)
        for tally in (
            total,
            providers.setdefault(provider, BookingCounts()),
            services.setdefault(service, BookingCounts()),
            channels.setdefault(origin, BookingCounts()),
        ):
            tally.add(state, payment, currency, values)
    return ShopReport(
        total,
        dict(sorted(providers.items())),
        dict(sorted(services.items())),
        dict(sorted(channels.items())),
        await _trend(ctx, scope, by),
        await _hours(ctx, scope),
        await _customers(ctx, scope),
        await _latest(ctx, scope),
    )


def _grouped(scope: ReportFilter, parts: Sequence[sa.Column[Any]]) -> sa.Select[Any]:
    # The lead time is computed once per booking instead of in each sum, which was half of the time
    # on PostgreSQL.
    each = sa.select(*parts, _b.price_minor, LEAD_SECONDS.label("lead")).where(
        *scope.dated_booking_conditions()
    )
    one = each.cte("each_one").prefix_with("MATERIALIZED", dialect="postgresql")
    by = [one.c[part.name] for part in parts]
    return sa.select(
        *by, *revenue_columns(one.c.price_minor), *lead_time_columns(one.c.lead, one.c.state)
    ).group_by(*by)


def first_day_of(day: date, by: Granularity) -> date:
    """Return the first date of the day, week or month that contains a date."""
    if by == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if by == "week" else day


async def _trend(ctx: Context, scope: ReportFilter, by: Granularity) -> list[TrendBucket]:
    length = (scope.until - scope.since).days + 1
    days = (scope.since + timedelta(days=n) for n in range(length))
    found = {first_day_of(day, by): BookingCounts() for day in days}
    parts = (_b.local_date, _b.state, _b.payment_status, _b.currency)
    for row in await ctx.all(
        sa.select(*parts, *REVENUE_COLUMNS)
        .where(*scope.dated_booking_conditions())
        .group_by(*parts)
    ):
        day, state, payment, currency, *values = tuple(row)
        found[first_day_of(day, by)].add(state, payment, currency, values)
    return [TrendBucket(first, tally) for first, tally in found.items()]


async def _hours(ctx: Context, scope: ReportFilter) -> list[HourlyCount]:
    weekday = sa.extract("dow", _b.local_date)  # Sunday is 0, on both databases
    hour = sa.func.substr(_b.local_time, 1, 2)
    rows = await ctx.all(
        sa.select(weekday, hour, sa.func.count())
        .where(*scope.dated_booking_conditions(), _b.state.in_(STANDING_STATES))
        .group_by(weekday, hour)
    )
    found = [HourlyCount((int(day) - 1) % 7, int(at), count) for day, at, count in map(tuple, rows)]
    return sorted(found, key=lambda one: (one.weekday, one.hour))


async def _customers(ctx: Context, scope: ReportFilter) -> CustomerCounts:
    standing = _b.state.in_(STANDING_STATES)
    came = (
        sa.select(_b.customer_id)
        .where(*scope.dated_booking_conditions(), standing, _b.customer_id.is_not(None))
        .distinct()
        .subquery()
    )
    earlier = bookings.alias("earlier")
    # As a CASE, since PostgreSQL without fresh statistics would read an index of states or dates
    # anew for each customer; 20,000 bookings then take seconds.
    stood = sa.case((earlier.c.state.in_(STANDING_STATES), earlier.c.local_date)) < scope.since
    before = sa.exists().where(earlier.c.customer_id == came.c.customer_id, stood)
    new = sa.func.coalesce(sa.func.sum(sa.case((before, 0), else_=1)), 0)
    row = await ctx.first(sa.select(sa.func.count(), new).select_from(came))
    assert row is not None
    total, first_time = tuple(row)
    return CustomerCounts(int(total), int(first_time))


async def _latest(ctx: Context, scope: ReportFilter) -> list[Booking]:
    booked = BOOKINGS.where(*scope.booking_conditions(), _b.customer_id.is_not(None))
    return await ctx.fetch(
        booked.refine(lambda select: select.order_by(_b.id.desc()).limit(LATEST_BOOKINGS))
    )
