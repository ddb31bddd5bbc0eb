"""Bookings by the API: by staff and by customers, through their states; lists around them."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from core.db.tables import conversations, inbox, outbox
from core.messaging.messages import Incoming, decode_value
from tests.webhooks.api.harness import PHONES, ApiHarness, status_and_code
from tests.webhooks.api.test_shops import ok

pytestmark = pytest.mark.usefixtures("only_database_awaits")

TEN = "2026-03-10T09:00:00Z"
"""Ten in the morning of the next day, in Madrid."""


def at(api: ApiHarness) -> str:
    return f"/shops/{api.shop.shop_id}"


async def book(api: ApiHarness, who: str = "receptionist", **more: Any) -> Any:
    """Book a cut with Ana for a walk-in."""
    body: dict[str, Any] = {
        "service_id": api.shop.services["Cut"],
        "provider_id": api.shop.providers["Ana"],
        "starts_at": TEN,
        "customer": {"name": "Marta", "phone": "600111222"},
    }
    return await api.post(f"{at(api)}/bookings", who, **(body | more))


async def test_a_booking_on_behalf_from_beginning_to_end(api: ApiHarness) -> None:
    made = (await book(api)).json()
    shown = ("state", "service", "provider", "customer_name", "customer_phone", "local_time")
    assert [made[name] for name in shown] == [
        "confirmed",
        "Cut",
        "Ana",
        "Marta",
        "+34600111222",
        "10:00",
    ]
    taken = await book(api, customer={"name": "Hugo"})
    assert status_and_code(taken) == (409, "slot_taken")
    over = await book(api, customer={"name": "Hugo"}, overbook=True)
    assert (over.status_code, over.json()["overbooked"]) == (201, True)
    one = f"{at(api)}/bookings/{made['id']}"
    moved = await ok(api, "POST", f"{one}/move", "owner", starts_at="2026-03-10T11:00:00Z")
    assert moved["local_time"] == "12:00"
    assert (await ok(api, "PATCH", one, "owner", note="likes tea"))["note"] == "likes tea"
    early = await api.request("POST", f"{one}/complete", "owner")
    assert (*status_and_code(early), early.json()["state"]) == (409, "wrong_state", "confirmed")
    api.clock.move_to("2026-03-10T11:10Z")
    api.tokens.clear()
    await ok(api, "POST", f"{one}/start", "provider")
    done = await ok(api, "POST", f"{one}/complete", "provider")
    paid = await ok(api, "PUT", f"{one}/payment", "owner", payment_status="paid")
    assert (done["state"], paid["payment_status"]) == ("completed", "paid")
    events = (await api.get(f"{one}/history", "owner")).json()["items"]
    assert [(event["action"], event["by"]) for event in events] == [
        ("book_for", "Receptionist"),
        ("move", "Owner"),
        ("note", "Owner"),
        ("start", "Provider"),
        ("complete", "Provider"),
        ("mark_paid", "Owner"),
    ]


async def test_somebody_books_moves_and_cancels_for_themself(api: ApiHarness) -> None:
    body = {
        "shop_id": api.shop.shop_id,
        "service_id": api.shop.services["Cut"],
        "starts_at": TEN,
    }
    made = await ok(api, "POST", "/me/bookings", "customer", **body)
    assert (made["state"], made["provider"]) == ("confirmed", "Ana")
    assert "note" not in made
    told = {"who": "staff", "how": "sms", "outcome": "sending"}
    assert made["told"] == [told]  # said once, not once for each member
    one = f"/me/bookings/{made['id']}"
    moved = await ok(api, "POST", f"{one}/move", "customer", starts_at="2026-03-10T10:00:00Z")
    assert moved["local_time"] == "11:00"
    strangers = await api.post(f"{one}/cancel", "other owner", reason="")
    assert status_and_code(strangers) == (404, "not_found")
    listed = (await api.get("/me/bookings", "customer")).json()["items"]
    gone = await ok(api, "POST", f"{one}/cancel", "customer", reason="ill")
    assert ([one["id"] for one in listed], gone["state"]) == ([made["id"]], "cancelled")
    assert (await api.get("/me/bookings", "owner")).json()["items"] == []


async def test_a_request_is_decided_on_once(api: ApiHarness) -> None:
    body = {
        "shop_id": api.other.shop_id,
        "service_id": api.other.services["Check-up"],
        "starts_at": "2026-03-10T05:00:00Z",
    }
    made = await ok(api, "POST", "/me/bookings", "customer", **body)
    assert made["state"] == "pending"
    one = f"/shops/{api.other.shop_id}/bookings/{made['id']}"
    assert (await ok(api, "POST", f"{one}/confirm", "other provider"))["state"] == "confirmed"
    late = await api.post(f"{one}/decline", "other owner", reason="")
    assert status_and_code(late) == (409, "wrong_state")


async def test_a_customer_is_found_changed_blocked_and_merged(api: ApiHarness) -> None:
    await api.add_booked_customer()
    people = f"{at(api)}/customers"
    child = await ok(api, "POST", people, "receptionist", name="Nora")
    found = (await api.get(people, "owner", params={"q": "mart"})).json()["items"]
    assert [one["id"] for one in found] == [api.customer]
    nora = f"{people}/{child['id']}"
    await ok(api, "PATCH", nora, "owner", notes="allergic to henna")
    assert (await ok(api, "PUT", f"{nora}/block", "owner", blocked=True))["blocked"] is True
    refused = await book(api, customer=None, customer_id=child["id"])
    assert status_and_code(refused) == (403, "customer_blocked")
    one = await ok(api, "POST", f"{nora}/merge", "owner", into=api.customer)
    assert (one["name"], one["notes"], one["blocked"]) == ("Marta", "allergic to henna", True)
    assert status_and_code(await api.get(nora, "owner")) == (404, "not_found")
    foreign = await api.get(f"/shops/{api.other.shop_id}/customers/{api.customer}", "admin")
    assert status_and_code(foreign) == (404, "not_found")


async def test_members_are_invited_and_a_shop_keeps_an_owner(api: ApiHarness) -> None:
    members, invited = f"{at(api)}/members", f"{at(api)}/invitations"
    new = {"phone": PHONES["customer"], "role": "receptionist", "name": "Rosa"}
    rosa = await ok(api, "POST", invited, "owner", **new)
    assert (rosa["phone"], rosa["role"], len(rosa["code"])) == (
        PHONES["customer"],
        "receptionist",
        10,
    )
    foreign = {"phone": "600333445", "role": "provider", "provider_id": 10**6}
    assert status_and_code(await api.post(invited, "owner", **foreign)) == (404, "not_found")
    await ok(api, "POST", f"/me/invitations/{rosa['id']}/accept", "customer")
    who = api.users["customer"]
    listed = (await api.get(members, "owner")).json()["items"]
    assert [one["role"] for one in listed if one["user_id"] == who] == ["receptionist"]
    code = await ok(api, "POST", "/me/pairing", "customer", shop_id=api.shop.shop_id)
    assert len(code["code"]) == 10
    await ok(api, "DELETE", f"{members}/{who}/receptionist", "owner")
    last = await api.request("DELETE", f"{members}/{api.users['owner']}/owner", "owner")
    assert status_and_code(last) == (409, "last_owner")
    assert (await api.get(members, "owner")).json()["items"][0]["role"] == "owner"


async def test_a_talk_is_read_taken_over_answered_and_handed_back(api: ApiHarness) -> None:
    await api.add_booked_customer()
    talk = f"{at(api)}/conversations/{api.talk}"
    async with api.runtime.transaction() as ctx:
        await ctx.insert(
            inbox,
            line_id=api.shop.line_id,
            event_id="in-1",
            conversation_id=api.talk,
            incoming=Incoming(text="481920 Marta").to_json(),
            state="done",
            due_at=ctx.now,
            received_at=ctx.now,
        )
    await ok(api, "POST", f"{talk}/answers", "receptionist", text="See you at ten!")
    said = (await api.get(talk, "owner")).json()["items"]
    assert [one["text"] for one in said if one["way"] == "in"] == ["###### Marta"]
    newest = sa.select(outbox.c.message).order_by(outbox.c.id.desc())
    assert decode_value(await api.fetch_scalar(newest)).params == {
        "shop": "Bella Hair",
        "words": "See you at ten!",
    }
    await ok(api, "POST", f"{talk}/take-over", "receptionist")
    await ok(api, "POST", f"{talk}/hand-back", "receptionist")
    events = sa.select(inbox.c.incoming["text"].as_string()).where(inbox.c.state == "new")
    async with api.runtime.read_transaction() as ctx:
        found = list((await ctx.execute(events.order_by(inbox.c.id))).scalars())
    assert found == ["relay", "relay", "handback"]


async def test_messages_are_listed_dropped_and_tried_again(api: ApiHarness) -> None:
    await api.add_booked_customer()
    async with api.runtime.transaction() as ctx:
        await ctx.insert(
            outbox,
            conversation_id=api.talk,
            shop_id=api.shop.shop_id,
            queue="alert",
            kind="other",
            message={"key": "alert.new", "params": {}},
            state="due",
            due_at=ctx.now,
            created_at=ctx.now,
        )
    messages = f"{at(api)}/messages"
    due = (await api.get(messages, "owner", params={"state": "due", "kind": "other"})).json()
    (one,) = due["items"]
    assert (one["kind"], one["channel"], "600111222" in one["address"]) == ("other", "sms", False)
    gone = await ok(api, "POST", f"{messages}/{one['id']}/drop", "owner")
    assert gone["state"] == "dropped"
    again = await api.request("POST", f"{messages}/{one['id']}/retry", "owner")
    assert status_and_code(again) == (409, "wrong_state")


async def test_a_list_takes_as_many_statements_for_a_hundred_rows_as_for_one(
    api: ApiHarness,
) -> None:
    from tests.support.statement_counter import count_statements

    await api.add_booked_customer()
    lists = [
        f"{at(api)}/{what}"
        for what in (
            "bookings",
            "customers",
            "conversations",
            "messages",
            "audit",
            "services",
            "providers",
            "offers",
            "members",
            "invitations",
            "blocks",
            "sessions",
            f"bookings/{api.booking}/history",
            f"conversations/{api.talk}",
        )
    ] + ["/shops", "/users", "/bookings", "/audit", "/me/bookings", "/me/sessions"]

    async def counts() -> dict[str, tuple[int, int]]:
        found = {}
        for path in lists:
            await api.get(path, "admin")
            with count_statements(api.runtime) as sent:
                answer = await api.get(path, "admin", params={"total": True, "limit": 100})
            assert answer.status_code == 200, path
            found[path] = (len(sent), answer.json()["total"])
        return found

    few = await counts()
    await _multiply(api)
    many = await counts()
    assert {p: many[p][0] for p in lists} == {p: few[p][0] for p in lists}
    assert max(count for count, _ in many.values()) <= 6
    grown = [path for path in lists if many[path][1] >= 100]
    assert {f"{at(api)}/bookings", f"{at(api)}/customers", "/bookings", "/users"} <= {*grown}


async def _multiply(api: ApiHarness) -> None:
    """Add a hundred rows to each listed table by plain statements."""
    from core.db.tables import audit, bookings, customers, users

    async with api.runtime.transaction() as ctx:
        for table, row_id, changes in (
            (users, api.users["customer"], {}),
            (customers, api.customer, {"user_id": None}),
            (bookings, api.booking, {"ref": "", "idempotency_key": ""}),
            (conversations, api.talk, {"address": ""}),
        ):
            row = await ctx.first(sa.select(table).where(table.c.id == row_id))
            assert row is not None
            for n in range(100):
                values = {k: v for k, v in row._mapping.items() if k != "id"} | changes
                values |= {k: f"copy {n}" for k, v in changes.items() if v == ""}
                await ctx.insert(table, **values)
        for _ in range(100):
            await ctx.insert(audit, at=ctx.now, action="x", shop_id=api.shop.shop_id)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_day_is_called_off_for_a_provider_or_by_who_runs_the_shop(
    api: ApiHarness,
) -> None:
    made = (await book(api)).json()
    ana, leo = (api.shop.providers[name] for name in ("Ana", "Leo"))
    path = f"{at(api)}/days/2026-03-10/call-off"
    refused = [
        await api.post(path, "provider"),
        await api.post(path, "provider", provider_id=leo),
    ]
    assert [status_and_code(answer) for answer in refused] == [(404, "not_found")] * 2
    off = (await api.post(path, "provider", provider_id=ana, reason="ill")).json()
    hits = [(hit["booking"]["id"], hit["done"], hit["instead"]) for hit in off["bookings"]]
    assert (off["provider_ids"], hits) == ([ana], [(made["id"], "left_alone", None)])
    nobody = {"who": "customer", "how": "", "outcome": "unreachable"}
    assert off["bookings"][0]["booking"]["told"] == [nobody]
    whole = (await api.post(path, "owner")).json()
    assert sorted(whole["provider_ids"]) == sorted(api.shop.providers.values())
    service = api.shop.services["Cut"]
    free = f"availability?service={service}&from=2026-03-10T00:00Z&to=2026-03-10T23:00Z"
    assert (await api.get(f"{at(api)}/{free}")).json()["slots"] == []


async def test_the_time_that_is_booked_is_no_other_time_to_propose(api: ApiHarness) -> None:
    await api.add_booked_customer()
    at = f"/shops/{api.shop.shop_id}/bookings/{api.booking}/propose"
    ana, leo = api.shop.providers["Ana"], api.shop.providers["Leo"]
    same = await api.post(at, "owner", starts_at="2026-03-10T09:00Z", provider_id=ana)
    assert status_and_code(same) == (422, "invalid")
    assert same.json()["errors"] == [{"field": "starts_at", "reason": "booked"}]
    other = await api.post(at, "owner", starts_at="2026-03-10T09:00Z", provider_id=leo)
    assert status_and_code(other) == (200, "")
