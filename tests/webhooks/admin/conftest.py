"""The admin pages on the database of `api`, and signed-in browsers without scripts."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from bot.app import App
from core.auth import sessions
from core.db.context import Context
from tests.webhooks.api.harness import ApiHarness
from webhooks.api.auth_guard import AUTH_COOKIE
from webhooks.app import create_app

ORIGIN = "http://127.0.0.1:8000"


@dataclass
class FormBrowser:
    """A browser without scripts: it follows links and submits forms with their tokens."""

    client: httpx.AsyncClient
    csrf: str

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(f"/admin{path}")

    async def submit_form(self, path: str, **fields: Any) -> httpx.Response:
        """Submit a form of a page."""
        headers = {"Origin": ORIGIN}
        data = {"csrf": self.csrf, **fields}
        return await self.client.post(f"/admin{path}", data=data, headers=headers)


@dataclass
class AdminHarness:
    """The whole web application, and browsers for any user."""

    api: ApiHarness
    transport: httpx.ASGITransport

    def signed_out_browser(self) -> FormBrowser:
        """Return a browser that is not signed in."""
        return FormBrowser(httpx.AsyncClient(transport=self.transport, base_url=ORIGIN), "")

    async def signed_in_browser(self, who: str) -> FormBrowser:
        """Return a browser in which a user is signed in."""

        async def begin(ctx: Context) -> tuple[str, int]:
            user = self.api.users[who]
            made = await sessions.start_auth_session(ctx, user, kind="cookie")
            return sessions.issue_cookie(ctx, user, made), made

        cookie, made = await self.api.runtime.run(begin)
        opened = self.signed_out_browser()
        opened.client.cookies.set(AUTH_COOKIE, cookie)
        opened.csrf = sessions.csrf_token(self.api.runtime.secret, made)
        return opened


@pytest.fixture
async def admin(api: ApiHarness) -> AdminHarness:
    """Yield the admin pages on the database of `api`."""
    web = create_app(App.from_runtime(api.runtime))
    transport = httpx.ASGITransport(web, raise_app_exceptions=False, client=("192.0.2.1", 4711))
    return AdminHarness(api, transport)


def visible_text(answer: httpx.Response) -> str:
    """Return a page's visible text with single spaces."""
    body = re.sub(r"<(script|style|head).*?</\1>", "", answer.text, flags=re.DOTALL)
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", body).split()))


def page_heading(answer: httpx.Response) -> str:
    """Return the page's first heading."""
    found = re.search(r"<h1[^>]*>(.*?)</h1>", answer.text, re.DOTALL)
    assert found is not None
    return " ".join(found[1].split())


def field_errors(answer: httpx.Response) -> dict[str, str]:
    """Return the error messages below invalid fields, by field name."""
    found = re.findall(r'<small class="wrong" id="(\w+)-about">(.*?)</small>', answer.text)
    return {name: html.unescape(said) for name, said in found}


def field_value(answer: httpx.Response, name: str) -> str:
    """Return a field's value."""
    found = re.search(rf'<input id="{name}"[^>]*value="([^"]*)"', answer.text)
    assert found is not None
    return found[1]
