"""`tick` says what it did, row by row; a rehearsal says the same and leaves all as it was."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.app import App
from bot.channels.memory import MemoryChannel
from bot.cli import tick
from bot.engine.receive import receive_incoming
from core.bookings import customer_actions
from core.bookings.booking import Booking
from core.bookings.staff_actions import book_for_customer
from core.bookings.transitions import SYSTEM
from core.calendar_sync import external_calendars
from core.calendar_sync.safe_fetch import FetchError
from core.catalog import loader
from core.clock import FixedClock
from core.db import tables
from core.db.runtime import Runtime
from core.messaging.messages import Incoming
from core.people.customers import get_or_create_customer
from core.people.identities import get_or_create_contact
from core.people.verification import verify_identity
from core.scheduling import availability
from core.shops import shops
from core.values.shop_changes import ShopChange
from tests.support.chat import ChatHarness
from tests.support.shops import BuiltShop, build_salon

MARTA, HUGO = "+34600111222", "+34600111333"

WHY = "(the booking is cancelled)"

NONE = [
    "visits: 0", "calendars: 0", "agendas: 0", "turns: {turns}", "outbox: {outbox}", "old talks: 0",
    "old codes: 0", "old inbox: 0", "old outbox: 0", "old prompts: 0", "old holds: 0",
    "old sign-ins: 0", "old lockouts: 0", "old audit: 0",
]  # fmt: skip


class Evening:
    """A hold that ran out, a message nobody read, and reminders: one to go, one of no use."""

    def __init__(self, runtime: Runtime, place: BuiltShop) -> None:
        self.runtime, self.place, self.town = runtime, place, ChatHarness(runtime)
        self.memory = MemoryChannel()
        self.app = App.from_runtime(runtime, {("terminal", "sms"): self.memory})
        assert isinstance(runtime.clock, FixedClock)
        self.clock = runtime.clock

    async def book(self, phone: str, hour: int) -> Booking:
        """Let somebody have a Cut on Wednesday at so many hours UTC."""
        line = self.town.line_of_channel(self.place.line_id, self.place.shop_id)
        async with self.runtime.transaction() as ctx:
            known = await loader.load_catalog(ctx, self.place.shop_id)
            start = ctx.now.replace(hour=hour) + timedelta(days=2)
            free = await availability.find_slots(
                ctx, known, self.place.services["Cut"], start=start, end=start + timedelta(hours=1)
            )
            contact = await get_or_create_contact(ctx, line, phone)
            user = await verify_identity(
                ctx, "phone", phone, name="Marta", conversation_id=contact.conversation_id
            )
            customer = await get_or_create_customer(
                ctx, known.shop.id, user, name="Marta", phone=phone
            )
            return await book_for_customer(
                ctx, free[0], actor=SYSTEM, customer_id=customer, key=f"{phone} {hour}"
            )

    async def hold(self) -> str:
        async with self.runtime.transaction() as ctx:
            known = await loader.load_catalog(ctx, self.place.shop_id)
            start = ctx.now + timedelta(days=2)
            free = await availability.find_slots(
                ctx, known, self.place.services["Cut"], start=start, end=start + timedelta(days=2)
            )
            line = self.town.line_of_channel(self.place.line_id, self.place.shop_id)
            contact = await get_or_create_contact(ctx, line, MARTA)
            held = await customer_actions.hold_slot(
                ctx, free[-1], conversation_id=contact.conversation_id, key="k", origin="sms"
            )
            return held.ref

    async def everything(self) -> dict[str, list[Any]]:
        """Return every row of every table."""
        async with self.runtime.read_transaction() as ctx:
            return {
                table.name: [tuple(row) for row in await ctx.all(sa.select(table))]
                for table in tables.metadata.sorted_tables
            }


@pytest.fixture
async def evening(runtime: Runtime) -> Evening:
    async with runtime.transaction() as ctx:
        place = await build_salon(ctx)
        await shops.change_shop(ctx, place.shop_id, ShopChange(agenda_today="", agenda_tomorrow=""))
    return Evening(runtime, place)


async def test_a_rehearsal_tells_what_a_tick_does(evening: Evening) -> None:
    first, second = await evening.book(MARTA, 10), await evening.book(HUGO, 11)
    await evening.app.sender.drain()  # that they are booked
    evening.memory.sent.clear()
    evening.clock.advance(timedelta(days=1, hours=1))
    ref = await evening.hold()
    evening.clock.advance(timedelta(hours=1))
    async with evening.runtime.transaction() as ctx:
        # By hand, past the verb that takes reminders along.
        gone = sa.update(tables.bookings).where(tables.bookings.c.id == second.id)
        await ctx.execute(gone.values(state="cancelled"))
    line = evening.town.line_of_channel(evening.place.line_id, evening.place.shop_id)
    await receive_incoming(evening.runtime, line, MARTA, "E1", Incoming(text="hello"))
    before = await evening.everything()

    foretold: list[str] = []
    await tick.rehearse_tick(evening.app.worker, foretold.append)
    assert await evening.everything() == before
    assert evening.memory.sent == []

    told: list[str] = []
    await tick.run_tick(evening.app.worker, told.append)
    assert first.state == "confirmed"
    assert [_bare(line) for line in told] == [
        f"booking  {ref}  held -> expired",
        "turn     sms +34•••222",
        "message  sent      reminder  reminder  sms +34•••222  2026-03-10T10:00Z",
        f"message  dropped   reminder  reminder  sms +34•••333  2026-03-10T11:00Z  {WHY}",
        "message  sent      reply     what  sms +34•••222  2026-03-10T11:00Z",
        "bookings: 1",
        *(one.format(turns=1, outbox=2) for one in NONE),
    ]
    assert [_bare(line) for line in foretold[:-1]] == [_bare(line) for line in told]
    assert foretold[-1] == "Nothing was changed, and nothing sent."
    assert len(evening.memory.sent) == 2


async def test_tick_says_why_a_message_waits(evening: Evening) -> None:
    await evening.book(MARTA, 10)
    evening.clock.advance(timedelta(days=1, hours=2))
    app = App.from_runtime(evening.runtime, {})
    told: list[str] = []
    await tick.rehearse_tick(app.worker, told.append)
    waiting = [line for line in told if line.startswith("message")]
    assert len(waiting) == 2
    assert all(line.endswith("(nothing here serves that line)") for line in waiting)


BUSY = b"""BEGIN:VCALENDAR
VERSION:2.0
PRODID:x
BEGIN:VEVENT
UID:1
DTSTART:20260310T100000Z
DTEND:20260310T110000Z
END:VEVENT
END:VCALENDAR
"""


async def test_calendars_elsewhere_are_read_and_in_a_rehearsal_only_named(evening: Evening) -> None:
    place, worker = evening.place, evening.app.worker
    asked: list[str] = []

    async def fetch(url: str, _since: datetime) -> bytes:
        asked.append(url)
        if "leo" in url:
            raise FetchError("status", 503)
        return BUSY

    worker.fetch = fetch
    async with evening.runtime.transaction() as ctx:
        for name in ("Ana", "Leo"):
            url = f"https://calendar.example.com/{name.lower()}-secret.ics"
            await external_calendars.add_calendar(ctx, place.shop_id, place.providers[name], url)
    before = await evening.everything()
    foretold: list[str] = []
    await tick.rehearse_tick(worker, foretold.append)
    assert (await evening.everything(), asked) == (before, [])
    told: list[str] = []
    await tick.run_tick(worker, told.append)
    ana, leo = (f"calendar {name}, at calendar.example.com" for name in ("Ana", "Leo"))
    assert [line for line in foretold if line.startswith("calendar")] == [ana, leo, "calendars: 2"]
    assert [line for line in told if line.startswith("calendar")] == [
        ana,
        f"{leo}  could not be read: status 503",
        "calendars: 2",
    ]
    assert len(asked) == 2
    async with evening.runtime.read_transaction() as ctx:
        (claim,) = await ctx.all(sa.select(tables.claims.c.busy_from, tables.claims.c.busy_until))
    assert [f"{at:%d %H:%M}" for at in claim] == ["10 10:00", "10 11:00"]
    again: list[str] = []
    await tick.run_tick(worker, again.append)
    assert [line for line in again if line.startswith("calendar")] == ["calendars: 0"]


def _bare(line: str) -> str:
    """Leave out what a rehearsal cannot know: new ids, how often it took, what a provider said."""
    return re.sub(r"  tried [01]  Bella Hair(  delivered)?|(?<=message  )\d+  ", "", line)
