"""The stand-in itself: requests, faults, limits, polling, and the webhooks it calls."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import itertools
import json
import math
import secrets
import time
from collections.abc import Coroutine
from typing import Any, Self

import aiohttp
from aiohttp import web

from tests.servers.telegram import methods
from tests.servers.telegram.bots import Bot
from tests.servers.telegram.errors import HOOKED, OTHER_POLL, Refused
from tests.servers.telegram.faults import Fault
from tests.servers.telegram.people import Group, Person

PATIENCE_SECONDS = 15
MOST_UPDATES = 100


class TelegramServer:
    """A Bot API of our own. `async with` starts and stops it; `url` is its base.

    With `limits` it answers 429 to whoever sends more than the API allows: per bot and second,
    per chat and second, per group and minute. Without, it only counts (see `Bot.most`).
    """

    def __init__(self, *, limits: tuple[int, int, int] | None = None, port: int = 0) -> None:
        """Make a server without bots, on a port of 127.0.0.1 that is free unless one is named."""
        self.url = ""
        self.port = port
        self.limits = limits
        self.bots: dict[str, Bot] = {}
        self.people: list[Person] = []
        self._numbers = itertools.count(7_000_000_001)
        self._users = itertools.count(500_000_001)
        self._faults: collections.deque[tuple[Fault, float]] = collections.deque()
        self._answers: collections.deque[tuple[int, bytes]] = collections.deque()
        self._leaving = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> Self:
        """Listen."""
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/bot{token}/{method}", self._request)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        _, port = self._runner.addresses[0]
        self.url = f"http://127.0.0.1:{port}"
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening, and let go of requests left hanging."""
        self._leaving.set()
        for bot in self.bots.values():
            bot.poll = None
            bot.news.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()
        await self._runner.cleanup()

    # ------------------------------------------------------------------ what tests ask for

    def bot(self, name: str = "BellaHairBot") -> Bot:
        """Make a bot."""
        made = Bot(name, next(self._numbers))
        self.bots[made.token] = made
        return made

    def person(self, name: str, phone: str = "", language: str = "en") -> Person:
        """Make somebody with Telegram."""
        self.people.append(Person(self, next(self._users), name, phone, language))
        return self.people[-1]

    def group(self, *, supergroup: bool = False) -> Group:
        """Make a group."""
        number = next(self._users)
        return (
            Group(-1_000_000_000_000 - number, type="supergroup") if supergroup else Group(-number)
        )

    def fail_next(self, count: int, fault: Fault, *, retry_after: float = 1) -> None:
        """Let the next `count` valid requests to send or edit go wrong; calls queue up."""
        self._faults.extend([(fault, retry_after)] * count)

    def answer_next(self, status: int, body: bytes) -> None:
        """Let the next request to send or edit be carried out, unless `status` is an error.

        Its answer is `body`, whatever that is.
        """
        self._answers.append((status, body))

    async def deliver(self, bot: Bot, update: dict[str, Any]) -> int | None:
        """Hand an update to the bot's webhook and return its status; None if it must poll.

        What a webhook did not take stays and is offered again by `redeliver`.
        """
        if not bot.wants(update):
            return None
        bot.updates[update["update_id"]] = update
        if bot.webhook is None:
            bot.news.set()
            return None
        return await self._call(bot, update)

    async def redeliver(self, bot: Bot) -> list[int | None]:
        """Call the webhook again with everything it did not take, in order."""
        return [await self._call(bot, bot.updates[i]) for i in sorted(bot.updates)]

    def later(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do something beside what the test does."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Wait until everything that was begun by `later` is done."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _call(self, bot: Bot, update: dict[str, Any]) -> int | None:
        assert bot.webhook
        headers = {"Content-Type": "application/json"}
        if bot.webhook.secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = bot.webhook.secret
        body = json.dumps(update, separators=(",", ":")).encode()
        timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
        try:
            async with self._session.post(
                bot.webhook.url, data=body, headers=headers, timeout=timeout
            ) as answer:
                await answer.read()
                status = answer.status
        except (aiohttp.ClientError, TimeoutError) as error:
            bot.webhook.last_error = f"Connection failed: {type(error).__name__}"
            return None
        if 200 <= status < 300:
            bot.updates.pop(update["update_id"], None)
        else:
            bot.webhook.last_error = f"Wrong response from the webhook: {status}"
        return status

    # ---------------------------------------------------------------------------- requests

    async def _request(self, request: web.Request) -> web.StreamResponse:
        bot = self.bots.get(request.match_info["token"])
        name = request.match_info["method"]
        try:
            if bot is None:
                raise Refused(401, "Unauthorized")  # noqa: TRY301 - one place that words errors
            given = await _parameters(request)
            bot.calls.append((name, given))
            if name.lower() == "getupdates":
                return _ok(await self._updates(bot, given))
            method = methods.check(name, given)
            if method.sends:
                self._limit(bot, given)
            fault, wait = self._faults.popleft() if method.sends and self._faults else (None, 0.0)
            if fault is not None and fault is not Fault.CUT_AFTER:
                return await self._fail(request, fault, wait)
            odd = self._answers.popleft() if method.sends and self._answers else None
            if odd is not None and odd[0] >= 400:
                return web.Response(status=odd[0], body=odd[1], content_type="application/json")
            result = method.run(bot, given)
            if method.sends:
                bot.note(int(given["chat_id"]))
            if fault is Fault.CUT_AFTER:
                return await self._fail(request, fault, wait)
            if odd is not None:
                return web.Response(status=odd[0], body=odd[1], content_type="application/json")
            return _ok(result)
        except Refused as refusal:
            if bot is not None:
                bot.refused.append(f"{name}: {refusal.description}")
            return web.json_response(refusal.as_json(), status=refusal.code)

    def _limit(self, bot: Bot, given: dict[str, Any]) -> None:
        if self.limits is None:
            return
        now, chat = time.monotonic(), int(given.get("chat_id", 0))
        per_bot, per_chat, per_group = self.limits
        rules = [(1.0, None, per_bot), (1.0, chat, per_chat)]
        if chat < 0:
            rules = [(1.0, None, per_bot), (60.0, chat, per_group)]
        for seconds, whose, most in rules:
            recent = [t for t, c in bot.times if t > now - seconds and whose in (None, c)]
            if len(recent) >= most:
                wait = max(1, math.ceil(recent[-most] + seconds - now))
                raise Refused(429, f"retry after {wait}", retry_after=wait)

    async def _fail(self, request: web.Request, fault: Fault, wait: float) -> web.StreamResponse:
        if fault is Fault.THROTTLED:
            seconds = math.ceil(wait)
            raise Refused(429, f"retry after {seconds}", retry_after=seconds)
        if fault is Fault.BROKEN:
            raise Refused(500, "Internal Server Error")
        if fault is Fault.GARBAGE:
            return web.Response(text="<html>Bad gateway", content_type="text/html", status=502)
        if fault is Fault.HANGING:
            with contextlib.suppress(asyncio.CancelledError):
                await self._leaving.wait()
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def _updates(self, bot: Bot, given: dict[str, Any]) -> list[dict[str, Any]]:
        """Answer getUpdates: what is there, or what comes while it may wait."""
        if unknown := set(given) - {"offset", "limit", "timeout", "allowed_updates"}:
            raise Refused(400, f"unknown parameter {', '.join(sorted(unknown))}")
        if bot.webhook is not None:
            raise Refused(409, HOOKED)
        kinds = methods.kinds(given)
        if kinds is not None:
            bot.allowed = kinds
        offset = int(given.get("offset", "0"))
        limit = min(int(given.get("limit", "100")), MOST_UPDATES)
        for known in [i for i in bot.updates if i < offset]:
            del bot.updates[known]
        mine = bot.poll = secrets.token_hex(8)
        bot.news.set()  # whoever polled before is told to end
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(float(given.get("timeout", "0"))):
                while not bot.updates and not self._leaving.is_set():
                    bot.news.clear()
                    await bot.news.wait()
                    if bot.webhook is not None:
                        raise Refused(409, HOOKED)
                    if bot.poll != mine and not self._leaving.is_set():
                        raise Refused(409, OTHER_POLL)
        return [bot.updates[i] for i in sorted(bot.updates)[:limit]]


def _ok(result: Any) -> web.Response:
    return web.json_response({"ok": True, "result": result})


async def _parameters(request: web.Request) -> dict[str, Any]:
    """Read the parameters of any form the API takes them in; files become name, type, body."""
    given: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        read = await request.json()
        return given | {
            k: v if isinstance(v, str) else json.dumps(v) for k, v in read.items() if v is not None
        }
    if request.method != "POST":
        return given
    files: dict[str, Any] = {}
    for name, value in (await request.post()).items():
        if isinstance(value, str):
            given[name] = value
        else:
            assert isinstance(value, web.FileField)
            files[name] = {
                "name": value.filename,
                "type": value.content_type,
                "body": value.file.read(),
            }
    for name, value in list(given.items()):
        if isinstance(value, str) and value.startswith("attach://"):
            key = value.removeprefix("attach://")
            if key not in files:
                raise Refused(400, f'invalid file HTTP URL specified: "{value}"')
            given[name] = files.pop(key)
    return given | files
