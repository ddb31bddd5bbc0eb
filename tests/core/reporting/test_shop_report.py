"""Figures held to a slow reference on random bookings, around days whose clocks change."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import bookings, customers
from core.db.tables.bookings import BOOKING_STATES
from core.errors import InvalidValue, NotFound
from core.localtime.opening_masks import Interval
from core.people.customers import ERASED_NAME, add_customer
from core.privacy.erasure import erase_person
from core.privacy.personal_data import data_subject_of_customer
from core.reporting.counters import BookingCounts
from core.reporting.filters import ReportFilter, build_filter
from core.reporting.installation_report import build_installation_report
from core.reporting.shop_report import build_shop_report
from core.reporting.utilization import utilization_by_provider
from core.scheduling import opening_hours
from core.shops import providers, services
from core.shops.shops import add_shop
from core.values.catalog_changes import NewProvider, NewService
from core.values.shop_changes import NewShop
from tests.core.reporting import shop_report_reference
from tests.support.statement_counter import count_statements

pytestmark = pytest.mark.usefixtures("only_database_awaits")

ZONES = {
    # Clocks go forward at two; back at midnight, so that an hour is had twice; forward at midnight.
    "Europe/Madrid": date(2026, 3, 29),
    "America/Santiago": date(2026, 4, 5),
    "Africa/Cairo": date(2026, 4, 24),
}
NINE_TO_TWELVE = [Interval(540, 720)]
LATE = [Interval(600, 780), Interval(1200, 1590)]


class Random:
    """A shop with two providers, two services and as many random bookings as wanted."""

    def __init__(self, ctx: Context, zone: str, seed: int) -> None:
        self.ctx, self.zone, self.random = ctx, zone, random.Random(seed)
        self.middle = ZONES[zone]
        self.off = (self._at(self.middle, 600), self._at(self.middle + timedelta(days=1), 700))

    def _at(self, day: date, minute: int) -> datetime:
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.zone))
        return midnight.astimezone(UTC) + timedelta(minutes=minute)

    async def open(self) -> None:
        """Found the shop: one keeps its hours, one has late ones past midnight."""
        ctx = self.ctx
        self.shop = await add_shop(
            ctx, NewShop(name="Bella Hair", timezone=self.zone, country="ES", currency="EUR")
        )
        await opening_hours.set_weekly_hours(
            ctx, self.shop, None, dict.fromkeys(range(6), NINE_TO_TWELVE)
        )
        self.services = [
            await services.add_service(ctx, self.shop, NewService(name=name, minutes=30))
            for name in ("Cut", "Colour")
        ]
        self.ana = await providers.add_provider(ctx, self.shop, NewProvider(name="Ana"))
        self.leo = await providers.add_provider(ctx, self.shop, NewProvider(name="Leo"))
        await opening_hours.set_weekly_hours(
            ctx, self.shop, self.leo, dict.fromkeys(range(7), LATE)
        )
        special = self.middle + timedelta(days=2)
        await opening_hours.set_date_exception(ctx, self.shop, special, [Interval(600, 660)])
        await opening_hours.add_time_off(ctx, self.shop, self.leo, *self.off)
        self.special = special

    def hours_of(self, provider: int) -> dict[date, list[tuple[int, int]]]:
        """The hours of each date around, as the reference takes them."""
        found = {}
        for day in shop_report_reference.days_of_period(
            self.middle - timedelta(days=40), self.middle + timedelta(days=40)
        ):
            weekly = LATE if provider == self.leo else NINE_TO_TWELVE if day.weekday() < 6 else []
            found[day] = [(one.opens, one.closes) for one in weekly]
            if day == self.special:  # the late ones count as far as the shop is open
                found[day] = [(600, 660)]
        return found

    async def book(self, count: int) -> None:
        """Add random bookings within twelve days of the change, each of any state."""
        ctx, any_ = self.ctx, self.random
        people = [
            await ctx.insert(customers, shop_id=self.shop, name=f"Nr {n}", created_at=ctx.now)
            for n in range(max(2, count // 4))
        ]
        rows = []
        for number in range(count):
            start = self._at(self.middle, 5 * any_.randrange(-12 * 288, 12 * 288))
            local = start.astimezone(ZoneInfo(self.zone))
            state = any_.choice((*BOOKING_STATES, "completed", "confirmed"))
            unproved = state in {"held", "expired"} and any_.random() < 0.7
            rows.append(
                {
                    "shop_id": self.shop,
                    "ref": f"{self.shop}-{number}",
                    "state": state,
                    "service_id": any_.choice(self.services),
                    "provider_id": any_.choice((self.ana, self.leo)),
                    "customer_id": None if unproved else any_.choice(people),
                    "starts_at": start,
                    "ends_at": start + timedelta(minutes=any_.choice((30, 45, 90))),
                    "local_date": local.date(),
                    "local_time": f"{local:%H:%M}",
                    "timezone": self.zone,
                    "price_minor": any_.choice((None, 0, 1, 1999, 2500, 10**12)),
                    "currency": any_.choice(("EUR", "EUR", "USD")),
                    "payment_status": any_.choice(("unpaid", "paid", "refunded")),
                    "origin": any_.choice(("sms", "telegram", "staff")),
                    "created_at": start - timedelta(seconds=any_.randrange(-600, 20 * 86_400)),
                    "updated_at": start,
                }
            )
        await ctx.execute(bookings.insert(), rows)


def shown(tally: BookingCounts) -> dict[str, Any]:
    """A tally as the reference writes it."""
    return {
        "states": {state: n for state, n in tally.states.items() if n},
        "bookings": tally.bookings,
        "money": {
            currency: (sums.booked_minor, sums.paid_minor, sums.refunded_minor)
            for currency, sums in tally.revenue.items()
        },
        "unpriced": tally.unpriced,
        "no_show": tally.no_show_rate,
        "cancelled": tally.cancellation_rate,
        "lead": tally.lead_minutes,
        "ahead": tally.by_lead_time,
    }


async def _compare(shop: Random, scope: ReportFilter, everything: list[Any], by: Any) -> None:
    wanted = [
        row
        for row in everything
        if (scope.provider_ids is None or row.provider_id in scope.provider_ids)
        and scope.service_id in {None, row.service_id}
        and scope.channel in {"", row.origin}
    ]
    rows = [
        r
        for r in wanted
        if scope.since <= shop_report_reference.local_start(r, shop.zone).date() <= scope.until
    ]
    found = await build_shop_report(shop.ctx, scope, by=by)
    assert shown(found.total) == shop_report_reference.count_bookings(rows)
    for part, column in (
        (found.providers, "provider_id"),
        (found.services, "service_id"),
        (found.channels, "origin"),
    ):
        assert {key: shown(tally) for key, tally in part.items()} == {
            key: shop_report_reference.count_bookings(
                [row for row in rows if getattr(row, column) == key]
            )
            for key in {getattr(row, column) for row in rows}
        }
    trend: dict[date, list[Any]] = {
        shop_report_reference.first_day_of_period(day, by): []
        for day in shop_report_reference.days_of_period(scope.since, scope.until)
    }
    for row in rows:
        trend[
            shop_report_reference.first_day_of_period(
                shop_report_reference.local_start(row, shop.zone).date(), by
            )
        ].append(row)
    assert [(b.first_day, b.counts.bookings, shown(b.counts)["money"]) for b in found.trend] == [
        (
            day,
            shop_report_reference.count_bookings(some)["bookings"],
            shop_report_reference.revenue_by_currency(some),
        )
        for day, some in trend.items()
    ]
    begins = [
        shop_report_reference.local_start(row, shop.zone)
        for row in rows
        if row.state in shop_report_reference.STANDING
    ]
    assert [(h.weekday, h.hour, h.bookings) for h in found.hours] == sorted(
        (day, hour, sum(b.weekday() == day and b.hour == hour for b in begins))
        for day, hour in {(b.weekday(), b.hour) for b in begins}
    )
    came = shop_report_reference.count_customers(everything, rows, scope.since, shop.zone)
    assert (found.customers.total, found.customers.new) == came
    newest = sorted((r.id for r in wanted if r.customer_id is not None), reverse=True)
    assert [booking.id for booking in found.latest] == newest[:10]
    reserved = [row for row in wanted if row.state in {*shop_report_reference.STANDING, "no_show"}]
    used = await utilization_by_provider(shop.ctx, scope)
    assert {id_: (u.open_minutes, u.booked_minutes) for id_, u in used.items()} == {
        id_: shop_report_reference.count_minutes(
            scope.since,
            scope.until,
            shop.zone,
            shop.hours_of(id_),
            [shop.off] if id_ == shop.leo else [],
            [(row.starts_at, row.ends_at) for row in reserved if row.provider_id == id_],
        )
        for id_ in (shop.ana, shop.leo)
        if scope.provider_ids is None or id_ in scope.provider_ids
    }


@pytest.mark.parametrize("zone", ZONES)
async def test_figures_are_what_a_slow_reference_counts(ctx: Context, zone: str) -> None:
    shop = Random(ctx, zone, seed=len(zone))
    await shop.open()
    await shop.book(300)
    everything = list(await ctx.all(sa.select(bookings).order_by(bookings.c.id)))
    change = shop.middle
    week = timedelta(days=7)
    for since, until, by, more in (
        (change, change, "day", {}),
        (change - timedelta(days=1), change + timedelta(days=1), "day", {}),
        (change - week, change + week, "week", {"provider_ids": [shop.leo]}),
        (change - week, change + week, "month", {"service_id": shop.services[0]}),
        (change - 2 * week, change + 2 * week, "month", {"channel": "sms"}),
        (change + 4 * week, change + 5 * week, "week", {}),
    ):
        scope = await build_filter(
            ctx,
            shop.shop,
            since=since,
            until=until,
            **more,
        )
        await _compare(shop, scope, everything, by)


async def test_the_reference_would_see_a_booking_on_the_wrong_day(ctx: Context) -> None:
    shop = Random(ctx, "Europe/Madrid", seed=4)
    await shop.open()
    await shop.book(40)
    everything = list(await ctx.all(sa.select(bookings).order_by(bookings.c.id)))
    day = shop_report_reference.local_start(everything[0], shop.zone).date()
    scope = await build_filter(ctx, shop.shop, since=day, until=day)
    await _compare(shop, scope, everything, "day")
    moved = bookings.update().where(bookings.c.id == everything[0].id)
    await ctx.execute(moved.values(local_date=day + timedelta(days=1)))
    with pytest.raises(AssertionError):
        await _compare(shop, scope, everything, "day")


async def test_a_hundred_bookings_take_as_many_statements_as_one(runtime: Runtime) -> None:
    sent = []
    for count in (1, 100):
        async with runtime.transaction() as ctx:
            shop = Random(ctx, "Europe/Madrid", seed=count)
            await shop.open()
            await shop.book(count)
        async with runtime.read_transaction() as ctx:
            await build_filter(ctx, shop.shop)  # the catalog is read once and kept
        async with runtime.read_transaction() as ctx:
            with count_statements(runtime) as counted:
                scope = await build_filter(
                    ctx, shop.shop, since=date(2026, 3, 1), until=date(2026, 4, 30)
                )
                await build_shop_report(ctx, scope)
                await utilization_by_provider(ctx, scope)
        sent.append(len(counted))
        async with runtime.read_transaction() as ctx:
            with count_statements(runtime) as counted:
                await build_installation_report(
                    ctx, since=date(2026, 3, 1), until=date(2026, 4, 30)
                )
        sent.append(len(counted))
    assert sent == [10, 3, 10, 3]


async def test_all_shops_together_are_the_sum_of_each(ctx: Context) -> None:
    shops = [Random(ctx, zone, seed=3) for zone in ZONES]
    for shop in shops:
        await shop.open()
        await shop.book(60)
    found = await build_installation_report(ctx, since=date(2026, 3, 20), until=date(2026, 4, 20))
    rows = [
        row
        for shop in shops
        for row in await ctx.all(sa.select(bookings).where(bookings.c.shop_id == shop.shop))
        if date(2026, 3, 20)
        <= shop_report_reference.local_start(row, shop.zone).date()
        <= date(2026, 4, 20)
    ]
    wanted = shop_report_reference.count_bookings(rows)
    assert (found.total.bookings, shown(found.total)["money"]) == (
        wanted["bookings"],
        wanted["money"],
    )
    assert (found.shops, found.providers, found.customers, found.users) == (3, 6, 45, 0)
    assert {line.id: line.counts.bookings for line in found.shop_summaries} == {
        shop.shop: shop_report_reference.count_bookings(
            [row for row in rows if row.shop_id == shop.shop]
        )["bookings"]
        for shop in shops
    }


async def test_the_erased_are_counted_no_more(ctx: Context) -> None:
    shop = Random(ctx, "Europe/Madrid", seed=1)
    await shop.open()
    # Whoever is called as the erased are, but can be reached, is somebody.
    names = (("Vera", ""), ("Hugo", "+34600111222"), (ERASED_NAME, "+34600111333"))
    made = [await add_customer(ctx, shop.shop, name, phone) for name, phone in names]
    assert (await build_installation_report(ctx)).customers == 3
    await erase_person(ctx, await data_subject_of_customer(ctx, shop.shop, made[1]))
    assert (await build_installation_report(ctx)).customers == 2


async def test_a_period_is_thirty_days_unless_it_is_named_and_a_year_at_most(ctx: Context) -> None:
    shop = Random(ctx, "Europe/Madrid", seed=1)
    await shop.open()
    scope = await build_filter(ctx, shop.shop)
    assert (scope.since, scope.until) == (date(2026, 2, 8), date(2026, 3, 9))
    for since, until in (
        (date(2026, 3, 10), date(2026, 3, 9)),
        (date(2025, 3, 8), date(2026, 3, 9)),
        (None, date(1, 1, 1)),
        (None, date(9999, 12, 31)),
    ):
        with pytest.raises(InvalidValue):
            await build_filter(ctx, shop.shop, since=since, until=until)
    with pytest.raises(NotFound):
        await build_filter(ctx, shop.shop, service_id=10**6)
