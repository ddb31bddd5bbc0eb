"""Reports and audit log on the admin pages show the API's figures."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from core.db.tables import audit, identities, users
from tests.support.chat import ChatHarness
from tests.webhooks.admin.conftest import AdminHarness, visible_text

# The API below is tested on both databases; here it is the page.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_figures_are_drawn_and_told(admin: AdminHarness) -> None:
    await admin.api.add_booked_customer()
    browser = await admin.signed_in_browser("owner")
    home = f"/shops/{admin.api.shop.shop_id}/figures"
    page = await browser.get(f"{home}?period=ahead")
    shown = visible_text(page)
    assert "Bookings 1 0 of them cancelled or missed" in shown
    assert "Revenue booked 25 EUR 0 EUR marked paid" in shown
    assert re.findall(r'role="img" aria-label="([^"]+)"', page.text) == [
        "Bookings: 1 in all, the most on 10 Mar: 1.",
        "Revenue booked, in EUR: 25 EUR in all, the most on 10 Mar: 25 EUR.",
        "Busiest hours: Tue at 10:00, 1 begun.",
    ]
    assert "When Standing or done Cancelled or missed 10 Mar 1" in shown
    assert "When EUR 10 Mar 25 EUR" in shown
    assert "Ana 1 25 EUR" in shown
    assert re.findall(r" style=|<style", page.text) == []
    chosen = visible_text(await browser.get(f"{home}?since=2026-03-09&until=2026-03-10&by=week"))
    assert "Mon 9 Mar 2026 to Tue 10 Mar 2026" in chosen
    assert "9 Mar 1" in chosen
    for odd in ("since=2020-01-01&until=2026-03-10", "since=2026-03-10&until=2026-03-01"):
        refused = await browser.get(f"{home}?{odd}")
        assert refused.status_code == 422
        assert "Choose a period of up to a year, the end last." in visible_text(refused)
    month = await browser.get(f"{home}?period=365&since=nonsense")
    assert "Sun 8 Feb 2026 to Mon 9 Mar 2026" in visible_text(month)


async def test_talks_are_counted_with_what_people_left_open(admin: AdminHarness) -> None:
    place = admin.api.shop
    town = ChatHarness(admin.api.runtime)
    line = town.line_of_channel(place.line_id, place.shop_id)
    for address, texts in (("+34600111801", ("cut",)), ("+34600111802", ("hi",))):
        for text in texts:
            await town.send_text(line, address, text)
    shown = visible_text(
        await (await admin.signed_in_browser("owner")).get(f"/shops/{place.shop_id}/figures")
    )
    assert "Talks 2 began, 0 led to a booking (0 %). Left without" in shown
    assert "which service 1" in shown
    assert "which time 1" in shown


async def test_a_provider_sees_their_own_figures(admin: AdminHarness) -> None:
    await admin.api.add_booked_customer()
    home = f"/shops/{admin.api.shop.shop_id}/figures"
    leo = admin.api.shop.providers["Leo"]
    provider = await admin.signed_in_browser("provider")
    assert "Bookings 1" in visible_text(await provider.get(f"{home}?period=ahead"))
    assert (await provider.get(f"{home}?provider={leo}")).status_code == 404
    for who, status in (("receptionist", 403), ("other owner", 404)):
        assert (await (await admin.signed_in_browser(who)).get(home)).status_code == status
    owner = await admin.signed_in_browser("owner")
    assert "Bookings 0" in visible_text(await owner.get(f"{home}?period=ahead&provider={leo}"))


async def test_changes_are_told_by_field(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("owner")
    place = admin.api.shop
    home = f"/shops/{place.shop_id}"
    assert "No changes yet." in visible_text(await browser.get(f"{home}/audit"))
    form = {"name": "Trim", "minutes": "30", "price": "25", "synonyms": "corte", "active": "1"}
    await browser.submit_form(f"{home}/setup/services/{place.services['Cut']}", **form)
    shown = visible_text(await browser.get(f"{home}/audit"))
    assert "Changed service Owner Mon 9 Mar 10:00 am" in shown
    assert "name Cut Trim" in shown
    assert f"shops/{place.shop_id}/services/{place.services['Cut']}, from 192.0.2.1" in shown
    for who, status in (("receptionist", 403), ("other owner", 404)):
        assert (
            await (await admin.signed_in_browser(who)).get(f"{home}/audit")
        ).status_code == status


async def test_changes_are_told_in_words_and_say_who(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("owner")
    home = f"/shops/{admin.api.shop.shop_id}"
    await browser.submit_form(f"{home}/setup/dates", day="2026-03-20", reason="Flood")
    await browser.submit_form(f"{home}/setup/dates", day="2026-03-21", reason="Still wet")
    async with admin.api.runtime.transaction() as ctx:
        who = sa.select(audit.c.user_id).order_by(audit.c.id.desc()).limit(1)
        user_id = await ctx.scalar(who)
        await ctx.execute(users.update().where(users.c.id == user_id).values(name=""))
        phone = sa.select(identities.c.value).where(
            identities.c.user_id == user_id, identities.c.kind == "phone"
        )
        address = await ctx.scalar(phone)
    shown = visible_text(await browser.get(f"{home}/audit"))
    # Only the day that was added, as words; and an account without a name is known by its phone.
    assert f"Set shop date hours {address} Mon 9 Mar 10:00 am" in shown
    assert "items – day 2026-03-21, reason Still wet" in shown
    assert "created at" not in shown
    assert "{" not in shown
    assert "Nobody" not in shown
