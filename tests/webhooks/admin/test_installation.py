"""Pages of the whole installation: reports, users and lines, for admins only."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from core.db.tables import lines, users
from tests.webhooks.admin.conftest import (
    AdminHarness,
    field_errors,
    field_value,
    page_heading,
    visible_text,
)

# The API below is tested on both databases; here it is the forms.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_an_admin_sees_how_all_shops_do(admin: AdminHarness) -> None:
    await admin.api.add_booked_customer()
    browser = await admin.signed_in_browser("admin")
    shops = visible_text(await browser.get("/?all=1"))
    assert "Shops Figures Users Lines Choose a shop New shop" in shops
    shown = visible_text(await browser.get("/figures?period=ahead"))
    assert (
        "Shops 2 Providers 3 Customers 1 8 with an account Bookings 1 "
        "0 of them cancelled or missed Revenue booked 25 EUR 0 EUR marked paid "
        "No-shows – of visits that are over Shops Shop Drawn Bookings Revenue No-shows "
        "Bella Hair 1 25 EUR – Made last "
        "Marta Bella Hair Tue 10 Mar 10:00 am Confirmed" in shown
    )
    assert "Bookings 0 0 of them" in visible_text(await browser.get("/figures?period=7"))


async def test_an_account_is_found_closed_opened_and_deleted(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("admin")
    listed = visible_text(await browser.get("/users"))
    assert "9 with an account: whoever proved a phone" in listed
    assert ("Admin +34600000005 Admin" in listed, "Deactivated +34600000006 Closed" in listed) == (
        True, True,
    )  # fmt: skip
    assert "Nobody has “zzz”" in visible_text(await browser.get("/users?q=zzz"))
    assert "1 with an account for “600000003”" in visible_text(
        await browser.get("/users?q=600000003")
    )
    who = admin.api.users["provider"]
    one = f"/users/{who}"
    shown = await browser.get(one)
    assert page_heading(shown) == "Provider"
    facts = "Here since Monday 9 March 2026 Signed in never Works at Bella Hair , Provider"
    assert facts in visible_text(shown)
    closed = await browser.submit_form(f"{one}/close")
    assert closed.headers["location"] == f"/admin{one}?said=closed"
    assert "Closed since Monday 9 March 2026: they cannot sign in." in visible_text(
        await browser.get(one)
    )
    opened = await browser.submit_form(f"{one}/close", open="1")
    assert opened.headers["location"] == f"/admin{one}?said=opened"
    unsure = await browser.submit_form(f"{one}/delete")
    assert field_errors(unsure) == {"sure": "Tick the box first: nothing brings them back."}
    gone = await browser.submit_form(f"{one}/delete", sure="1")
    assert gone.headers["location"] == "/admin/users?said=deleted"
    assert "8 with an account" in visible_text(await browser.get("/users"))
    assert await admin.api.fetch_scalar(sa.select(users.c.name).where(users.c.id == who)) == ""


async def test_admins_close_and_delete_neither_themselves_nor_delete_each_other(
    admin: AdminHarness,
) -> None:
    browser = await admin.signed_in_browser("admin")
    mine = f"/users/{admin.api.users['admin']}"
    page = await browser.get(mine)
    assert ("This is you." in visible_text(page), "Delete them" in visible_text(page)) == (
        True,
        False,
    )
    for path in ("close", "delete"):
        refused = await browser.submit_form(f"{mine}/{path}", sure="1")
        assert refused.status_code == 422
        assert "That is you: another admin has to do it." in visible_text(refused)
    async with admin.api.runtime.transaction() as ctx:
        other = users.update().where(users.c.id == admin.api.users["customer"])
        await ctx.execute(other.values(admin=True))
    theirs = f"/users/{admin.api.users['customer']}"
    assert "Delete them" not in visible_text(await browser.get(theirs))
    refused = await browser.submit_form(f"{theirs}/delete", sure="1")
    assert "An admin cannot be deleted." in visible_text(refused)


async def test_a_line_is_added_given_switched_and_removed(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("admin")
    bella, smile = admin.api.shop.shop_id, admin.api.other.shop_id
    typed = {"channel": "sms", "address": "+34 915 55 01 77", "shop_id": str(bella)}
    none = await browser.submit_form("/lines", **typed)
    assert field_errors(none) == {
        "channel": "No Twilio account is set up: TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN have to "
        "be in the settings first."
    }
    admin.api.runtime.settings.twilio_account_sid = "AC" + "0" * 32
    admin.api.runtime.settings.twilio_auth_token = "token"
    odd = await browser.submit_form("/lines", **typed | {"address": "bella!", "shop_id": "99"})
    assert field_errors(odd) == {
        "address": "This is no number. Write it with its country: +34 915 550 100.",
        "shop_id": "This shop is not there any more. Choose another.",
    }
    assert field_value(odd, "address") == "bella!"
    made = await browser.submit_form("/lines", **typed)
    assert made.headers["location"] == "/admin/lines?said=added"
    assert field_errors(await browser.submit_form("/lines", **typed)) == {
        "address": "This is a line already."
    }
    number = await admin.api.fetch_scalar(sa.select(sa.func.max(lines.c.id)))
    assert "SMS +34915550177 Bella Hair · on" in visible_text(await browser.get("/lines"))
    one = f"/lines/{number}"
    given = await browser.submit_form(f"{one}/shop", shop_id=str(smile))
    assert given.headers["location"] == "/admin/lines?said=given"
    assert "SMS +34915550177 Smile Dental · on" in visible_text(await browser.get("/lines"))
    off = await browser.submit_form(f"{one}/switch")
    assert off.headers["location"] == "/admin/lines?said=switched-off"
    assert "SMS +34915550177 Smile Dental · off" in visible_text(await browser.get("/lines"))
    on = await browser.submit_form(f"{one}/switch", active="1")
    assert on.headers["location"] == "/admin/lines?said=switched-on"
    await browser.submit_form(f"{one}/shop", shop_id="")
    assert "SMS +34915550177 all shops · on" in visible_text(await browser.get("/lines"))
    gone = await browser.submit_form(f"{one}/remove")
    assert gone.headers["location"] == "/admin/lines?said=removed"
    assert "+34915550177" not in visible_text(await browser.get("/lines"))


async def test_a_line_that_people_wrote_on_stays_with_its_shop(admin: AdminHarness) -> None:
    await admin.api.add_booked_customer()
    browser = await admin.signed_in_browser("admin")
    number, smile = admin.api.shop.line_id, admin.api.other.shop_id
    kept = await browser.submit_form(f"/lines/{number}/shop", shop_id=str(smile))
    assert (kept.status_code, field_errors(kept)) == (
        409,
        {
            f"shop{number}": "People have written on it, and what they wrote stays with their "
            "shop: it cannot go to this one. Switch it off instead."
        },
    )
    unknown = await browser.submit_form(f"/lines/{number}/shop", shop_id="99")
    assert field_errors(unknown) == {
        f"shop{number}": "This shop is not there any more. Choose another."
    }
    kept = await browser.submit_form(f"/lines/{number}/remove")
    assert (kept.status_code, field_errors(kept)) == (
        409,
        {
            f"remove{number}": "People have written on it: it cannot be removed. "
            "Switch it off instead."
        },
    )
    assert await admin.api.fetch_scalar(sa.select(lines.c.shop_id).where(lines.c.id == number)) == (
        admin.api.shop.shop_id
    )
    assert (await browser.submit_form("/lines/999/remove")).status_code == 404


async def test_installation_pages_are_for_admins_only(admin: AdminHarness) -> None:
    for who in ("owner", "customer"):
        browser = await admin.signed_in_browser(who)
        one = f"/users/{admin.api.users['provider']}"
        for path in ("/figures", "/users", "/lines", one):
            assert (await browser.get(path)).status_code == 403
        for path in ("close", "delete"):
            assert (await browser.submit_form(f"{one}/{path}", sure="1")).status_code == 403
        for path in ("", "/1/shop", "/1/switch", "/1/remove"):
            assert (
                await browser.submit_form(f"/lines{path}", address="+34915550177")
            ).status_code == 403
        assert "Users" not in visible_text(await browser.get("/?all=1"))
    assert (await admin.signed_out_browser().get("/users")).headers["location"] == (
        "/admin/sign-in?next=/admin/users"
    )
