"""Pages call the API's handlers: roles, audit and idempotency are those of the route."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import webhooks.admin
from core.db.tables import audit, customers
from tests.webhooks.admin.conftest import AdminHarness
from tests.webhooks.api.harness import ApiHarness
from webhooks.api.api_request import ApiRequest
from webhooks.api.permissions import PERMISSIONS
from webhooks.http.problems import HttpRefusal

SHOP = "/shops/{shop_id}"
SEEN = f"GET {SHOP}/settings"
"""The row of whoever sees a shop's pages at all."""

PAGES = {
    f"{SHOP}/day": SEEN,
    f"{SHOP}/week": SEEN,
    f"{SHOP}/bookings/new": SEEN,
    f"{SHOP}/bookings/{{booking_id}}": f"GET {SHOP}/bookings/{{booking_id}}",
    f"{SHOP}/classes": f"GET {SHOP}/sessions",
    f"{SHOP}/customers": f"GET {SHOP}/customers",
    f"{SHOP}/customers/{{customer_id}}": f"GET {SHOP}/customers/{{customer_id}}",
    f"{SHOP}/customers/{{customer_id}}/export": f"GET {SHOP}/customers/{{customer_id}}/export",
    f"{SHOP}/talks": f"GET {SHOP}/conversations",
    f"{SHOP}/talks/{{conversation_id}}": f"GET {SHOP}/conversations/{{conversation_id}}",
    f"{SHOP}/messages": f"GET {SHOP}/messages",
    f"{SHOP}/figures": f"GET {SHOP}/stats",
    f"{SHOP}/audit": f"GET {SHOP}/audit",
    f"{SHOP}/setup/team": f"GET {SHOP}/members",
    f"{SHOP}/setup/rooms": f"GET {SHOP}/rooms",
    f"{SHOP}/setup/calendars": f"GET {SHOP}/feeds",
    "/lines": "GET /lines",
    "/users": "GET /users",
    "/users/{user_id}": "GET /users/{user_id}",
    "/figures": "GET /stats",
    "/me": "GET /me/invitations",
}
"""Each page and the row of the table that its content is asked by."""

NAME = {"name": "Nora Fresh", "phone": ""}
DATES = {"day": "2026-03-19"}
FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    f"{SHOP}/customers": (f"POST {SHOP}/customers", NAME),
    f"{SHOP}/customers/{{customer_id}}": (f"PATCH {SHOP}/customers/{{customer_id}}", NAME),
    f"{SHOP}/customers/{{customer_id}}/block": (f"PUT {SHOP}/customers/{{customer_id}}/block", {}),
    f"{SHOP}/customers/{{customer_id}}/merge": (
        f"POST {SHOP}/customers/{{customer_id}}/merge",
        {"other": "1"},
    ),
    f"{SHOP}/customers/{{customer_id}}/erase": (
        f"POST {SHOP}/customers/{{customer_id}}/erase",
        {"sure": "1"},
    ),
    f"{SHOP}/talks/{{conversation_id}}/take-over": (
        f"POST {SHOP}/conversations/{{conversation_id}}/take-over",
        {},
    ),
    f"{SHOP}/talks/{{conversation_id}}/hand-back": (
        f"POST {SHOP}/conversations/{{conversation_id}}/hand-back",
        {},
    ),
    f"{SHOP}/bookings/{{booking_id}}/note": (
        f"PATCH {SHOP}/bookings/{{booking_id}}",
        {"note": "x"},
    ),
    f"{SHOP}/bookings/{{booking_id}}/payment": (
        f"PUT {SHOP}/bookings/{{booking_id}}/payment",
        {"payment_status": "paid"},
    ),
    f"{SHOP}/bookings/{{booking_id}}/cancel": (f"POST {SHOP}/bookings/{{booking_id}}/cancel", {}),
    f"{SHOP}/bookings/{{booking_id}}/called": (f"POST {SHOP}/bookings/{{booking_id}}/called", {}),
    f"{SHOP}/setup/shop": (f"PATCH {SHOP}", {"name": "Bella"}),
    f"{SHOP}/setup/answers": (f"PATCH {SHOP}", {"parking": "Here"}),
    f"{SHOP}/setup/reminders": (f"PATCH {SHOP}", {"usual": "1"}),
    f"{SHOP}/setup/rooms": (f"POST {SHOP}/rooms", {"name": "Room"}),
    f"{SHOP}/setup/headings": (f"POST {SHOP}/categories", {"heading": "Heading"}),
    f"{SHOP}/setup/services": (f"POST {SHOP}/services", {"name": "Shave", "minutes": "30"}),
    f"{SHOP}/setup/people": (f"POST {SHOP}/providers", NAME),
    f"{SHOP}/setup/people/{{provider_id}}/switch": (
        f"PATCH {SHOP}/providers/{{provider_id}}",
        {},
    ),
    f"{SHOP}/setup/people/{{provider_id}}/away": (
        f"POST {SHOP}/providers/{{provider_id}}/time-off",
        {"from_on": "2026-03-19"},
    ),
    f"{SHOP}/setup/dates": (f"PUT {SHOP}/dates/{{day}}", DATES),
    f"{SHOP}/setup/hours": (f"PUT {SHOP}/hours", {"opens0a": "09:00", "closes0a": "18:00"}),
    f"{SHOP}/setup/team": (
        f"POST {SHOP}/invitations",
        {"phone": "+34600999888", "role": "receptionist"},
    ),
    f"{SHOP}/setup/team/{{user_id}}/alerts": (f"PUT {SHOP}/members/{{user_id}}/alerts", {}),
    f"{SHOP}/setup/team/{{user_id}}/remove": (
        f"DELETE {SHOP}/members/{{user_id}}/{{role}}",
        {"role": "owner"},
    ),
    "/users/{user_id}/close": ("POST /users/{user_id}/deactivate", {}),
    "/lines/1/switch": ("PATCH /lines/{line_id}", {}),
}
"""Forms that reach the door: path, the row that decides, and what is typed."""

MEMBERS = ("owner", "receptionist", "provider")
EVERYBODY = ("nobody", "customer", "other owner", *MEMBERS, "admin")


def expected(key: str, who: str, *, of_shop: bool) -> str:
    """Return the expected outcome of a page's call, by the table of permissions."""
    row = PERMISSIONS[key]
    if who == "nobody":
        return "sign in"
    if of_shop and who not in (*MEMBERS, "admin"):
        return "404"
    if {"anyone", "signed_in"} & row or who in row:
        return "ok"
    return "403"


def outcome(status: int) -> str:
    """Return the outcome of a response; anything but a refusal counts as allowed."""
    return {303: "sign in", 403: "403", 404: "404"}.get(status, "ok")


def filled(api: ApiHarness, path: str) -> str:
    return path.format(
        shop_id=api.shop.shop_id,
        booking_id=api.booking,
        customer_id=api.customer,
        conversation_id=api.talk,
        provider_id=api.shop.providers["Ana"],
        user_id=api.users["owner"],
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_page_answers_everybody_as_the_table_of_permissions_says(
    api: ApiHarness, admin: AdminHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def undone(*_: Any, **__: Any) -> None:
        raise HttpRefusal(418, "undone", "")  # type: ignore[arg-type]

    await api.add_booked_customer()
    monkeypatch.setattr(ApiRequest, "run_write", undone)
    wanted, seen = {}, {}
    for who in EVERYBODY:
        browser = (
            admin.signed_out_browser() if who == "nobody" else await admin.signed_in_browser(who)
        )
        for path, key in PAGES.items():
            pair = f"GET {path}", who
            wanted[pair] = expected(key, who, of_shop=SHOP in path)
            seen[pair] = outcome((await browser.get(filled(api, path))).status_code)
        for path, (key, form) in FORMS.items():
            pair = f"POST {path}", who
            wanted[pair] = expected(key, who, of_shop=SHOP in path)
            answer = await browser.submit_form(filled(api, path), **form)
            seen[pair] = outcome(answer.status_code)
    assert {pair: (seen[pair], wanted[pair]) for pair in wanted if seen[pair] != wanted[pair]} == {}


async def test_a_page_writes_one_audit_row_as_the_api_does(
    api: ApiHarness, admin: AdminHarness
) -> None:
    await api.add_booked_customer()
    path = f"/shops/{api.shop.shop_id}/customers/{api.customer}"
    browser = await admin.signed_in_browser("owner")
    await api.request("PUT", f"{path}/block", "owner", json={"blocked": True})
    await api.request("PUT", f"{path}/block", "owner", json={"blocked": False})
    await browser.submit_form(f"{path}/block", blocked="1")
    columns = (audit.c.action, audit.c.target, audit.c.shop_id, audit.c.user_id, audit.c.after)
    async with api.runtime.read_transaction() as ctx:
        by_api, _, by_page = await ctx.all(sa.select(*columns).order_by(audit.c.id))
    assert tuple(by_page) == tuple(by_api)
    assert by_page.action == "customers.set_customer_block"


async def test_a_form_sent_twice_does_a_thing_once(api: ApiHarness, admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("owner")
    path = f"/shops/{api.shop.shop_id}/setup/rooms"
    form = {"name": "Blue room", "once": "k1"}
    first, again = [await browser.submit_form(path, **form) for _ in range(2)]
    assert (first.status_code, first.headers["location"]) == (303, f"/admin{path}?said=added")
    assert (again.status_code, again.headers["location"]) == (303, f"/admin{path}?said=added")
    made = sa.select(sa.func.count()).where(audit.c.action == "rooms.add_room")
    assert await api.fetch_scalar(made) == 1
    # What is typed anew is a thing of its own, and so is a form that was loaded anew.
    await browser.submit_form(path, **form | {"name": "Red room"})
    await browser.submit_form(path, **form | {"name": "Green room", "once": "k2"})
    assert await api.fetch_scalar(made) == 3


async def test_every_form_of_a_page_has_a_key_of_its_own(
    api: ApiHarness, admin: AdminHarness
) -> None:
    browser = await admin.signed_in_browser("owner")
    path = f"/shops/{api.shop.shop_id}/setup/rooms"
    one, other = await browser.get(path), await browser.get(path)
    keys = [page.text.split('name="once" value="')[1].split('"')[0] for page in (one, other)]
    assert len(keys[0]) >= 16
    assert keys[0] != keys[1]
    assert await api.fetch_scalar(sa.select(sa.func.count()).select_from(customers)) == 0


WRITES = ("run_write", "runtime.run", "runtime.transaction", "httpx", "ASGITransport")
"""By these a page would go around the door."""

BESIDE_THE_DOOR = {"login.py"}
"""The demo's own sign-in, which no route has."""


def writes_found(sources: Iterable[tuple[str, str]]) -> set[str]:
    """Return the files with code that bypasses handler calls."""
    return {
        name
        for name, source in sources
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute | ast.Name | ast.Import | ast.ImportFrom)
        and any(word in ast.unparse(node) for word in WRITES)
    }


def test_no_page_writes_but_through_the_door() -> None:
    folder = Path(webhooks.admin.__file__).parent
    sources = [(one.name, one.read_text()) for one in folder.rglob("*.py")]
    assert writes_found(sources) == BESIDE_THE_DOOR


def test_control_a_page_that_writes_by_itself_is_found() -> None:
    page = "async def page(visit):\n    await visit.api_request.run_write(work)\n"
    assert writes_found([("page.py", page), ("other.py", "x = 1")]) == {"page.py"}
