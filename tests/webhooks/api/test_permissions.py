"""Every route called by every kind of caller: the response is as the table of permissions says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from core.auth import sessions, tokens
from core.db.context import Context
from core.db.runtime import Runtime
from tests.webhooks.api.harness import ApiHarness, open_api_harness
from webhooks.api.app import routes_by_permission_key
from webhooks.api.permissions import PERMISSIONS

BAD = ("nobody", "deactivated", "expired", "forged", "refresh", "cookie as bearer", "ended")
STRANGERS = ("customer", "other owner", "other receptionist", "other provider")
MEMBERS = ("owner", "receptionist", "provider")
EVERYBODY = (*BAD, *STRANGERS, *MEMBERS, "admin")

UNDONE = {"Idempotency-Key": "not a key: it has blanks"}
"""With it no change is made: who may is told that the key is wrong, who may not something else."""


@pytest.fixture
async def api(runtime: Runtime) -> AsyncIterator[ApiHarness]:
    async with open_api_harness(runtime) as opened:
        await opened.add_booked_customer()
        await _forge(opened)
        yield opened


async def _forge(api: ApiHarness) -> None:
    """Give every invalid caller an invalid token of another kind."""
    owner = api.users["owner"]

    async def begin(ctx: Context) -> dict[str, str]:
        made = await sessions.start_auth_session(ctx, owner, kind="token")
        over = await sessions.start_auth_session(ctx, owner, kind="token")
        await sessions.end_auth_session(ctx, owner, over)
        pair = sessions.issue_tokens(ctx, owner, made)
        head, claims, signature = pair.access_token.split(".")
        return {
            "expired": tokens.encode_token(
                ctx, "access", user_id=owner, auth_session_id=made, expires_at=ctx.now
            ),
            "forged": f"{head}.{claims}.{signature[::-1]}",
            "refresh": pair.refresh_token,
            "cookie as bearer": sessions.issue_cookie(ctx, owner, made),
            "ended": sessions.issue_tokens(ctx, owner, over).access_token,
        }

    api.tokens |= await api.runtime.run(begin)


def expected(route: str, who: str) -> str:
    """Return what the table says of a route and a caller: "ok" or the status of the refusal."""
    row = PERMISSIONS[route]
    if "anyone" in row:
        return "ok"
    if who in BAD:
        return "401"
    if "signed_in" in row or (who == "admin" and "admin" in row):
        return "ok"
    if "{shop_id}" not in route:
        return "403"
    if who not in MEMBERS:
        return "404"
    return "ok" if who in row else "403"


async def found(api: ApiHarness, route: str, who: str) -> str:
    """Return a call's outcome in the same terms."""
    method, _, path = route.partition(" ")
    ids = {
        "shop_id": api.shop.shop_id,
        "provider_id": api.shop.providers["Ana"],
        "service_id": api.shop.services["Cut"],
        "booking_id": api.booking,
        "customer_id": api.customer,
        "conversation_id": api.talk,
        "user_id": api.users["owner"],
        "role": "owner",
        "what": "bookings",
        "key": "booked",
        "language": "es",
    }
    for name, value in ids.items():
        path = path.replace(f"{{{name}}}", str(value))
    path = path.replace("{day}", "2026-03-19")
    path += (
        "?service=1&from=2026-03-09T00:00Z&to=2026-03-10T00:00Z" if "availability" in path else ""
    )
    while "{" in path:  # what is not there: the call is undone before anybody looks
        path = f"{path[: path.index('{')]}1{path[path.index('}') + 1 :]}"
    if route == "POST /auth/sign-out" and who not in BAD:
        api.tokens.pop(who, None)
    body = {} if method in {"GET", "DELETE"} else {"json": {"no such member": 1}}
    answer = await api.request(method, path, "" if who == "nobody" else who, headers=UNDONE, **body)
    if route == "POST /auth/sign-out":
        api.tokens.pop(who, None) if who not in BAD else None
        return "ok" if answer.status_code == 204 else str(answer.status_code)
    if answer.status_code == 422 or (method == "GET" and answer.status_code == 200):
        return "ok"
    return str(answer.status_code)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_route_answers_everybody_as_the_table_says(api: ApiHarness) -> None:
    wanted = {
        (route, who): expected(route, who)
        for route in routes_by_permission_key()
        for who in EVERYBODY
    }
    seen = {pair: await found(api, *pair) for pair in wanted}
    assert {pair: (seen[pair], wanted[pair]) for pair in wanted if seen[pair] != wanted[pair]} == {}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_every_list_route_answers_by_the_permissions_on_postgresql(api: ApiHarness) -> None:
    lists = [route for route in routes_by_permission_key() if route.startswith("GET")]
    wanted = {(route, who): expected(route, who) for route in lists for who in EVERYBODY}
    seen = {pair: await found(api, *pair) for pair in wanted}
    assert seen == wanted


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    assert set(PERMISSIONS) == set(routes_by_permission_key())


async def test_a_route_without_a_row_is_not_served(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    if runtime.engine.dialect.name == "postgresql":
        return
    monkeypatch.delitem(PERMISSIONS, "GET /me")
    with pytest.raises(RuntimeError, match="GET /me"):
        async with open_api_harness(runtime):
            pass


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_token_is_over_in_the_second_it_says(api: ApiHarness) -> None:
    assert await found(api, "GET /me", "owner") == "ok"
    api.clock.advance(timedelta(minutes=15))
    assert await found(api, "GET /me", "owner") == "401"
