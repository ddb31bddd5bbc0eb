"""Message overrides on the admin pages: shown, previewed, saved, reset, refused."""

from __future__ import annotations

import pytest

from core.catalog.loader import load_catalog
from tests.webhooks.admin.conftest import AdminHarness, field_errors, visible_text

# The API below is tested on both databases; here it is the forms.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_a_message_is_said_in_words_of_the_shops_own(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("owner")
    shop_id = admin.api.shop.shop_id
    home = f"/shops/{shop_id}/setup/words"
    listed = visible_text(await browser.get(home))
    assert "Welcome Welcome to {shop}." in listed
    assert "Own words" not in listed
    one = f"{home}/tell.moved/en"
    shown = visible_text(await browser.get(one))
    assert (
        "Bella Hair moved your booking: Cut and colour with Ana Maria, now " in shown,
        "1 SMS. Names and times are made up." in shown,
        "{when} Day and time of the visit {service} The service" in shown,
        "Back to the usual words" in shown,
    ) == (True, True, True, False)
    mine = "{service}: come {when:day}, {when:time}"
    tried = await browser.submit_form(one, text=mine, look="1")
    assert "Cut and colour: come Tue 10 Mar, 10:00 am" in visible_text(tried)
    assert "Left out: provider, ref, shop" in visible_text(tried)
    assert "All in the usual words" in visible_text(await browser.get(f"/shops/{shop_id}/setup"))
    kept = await browser.submit_form(one, text=mine)
    assert kept.headers["location"] == f"/admin{one}?said=saved"
    known = await admin.api.runtime.run(lambda ctx: load_catalog(ctx, shop_id))
    assert known.shop.message_overrides == {"tell.moved": {"en": mine}}
    assert "Moved by the shop Own words {service}: come" in visible_text(await browser.get(home))
    assert "Own words" not in visible_text(await browser.get(f"{home}?lang=es"))
    assert "1 in words of your own" in visible_text(await browser.get(f"/shops/{shop_id}/setup"))
    again = await browser.submit_form(one, drop="1", text="whatever stands there")
    assert again.headers["location"] == f"/admin{one}?said=usual"
    known = await admin.api.runtime.run(lambda ctx: load_catalog(ctx, shop_id))
    assert known.shop.message_overrides == {}


async def test_what_cannot_be_said_is_named_and_stays_in_the_form(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("owner")
    one = f"/shops/{admin.api.shop.shop_id}/setup/words/tell.expired/en"
    named = "{service}, {shop}, {when}"
    for text, why in (
        ("", "Write 1 to 1000 characters."),
        ("Too late", "It has to say when: {when}."),
        ("{when} {who}", f"A name in braces is none that this message knows: {named}."),
        ("{when", f"A brace is open, or closed without one; names stand in braces: {named}."),
    ):
        for more in ({}, {"look": "1"}):
            refused = await browser.submit_form(one, text=text, **more)
            assert (refused.status_code, field_errors(refused)) == (422, {"text": why})
            assert f">{text}</textarea>" in refused.text
        part = await browser.submit_form(f"{one}/preview", text=text)
        assert (part.status_code, visible_text(part)) == (200, why)
    dear = await browser.submit_form(f"{one}/preview", text="{when} ☹ " + "sorry " * 30)
    assert "SMS, of 70 characters each for its letters." in visible_text(dear)
    assert (
        "3 SMS for each message; the usual words take 1 Outside SMS's alphabet: ☹"
        in visible_text(dear)
    )
    assert "<html" not in dear.text


async def test_reception_reads_words_that_only_an_owner_changes(admin: AdminHarness) -> None:
    one = f"/shops/{admin.api.shop.shop_id}/setup/words/welcome/en"
    desk = await admin.signed_in_browser("receptionist")
    assert "Save" not in visible_text(await desk.get(one))
    assert (await desk.submit_form(one, text="Hello")).status_code == 403
    for who, status in (("provider", 403), ("other owner", 404), ("customer", 404)):
        assert (await (await admin.signed_in_browser(who)).get(one)).status_code == status
    owner = await admin.signed_in_browser("owner")
    for odd in ("login.code/en", "welcome/tlh"):
        path = one.replace("welcome/en", odd)
        assert (await owner.get(path)).status_code == 404
