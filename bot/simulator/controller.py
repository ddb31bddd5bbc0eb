"""The stage: what can be done on the simulator's page, and the demo around it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol
from uuid import uuid4

import sqlalchemy as sa

from bot.app import App
from bot.channels import lines
from bot.channels.lines import Line
from bot.channels.simulator.channel import TRANSPORT, Simulator
from bot.engine.receive import receive
from bot.simulator.personas import Scene, set_stage
from bot.simulator.state import Due, next_due
from core.clock import Clock, ShiftedClock
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import metadata
from core.errors import NotFound
from core.messaging.messages import Incoming
from core.settings import Settings

Seed = Callable[[Runtime], Awaitable[object]]

REAL = (
    "database_url", "redis_url", "public_url", "smtp_url", "mail_from", "secret_key_previous",
    "metrics_token",
    "telegram_bot_token", "telegram_owner_bot_token", "telegram_webhook_secret",
    "twilio_account_sid", "twilio_auth_token", "twilio_sms_from", "twilio_whatsapp_from",
    "twilio_messaging_service_sid", "twilio_content_sids",
    "stripe_secret_key", "stripe_webhook_secret",
    "razorpay_key_id", "razorpay_key_secret", "razorpay_webhook_secret",
)  # fmt: skip
"""Settings that lead out of this machine, or into an installation's own data."""


class Movable(Clock, Protocol):
    """A clock that can be moved on."""

    def advance(self, by: timedelta) -> None:
        """Move on by `by`."""
        ...


def apart(settings: Settings) -> Settings:
    """Return settings for the demo: its own folder, and no way to a real line or database."""
    blank = dict.fromkeys(REAL, "")
    return settings.model_copy(update={**blank, "data_dir": settings.data_dir / "demo"})


@dataclass(slots=True, eq=False)
class Stage:
    """One installation with phones on a page. `seed` fills an empty database anew."""

    app: App
    simulator: Simulator
    clock: Movable
    seed: Seed
    scenes: list[Scene] = field(default_factory=list)
    ends: dict[tuple[int, str], Line] = field(default_factory=dict)
    _busy: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    def of(cls, runtime: Runtime, clock: Movable, seed: Seed) -> Stage:
        """Put it together around a runtime whose clock is `clock`; it has no other lines."""
        simulator = Simulator(clock)
        return cls(App.of(runtime, simulator.channels()), simulator, clock, seed)

    @classmethod
    def open(cls, settings: Settings, seed: Seed) -> Stage:
        """Put the demo together, apart from every real installation."""
        clock = ShiftedClock()
        return cls.of(Runtime.open(apart(settings), clock), clock, seed)

    async def begin(self) -> None:
        """Empty the database, fill it anew, and give every shop its lines and people."""
        await self.app.runtime.run(_empty)
        self._forget()
        await self.seed(self.app.runtime)
        self.scenes = await self.app.runtime.run(set_stage)
        async with self.app.runtime.reading() as ctx:
            known = {line.id: line for line in await lines.load(ctx, TRANSPORT)}
        self.ends = {end: known[end[0]] for scene in self.scenes for end in scene.ends()}

    async def reset(self) -> None:
        """Begin anew while serving: what is in hand ends first, then phones and data empty."""
        async with self._busy:
            await self._quiet()
            if isinstance(self.clock, ShiftedClock):
                self.clock.shift = timedelta(0)
            await self.begin()
            self.simulator.clear()
            await self.app.delivery.learn_lines()
            self.simulator.tell("reset")

    async def say(self, line_id: int, address: str, incoming: Incoming, shown: str) -> None:
        """Let the phone with `address` on one of our lines send something; `shown` on the phone.

        It goes the way of every message. NotFound for a line or phone that is not on the stage.
        """
        async with self._busy:
            line = self._end(line_id, address)
            # Whoever answers has seen the question: it is marked as shown first.
            await self.app.delivery.idle()
            if incoming.kind == "tap":
                held = self.simulator.holder(line_id, address, incoming.payload)
                incoming = replace(incoming, message=held)
            self.simulator.wrote(line_id, address, shown, tapped=incoming.payload)
            receipt = await receive(self.app.runtime, line, address, uuid4().hex, incoming)
            self.app.turns.begin(receipt.conversation_id)
        await self.app.turns.idle()
        self.simulator.tell("facts")

    async def jump(self) -> Due | None:
        """Move the clock to what is due next, and do it; None when nothing is to come."""
        async with self._busy:
            await self._quiet()
            async with self.app.runtime.reading() as ctx:
                due = await next_due(ctx)
            if due is None:
                return None
            self.clock.advance(due.at - self.clock.now())
            await self.app.worker.run_due()
            await self.app.delivery.idle()
        self.simulator.tell("facts")
        return due

    def _end(self, line_id: int, address: str) -> Line:
        end = self.ends.get((line_id, address))
        if end is None:
            raise NotFound(line=line_id, address=address)
        return end

    async def _quiet(self) -> None:
        await self.app.turns.idle()
        await self.app.delivery.idle()

    def _forget(self) -> None:
        cache = self.app.runtime.cache
        for key in [key for key, value in cache.items() if not callable(value)]:
            del cache[key]  # what is left are the running parts' ways to wake each other


async def _empty(ctx: Context) -> None:
    for table in reversed(metadata.sorted_tables):
        await ctx.execute(sa.delete(table))
