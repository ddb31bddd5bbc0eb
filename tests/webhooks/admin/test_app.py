"""The admin pages without scripts: forms, permissions, and cross-site requests."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from core.auth import phone_login
from core.catalog.loader import load_catalog
from core.db.tables import audit, members, shops
from tests.webhooks.admin.conftest import (
    ORIGIN,
    AdminHarness,
    field_errors,
    field_value,
    page_heading,
    visible_text,
)
from tests.webhooks.api.harness import PHONES


async def test_admin_page_sign_in_by_code(admin: AdminHarness) -> None:
    browser = admin.signed_out_browser()
    asked = await browser.get("/shops/1/day")
    assert (asked.status_code, asked.headers["location"]) == (
        303,
        "/admin/sign-in?next=/admin/shops/1/day",
    )
    phone = PHONES["owner"]
    code = await admin.api.runtime.run(lambda ctx: phone_login.create_login_code(ctx, phone))
    refused = await browser.submit_form(
        "/sign-in/code", phone=phone, code="000000", next="/admin/x"
    )
    assert (refused.status_code, page_heading(refused)) == (400, "Enter the code")
    assert "That is not the code. 4 tries are left." in visible_text(refused)
    came = await browser.submit_form(
        "/sign-in/code", phone=phone, code=code, next="/admin/shops/1/week"
    )
    assert (came.status_code, came.headers["location"]) == (303, "/admin/shops/1/week")
    assert page_heading(await browser.get("/shops/1/week")) == "Week"
    cut_short = await browser.get("/shops/1")
    assert (cut_short.status_code, cut_short.headers["location"]) == (303, "/admin/shops/1/day")
    assert (await browser.get("/shops/2")).status_code == 404


@pytest.mark.parametrize("next_", ["https://example.com/", "//example.com", "/admin/\\x", "/x"])
async def test_sign_in_redirects_only_within_the_admin_page(
    admin: AdminHarness, next_: str
) -> None:
    phone = PHONES["owner"]
    code = await admin.api.runtime.run(lambda ctx: phone_login.create_login_code(ctx, phone))
    came = await admin.signed_out_browser().submit_form(
        "/sign-in/code", phone=phone, code=code, next=next_
    )
    assert came.headers["location"] == "/admin/"


async def test_admin_page_sign_out(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("owner")
    cookie = dict(browser.client.cookies)
    gone = await browser.submit_form("/sign-out")
    assert gone.headers["location"] == "/admin/sign-in?said=out"
    again = admin.signed_out_browser()
    again.client.cookies.update(cookie)
    asked = await again.get("/")
    assert (asked.status_code, asked.headers["location"]) == (303, "/admin/sign-in")
    assert 'slotline_session=""' in asked.headers["set-cookie"]


PAGES = (
    "day", "week", "setup", "setup/hours", "setup/services", "setup/people", "setup/dates",
    "setup/shop", "setup/reminders", "setup/answers", "setup/team", "setup/entrances",
)  # fmt: skip


async def test_a_shop_is_seen_by_its_people_only(admin: AdminHarness) -> None:
    shop = admin.api.shop.shop_id
    seen = {}
    for who in ("owner", "receptionist", "provider", "admin", "other owner", "customer"):
        browser = await admin.signed_in_browser(who)
        seen[who] = {(await browser.get(f"/shops/{shop}/{page}")).status_code for page in PAGES}
    assert seen == {
        "owner": {200},
        "receptionist": {200},
        "provider": {200},
        "admin": {200},
        "other owner": {404},
        "customer": {404},
    }
    owner = await admin.signed_in_browser("owner")
    theirs = admin.api.other
    for path in (
        f"setup/services/{theirs.services['Check-up']}",
        f"setup/people/{theirs.providers['Rao']}",
        f"setup/hours?provider={theirs.providers['Rao']}",
    ):
        assert (await owner.get(f"/shops/{shop}/{path}")).status_code == 404


async def test_a_form_of_another_site_changes_nothing(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("owner")
    path = f"/admin/shops/{admin.api.shop.shop_id}/setup/services"
    form = {"csrf": browser.csrf, "name": "Forged", "minutes": "30", "price": ""}
    for headers, data in (
        ({"Origin": "https://evil.example"}, form),
        ({"Origin": "null"}, form),
        ({"Sec-Fetch-Site": "cross-site"}, form),
        ({"Origin": ORIGIN}, form | {"csrf": "0" * 64}),
        ({"Origin": ORIGIN}, form | {"csrf": ""}),
    ):
        answer = await browser.client.post(path, data=data, headers=headers)
        assert (answer.status_code, "Nothing was changed" in visible_text(answer)) == (403, True)
    assert (
        await browser.client.post(path, data=form, headers={"Origin": ORIGIN})
    ).status_code == 303
    known = await admin.api.runtime.run(lambda ctx: load_catalog(ctx, admin.api.shop.shop_id))
    assert [one.name for one in known.services] == ["Cut", "Colour", "Blow-dry", "Forged"]


async def test_what_a_role_may_not_do_is_the_apis_to_say(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("receptionist")
    shop = admin.api.shop.shop_id
    refused = await browser.submit_form(f"/shops/{shop}/setup/services", name="Perm", minutes="30")
    assert refused.status_code == 403
    assert "Your role does not allow this" in visible_text(refused)
    assert (await browser.get("/new")).status_code == 403


async def test_a_form_comes_back_with_what_was_typed(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("owner")
    shop = admin.api.shop.shop_id
    answer = await browser.submit_form(
        f"/shops/{shop}/setup/services", name="P", minutes="7", price="12.345"
    )
    assert answer.status_code == 422
    assert field_errors(answer) == {
        "name": "Write a name of 2 to 100 characters.",
        "minutes": "Write minutes in steps of five, from 5 to 1440.",
        "price": "Write an amount such as 25 or 25.50, or nothing: on request.",
    }
    assert [field_value(answer, name) for name in ("name", "minutes", "price")] == [
        "P",
        "7",
        "12.345",
    ]
    taken = await browser.submit_form(
        f"/shops/{shop}/setup/shop", name="Bella", keyword="STOP", timezone="Mars/Olympus"
    )
    assert (taken.status_code, field_value(taken, "keyword")) == (422, "STOP")
    assert field_errors(taken)["keyword"] == "This is taken already. Choose another."


async def test_from_nothing_to_a_shop_that_can_be_booked(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("admin")
    unclear = await browser.submit_form("/new", name="Blue Door", country="US")
    assert field_errors(unclear) == {
        "timezone": "This country has several time zones: choose the shop's."
    }
    made = await browser.submit_form("/new", name="Blue Door", country="DK", city="Aarhus")
    found = re.fullmatch(
        r"/admin/shops/(\d+)/setup/hours\?first=1&said=founded", made.headers["location"]
    )
    assert found is not None
    shop = int(found[1])
    home = f"/shops/{shop}/setup"
    hours = {
        f"{word}{day}a": at
        for day in range(5)
        for word, at in (("opens", "09:00"), ("closes", "17:00"))
    }
    set_ = await browser.submit_form(
        f"{home}/hours?first=1", **hours, opens5a="20:00", closes5a="02:00"
    )
    assert set_.headers["location"] == f"/admin{home}/services?first=1&said=saved"
    added = await browser.submit_form(
        f"{home}/services?first=1", name="Massage", minutes="45", price="450,50"
    )
    assert added.headers["location"] == f"/admin{home}/services?first=1&said=added"
    added = await browser.submit_form(f"{home}/people?first=1", name="Ida")
    assert added.status_code == 303
    ready = await browser.get(f"{home}/entrances?first=1")
    assert page_heading(ready) == "Blue Door can be booked"
    known = await admin.api.runtime.run(lambda ctx: load_catalog(ctx, shop))
    assert (known.shop.timezone, known.shop.currency) == ("Europe/Copenhagen", "DKK")
    assert [(one.name, one.minutes, one.price_minor) for one in known.bookable_services()] == [
        ("Massage", 45, 45050)
    ]
    week = [[(i.opens, i.closes) for i in day] for day in known.shop_hours.weekly]
    assert week == [[(540, 1020)]] * 5 + [[(1200, 1560)]] + [[]]
    owner = sa.select(members.c.role).where(members.c.shop_id == shop)
    assert await admin.api.fetch_scalar(owner) == "owner"
    noted = sa.select(sa.func.count()).where(audit.c.shop_id == shop)
    assert await admin.api.fetch_scalar(noted) == 5


async def test_setting_up_is_changing_the_shop(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("owner")
    place = admin.api.shop
    home = f"/shops/{place.shop_id}/setup"
    cut, ana = place.services["Cut"], place.providers["Ana"]
    await browser.submit_form(
        f"{home}/services/{cut}", name="Trim", minutes="20", price="", synonyms="cut, corte"
    )
    await browser.submit_form(
        f"{home}/people/{ana}", name="Ana", available="1", active="1", gives=[str(cut)]
    )
    await browser.submit_form(f"{home}/dates", day="2026-12-25", reason="Christmas")
    await browser.submit_form(f"{home}/dates", day="2026-12-24", opens="09:00", closes="12:00")
    await browser.submit_form(
        f"{home}/shop", name="Bella", keyword="BELLA", timezone="Europe/Madrid",
        notice_minutes="90", needs_approval="1",
    )  # fmt: skip
    known = await admin.api.runtime.run(lambda ctx: load_catalog(ctx, place.shop_id))
    service = known.service(cut)
    assert (service.name, service.minutes, service.price_minor, service.active) == (
        "Trim", 20, None, False,
    )  # fmt: skip
    assert service.synonyms == ("cut", "corte")
    assert {one for one, who in known.offerings if who == ana} == {cut}
    assert {str(day): len(hours) for day, hours in known.shop_hours.exceptions.items()} == {
        "2026-12-24": 1,
        "2026-12-25": 0,
    }
    assert (known.shop.name, known.shop.rules.notice_minutes) == ("Bella", 90)
    assert known.shop.rules.needs_approval is True
    await browser.submit_form(f"{home}/dates", remove="2026-12-25")
    left = await admin.api.fetch_scalar(sa.select(sa.func.count()).select_from(shops))
    assert left == 2
    assert "2026-12-25" not in visible_text(await browser.get(f"{home}/dates"))


async def test_pages_let_nothing_else_in(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("owner")
    answer = await browser.get(f"/shops/{admin.api.shop.shop_id}/day")
    assert answer.headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    assert answer.headers["cache-control"] == "no-store"
    assert re.findall(r" style=|<style|<script>|javascript:| on\w+=", answer.text) == []
    for path in set(re.findall(r'(?:href|src)="/admin(/static/[^"#]+)', answer.text)):
        assert (await browser.get(path)).status_code == 200, path
    assert (await browser.get("/static/x/..%2fapp.py")).status_code == 404


async def test_the_address_that_people_write_leads_to_the_page(admin: AdminHarness) -> None:
    answer = await admin.signed_out_browser().client.get("/admin")
    assert (answer.status_code, answer.headers["location"]) == (307, "/admin/")
    answer = await admin.signed_out_browser().client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/admin/")


async def test_a_demo_alone_lets_anybody_look_around(admin: AdminHarness) -> None:
    assert (await admin.signed_out_browser().submit_form("/sign-in/demo")).status_code == 404


async def test_booking_on_behalf_and_what_becomes_of_it(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("receptionist")
    place = admin.api.shop
    home = f"/shops/{place.shop_id}"
    form = {
        "name": "Marta Ruiz", "phone": "600111222", "on": "2026-03-10", "at": "10:00",
        "service_id": str(place.services["Cut"]), "provider_id": str(place.providers["Ana"]),
        "note": "Likes it short",
    }  # fmt: skip
    made = await browser.submit_form(f"{home}/bookings/new", **form)
    assert (
        made.headers["location"] == f"/admin{home}/day?on=2026-03-10&said=booked&told=unreachable"
    )
    taken = await browser.submit_form(f"{home}/bookings/new", **form | {"name": "Diego"})
    assert (taken.status_code, field_value(taken, "name")) == (409, "Diego")
    assert "Somebody else has this time already." in visible_text(taken)
    board = await browser.get(f"{home}/day?on=2026-03-10&part=board")
    found = re.findall(rf'href="/admin{home}/bookings/(\d+)"', board.text)
    assert len(found) == 1
    one = f"{home}/bookings/{found[0]}"
    assert "A Ana 1 booking Marta Ruiz Cut" in visible_text(board)
    shown = visible_text(await browser.get(one))
    assert "Marta Ruiz Cut with Ana Tuesday 10 March 10:00 am – 10:30 am" in shown
    assert "Booked by the shop by Receptionist" in shown
    moved = await browser.submit_form(
        f"{one}/move", on="2026-03-11", at="12:00", provider_id=str(place.providers["Leo"])
    )
    assert moved.headers["location"] == f"/admin{one}?said=moved&told=unreachable"
    shown = visible_text(await browser.get(one))
    assert "Cut with Leo Wednesday 11 March 12:00 pm – 12:30 pm" in shown
    odd = await browser.submit_form(f"{one}/move", on="2026-03-11", at="12:03", provider_id="")
    assert field_errors(odd) == {"at": "Times come in steps of five minutes."}
    early = await browser.submit_form(f"{one}/no-show")
    assert (early.status_code, "Somebody was faster" in visible_text(early)) == (409, True)
    gone = await browser.submit_form(f"{one}/cancel", reason="Ana is ill", back=f"/admin{home}/day")
    assert gone.headers["location"] == f"/admin{home}/day?said=cancelled&told=unreachable"
    assert "Reason Ana is ill" in visible_text(await browser.get(one))
    other = await admin.signed_in_browser("other receptionist")
    theirs = f"/shops/{admin.api.other.shop_id}/bookings/{found[0]}"
    for answer in (
        await other.get(one),
        await other.get(theirs),
        await other.submit_form(f"{theirs}/confirm"),
        await other.submit_form(f"{one}/confirm"),
    ):
        assert answer.status_code == 404


async def test_a_provider_sees_and_books_their_own_day_only(admin: AdminHarness) -> None:
    desk, provider = (
        await admin.signed_in_browser("receptionist"),
        await admin.signed_in_browser("provider"),
    )
    place = admin.api.shop
    home = f"/shops/{place.shop_id}"
    form = {"on": "2026-03-10", "at": "10:00", "service_id": str(place.services["Cut"])}
    for name, who in (("Marta", "Ana"), ("Diego", "Leo")):
        await desk.submit_form(
            f"{home}/bookings/new", **form, name=name, provider_id=str(place.providers[who])
        )
    seen = visible_text(await provider.get(f"{home}/day?on=2026-03-10&part=board"))
    assert ("Marta" in seen, "Diego" in seen, "Leo" in seen) == (True, False, False)
    refused = await provider.submit_form(
        f"{home}/bookings/new",
        **form | {"at": "15:00"},
        name="Vera",
        provider_id=str(place.providers["Leo"]),
    )
    assert refused.status_code == 404


async def test_the_page_says_who_is_told_and_whom_to_call(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("receptionist")
    place = admin.api.shop
    home = f"/shops/{place.shop_id}"
    form = {
        "name": "Marta Ruiz", "phone": "600111222", "on": "2026-03-10", "at": "10:00",
        "service_id": str(place.services["Cut"]), "provider_id": str(place.providers["Ana"]),
    }  # fmt: skip
    await browser.submit_form(f"{home}/bookings/new", **form)
    day = await browser.get(f"{home}/day?on=2026-03-10")
    assert "please call" not in visible_text(day)  # whoever booked for her spoke to her
    (found,) = set(re.findall(rf'href="/admin{home}/bookings/(\d+)"', day.text))
    one = f"{home}/bookings/{found}"
    gone = await browser.submit_form(f"{one}/cancel", back=f"/admin{home}/day?on=2026-03-10")
    day = await browser.get(gone.headers["location"].removeprefix("/admin"))
    assert "Cancelled. Nothing could be sent to the customer: please tell them yourself." in (
        visible_text(day)
    )
    assert "Could not be reached: please call Marta Ruiz Cut" in visible_text(day)
    assert "10:00 am: cancelled +34 600" in visible_text(day).replace("+34600", "+34 600")
    called = await browser.submit_form(f"{one}/called", back=f"/admin{home}/day?on=2026-03-10")
    day = await browser.get(called.headers["location"].removeprefix("/admin"))
    assert "please call" not in visible_text(day)
    agreed = {"messages": "yes", "wording": "on the phone"}
    made = await browser.submit_form(f"{home}/bookings/new", **form, **agreed)
    assert made.headers["location"].endswith("said=booked&told=sms")
    provider = await admin.signed_in_browser("provider")
    assert (await provider.submit_form(f"{one}/called")).status_code == 403


async def test_what_a_customer_agreed_to_is_noted_and_ended_on_their_page(
    admin: AdminHarness,
) -> None:
    await admin.api.add_booked_customer()
    browser = await admin.signed_in_browser("receptionist")
    home = f"/shops/{admin.api.shop.shop_id}/customers/{admin.api.customer}"
    said = {"channel": "sms", "purpose": "bookings", "basis": "booking", "wording": "at the desk"}
    assert "Nothing is noted." in visible_text(await browser.get(home))
    refused = await browser.submit_form(f"{home}/reach", **said | {"channel": "email"})
    assert "Write down the address first." in visible_text(refused)
    noted = await browser.submit_form(f"{home}/reach", **said)
    assert noted.headers["location"] == f"/admin{home}?said=reach-noted"
    page = await browser.get(home)
    assert (
        "SMS +34600111222 Their bookings: given for a booking on Monday 9 March 2026, "
        "“at the desk”, noted by Receptionist Send nothing there" in visible_text(page)
    )
    (reach,) = re.findall(rf"{home}/reach/(\d+)/end", page.text)
    await browser.submit_form(f"{home}/reach/{reach}/end")
    assert "Nothing is noted." in visible_text(await browser.get(home))
