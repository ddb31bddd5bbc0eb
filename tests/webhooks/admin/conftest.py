"""The page beside the API of `house`, and a browser without scripts that is signed in."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from bot.app import App
from core.auth import sessions
from core.db.context import Context
from core.db.runtime import Runtime
from tests.webhooks.api.harness import House, open_house
from webhooks.api.auth_guard import COOKIE
from webhooks.app import create_app

ORIGIN = "http://127.0.0.1:8000"


@pytest.fixture
async def house(runtime: Runtime) -> AsyncIterator[House]:
    """Yield the API on a database of each kind, with two shops and their people."""
    async with open_house(runtime) as opened:
        yield opened


@dataclass
class Browser:
    """A browser without scripts: it follows links, and sends forms with the token in them."""

    client: httpx.AsyncClient
    csrf: str

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(f"/admin{path}")

    async def send(self, path: str, **fields: Any) -> httpx.Response:
        """Send a form from a page of ours."""
        headers = {"Origin": ORIGIN}
        data = {"csrf": self.csrf, **fields}
        return await self.client.post(f"/admin{path}", data=data, headers=headers)


@dataclass
class Lobby:
    """The whole web application, and browsers of anybody."""

    house: House
    transport: httpx.ASGITransport

    def nobody(self) -> Browser:
        """A browser that is not signed in."""
        return Browser(httpx.AsyncClient(transport=self.transport, base_url=ORIGIN), "")

    async def browser(self, who: str) -> Browser:
        """A browser in which somebody is signed in."""

        async def begin(ctx: Context) -> tuple[str, int]:
            user = self.house.users[who]
            made = await sessions.begin(ctx, user, kind="cookie")
            return sessions.cookie_of(ctx, user, made), made

        cookie, made = await self.house.runtime.run(begin)
        opened = self.nobody()
        opened.client.cookies.set(COOKIE, cookie)
        opened.csrf = sessions.csrf_of(self.house.runtime.secret, made)
        return opened


@pytest.fixture
async def lobby(house: House) -> Lobby:
    """Yield the page on the database of `house`."""
    web = create_app(App.of(house.runtime))
    transport = httpx.ASGITransport(web, raise_app_exceptions=False, client=("192.0.2.1", 4711))
    return Lobby(house, transport)


def words(answer: httpx.Response) -> str:
    """Return what is to be read on a page: no tags, single blanks."""
    body = re.sub(r"<(script|style|head).*?</\1>", "", answer.text, flags=re.DOTALL)
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", body).split()))


def heading(answer: httpx.Response) -> str:
    """Return the page's first heading."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", answer.text, re.DOTALL)
    assert found is not None
    return " ".join(found[1].split())


def wrong(answer: httpx.Response) -> dict[str, str]:
    """Return what stands below the fields that are not right, by their names."""
    found = re.findall(r'<small class="wrong" id="(\w+)-about">(.*?)</small>', answer.text)
    return {name: html.unescape(said) for name, said in found}


def value(answer: httpx.Response, name: str) -> str:
    """Return what stands in a field."""
    found = re.search(rf'<input id="{name}"[^>]*value="([^"]*)"', answer.text)
    assert found is not None
    return found[1]
