"""Concurrent password guesses, uses of one refresh token, and requests with one key."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from core.db.tables import audit, auth_sessions, lockouts, users
from tests.webhooks.api.harness import ApiHarness, status_and_code
from tests.webhooks.api.test_auth import register, sign_in

pytestmark = pytest.mark.usefixtures("only_database_awaits")


async def test_many_wrong_passwords_at_once_have_three_tries_between_them(
    api: ApiHarness,
) -> None:
    await register(api)
    answers = await asyncio.gather(*(sign_in(api, f"wrong word {n}") for n in range(12)))
    assert (
        sorted(status_and_code(answer) for answer in answers)
        == [(401, "sign_in_failed")] * 3 + [(429, "sign_in_locked")] * 9
    )
    assert await api.fetch_scalar(sa.select(lockouts.c.tries)) == 3


async def test_of_a_hundred_who_refresh_at_once_one_gets_a_child(api: ApiHarness) -> None:
    await register(api)
    token = (await sign_in(api)).json()["refresh_token"]
    answers = await asyncio.gather(
        *(api.post("/auth/refresh", refresh_token=token) for _ in range(100))
    )
    assert sorted(a.status_code for a in answers) == [200] + [401] * 99
    mine = sa.select(auth_sessions.c.generation, auth_sessions.c.ended_reason).order_by(
        auth_sessions.c.id.desc()
    )
    async with api.runtime.read_transaction() as ctx:
        assert tuple(await ctx.first(mine) or ()) == (1, "a refresh token came twice")


async def test_one_key_does_one_thing_however_often_it_comes(api: ApiHarness) -> None:
    headers = {"Idempotency-Key": "once"}
    answers = await asyncio.gather(
        *(
            api.request("PATCH", "/me", "customer", json={"name": "Carla"}, headers=headers)
            for _ in range(8)
        )
    )
    assert {(a.status_code, a.text) for a in answers} == {(200, answers[0].text)}
    assert sum("idempotency-replayed" in a.headers for a in answers) == 7
    assert await api.fetch_scalar(sa.select(sa.func.count()).select_from(audit)) == 1
    other = await api.request("PATCH", "/me", "customer", json={"name": "Clara"}, headers=headers)
    assert status_and_code(other) == (422, "key_reused")
    mine = await api.request("PATCH", "/me", "owner", json={"name": "Olga"}, headers=headers)
    assert mine.json()["name"] == "Olga"
    names = sa.select(users.c.name).where(users.c.id == api.users["customer"])
    assert await api.fetch_scalar(names) == "Carla"
