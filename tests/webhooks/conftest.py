"""The API, and the whole web application, of two shops."""

from collections.abc import AsyncIterator

import httpx
import pytest

from bot.app import App
from core.db.runtime import Runtime
from tests.webhooks.api.harness import ApiHarness, open_api_harness
from webhooks.app import create_app


@pytest.fixture
async def api(runtime: Runtime) -> AsyncIterator[ApiHarness]:
    """Yield the API on a database of each kind, with two shops."""
    async with open_api_harness(runtime) as opened:
        yield opened


@pytest.fixture
async def web(api: ApiHarness) -> AsyncIterator[httpx.AsyncClient]:
    """The whole web application, with the API where it is mounted."""
    web = create_app(App.from_runtime(api.runtime))
    transport = httpx.ASGITransport(web, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        yield client
