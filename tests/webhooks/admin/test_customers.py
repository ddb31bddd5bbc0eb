"""Customers, conversations and the outbox on the admin pages: permissions and actions."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from core.db import tables
from core.db.context import Context
from core.db.tables import conversations, customers, identities
from core.db.tables import outbox as outbox_table
from core.messaging import inbox
from core.messaging.messages import Incoming, Say
from core.messaging.outbox import enqueue
from core.people.customers import ERASED_NAME, add_customer
from tests.support.chat import ChatHarness, ChatPerson
from tests.webhooks.admin.conftest import AdminHarness, field_errors, visible_text

# The API below is tested on both databases; here it is the forms.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_customers_are_found_changed_and_blocked(admin: AdminHarness) -> None:
    await admin.api.add_booked_customer()
    browser = await admin.signed_in_browser("receptionist")
    home = f"/shops/{admin.api.shop.shop_id}/customers"
    odd = await browser.submit_form(home, name="Vera", phone="12")
    assert field_errors(odd) == {
        "phone": "This is no phone number. Write it with its country: +34 600 111 222."
    }
    made = await browser.submit_form(home, name="Vera", phone="600111333")
    assert re.fullmatch(rf"/admin{home}/\d+\?said=added", made.headers["location"])
    assert "2 customers" in visible_text(await browser.get(home))
    found = visible_text(await browser.get(f"{home}?q=333"))
    assert ("1 customer for “333”" in found, "Marta" in found) == (True, False)
    assert "Nobody has “zzz”" in visible_text(await browser.get(f"{home}?q=zzz"))
    one = f"{home}/{admin.api.customer}"
    shown = visible_text(await browser.get(one))
    assert "Bookings Tue 10 Mar 10:00 am Cut, Ana Confirmed" in shown
    assert "Talks and consent SMS +34600111222 Has not said whether they want messages" in shown
    assert "Their data" not in shown
    vera = made.headers["location"].removeprefix("/admin").partition("?")[0]
    assert "They have not written to the shop" in visible_text(await browser.get(vera))
    await browser.submit_form(
        one, name="Marta R", phone="+34600111222", email="", notes="Sits left"
    )
    assert "Sits left" in visible_text(await browser.get(one))
    blocked = await browser.submit_form(f"{one}/block", blocked="1")
    assert blocked.headers["location"] == f"/admin{one}?said=blocked"
    assert "blocked Take bookings again" in visible_text(await browser.get(one))
    for path in ("merge", "erase"):
        refused = await browser.submit_form(
            f"{one}/{path}", other=str(admin.api.customer), sure="1"
        )
        assert refused.status_code == 403
    for who, status in (("provider", 403), ("other owner", 404), ("customer", 404)):
        other = await admin.signed_in_browser(who)
        for path in (home, one, f"{one}/export"):
            assert (await other.get(path)).status_code == status


async def test_a_yes_or_no_to_messages_is_shown_and_written_down_on_their_word(
    admin: AdminHarness,
) -> None:
    await admin.api.add_booked_customer()
    place = admin.api.shop
    town = ChatHarness(admin.api.runtime)
    marta = ChatPerson(town, town.line_of_channel(place.line_id, place.shop_id), "+34600111222")
    await marta.say("hello")
    browser = await admin.signed_in_browser("receptionist")
    home = f"/shops/{place.shop_id}/customers/{admin.api.customer}"
    tell = f"{home}/consents/{admin.api.talk}"
    today = "Monday 9 March 2026"
    shown = visible_text(await browser.get(home))
    assert f"Agreed to messages on {today}: they wrote to the shop, “hello” They asked" in shown
    long = await browser.submit_form(tell, wording="x" * 301)
    assert field_errors(long) == {f"wording{admin.api.talk}": "Write at most 300 characters."}
    told = await browser.submit_form(tell, wording="asked us at the desk")
    assert told.headers["location"] == f"/admin{home}?said=asked-to-stop"
    shown = visible_text(await browser.get(home))
    assert (
        f"Wants no messages since {today}: they told the shop they want none, "
        f"“asked us at the desk” How that came about {today}, 10:00 am No: they told the shop they "
        f"want none, “asked us at the desk” {today}, 10:00 am Yes: they wrote to the shop, “hello” "
        "They want messages again" in shown
    )
    told = await browser.submit_form(tell, wording="", agreed="1")
    assert told.headers["location"] == f"/admin{home}?said=wants-again"
    assert "Agreed to messages on" in visible_text(await browser.get(home))
    await marta.say("STOP")
    shown = visible_text(await browser.get(home))
    assert (
        f"Wants no messages since {today}: they asked for no more, “STOP” "
        "Only they can take that back, by sending START by SMS." in shown
    )
    assert "They want messages again" not in shown
    late = await browser.submit_form(tell, agreed="1")
    assert (late.status_code, "only they can take it back" in visible_text(late)) == (409, True)
    assert (await browser.submit_form(f"{home}/consents/999")).status_code == 404
    await marta.say("START")
    assert f"Agreed to messages on {today}: they asked for messages again, “START”" in visible_text(
        await browser.get(home)
    )
    for who, status in (("provider", 403), ("other owner", 404), ("customer", 404)):
        assert (await (await admin.signed_in_browser(who)).submit_form(tell)).status_code == status


async def test_an_unproved_walk_in_is_shown_nobodys_talks(admin: AdminHarness) -> None:
    await admin.api.add_booked_customer()
    shop_id = admin.api.shop.shop_id
    made = await admin.api.runtime.run(lambda ctx: add_customer(ctx, shop_id, "Nadie"))
    browser = await admin.signed_in_browser("owner")
    shown = visible_text(await browser.get(f"/shops/{shop_id}/customers/{made}"))
    assert "Talks and consent They have not written to the shop" in shown


async def test_an_owner_makes_two_one_hands_out_and_erases(admin: AdminHarness) -> None:
    await admin.api.add_booked_customer()
    shop_id = admin.api.shop.shop_id
    twin = await admin.api.runtime.run(lambda ctx: add_customer(ctx, shop_id, "Marta"))
    browser = await admin.signed_in_browser("owner")
    home = f"/shops/{shop_id}/customers"
    one = f"{home}/{admin.api.customer}"
    nobody = await browser.submit_form(f"{one}/merge")
    assert (nobody.status_code, "Choose who is the same person." in visible_text(nobody)) == (
        422,
        True,
    )
    same = await browser.submit_form(f"{one}/merge", other=str(admin.api.customer))
    assert "It cannot be the same one." in visible_text(same)
    assert f'name="other" value="{twin}"' in (await browser.get(one)).text
    merged = await browser.submit_form(f"{one}/merge", other=str(twin))
    assert merged.headers["location"] == f"/admin{one}?said=merged"
    file = await browser.get(f"{one}/export")
    assert file.headers["content-disposition"] == (
        f'attachment; filename="customer-{admin.api.customer}.json"'
    )
    assert [row["name"] for row in file.json()["tables"]["customers"]] == ["Marta"]
    unsure = await browser.submit_form(f"{one}/erase")
    assert field_errors(unsure) == {"sure": "Tick the box first: nothing brings them back."}
    gone = await browser.submit_form(f"{one}/erase", sure="1")
    assert gone.headers["location"] == f"/admin{home}?said=erased"
    left = sa.select(customers.c.name, customers.c.phone, customers.c.notes)
    async with admin.api.runtime.read_transaction() as ctx:
        assert [tuple(row) for row in await ctx.all(left)] == [(ERASED_NAME, "", "")]
    listed = visible_text(await browser.get(home))
    assert ("0 customers" in listed, ERASED_NAME in listed) == (True, False)


async def test_a_talk_is_read_taken_over_answered_and_handed_back(admin: AdminHarness) -> None:
    await admin.api.add_booked_customer()
    talk, place = admin.api.talk, admin.api.shop

    async def write(ctx: Context) -> None:
        said = Incoming(kind="text", text="Is <b>Ana</b> there? My code is 123456")
        await inbox.store(
            ctx, line_id=place.line_id, conversation_id=talk, event_id="x", incoming=said
        )

    await admin.api.runtime.run(write)
    browser = await admin.signed_in_browser("receptionist")
    home = f"/shops/{place.shop_id}/talks"
    assert "+34600111222 SMS" in visible_text(await browser.get(home))
    part = await browser.get(f"{home}/{talk}?part=talk")
    assert "Is &lt;b&gt;Ana&lt;/b&gt; there? My code is ######" in part.text
    assert ("<html" in part.text, "With the bot." in part.text) == (False, True)
    empty = await browser.submit_form(f"{home}/{talk}/answer", text=" ")
    assert field_errors(empty) == {"text": "Write something first."}
    for path, word in (("take-over", "taken"), ("answer", "answered"), ("hand-back", "back")):
        done = await browser.submit_form(f"{home}/{talk}/{path}", text="She is, until six.")
        assert done.headers["location"] == f"/admin{home}/{talk}?said={word}"
    stored = (
        sa.select(tables.inbox.c.incoming)
        .order_by(tables.inbox.c.id)
        .where(tables.inbox.c.event_id != "x")
    )
    async with admin.api.runtime.read_transaction() as ctx:
        events = [row.incoming["text"] for row in await ctx.all(stored)]
    assert events == ["relay", "relay", "handback"]
    sent = sa.select(outbox_table.c.message).where(outbox_table.c.kind == "relay")
    assert (await admin.api.fetch_scalar(sent))["params"]["words"] == "She is, until six."

    async def taken(ctx: Context) -> None:
        until = ctx.now + timedelta(hours=12)
        mine = conversations.update().where(conversations.c.id == talk)
        await ctx.execute(mine.values(human_until=until))

    await admin.api.runtime.run(taken)
    assert "With a person" in visible_text(await browser.get(home))
    assert (
        "With a person. The bot keeps quiet until 10:00 pm. Hand back to the bot"
        in visible_text(await browser.get(f"{home}/{talk}?part=talk"))
    )
    for who, status in (("provider", 403), ("other owner", 404)):
        other = await admin.signed_in_browser(who)
        assert (await other.get(f"{home}/{talk}")).status_code == status
        assert (await other.submit_form(f"{home}/{talk}/take-over")).status_code == status


async def test_a_talk_bears_the_name_the_shop_knows(admin: AdminHarness) -> None:
    await admin.api.add_booked_customer()
    talk, shop_id = admin.api.talk, admin.api.shop.shop_id
    user_id = admin.api.users["owner"]

    async def prove(ctx: Context) -> None:
        pau = await add_customer(ctx, shop_id, "Pau Vidal")
        known = customers.update().where(customers.c.id == pau)
        await ctx.execute(known.values(user_id=user_id))
        of_talk = sa.select(conversations.c.identity_id).where(conversations.c.id == talk)
        theirs = identities.c.id == of_talk.scalar_subquery()
        await ctx.execute(identities.update().where(theirs).values(user_id=user_id))

    await admin.api.runtime.run(prove)
    browser = await admin.signed_in_browser("receptionist")
    home = f"/shops/{shop_id}/talks"
    assert "Pau Vidal SMS" in visible_text(await browser.get(home))
    assert "Pau Vidal SMS, +34600111222" in visible_text(await browser.get(f"{home}/{talk}"))


async def test_messages_are_filtered_sent_again_and_dropped(admin: AdminHarness) -> None:
    await admin.api.add_booked_customer()
    shop_id = admin.api.shop.shop_id

    async def post(ctx: Context) -> None:
        for n, kind in enumerate(("reminder", "relay")):
            await enqueue.enqueue(
                ctx, Say("slot_taken"), conversation_id=admin.api.talk, queue="alert", kind=kind,
                shop_id=shop_id, unique_key=f"m{n}",
            )  # fmt: skip
        failed = outbox_table.update().where(outbox_table.c.unique_key == "m0")
        await ctx.execute(failed.values(state="failed", error="30003 unreachable"))

    await admin.api.runtime.run(post)
    browser = await admin.signed_in_browser("owner")
    home = f"/shops/{shop_id}/messages"
    failed = await browser.get(f"{home}?state=failed")
    assert "Reminder SMS to +34•••222 30003 unreachable" in visible_text(failed)
    assert "Written by a person" not in visible_text(failed).partition("Dropped")[2]
    assert "Nothing is waiting." not in visible_text(await browser.get(f"{home}?state=due"))
    (number,) = set(re.findall(r"messages/(\d+)/retry", failed.text))
    again = await browser.submit_form(f"{home}/{number}/retry", state="failed")
    assert again.headers["location"] == f"/admin{home}?state=failed&said=retried"
    dropped = await browser.submit_form(f"{home}/{number}/drop", state="due")
    assert dropped.headers["location"] == f"/admin{home}?state=due&said=dropped"
    late = await browser.submit_form(f"{home}/{number}/drop")
    assert (late.status_code, "Too late" in visible_text(late)) == (409, True)
    desk = await admin.signed_in_browser("receptionist")
    assert "/drop" not in (await desk.get(home)).text
    assert (await desk.submit_form(f"{home}/{number}/drop")).status_code == 403
