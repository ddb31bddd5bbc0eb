"""Set-up in a real browser: with scripts and without, by keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, FilePayload, expect

from tests.browser.admin_page import open_admin_page, sign_in_to_demo
from tests.webhooks.public.simulator_harness import SimulatorHarness

pytestmark = pytest.mark.browser


async def test_a_shop_is_set_up_without_scripts(
    chromium: Browser, simulator: SimulatorHarness
) -> None:
    async with open_admin_page(chromium, simulator, 390, scripts=False) as at:
        page = at.page
        await sign_in_to_demo(at, "Bella Hair")
        await page.get_by_role("button", name="More").click()
        await page.get_by_role("link", name="Set-up").click()
        await page.get_by_role("link", name="Who gives them").click()
        await page.get_by_role("button", name="Ana takes bookings: switch off").click()
        await expect(page.get_by_role("status")).to_have_text("Saved.")
        await expect(page.get_by_role("button", name="Ana is away: switch on")).to_be_visible()
        await page.get_by_role("link", name="Ana").click()
        price = page.get_by_label("Cut: own price in EUR")
        await expect(price).to_have_attribute("placeholder", "25")
        await price.fill("thirty")
        await page.get_by_role("button", name="Save").click()
        await expect(price).to_have_value("thirty")
        await expect(price).to_have_attribute("aria-invalid", "true")
        assert len(at.trouble) == 1, "Chromium notes the 422"
        at.trouble.clear()
        await price.fill("30")
        await price.press("Enter")
        await expect(page.get_by_role("status")).to_have_text("Saved.")
        await page.get_by_role("link", name="Ana").click()
        await page.get_by_role("link", name="Time off").click()
        await page.get_by_label("First day").fill("2026-03-12")
        await page.get_by_role("button", name="Add the time off").click()
        await expect(page.get_by_role("listitem").filter(has_text="Remove")).to_have_text(
            re.compile("Thu 12 Mar 12:00 am to Fri 13 Mar 12:00 am")
        )


async def test_the_keyboard_is_enough_to_invite_somebody(
    chromium: Browser, simulator: SimulatorHarness
) -> None:
    async with open_admin_page(chromium, simulator, 1440, "dark") as at:
        page = at.page
        await sign_in_to_demo(at, "Bella Hair")
        await page.goto(f"{simulator.url}/admin/shops/1/setup/team")
        await page.keyboard.press("Tab")
        assert await at.focus() == "Skip to the page"
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        assert await at.focus() == "Set-up"
        await page.get_by_label("Name").focus()
        await page.keyboard.type("Rosa")
        await page.keyboard.press("Tab")
        await page.keyboard.type("600 111 777")
        await page.keyboard.press("Tab")
        await page.keyboard.press("ArrowUp")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status")).to_have_text(
            "Invited. Once they accept, they work here."
        )
        await expect(page.get_by_role("listitem").filter(has_text="Rosa")).to_contain_text(
            "Owner · +34600111777"
        )
        assert await at.axe() == []
        await page.get_by_role("button", name="Take the invitation of Rosa back").click()
        await expect(page.get_by_role("status")).to_have_text(
            "Taken back: it can be accepted no more."
        )
        await page.goto(f"{simulator.url}/admin/me")
        assert await at.axe() == []


async def test_words_are_seen_while_they_are_written(
    chromium: Browser, simulator: SimulatorHarness
) -> None:
    async with open_admin_page(chromium, simulator, 390) as at:
        page = at.page
        await sign_in_to_demo(at, "Bella Hair")
        await page.goto(f"{simulator.url}/admin/shops/1/setup/words/tell.expired/en")
        seen = page.locator("#seen")
        await expect(seen).to_contain_text("Bella Hair did not confirm Cut and colour, ")
        own = page.get_by_role("textbox", name="Words")
        await own.fill("{when:full} \u2639" + " so sorry" * 10)
        await expect(seen).to_contain_text("2 SMS, of 70 characters each for its letters.")
        await own.fill("{when} {who}")
        await expect(seen).to_contain_text("A name in braces is none that this message knows")
        await own.fill("Sorry! {when}")
        await expect(seen).to_contain_text("Left out: service, shop")
        assert await at.axe() == []
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("status")).to_have_text("Saved.")
        await page.get_by_role("button", name="Back to the usual words").click()
        await expect(page.get_by_role("status")).to_have_text("The usual words hold again.")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
async def test_a_file_is_looked_at_and_imported(
    chromium: Browser, simulator: SimulatorHarness, width: int, scheme: str
) -> None:
    async with open_admin_page(chromium, simulator, width, scheme) as at:
        page = at.page
        await sign_in_to_demo(at, "Bella Hair")
        await page.goto(f"{simulator.url}/admin/shops/1/setup/files")
        sheet = b"name,minutes\nPerm,90\nBeard,7\n"
        file = FilePayload(name="services.csv", mimeType="text/csv", buffer=sheet)
        await page.get_by_label("A file").set_input_files(file)
        await page.get_by_role("button", name="Look at it first").click()
        await expect(page.get_by_role("table")).to_have_text(
            re.compile(r"3\s*minutes\s*Minutes come in steps of five\.")
        )
        assert await at.axe() == []
        lines = page.get_by_label("The lines that were looked at")
        await lines.fill("name,minutes\nPerm,90\nBeard,20\n")
        await page.get_by_role("button", name="Look again").click()
        await page.get_by_role("button", name="Import 2 services").click()
        await expect(page.get_by_role("status")).to_have_text("2 services imported.")
