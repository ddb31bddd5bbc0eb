"""Sessions and rooms on the admin pages: planned for weeks, shown, cancelled."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from core.catalog.loader import load_catalog
from core.db.context import Context
from core.db.tables import bookings, sessions
from core.shops import providers, services
from core.values.catalog_changes import NewService
from tests.webhooks.admin.conftest import AdminHarness, field_errors, page_heading, visible_text

# The API below is tested on both databases; here it is the forms.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def yoga(admin: AdminHarness) -> dict[str, str]:
    """Add a service in sessions given by Ana; return a form that plans it on Mondays."""
    place = admin.api.shop

    async def work(ctx: Context) -> int:
        made = await services.add_service(
            ctx, place.shop_id, NewService(name="Yoga", minutes=60, price_minor=1200, sessions=True)
        )
        await providers.set_offering(ctx, place.shop_id, place.providers["Ana"], made)
        return made

    service = await admin.api.runtime.run(work)
    return {
        "service_id": str(service),
        "provider_id": str(place.providers["Ana"]),
        "on": "2026-03-16",
        "at": "18:30",
        "capacity": "2",
    }


async def test_a_class_is_planned_for_weeks_and_called_off(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("owner")
    shop_id = admin.api.shop.shop_id
    home = f"/shops/{shop_id}/classes"
    assert "No service is given to several at once." in visible_text(await browser.get(home))
    assert "Classes" not in visible_text(await browser.get(f"/shops/{shop_id}/week"))
    form = await yoga(admin)
    assert "Classes In your calendar" in visible_text(await browser.get(f"/shops/{shop_id}/week"))
    # The clocks of Madrid go forward on the 29th: it stays half past six there.
    done = await browser.submit_form(home, **form, weeks="3", price="9,50")
    assert done.headers["location"] == f"/admin{home}?said=planned"
    begins = sa.select(sessions.c.starts_at, sessions.c.price_minor).order_by(sessions.c.id)
    async with admin.api.runtime.read_transaction() as ctx:
        planned = [(f"{row.starts_at:%d %H:%M}", row.price_minor) for row in await ctx.all(begins)]
    assert planned == [("16 17:30", 950), ("23 17:30", 950), ("30 16:30", 950)]
    listed = await browser.get(home)
    assert "Mon 30 Mar 6:30 pm Yoga, Ana 0 of 2" in visible_text(listed)
    day = await browser.get(f"/shops/{shop_id}/day?on=2026-03-16")
    assert "6:30 pm Yoga, nobody yet" in visible_text(day)
    one = re.findall(rf"{home}/(\d+)", listed.text)[0]
    odd = await browser.submit_form(f"{home}/{one}/seats", name="E" * 101, phone="12")
    assert field_errors(odd) == {"name": "Write at most 100 characters."}
    odd = await browser.submit_form(f"{home}/{one}/seats", name="Eva", phone="12")
    assert field_errors(odd) == {
        "phone": "This is no phone number. Write it with its country: +34 600 111 222."
    }
    for n in range(2):
        seat = await browser.submit_form(f"{home}/{one}/seats", name=f"Eva {n}")
        assert seat.headers["location"] == f"/admin{home}/{one}?said=booked"
    full = await browser.submit_form(f"{home}/{one}/seats", name="Eva 2")
    assert full.status_code == 409
    assert "Mon 16 Mar 6:30 pm Yoga, Ana 2 of 2" in visible_text(await browser.get(home))
    day = await browser.get(f"/shops/{shop_id}/day?on=2026-03-16")
    assert ("nobody yet" in visible_text(day), "Yoga 2 people" in visible_text(day)) == (
        False,
        True,
    )
    shown = visible_text(await browser.get(f"{home}/{one}"))
    assert "Seats 2 of 2 taken A seat costs 9.50 EUR Who is on it Eva 0 Confirmed Eva 1" in shown
    gone = await browser.submit_form(f"{home}/{one}/cancel", reason="Ana is ill")
    assert gone.headers["location"] == f"/admin{home}?said=called-off"
    assert "Mon 16 Mar 6:30 pm Yoga, Ana Called off" in visible_text(await browser.get(home))
    over = visible_text(await browser.get(f"{home}/{one}"))
    assert ("called off" in over, "Call it off" in over) == (True, False)
    async with admin.api.runtime.read_transaction() as ctx:
        seats = await ctx.all(sa.select(bookings.c.state, bookings.c.reason))
    assert [tuple(row) for row in seats] == [("cancelled", "Ana is ill")] * 2


async def test_what_is_wrong_with_a_plan_is_named(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("owner")
    home = f"/shops/{admin.api.shop.shop_id}/classes"
    form = await yoga(admin)
    assert field_errors(
        await browser.submit_form(home, price="free", weeks="27", on="x", capacity="0")
    ) == {
        "service_id": "Choose the class.",
        "provider_id": "Choose who gives it.",
        "on": "Choose a day.",
        "capacity": "Write how many can come, 1 to 1000.",
        "weeks": "Write how many weeks in a row, 1 to 26.",
        "price": "Write an amount such as 25 or 25.50.",
    }
    leo = str(admin.api.shop.providers["Leo"])
    assert field_errors(
        await browser.submit_form(home, **form | {"provider_id": leo, "on": "2026-03-02"})
    ) == {
        "provider_id": "They do not give this service.",
        "on": "That is past.",
    }
    await browser.submit_form(home, **form | {"on": "2026-03-23"})
    stopped = await browser.submit_form(home, **form, weeks="3")
    assert (stopped.status_code, "1 planned, then it stopped. Monday 23 March: There is something "
            "in that time already." in visible_text(stopped)) == (409, True)  # fmt: skip
    count = sa.select(sa.func.count()).select_from(sessions)
    assert await admin.api.fetch_scalar(count) == 2


async def test_providers_plan_and_see_their_own_classes(admin: AdminHarness) -> None:
    form = await yoga(admin)
    place = admin.api.shop
    home = f"/shops/{place.shop_id}/classes"
    hers = await admin.signed_in_browser("provider")
    assert (await hers.submit_form(home, **form)).status_code == 303
    leo = place.providers["Leo"]
    await admin.api.runtime.run(
        lambda ctx: providers.set_offering(ctx, place.shop_id, leo, int(form["service_id"]))
    )
    theirs = form | {"provider_id": str(leo)}
    assert (await hers.submit_form(home, **theirs)).status_code == 404
    assert (
        await (await admin.signed_in_browser("owner")).submit_form(home, **theirs)
    ).status_code == 303
    shown = await hers.get(home)
    assert ("Yoga, Ana" in visible_text(shown), "Leo" in visible_text(shown)) == (True, False)
    (mine,) = set(re.findall(rf"{home}/(\d+)", shown.text))
    other = int(mine) + 1
    assert (await hers.get(f"{home}/{other}")).status_code == 404
    assert (await hers.submit_form(f"{home}/{other}/cancel")).status_code == 404
    assert (await hers.get(f"{home}/{mine}")).status_code == 200
    for who in ("other owner", "customer"):
        assert (await (await admin.signed_in_browser(who)).get(home)).status_code == 404


async def test_rooms_are_listed_with_what_takes_them(admin: AdminHarness) -> None:
    browser = await admin.signed_in_browser("owner")
    place = admin.api.shop
    home = f"/shops/{place.shop_id}/setup/rooms"
    page = await browser.get(home)
    assert (page_heading(page), "None. Most shops need none." in visible_text(page)) == (
        "Rooms",
        True,
    )
    assert field_errors(await browser.submit_form(home, name="X")) == {
        "name": "Write 2 to 100 characters."
    }
    cut = place.services["Cut"]
    made = await browser.submit_form(home, name="Chair by the window", takes=str(cut))
    assert made.headers["location"] == f"/admin{home}?said=added"
    await browser.submit_form(home, name="Attic")
    shown = visible_text(await browser.get(home))
    assert "Chair by the window Cut Name" in shown
    assert "Attic no service takes it Name" in shown
    known = await admin.api.runtime.run(lambda ctx: load_catalog(ctx, place.shop_id))
    assert {service: len(rooms) for service, rooms in known.rooms_by_service.items()} == {cut: 1}
    attic = max(room for rooms in known.rooms_by_service.values() for room in rooms) + 1
    odd = await browser.submit_form(f"{home}/{attic}", name="A")
    assert field_errors(odd) == {f"name{attic}": "Write 2 to 100 characters."}
    saved = await browser.submit_form(f"{home}/{attic}", name="Loft", takes=str(cut))
    assert saved.headers["location"] == f"/admin{home}?said=saved"
    assert "Loft Cut Name" in visible_text(await browser.get(home))
    desk = await admin.signed_in_browser("receptionist")
    assert "Chair by the window Cut Loft Cut" in visible_text(await desk.get(home))
    assert (await desk.submit_form(f"{home}/{attic}", name="Cellar")).status_code == 403
    assert "Add the room" not in visible_text(await desk.get(home))
    assert (await desk.submit_form(home, name="Cellar")).status_code == 403
