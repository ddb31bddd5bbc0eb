"""A real Chromium, named by CHROMIUM, and the simulator served to it."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from tests.support.runtimes import open_runtime
from tests.webhooks.public.simulator_harness import SimulatorHarness, simulator_harness

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
async def simulator(migrated_sqlite: Path, tmp_path: Path) -> AsyncIterator[SimulatorHarness]:
    """Yield the simulator with two shops; its clock stands at Monday 9 March 2026, 9:00 UTC."""
    shutil.copy(migrated_sqlite, tmp_path / "slotline.db")
    runtime = open_runtime(f"sqlite+aiosqlite:///{tmp_path / 'slotline.db'}", tmp_path)
    async with simulator_harness(runtime) as served:
        yield served


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """Yield a browser of its own, with a profile that is thrown away."""
    assert "CHROMIUM" in os.environ, "CHROMIUM names the browser: make test-browser sets it"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=os.environ["CHROMIUM"], args=FLAGS
        )
        yield browser
        await browser.close()
