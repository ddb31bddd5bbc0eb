"""Feeds and external calendars on the admin pages: added, shown once, refreshed, removed."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from core.db.tables import external_calendars, feeds
from tests.webhooks.admin.conftest import AdminHarness, field_errors, field_value, visible_text

# The API below is tested on both databases; here it is the forms.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_an_address_is_shown_once_and_revoked(
    admin: AdminHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    await admin.api.add_booked_customer()
    browser = await admin.signed_in_browser("owner")
    home = f"/shops/{admin.api.shop.shop_id}/setup/calendars"
    assert "No address so far." in visible_text(await browser.get(home))
    ana = admin.api.shop.providers["Ana"]
    made = await browser.submit_form(f"{home}/out", whose=str(ana))
    url = field_value(made, "made")
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/calendars/[\w-]{32}\.ics", url)
    assert "Ana's calendar has this address. It is shown this once" in visible_text(made)
    assert f'href="{url.replace("http", "webcal", 1)}"' in made.text
    assert "need an address that the world reaches" in visible_text(made)
    file = await admin.signed_out_browser().client.get(url)
    assert (file.status_code, "Cut – Marta" in file.text) == (200, True)
    await browser.submit_form(f"{home}/out", whose="")
    later = await browser.get(home)
    assert "Ana's calendar an address made Mon 9 Mar 10:00 am Revoke" in visible_text(later)
    assert "The whole shop an address made" in visible_text(later)
    assert ".ics" not in later.text.replace("/basic.ics", "")
    first = re.findall(r"/out/(\d+)/revoke", later.text)[0]
    gone = await browser.submit_form(f"{home}/out/{first}/revoke")
    assert gone.headers["location"] == f"/admin{home}?said=revoked"
    assert (await admin.signed_out_browser().client.get(url)).status_code == 404
    monkeypatch.setattr("core.calendar_sync.feeds.MAX_FEEDS", 1)
    full = await browser.submit_form(f"{home}/out", whose="")
    assert field_errors(full) == {"whose": "No more than 1. Take one away first."}


async def test_a_calendar_elsewhere_is_named_looked_at_and_removed(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("owner")
    home = f"/shops/{admin.api.shop.shop_id}/setup/calendars"
    assert field_errors(await browser.submit_form(f"{home}/in")) == {
        "provider_id": "Choose whose time it takes.",
        "url": "Paste the calendar's address. It ends in .ics for most.",
    }
    ana = str(admin.api.shop.providers["Ana"])
    odd = await browser.submit_form(f"{home}/in", provider_id=ana, url="ftp://cal.example/a.ics")
    assert field_errors(odd) == {"url": "The address is not one of http or https."}
    assert field_value(odd, "url") == "ftp://cal.example/a.ics"
    made = await browser.submit_form(
        f"{home}/in", provider_id=ana, url="webcal://cal.example/k3y.ics"
    )
    assert made.headers["location"] == f"/admin{home}?said=reading"
    urls = sa.select(external_calendars.c.url)
    assert await admin.api.fetch_scalar(urls) == "https://cal.example/k3y.ics"
    shown = await browser.get(home)
    assert "cal.example for Ana Not read yet: that takes a minute. Read again" in visible_text(
        shown
    )
    assert "k3y" not in shown.text
    for fetched, said in (
        ({"error": "unreachable"}, "Nothing answers at this address. Tried Mon 9 Mar 10:00 am."),
        ({"error": "odd"}, "It could not be read. Tried Mon 9 Mar 10:00 am."),
        ({"error": ""}, "Read Mon 9 Mar 10:00 am: no times kept free of bookings"),
    ):
        async with admin.api.runtime.transaction() as ctx:
            read = external_calendars.update().values(fetched_at=ctx.now, **fetched)
            await ctx.execute(read)
        assert f"cal.example for Ana {said}" in visible_text(await browser.get(home))
    (number,) = set(re.findall(r"/in/(\d+)/read", shown.text))
    again = await browser.submit_form(f"{home}/in/{number}/read")
    assert again.headers["location"] == f"/admin{home}?said=reading"
    gone = await browser.submit_form(f"{home}/in/{number}/remove")
    assert gone.headers["location"] == f"/admin{home}?said=removed"
    assert await admin.api.fetch_scalar(urls) is None


async def test_providers_see_and_do_what_is_their_own(admin: AdminHarness) -> None:
    owner, hers = await admin.signed_in_browser("owner"), await admin.signed_in_browser("provider")
    place = admin.api.shop
    home = f"/shops/{place.shop_id}/setup/calendars"
    leo = str(place.providers["Leo"])
    await owner.submit_form(f"{home}/out", whose="")
    await owner.submit_form(f"{home}/out", whose=leo)
    await owner.submit_form(f"{home}/in", provider_id=leo, url="https://leo.example/a.ics")
    shown = visible_text(await hers.get(home))
    assert ("No address so far." in shown, "Leo" in shown, "leo.example" in shown) == (
        True, False, False,
    )  # fmt: skip
    for path, form in (
        ("out", {"whose": ""}),
        ("out", {"whose": leo}),
        ("in", {"provider_id": leo, "url": "https://hers.example/a.ics"}),
        ("out/1/revoke", {}),
        ("out/2/revoke", {}),
        ("in/1/read", {}),
        ("in/1/remove", {}),
    ):
        assert (await hers.submit_form(f"{home}/{path}", **form)).status_code == 404
    await hers.submit_form(f"{home}/out", whose=str(place.providers["Ana"]))
    assert "Ana's calendar an address made" in visible_text(await hers.get(home))
    assert await admin.api.fetch_scalar(sa.select(sa.func.count()).select_from(feeds)) == 3
    for who in ("other owner", "customer"):
        assert (await (await admin.signed_in_browser(who)).get(home)).status_code == 404
    desk = visible_text(await (await admin.signed_in_browser("receptionist")).get(home))
    assert ("Leo's calendar" in desk, "leo.example for Leo" in desk) == (True, True)
