"""A change's response names whom it told; customers who could not be told are listed to call."""

from __future__ import annotations

from typing import Any

import pytest

from tests.webhooks.api.harness import ApiHarness, status_and_code

HOW = "at the counter"


@pytest.fixture
async def shop(api: ApiHarness) -> str:
    await api.add_booked_customer()
    return f"/shops/{api.shop.shop_id}"


async def told(api: ApiHarness, path: str, **body: Any) -> list[tuple[str, str, str]]:
    answer = await api.post(path, "receptionist", **body)
    assert answer.status_code in {200, 201}, answer.text
    return [(one["who"], one["how"], one["outcome"]) for one in answer.json()["told"]]


async def test_a_change_answers_whom_it_told_and_lists_whom_to_call(
    api: ApiHarness, shop: str
) -> None:
    booking = f"{shop}/bookings/{api.booking}"
    who = ("customer", "", "unreachable")
    assert who in await told(api, f"{booking}/move", starts_at="2026-03-10T10:00:00Z")
    assert who in await told(api, f"{booking}/cancel")
    (call,) = (await api.get(f"{shop}/calls", "owner")).json()["items"]
    assert call == {
        "booking_id": api.booking,
        "ref": call["ref"],
        "kinds": ["moved", "cancelled"],
        "reason": "unreachable",
        "since": "2026-03-09T09:00:00Z",
        "starts_at": "2026-03-10T10:00:00Z",
        "service": "Cut",
        "customer_id": api.customer,
        "customer_name": "Marta",
        "customer_phone": "+34600111222",
    }
    assert (await api.get(booking, "owner")).json()["told"] == []
    assert (await api.post(f"{booking}/called", "owner")).status_code == 204
    assert (await api.get(f"{shop}/calls", "owner")).json() == {"items": []}


async def test_who_agreed_once_is_told_of_each_booking(api: ApiHarness, shop: str) -> None:
    slot = {
        "service_id": api.shop.services["Cut"],
        "provider_id": api.shop.providers["Ana"],
        "customer_id": api.customer,
    }
    said = {"messages": {"agreed": True, "wording": HOW}}
    sent = [("customer", "sms", "sending")]
    first = await told(api, f"{shop}/bookings", **slot, **said, starts_at="2026-03-10T10:00:00Z")
    again = await told(api, f"{shop}/bookings", **slot, starts_at="2026-03-10T11:00:00Z")
    assert ([t for t in first if t[0] == "customer"], [t for t in again if t[0] == "customer"]) == (
        sent,
        sent,
    )
    listed = await api.get(f"{shop}/customers/{api.customer}/reach", "receptionist")
    (noted,) = listed.json()["items"]
    assert (noted["basis"], noted["wording"], noted["noted_by"]) == ("booking", HOW, "Receptionist")
    path = f"{shop}/customers/{api.customer}/reach/{noted['id']}"
    assert (await api.request("DELETE", path, "receptionist")).status_code == 204
    assert status_and_code(await api.request("DELETE", path, "receptionist")) == (404, "not_found")


async def test_somebody_elses_customer_is_not_noted(api: ApiHarness, shop: str) -> None:
    theirs = f"/shops/{api.other.shop_id}/customers/{api.customer}/reach"
    refused = await api.post(theirs, "other owner", wording=HOW)
    assert status_and_code(refused) == (404, "not_found")
