"""Fixtures of the API's tests."""

from collections.abc import AsyncIterator

import pytest

from core.runtime import Runtime
from tests.webhooks.admin.house import House, open_house


@pytest.fixture
async def house(runtime: Runtime) -> AsyncIterator[House]:
    """Yield the API on a database of each kind, with two shops and their people."""
    async with open_house(runtime) as opened:
        yield opened
