"""The application: one installation assembled from its settings, with start and stop."""

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
"""Seconds that `stop` grants running work; with `GRACE_SECONDS` the total stays below ten."""

LINE_CACHE_SECONDS = 30.0
"""Seconds until a process notices a line changed by another process."""


@dataclass(slots=True, eq=False)
class App:
    """All components that run in one process."""

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
        """Assemble the application; nothing connects before `start`."""
        return cls.from_runtime(Runtime.open(settings, clock), channels)

    @classmethod
    def from_runtime(cls, runtime: Runtime, channels: Channels | None = None) -> App:
        """Assemble the application around an open runtime.

        `channels` override those of the settings.
        """
        settings = runtime.settings
        ways = channels if channels is not None else build_channels(settings, runtime.clock)
        delivery, turns = OutboxSender(runtime, ways), TurnRunner(runtime)
        if channels is None and settings.smtp_url and settings.mail_from:
            # Imported only here: it loads mail and calendar libraries that few installations need.
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
        """Start serving, with the worker's jobs if `ticks`.

        Raises NotReady if something is missing.
        """
        await self.runtime.ensure_ready()
        self._held.enter_context(self.runtime.single_process_lock())
        async with self.runtime.transaction() as ctx:
            await lines.ensure_default_lines(ctx, self.settings)
        # Lets core start turns for incomings it stores itself, for example after a handback.
        self.runtime.hooks.begin_turns = self.turn_runner.begin_turns
        await self.sender.start()
        if self.telegram is not None:
            await self.telegram.start(poll=ticks)
        if ticks:
            self.worker.start()
        log.info("app.started", ticks=ticks, channels=sorted("/".join(c) for c in self.channels))

    async def stop(self) -> None:
        """Finish running work within `SHUTDOWN_SECONDS` and release all resources."""
        until = time.monotonic() + SHUTDOWN_SECONDS
        self.runtime.hooks.begin_turns = None
        if self.telegram is not None:
            await self.telegram.stop()
        await self.worker.stop(_left(until))
        await self.turn_runner.stop(_left(until) * 0.7)
        with suppress(TimeoutError):
            # Deliver the messages of the last turns.
            async with asyncio.timeout(_left(until) / 2):
                await self.sender.wait_until_idle()
        await self.sender.stop(_left(until))
        for channel in self.channels.values():
            await channel.close()
        await self.runtime.close()
        self._held.close()
        log.info("app.stopped")

    async def find_line(self, transport: str, channel: str, address: str) -> Line | None:
        """Return the active line with this address, or None."""
        key = (transport, channel, address)
        if key not in self._lines or time.monotonic() > self._lines_until:
            # Lines are few and rarely change, but one may just have been added.
            async with self.runtime.read_transaction() as ctx:
                known = await load_lines(ctx)
            self._lines = {(x.transport, x.channel, x.address): x for x in known}
            self._lines_until = time.monotonic() + LINE_CACHE_SECONDS
        return self._lines.get(key)

    def invalidate_lines(self) -> None:
        """Drop the line cache; other processes reload theirs within `LINE_CACHE_SECONDS`."""
        self._lines_until = 0.0


def build_channels(settings: Settings, clock: Clock) -> Channels:
    """Return the channels that have credentials in the settings.

    `clock` drives their rate limits.
    """
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
    """Return the bots that have a token in the settings; raises NotReady for a malformed token."""
    bots: dict[BotRole, TelegramBot] = {}
    if token := settings.telegram_bot_token:
        if not parse_bot_id(token):
            raise NotReady(reason="TELEGRAM_BOT_TOKEN is no token such as 123456789:AAE…")
        # Imported only here: it loads aiogram, which takes seconds.
        from bot.channels.telegram.customer_bot import TelegramCustomerBot

        limiter = TelegramRateLimiter(parse_bot_id(token), settings.redis_url)
        bots["customer"] = TelegramCustomerBot(token, settings.telegram_api_url, limiter)
    if token := settings.telegram_owner_bot_token:
        if not parse_bot_id(token):
            raise NotReady(reason="TELEGRAM_OWNER_BOT_TOKEN is no token such as 123456789:AAE…")
        # Imported only here: it loads python-telegram-bot and Pillow.
        from bot.channels.telegram.owner_bot import TelegramOwnerBot

        limiter = TelegramRateLimiter(parse_bot_id(token), settings.redis_url)
        bots["owner"] = TelegramOwnerBot(token, settings.telegram_api_url, limiter)
    return bots


def _left(until: float) -> float:
    return max(0.1, until - time.monotonic())
