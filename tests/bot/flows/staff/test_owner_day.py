"""The owners' bot end to end: paired, alerted, approving, blocking, a walk-in, words relayed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import cast

import pytest
import sqlalchemy as sa

from bot.app import App, build_channels
from bot.channels.lines import Line
from bot.channels.memory import MemoryChannel
from bot.channels.telegram.api import TelegramChannel
from bot.channels.telegram.owner_bot import TelegramOwnerBot
from bot.channels.telegram.rate_limiter import UNLIMITED
from bot.engine.receive import receive_incoming
from core.clock import FixedClock
from core.db import tables
from core.db.runtime import Runtime
from core.messaging.messages import Incoming
from tests.servers.telegram.bots import Bot
from tests.servers.telegram.people import Person
from tests.servers.telegram.server import TelegramServer
from tests.support import shops
from tests.support.shops import BuiltShop

OWNER, MARTA = "+34600000001", "+34600111222"


@dataclass(slots=True)
class Shop:
    """A shop that serves its customers by SMS and its people by the owners' bot."""

    app: App
    desk: Bot
    bella: Person
    memory: MemoryChannel
    place: BuiltShop
    code: str
    heard: int = 0

    async def customer(self, text: str) -> None:
        """Let Marta send an SMS, once what she answers is noted as sent: nobody reads so fast."""
        await self.app.turn_runner.wait_until_idle()
        await self.app.sender.wait_until_idle()
        self.heard += 1
        line = Line(
            self.place.line_id,
            "twilio",
            "sms",
            "",
            self.place.address,
            self.place.shop_id,
            staff=False,
        )
        got = await receive_incoming(
            self.app.runtime, line, MARTA, f"sms-{self.heard}", Incoming(text=text)
        )
        self.app.turn_runner.begin_turns(got.conversation_id)

    async def until(self, label: str, person: Person | None = None) -> None:
        """Wait until somebody's screen (Bella's) shows something."""
        whose = person or self.bella
        for _ in range(1000):
            if any(label in line for line in whose.screen(self.desk)):
                return
            await asyncio.sleep(0.02)
        assert label in whose.screen(self.desk)

    async def sms(self, words: str) -> str:
        """Wait until Marta got something with these words; return it."""
        for _ in range(1000):
            for row, sent in reversed(self.memory.sent):
                if row.address == MARTA and words in sent.text:
                    return sent.text
            await asyncio.sleep(0.02)
        return ""


@pytest.fixture
async def shop(runtime: Runtime) -> AsyncIterator[Shop]:
    assert isinstance(runtime.clock, FixedClock)
    runtime.clock.move_to("2026-03-12T08:00Z")
    async with TelegramServer() as telegram:
        desk = telegram.bot("SlotlineDeskBot")
        runtime.settings = runtime.settings.model_copy(
            update={"telegram_owner_bot_token": desk.token, "telegram_api_url": telegram.url}
        )
        async with runtime.transaction() as ctx:
            place = await shops.build_salon(ctx, needs_approval=True)
            # What happens on a simulated line is told on simulated lines only.
            await ctx.execute(sa.update(tables.lines).values(transport="twilio"))
            await shops.add_staff(ctx, place, OWNER, "owner", "Bella")
            code = await shops.pairing_code(ctx, OWNER)
        memory = MemoryChannel()
        ways = build_channels(runtime.settings, runtime.clock)
        for ours in cast("TelegramChannel", ways["telegram", "telegram"]).by_id.values():
            cast("TelegramOwnerBot", ours).limiter.rates = UNLIMITED
        app = App.from_runtime(runtime, {("twilio", "sms"): memory, **ways})
        await app.start(ticks=True)
        yield Shop(app, desk, telegram.person("Bella"), memory, place, code)
        await app.stop()


async def test_the_day_of_a_paired_owner(shop: Shop) -> None:
    bella, desk = shop.bella, shop.desk
    await bella.writes(desk, "today")
    await shop.until("This is for the people of a shop.")
    await bella.writes(desk, f"/start pair_{shop.code}")
    await shop.until("Welcome, Bella.")

    await shop.customer("cut tomorrow at 10am with Leo")
    code = (await shop.sms(": reply ")).partition(": reply ")[2][:6]
    await shop.customer(f"{code} Marta")
    await shop.until("To approve: Cut with Leo")
    await bella.taps(desk, "Approve")
    assert (await shop.sms("confirmed")).startswith("Bella Hair confirmed: Cut with Leo")

    await bella.writes(desk, "block tomorrow 9-12 Leo")
    await shop.until("It hits 1 booking")
    await bella.taps(desk, "ask: Fri 13 Mar 10:00 am Ana?")
    await shop.sms("Both are kept for you until you answer.")
    await shop.customer("1")
    await shop.until("Now with Ana: Cut, Marta")

    await bella.writes(desk, "/walkin cut")
    await shop.until("Cut, when?")
    await bella.taps(desk, "now, 9:00 am Ana")
    await shop.until("Name and phone?")
    await bella.writes(desk, "Pau 600 222 333")
    await shop.until("Booked: Pau, Cut with Ana")

    await bella.writes(desk, "message")
    await shop.until("10:00 am Marta")
    await bella.taps(desk, "10:00 am Marta, Ana")
    await shop.until("What shall I write to Marta?")
    await bella.writes(desk, "Bring your card, please")
    assert await shop.sms("Bring your card") == "Bella Hair: Bring your card, please"
    await shop.customer("I will")
    await shop.until("Marta writes: I will")


async def test_a_code_pairs_one_chat_once(shop: Shop) -> None:
    other = shop.bella.server.person("Eve")
    await shop.bella.writes(shop.desk, f"pair {shop.code}")
    await shop.until("Welcome, Bella.")
    await other.writes(shop.desk, f"pair {shop.code}")
    await shop.until("no longer good", other)
