"""A talk taken over from the bot on the page, while the customer writes on their phone."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.browser.admin_page import open_admin_page, sign_in_to_demo
from tests.browser.simulator_page import open_simulator
from tests.webhooks.public.simulator_harness import SimulatorHarness

pytestmark = pytest.mark.browser


async def test_a_person_takes_over_and_hands_back(
    chromium: Browser, simulator: SimulatorHarness
) -> None:
    async with (
        open_simulator(chromium, simulator) as phone,
        open_admin_page(chromium, simulator, 390, "dark") as at,
    ):
        await phone.write("Hi")
        await phone.answered("Welcome to Bella Hair.")
        page = at.page
        await sign_in_to_demo(at, "Bella Hair")
        await page.get_by_role("link", name="Talks").click()
        await page.get_by_role("main").get_by_role("listitem").get_by_role("link").click()
        said = page.get_by_role("list", name="What was said")
        await expect(said.get_by_role("listitem").first).to_contain_text("Hi")
        await page.get_by_role("button", name="Take over").click()
        await expect(page.get_by_role("status")).to_contain_text("The talk is yours")
        back = page.get_by_role("button", name="Hand back to the bot")
        await expect(back).to_be_visible(timeout=10_000)
        assert await at.axe() == []
        # The bot keeps quiet; what the customer writes comes to the page by itself.
        await phone.write("Can my dog come too?")
        await expect(said).to_contain_text("Can my dog come too?", timeout=10_000)
        await page.get_by_label("Write to").fill("Of course, bring him.")
        await page.get_by_role("button", name="Send").click()
        await expect(page.get_by_role("status")).to_have_text("Sent in the shop's name.")
        await phone.answered("Of course, bring him.")
        await back.click()
        await expect(page.get_by_role("status")).to_have_text("The bot answers again.")
        await phone.answered("It is me again, the booking assistant.")
