"""What one durable tap in Telegram costs: webhook bytes, receipt, turn, delivery, mark.

Beside it the same tap – same kind of keyboard, changed in place, query answered – in a bare
aiogram handler with FSM state, in an aiogram_dialog window and in a python-telegram-bot
ConversationHandler, which store nothing. The strict Bot API server runs in a process of its own;
all figures are CPU time of the process that answers, every thread of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog
from fastapi import FastAPI

from bot.app import App, build_channels
from bot.channels.telegram.customer_bot import TelegramCustomerBot
from bot.channels.telegram.rate_limiter import UNLIMITED
from bot.dialogue.decisions import choices_of
from core.clock import FixedClock
from core.db import migrate, tables
from core.db.runtime import Runtime
from tests.servers import postgres
from tests.support import shops
from tests.support.runtimes import NOW, settings_for
from tests.support.statement_counter import count_statements
from webhooks.app import create_app

ROUNDS, WARM_UP = 60, 10
TURNS = 4
"""How often all are measured, one after the other: machines have better and worse moments."""

BARE = "aiogram, FSM handler, nothing stored"
PEER = Path(__file__).parent / "peers" / "taps.py"
Facts = dict[str, Any]


@contextlib.contextmanager
def stand_in() -> Iterator[Facts]:
    """Run the strict server beside us; yield where and for whom."""
    command = [sys.executable, "-m", "tests.servers.telegram.standalone"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdin
        assert server.stdout
        yield json.loads(server.stdout.readline())
        server.stdin.close()


def peer(kind: str, python: str) -> float | None:
    """Return the CPU milliseconds of a tap in another framework; None where it is absent."""
    if not Path(python).exists():
        return None
    with stand_in() as facts:
        done = subprocess.run(
            [python, str(PEER), kind],
            input=json.dumps(facts), capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode:
        print(f"{kind} failed: {done.stderr.strip().splitlines()[-1:]}")
        return None
    return float(done.stdout)


class Ours:
    """Slotline around one database, fed with updates as its web server would be."""

    def __init__(self, app: App, web: FastAPI, facts: Facts) -> None:
        self.app, self.web, self.facts = app, web, facts
        assert app.telegram is not None
        self.headers = [
            (b"host", b"testserver"),
            (b"x-telegram-bot-api-secret-token", app.telegram.webhook_secret("customer").encode()),
        ]
        self.number = 0

    async def tap(self, key: str) -> float:
        """Tap the button with the text `key`; return the CPU milliseconds until it is marked."""
        prompt, index = await self._button(key)
        user = {"id": self.facts["chat"], "is_bot": False, "first_name": "Marta"}
        chat = {"id": self.facts["chat"], "type": "private", "first_name": "Marta"}
        message = {"message_id": self.message, "chat": chat, "date": 1_773_046_800, "text": "?"}
        query = {"id": f"{self.number}", "from": user, "message": message, "chat_instance": "1",
                 "data": f"{prompt}.{index}"}  # fmt: skip
        return await self._post({"callback_query": query})

    async def write(self, text: str) -> None:
        """Write something."""
        user = {"id": self.facts["chat"], "is_bot": False, "first_name": "Marta"}
        chat = {"id": self.facts["chat"], "type": "private", "first_name": "Marta"}
        message = {"message_id": 1, "from": user, "chat": chat, "date": 1, "text": text}
        await self._post({"message": message})

    async def _post(self, event: Facts) -> float:
        self.number += 1
        body = json.dumps({"update_id": self.number, **event}).encode()
        begun = time.process_time()
        await self._request(body)
        await self.app.turn_runner.wait_until_idle()
        await self._delivered()
        return (time.process_time() - begun) * 1000

    async def _request(self, body: bytes) -> None:
        path = "/webhooks/telegram/customer"
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
            "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
            "root_path": "", "server": ("testserver", 80), "client": ("127.0.0.1", 1),
            "headers": self.headers,
        }  # fmt: skip
        status: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            status.append(message.get("status"))

        await self.web(scope, receive, send)  # type: ignore[arg-type]
        if status[0] != 200:
            raise AssertionError(f"the update was answered {status[0]}")

    async def _delivered(self) -> None:
        assert self.app.telegram is not None
        await self.app.sender.wait_until_idle()
        await self.app.telegram.wait_until_idle()

    async def _button(self, key: str) -> tuple[int, int]:
        p = tables.prompts.c
        async with self.app.runtime.read_transaction() as ctx:
            newest = sa.select(p.id, p.decision, p.options, p.message_id).order_by(p.id.desc())
            row = await ctx.first(newest)
        assert row is not None
        self.message = int(row.message_id)
        keys = [choice.label.key for choice in choices_of(row.decision, row.options)]
        return row.id, keys.index(key)


async def ours(url: str, folder: Path, facts: Facts) -> dict[str, tuple[float, int]]:
    """Return, for each kind of tap, its median CPU milliseconds and its statements."""
    settings = settings_for(url, folder).model_copy(
        update={"telegram_bot_token": facts["token"], "telegram_api_url": facts["url"]}
    )
    runtime = Runtime.open(settings, FixedClock.at(NOW), random=random.Random(7))
    await migrate.upgrade(runtime)
    async with runtime.transaction() as ctx:
        await shops.build_salon(ctx)
    app = App.from_runtime(runtime, build_channels(settings, runtime.clock))
    for bot in app.channels["telegram", "telegram"].by_id.values():  # type: ignore[attr-defined]
        assert isinstance(bot, TelegramCustomerBot)
        bot.limiter.rates = UNLIMITED
    await app.start(ticks=False)
    us = Ours(app, create_app(app), facts)
    await us.write("/start")
    await us.tap("service")
    spent: dict[str, list[float]] = {"eight buttons": [], "a month": []}
    statements: dict[str, int] = {}
    for _ in range(ROUNDS + WARM_UP):
        for what, key in (("a month", "other_times"), ("eight buttons", "soonest")):
            with count_statements(runtime) as made:
                spent[what].append(await us.tap(key))
            statements[what] = len(made)
    await app.stop()
    return {w: (statistics.median(s[WARM_UP:]), statements[w]) for w, s in spent.items()}


def main() -> None:
    """Print ours on both databases beside the others, each the best of turns they take in turn."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    apart = os.environ.get("PEER_PYTHON", "build/peers/bin/python")
    peers = {
        BARE: ("aiogram", sys.executable),
        "aiogram_dialog, a window's click": ("dialog", apart),
        "python-telegram-bot, ConversationHandler": ("ptb", sys.executable),
    }
    spent: dict[str, list[float]] = {}
    statements: dict[str, int] = {}
    server = postgres.start(durable=True)
    try:
        for turn in range(TURNS):
            for what, (kind, python) in peers.items():
                if (found := peer(kind, python)) is not None:
                    spent.setdefault(what, []).append(found)
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                for where, url in (
                    ("SQLite", f"sqlite+aiosqlite:///{folder / 'taps.db'}"),
                    ("PostgreSQL", postgres.create_database(server.url, f"taps{turn}")),
                ):
                    with stand_in() as facts:
                        taps = asyncio.run(ours(url, folder, facts))
                    for what, (milliseconds, count) in taps.items():
                        named = f"Slotline on {where}, {what}"
                        spent.setdefault(named, []).append(milliseconds)
                        statements[named] = count
    finally:
        server.stop()
    bare = min(spent[BARE])
    print(f"{'one tap, changed in place':<44}{'CPU ms':>8}{'x bare':>8}{'statements':>12}")
    for what, all_ in spent.items():
        best = min(all_)
        print(f"{what:<44}{best:>8.2f}{best / bare:>8.1f}{statements.get(what, ''):>12}")


if __name__ == "__main__":
    main()
