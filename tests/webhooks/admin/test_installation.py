"""The whole installation without scripts: figures, users, lines, and who is kept out of them."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.db.tables import lines, users
from tests.webhooks.admin.conftest import Lobby, heading, value, words, wrong

# The API below is tested on both databases; here it is the forms.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_an_admin_sees_how_all_shops_do(lobby: Lobby) -> None:
    await lobby.house.furnish()
    browser = await lobby.browser("admin")
    shops = words(await browser.get("/?all=1"))
    assert "Shops Figures Users Lines Choose a shop New shop" in shops
    shown = words(await browser.get("/figures?period=ahead"))
    assert (
        "Shops 2 Providers 3 Customers 1 8 with an account Bookings 1 "
        "0 of them cancelled or missed Revenue booked 25 EUR 0 EUR marked paid "
        "No-shows – of visits that are over Shops Shop Drawn Bookings Revenue No-shows "
        "Bella Hair 1 25 EUR – Made last "
        "Marta Bella Hair Tue 10 Mar 10:00 am Confirmed" in shown
    )
    assert "Bookings 0 0 of them" in words(await browser.get("/figures?period=7"))


async def test_an_account_is_found_closed_opened_and_deleted(lobby: Lobby) -> None:
    browser = await lobby.browser("admin")
    listed = words(await browser.get("/users"))
    assert "9 with an account: whoever proved a phone" in listed
    assert ("Admin +34600000005 Admin" in listed, "Deactivated +34600000006 Closed" in listed) == (
        True, True,
    )  # fmt: skip
    assert "Nobody has “zzz”" in words(await browser.get("/users?q=zzz"))
    assert "1 with an account for “600000003”" in words(await browser.get("/users?q=600000003"))
    who = lobby.house.users["provider"]
    one = f"/users/{who}"
    shown = await browser.get(one)
    assert heading(shown) == "Provider"
    facts = "Here since Monday 9 March 2026 Signed in never Works at Bella Hair , Provider"
    assert facts in words(shown)
    closed = await browser.send(f"{one}/close")
    assert closed.headers["location"] == f"/admin{one}?said=closed"
    assert "Closed since Monday 9 March 2026: they cannot sign in." in words(await browser.get(one))
    opened = await browser.send(f"{one}/close", open="1")
    assert opened.headers["location"] == f"/admin{one}?said=opened"
    unsure = await browser.send(f"{one}/delete")
    assert wrong(unsure) == {"sure": "Tick the box first: nothing brings them back."}
    gone = await browser.send(f"{one}/delete", sure="1")
    assert gone.headers["location"] == "/admin/users?said=deleted"
    assert "8 with an account" in words(await browser.get("/users"))
    assert await lobby.house.scalar(sa.select(users.c.name).where(users.c.id == who)) == ""


async def test_admins_close_and_delete_neither_themselves_nor_delete_each_other(
    lobby: Lobby,
) -> None:
    browser = await lobby.browser("admin")
    mine = f"/users/{lobby.house.users['admin']}"
    page = await browser.get(mine)
    assert ("This is you." in words(page), "Delete them" in words(page)) == (True, False)
    for path in ("close", "delete"):
        refused = await browser.send(f"{mine}/{path}", sure="1")
        assert refused.status_code == 422
        assert "That is you: another admin has to do it." in words(refused)
    async with lobby.house.runtime.transaction() as ctx:
        other = users.update().where(users.c.id == lobby.house.users["customer"])
        await ctx.execute(other.values(admin=True))
    theirs = f"/users/{lobby.house.users['customer']}"
    assert "Delete them" not in words(await browser.get(theirs))
    refused = await browser.send(f"{theirs}/delete", sure="1")
    assert "An admin cannot be deleted." in words(refused)


async def test_a_line_is_added_given_switched_and_removed(lobby: Lobby) -> None:
    browser = await lobby.browser("admin")
    bella, smile = lobby.house.shop.shop_id, lobby.house.other.shop_id
    typed = {"channel": "sms", "address": "+34 915 55 01 77", "shop_id": str(bella)}
    none = await browser.send("/lines", **typed)
    assert wrong(none) == {
        "channel": "No Twilio account is set up: TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN have to "
        "be in the settings first."
    }
    lobby.house.runtime.settings.twilio_account_sid = "AC" + "0" * 32
    lobby.house.runtime.settings.twilio_auth_token = "token"
    odd = await browser.send("/lines", **typed | {"address": "bella", "shop_id": "99"})
    assert wrong(odd) == {
        "address": "This is no number. Write it with its country: +34 915 550 100.",
        "shop_id": "This shop is not there any more. Choose another.",
    }
    assert value(odd, "address") == "bella"
    made = await browser.send("/lines", **typed)
    assert made.headers["location"] == "/admin/lines?said=added"
    assert wrong(await browser.send("/lines", **typed)) == {"address": "This is a line already."}
    number = await lobby.house.scalar(sa.select(sa.func.max(lines.c.id)))
    assert "SMS +34915550177 Bella Hair · on" in words(await browser.get("/lines"))
    one = f"/lines/{number}"
    given = await browser.send(f"{one}/shop", shop_id=str(smile))
    assert given.headers["location"] == "/admin/lines?said=given"
    assert "SMS +34915550177 Smile Dental · on" in words(await browser.get("/lines"))
    off = await browser.send(f"{one}/switch")
    assert off.headers["location"] == "/admin/lines?said=switched-off"
    assert "SMS +34915550177 Smile Dental · off" in words(await browser.get("/lines"))
    on = await browser.send(f"{one}/switch", active="1")
    assert on.headers["location"] == "/admin/lines?said=switched-on"
    await browser.send(f"{one}/shop", shop_id="")
    assert "SMS +34915550177 all shops · on" in words(await browser.get("/lines"))
    gone = await browser.send(f"{one}/remove")
    assert gone.headers["location"] == "/admin/lines?said=removed"
    assert "+34915550177" not in words(await browser.get("/lines"))


async def test_a_line_that_people_wrote_on_stays_with_its_shop(lobby: Lobby) -> None:
    await lobby.house.furnish()
    browser = await lobby.browser("admin")
    number, smile = lobby.house.shop.line_id, lobby.house.other.shop_id
    kept = await browser.send(f"/lines/{number}/shop", shop_id=str(smile))
    assert (kept.status_code, wrong(kept)) == (
        409,
        {
            f"shop{number}": "People have written on it, and what they wrote stays with their "
            "shop: it cannot go to this one. Switch it off instead."
        },
    )
    unknown = await browser.send(f"/lines/{number}/shop", shop_id="99")
    assert wrong(unknown) == {f"shop{number}": "This shop is not there any more. Choose another."}
    kept = await browser.send(f"/lines/{number}/remove")
    assert (kept.status_code, wrong(kept)) == (
        409,
        {
            f"remove{number}": "People have written on it: it cannot be removed. "
            "Switch it off instead."
        },
    )
    assert await lobby.house.scalar(sa.select(lines.c.shop_id).where(lines.c.id == number)) == (
        lobby.house.shop.shop_id
    )
    assert (await browser.send("/lines/999/remove")).status_code == 404


async def test_it_is_for_admins_alone(lobby: Lobby) -> None:
    for who in ("owner", "customer"):
        browser = await lobby.browser(who)
        one = f"/users/{lobby.house.users['provider']}"
        for path in ("/figures", "/users", "/lines", one):
            assert (await browser.get(path)).status_code == 403
        for path in ("close", "delete"):
            assert (await browser.send(f"{one}/{path}", sure="1")).status_code == 403
        for path in ("", "/1/shop", "/1/switch", "/1/remove"):
            assert (await browser.send(f"/lines{path}", address="+34915550177")).status_code == 403
        assert "Users" not in words(await browser.get("/?all=1"))
    assert (await lobby.nobody().get("/users")).headers["location"] == (
        "/admin/sign-in?next=/admin/users"
    )
