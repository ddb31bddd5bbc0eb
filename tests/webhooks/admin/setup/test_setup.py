"""Set-up on the admin pages: what each page changes, and its errors."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from core.catalog.entities import Catalog
from core.catalog.loader import load_catalog
from core.db.context import Context
from core.db.tables import invitations
from core.messaging.lines import get_or_create_line
from tests.webhooks.admin.conftest import AdminHarness, field_errors, field_value, visible_text
from tests.webhooks.api.harness import PHONES

# The API below is tested on both databases; here it is the forms.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def known(admin: AdminHarness) -> Catalog:
    """Return the shop's current catalog."""
    shop_id = admin.api.shop.shop_id
    return await admin.api.runtime.run(lambda ctx: load_catalog(ctx, shop_id))


async def test_services_stand_under_headings_and_have_kinds(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("owner")
    place = admin.api.shop
    home = f"/shops/{place.shop_id}/setup"
    made = await browser.submit_form(f"{home}/headings", heading="Colours")
    assert made.headers["location"] == f"/admin{home}/services?said=saved"
    hair, colours = (await known(admin)).categories
    assert (hair.name, colours.name, colours.position) == ("Hair", "Colours", 2)
    refused = await browser.submit_form(f"{home}/headings", heading="C", which=str(colours.id))
    assert field_errors(refused) == {f"heading{colours.id}": "Write 2 to 100 characters."}
    await browser.submit_form(f"{home}/headings", heading="Colour", which=str(colours.id))
    await browser.submit_form(
        f"{home}/services", name="Roots", minutes="60", price="45", category_id=str(colours.id)
    )
    roots = next(one for one in (await known(admin)).services if one.name == "Roots")
    form = {
        "name": "Roots", "minutes": "60", "price": "45", "active": "1", "sessions": "1",
        "parent_id": str(place.services["Colour"]), "gap_after_minutes": "15",
        "notice_minutes": "0", "needs_approval": "yes",
    }  # fmt: skip
    odd = await browser.submit_form(
        f"{home}/services/{roots.id}", **form | {"horizon_days": "a year"}
    )
    assert field_errors(odd) == {"horizon_days": "Write a whole number."}
    await browser.submit_form(f"{home}/services/{roots.id}", **form)
    one = (await known(admin)).service(roots.id)
    assert (one.parent_id, one.category_id, one.sessions) == (
        place.services["Colour"], None, True,
    )  # fmt: skip
    rules = one.overrides
    assert (rules.gap_after_minutes, rules.notice_minutes, rules.needs_approval) == (15, 0, True)
    shown = visible_text(await browser.get(f"{home}/services"))
    assert "Hair Cut 30 min 25 EUR Colour 1 h 30 min 60 EUR Roots for several 1 h" in shown
    assert "Colour Nothing under it yet." in shown
    page = await browser.get(f"{home}/services/{roots.id}")
    assert (field_value(page, "notice_minutes"), field_value(page, "horizon_days")) == ("0", "")
    await browser.submit_form(f"{home}/headings", remove=str(hair.id))
    assert [one.name for one in (await known(admin)).categories] == ["Colour"]


async def test_a_provider_gives_services_at_a_price_of_their_own(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("owner")
    place = admin.api.shop
    ana, cut, dry = place.providers["Ana"], place.services["Cut"], place.services["Blow-dry"]
    path = f"/shops/{place.shop_id}/setup/people/{ana}"
    form = {
        "name": "Ana", "available": "1", "active": "1", "gives": [str(cut), str(dry)],
        f"price{cut}": "30,50", f"minutes{cut}": "45", f"price{dry}": "", f"minutes{dry}": "",
    }  # fmt: skip
    odd = await browser.submit_form(path, **form | {f"price{dry}": "a lot", f"minutes{cut}": "7"})
    assert odd.status_code == 422
    assert field_errors(odd) == {
        f"price{dry}": "Write an amount such as 25 or 25.50.",
        f"minutes{cut}": "Steps of five, from 5.",
    }
    assert f'value="{place.services["Colour"]}" checked' not in odd.text
    assert (await browser.submit_form(path, **form)).status_code == 303
    shop = await known(admin)
    own = {
        one.service.name: (one.minutes, one.price_minor)
        for one in shop.offerings.values()
        if one.provider.id == ana
    }
    assert own == {"Cut": (45, 3050), "Blow-dry": (30, 1800)}
    assert 'value="30.50"' in (await browser.get(path)).text
    await browser.submit_form(f"{path}/switch")
    assert (await known(admin)).provider(ana).available is False
    assert "Ana is away: switch on" in (await browser.get(path.rpartition("/")[0])).text


async def test_a_provider_looks_after_their_own(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("provider")
    place = admin.api.shop
    ana, leo = place.providers["Ana"], place.providers["Leo"]
    path = f"/shops/{place.shop_id}/setup/people"
    day = await browser.get(f"/shops/{place.shop_id}/day")
    assert f'href="/admin{path}/{ana}"' in day.text
    form = {"name": "Queen", "about": "Since 2009", "fee": "20", "gives": []}
    await browser.submit_form(f"{path}/{ana}", **form)
    one = (await known(admin)).provider(ana)
    assert (one.name, one.about, one.fee_minor, one.available) == ("Ana", "Since 2009", 2000, False)
    assert len((await known(admin)).offerings) == 6
    back = await browser.submit_form(f"{path}/{ana}/switch", available="1")
    assert back.headers["location"] == f"/admin{path}/{ana}?said=saved"
    for answer in (
        await browser.get(f"{path}/{leo}"),
        await browser.submit_form(f"{path}/{leo}", **form),
        await browser.submit_form(f"{path}/{leo}/switch"),
        await browser.submit_form(f"{path}/{leo}/away", from_on="2026-03-10"),
    ):
        assert answer.status_code == 403
    hours = await browser.submit_form(
        f"/shops/{place.shop_id}/setup/hours?provider={ana}", opens0a="12:00", closes0a="20:00"
    )
    assert hours.headers["location"] == f"/admin{path}/{ana}?said=saved"
    assert "Own hours Mon 12:00–20:00" in visible_text(await browser.get(f"{path}/{ana}"))


async def test_time_off_is_whole_days_or_hours(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("owner")
    place = admin.api.shop
    path = f"/shops/{place.shop_id}/setup/people/{place.providers['Ana']}/away"
    # The clocks change on 29 March: the last day is an hour shorter.
    await browser.submit_form(path, from_on="2026-03-27", until_on="2026-03-29", reason="Lisbon")
    await browser.submit_form(path, from_on="2026-04-01", from_at="12:00", until_at="13:30")
    off = (await known(admin)).time_off_by_provider[place.providers["Ana"]]
    found = [tuple(datetime.fromtimestamp(at, UTC).isoformat()[:16] for at in span) for span in off]
    assert found == [
        ("2026-03-26T23:00", "2026-03-29T22:00"),
        ("2026-04-01T10:00", "2026-04-01T11:30"),
    ]
    early = await browser.submit_form(path, from_on="2026-04-02", until_on="2026-04-01")
    assert field_errors(early) == {"until_on": "The end has to come after the beginning."}
    odd = await browser.submit_form(path, from_on="", from_at="12:03")
    assert field_errors(odd) == {"from_on": "Choose a day.", "until_on": "Choose a day."}
    page = await browser.get(path)
    assert "Fri 27 Mar 12:00 am to Mon 30 Mar 12:00 am Lisbon Remove" in visible_text(page)
    gone = re.findall(r'name="remove" value="(\d+)"', page.text)
    for one in gone:
        await browser.submit_form(path, remove=one)
    assert "Nothing planned." in visible_text(await browser.get(path))


async def test_a_day_with_more_stretches_than_a_form_shows_keeps_them(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("owner")
    path = f"/shops/{admin.api.shop.shop_id}/setup/hours"
    three = {
        "opens0a": "08:00", "closes0a": "10:00", "opens0b": "11:00", "closes0b": "13:00",
        "opens0c": "22:00", "closes0c": "02:00",
    }  # fmt: skip
    await browser.submit_form(path, **three)
    page = await browser.get(path)
    fields = dict(re.findall(r'name="((?:opens|closes)\w+)" value="([^"]*)"', page.text))
    assert {name: at for name, at in fields.items() if at} == three
    await browser.submit_form(path, **fields)
    week = (await known(admin)).shop_hours.weekly[0]
    assert [(one.opens, one.closes) for one in week] == [(480, 600), (660, 780), (1320, 1560)]


async def test_clocks_are_read_as_people_write_them(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("owner")
    home = f"/shops/{admin.api.shop.shop_id}/setup"
    await browser.submit_form(f"{home}/hours", opens0a="9:00", closes0a="18:00")
    assert [(i.opens, i.closes) for i in (await known(admin)).shop_hours.weekly[0]] == [(540, 1080)]
    late = {"day": "2026-03-20", "opens": "22:00", "closes": "2:00"}
    assert (await browser.submit_form(f"{home}/dates", **late)).status_code == 303
    asked = await admin.api.get(f"/shops/{admin.api.shop.shop_id}/dates", "owner")
    assert [one["hours"] for one in asked.json()["items"] if one["day"] == late["day"]] == [
        [{"opens": "22:00", "closes": "26:00"}]
    ]
    odd = await browser.submit_form(f"{home}/dates", day="2026-03-21", opens="soon", closes="later")
    words = "Write from when until when, in steps of five minutes; or neither."
    assert field_errors(odd) == {"opens": words}
    odd = await browser.submit_form(f"{home}/reminders", quiet_from="21:75", quiet_until="08:00")
    assert field_errors(odd) == {"quiet_from": "Write a time of day, such as 21:00."}


async def test_rules_reminders_and_answers(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("owner")
    home = f"/shops/{admin.api.shop.shop_id}/setup"
    form = {"name": "Bella", "timezone": "Europe/Madrid", "language": "es", "hold_minutes": "5"}
    await browser.submit_form(
        f"{home}/shop", **form, notice_minutes="0", max_open_bookings="2", may_change_provider="1"
    )
    shop = (await known(admin)).shop
    assert (shop.rules.notice_minutes, shop.hold_minutes, shop.max_open_bookings) == (0, 5, 2)
    assert (shop.language, shop.may_change_provider, shop.paused) == ("es", True, False)
    assert field_value(await browser.get(f"{home}/shop"), "notice_minutes") == "0"
    odd = await browser.submit_form(
        f"{home}/reminders", reminders="a day before", quiet_from="21:00"
    )
    assert field_errors(odd) == {"quiet_until": "Write both times, or neither."}
    odd = await browser.submit_form(f"{home}/reminders", reminders="a day before")
    assert field_errors(odd) == {"reminders": "Write it like 24h, 2h or at 09:00."}
    said = {"quiet_from": "21:00", "quiet_until": "08:30", "agenda_today": "07:15"}
    await browser.submit_form(f"{home}/reminders", reminders="48h, at 09:00", discreet="1", **said)
    shop = (await known(admin)).shop
    assert shop.reminders is not None
    assert list(shop.reminders) == ["48h", "at 09:00"]
    assert (shop.quiet_from, shop.quiet_until, shop.agenda_today, shop.discreet) == (
        1260, 510, "07:15", True,
    )  # fmt: skip
    await browser.submit_form(f"{home}/reminders", reminders="48h", usual="1")
    assert (await known(admin)).shop.reminders is None
    long = await browser.submit_form(f"{home}/answers", parking="x" * 501, payment="Cash.")
    assert field_errors(long) == {"parking": "Write at most 500 characters."}
    await browser.submit_form(f"{home}/answers", parking="In the square.", payment="")
    assert dict((await known(admin)).shop.answers) == {"parking": "In the square."}


async def test_people_are_invited_and_go(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("owner")
    place = admin.api.shop
    path = f"/shops/{place.shop_id}/setup/team"
    odd = await browser.submit_form(path, phone="", role="provider")
    assert field_errors(odd) == {
        "phone": "Write their mobile phone: they accept by a code to it.",
        "provider_id": "Choose whose calendar is theirs.",
    }
    odd = await browser.submit_form(path, phone="12", role="receptionist")
    assert field_errors(odd) == {
        "phone": "This is no phone number. Write it with its country: +34 600 111 222."
    }
    leo = {"role": "provider", "provider_id": str(place.providers["Leo"])}
    made = await browser.submit_form(path, name="Leo", phone="600 111 333", **leo)
    assert made.headers["location"] == f"/admin{path}?said=invited"
    assert "Leo Provider, Leo · +34600111333 · not accepted yet" in visible_text(
        await browser.get(path)
    )
    invited = sa.select(invitations.c.id)
    await browser.submit_form(f"{path}/invitations/{await admin.api.fetch_scalar(invited)}/revoke")
    assert "+34600111333" not in visible_text(await browser.get(path))
    # Who signs in with the phone that was invited finds the invitation, and nothing before it.
    await browser.submit_form(path, name="Leo", phone=PHONES["customer"], **leo)
    him = await admin.signed_in_browser("customer")
    assert (await him.get("/")).headers["location"] == "/admin/me"
    assert "Bella Hair Provider: Their own calendar and bookings." in visible_text(
        await him.get("/me")
    )
    one = await admin.api.fetch_scalar(invited.order_by(invitations.c.id.desc()))
    accepted = await him.submit_form(f"/me/invitations/{one}/accept")
    assert accepted.headers["location"] == f"/admin/shops/{place.shop_id}/day?said=accepted"
    user = admin.api.users["customer"]
    assert f'team/{user}/alerts">' in (await browser.get(path)).text
    await browser.submit_form(f"{path}/{user}/alerts")
    assert "Customer gets no alerts: switch on" in (await browser.get(path)).text
    code = visible_text(await him.submit_form("/me/pairing", shop=str(place.shop_id)))
    assert re.search(r"pair [2-9A-Z]{10} Show it to nobody\. It is shown this once;", code)
    await browser.submit_form(f"{path}/{user}/remove", role="provider")
    assert PHONES["customer"] not in visible_text(await browser.get(path))
    last = await browser.submit_form(f"{path}/{admin.api.users['owner']}/remove", role="owner")
    assert (last.status_code, "A shop keeps at least one owner." in visible_text(last)) == (
        409,
        True,
    )
    refused = await (await admin.signed_in_browser("receptionist")).submit_form(
        path, phone="600111444", role="owner"
    )
    assert refused.status_code == 403


async def test_the_last_step_has_a_link_and_a_code_to_scan_for_each_line(
    admin: AdminHarness,
) -> None:
    shop_id = admin.api.shop.shop_id

    async def connect(ctx: Context) -> None:
        for channel, address, staff in (
            ("whatsapp", "+34600000100", False),
            ("sms", "+34600000200", False),
            ("telegram", "7000", True),
        ):
            transport = "telegram" if channel == "telegram" else "twilio"
            await get_or_create_line(
                ctx, transport=transport, channel=channel, address=address, staff=staff
            )

    await admin.api.runtime.run(connect)
    browser = await admin.signed_in_browser("owner")
    path = f"/shops/{shop_id}/setup/entrances"
    page = await browser.get(f"{path}?first=1")
    assert "Bella Hair can be booked" in visible_text(page)
    drawn = r'aria-label="QR code for (\w+)"><svg[^>]*class="qr".*?href="([^"]+)"'
    ways = re.findall(drawn, page.text, re.DOTALL)
    assert ways == [
        ("WhatsApp", "https://wa.me/34600000100?text=BELLA"),
        ("SMS", "sms:+34600000200?&amp;body=BELLA"),
    ]
    assert "Lines" not in visible_text(page)
    lines = visible_text(await browser.get(path)).partition("Our ends of the channels.")[2]
    assert "WhatsApp +34600000100 for customers, shared" in lines
    assert "Telegram 7000 for the shop's people, shared" in lines


@pytest.mark.parametrize("number", ["9" * 5000, "99999999999999999999", "٣", "-1", "1e3", "²"])
async def test_what_is_no_number_of_anything_is_refused_on_every_form(
    admin: AdminHarness, number: str
) -> None:
    await admin.api.add_booked_customer()
    home, customer = f"/shops/{admin.api.shop.shop_id}", admin.api.customer
    when = {"on": "2026-03-20", "at": "10:00"}
    forms: tuple[tuple[str, str, dict[str, str]], ...] = (
        ("admin", "/lines", {"channel": "sms", "address": "+34915550109", "shop_id": number}),
        ("owner", f"{home}/setup/calendars/out", {"whose": number}),
        ("owner", f"{home}/setup/calendars/in", {"url": "https://x.org/a", "provider_id": number}),
        (
            "owner",
            f"{home}/setup/team",
            {"phone": "1", "role": "provider", "provider_id": number},
        ),
        ("owner", f"{home}/customers/{customer}/merge", {"other": number}),
        ("owner", f"{home}/bookings/new", {"name": "Marta", "service_id": number, **when}),
        ("owner", f"{home}/classes", {"service_id": number, "weeks": number, **when}),
    )
    answers = {
        path: await (await admin.signed_in_browser(who)).submit_form(path, **f)
        for who, path, f in forms
    }
    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(
        answers, 422
    )
