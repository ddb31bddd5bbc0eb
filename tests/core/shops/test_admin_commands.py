"""What may be set and what may not, field by field, and who may set it."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.db import tables
from core.db.context import Context
from core.db.runtime import Runtime
from core.errors import InvalidValue, NotFound
from core.localtime.opening_masks import Interval
from core.messaging import lines
from core.scheduling import opening_hours
from core.shops import providers, rooms, services, shops
from core.values.catalog_changes import (
    CategoryChange,
    NewCategory,
    NewProvider,
    NewRoom,
    NewService,
    ProviderChange,
    RulesChange,
    ServiceChange,
)
from core.values.shop_changes import NewShop, ShopChange
from tests.core.scheduling.harness import (
    SchedulingHarness,
    log_statements,
    madrid_instant,
    open_scheduling_harness,
)


@pytest.fixture
async def salon(ctx: Context) -> SchedulingHarness:
    return await open_scheduling_harness(ctx)


async def refused(work: Awaitable[Any]) -> dict[str, object]:
    with pytest.raises(InvalidValue) as error:
        await work
    return error.value.params


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("name", "B", "length"),
        ("name", "  B  ", "length"),
        ("name", "B" * 101, "length"),
        ("name", 7, "type"),
        ("name", "Bel\0la", "character"),
        ("timezone", "Europe/Madird", "zone"),
        ("timezone", "../etc/passwd", "zone"),
        ("timezone", None, "zone"),
        ("country", "XX", "country"),
        ("country", "Spain", "length"),
        ("currency", "EUX", "currency"),
        ("language", "klingon", "language"),
        ("keyword", "B", "length"),
        ("keyword", "¡!", "length"),
        ("keyword", "stop", "taken"),
        ("latitude", 91, "range"),
        ("longitude", "2", "type"),
        ("answers", {"parking": 3}, "type"),
        ("answers", "parking", "type"),
        ("paused", "yes", "type"),
        ("hold_minutes", 0, "range"),
        ("hold_minutes", True, "type"),
        ("grid_minutes", 7, "step"),
        ("grid_minutes", 0, "range"),
        ("gap_after_minutes", 245, "range"),
        ("horizon_days", 401, "range"),
        ("needs_approval", 1, "type"),
        ("notice_minutes", -1, "range"),
        ("code_countries", "ES,XX", "country"),
        ("version", 9, "unknown"),
        ("colour", "red", "unknown"),
    ],
)
def test_invalid_shop_settings_are_refused(field: str, value: object, reason: str) -> None:
    right = {"name": "Bella", "timezone": "Europe/Madrid", "country": "ES", "currency": "EUR"}
    with pytest.raises(InvalidValue) as error:
        NewShop.from_columns(**{**right, field: value})
    assert (error.value.params["field"], error.value.params["reason"]) == (field, reason)


@pytest.mark.parametrize(
    ("minutes", "facts"),
    [
        (3, {"field": "minutes", "reason": "range", "least": 5, "most": 1440}),
        (31, {"field": "minutes", "reason": "step", "step": 5}),
    ],
)
def test_validation_errors_name_their_bounds(minutes: int, facts: dict[str, object]) -> None:
    with pytest.raises(InvalidValue) as error:
        NewService(name="Cut", minutes=minutes)
    assert error.value.params == facts


async def test_values_are_stored_in_one_form(ctx: Context) -> None:
    shop_id = await shops.add_shop(
        ctx,
        NewShop(
            name="  Peluquería Ñandú ",
            timezone="Europe/Madrid",
            country="es",
            currency="eur",
            keyword="ñandú 2",
            language="pt-br",
            code_countries="es,pt",
        ),
    )
    row = await ctx.first(sa.select(tables.shops).where(tables.shops.c.id == shop_id))
    assert row is not None
    assert (row.name, row.keyword) == ("Peluquería Ñandú", "NANDU2")
    assert (row.country, row.currency, row.language) == ("ES", "EUR", "pt-BR")
    assert row.code_countries == "ES,PT"


async def test_a_keyword_opens_one_shop(salon: SchedulingHarness) -> None:
    other = await shops.add_shop(
        salon.ctx, NewShop(name="Other", timezone="Europe/Madrid", country="ES", currency="EUR")
    )
    facts = await refused(shops.change_shop(salon.ctx, other, ShopChange(keyword="Bella")))
    assert facts == {"field": "keyword", "reason": "taken"}
    await shops.change_shop(salon.ctx, salon.shop_id, ShopChange(keyword="bélla"))


async def test_overlapping_opening_hours_are_refused(salon: SchedulingHarness) -> None:
    morning, lunch = Interval(540, 780), Interval(720, 840)
    for work in (
        opening_hours.set_weekly_hours(salon.ctx, salon.shop_id, None, {0: [lunch, morning]}),
        opening_hours.set_date_exception(
            salon.ctx, salon.shop_id, date(2026, 3, 10), [morning, lunch]
        ),
    ):
        assert await refused(work) == {"field": "hours", "reason": "overlap"}
    facts = await refused(
        opening_hours.set_weekly_hours(salon.ctx, salon.shop_id, None, {7: [morning]})
    )
    assert facts["field"] == "week"
    assert len(await salon.find_starts(salon.cut, "2026-03-10")) == 6


async def test_time_off_ends_after_it_begins(salon: SchedulingHarness) -> None:
    noon = madrid_instant("2026-03-10 12:00")
    work = opening_hours.add_time_off(salon.ctx, salon.shop_id, salon.ana, noon, noon)
    assert await refused(work) == {"field": "end", "reason": "order"}


async def test_a_service_is_not_its_own_parent(salon: SchedulingHarness) -> None:
    work = services.change_service(
        salon.ctx, salon.shop_id, salon.cut, ServiceChange(parent_id=salon.cut)
    )
    assert await refused(work) == {"field": "parent_id", "reason": "itself"}
    kids = await services.add_service(
        salon.ctx,
        salon.shop_id,
        NewService(name="Cut for children", minutes=20, parent_id=salon.cut),
    )
    assert (await salon.catalog()).service(kids).parent_id == salon.cut


async def test_what_belongs_to_another_shop_cannot_be_touched(salon: SchedulingHarness) -> None:
    ctx = salon.ctx
    other = await shops.add_shop(
        ctx, NewShop(name="Other", timezone="Europe/Madrid", country="ES", currency="EUR")
    )
    heading = await services.add_category(ctx, salon.shop_id, NewCategory(name="Hair"))
    off = await opening_hours.add_time_off(
        ctx, salon.shop_id, salon.ana, ctx.now, ctx.now + timedelta(hours=1)
    )
    for work in (
        services.change_service(ctx, other, salon.cut, ServiceChange(price_minor=1)),
        providers.change_provider(ctx, other, salon.ana, ProviderChange(available=False)),
        services.change_category(ctx, other, heading, CategoryChange(name="Beard")),
        services.add_service(ctx, other, NewService(name="Cut", minutes=30, category_id=heading)),
        services.add_service(ctx, other, NewService(name="Cut", minutes=30, parent_id=salon.cut)),
        providers.set_offering(ctx, other, salon.ana, salon.cut),
        providers.remove_offering(ctx, other, salon.ana, salon.cut),
        opening_hours.set_weekly_hours(ctx, other, salon.ana, {}),
        opening_hours.set_date_exception(ctx, other, date(2026, 3, 10), provider_id=salon.ana),
        opening_hours.add_time_off(ctx, other, salon.ana, ctx.now, ctx.now + timedelta(hours=1)),
        opening_hours.remove_time_off(ctx, other, off),
        rooms.add_room(ctx, other, NewRoom(name="Chair", service_ids=[salon.cut])),
        providers.add_provider(ctx, other, NewProvider(name="Ana"), calendar_id=999),
        providers.add_provider(ctx, 999, NewProvider(name="Ana")),
        shops.change_shop(ctx, 999, ShopChange(name="Nobody")),
    ):
        with pytest.raises(NotFound):
            await work
    row = await ctx.first(sa.select(tables.services).where(tables.services.c.id == salon.cut))
    assert row is not None
    assert (row.price_minor, row.category_id) == (2500, None)
    assert await ctx.scalar(sa.select(tables.providers.c.available)) is True


async def test_a_line_is_added_once(ctx: Context) -> None:
    end = {"transport": "terminal", "channel": "sms", "address": "+34910000000"}
    first = await lines.get_or_create_line(ctx, **end)  # type: ignore[arg-type]
    assert await lines.get_or_create_line(ctx, **end) == first  # type: ignore[arg-type]
    whatsapp = await lines.get_or_create_line(ctx, transport="terminal", channel="whatsapp")
    assert whatsapp != first
    rows = await ctx.all(sa.select(tables.lines.c.id, tables.lines.c.shop_id, tables.lines.c.staff))
    assert sorted(map(tuple, rows)) == [(first, None, False), (whatsapp, None, False)]


CHANGES: list[Callable[[Context, SchedulingHarness], Awaitable[Any]]] = [
    lambda ctx, s: shops.change_shop(ctx, s.shop_id, ShopChange(paused=True)),
    lambda ctx, s: shops.set_booking_rules(ctx, s.shop_id, RulesChange(grid_minutes=15)),
    lambda ctx, s: services.change_service(ctx, s.shop_id, s.cut, ServiceChange(active=False)),
    lambda ctx, s: providers.change_provider(
        ctx, s.shop_id, s.ana, ProviderChange(available=False)
    ),
    lambda ctx, s: providers.remove_offering(ctx, s.shop_id, s.ana, s.cut),
    lambda ctx, s: opening_hours.set_weekly_hours(ctx, s.shop_id, None, {}),
    lambda ctx, s: opening_hours.set_weekly_hours(ctx, s.shop_id, s.ana, {}),
    lambda ctx, s: opening_hours.set_date_exception(ctx, s.shop_id, date(2026, 3, 10)),
    lambda ctx, s: opening_hours.add_time_off(
        ctx, s.shop_id, s.ana, ctx.now, ctx.now + timedelta(hours=1)
    ),
    lambda ctx, s: rooms.add_room(ctx, s.shop_id, NewRoom(name="Chair", service_ids=[s.cut])),
]


@pytest.mark.parametrize("change", CHANGES)
async def test_every_change_of_an_offer_locks_its_calendars_first(
    runtime: Runtime, change: Callable[[Context, SchedulingHarness], Awaitable[Any]]
) -> None:
    async with runtime.transaction() as ctx:
        salon = await open_scheduling_harness(ctx)
        was = (await salon.catalog()).version
    with log_statements(runtime) as seen:
        async with runtime.transaction() as ctx:
            await change(ctx, salon)
            assert (await catalog_version(ctx)) > was
    if ctx.is_postgresql:  # SQLite has one writer: everything is locked from the start
        writes = [s.split()[0] in {"INSERT", "UPDATE", "DELETE"} for s in seen]
        locks = ["FROM calendars" in s and "FOR NO KEY UPDATE" in s for s in seen]
        assert any(locks)
        assert locks.index(True) < writes.index(True)


async def catalog_version(ctx: Context) -> int:
    return int(await ctx.scalar(sa.select(tables.shops.c.version)))
