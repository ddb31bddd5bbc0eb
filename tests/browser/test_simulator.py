"""The simulator in a real browser: the tour, both themes, small and wide, keyboard only."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.browser.simulator_page import SimulatorBrowser, open_simulator
from tests.webhooks.public.simulator_harness import SimulatorHarness

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
async def test_simulator_tour(
    chromium: Browser, simulator: SimulatorHarness, width: int, scheme: str
) -> None:
    async with open_simulator(chromium, simulator, width, scheme) as at:
        assert await at.axe() == []
        await book_a_cut(at)
        await approve_it(at)
        await cancel_it(at)
        await expect(at.page.locator("#tour-count")).to_have_text("3 of 3")
        await expect(at.page.locator("#finished")).to_be_visible()
        assert await at.axe() == []


async def book_a_cut(at: SimulatorBrowser) -> None:
    await at.page.get_by_role("button", name="Start as a customer").click()
    assert await at.focus() == "customer-text"
    await expect(at.text).to_have_value("Can I get a cut tomorrow after 3?")
    await at.text.press("Enter")
    await at.answered("1 3:00 pm Ana")
    assert await at.axe() == []
    await at.write("1")
    await at.answered("and your name to book")
    await at.suggested()
    await at.answered("Booked, Marta! Cut with Ana, Tue 10 Mar 3:00 pm")
    await expect(at.page.locator('[data-step="book"]')).to_have_class("done")
    await expect(at.page.locator("#bookings .state")).to_have_text("Confirmed")
    await at.look_at("Shop")
    await expect(at.shop.locator(".talk > .in p")).to_contain_text("New: Cut with Ana")
    assert await at.axe() == []


async def approve_it(at: SimulatorBrowser) -> None:
    await at.page.get_by_role("button", name="Go to the dentist").click()
    await at.choose("WhatsApp")
    await at.write("check-up tomorrow at 10am")
    await at.answered("Held for 5 min")
    await at.suggested()
    await at.answered("Smile Dental confirms it soon")
    assert await at.axe() == []
    await at.look_at("Shop")
    await at.shop.get_by_role("button", name="Approve").click()
    await expect(at.shop.locator(".talk > .in").last).to_contain_text("Approved: Ananya")
    assert await at.axe() == []
    await at.look_at("Customer")
    await at.answered("Smile Dental confirmed: Check-up with Dr Asha Rao, Tue 10 Mar 10:00 am")
    await expect(at.page.locator('[data-step="approve"]')).to_have_class("done")


async def cancel_it(at: SimulatorBrowser) -> None:
    await at.page.get_by_role("button", name="Show my bookings").click()
    await expect(at.text).to_have_value("my bookings")
    await at.text.press("Enter")
    await at.customer.get_by_role("button", name="Call it off").click()
    await at.answered("call it off?")
    await at.customer.get_by_role("button", name="Yes").click()
    await at.answered("Called off: Check-up")
    await expect(at.page.locator('[data-step="cancel"]')).to_have_class("done")


async def test_booking_by_keyboard_alone(chromium: Browser, simulator: SimulatorHarness) -> None:
    async with open_simulator(chromium, simulator) as at:
        press = at.page.keyboard.press
        await press("Tab")
        assert await at.focus() == "Skip to the customer's phone"
        await press("Enter")
        await press("Tab")
        await at.page.locator("#customer-text").focus()
        # Back from the text to the looks: suggestions, messages, channel.
        for _ in range(4):
            await press("Shift+Tab")
        assert await at.page.evaluate("document.activeElement.value") == "sms"
        await press("ArrowRight")
        await press("ArrowRight")
        await expect(at.customer).to_have_attribute("data-look", "telegram")
        for _ in range(4):
            await press("Tab")
        assert await at.focus() == "customer-text"
        await at.page.keyboard.type("cut tomorrow after 5")
        await press("Enter")
        await at.answered("Cut, 30 min")
        assert await at.focus() == "customer-text"
        await at.customer.get_by_role("button", name="5:00 pm").focus()
        await press("Enter")
        # The answer takes the place of the question, and the focus stays in it.
        await at.answered("I hold it for 5 min.")
        assert await at.focus() == "Confirm"
        await press("Enter")
        await at.answered("share it with the button below")
        assert await at.focus() == "customer-text"
        await press("Shift+Tab")
        assert await at.focus() == "Share my number"
        await press("Enter")
        await at.answered("What is your name?")
        assert await at.focus() == "customer-text"
        await press("Shift+Tab")
        assert await at.focus() == "Marta"
        await press("Enter")
        await expect(
            at.customer.locator(".talk > .in p", has_text="Booked, Marta!")
        ).to_be_visible()
        await expect(at.page.locator("#bookings .state")).to_have_text("Confirmed")


async def test_people_are_tabs_by_arrow_keys(
    chromium: Browser, simulator: SimulatorHarness
) -> None:
    async with open_simulator(chromium, simulator) as at:
        first, second, third = [
            at.page.get_by_role("tab", name=name) for name in ("Marta", "Diego", "Inés")
        ]
        await first.focus()
        for key, tab in (("ArrowRight", second), ("End", third), ("ArrowRight", first)):
            await at.page.keyboard.press(key)
            await expect(tab).to_be_focused()
            await expect(tab).to_have_attribute("aria-selected", "true")
            await expect(at.customer).to_have_attribute(
                "aria-labelledby", await tab.get_attribute("id") or ""
            )


async def test_code_drops_in_as_news_of_another_talk(
    chromium: Browser, simulator: SimulatorHarness
) -> None:
    async with open_simulator(chromium, simulator, 390) as at:
        await at.choose("Telegram")
        await at.write("cut tomorrow at 5pm with Leo")
        await at.customer.get_by_role("button", name="Confirm").click()
        await expect(at.customer.get_by_role("button", name="Share my number")).to_be_visible()
        assert await at.axe() == []
        await at.write("600 111 222")
        news = at.customer.locator(".banner button")
        await expect(news).to_contain_text("Bella Hair · SMS")
        assert await at.axe() == []
        await news.click()
        await expect(at.customer).to_have_attribute("data-look", "sms")
        await expect(at.customer.locator(".talk > .in")).to_contain_text(
            "is for the chat where you book"
        )


async def test_calendar_can_be_tapped_at_arms_length(
    chromium: Browser, simulator: SimulatorHarness
) -> None:
    async with open_simulator(chromium, simulator, 390) as at:
        await at.choose("Telegram")
        await at.write("cut tomorrow after 5")
        await at.customer.get_by_role("button", name="Calendar").click()
        await expect(at.customer.locator(".cell", has_text="March")).to_be_visible()
        day = at.customer.get_by_role("button", name="Thu 12 Mar")
        await expect(day).to_have_text("12")
        assert await at.axe() == []
        await day.click()
        await expect(at.customer.locator(".cell", has_text="March")).to_have_count(0)
        assert await at.axe() == []


async def test_list_opens_from_below_and_gives_the_focus_back(
    chromium: Browser, simulator: SimulatorHarness
) -> None:
    async with open_simulator(chromium, simulator, 390, "dark") as at:
        await at.choose("WhatsApp")
        await at.write("cut tomorrow after 3")
        opener = at.customer.get_by_role("button", name="Choose")
        await opener.click()
        rows = at.page.get_by_role("dialog").locator(".row")
        await expect(rows.first).to_be_focused()
        assert await at.axe() == []
        await at.page.keyboard.press("ArrowDown")
        await expect(rows.nth(1)).to_be_focused()
        await at.page.keyboard.press("Escape")
        await expect(opener).to_be_focused()
        await opener.click()
        await rows.first.click()
        await at.answered("Held for 5 min")
        await expect(at.customer.locator(".talk > .out").last).to_contain_text("3:00 pm")


async def test_jump_and_reset_by_their_buttons(
    chromium: Browser, simulator: SimulatorHarness
) -> None:
    async with open_simulator(chromium, simulator) as at:
        jump = at.page.get_by_role("button", name="Jump ahead")
        await expect(jump).to_have_attribute("aria-disabled", "true")
        await at.write("cut tomorrow at 5pm with Leo")
        await expect(at.page.locator("#due")).to_have_text("10:05 am: a hold runs out")
        await expect(at.page.locator("#clock")).to_have_text("Mon 9 Mar, 10:00 am")
        await jump.click()
        await expect(at.page.locator("#clock")).to_have_text("Mon 9 Mar, 10:05 am")
        await expect(at.page.locator("#bookings .state")).to_have_text("Expired")
        await expect(at.page.get_by_role("status")).to_contain_text(
            "It is Mon 9 Mar, 10:05 am: a hold runs out."
        )
        await expect(jump).to_be_focused()
        await at.page.get_by_role("button", name="Reset").click()
        await expect(at.customer.locator(".talk > li")).to_have_count(0)
        await expect(at.page.locator("#none")).to_be_visible()


async def test_what_people_write_stays_text(chromium: Browser, simulator: SimulatorHarness) -> None:
    evil = '<img src=x onerror="document.title=1"> <b>*bold*</b> {0} %s'
    async with open_simulator(chromium, simulator) as at:
        for look in ("SMS", "WhatsApp", "Telegram"):
            await at.choose(look)
            await at.write(evil)
            await expect(at.customer.locator(".talk > .out p").first).to_have_text(evil)
            await expect(at.customer.locator(".talk > .in")).to_have_count(1)
        assert await at.page.title() == "Slotline simulator"
        assert await at.page.locator(".talk img, .talk b").count() == 0


@pytest.mark.parametrize("width", [390, 768, 1440])
async def test_simulator_fits_every_width(
    chromium: Browser, simulator: SimulatorHarness, width: int
) -> None:
    async with open_simulator(chromium, simulator, width) as at:
        await at.write("hi")
        await at.answered("What would you like?")
        script = "document.documentElement.scrollWidth"
        assert await at.page.evaluate(script) == width
        small = await at.page.evaluate(
            """() => [...document.querySelectorAll('button, .segments label')]
                .filter((e) => e.offsetParent && !e.closest('.sr'))
                .map((e) => [e.innerText, e.getBoundingClientRect()])
                .filter(([, box]) => box.width < 36 || box.height < 34)
                .map(([text]) => text)"""
        )
        assert small == []
        shown = await at.page.locator(".phone:visible").count()
        assert shown == (1 if width < 720 else 2)


async def test_reduced_motion_stops_simulator_animations(
    chromium: Browser, simulator: SimulatorHarness
) -> None:
    async with open_simulator(chromium, simulator, motion="reduce") as at:
        await at.write("hi")
        await at.answered("What would you like?")
        lengths = await at.page.evaluate(
            "document.getAnimations().map(a => a.effect.getComputedTiming().duration)"
        )
        assert [length for length in lengths if length > 1] == []


async def test_messages_are_told_to_who_listens(
    chromium: Browser, simulator: SimulatorHarness
) -> None:
    async with open_simulator(chromium, simulator) as at:
        log = at.page.get_by_role("log", name="Messages with Bella Hair by SMS")
        await expect(log).to_have_count(1)
        await at.write("hi")
        await expect(log.locator(".talk > .out")).to_contain_text("You: hi")
        await expect(log.locator(".talk > .in")).to_contain_text("Bella Hair: Welcome")
        await expect(at.page.get_by_label("Message to Bella Hair by SMS")).to_be_focused()
