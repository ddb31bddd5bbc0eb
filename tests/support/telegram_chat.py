"""Slotline with the real SDKs, a strict Bot API server, and people in chats."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvicorn

from bot.app import App, build_channels
from bot.channels.memory import MemoryChannel
from bot.channels.telegram.api import TelegramChannel
from bot.channels.telegram.customer_bot import TelegramCustomerBot
from bot.channels.telegram.owner_bot import TelegramOwnerBot
from bot.channels.telegram.rate_limiter import UNLIMITED, TelegramRates
from core.clock import FixedClock
from core.db.runtime import Runtime
from tests.servers.telegram.bots import Bot, Message
from tests.servers.telegram.people import Person, drawn
from tests.servers.telegram.server import TelegramServer
from webhooks.app import create_app


@dataclass(slots=True)
class TelegramHarness:
    """The application with its customers' bot, as seen in Telegram.

    `desk` is the owners' bot; without one it is the same as `bot`.
    """

    app: App
    telegram: TelegramServer
    bot: Bot
    url: str
    sms: MemoryChannel
    owner_bot: Bot

    @property
    def clock(self) -> FixedClock:
        """The clock, which stands still."""
        assert isinstance(self.app.runtime.clock, FixedClock)
        return self.app.runtime.clock

    async def wait_until_idle(self) -> None:
        """Wait until everything sent was received, handled and answered."""
        intake = self.app.telegram
        assert intake is not None
        await self.telegram.settled()
        for each in (self.bot, self.owner_bot):
            if each.webhook is None:
                await self.wait_until_polled(each)
        await self.app.turn_runner.wait_until_idle()
        await self.app.sender.wait_until_idle()
        await intake.wait_until_idle()
        bots = self.app.channels["telegram", "telegram"]
        assert isinstance(bots, TelegramChannel)
        for ours in bots.by_id.values():
            assert isinstance(ours, TelegramCustomerBot | TelegramOwnerBot)
            await ours.wait_until_idle()

    async def wait_until_polled(self, bot: Bot | None = None) -> None:
        """Wait until our poll has fetched every update and asks for the next."""
        while (bot or self.bot).updates:  # noqa: ASYNC110 - the stand-in has no bell for it
            await asyncio.sleep(0.002)

    async def write(self, person: Person, text: str, bot: Bot | None = None) -> list[str]:
        """Write as a person; return the messages that follow, as the chat shows them."""
        bot = bot or self.bot
        seen = len(bot.messages.get(person.id, ()))
        await person.writes(bot, text)
        await self.wait_until_idle()
        return [line for m in bot.messages[person.id][seen:] for line in drawn(m)]

    async def tap(
        self, person: Person, label: str, message: Message | None = None, bot: Bot | None = None
    ) -> str:
        """Tap as a person; return the answer to the tap itself."""
        bot = bot or self.bot
        query = await person.taps(bot, label, message=message)
        await self.wait_until_idle()
        return str(bot.answers[query].get("text", ""))

    async def share_contact(self, person: Person) -> None:
        """Share a person's contact."""
        await person.shares_contact(self.bot)
        await self.wait_until_idle()


@asynccontextmanager
async def telegram_harness(
    runtime: Runtime,
    *,
    webhook: bool = True,
    telegram: TelegramServer | None = None,
    pace: TelegramRates = UNLIMITED,
    desk: bool = False,
) -> AsyncIterator[TelegramHarness]:
    """Serve `runtime` to people in Telegram, by webhook or by polling, until the block ends.

    Codes go out by SMS, which ends in memory (`Chats.sms`). Nothing is paced unless asked for.
    With `desk` the people of shops have their own bot.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with telegram or TelegramServer() as server:
            bot = server.bot("BellaHairBot")
            owners = server.bot("BellaDeskBot") if desk else bot
            runtime.settings = runtime.settings.model_copy(
                update={
                    "public_url": url if webhook else "",
                    "telegram_bot_token": bot.token,
                    "telegram_owner_bot_token": owners.token if desk else "",
                    "telegram_api_url": server.url,
                }
            )
            sms = MemoryChannel()
            app = App.from_runtime(
                runtime, {**build_channels(runtime.settings, runtime.clock), ("twilio", "sms"): sms}
            )
            assert app.telegram is not None
            app.telegram.typing_after = 60
            bots = app.channels["telegram", "telegram"]
            assert isinstance(bots, TelegramChannel)
            for each in bots.by_id.values():
                assert isinstance(each, TelegramCustomerBot | TelegramOwnerBot)
                each.limiter.rates = pace
            serving = uvicorn.Server(
                uvicorn.Config(create_app(app), log_config=None, lifespan="off", ws="none")
            )
            await app.start(ticks=False)
            if not webhook:
                await app.telegram.start(poll=True)
            task = asyncio.create_task(serving.serve(sockets=[listening]))
            try:
                for one in (bot, owners):
                    await _ready(one, webhook=webhook)
                yield TelegramHarness(app, server, bot, url, sms, owners)
            finally:
                serving.should_exit = True
                await task
                await app.stop()


async def _ready(bot: Bot, *, webhook: bool) -> None:
    ready = "getWebhookInfo" if webhook else "getUpdates"
    while not bot.called(ready):  # noqa: ASYNC110 - the stand-in has no bell for it
        await asyncio.sleep(0.002)
