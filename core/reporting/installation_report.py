"""The report of an installation for its admins: by shop, and in total."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from core.bookings.booking import BOOKINGS, Booking
from core.db.context import Context
from core.db.tables import bookings, customers, providers, shops, users
from core.people.customers import IS_ERASED
from core.reporting.counters import REVENUE_COLUMNS, BookingCounts
from core.reporting.filters import date_conditions, resolve_period
from core.reporting.shop_report import LATEST_BOOKINGS

_b = bookings.c


@dataclass(frozen=True, slots=True)
class ShopSummary:
    """A shop with bookings in the period."""

    id: int
    name: str
    counts: BookingCounts


@dataclass(frozen=True, slots=True)
class InstallationReport:
    """Current totals, without erased people, and the bookings of a period."""

    since: date
    until: date
    shops: int
    providers: int
    customers: int
    users: int
    total: BookingCounts
    shop_summaries: list[ShopSummary]
    latest: list[Booking]


async def build_installation_report(
    ctx: Context, *, since: date | None = None, until: date | None = None
) -> InstallationReport:
    """Return the report; bookings count on their shop's local date, today is UTC's."""
    first, last = resolve_period(ctx.now, "UTC", since, until)
    counts = await ctx.first(
        sa.select(
            *(
                sa.select(sa.func.count()).select_from(table).where(which).scalar_subquery()
                for table, which in (
                    (shops, sa.true()),
                    (providers, providers.c.active),
                    (customers, ~IS_ERASED),
                    (users, users.c.deactivated_at.is_(None)),
                )
            )
        )
    )
    assert counts is not None
    total = BookingCounts()
    lines: dict[int, ShopSummary] = {}
    parts = (shops.c.id, shops.c.name, _b.state, _b.payment_status, _b.currency)
    rows = await ctx.all(
        sa.select(*parts, *REVENUE_COLUMNS)
        .join_from(shops, bookings, _b.shop_id == shops.c.id)
        .where(*date_conditions(first, last))
        .group_by(*parts)
    )
    for shop_id, name, state, payment, currency, *values in map(tuple, rows):
        line = lines.setdefault(shop_id, ShopSummary(shop_id, name, BookingCounts()))
        for tally in (total, line.counts):
            tally.add(state, payment, currency, values)
    latest = await ctx.fetch(
        BOOKINGS.where(_b.customer_id.is_not(None)).refine(
            lambda select: select.order_by(_b.id.desc()).limit(LATEST_BOOKINGS)
        )
    )
    by_shop = sorted(lines.values(), key=lambda line: (-line.counts.bookings, line.id))
    there = [int(n) for n in counts]
    return InstallationReport(
        first, last, there[0], there[1], there[2], there[3], total, by_shop, latest
    )
