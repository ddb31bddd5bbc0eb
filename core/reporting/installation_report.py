"""The figures of a whole installation, for its admins: shop by shop, and together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from core.bookings.booking import CUSTOMERS, OWN, Booking, booking_from
from core.db.context import Context
from core.db.tables import bookings, customers, providers, shops, users
from core.people.customers import ERASED
from core.reporting.counters import MONEY, Tally
from core.reporting.filters import on_dates, period
from core.reporting.shop_report import LATEST

_b = bookings.c


@dataclass(frozen=True, slots=True)
class ShopLine:
    """A shop with bookings in the period."""

    id: int
    name: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class Whole:
    """How many there are of everything now, none of the erased, and the bookings of a period."""

    since: date
    until: date
    shops: int
    providers: int
    customers: int
    users: int
    total: Tally
    by_shop: list[ShopLine]
    latest: list[Booking]


async def whole(ctx: Context, *, since: date | None = None, until: date | None = None) -> Whole:
    """Count everything; each booking on its shop's own local date, today being UTC's."""
    first, last = period(ctx.now, "UTC", since, until)
    counts = await ctx.first(
        sa.select(
            *(
                sa.select(sa.func.count()).select_from(table).where(which).scalar_subquery()
                for table, which in (
                    (shops, sa.true()),
                    (providers, providers.c.active),
                    (customers, ~ERASED),
                    (users, users.c.deactivated_at.is_(None)),
                )
            )
        )
    )
    assert counts is not None
    total = Tally()
    lines: dict[int, ShopLine] = {}
    parts = (shops.c.id, shops.c.name, _b.state, _b.payment_status, _b.currency)
    rows = await ctx.all(
        sa.select(*parts, *MONEY)
        .join_from(shops, bookings, _b.shop_id == shops.c.id)
        .where(*on_dates(first, last))
        .group_by(*parts)
    )
    for shop_id, name, state, payment, currency, *values in map(tuple, rows):
        line = lines.setdefault(shop_id, ShopLine(shop_id, name, Tally()))
        for tally in (total, line.tally):
            tally.add(state, payment, currency, values)
    newest = await ctx.all(
        sa.select(*OWN, *CUSTOMERS)
        .join_from(bookings, customers, customers.c.id == _b.customer_id)
        .order_by(_b.id.desc())
        .limit(LATEST)
    )
    by_shop = sorted(lines.values(), key=lambda line: (-line.tally.bookings, line.id))
    latest = [booking_from(row) for row in newest]
    there = [int(n) for n in counts]
    return Whole(first, last, there[0], there[1], there[2], there[3], total, by_shop, latest)
