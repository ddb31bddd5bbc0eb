"""Exports: every row over several pages, and no cell that a spreadsheet evaluates."""

from __future__ import annotations

import csv
import io

import pytest

from core.db.context import Context
from core.people.customers import add_customer, change_customer
from core.values.people_changes import CustomerChange
from tests.webhooks.api.harness import ApiHarness, status_and_code

pytestmark = [
    pytest.mark.usefixtures("only_database_awaits"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

EVIL = ("=1+1", "@SUM(A1)", "-2+3", "+cmd|' /C calc'!A0", "\t=1+1", '"; =1+1, x')


async def export(api: ApiHarness, what: str) -> list[dict[str, str]]:
    answer = await api.get(f"/shops/{api.shop.shop_id}/exports/{what}", "owner")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="{what}.csv"'
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


async def test_every_customer_is_exported_and_none_calculates(api: ApiHarness) -> None:
    await api.add_booked_customer()

    async def fill(ctx: Context) -> None:
        shop = api.shop.shop_id
        for n in range(230):
            await add_customer(ctx, shop, f"Customer {n}")
        for evil in EVIL:
            made = await add_customer(ctx, shop, "Eve")
            await change_customer(ctx, shop, made, CustomerChange(notes=evil))

    await api.runtime.run(fill)
    rows = await export(api, "customers")
    assert [row["name"] for row in rows] == [
        "Marta",
        *(f"Customer {n}" for n in range(230)),
        *["Eve"] * len(EVIL),
    ]
    assert rows[0]["phone"] == "+34600111222"
    assert [row["notes"] for row in rows[-len(EVIL) :]] == [
        "'=1+1",
        "'@SUM(A1)",
        "'-2+3",
        "'+cmd|' /C calc'!A0",
        "'\t=1+1",
        '"; =1+1, x',
    ]


async def test_bookings_and_services_are_exported(api: ApiHarness) -> None:
    await api.add_booked_customer()
    (booking,) = await export(api, "bookings")
    shown = ("state", "service", "provider", "customer_name", "starts_at", "price_minor")
    assert [booking[name] for name in shown] == [
        "confirmed",
        "Cut",
        "Ana",
        "Marta",
        "2026-03-10T09:00:00Z",
        "2500",
    ]
    services = await export(api, "services")
    assert [(row["name"], row["currency"]) for row in services] == [
        ("Cut", "EUR"),
        ("Colour", "EUR"),
        ("Blow-dry", "EUR"),
    ]
    theirs = await api.get(f"/shops/{api.shop.shop_id}/exports/bookings", "other owner")
    assert status_and_code(theirs) == (404, "not_found")
