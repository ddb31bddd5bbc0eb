"""Mail as a channel: asked for in the talk, proved by a link, invitations, ended at one click."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import httpx
import icalendar
import pytest
import sqlalchemy as sa

from bot.app import App
from bot.channels.email import render_html
from bot.channels.memory import MemoryChannel
from bot.engine.receive import receive_incoming
from core.bookings import customer_actions
from core.bookings.booking import Booking
from core.bookings.staff_actions import book_for_customer
from core.bookings.transitions import SYSTEM, Actor
from core.catalog import loader
from core.clock import FixedClock
from core.db import tables
from core.db.runtime import Runtime
from core.messaging.lines import Line, get_or_create_line
from core.messaging.messages import Incoming, Say
from core.messaging.outbox import enqueue
from core.people.customers import get_or_create_customer
from core.people.identities import get_or_create_contact
from core.people.members import add_member
from core.people.preferences import reachable_channels, set_preferred_channel
from core.people.verification import verify_identity
from core.scheduling import availability
from core.shops import shops
from core.values.shop_changes import ShopChange
from tests.servers.smtp import SmtpServer, Taken
from tests.support.chat import ChatHarness
from tests.support.shops import BuiltShop, build_salon
from webhooks.app import create_app

PHONE, MAIL = "+34600111222", "marta@mail.example"
URL = "https://book.example"


@dataclass
class House:
    """Bella Hair with a mail server beside its SMS line, and Marta, who has a booking."""

    app: App
    place: BuiltShop
    server: SmtpServer
    sms: MemoryChannel
    web: httpx.AsyncClient
    booking: Booking
    events: int = 0

    @property
    def clock(self) -> FixedClock:
        assert isinstance(self.app.runtime.clock, FixedClock)
        return self.app.runtime.clock

    async def says(self, text: str) -> str:
        """Let Marta text; return the last answer."""
        line = line_of(self.app.runtime, self.place)
        self.events += 1
        before = len(self.sms.sent)
        await receive_incoming(
            self.app.runtime, line, PHONE, f"E{self.events}", Incoming(text=text)
        )
        await self.app.worker.run_due()
        return "\n".join(rendered.text for _, rendered in self.sms.sent[before:])

    async def later(self, time: timedelta) -> tuple[list[Taken], list[str]]:
        """Let time pass; return the mails and the SMS that went out then."""
        mails, texts = len(self.server.mails), len(self.sms.sent)
        self.clock.advance(time)
        await self.app.worker.run_due()
        return self.server.mails[mails:], [r.text for _, r in self.sms.sent[texts:]]

    async def proved(self) -> None:
        """Add Marta's address, and have her messages come there first."""
        await self.says("settings")
        await self.says("email")
        await self.says(MAIL)
        token = re.search(r"token=(\S+)", body(self.server.mails[-1].message, "plain"))
        assert token
        answer = await self.web.post("/mail/prove", data={"token": token[1]})
        assert answer.status_code == 200, answer.text
        await self.says("settings")
        await self.says("channel")
        await self.says("email")


@pytest.fixture
async def house(runtime: Runtime) -> AsyncIterator[House]:
    async with SmtpServer() as server:
        runtime.settings = runtime.settings.model_copy(
            update={
                "smtp_url": server.url,
                "mail_from": "Bella Hair <hello@bella.example>",
                "public_url": URL,
            }
        )
        app, sms = App.from_runtime(runtime), MemoryChannel()
        app.channels["twilio", "sms"] = sms
        async with runtime.transaction() as ctx:
            place = await build_salon(ctx)
            await shops.change_shop(
                ctx, place.shop_id, ShopChange(agenda_today="", agenda_tomorrow="")
            )
            # A real line: what happens on a simulated one stays there.
            await ctx.execute(sa.update(tables.lines).values(transport="twilio"))
            await get_or_create_line(
                ctx, transport="smtp", channel="email", address="hello@bella.example"
            )
        booking = await booked(runtime, place)
        await app.worker.run_due()
        transport = httpx.ASGITransport(app=create_app(app))
        async with httpx.AsyncClient(transport=transport, base_url=URL) as web:
            yield House(app, place, server, sms, web, booking)
        assert server.faults == []


def line_of(runtime: Runtime, place: BuiltShop) -> Line:
    return replace(
        ChatHarness(runtime).line_of_channel(place.line_id, place.shop_id), transport="twilio"
    )


async def booked(runtime: Runtime, place: BuiltShop) -> Booking:
    """Let Marta, known by SMS, have a Cut on Wednesday at 16:00Z."""
    line = line_of(runtime, place)
    async with runtime.transaction() as ctx:
        known = await loader.load_catalog(ctx, place.shop_id)
        start = ctx.now.replace(hour=16) + timedelta(days=2)
        free = await availability.find_slots(
            ctx, known, place.services["Cut"], start=start, end=start + timedelta(hours=1)
        )
        contact = await get_or_create_contact(ctx, line, PHONE)
        user = await verify_identity(
            ctx, "phone", PHONE, name="Marta", conversation_id=contact.conversation_id
        )
        customer = await get_or_create_customer(ctx, known.shop.id, user, name="Marta", phone=PHONE)
        return await book_for_customer(ctx, free[0], actor=SYSTEM, customer_id=customer, key="k")


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def invitation(message: EmailMessage) -> tuple[str, dict[str, Any]]:
    """Return the method of a mail's calendar file and what identifies its event."""
    (part,) = [one for one in message.walk() if one.get_content_type() == "text/calendar"]
    calendar = icalendar.Calendar.from_ical(part.get_content())
    (event,) = calendar.walk("VEVENT")
    assert str(calendar["method"]) == part.get_param("method")
    names = ("uid", "sequence", "status", "organizer", "attendee")
    return str(calendar["method"]), {name: str(event[name]) for name in names}


async def test_an_address_is_added_in_the_talk_and_proved_by_a_link(house: House) -> None:
    assert (await house.says("settings")).splitlines()[1:] == [
        "1 Add an e-mail address",
        "2 Where they come",
        "3 Quiet hours",
    ]
    assert await house.says("1") == "Which e-mail address?"
    assert await house.says("marta at home") == (
        "That is no e-mail address.\nWhich e-mail address?"
    )
    assert await house.says(MAIL.upper()) == (
        f"I sent a link to {MAIL}. Open it, and I can write there too."
    )
    (mail,) = house.server.mails
    assert (mail.sender, mail.recipients) == ("hello@bella.example", (MAIL,))
    link = re.search(r"https://book.example(/mail/prove\?token=\S+)", body(mail.message, "plain"))
    assert link
    async with house.app.runtime.read_transaction() as ctx:
        said = await ctx.scalar(
            sa.select(tables.outbox.c.message).order_by(tables.outbox.c.id.desc())
        )
        assert link[1] not in str(said)  # wiped once it was sent
    page = await house.web.get(link[1])
    assert (page.status_code, "Yes, write to me here" in page.text) == (200, True)
    assert await channels(house) == ["sms"]  # opening it does nothing
    token = link[1].partition("=")[2]
    done = await house.web.post("/mail/prove", data={"token": token})
    assert (done.status_code, "Done." in done.text) == (200, True)
    assert await channels(house) == ["sms", "email"]
    again = await house.web.post("/mail/prove", data={"token": token})
    assert (again.status_code, "no longer good" in again.text) == (400, True)
    assert (await consents(house))[-1] == (True, "asked", "the mailed link was opened")


async def test_unverified_email_address_gets_no_other_mail(house: House) -> None:
    await house.says("settings")
    await house.says("email")
    await house.says(MAIL)
    house.server.mails.clear()
    async with house.app.runtime.transaction() as ctx:
        await set_preferred_channel(ctx, house.booking.user_id or 0, "email")
    mails, texts = await house.later(timedelta(days=1, hours=7))
    assert (mails, len(texts)) == ([], 1)


async def test_a_reminder_by_mail_is_text_and_html_and_an_invitation(house: House) -> None:
    await house.proved()
    (mail,), texts = await house.later(timedelta(days=1, hours=7))
    assert texts == []
    message, ref = mail.message, house.booking.ref
    assert message["Subject"] == "Bella Hair: your appointment"
    assert message["From"] == "Bella Hair <hello@bella.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    end = message["List-Unsubscribe"].strip("<>")
    assert end.startswith(f"{URL}/mail/end/")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    lines = body(message, "plain").strip().split("\n\n")
    assert lines[0] == (
        f"Bella Hair: Cut with Ana, Wed 11 Mar 5:00 pm, Calle Mayor 8. Ref {ref}. Will you come?"
    )
    assert lines[1].startswith(f"Your booking, with map and calendar: {URL}/b/")
    assert lines[2] == (f"Nobody reads answers to this address. No more mails of Bella Hair: {end}")
    assert f'<a href="{end}">' in body(message, "html")
    method, event = invitation(message)
    assert (method, event) == (
        "REQUEST",
        {
            "uid": f"{house.booking.id}-{ref}@slotline",
            "sequence": "0",
            "status": "CONFIRMED",
            "organizer": "mailto:hello@bella.example",
            "attendee": f"mailto:{MAIL}",
        },
    )


async def test_cancelled_booking_cancels_its_invitation_by_uid(house: House) -> None:
    await house.proved()
    (first,), _ = await house.later(timedelta(days=1, hours=7))
    async with house.app.runtime.transaction() as ctx:
        owner = await add_member(
            ctx, house.place.shop_id, phone="+34600000001", role="owner", name="Bella"
        )
        await customer_actions.cancel_booking(ctx, house.booking.id, actor=Actor("staff", owner))
    (second,), _ = await house.later(timedelta(0))
    before, after = invitation(first.message), invitation(second.message)
    assert (before[0], after[0]) == ("REQUEST", "CANCEL")
    assert after[1]["uid"] == before[1]["uid"]
    assert int(after[1]["sequence"]) > int(before[1]["sequence"])
    assert after[1]["status"] == "CANCELLED"


async def test_one_click_unsubscribe_moves_messages_to_the_next_channel(house: House) -> None:
    await house.proved()
    (mail,), _ = await house.later(timedelta(days=1, hours=7))
    end = mail.message["List-Unsubscribe"].strip("<>").removeprefix(URL)
    assert "Send me no more mails" in (await house.web.get(end)).text
    assert await channels(house) == ["sms", "email"]
    done = await house.web.post(end, data={"List-Unsubscribe": "One-Click"})
    assert (done.status_code, "Your bookings stand." in done.text) == (200, True)
    assert (await consents(house))[-1] == (False, "stop", "the unsubscribe link of a mail")
    assert (await house.web.post(end)).status_code == 200  # as often as they like
    assert len(await consents(house)) == 3
    mails, texts = await house.later(timedelta(hours=22))
    assert (mails, len(texts)) == ([], 1)
    for wrong in ("/mail/end/1-aaaaaaaaaa", "/mail/end/x", f"{end}a"):
        assert (await house.web.post(wrong)).status_code == 400
        assert (await house.web.get(wrong)).status_code == 400


async def test_who_is_refused_is_told_elsewhere_and_a_busy_server_is_asked_again(
    house: House,
) -> None:
    await house.proved()
    house.server.busy = "421 later"
    assert await house.later(timedelta(days=1, hours=7)) == ([], [])
    house.server.busy = ""
    house.server.refuse[MAIL] = "451 not now"
    assert await house.later(timedelta(minutes=10)) == ([], [])
    house.server.refuse[MAIL] = "550 no such user"
    mails, texts = await house.later(timedelta(minutes=10))
    assert (mails, len(texts)) == ([], 1)
    assert texts[0].startswith("Bella Hair: Cut with Ana, Wed 11 Mar 5:00 pm")
    async with house.app.runtime.transaction() as ctx:
        talk = tables.conversations
        gone = await ctx.first(sa.select(talk).where(talk.c.unreachable_at.is_not(None)))
        assert gone is not None
        assert gone.address == MAIL
        await enqueue.enqueue(ctx, Say("hello"), conversation_id=gone.id, queue="alert")
    mails, texts = await house.later(timedelta(0))
    assert (mails, texts) == ([], ["Hello!"])


def test_a_page_of_html_has_nothing_in_it_that_was_not_text() -> None:
    written = render_html("<b>Marta</b> & co: https://x.example/a?b=1&c=2.\n\nBye", "en")
    assert "&lt;b&gt;Marta&lt;/b&gt; &amp; co: " in written
    link = "https://x.example/a?b=1&amp;c=2"
    assert f'<a href="{link}">{link}</a>.' in written


async def channels(house: House) -> list[str]:
    async with house.app.runtime.read_transaction() as ctx:
        user = house.booking.user_id
        assert user is not None
        return await reachable_channels(ctx, user, house.place.shop_id)


async def consents(house: House) -> list[tuple[bool, str, str]]:
    async with house.app.runtime.read_transaction() as ctx:
        rows = await ctx.all(sa.select(tables.consents).order_by(tables.consents.c.id))
        return [(row.given, row.how, row.wording) for row in rows]
