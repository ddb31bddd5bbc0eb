"""The simulator's page as a person uses it: what is on it, and what hands do with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Locator, Page, expect

from tests.webhooks.public.simulator_harness import SimulatorHarness

HEIGHTS = {390: 844, 768: 1024, 1440: 900}

RULES = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}


@dataclass(slots=True)
class SimulatorBrowser:
    """One open page. `trouble` is what it complained of: errors, refused loads, other hosts."""

    page: Page
    width: int
    trouble: list[str] = field(default_factory=list)

    @property
    def customer(self) -> Locator:
        return self.page.locator("#customer-phone")

    @property
    def shop(self) -> Locator:
        return self.page.locator("#staff-phone")

    @property
    def text(self) -> Locator:
        return self.page.locator("#customer-text")

    async def choose(self, name: str) -> None:
        """Choose a radio button by its label, as a finger does: on the label."""
        await self.page.locator("label", has=self.page.get_by_role("radio", name=name)).click()

    async def look_at(self, side: str) -> None:
        """Bring a phone into sight where only one is shown."""
        if self.width < 720:
            await self.choose(side)

    async def write(self, text: str) -> None:
        """Write on the customer's phone and send it."""
        await self.text.fill(text)
        await self.text.press("Enter")

    async def answered(self, text: str) -> None:
        """Wait for the newest message on the customer's phone to contain `text`."""
        await expect(self.customer.locator(".talk > .in").last).to_contain_text(text)

    async def suggested(self) -> None:
        """Take the first suggestion over the keyboard."""
        await self.customer.locator(".chips button").first.click()

    async def focus(self) -> str:
        """Say where the focus is: an id, or the words of the element."""
        script = "(e => e.id || e.innerText.trim())(document.activeElement)"
        return str(await self.page.evaluate(script))

    async def axe(self) -> list[str]:
        """Return what axe finds wrong with the page as it stands."""
        # A message that is still moving in is not yet what one reads.
        await self.page.evaluate(
            "Promise.all(document.getAnimations().map(a => a.finished.catch(() => {})))"
        )
        found = await Axe().run(self.page, options=RULES)
        return [
            f"{violation['id']}: {node['html']}"
            for violation in found.response["violations"]
            for node in violation["nodes"]
        ]


@asynccontextmanager
async def open_simulator(
    chromium: Browser,
    simulator: SimulatorHarness,
    width: int = 1440,
    scheme: str = "light",
    motion: str = "no-preference",
) -> AsyncIterator[SimulatorBrowser]:
    """Open the simulator; when the block ends, the page must have had nothing to complain of."""
    context = await chromium.new_context(
        viewport={"width": width, "height": HEIGHTS[width]},
        color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion=motion,  # type: ignore[arg-type]
    )
    page = await context.new_page()
    opened = SimulatorBrowser(page, width)
    page.on("pageerror", lambda error: opened.trouble.append(str(error)))
    page.on("console", lambda message: opened.trouble.append(message.text))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((simulator.url, "data:"))
            else opened.trouble.append(request.url)
        ),
    )
    await page.goto(f"{simulator.url}/simulator")
    await page.wait_for_selector("body[data-ready]")
    yield opened
    assert opened.trouble == []
    await context.close()
