"""The page /admin in a real browser: founding a shop, a booking on behalf, the day."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.async_api import Browser, expect

from core.db.tables import lines
from core.people.consent import record_reported_consent
from core.people.customers import add_customer
from core.people.identities import get_or_create_contact
from tests.browser.admin_page import check_accessibility, open_admin_page, sign_in_to_demo
from tests.browser.simulator_page import SimulatorBrowser
from tests.webhooks.public.simulator_harness import SimulatorHarness

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
async def test_from_nothing_to_a_shop_with_a_booking(
    chromium: Browser, simulator: SimulatorHarness, width: int, scheme: str
) -> None:
    async with open_admin_page(chromium, simulator, width, scheme) as at:
        page = at.page
        await sign_in_to_demo(at)
        await page.get_by_role("link", name="New shop").click()
        await page.get_by_label("Name", exact=True).fill("Blue Door")
        await page.get_by_label("Country").select_option("Spain")
        await expect(page.get_by_label("Time zone")).to_have_value("Europe/Madrid")
        await page.get_by_role("button", name="Go on to hours").click()
        await expect(page.get_by_role("status")).to_have_text(
            "The shop is there. Three steps are left."
        )
        await page.get_by_role("button", name="Go on to services").click()
        await page.get_by_label("Name").fill("Cut")
        await page.get_by_label("Price in EUR").fill("25,50")
        await page.get_by_role("button", name="Add the service").click()
        await expect(page.locator(".rows")).to_have_text(re.compile("Cut.*30 min.*25.50 EUR"))
        await page.get_by_role("link", name="Go on to people").click()
        await page.get_by_label("Name").fill("Ana")
        await page.get_by_role("button", name="Add them").click()
        await page.get_by_role("link", name="Open the shop").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Blue Door can be booked")
        await page.get_by_role("link", name="To today").click()
        await book(at, simulator)


async def book(at: SimulatorBrowser, simulator: SimulatorHarness) -> None:
    """Book for somebody, look at it in the drawer, note that they came: by keyboard where it is."""
    page = at.page
    await page.get_by_role("link", name="New booking").click()
    drawer = page.get_by_role("dialog")
    await expect(drawer.get_by_role("heading", name="New booking")).to_be_visible()
    assert await at.focus() == "name"
    await page.keyboard.type("Marta Ruiz")
    await drawer.get_by_label("Day").fill("2026-03-09")
    await drawer.get_by_label("Time").fill("11:00")
    await drawer.get_by_role("button", name="Book", exact=True).click()
    await expect(page.get_by_role("status")).to_have_text(
        "Booked. Nothing could be sent to the customer: please tell them yourself."
    )
    await expect(page.locator("#sum")).to_have_text("1 booking")
    visit = page.get_by_role("link", name="Marta Ruiz")
    await visit.focus()
    await page.keyboard.press("Enter")
    await expect(drawer.get_by_role("heading", level=1)).to_have_text("Marta Ruiz")
    assert await at.axe() == []
    await page.keyboard.press("Escape")
    await expect(drawer).to_be_hidden()
    assert "Marta Ruiz" in await at.focus()
    await page.keyboard.press("Enter")
    # The visit is an hour ahead: nobody can have come to it yet, nor stayed away.
    await expect(drawer.get_by_role("heading", level=1)).to_have_text("Marta Ruiz")
    for ahead in ("Has come", "Done", "Did not come"):
        await expect(drawer.get_by_role("button", name=ahead, exact=True)).to_have_count(0)
    await page.keyboard.press("Escape")
    simulator.stage.clock.advance(timedelta(minutes=55))
    await visit.click()
    await drawer.get_by_role("button", name="Has come").click()
    await expect(page.locator('.visit[data-state="in_progress"]')).to_contain_text("Marta Ruiz")


async def test_the_day_keeps_itself_fresh(chromium: Browser, simulator: SimulatorHarness) -> None:
    async with (
        open_admin_page(chromium, simulator) as at,
        open_admin_page(chromium, simulator, 390) as other,
    ):
        await sign_in_to_demo(at)
        await at.page.get_by_role("link", name="Bella Hair").click()
        await expect(at.page.locator("#sum")).to_have_text("0 bookings")
        # A place on the board begins a booking there: Leo's column, two hours down from nine.
        lane = at.page.locator("ol.lane").nth(1)
        box = await lane.bounding_box()
        assert box is not None
        await lane.click(position={"x": 40, "y": box["height"] * 2 / 9 + 3})
        await expect(at.page.get_by_label("Time", exact=True)).to_have_value("11:00")
        await expect(at.page.get_by_label("With", exact=True)).to_have_value("2")
        await at.page.keyboard.press("Escape")
        await sign_in_to_demo(other)
        await other.page.get_by_role("link", name="Bella Hair").click()
        await other.page.get_by_role("link", name="New booking").click()
        await other.page.get_by_label("Who comes").fill("Diego Soler")
        await other.page.get_by_label("Time", exact=True).fill("15:00")
        await other.page.get_by_role("button", name="Book", exact=True).click()
        await expect(other.page.get_by_role("status")).to_contain_text("Booked.")
        # The first page asks for its board every few seconds.
        await expect(at.page.get_by_role("link", name="Diego Soler")).to_be_visible(timeout=10_000)
        await expect(at.page.locator("#sum")).to_have_text("1 booking")


async def test_the_demo_begins_anew_after_a_change_on_the_page(
    chromium: Browser, simulator: SimulatorHarness
) -> None:
    async with open_admin_page(chromium, simulator, 390) as at:
        page = at.page
        for begin_anew in (simulator.stage.reset, simulator.stage.start_fresh):
            await sign_in_to_demo(at, "Bella Hair")
            await page.goto(f"{simulator.url}/admin/shops/1/setup/rooms")
            await page.get_by_label("Name", exact=True).last.fill("Attic")
            await page.get_by_role("button", name="Add the room").click()
            await page.goto(f"{simulator.url}/admin/shops/1/audit")
            await expect(page.locator(".audit li")).to_have_text(
                re.compile("Added room Demo admin .*Attic", re.DOTALL)
            )
            await begin_anew()
            # Whoever looked around is out: the account went with everything else.
            await page.goto(f"{simulator.url}/admin/shops/1/audit")
            await expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
            await page.goto(f"{simulator.url}/admin")
            await sign_in_to_demo(at)
            await page.goto(f"{simulator.url}/admin/shops/1/audit")
            await expect(page.get_by_text("No changes yet.")).to_be_visible()
            await page.goto(f"{simulator.url}/")
            await expect(page).to_have_url(f"{simulator.url}/simulator")
            await page.context.clear_cookies()
            await page.goto(f"{simulator.url}/admin")


async def test_the_country_of_a_new_shop_agrees_with_its_zone(
    chromium: Browser, simulator: SimulatorHarness
) -> None:
    async with open_admin_page(chromium, simulator, 390) as at:
        await sign_in_to_demo(at)
        await at.page.get_by_role("link", name="New shop").click()
        country, zone = at.page.get_by_label("Country"), at.page.get_by_label("Time zone")
        # British English, read in Madrid.
        await expect(country).to_have_value("ES")
        await expect(zone).to_have_value("Europe/Madrid")
        for code, name in (("IN", "Asia/Kolkata"), ("US", ""), ("ES", "Europe/Madrid")):
            await country.select_option(code)
            await expect(zone).to_have_value(name)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "dark"), (390, "light")])
async def test_every_page_is_readable(
    chromium: Browser, simulator: SimulatorHarness, width: int, scheme: str
) -> None:
    async with open_admin_page(chromium, simulator, width, scheme) as at:
        await sign_in_to_demo(at)
        await check_accessibility(
            at, simulator, "sign-in?said=out", "new", "shops/1/day", "shops/1/week",
            "shops/1/setup", "shops/1/setup/hours?first=1", "shops/1/setup/services",
            "shops/1/setup/services/1", "shops/1/setup/people", "shops/1/setup/people/1",
            "shops/1/setup/people/1/away", "shops/1/setup/dates", "shops/1/setup/shop",
            "shops/1/setup/reminders", "shops/1/setup/answers", "shops/1/setup/team",
            "shops/1/setup/entrances", "shops/1/customers?q=nobody", "shops/1/talks",
            "shops/1/messages", "shops/1/figures?period=ahead", "shops/1/audit",
            "shops/1/setup/words", "shops/1/setup/words/booked/en",
            "shops/1/setup/calendars", "shops/1/setup/files?what=bookings",
            "shops/1/classes", "shops/1/setup/rooms",
            "figures?period=365", "users", "users/1", "?all=1",
        )  # fmt: skip


@pytest.mark.parametrize(("width", "scheme"), [(1440, "dark"), (390, "light")])
async def test_consent_and_lines_are_readable_with_everything_open(
    chromium: Browser, simulator: SimulatorHarness, width: int, scheme: str
) -> None:
    async with simulator.stage.app.runtime.transaction() as ctx:
        customer = await add_customer(ctx, 1, "Marta", "+34600111222")
        line = await ctx.first(sa.select(lines).where(lines.c.channel == "sms"))
        assert line is not None
        talk = (await get_or_create_contact(ctx, line, "+34600111222")).conversation_id
        await record_reported_consent(ctx, talk, given=True, wording="by all means")
        await record_reported_consent(ctx, talk, given=False, wording="asked us at the desk")
    async with open_admin_page(chromium, simulator, width, scheme) as at:
        await sign_in_to_demo(at)
        for path in (f"shops/1/customers/{customer}", "lines"):
            await at.page.goto(f"{simulator.url}/admin/{path}")
            await at.page.locator("details").evaluate_all("all => all.map(e => e.open = true)")
            wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert (path, await at.axe(), await at.page.evaluate(wider)) == (path, [], 0)
