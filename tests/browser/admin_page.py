"""The page /admin as the people of a shop open it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, expect

from tests.browser.simulator_page import HEIGHTS, SimulatorBrowser
from tests.webhooks.public.simulator_harness import SimulatorHarness


@asynccontextmanager
async def open_admin_page(
    chromium: Browser,
    simulator: SimulatorHarness,
    width: int = 1440,
    scheme: str = "light",
    *,
    scripts: bool = True,
) -> AsyncIterator[SimulatorBrowser]:
    """Open the page as the demo's admin; it must have had nothing to complain of at the end."""
    context = await chromium.new_context(
        viewport={"width": width, "height": HEIGHTS[width]},
        color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
        java_script_enabled=scripts,
        locale="en-GB",
        timezone_id="Europe/Madrid",
    )
    page = await context.new_page()
    opened = SimulatorBrowser(page, width)
    page.on("pageerror", lambda error: opened.trouble.append(str(error)))
    page.on("console", lambda message: opened.trouble.append(message.text))
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith(simulator.url) else opened.trouble.append(request.url)
        ),
    )
    await page.goto(f"{simulator.url}/admin")
    yield opened
    assert opened.trouble == [], opened.trouble
    await context.close()


async def sign_in_to_demo(at: SimulatorBrowser, shop: str = "") -> None:
    """Sign in as the demo's admin, and go to a shop."""
    await at.page.get_by_role("button", name="Look around as its admin").click()
    await expect(at.page.get_by_role("heading", name="Choose a shop")).to_be_visible()
    if shop:
        await at.page.get_by_role("link", name=shop).click()


async def check_accessibility(
    at: SimulatorBrowser, simulator: SimulatorHarness, *paths: str
) -> None:
    """Hold pages to their width, and to axe's rules: half of them where wide, the rest narrow."""
    found = {}
    for n, path in enumerate(paths):
        await at.page.goto(f"{simulator.url}/admin/{path}")
        wider = (
            "Math.max(...[document.documentElement, document.querySelector('.nav')]"
            ".map(e => e ? e.scrollWidth - e.clientWidth : 0))"
        )
        mine = n % 2 == (at.width < 720)
        found[path] = (await at.axe() if mine else [], await at.page.evaluate(wider))
    wrong = {path: seen for path, seen in found.items() if seen != ([], 0)}
    assert wrong == {}, wrong
