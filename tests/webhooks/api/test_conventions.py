"""Conventions of every response: limits, headers, problems, documentation."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from core.db.runtime import Runtime
from tests.webhooks.api.harness import ApiHarness, open_api_harness, status_and_code
from tests.webhooks.api.test_auth import GOOD, NEW, sign_in, token_mailed
from webhooks.api.app import routes_by_permission_key
from webhooks.api.openapi import accepts_idempotency_key
from webhooks.http.rate_limits import RateLimits

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_an_address_may_ask_so_often_and_no_more(runtime: Runtime) -> None:
    async with open_api_harness(runtime, limit_anonymous=3, limit_signed_in=4) as api:
        asked = [status_and_code(await api.get("/me")) for _ in range(4)]
        assert asked == [(401, "not_signed_in")] * 3 + [(429, "too_many_requests")]
        refused = await api.get("/me")
        assert 0 < int(refused.headers["retry-after"]) <= 900
        mine = [(await api.get("/me", "owner")).status_code for _ in range(5)]
        theirs = await api.get("/me", "customer")
        assert (mine, theirs.status_code) == ([200] * 4 + [429], 200)


async def test_several_processes_share_the_count(runtime: Runtime, valkey_url: str) -> None:
    async with open_api_harness(runtime, limit_anonymous=3, redis_url=valkey_url) as api:
        other = RateLimits(runtime.settings)
        taken = [await other.record_request(user_id=None, address="192.0.2.1") for _ in range(2)]
        await other.close_connections()
        assert taken == [0, 0]
        assert [(await api.get("/me")).status_code for _ in range(2)] == [401, 429]


async def test_without_its_server_a_process_counts_alone(runtime: Runtime) -> None:
    async with open_api_harness(
        runtime, limit_anonymous=2, redis_url="redis://127.0.0.1:9/0"
    ) as api:
        assert [(await api.get("/me")).status_code for _ in range(3)] == [401, 401, 429]


async def test_answers_have_careful_headers(web: httpx.AsyncClient) -> None:
    answer = await web.get("/api/v1/me")
    assert answer.status_code == 401
    names = (
        "cache-control",
        "content-security-policy",
        "referrer-policy",
        "www-authenticate",
        "x-content-type-options",
        "x-frame-options",
    )
    assert [answer.headers.get(name) for name in names] == [
        "no-store",
        "default-src 'none'; frame-ancestors 'none'",
        "no-referrer",
        "Bearer",
        "nosniff",
        "DENY",
    ]
    assert re.fullmatch("[0-9a-f]{16}", answer.headers["x-request-id"])


async def test_a_body_may_be_so_large_and_no_larger(api: ApiHarness) -> None:
    body = json.dumps({"email": "a" * (300 * 1024), "password": "x"}).encode()
    json_ = {"Content-Type": "application/json"}

    async def in_pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 64 * 1024):
            yield body[start : start + 64 * 1024]

    known = await api.client.post("/auth/sign-in", content=body, headers=json_)
    unknown = await api.client.post("/auth/sign-in", content=in_pieces(), headers=json_)
    assert [status_and_code(answer) for answer in (known, unknown)] == [(413, "too_large")] * 2


async def test_all_wrong_fields_are_named_at_once(api: ApiHarness) -> None:
    body = {"email": 5, "password": "short", "admin": True}
    answer = await api.request("POST", "/auth/register", json=body)
    assert status_and_code(answer) == (422, "invalid")
    assert sorted(error["field"] for error in answer.json()["errors"]) == [
        "admin",
        "email",
        "name",
        "password",
    ]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b"[]", b"null", b'{"\\ud800": 1}', b'{"phone": "\\u0000"}', b"1" * 5000],
)
async def test_what_is_no_proper_body_is_refused(api: ApiHarness, body: bytes) -> None:
    json_ = {"Content-Type": "application/json"}
    answer = await api.client.post("/auth/code", content=body, headers=json_)
    assert (answer.status_code, answer.headers["content-type"]) in {
        (422, "application/problem+json"),
        (400, "application/problem+json"),
    }


async def test_pages_elsewhere_are_let_in_only_if_they_are_named(runtime: Runtime) -> None:
    friend, foe = "https://friend.example", "https://foe.example"
    async with open_api_harness(runtime, cors_origins=f"{friend}, https://other.example") as api:
        asked = {"Access-Control-Request-Method": "PATCH"}
        allowed = [
            (await api.client.options("/me", headers={"Origin": origin, **asked})).headers.get(
                "access-control-allow-origin"
            )
            for origin in (friend, foe)
        ]
    assert allowed == [friend, None]


async def test_the_documentation_says_who_may_and_which_keys_are_kept(
    web: httpx.AsyncClient,
) -> None:
    led = await web.get("/docs")
    assert led.headers["location"] == "/api/v1/docs"
    assert (await web.get("/api/v1/docs")).status_code == 200
    answer = await web.get("/api/v1/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    schema: dict[str, Any] = answer.json()
    assert schema["servers"] == [{"url": "/api/v1"}]
    operations = {
        f"{method.upper()} {path}": operation
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    }
    assert set(operations) == set(routes_by_permission_key())
    undescribed = [r for r, o in operations.items() if not o["description"].split("\n")[0]]
    silent = [r for r, o in operations.items() if "For: " not in o["description"]]
    keyed = {
        route
        for route, operation in operations.items()
        if any(p["name"] == "Idempotency-Key" for p in operation.get("parameters", ()))
    }
    assert (undescribed, silent) == ([], [])
    assert keyed == {
        route for route in routes_by_permission_key() if accepts_idempotency_key(route)
    }
    noted = operations["GET /audit"]["responses"]["200"]
    assert "links" not in noted  # nothing asks for a noted change by its id
    made = operations["POST /shops/{shop_id}/blocks"]["responses"]["201"]
    listed = operations["GET /shops/{shop_id}/blocks"]["responses"]["200"]
    assert [made["links"], listed["links"]] == [
        {
            "blocks.remove_block": {
                "operationId": "blocks.remove_block",
                "parameters": {
                    "block_id": f"$response.body#{field}",
                    "shop_id": "$request.path.shop_id",
                },
            }
        }
        for field in ("/id", "/items/0/id")
    ]


async def test_a_mailed_link_opens_a_page_and_its_button_does_it(
    api: ApiHarness, web: httpx.AsyncClient
) -> None:
    await api.post("/auth/register", email=NEW, password=GOOD, name="Ana")
    token = await token_mailed(api)
    for _ in range(2):  # programs that look at mails open links, too
        page = await web.get(f"/account/verify?token={token}")
        assert (page.status_code, page.text.count("<button>")) == (200, 1)
    done = await web.post("/account/verify", data={"token": token})
    again = await web.post("/account/verify", data={"token": token})
    assert (done.status_code, again.status_code) == (200, 400)
    assert "Done. You can sign in now." in done.text
    assert "That link is no longer good." in again.text
    assert (await sign_in(api)).status_code == 200
    await api.post("/auth/forgotten", email=NEW)
    token = await token_mailed(api)
    wrong = await web.post("/account/password", data={"token": token, "password": "short"})
    right = await web.post("/account/password", data={"token": token, "password": "longer now"})
    assert (wrong.status_code, right.status_code) == (400, 200)
    assert "Take 8 to 200 characters" in wrong.text
    assert token in wrong.text
    assert (await sign_in(api, "longer now")).status_code == 200
    assert (await web.get("/account/nothing")).status_code == 422
