"""Export and erasure by the API: who may, and what the audit log keeps."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import audit, customers, users
from core.people.customers import get_or_create_customer
from tests.webhooks.api.harness import PHONES, ApiHarness, status_and_code

pytestmark = pytest.mark.usefixtures("only_database_awaits")


async def _customer(api: ApiHarness) -> int:
    """Make the customer known to the shop, too."""

    async def work(ctx: Context) -> int:
        return await get_or_create_customer(
            ctx,
            api.shop.shop_id,
            api.users["customer"],
            name="Marta",
            phone=PHONES["customer"],
        )

    return await api.runtime.run(work)


async def _noted(api: ApiHarness) -> list[tuple[str, str, object]]:
    async with api.runtime.read_transaction() as ctx:
        rows = await ctx.all(sa.select(audit).order_by(audit.c.id))
    return [(row.action, row.target, row.after) for row in rows]


async def test_the_owner_reads_and_erases_what_the_shop_has_of_a_customer(
    api: ApiHarness,
) -> None:
    one = await _customer(api)
    at = f"/shops/{api.shop.shop_id}/customers/{one}"
    for who, wanted in (("receptionist", 403), ("provider", 403), ("other owner", 404)):
        assert (await api.get(f"{at}/export", who)).status_code == wanted
        assert (await api.post(f"{at}/erase", who)).status_code == wanted
    told = (await api.get(f"{at}/export", "owner")).json()["tables"]
    assert [row["name"] for row in told["customers"]] == ["Marta"]
    assert [row["value"] for row in told["identities"]] == [PHONES["customer"]]
    erased = await api.post(f"{at}/erase", "owner")
    assert erased.json() == {"cancelled": 0, "bookings": 0, "messages": 0}
    assert await api.fetch_scalar(sa.select(customers.c.name)) == "(erased)"
    target = at.removeprefix("/")
    assert await _noted(api) == [
        ("privacy.export_customer", f"{target}/export", None),
        ("privacy.erase_customer", f"{target}/erase", erased.json()),
    ]
    elsewhere = f"/shops/{api.other.shop_id}/customers/{one}/export"
    assert status_and_code(await api.get(elsewhere, "other owner")) == (404, "not_found")


async def test_people_read_and_erase_themselves_and_are_signed_out(api: ApiHarness) -> None:
    await _customer(api)
    told = (await api.get("/me/export", "customer")).json()["tables"]
    assert [row["name"] for row in told["users"]] == ["Customer"]
    assert len(told["auth_sessions"]) == 1
    assert (await api.post("/me/erase", "customer")).status_code == 200
    assert status_and_code(await api.get("/me", "customer")) == (401, "not_signed_in")
    found = sa.select(users.c.name).where(users.c.id == api.users["customer"])
    assert await api.fetch_scalar(found) == ""
    for who in ("owner", "provider", "admin"):
        refused = await api.post("/me/erase", who)
        assert (status_and_code(refused), refused.json()["errors"]) == (
            (422, "invalid"),
            [{"field": "user", "reason": "works"}],
        )


async def test_an_answer_about_somebody_erased_since_is_not_repeated(api: ApiHarness) -> None:
    """Nor is what was asked for done again: there would be a customer anew."""
    path = f"/shops/{api.shop.shop_id}/customers"
    key = {"Idempotency-Key": "walk-in"}
    body = {"name": "Zacarias", "phone": "+34600111999"}
    made = (await api.request("POST", path, "owner", headers=key, json=body)).json()["id"]
    assert (await api.post(f"{path}/{made}/erase", "owner")).status_code == 200
    again = await api.request("POST", path, "owner", headers=key, json=body)
    assert status_and_code(again) == (409, "answer_gone")
    found = await api.get(f"{path}?q=Zacarias", "owner")
    assert found.json()["items"] == []


async def test_an_admin_erases_a_user_once(api: ApiHarness) -> None:
    path = f"/users/{api.users['customer']}"
    assert status_and_code(await api.get(f"{path}/export", "owner")) == (403, "not_allowed")
    key = {"Idempotency-Key": "once"}
    first = await api.request("POST", f"{path}/erase", "admin", headers=key)
    again = await api.request("POST", f"{path}/erase", "admin", headers=key)
    assert (first.status_code, again.json()) == (200, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert status_and_code(await api.get("/users/1000000/export", "admin")) == (404, "not_found")
