"""Words of the messages without scripts: read, tried, kept, given up, and what cannot be said."""

from __future__ import annotations

import pytest

from core.catalog.loader import catalog
from tests.webhooks.admin.conftest import Lobby, words, wrong

# The API below is tested on both databases; here it is the forms.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_a_message_is_said_in_words_of_the_shops_own(lobby: Lobby) -> None:
    browser = await lobby.browser("owner")
    shop_id = lobby.house.shop.shop_id
    home = f"/shops/{shop_id}/setup/words"
    listed = words(await browser.get(home))
    assert "Welcome Welcome to {shop}." in listed
    assert "Own words" not in listed
    one = f"{home}/tell.moved/en"
    shown = words(await browser.get(one))
    assert (
        "Bella Hair moved your booking: Cut and colour with Ana Maria, now " in shown,
        "1 SMS. Names and times are made up." in shown,
        "{when} Day and time of the visit {service} The service" in shown,
        "Back to the usual words" in shown,
    ) == (True, True, True, False)
    mine = "{service}: come {when:day}, {when:time}"
    tried = await browser.send(one, text=mine, look="1")
    assert "Cut and colour: come Tue 10 Mar, 10:00 am" in words(tried)
    assert "Left out: provider, ref, shop" in words(tried)
    assert "All in the usual words" in words(await browser.get(f"/shops/{shop_id}/setup"))
    kept = await browser.send(one, text=mine)
    assert kept.headers["location"] == f"/admin{one}?said=saved"
    known = await lobby.house.runtime.run(lambda ctx: catalog(ctx, shop_id))
    assert known.shop.wordings == {"tell.moved": {"en": mine}}
    assert "Moved by the shop Own words {service}: come" in words(await browser.get(home))
    assert "Own words" not in words(await browser.get(f"{home}?lang=es"))
    assert "1 in words of your own" in words(await browser.get(f"/shops/{shop_id}/setup"))
    again = await browser.send(one, drop="1", text="whatever stands there")
    assert again.headers["location"] == f"/admin{one}?said=usual"
    known = await lobby.house.runtime.run(lambda ctx: catalog(ctx, shop_id))
    assert known.shop.wordings == {}


async def test_what_cannot_be_said_is_named_and_stays_in_the_form(lobby: Lobby) -> None:
    browser = await lobby.browser("owner")
    one = f"/shops/{lobby.house.shop.shop_id}/setup/words/tell.expired/en"
    named = "{service}, {shop}, {when}"
    for text, why in (
        ("", "Write 1 to 1000 characters."),
        ("Too late", "It has to say when: {when}."),
        ("{when} {who}", f"A name in braces is none that this message knows: {named}."),
        ("{when", f"A brace is open, or closed without one; names stand in braces: {named}."),
    ):
        for more in ({}, {"look": "1"}):
            refused = await browser.send(one, text=text, **more)
            assert (refused.status_code, wrong(refused)) == (422, {"text": why})
            assert f">{text}</textarea>" in refused.text
        part = await browser.send(f"{one}/preview", text=text)
        assert (part.status_code, words(part)) == (200, why)
    dear = await browser.send(f"{one}/preview", text="{when} ☹ " + "sorry " * 30)
    assert "SMS, of 70 characters each for its letters." in words(dear)
    assert "3 SMS for each message; the usual words take 1 Outside SMS's alphabet: ☹" in words(dear)
    assert "<html" not in dear.text


async def test_reception_reads_words_that_only_an_owner_changes(lobby: Lobby) -> None:
    one = f"/shops/{lobby.house.shop.shop_id}/setup/words/welcome/en"
    desk = await lobby.browser("receptionist")
    assert "Save" not in words(await desk.get(one))
    assert (await desk.send(one, text="Hello")).status_code == 403
    for who, status in (("provider", 403), ("other owner", 404), ("customer", 404)):
        assert (await (await lobby.browser(who)).get(one)).status_code == status
    owner = await lobby.browser("owner")
    for odd in ("login.code/en", "welcome/tlh"):
        path = one.replace("welcome/en", odd)
        assert (await owner.get(path)).status_code == 404
