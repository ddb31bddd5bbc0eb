"""The watch over awaits lets the database through, and nothing else."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import httpx
import pytest
import sqlalchemy as sa

from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import users
from core.errors import NotFound
from tests.support.await_watch import ForbiddenAwait, forbid_foreign_awaits
from tests.support.row_factory import DAY

Work = Callable[[Context], Awaitable[object]]


async def _ask_a_server(_: Context) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        writer.close()

    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(await asyncio.start_server(answer, "127.0.0.1"))
        client = await stack.enter_async_context(httpx.AsyncClient())
        port = server.sockets[0].getsockname()[1]
        assert (await client.get(f"http://127.0.0.1:{port}/")).status_code == 204


async def _sleep(_: Context) -> None:
    await asyncio.sleep(0)


async def _sleep_between_statements(ctx: Context) -> None:
    await ctx.all(sa.select(users))
    await asyncio.sleep(0)
    await ctx.all(sa.select(users))


async def _use_a_thread(_: Context) -> None:
    await asyncio.to_thread(sum, (1, 2))


async def _wait_for_a_task(ctx: Context) -> None:
    await asyncio.gather(ctx.all(sa.select(users)))


async def _wait_for_a_lock(_: Context) -> None:
    lock = asyncio.Lock()
    await lock.acquire()
    asyncio.get_running_loop().call_soon(lock.release)
    async with lock:
        pass


async def _sleep_in_a_savepoint(ctx: Context) -> None:
    async with ctx.connection.begin_nested():
        await asyncio.sleep(0)


async def _sleep_in_a_greenlet(ctx: Context) -> None:
    # As a library might that pretends to be a driver.
    await ctx.connection.run_sync(lambda _: sa.util.await_only(asyncio.sleep(0)))


@pytest.mark.parametrize(
    "work",
    [
        _sleep,
        _sleep_between_statements,
        _ask_a_server,
        _use_a_thread,
        _wait_for_a_task,
        _wait_for_a_lock,
        _sleep_in_a_savepoint,
        _sleep_in_a_greenlet,
    ],
)
@pytest.mark.parametrize("reading", [False, True])
async def test_foreign_await_in_a_transaction_is_caught(
    runtime: Runtime, work: Work, reading: bool
) -> None:
    async def turn() -> None:
        async with (
            forbid_foreign_awaits(runtime),
            runtime.read_transaction() if reading else runtime.transaction() as ctx,
        ):
            await ctx.scalar(sa.text("SELECT 1"))  # reading begins with its first statement
            await work(ctx)

    with pytest.raises(ForbiddenAwait, match=f"test_await_watch.{work.__name__}:"):
        await turn()
    # And nothing of the watch is left behind.
    async with runtime.transaction() as ctx:
        await work(ctx)


async def test_foreign_await_is_caught_in_its_own_task(runtime: Runtime) -> None:
    async def turn() -> None:
        await runtime.run(_sleep_between_statements)

    async def turns() -> None:
        async with forbid_foreign_awaits(runtime):
            await asyncio.gather(*(asyncio.create_task(turn()) for _ in range(3)))

    with pytest.raises(ForbiddenAwait, match="_sleep_between_statements") as caught:
        await turns()
    # One place is named once, however often it was seen.
    assert len(str(caught.value).splitlines()) == 2


async def test_error_of_the_transaction_precedes_the_foreign_await(runtime: Runtime) -> None:
    async def turn() -> None:
        async with forbid_foreign_awaits(runtime), runtime.transaction():
            await asyncio.sleep(0)
            raise NotFound

    with pytest.raises(NotFound):
        await turn()


async def test_database_await_in_a_transaction_is_allowed(runtime: Runtime) -> None:
    async def work(ctx: Context) -> None:
        await ctx.insert(users, name="Ana", created_at=DAY)
        async with ctx.connection.begin_nested():
            await ctx.lock_rows(users, [1])
        await ctx.all(sa.select(users))

    async def changes_its_mind(ctx: Context) -> None:
        await work(ctx)
        raise NotFound

    async with forbid_foreign_awaits(runtime):
        await asyncio.sleep(0)
        await asyncio.gather(*(runtime.run(work) for _ in range(8)))
        await asyncio.sleep(0)
        with pytest.raises(NotFound):
            await runtime.run(changes_its_mind)
        async with runtime.read_transaction() as ctx:
            assert await ctx.scalar(sa.select(sa.func.count()).select_from(users)) == 8
        await asyncio.sleep(0)


@pytest.mark.usefixtures("only_database_awaits")
async def test_the_fixture_watches_a_whole_test(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        await ctx.insert(users, name="Ana", created_at=DAY)
    await asyncio.sleep(0)
