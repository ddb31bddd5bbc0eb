"""Real sockets that send little, slowly or nothing, and their effect on others."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from core.settings import Settings
from tests.servers.processes import free_port
from tests.support.test_targets import ROOT
from webhooks.http.connections import (
    ConnectionLimits,
    guarded_protocol,
    open_listener,
    server_options,
)
from webhooks.http.proxies import TrustedProxies
from webhooks.http.request_middleware import AccessLog

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

READ_SECONDS = 0.3
HEAD = b"POST / HTTP/1.1\r\nHost: a\r\n"
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
FULL = "HTTP/1.1 503 Service Unavailable"
SLOW = "HTTP/1.1 408 Request Timeout"
OK = "HTTP/1.1 200 OK"


async def echo_length(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    response: Response = PlainTextResponse(str(len(body)))
    await response(scope, receive, send)


@asynccontextmanager
async def served(
    *, trusted: str = "", total: int = 100, each: int = 100, guard: bool = True
) -> AsyncIterator[tuple[int, ConnectionLimits]]:
    """Serve on a real port; without `guard` as uvicorn does by itself."""
    limits = ConnectionLimits(TrustedProxies(trusted), total, each, READ_SECONDS)
    options = server_options(Settings(_env_file=None))
    options["http"] = guarded_protocol(limits) if guard else "h11"
    with open_listener("127.0.0.1", 0) as listening:
        server = uvicorn.Server(uvicorn.Config(AccessLog(echo_length), **options))
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield listening.getsockname()[1], limits
        finally:
            server.should_exit = server.force_exit = True
            await task


async def connect(stack: AsyncExitStack, port: int, source: str = "127.0.0.1") -> Streams:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    stack.callback(writer.close)
    return reader, writer


async def status(streams: Streams, request: bytes = b"") -> str:
    """Send, read to the end, and return the first line; "" when it is closed without a word."""
    reader, writer = streams
    if request:
        writer.write(request)
    text = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    return text.decode().partition("\r\n")[0]


async def get(stack: AsyncExitStack, port: int, source: str = "127.0.0.1") -> str:
    request = GET.replace(b"Host", b"Connection: close\r\nHost")
    return await status(await connect(stack, port, source), request)


async def test_half_open_requests_are_ended_and_their_files_free() -> None:
    async with AsyncExitStack() as stack:
        port, limits = await stack.enter_async_context(served())
        begun = [await connect(stack, port) for _ in range(20)]
        silent = await connect(stack, port)
        ended = await asyncio.gather(*(status(one, HEAD + b"X-A: b") for one in begun))
        assert ended == [SLOW] * 20
        assert await status(silent) == ""
        assert await get(stack, port) == OK
        assert limits.open == 0


async def test_control_without_the_guard_they_stay() -> None:
    async with AsyncExitStack() as stack:
        port, _ = await stack.enter_async_context(served(guard=False))
        reader, writer = await connect(stack, port)
        writer.write(HEAD)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(), 5 * READ_SECONDS)


@pytest.mark.parametrize(
    "begin", [b"", HEAD, HEAD + b"Content-Length: 100000\r\n\r\n"], ids=["none", "head", "body"]
)
async def test_a_byte_now_and_then_does_not_keep_a_connection(begin: bytes) -> None:
    async with AsyncExitStack() as stack:
        port, _ = await stack.enter_async_context(served())
        reader, writer = await connect(stack, port)
        writer.write(begin)
        reading = asyncio.create_task(reader.read())
        began = time.monotonic()
        while not reading.done() and time.monotonic() < began + 20:
            writer.write(b"x")
            await asyncio.wait({reading}, timeout=READ_SECONDS / 6)
        assert reading.done()
        assert reading.result().decode().partition("\r\n")[0] == SLOW


async def test_a_kept_connection_is_watched_again() -> None:
    async with AsyncExitStack() as stack:
        port, _ = await stack.enter_async_context(served())
        reader, writer = await connect(stack, port)
        for _ in range(3):
            writer.write(GET)
            assert (await reader.readuntil(b"\r\n\r\n0")).startswith(OK.encode())
        assert await status((reader, writer), b"G") == SLOW


async def test_a_large_body_that_keeps_coming_has_longer() -> None:
    async with AsyncExitStack() as stack:
        port, _ = await stack.enter_async_context(served())
        reader, writer = await connect(stack, port)
        size, part = 12, 1024  # a kilobyte is good for a second
        writer.write(HEAD + f"Connection: close\r\nContent-Length: {size * part}\r\n\r\n".encode())
        reading = asyncio.create_task(reader.read())
        for _ in range(size):
            writer.write(b"x" * part)
            await asyncio.wait({reading}, timeout=READ_SECONDS / 4)
        answer = (await reading).decode()
        assert (answer.partition("\r\n")[0], answer[-5:]) == (OK, str(size * part))


async def test_one_address_cannot_take_all_connections() -> None:
    async with AsyncExitStack() as stack:
        port, _ = await stack.enter_async_context(served(each=4))
        held = [await connect(stack, port) for _ in range(4)]
        held[0][1].write(HEAD)
        assert await get(stack, port) == FULL
        assert await get(stack, port, "127.0.0.2") == OK
        await asyncio.gather(*(status(one) for one in held))
        assert await get(stack, port) == OK


async def test_a_trusted_proxy_holds_as_many_as_there_are() -> None:
    async with AsyncExitStack() as stack:
        port, _ = await stack.enter_async_context(served(each=4, trusted="127.0.0.1"))
        for _ in range(12):
            await connect(stack, port)
        assert await get(stack, port) == OK


async def test_when_all_are_taken_the_next_is_told_so() -> None:
    async with AsyncExitStack() as stack:
        port, limits = await stack.enter_async_context(served(total=6, each=2))
        held = [await connect(stack, port, f"127.0.0.{1 + n % 3}") for n in range(6)]
        refused = [await get(stack, port, f"127.0.0.{n}") for n in range(4, 8)]
        assert refused == [FULL] * 4
        assert limits.open == 6
        await asyncio.gather(*(status(one) for one in held))
        assert await get(stack, port, "127.0.0.4") == OK


def test_no_more_connections_than_files(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(_env_file=None, max_connections=5000)
    monkeypatch.setattr("resource.getrlimit", lambda _which: (1024, 4096))
    assert ConnectionLimits.from_settings(settings).total == 1024 - 128


async def test_answers_do_not_wait_for_nagle() -> None:
    async def has_nodelay(listening: socket.socket) -> bool:
        found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def accepted(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            one = writer.get_extra_info("socket")
            found.set_result(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        async with AsyncExitStack() as stack:
            server = await asyncio.start_server(accepted, sock=listening)
            await connect(stack, listening.getsockname()[1])
            option = await found
            server.close()
        return bool(option)

    with open_listener("127.0.0.1", 0) as ours, socket.create_server(("127.0.0.1", 0)) as plain:
        assert await has_nodelay(ours)
        assert not await has_nodelay(plain)  # control


# ---------------------------------------------------------------------------- a real process


@contextmanager
def serve(folder: Path, port: int, **more: str) -> Iterator[None]:
    """Run `python -m bot serve` and wait until it listens."""
    kept = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG"}}
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "serve"],
        env=kept | {"DATA_DIR": str(folder), "PYTHONPATH": str(ROOT), "PORT": str(port), **more},
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            for line in process.stderr:
                if "Started server process" in line:
                    break
            yield
        finally:
            process.terminate()
            process.communicate(timeout=30)


@pytest.mark.experiment
def test_a_served_installation_outlives_a_slow_loris(migrated_sqlite: Path, tmp_path: Path) -> None:
    shutil.copy(migrated_sqlite, tmp_path / "slotline.db")
    port = free_port()
    path = b"GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

    def ask(source: str) -> str:
        with socket.create_connection(("127.0.0.1", port), 20, (source, 0)) as one:
            one.sendall(path)
            return one.recv(4096).decode().partition("\r\n")[0]

    more = {"TRUSTED_PROXIES": "10.0.0.1", "MAX_CONNECTIONS_PER_ADDRESS": "50"}
    with serve(tmp_path, port, READ_TIMEOUT_SECONDS="2", **more):
        held = [socket.create_connection(("127.0.0.1", port), 20) for _ in range(50)]
        for one in held:
            one.sendall(b"POST /webhooks/twilio/messages HTTP/1.1\r\nHost: a\r\n")
        assert ask("127.0.0.1") == FULL
        assert ask("127.0.0.2") == OK
        assert {one.recv(4096).decode().partition("\r\n")[0] for one in held} == {SLOW}
        for one in held:
            one.close()
        assert ask("127.0.0.1") == OK
