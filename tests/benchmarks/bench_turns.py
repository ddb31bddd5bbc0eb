"""What one durable turn costs: receipt, turn, delivery and marks, on both databases.

Beside it a bare FastAPI form route that checks Twilio's signature with the SDK's own validator
and stores nothing. All figures are CPU time of this process, taken side by side in one run.
"""

from __future__ import annotations

import asyncio
import random
import re
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

import structlog
from fastapi import FastAPI, Form, Request, Response

from core.clock import FixedClock
from core.db import migrate
from core.db.runtime import Runtime
from tests.servers import postgres
from tests.servers.twilio.webhooks import sign
from tests.support import shops
from tests.support.chat import ChatHarness, ChatPerson
from tests.support.runtimes import NOW, settings_for
from tests.support.statement_counter import count_statements

ROUNDS = 40
TOKEN = "a token of nobody"
URL = "http://testserver/bare"


def bare() -> FastAPI:
    """Return the least a Twilio webhook can be."""
    from twilio.request_validator import RequestValidator

    app = FastAPI()
    validator = RequestValidator(TOKEN)

    @app.post("/bare")
    async def receive(
        request: Request,
        Body: Annotated[str, Form()],  # noqa: N803 - Twilio's names
        From: Annotated[str, Form()],  # noqa: N803
    ) -> Response:
        form = dict(await request.form())
        if not validator.validate(URL, form, request.headers["x-twilio-signature"]):
            return Response(status_code=403)
        del Body, From
        return Response("<Response/>", media_type="application/xml")

    return app


async def post(app: FastAPI) -> None:
    """Put one signed form through an ASGI application."""
    fields = {
        "Body": "1",
        "From": "+34600111222",
        "MessageSid": "SM" + "1" * 32,
        "To": "+34915550100",
    }
    body = urlencode(fields).encode()
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
        "scheme": "http", "path": "/bare", "raw_path": b"/bare", "query_string": b"",
        "root_path": "", "server": ("testserver", 80), "client": ("127.0.0.1", 1),
        "headers": [
            (b"host", b"testserver"),
            (b"content-type", b"application/x-www-form-urlencoded"),
            (b"content-length", str(len(body)).encode()),
            (b"x-twilio-signature", sign(TOKEN, URL, fields).encode()),
        ],
    }  # fmt: skip
    status = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, object]) -> None:
        status.append(message.get("status"))

    await app(scope, receive, send)  # type: ignore[arg-type]
    if status[0] != 200:
        raise AssertionError("the bare route refused its own signature: nothing to compare")


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """Return the CPU milliseconds of this process that `work` took."""
    begun = time.process_time()
    await work()
    return (time.process_time() - begun) * 1000


async def measure(url: str, folder: Path, name: str) -> None:
    """Print the turns of one database beside the bare route."""
    runtime = Runtime.open(settings_for(url, folder), FixedClock.at(NOW), random=random.Random(7))
    await migrate.upgrade(runtime)
    async with runtime.transaction() as ctx:
        place = await shops.build_salon(
            ctx, max_unverified_holds=100_000, codes_per_day=100_000, max_open_bookings=1000
        )
    town = ChatHarness(runtime)
    line = town.line_of_channel(place.line_id, place.shop_id)
    route = bare()
    spent: dict[str, list[float]] = {"bare route": [], "menu": [], "pick": [], "confirm": []}
    sent: dict[str, int] = {}
    me = ChatPerson(town, line, "+34600111222")
    await me.say("cut next monday")
    await me.say("1")
    code = re.findall(r"\b\d{6}\b", town.memory.sent[-1][1].text)[0]
    await me.say(f"{code} Marta")
    for number in range(ROUNDS):
        spent["bare route"].append(await timed(lambda: post(route)))
        with count_statements(runtime) as statements:
            spent["menu"].append(await timed(lambda: me.say("0")))
        sent["menu"] = len(statements)
        await me.say("start over")
        with count_statements(runtime) as statements:
            spent["pick"].append(await timed(lambda: me.say("cut")))
        sent["pick"] = len(statements)
        with count_statements(runtime) as statements:
            spent["confirm"].append(await timed(lambda: me.say("1")))
        sent["confirm"] = len(statements)
        if number % 20 == 19:
            town.memory.sent.clear()
        await me.say("cancel my booking")
        answer = await me.say("1")
        if not answer.startswith("Called off: "):
            raise AssertionError(f"the talk went elsewhere: {answer}")
    await runtime.close()
    base = statistics.median(spent["bare route"])
    print(f"{name}: {'what':<12}{'CPU ms':>8}{'x bare':>8}{'statements':>12}")
    for what, figures in spent.items():
        middle = statistics.median(figures)
        left = f"{'':<{len(name) + 2}}{what:<12}"
        print(f"{left}{middle:>8.2f}{middle / base:>8.1f}{sent.get(what, 0):>12}")


def main() -> None:
    """Measure on both databases."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asyncio.run(measure(f"sqlite+aiosqlite:///{folder / 'turns.db'}", folder, "SQLite"))
        server = postgres.start(durable=True)
        try:
            url = postgres.create_database(server.url, "turns")
            asyncio.run(measure(url, folder, "PostgreSQL"))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
