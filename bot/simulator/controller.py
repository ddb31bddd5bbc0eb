"""The controls of the simulator page and the demo around it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol
from uuid import uuid4

from bot.app import App
from bot.channels.simulator.channel import SIMULATOR_TRANSPORT, Simulator
from bot.engine.receive import receive_incoming
from bot.simulator.personas import SimulatedShop, set_up_personas
from bot.simulator.state import NextEvent, find_next_event
from core.clock import Clock, ShiftedClock
from core.db.runtime import Runtime
from core.demo.simulator_setup import delete_everything
from core.errors import NotFound
from core.messaging.lines import Line, load_lines
from core.messaging.messages import Incoming
from core.settings import Settings

SeedDatabase = Callable[[Runtime], Awaitable[object]]

REAL_SETTINGS = (
    "database_url", "redis_url", "public_url", "smtp_url", "mail_from", "secret_key_previous",
    "metrics_token",
    "telegram_bot_token", "telegram_owner_bot_token", "telegram_webhook_secret",
    "twilio_account_sid", "twilio_auth_token", "twilio_sms_from", "twilio_whatsapp_from",
    "twilio_messaging_service_sid", "twilio_content_sids",
    "stripe_secret_key", "stripe_webhook_secret",
    "razorpay_key_id", "razorpay_key_secret", "razorpay_webhook_secret",
)  # fmt: skip
"""Settings that lead outside this machine or to an installation's own data."""


class MovableClock(Clock, Protocol):
    """A clock that can be advanced."""

    def advance(self, by: timedelta) -> None:
        """Advance the clock by `by`."""
        ...


def demo_settings(settings: Settings) -> Settings:
    """Return settings for the demo: its own folder, without real lines or databases."""
    blank = dict.fromkeys(REAL_SETTINGS, "")
    return settings.model_copy(update={**blank, "data_dir": settings.data_dir / "demo"})


@dataclass(slots=True, eq=False)
class SimulatorController:
    """An installation with simulated phones; `seed` fills an empty database."""

    app: App
    simulator: Simulator
    clock: MovableClock
    seed: SeedDatabase
    shops: list[SimulatedShop] = field(default_factory=list)
    lines_by_phone: dict[tuple[int, str], Line] = field(default_factory=dict)
    _busy: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    def from_runtime(
        cls, runtime: Runtime, clock: MovableClock, seed: SeedDatabase
    ) -> SimulatorController:
        """Assemble it around a runtime whose clock is `clock`, with simulated lines only."""
        simulator = Simulator(clock)
        return cls(App.from_runtime(runtime, simulator.channels()), simulator, clock, seed)

    @classmethod
    def open(cls, settings: Settings, seed: SeedDatabase) -> SimulatorController:
        """Assemble the demo, separate from any real installation."""
        clock = ShiftedClock()
        return cls.from_runtime(Runtime.open(demo_settings(settings), clock), clock, seed)

    async def start_fresh(self) -> None:
        """Empty the database, seed it and give every shop its lines and personas."""
        await self.app.runtime.run(delete_everything)
        # Hooks are kept: running components use them to wake each other.
        self.app.runtime.caches.clear()
        await self.seed(self.app.runtime)
        self.shops = await self.app.runtime.run(set_up_personas)
        async with self.app.runtime.read_transaction() as ctx:
            known = {line.id: line for line in await load_lines(ctx, SIMULATOR_TRANSPORT)}
        self.lines_by_phone = {end: known[end[0]] for scene in self.shops for end in scene.phones()}

    async def reset(self) -> None:
        """Restart while serving: running work ends first, then phones and data are cleared."""
        async with self._busy:
            await self._quiet()
            if isinstance(self.clock, ShiftedClock):
                self.clock.shift = timedelta(0)
            await self.start_fresh()
            self.simulator.clear()
            await self.app.sender.refresh_lines()
            self.simulator.notify_watchers("reset")

    async def send_incoming(
        self, line_id: int, address: str, incoming: Incoming, shown: str
    ) -> None:
        """Send an incoming from the phone with `address`, displayed as `shown`.

        It is processed like any other. Raises NotFound for an unknown line or phone.
        """
        async with self._busy:
            line = self._end(line_id, address)
            # Whoever answers has seen the question, so it is marked as shown first.
            await self.app.sender.wait_until_idle()
            if incoming.kind == "tap":
                held = self.simulator.find_button_message(line_id, address, incoming.payload)
                incoming = replace(incoming, message=held)
            self.simulator.show_incoming(line_id, address, shown, tapped=incoming.payload)
            receipt = await receive_incoming(self.app.runtime, line, address, uuid4().hex, incoming)
            self.app.turn_runner.begin_turns(receipt.conversation_id)
        await self.app.turn_runner.wait_until_idle()
        self.simulator.notify_watchers("facts")

    async def jump_to_next_event(self) -> NextEvent | None:
        """Advance the clock to the next due event and run it; returns None if there is none."""
        async with self._busy:
            await self._quiet()
            async with self.app.runtime.read_transaction() as ctx:
                due = await find_next_event(ctx)
            if due is None:
                return None
            self.clock.advance(due.at - self.clock.now())
            await self.app.worker.run_due()
            await self.app.sender.wait_until_idle()
        self.simulator.notify_watchers("facts")
        return due

    def _end(self, line_id: int, address: str) -> Line:
        end = self.lines_by_phone.get((line_id, address))
        if end is None:
            raise NotFound(line=line_id, address=address)
        return end

    async def _quiet(self) -> None:
        await self.app.turn_runner.wait_until_idle()
        await self.app.sender.wait_until_idle()
