"""Secrets are never logged: passwords, tokens, codes, secret addresses."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
import sqlalchemy as sa
import structlog

from bot.observability import logs
from tests.webhooks.api.harness import PHONES, ApiHarness
from tests.webhooks.api.test_auth import NEW, code_sent, token_mailed

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

FIRST, SECOND, WRONG = "planted-one-4711", "planted-two-4711", "planted-wrong-4711"
OUTSIDE = "https://calendar.example.org/planted-key-4711/basic.ics"


@pytest.fixture
def stream(api: ApiHarness) -> Iterator[io.StringIO]:
    """Capture everything that is logged, including debug logs of libraries."""
    said = io.StringIO()
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    logs.configure_logging(api.runtime.settings.model_copy(update={"log_level": "DEBUG"}), said)
    yield said
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


async def test_the_log_of_signing_in_holds_no_secret(
    api: ApiHarness, web: httpx.AsyncClient, stream: io.StringIO
) -> None:
    secrets = {FIRST, SECOND, WRONG, OUTSIDE}
    root = "/api/v1"

    async def post(path: str, **body: object) -> httpx.Response:
        return await web.post(f"{root}{path}", json=body)

    # By a phone's code; a wrong one, a right one.
    await post("/auth/code", phone=PHONES["owner"])
    code = await code_sent(api)
    await post("/auth/code/check", phone=PHONES["owner"], code="000001")
    first = (await post("/auth/code/check", phone=PHONES["owner"], code=code)).json()
    secrets |= {code, first["access_token"], first["refresh_token"]}
    # By a password; too short, wrong, right, forgotten, chosen anew by the link's token.
    await api.post("/auth/register", email=NEW, password=FIRST, name="Ana")
    verify = await token_mailed(api)
    await post("/auth/verify", token=verify)
    await post("/auth/verify", token=verify)
    await web.post("/account/verify", data={"token": verify})
    await post("/auth/sign-in", email=NEW, password=WRONG)
    await post("/auth/sign-in", email=NEW, password={"not": [WRONG]})
    second = (await post("/auth/sign-in", email=NEW, password=FIRST)).json()
    await api.post("/auth/forgotten", email=NEW)
    chosen = await token_mailed(api)
    await web.get(f"/account/password?token={chosen}")
    await post("/auth/password", token=chosen, password=SECOND)
    cookie = await post("/auth/sign-in", email=NEW, password=SECOND, keep="cookie")
    secrets |= {verify, chosen, second["access_token"], second["refresh_token"]}
    secrets |= {cookie.json()["csrf_token"], *web.cookies.values()}
    web.cookies.clear()
    # Tokens where they belong, twice, and where they do not.
    await post("/auth/refresh", refresh_token=first["refresh_token"])
    await post("/auth/refresh", refresh_token=first["refresh_token"])
    await web.get(f"{root}/me?token={second['access_token']}")
    for token in (second["access_token"], second["refresh_token"], chosen):
        await web.get(f"{root}/me", headers={"Authorization": f"Bearer {token}"})
    # Addresses that are keys.
    shop = f"/shops/{api.shop.shop_id}"
    feed = (await api.post(f"{shop}/feeds", "owner")).json()["url"]
    secrets.add(urlsplit(feed).path.removeprefix("/calendars/").removesuffix(".ics"))
    await web.get(urlsplit(feed).path)
    body = {"provider_id": api.shop.providers["Ana"], "url": OUTSIDE}
    await api.post(f"{shop}/external-calendars", "owner", **body)
    pairing = await api.post("/me/pairing", "owner", shop_id=api.shop.shop_id)
    invited = {"phone": "600111777", "role": "receptionist"}
    secrets.add((await api.post(f"{shop}/invitations", "owner", **invited)).json()["code"])
    secrets |= {str(value) for value in pairing.json().values() if len(str(value)) > 5}
    # What goes wrong on our side is logged with its trace.
    async with api.runtime.transaction() as ctx:
        await ctx.execute(sa.text("ALTER TABLE passwords RENAME TO gone"))
    broken = await post("/auth/sign-in", email=NEW, password=SECOND)
    assert broken.status_code == 500
    said = stream.getvalue()
    assert {one for one in secrets if one in said} == set()
    # The log is the log: requests are in it, and the fault.
    assert said.count("/api/v1/auth/sign-in") >= 5
    assert "no such table" in said
    # And a secret that somebody did log would be found.
    logging.getLogger("control").info(FIRST)
    assert FIRST in stream.getvalue()
