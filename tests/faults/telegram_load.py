"""Load in Telegram: many chats write to several processes that share a database.

Run as ``python -m tests.faults.telegram_load CHATS MESSAGES PROCESSES [FAULT]``; it prints JSON
(`Found`). Each chat writes one message after the other to whichever process comes, as from behind
a load balancer, and goes on as soon as one was acknowledged; every tenth update comes twice. The
strict server counts what comes within a second, and refuses what is too much. FAULT takes one
safeguard away ("" for none, see `FAULTS`).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import random
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import aiohttp
import sqlalchemy as sa
import structlog
import uvicorn

from bot.app import App
from bot.channels.telegram.rate_limiter import UNLIMITED
from core.db import migrate, tables
from core.db.runtime import Runtime
from core.messaging import conversations
from tests.servers import postgres, valkey
from tests.servers.telegram.people import Person
from tests.servers.telegram.server import TelegramServer
from tests.support import shops
from tests.support.runtimes import settings_for
from webhooks.app import create_app

FAULTS = ("", "unpaced", "limiter", "lock", "all")
"""`unpaced`: Telegram has no limits, nor have we, for what 30 a second would keep long. `limiter`:
each process counts for itself, and nothing is refused for it. `lock`: no conversation is locked
for its turn. `all`: both."""

LIMITS = (30, 1, 20)
"""What Telegram takes of a bot and for a chat in a second, for a group in a minute."""

SAID = {
    "is there parking?": "Yes, Plaza Sol.",
    "can I pay by card?": "Cash, card or Bizum.",
    "what is your address?": "We are at Calle Mayor 8.",
    "what is your phone number?": "Our phone: +34915550100.",
}
"""Questions with one short answer each."""

ASKED = "What would you like?"
WELCOME = f"Welcome to Bella Hair.\n{ASKED}"

PATIENCE = 30.0
"""Seconds without anything new after which what is missing counts as lost."""


@dataclass(slots=True)
class LoadResult:
    """The result of a run.

    `wrong` are chats whose answers are not exactly those to their messages, in order. `unfinished`
    are rows of inbox and outbox left over, `repeated` the updates that came twice. `most_bot` and
    `most_chat` are the most messages within any second, in all and to one chat.
    """

    chats: int
    messages: int
    seconds: float
    wrong: list[int]
    unfinished: int
    repeated: int
    most_bot: int
    most_chat: int
    refused: list[str]


def run_load(arguments: Sequence[str]) -> None:
    """Run one load test and print its result."""
    chats, messages, processes = (int(n) for n in arguments[:3])
    fault = arguments[3] if len(arguments) > 3 else ""
    if fault not in FAULTS:
        raise SystemExit(f"no such fault: {fault}")
    # Without the pictures of tracebacks, which take a second each.
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(40),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.KeyValueRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    # The worker's clock says so when a machine is too busy for a tick.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as servers:
        database = os.environ.get("CROWD_DATABASE_URL") or _postgres(servers)
        redis = os.environ.get("CROWD_REDIS_URL") or _valkey(servers)
        sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(processes)]
        # The server's address must be known before the processes part from this one.
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        crowd = LoadInstallation(database, Path(folder), port, redis, fault)
        asyncio.run(crowd.open())
        children = [crowd.fork(listening) for listening in sockets]
        try:
            urls = [f"http://127.0.0.1:{one.getsockname()[1]}" for one in sockets]
            found = asyncio.run(crowd.talk(urls, chats, messages))
        finally:
            for child in children:
                os.kill(child, signal.SIGTERM)
            for child in children:
                os.waitpid(child, 0)
    sys.stdout.write(json.dumps(asdict(found)) + "\n")


def _postgres(servers: contextlib.ExitStack) -> str:
    server = postgres.start()
    servers.callback(server.stop)
    return postgres.create_database(server.url, "crowd")


def _valkey(servers: contextlib.ExitStack) -> str:
    server = valkey.start()
    servers.callback(server.stop)
    return server.url


class LoadInstallation:
    """One installation of several processes, and everybody who writes to it."""

    def __init__(self, database: str, folder: Path, port: int, redis: str, fault: str) -> None:
        self.fault = fault
        limits = LIMITS if fault in {"", "lock"} else None
        self.telegram = TelegramServer(limits=limits, port=port)
        self.bot = self.telegram.bot("BellaHairBot")
        # Where updates are delivered is this class's business; what is told Telegram is that
        # there is a webhook, so nobody polls.
        self.settings = settings_for(database, folder).model_copy(
            update={
                "telegram_bot_token": self.bot.token,
                "telegram_api_url": f"http://127.0.0.1:{port}",
                "public_url": "http://127.0.0.1:9",
                "redis_url": "" if fault in {"limiter", "all"} else redis,
            }
        )
        self.chance = random.Random(7)
        self.repeated = 0

    async def open(self) -> None:
        """Make the shop."""
        runtime = Runtime.open(self.settings)
        await migrate.upgrade(runtime)
        async with runtime.transaction() as ctx:
            await shops.build_salon(ctx)
        await runtime.close()

    def fork(self, listening: socket.socket) -> int:
        """Let another process serve; return its id."""
        child = os.fork()
        if child == 0:
            try:
                if self.fault in {"lock", "all"}:
                    conversations.LOCK.statement._for_update_arg = None  # type: ignore[attr-defined]
                asyncio.run(self._serve(listening))
            finally:
                os._exit(0)
        return child

    async def _serve(self, listening: socket.socket) -> None:
        app = App.open(self.settings)
        if self.fault == "unpaced":
            for bot in app.channels["telegram", "telegram"].by_id.values():  # type: ignore[attr-defined]
                bot.limiter.pace = UNLIMITED
        await app.start(ticks=True)
        config = uvicorn.Config(create_app(app), log_config=None, lifespan="off", ws="none")
        await uvicorn.Server(config).serve(sockets=[listening])
        await app.stop()

    async def talk(self, urls: Sequence[str], chats: int, messages: int) -> LoadResult:
        """Let every chat write, wait for the answers and check the result."""
        async with self.telegram:
            while len(self.bot.called("getWebhookInfo")) < len(urls):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            begun = time.monotonic()
            people = [self.telegram.person(f"P{n}") for n in range(chats)]
            said = {p.id: self.chance.choices(list(SAID), k=messages - 1) for p in people}
            async with aiohttp.ClientSession() as self.session:
                every = (self._writes(p, ["/start", *said[p.id]], urls) for p in people)
                await asyncio.gather(*every)
            await self._answered(chats * messages)
            seconds = time.monotonic() - begun
        wrong = [
            n
            for n, person in enumerate(people)
            if self._heard(person) != [WELCOME, *(f"{SAID[x]}\n{ASKED}" for x in said[person.id])]
        ]
        return LoadResult(
            chats,
            messages,
            round(seconds, 1),
            wrong,
            await self._unfinished(),
            self.repeated,
            self.bot.most(1),
            max(self.bot.most(1, person.id) for person in people),
            self.bot.refused,
        )

    async def _writes(self, person: Person, said: Sequence[str], urls: Sequence[str]) -> None:
        for text in said:
            message = self.bot.add(person.chat, person.user, text=text)
            update = self.bot.update(message=message.as_json())
            times = 1 + (self.chance.random() < 0.1)
            self.repeated += times - 1
            await asyncio.gather(
                *(self._post(update, self.chance.choice(urls)) for _ in range(times))
            )

    async def _post(self, update: dict[str, Any], url: str) -> None:
        assert self.bot.webhook is not None
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.bot.webhook.secret}
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with self.session.post(
                    f"{url}/webhooks/telegram/customer", json=update, headers=headers
                ) as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.1)

    async def _answered(self, many: int) -> None:
        """Wait until so many answers are there and no more come, or none come for long."""
        before, since = -1, time.monotonic()
        while True:
            now = sum(m.mine for chat in self.bot.messages.values() for m in chat)
            if now != before:
                before, since = now, time.monotonic()
            elif time.monotonic() - since > (1.5 if now >= many else PATIENCE):
                return
            await asyncio.sleep(0.1)

    def _heard(self, person: Person) -> list[str]:
        return [m.text for m in self.bot.messages[person.id] if m.mine]

    async def _unfinished(self) -> int:
        runtime = Runtime.open(self.settings)
        left = 0
        async with runtime.read_transaction() as ctx:
            for table, done in ((tables.inbox, "done"), (tables.outbox, "sent")):
                rows = sa.select(sa.func.count()).select_from(table).where(table.c.state != done)
                left += int(await ctx.scalar(rows))
        await runtime.close()
        return left


if __name__ == "__main__":
    run_load(sys.argv[1:])
