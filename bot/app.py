"""The application: one installation, put together from its settings, started and stopped."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

import structlog

from bot.channels import lines
from bot.channels.base import Channels
from bot.channels.telegram.api import BotRole, TelegramBot, TelegramChannel, parse_bot_id
from bot.channels.telegram.rate_limiter import TelegramRateLimiter
from bot.channels.twilio.channel import TwilioChannel
from bot.channels.twilio.rate_limiter import TwilioRateLimiter, seconds_clock
from bot.delivery.sender import OutboxSender
from bot.engine.turn_runner import TurnRunner
from bot.inbound.telegram import TelegramReceiver
from bot.worker import Worker
from core.clock import Clock
from core.db.runtime import Runtime
from core.errors import NotReady
from core.mailer import create_mailer
from core.messaging.lines import Line, load_lines
from core.settings import Settings

log = structlog.get_logger(__name__)

SHUTDOWN_SECONDS = 6.0
"""Seconds a stop gives to what is in hand; with the server's own it stays below ten."""

LINE_CACHE_SECONDS = 30.0
"""Seconds until a process notices that another one changed a line."""


@dataclass(slots=True, eq=False)
class App:
    """Everything that runs in one process."""

    settings: Settings
    runtime: Runtime
    channels: Channels
    sender: OutboxSender
    turn_runner: TurnRunner
    worker: Worker
    telegram: TelegramReceiver | None = None
    _lines: dict[tuple[str, str, str], Line] = field(default_factory=dict)
    _lines_until: float = 0.0
    _held: ExitStack = field(default_factory=ExitStack)

    @classmethod
    def open(
        cls, settings: Settings, clock: Clock | None = None, channels: Channels | None = None
    ) -> App:
        """Put it together; nothing is connected before it starts."""
        return cls.from_runtime(Runtime.open(settings, clock), channels)

    @classmethod
    def from_runtime(cls, runtime: Runtime, channels: Channels | None = None) -> App:
        """Put it together around an open runtime; `channels` instead of what settings give."""
        settings = runtime.settings
        ways = channels if channels is not None else build_channels(settings, runtime.clock)
        delivery, turns = OutboxSender(runtime, ways), TurnRunner(runtime)
        if channels is None and settings.smtp_url and settings.mail_from:
            # It writes mails and their calendar files, which few installations want.
            from bot.channels.email import EmailChannel

            ways["smtp", "email"] = EmailChannel(
                create_mailer(settings), settings.mail_from, runtime
            )
        bots = ways.get(("telegram", "telegram"))
        intake = None
        if isinstance(bots, TelegramChannel):
            intake = TelegramReceiver(
                runtime, turns, {bot.role: bot for bot in bots.by_id.values()}
            )
        worker = Worker(runtime, delivery, turns)
        return cls(settings, runtime, ways, delivery, turns, worker, intake)

    async def start(self, *, ticks: bool) -> None:
        """Begin to serve, with the worker's ticks or without; NotReady says what is missing."""
        await self.runtime.ensure_ready()
        self._held.enter_context(self.runtime.single_process_lock())
        async with self.runtime.transaction() as ctx:
            await lines.ensure_default_lines(ctx, self.settings)
        # What the core leaves in an inbox of its own accord – a talk handed back, say.
        self.runtime.hooks.begin_turns = self.turn_runner.begin_turns
        await self.sender.start()
        if self.telegram is not None:
            await self.telegram.start(poll=ticks)
        if ticks:
            self.worker.start()
        log.info("app.started", ticks=ticks, channels=sorted("/".join(c) for c in self.channels))

    async def stop(self) -> None:
        """Finish what is in hand within `PATIENCE` seconds, and let go of everything."""
        until = time.monotonic() + SHUTDOWN_SECONDS
        self.runtime.hooks.begin_turns = None
        if self.telegram is not None:
            await self.telegram.stop()
        await self.worker.stop(_left(until))
        await self.turn_runner.stop(_left(until) * 0.7)
        with suppress(TimeoutError):
            # What the last turns had to say.
            async with asyncio.timeout(_left(until) / 2):
                await self.sender.wait_until_idle()
        await self.sender.stop(_left(until))
        for channel in self.channels.values():
            await channel.close()
        await self.runtime.close()
        self._held.close()
        log.info("app.stopped")

    async def find_line(self, transport: str, channel: str, address: str) -> Line | None:
        """Return our line with this address; None when there is no such active line."""
        key = (transport, channel, address)
        if key not in self._lines or time.monotonic() > self._lines_until:
            # Lines are few and hardly change, but one may just have been added.
            async with self.runtime.read_transaction() as ctx:
                known = await load_lines(ctx)
            self._lines = {(x.transport, x.channel, x.address): x for x in known}
            self._lines_until = time.monotonic() + LINE_CACHE_SECONDS
        return self._lines.get(key)

    def invalidate_lines(self) -> None:
        """Read anew which lines there are; other processes do within `KNOWN_FOR` seconds."""
        self._lines_until = 0.0


def build_channels(settings: Settings, clock: Clock) -> Channels:
    """Return the channels the settings give credentials for; `clock` is what they pace by."""
    ways: Channels = {}
    if settings.twilio_account_sid and settings.twilio_auth_token:
        pacer = TwilioRateLimiter(settings.redis_url, seconds_clock(clock))
        ways |= {
            ("twilio", name): TwilioChannel(settings, name, pacer) for name in ("sms", "whatsapp")
        }
    bots = build_telegram_bots(settings)
    if bots:
        ways["telegram", "telegram"] = TelegramChannel({bot.id: bot for bot in bots.values()})
    return ways


def build_telegram_bots(settings: Settings) -> dict[BotRole, TelegramBot]:
    """Return the bots the settings give a token for; NotReady for what is no token."""
    bots: dict[BotRole, TelegramBot] = {}
    if token := settings.telegram_bot_token:
        if not parse_bot_id(token):
            raise NotReady(reason="TELEGRAM_BOT_TOKEN is no token such as 123456789:AAE…")
        # It imports aiogram, which takes seconds.
        from bot.channels.telegram.customer_bot import TelegramCustomerBot

        limiter = TelegramRateLimiter(parse_bot_id(token), settings.redis_url)
        bots["customer"] = TelegramCustomerBot(token, settings.telegram_api_url, limiter)
    if token := settings.telegram_owner_bot_token:
        if not parse_bot_id(token):
            raise NotReady(reason="TELEGRAM_OWNER_BOT_TOKEN is no token such as 123456789:AAE…")
        # It imports python-telegram-bot and Pillow.
        from bot.channels.telegram.owner_bot import TelegramOwnerBot

        limiter = TelegramRateLimiter(parse_bot_id(token), settings.redis_url)
        bots["owner"] = TelegramOwnerBot(token, settings.telegram_api_url, limiter)
    return bots


def _left(until: float) -> float:
    return max(0.1, until - time.monotonic())
