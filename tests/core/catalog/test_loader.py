"""A shop as it is read: merged rules, prices, order, and the cache that goes by its version."""

import pytest
import sqlalchemy as sa

from core.catalog.entities import BookingRules, Catalog, RuleOverrides, effective_rules
from core.catalog.loader import bump_version, load_catalog
from core.db import tables
from core.db.context import Context
from core.db.runtime import Runtime
from core.errors import NotFound
from core.shops import providers, services, shops
from core.values.catalog_changes import (
    NewCategory,
    NewProvider,
    NewService,
    OfferingChange,
    ProviderChange,
    RulesChange,
    ServiceChange,
)
from core.values.shop_changes import ShopChange
from tests.core.scheduling.harness import SchedulingHarness, log_statements, open_scheduling_harness


@pytest.fixture
async def salon(ctx: Context) -> SchedulingHarness:
    return await open_scheduling_harness(ctx)


# ------------------------------------------------------------------------------------ what it says


def test_nothing_set_gives_the_defaults() -> None:
    assert effective_rules() == BookingRules(
        grid_minutes=30,
        gap_before_minutes=0,
        gap_after_minutes=0,
        notice_minutes=60,
        horizon_days=30,
        needs_approval=False,
        cutoff_minutes=0,
    )


def test_the_nearest_rule_counts_also_when_it_is_nought() -> None:
    provider = RuleOverrides(notice_minutes=0)
    service = RuleOverrides(notice_minutes=5, gap_after_minutes=10)
    shop = RuleOverrides(notice_minutes=7, gap_after_minutes=15, grid_minutes=15)
    assert effective_rules(provider, service, shop) == BookingRules(
        notice_minutes=0, gap_after_minutes=10, grid_minutes=15
    )


@pytest.mark.parametrize(
    ("asked", "needed"),
    [
        ((None, None, None), False),
        ((False, None, True), True),
        ((None, True, False), True),
        ((False, False, None), False),
    ],
)
def test_whoever_wants_to_approve_may(asked: tuple[bool | None, ...], needed: bool) -> None:
    assert (
        effective_rules(*(RuleOverrides(needs_approval=one) for one in asked)).needs_approval
        is needed
    )


async def test_rules_of_shop_service_and_provider_meet_in_the_offering(
    salon: SchedulingHarness,
) -> None:
    ctx, shop = salon.ctx, salon.shop_id
    await shops.set_booking_rules(ctx, shop, RulesChange(grid_minutes=15, gap_after_minutes=5))
    await shops.set_booking_rules(
        ctx, shop, RulesChange(gap_after_minutes=10), service_id=salon.cut
    )
    await shops.set_booking_rules(
        ctx, shop, RulesChange(gap_after_minutes=0), provider_id=salon.leo
    )
    found = await salon.catalog()
    assert found.shop.rules == BookingRules(grid_minutes=15, gap_after_minutes=5)
    gaps = {pair: one.rules.gap_after_minutes for pair, one in found.offerings.items()}
    assert gaps == {
        (salon.cut, salon.ana): 10,
        (salon.cut, salon.leo): 0,
        (salon.colour, salon.ana): 5,
    }
    await shops.set_booking_rules(
        ctx, shop, RulesChange(gap_after_minutes=None), service_id=salon.cut
    )
    assert (await salon.catalog()).offering(salon.cut, salon.ana).rules.gap_after_minutes == 5


async def test_a_price_is_the_pairs_the_services_the_providers_or_on_request(
    salon: SchedulingHarness,
) -> None:
    ctx, shop = salon.ctx, salon.shop_id

    async def price() -> int | None:
        return (await salon.catalog()).offering(salon.cut, salon.leo).price_minor

    assert await price() == 2500
    await providers.change_provider(ctx, shop, salon.leo, ProviderChange(fee_minor=9000))
    assert await price() == 2500
    await providers.set_offering(ctx, shop, salon.leo, salon.cut, OfferingChange(price_minor=0))
    assert await price() == 0
    await providers.set_offering(ctx, shop, salon.leo, salon.cut)
    await services.change_service(ctx, shop, salon.cut, ServiceChange(price_minor=None))
    assert await price() == 9000
    await providers.change_provider(ctx, shop, salon.leo, ProviderChange(fee_minor=None))
    assert await price() is None


async def test_services_stand_by_category_and_position(salon: SchedulingHarness) -> None:
    ctx, shop = salon.ctx, salon.shop_id
    late = await services.add_category(ctx, shop, NewCategory(name="Beard", position=2))
    early = await services.add_category(ctx, shop, NewCategory(name="Hair", position=1))
    await services.change_service(ctx, shop, salon.cut, ServiceChange(category_id=late))
    wash = await services.add_service(
        ctx, shop, NewService(name="Wash", minutes=15, category_id=early, position=2)
    )
    dry = await services.add_service(
        ctx, shop, NewService(name="Dry", minutes=15, category_id=early, position=1)
    )
    await providers.set_offering(ctx, shop, salon.ana, wash)
    found = await salon.catalog()
    assert [service.name for service in found.services] == ["Dry", "Wash", "Cut", "Colour"]
    # Nobody gives Dry.
    assert [service.name for service in found.bookable_services()] == ["Wash", "Cut", "Colour"]
    assert [heading.name for heading in found.categories] == ["Hair", "Beard"]
    heading = found.category_of(found.service(dry))
    assert heading is not None
    assert heading.name == "Hair"
    assert found.category_of(found.service(salon.colour)) is None


async def test_who_gives_a_service_in_their_order(salon: SchedulingHarness) -> None:
    async def who() -> list[str]:
        found = await salon.catalog()
        return [provider.name for provider in found.providers_of(salon.cut)]

    assert await who() == ["Ana", "Leo"]
    await providers.change_provider(salon.ctx, salon.shop_id, salon.ana, ProviderChange(position=3))
    assert await who() == ["Leo", "Ana"]
    await providers.change_provider(
        salon.ctx, salon.shop_id, salon.leo, ProviderChange(available=False)
    )
    assert await who() == ["Ana"]
    await providers.change_provider(
        salon.ctx, salon.shop_id, salon.ana, ProviderChange(active=False)
    )
    assert await who() == []
    found = await salon.catalog()
    assert found.bookable_services() == ()
    # Those who have left still have a name.
    assert found.provider(salon.ana).name == "Ana"
    assert found.offering(salon.cut, salon.ana).is_bookable is False


async def test_unknown_catalog_ids_raise_not_found(salon: SchedulingHarness) -> None:
    found = await salon.catalog()
    for ask in (
        lambda: found.service(999),
        lambda: found.provider(999),
        lambda: found.offering(salon.colour, salon.leo),
    ):
        with pytest.raises(NotFound):
            ask()
    with pytest.raises(NotFound):
        await load_catalog(salon.ctx, 999)


async def test_the_shop_with_all_it_tells(salon: SchedulingHarness) -> None:
    await shops.change_shop(
        salon.ctx,
        salon.shop_id,
        ShopChange(
            address="Calle Mayor 8",
            answers={"parking": "Plaza Sol"},
            latitude=40.4165,
            hold_minutes=7,
        ),
    )
    shop = (await salon.catalog()).shop
    assert (shop.name, shop.keyword, shop.timezone) == ("Bella Hair", "BELLA", "Europe/Madrid")
    assert (shop.address, shop.answers) == ("Calle Mayor 8", {"parking": "Plaza Sol"})
    assert (shop.latitude, shop.longitude, shop.hold_minutes) == (40.4165, None, 7)


# ------------------------------------------------------------------------------------ the cache


async def read(runtime: Runtime, shop_id: int) -> tuple[Catalog, int]:
    """Read in a transaction of its own: the catalog, and how many statements it took."""
    with log_statements(runtime) as seen:
        async with runtime.read_transaction() as ctx:
            found = await load_catalog(ctx, shop_id)
    return found, len(seen)


async def test_one_tiny_statement_while_nothing_changes(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        salon = await open_scheduling_harness(ctx)
    await read(runtime, salon.shop_id)  # a new connection asks things of its own
    runtime.caches.clear()
    first, whole = await read(runtime, salon.shop_id)
    again, tiny = await read(runtime, salon.shop_id)
    assert again is first
    assert tiny == 1
    async with runtime.transaction() as ctx:
        for name in ("Wash", "Dry", "Perm"):
            service = await services.add_service(
                ctx, salon.shop_id, NewService(name=name, minutes=30)
            )
            provider = await providers.add_provider(
                ctx, salon.shop_id, NewProvider(name=f"{name}er")
            )
            await providers.set_offering(ctx, salon.shop_id, provider, service)
    more, as_many = await read(runtime, salon.shop_id)
    assert len(more.services) == len(first.services) + 3
    assert as_many == whole


async def test_another_process_sees_a_change_at_its_next_call(
    runtime: Runtime, database_url: str
) -> None:
    other = Runtime.open(runtime.settings, runtime.clock)
    assert str(other.engine.url) == str(sa.make_url(database_url))
    async with runtime.transaction() as ctx:
        salon = await open_scheduling_harness(ctx)
    before, _ = await read(other, salon.shop_id)
    async with runtime.transaction() as ctx:
        await services.change_service(
            ctx, salon.shop_id, salon.cut, ServiceChange(price_minor=2700)
        )
    after, _ = await read(other, salon.shop_id)
    await other.close()
    assert before.offering(salon.cut, salon.ana).price_minor == 2500
    assert after.offering(salon.cut, salon.ana).price_minor == 2700
    assert after.version == before.version + 1


async def test_what_is_rolled_back_is_in_no_cache(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        salon = await open_scheduling_harness(ctx)

    async def change(price: int) -> None:
        async with runtime.transaction() as ctx:
            await services.change_service(
                ctx, salon.shop_id, salon.cut, ServiceChange(price_minor=price)
            )
            inside = await load_catalog(ctx, salon.shop_id)
            assert inside.offering(salon.cut, salon.ana).price_minor == price
            if price == 1:
                raise KeyError

    with pytest.raises(KeyError):
        await change(1)
    await change(2700)  # gets the version the one before would have got
    found, _ = await read(runtime, salon.shop_id)
    assert found.offering(salon.cut, salon.ana).price_minor == 2700


async def test_bump_version_invalidates_the_cached_catalog(ctx: Context) -> None:
    salon = await open_scheduling_harness(ctx)
    was = (await salon.catalog()).version
    await bump_version(ctx, salon.shop_id)
    assert await ctx.scalar(sa.select(tables.shops.c.version)) == was + 1
