"""Who is on the stage: phones that codes may go to, an owner in every shop, a wish that fits."""

from __future__ import annotations

import phonenumbers
import pytest

from bot.simulator.personas import set_up_personas
from core.clock import FixedClock
from core.db.context import Context
from core.db.runtime import Runtime
from core.localtime.opening_masks import Interval
from core.scheduling import opening_hours
from core.shops import shops
from core.values.phone_numbers import country_of_phone, parse_phone
from core.values.shop_changes import NewShop
from tests.support.shops import add_staff, build_clinic, build_salon


@pytest.mark.parametrize("country", ["ES", "IN", "US", "PT", "JP", "BR", "KE"])
async def test_customers_have_phones_of_the_shops_country(ctx: Context, country: str) -> None:
    await shops.add_shop(
        ctx, NewShop(name="Somewhere", timezone="UTC", country=country, currency="EUR", phone="")
    )
    (scene,) = await set_up_personas(ctx)
    numbers = [person.addresses["sms"] for person in scene.customers]
    assert len(set(numbers)) == 3
    for number in numbers:
        assert parse_phone(number, "") == number
        assert country_of_phone(number) == country
    assert [person.about for person in scene.staff] == ["Owner"]


async def test_setting_the_stage_again_changes_nothing(ctx: Context) -> None:
    place = await build_clinic(ctx)
    await add_staff(ctx, place, "+919820000001", "owner", "Asha Rao")
    await add_staff(ctx, place, "+919820000002", "receptionist", "Ravi Nair")
    first = await set_up_personas(ctx)
    assert await set_up_personas(ctx) == first
    assert [(person.name, person.about) for person in first[0].staff] == [
        ("Asha Rao", "Owner"),
        ("Ravi Nair", "Reception"),
    ]
    assert first[0].approves is True


@pytest.mark.parametrize(
    ("now", "wish"),
    [
        ("2026-03-11T10:00Z", "Can I get a cut tomorrow after 3?"),
        ("2026-03-13T10:00Z", "Can I get a cut on Monday after 3?"),
        # Past midnight in Madrid it is Saturday already.
        ("2026-03-13T23:30Z", "Can I get a cut on Monday after 3?"),
    ],
)
async def test_suggested_wish_is_for_a_day_with_open_hours(
    runtime: Runtime, now: str, wish: str
) -> None:
    assert isinstance(runtime.clock, FixedClock)
    runtime.clock.move_to(now)
    async with runtime.transaction() as ctx:
        await build_salon(ctx)
        (scene,) = await set_up_personas(ctx)
    assert scene.hints[0] == wish


async def test_suggested_wish_keeps_to_short_days(ctx: Context) -> None:
    place = await build_salon(ctx)
    week = {day: (Interval(8 * 60, 13 * 60),) for day in range(7)}
    await opening_hours.set_weekly_hours(ctx, place.shop_id, None, week)
    (scene,) = await set_up_personas(ctx)
    assert scene.hints[0] == "Can I get a cut tomorrow after 10?"


def test_sample_phones_are_possible_numbers() -> None:
    from bot.simulator.personas import _CUSTOMERS

    for customers in _CUSTOMERS.values():
        for _, number in customers:
            assert phonenumbers.is_valid_number(phonenumbers.parse(number))
