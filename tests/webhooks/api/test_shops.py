"""A shop set up by the API until it can be booked, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from core.db.runtime import Runtime
from core.db.tables import audit
from tests.webhooks.api.harness import ApiHarness, open_api_harness, status_and_code

pytestmark = pytest.mark.usefixtures("only_database_awaits")

SHOP = {
    "name": "Nova Nails",
    "timezone": "Europe/Lisbon",
    "country": "PT",
    "currency": "EUR",
    "city": "Porto",
    "keyword": "nova",
}


async def ok(api: ApiHarness, method: str, path: str, who: str = "customer", **body: Any) -> Any:
    """Make a call that must succeed; return its body."""
    answer = await api.request(method, path, who, **({"json": body} if body else {}))
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


async def test_a_shop_is_set_up_from_nothing_until_it_can_be_booked(runtime: Runtime) -> None:
    async with open_api_harness(runtime, shops_by_anyone=True) as api:
        shop = await ok(api, "POST", "/shops", **SHOP, rules={"notice_minutes": 0})
        at = f"/shops/{shop['id']}"
        assert (shop["keyword"], shop["rules"]["notice_minutes"]) == ("NOVA", 0)
        nails = await ok(api, "POST", f"{at}/categories", name="Nails")
        gel = await ok(
            api,
            "POST",
            f"{at}/services",
            name="Gel",
            minutes=45,
            price_minor=3000,
            category_id=nails["id"],
        )
        rita = await ok(api, "POST", f"{at}/providers", name="Rita")
        offer = f"{at}/providers/{rita['id']}/services/{gel['id']}"
        offered = await ok(api, "PUT", offer, price_minor=3500)
        assert (offered["price_minor"], offered["minutes"], offered["live"]) == (3500, 45, True)
        week = [{"weekday": 0, "opens": "09:00", "closes": "12:00"}]
        assert await ok(api, "PUT", f"{at}/hours", hours=week) == {"hours": week}
        asked = {"service": gel["id"], "from": "2026-03-09T00:00Z", "to": "2026-03-17T00:00Z"}

        async def starts() -> list[str]:
            free = await api.get(f"{at}/availability", params=asked)
            return [slot["starts_at"] for slot in free.json()["slots"]]

        monday = [
            f"2026-03-16T{time}:00Z" for time in ("09:00", "09:30", "10:00", "10:30", "11:00")
        ]
        assert (await starts())[-5:] == monday
        away = {"starts_at": "2026-03-16T10:00:00Z", "ends_at": "2026-03-16T23:00:00Z"}
        off = await ok(api, "POST", f"{at}/providers/{rita['id']}/time-off", **away)
        assert (await starts())[-1] == monday[0]
        await ok(api, "DELETE", f"{at}/providers/{rita['id']}/time-off/{off['id']}")
        span = {"starts_at": "2026-03-16T09:00:00Z", "ends_at": "2026-03-16T11:00:00Z"}
        block = await ok(api, "POST", f"{at}/blocks", provider_id=rita["id"], **span)
        assert {k: block[k] for k in span} == span
        assert (await starts())[-1] == monday[-1]
        again = await api.post(f"{at}/blocks", "customer", provider_id=rita["id"], **span)
        assert status_and_code(again) == (409, "overlap")
        await ok(api, "DELETE", f"{at}/blocks/{block['id']}")
        dates = await ok(api, "PUT", f"{at}/dates/2026-03-16", reason="Holiday")
        assert dates["items"] == [{"day": "2026-03-16", "hours": [], "reason": "Holiday"}]
        assert not [start for start in await starts() if start in monday]
        await ok(api, "DELETE", f"{at}/dates/2026-03-16")
        await ok(api, "PATCH", f"{at}/providers/{rita['id']}", available=False)
        assert await starts() == []
        found = await api.get("/shops", params={"q": "nvoa nails"})
        assert [one["name"] for one in found.json()["items"]] == ["Nova Nails"]
        entries = sa.select(audit.c.action).where(audit.c.shop_id == shop["id"])
        async with api.runtime.read_transaction() as ctx:
            noted = list((await ctx.execute(entries.order_by(audit.c.id))).scalars())
        assert noted == [
            "shops.create_shop",
            "services.add_category",
            "services.add_service",
            "providers.add_provider",
            "providers.set_offering",
            "hours.set_shop_hours",
            "hours.add_time_off",
            "hours.remove_time_off",
            "blocks.add_block",
            "blocks.remove_block",
            "hours.set_shop_date_hours",
            "hours.clear_shop_date_hours",
            "providers.change_provider",
        ]


async def test_a_change_is_noted_with_before_and_after(api: ApiHarness) -> None:
    at = f"/shops/{api.shop.shop_id}/services/{api.shop.services['Cut']}"
    await ok(api, "PATCH", at, "owner", price_minor=2700, name="Cut")
    async with api.runtime.read_transaction() as ctx:
        row = await ctx.first(sa.select(audit))
    assert row is not None
    assert (row.action, row.target, row.before, row.after) == (
        "services.change_service",
        at.removeprefix("/"),
        {"price_minor": 2500},
        {"price_minor": 2700},
    )
    assert (row.user_id, row.shop_id, row.address) == (
        api.users["owner"],
        api.shop.shop_id,
        "192.0.2.1",
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
class TestOnce:
    async def test_all_wrong_values_are_named_at_once(self, api: ApiHarness) -> None:
        body = SHOP | {"timezone": "Mars/Base", "country": "XX", "currency": "ZZZ"}
        answer = await api.post("/shops", "admin", **body)
        assert answer.json()["errors"] == [
            {"field": "timezone", "reason": "zone"},
            {"field": "country", "reason": "country"},
            {"field": "currency", "reason": "currency"},
        ]

    async def test_only_admins_found_shops_unless_everybody_may(self, api: ApiHarness) -> None:
        assert status_and_code(await api.post("/shops", "customer", **SHOP)) == (
            403,
            "not_allowed",
        )
        assert (await api.post("/shops", "admin", **SHOP)).status_code == 201

    async def test_what_is_another_shops_is_not_there(self, api: ApiHarness) -> None:
        ours, theirs = f"/shops/{api.shop.shop_id}", api.other
        service, provider = theirs.services["Check-up"], theirs.providers["Rao"]
        cut, ana = api.shop.services["Cut"], api.shop.providers["Ana"]
        room = (await ok(api, "POST", f"{ours}/rooms", "owner", name="Chair"))["id"]
        at = f"/shops/{theirs.shop_id}/rooms"
        attic = (await ok(api, "POST", at, "other owner", name="Attic"))["id"]
        calls = [
            ("PATCH", f"/services/{service}", {"name": "Mine"}),
            ("PATCH", f"/services/{cut}", {"parent_id": service}),
            ("PATCH", f"/providers/{provider}", {"name": "Mine"}),
            ("PUT", f"/providers/{ana}/services/{service}", {}),
            ("PUT", f"/providers/{provider}/services/{cut}", {}),
            ("PUT", f"/providers/{provider}/hours", {"hours": []}),
            ("POST", "/rooms", {"name": "Room", "service_ids": [service]}),
            ("PATCH", f"/rooms/{room}", {"service_ids": [service]}),
            ("PATCH", f"/rooms/{attic}", {"name": "Mine"}),
        ]
        seen = [
            status_and_code(await api.request(method, ours + path, "owner", json=body))
            for method, path, body in calls
        ]
        assert seen == [(404, "not_found")] * len(calls)

    async def test_a_provider_changes_what_is_their_own(self, api: ApiHarness) -> None:
        at, ana, leo = (
            f"/shops/{api.shop.shop_id}/providers",
            api.shop.providers["Ana"],
            api.shop.providers["Leo"],
        )
        span = {"starts_at": "2026-03-16T10:00Z", "ends_at": "2026-03-16T11:00Z"}
        calls: list[tuple[str, str, dict[str, Any]]] = [
            ("PATCH", f"{at}/{ana}", {"available": False, "fee_minor": 900}),
            ("PATCH", f"{at}/{ana}", {"name": "Anna"}),
            ("PATCH", f"{at}/{leo}", {"available": False}),
            ("POST", f"{at}/{ana}/time-off", span),
            ("POST", f"{at}/{leo}/time-off", span),
            ("POST", f"/shops/{api.shop.shop_id}/blocks", span | {"provider_id": ana}),
            ("POST", f"/shops/{api.shop.shop_id}/blocks", span | {"provider_id": leo}),
        ]
        seen = [
            (await api.request(method, path, "provider", json=body)).status_code
            for method, path, body in calls
        ]
        assert seen == [200, 403, 403, 201, 403, 201, 404]

    async def test_strangers_do_not_see_what_is_off_offer(self, api: ApiHarness) -> None:
        at = f"/shops/{api.shop.shop_id}"
        cut = api.shop.services["Cut"]
        await ok(api, "PATCH", f"{at}/services/{cut}", "owner", active=False)
        counts = [
            len((await api.get(f"{at}/services", who)).json()["items"])
            for who in ("", "customer", "other owner", "provider", "admin")
        ]
        assert counts == [2, 2, 2, 3, 3]
        assert "hold_minutes" not in (await api.get(at)).json()
        assert (await api.get(f"{at}/settings", "owner")).json()["hold_minutes"] == 5

    async def test_a_list_comes_in_pages(self, api: ApiHarness) -> None:
        at = f"/shops/{api.shop.shop_id}/services"
        names, cursor = [], ""
        for _ in range(3):
            page = (await api.get(at, params={"limit": 1, "cursor": cursor, "total": True})).json()
            names += [one["name"] for one in page["items"]]
            assert page["total"] == 3
            cursor = page["next"] or ""
        assert (names, cursor) == (["Cut", "Colour", "Blow-dry"], "")
        for bad in ("x", "W10", "WyJhIl0", "4pyT", "WzFdX"):
            answer = await api.get(at, params={"cursor": bad})
            assert status_and_code(answer) == (422, "invalid")
        shops = (await api.get("/shops", params={"limit": 1})).json()
        more = await api.get("/shops", params={"limit": 1, "cursor": shops["next"]})
        assert [
            shops["items"][0]["name"],
            more.json()["items"][0]["name"],
            more.json()["next"],
        ] == [
            "Bella Hair",
            "Smile Dental",
            None,
        ]


async def test_nobody_is_added_to_a_shop_that_is_not_there(api: ApiHarness) -> None:
    phone = "+34600111999"
    for path, body in (
        ("customers", {"name": "Zacarias"}),
        ("customers", {"name": "Zacarias", "phone": phone}),
        ("invitations", {"phone": phone, "role": "owner"}),
    ):
        answer = await api.post(f"/shops/99999/{path}", "admin", **body)
        assert status_and_code(answer) == (404, "not_found")
