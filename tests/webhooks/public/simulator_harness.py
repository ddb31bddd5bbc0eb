"""The simulator on a real port, with two small shops and a clock that stands still."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import sqlalchemy as sa
import uvicorn

from bot.simulator.controller import SimulatorController
from core.clock import FixedClock
from core.db import tables
from core.db.runtime import Runtime
from tests.support import shops
from webhooks.app import create_app

Json = dict[str, Any]


async def build_two_shops(runtime: Runtime) -> None:
    """Fill an empty database: Bella Hair, and a clinic with an owner and a receptionist."""
    async with runtime.transaction() as ctx:
        await shops.build_salon(ctx)
        clinic = await shops.build_clinic(ctx)
        await shops.add_staff(ctx, clinic, "+919820000001", "owner", "Asha Rao")
        await shops.add_staff(ctx, clinic, "+919820000002", "receptionist", "Ravi Nair")
        # Their terminals: what is sent to a simulated line stays on the page.
        await ctx.execute(sa.delete(tables.lines))


@dataclass(slots=True)
class SimulatorHarness:
    """The served simulator at `url`."""

    stage: SimulatorController
    url: str
    client: httpx.AsyncClient

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers=headers)

    async def post(self, path: str, **body: object) -> httpx.Response:
        return await self.client.post(f"/simulator/{path}", json=body)

    @asynccontextmanager
    async def follow_events(self) -> AsyncIterator[SimulatorView]:
        """Follow the page's events."""
        async with self.client.stream("GET", "/simulator/events") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            watcher = SimulatorView(answer.aiter_lines())
            await watcher.read_until(lambda w: w.scenes)
            yield watcher


@dataclass(slots=True)
class SimulatorView:
    """What the page knows from the events so far."""

    lines: AsyncIterator[str]
    scenes: list[Json] = field(default_factory=list)
    facts: Json = field(default_factory=dict)
    messages: list[Json] = field(default_factory=list)

    async def read_until(self, seen: Callable[[SimulatorView], object]) -> None:
        """Read events until `seen` holds; a test that waits in vain fails after ten seconds."""
        async with asyncio.timeout(10):
            while not seen(self):
                await self._event()

    async def _event(self) -> None:
        name = (await anext(self.lines)).removeprefix("event: ")
        data = json.loads((await anext(self.lines)).removeprefix("data: "))
        assert await anext(self.lines) == ""
        if name == "stage":
            self.scenes, self.messages = data["scenes"], data["messages"]
            self.facts = data["facts"]
        elif name == "message":
            # A message that is changed comes again under its number.
            known = [m["number"] for m in self.messages]
            if data["number"] in known:
                self.messages[known.index(data["number"])] = data
            else:
                self.messages.append(data)
        else:
            assert name == "facts"
            self.facts = data

    def scene(self, name: str) -> Json:
        return next(scene for scene in self.scenes if scene["name"] == name)

    def phone(self, shop: str, look: str, person: int = 0) -> tuple[int, str]:
        """Return line and address of a customer's or, as "staff", a colleague's phone."""
        scene = self.scene(shop)
        people = scene["staff" if look == "staff" else "customers"]
        return scene["lines"][look], people[person]["addresses"][look]

    def shown(self, phone: tuple[int, str]) -> list[str]:
        """Return a phone's messages: "> " sent, "< " received."""
        return [
            f"{'>' if m['mine'] else '<'} {message_text(m)}"
            for m in self.messages
            if (m["line"], m["address"]) == phone
        ]

    def offered(self, phone: tuple[int, str]) -> list[str]:
        """Return the buttons shown on a phone."""
        return [
            option["label"]
            for m in self.messages
            if (m["line"], m["address"]) == phone
            for option in m["options"]
        ]

    def last(self, phone: tuple[int, str]) -> Json:
        return next(m for m in reversed(self.messages) if (m["line"], m["address"]) == phone)


def message_text(message: Json) -> str:
    return "".join(span["text"] for span in message["text"])


@asynccontextmanager
async def simulator_harness(runtime: Runtime) -> AsyncIterator[SimulatorHarness]:
    """Serve the simulator on `runtime`, whose clock is a FixedClock, until the block ends."""
    assert isinstance(runtime.clock, FixedClock)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        runtime.settings = runtime.settings.model_copy(update={"port": listening.getsockname()[1]})
        stage = SimulatorController.from_runtime(runtime, runtime.clock, build_two_shops)
        await stage.start_fresh()
        server = uvicorn.Server(
            uvicorn.Config(create_app(stage.app, stage), log_config=None, lifespan="off", ws="none")
        )
        await stage.app.start(ticks=False)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            async with httpx.AsyncClient(base_url=url, timeout=30) as client:
                yield SimulatorHarness(stage, url, client)
        finally:
            stage.simulator.disconnect_watchers()
            server.should_exit = True
            await task
            await stage.app.stop()
