"""Statistics by the API: who may see which, and their form."""

from __future__ import annotations

from typing import Any

import pytest

from core.bookings.staff_actions import book_for_customer
from core.bookings.transitions import Actor
from core.catalog.entities import Slot
from core.db.context import Context
from core.db.tables import customers
from tests.core.scheduling.harness import madrid_instant
from tests.webhooks.api.harness import ApiHarness, status_and_code

pytestmark = pytest.mark.usefixtures("only_database_awaits")

WEEK = {"from": "2026-03-09", "to": "2026-03-15"}


async def _book(api: ApiHarness, provider: str, *days: str) -> None:
    async def work(ctx: Context) -> None:
        for day in days:
            start = madrid_instant(f"{day} 10:00")
            slot = Slot(
                api.shop.shop_id,
                api.shop.services["Cut"],
                api.shop.providers[provider],
                start,
                start + (madrid_instant("2026-03-09 00:30") - madrid_instant("2026-03-09 00:00")),
                2500,
                "EUR",
            )
            owner = Actor("staff", api.users["owner"], "Olga")
            marta = await ctx.insert(
                customers, shop_id=api.shop.shop_id, name="Marta", created_at=ctx.now
            )
            key = f"{provider} {day}"
            await book_for_customer(ctx, slot, customer_id=marta, actor=owner, key=key)

    await api.runtime.run(work)


async def _stats(api: ApiHarness, who: str, **asked: Any) -> Any:
    path = f"/shops/{api.shop.shop_id}/stats"
    answer = await api.get(path, who, params=WEEK | asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_owner_sees_the_shop_and_a_provider_their_own_part(api: ApiHarness) -> None:
    await _book(api, "Ana", "2026-03-10", "2026-03-11")
    await _book(api, "Leo", "2026-03-12")
    shop = await _stats(api, "owner")
    assert (shop["bookings"], shop["revenue"], shop["timezone"]) == (
        3,
        [{"currency": "EUR", "booked_minor": 7500, "paid_minor": 0, "refunded_minor": 0}],
        "Europe/Madrid",
    )
    # Two providers, five days of nine hours; three cuts of half an hour.
    assert shop["used"] == {"open_minutes": 5400, "booked_minutes": 90, "share": 0.0167}
    assert [(day["begins"], day["bookings"]) for day in shop["trend"]] == [
        ("2026-03-09", 0),
        ("2026-03-10", 1),
        ("2026-03-11", 1),
        ("2026-03-12", 1),
        ("2026-03-13", 0),
        ("2026-03-14", 0),
        ("2026-03-15", 0),
    ]
    assert shop["hours"] == [{"weekday": n, "hour": 10, "bookings": 1} for n in (1, 2, 3)]
    assert [(p["name"], p["bookings"]) for p in shop["providers"]] == [("Ana", 2), ("Leo", 1)]
    assert [one["customer"] for one in shop["latest"]] == ["Marta"] * 3
    assert shop["talks"] == {
        "started": 0,
        "booked": 0,
        "bookings": 0,
        "turns_per_booking": None,
        "segments_per_booking": None,
        "left": [],
    }
    own = await _stats(api, "provider")
    assert own["talks"] is None
    assert (own["bookings"], [p["name"] for p in own["providers"]], len(own["latest"])) == (
        2,
        ["Ana"],
        2,
    )
    assert own == await _stats(api, "owner", provider=api.shop.providers["Ana"])
    leo = {"provider": api.shop.providers["Leo"]}
    path = f"/shops/{api.shop.shop_id}/stats"
    assert status_and_code(await api.get(path, "provider", params=leo)) == (404, "not_found")
    month = await _stats(api, "owner", by="month", service=api.shop.services["Colour"])
    assert [(one["begins"], one["bookings"]) for one in month["trend"]] == [("2026-03-01", 0)]


async def test_the_admin_sees_all_shops(api: ApiHarness) -> None:
    await _book(api, "Ana", "2026-03-10")
    answer = await api.get("/stats", "admin", params=WEEK)
    found = answer.json()
    assert {
        key: found[key] for key in ("shops", "providers", "customers", "users", "bookings")
    } == {
        "shops": 2,
        "providers": 3,
        "customers": 1,
        "users": 8,
        "bookings": 1,
    }
    assert [(s["id"], s["bookings"]) for s in found["by_shop"]] == [(api.shop.shop_id, 1)]
    assert [one["ref"] for one in found["latest"]] == [
        one["ref"] for one in (await _stats(api, "admin"))["latest"]
    ]


async def test_a_period_that_is_none_is_refused(api: ApiHarness) -> None:
    path = f"/shops/{api.shop.shop_id}/stats"
    for asked in (
        {"from": "2026-03-10", "to": "2026-03-09"},
        {"from": "0001-01-01"},
        {"to": "9999-12-31"},
        {"by": "year"},
        {"provider": "0"},
        {"channel": "\0"},
    ):
        assert (await api.get(path, "owner", params=asked)).status_code == 422, asked
