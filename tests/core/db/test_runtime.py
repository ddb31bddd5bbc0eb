"""Transactions: committed once and only here, rolled back, run again, and kept short."""

import ast
import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.db.context import Context
from core.db.runtime import MAX_ATTEMPTS, Runtime, is_retryable
from core.db.tables import categories, customers, users
from core.errors import NotFound
from tests.support.row_factory import DAY, RowFactory
from tests.support.runtimes import open_runtime
from tests.support.statement_counter import count_statements

ROOT = Path(__file__).parents[3]


async def _names(runtime: Runtime) -> list[str]:
    async with runtime.read_transaction() as ctx:
        return [row.name for row in await ctx.all(sa.select(users.c.name).order_by(users.c.id))]


async def _add(ctx: Context, name: str) -> int:
    return await ctx.insert(users, name=name, created_at=DAY)


async def _transact(runtime: Runtime, work: Callable[[Context], Awaitable[object]]) -> None:
    async with runtime.transaction() as ctx:
        await work(ctx)


# --- one commit -----------------------------------------------------------------------------


async def test_a_block_that_ends_is_committed(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        await _add(ctx, "Ana")
        assert await _names(runtime) == []
    assert await _names(runtime) == ["Ana"]


async def test_a_block_that_raises_is_rolled_back(runtime: Runtime) -> None:
    async def changes_its_mind(ctx: Context) -> None:
        await _add(ctx, "Ana")
        raise NotFound

    async def refers_to_nothing(ctx: Context) -> None:
        await _add(ctx, "Leo")
        await RowFactory(ctx, newest={"shops": 99}).add(categories)

    with pytest.raises(NotFound):
        await _transact(runtime, changes_its_mind)
    with pytest.raises(sa.exc.IntegrityError):
        await _transact(runtime, refers_to_nothing)
    assert await _names(runtime) == []


async def test_a_block_that_is_cancelled_is_rolled_back(runtime: Runtime) -> None:
    written = asyncio.Event()

    async def never_ends() -> None:
        async with runtime.transaction() as ctx:
            await _add(ctx, "Ana")
            written.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(never_ends())
    await written.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with runtime.transaction() as ctx:
        await _add(ctx, "Leo")
    assert await _names(runtime) == ["Leo"]


async def test_after_commit_runs_once_the_changes_stand(runtime: Runtime) -> None:
    seen: list[str] = []
    async with runtime.transaction() as ctx:
        await _add(ctx, "Ana")
        ctx.after_commit.append(lambda: seen.append("first"))
        ctx.after_commit.append(lambda: seen.append("second"))
        assert seen == []
    assert seen == ["first", "second"]


async def test_after_commit_does_not_run_when_nothing_was_committed(runtime: Runtime) -> None:
    seen: list[str] = []

    async def changes_its_mind(ctx: Context) -> None:
        ctx.after_commit.append(lambda: seen.append("rolled back"))
        raise NotFound

    async def is_refused_at_the_very_end(ctx: Context) -> None:
        await ctx.execute(
            sa.text(
                "ALTER TABLE categories ALTER CONSTRAINT fk_categories_shop_id"
                " DEFERRABLE INITIALLY DEFERRED"
                if ctx.is_postgresql
                else "PRAGMA defer_foreign_keys = ON"
            )
        )
        await RowFactory(ctx, newest={"shops": 99}).add(categories)
        ctx.after_commit.append(lambda: seen.append("refused"))

    with pytest.raises(NotFound):
        await _transact(runtime, changes_its_mind)
    with pytest.raises(sa.exc.IntegrityError):
        await _transact(runtime, is_refused_at_the_very_end)
    assert seen == []
    async with runtime.transaction() as ctx:
        await _add(ctx, "Leo")
    assert await _names(runtime) == ["Leo"]


def test_commit_stands_nowhere_else() -> None:
    found = set()
    for folder in ("core", "bot", "webhooks", "migrations"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Attribute) and node.attr == "commit":
                    found.add(str(file.relative_to(ROOT)))
    # `core/db/runtime.py` needs none: its blocks commit as they end. The other is the driver.
    assert found == {"core/db/migrate.py", "core/db/aiosqlite_driver.py"}


# --- run again ------------------------------------------------------------------------------


async def test_a_deadlock_is_run_again(runtime: Runtime) -> None:
    """Two that change two rows in opposite order; on SQLite the second simply waits."""
    async with runtime.transaction() as ctx:
        ids = [await _add(ctx, name) for name in ("Ana", "Leo")]
        postgresql = ctx.is_postgresql
    each_has_one = asyncio.Barrier(2 if postgresql else 1)
    tries = 0

    async def mark_both(order: list[int], letter: str) -> None:
        async def work(ctx: Context) -> None:
            nonlocal tries
            tries += 1
            first_try = tries <= 2
            if postgresql:
                await ctx.execute(sa.text("SET LOCAL deadlock_timeout = '20ms'"))
            mark = users.update().values(name=users.c.name + letter)
            await ctx.execute(mark.where(users.c.id == order[0]))
            if first_try:
                await each_has_one.wait()
            await ctx.execute(mark.where(users.c.id == order[1]))

        await runtime.run(work)

    await asyncio.gather(mark_both(ids, "x"), mark_both(ids[::-1], "y"))
    assert [sorted(name) for name in await _names(runtime)] == [sorted("Anaxy"), sorted("Leoxy")]
    assert tries == (3 if postgresql else 2)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Take the pauses between tries out, and note how long they would have been."""
    noted: list[float] = []

    async def sleep(seconds: float) -> None:
        noted.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return noted


def _fail(ctx: Context, sqlstate: str) -> sa.TextClause:
    return sa.text(f"DO $$ BEGIN RAISE EXCEPTION 'as asked' USING ERRCODE = '{sqlstate}'; END $$")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("sqlstate", "tries"),
    [
        ("40P01", MAX_ATTEMPTS),
        ("40001", MAX_ATTEMPTS),
        ("55P03", MAX_ATTEMPTS),
        ("23P01", 1),
        ("57014", 1),
    ],
)
async def test_what_is_worth_another_try_is_tried_three_times(
    runtime: Runtime, pauses: list[float], sqlstate: str, tries: int
) -> None:
    made = 0

    async def work(ctx: Context) -> None:
        nonlocal made
        made += 1
        await _add(ctx, "Ana")
        await ctx.execute(_fail(ctx, sqlstate))

    with pytest.raises(sa.exc.DBAPIError, match="as asked"):
        await runtime.run(work)
    assert (made, len(pauses)) == (tries, tries - 1)
    assert await _names(runtime) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("busy_tries", [1, 2, 3])
async def test_a_busy_file_is_tried_three_times(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, busy_tries: int
) -> None:
    """Another program holds the file's write lock through the first `busy_tries` tries."""
    async with runtime.transaction() as ctx:
        await ctx.execute(sa.text("PRAGMA busy_timeout = 1"))
    made, pauses = [], []

    async def work(ctx: Context) -> str:
        made.append(await _add(ctx, "Ana"))
        return "done"

    with closing(sqlite3.connect(_file(runtime), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        async def sleep(seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == busy_tries:
                other.execute("ROLLBACK")

        monkeypatch.setattr(asyncio, "sleep", sleep)
        if busy_tries < MAX_ATTEMPTS:
            assert await runtime.run(work) == "done"
        else:
            with pytest.raises(sa.exc.OperationalError, match="database is locked"):
                await runtime.run(work)
    assert len(pauses) == min(busy_tries, MAX_ATTEMPTS - 1)
    assert await _names(runtime) == (["Ana"] if busy_tries < MAX_ATTEMPTS else [])
    assert all(0.005 <= pause <= 0.05 * n for n, pause in enumerate(pauses, 1))


def _file(runtime: Runtime) -> str:
    return str(sa.make_url(runtime.settings.effective_database_url).database)


async def test_our_own_errors_are_not_tried_again(runtime: Runtime, pauses: list[float]) -> None:
    made = 0

    async def work(ctx: Context) -> None:
        nonlocal made
        made += 1
        await _add(ctx, "Ana")
        raise NotFound

    with pytest.raises(NotFound):
        await runtime.run(work)
    assert (made, pauses, await _names(runtime)) == (1, [], [])


async def test_nothing_is_lost_between_many_at_once(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        one = await _add(ctx, "0")

    async def count(ctx: Context) -> None:
        await ctx.lock_rows(users, [one])
        name = await ctx.scalar(sa.select(users.c.name).where(users.c.id == one))
        await ctx.execute(users.update().values(name=str(int(name) + 1)))

    await asyncio.gather(*(runtime.run(count) for _ in range(40)))
    assert await _names(runtime) == ["40"]


async def test_what_opens_a_file_beside_a_server_waits_its_turn(
    runtime: Runtime, tmp_path: Path
) -> None:
    """Read, then write: begun as SQLite's drivers begin, the second would fail at once."""
    async with runtime.transaction() as ctx:
        one = await _add(ctx, "0")
    beside = open_runtime(runtime.settings.effective_database_url, tmp_path)

    async def count(opened: Runtime) -> None:
        async with opened.transaction() as ctx:
            await ctx.lock_rows(users, [one])
            name = await ctx.scalar(sa.select(users.c.name).where(users.c.id == one))
            await ctx.execute(users.update().values(name=str(int(name) + 1)))

    await asyncio.gather(*(count(opened) for opened in (runtime, beside) * 10))
    await beside.close()
    assert await _names(runtime) == ["20"]


# --- waiting and reading --------------------------------------------------------------------


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_lock_is_waited_for_three_seconds(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        one = await _add(ctx, "Ana")
    async with runtime.transaction() as holding:
        await holding.lock_rows(users, [one])
        began = time.monotonic()
        with pytest.raises(sa.exc.DBAPIError, match="lock timeout") as refused:
            async with runtime.transaction() as waiting:
                await waiting.lock_rows(users, [one])
        waited = timedelta(seconds=time.monotonic() - began)
    assert is_retryable(refused.value)
    assert timedelta(seconds=2.9) < waited < timedelta(seconds=4.5)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_lock_does_not_stand_in_the_way_of_references(runtime: Runtime) -> None:
    """FOR UPDATE would: an insert that refers to a row locks its key."""
    async with runtime.transaction() as ctx:
        one = await _add(ctx, "Ana")
    async with runtime.transaction() as holding:
        await holding.lock_rows(users, [one])
        async with runtime.transaction() as ctx:
            await RowFactory(ctx, newest={"users": one}).add(customers)
    async with runtime.read_transaction() as ctx:
        assert await ctx.scalar(sa.select(customers.c.user_id)) == one


async def test_reading_does_not_wait_for_a_writer_and_cannot_write(runtime: Runtime) -> None:
    async with runtime.transaction() as writing:
        await _add(writing, "Ana")
        assert await asyncio.gather(*(_names(runtime) for _ in range(4))) == [[]] * 4
    async with runtime.read_transaction() as ctx:
        with pytest.raises(sa.exc.DBAPIError, match=r"read-?only"):
            await _add(ctx, "Leo")
    # The connection it used is not left read-only for the next who writes.
    async with runtime.transaction() as ctx:
        await _add(ctx, "Eva")
    assert await _names(runtime) == ["Ana", "Eva"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_sqlite_connection_is_careful(database_url: str, tmp_path: Path) -> None:
    runtime = open_runtime(database_url, tmp_path)
    names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "query_only")

    async def pragmas(ctx: Context) -> list[object]:
        return [await ctx.scalar(sa.text(f"PRAGMA {name}")) for name in names]

    async with runtime.transaction() as writing, runtime.read_transaction() as reading:
        assert await pragmas(writing) == ["wal", 2, 1, 5000, 0]
        assert await pragmas(reading) == ["wal", 2, 1, 5000, 1]
    await runtime.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_every_postgresql_connection_is_in_utc(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        assert await ctx.scalar(sa.text("SHOW timezone")) == "UTC"
        assert await ctx.scalar(sa.text("SHOW lock_timeout")) == "3s"
        assert await ctx.scalar(sa.text("SELECT to_timestamp(0)::text")) == "1970-01-01 00:00:00+00"


# --- counting -------------------------------------------------------------------------------


async def test_statements_are_counted(runtime: Runtime) -> None:
    with count_statements(runtime) as sent:
        async with runtime.transaction() as ctx:
            await _add(ctx, "Ana")
            async with ctx.connection.begin_nested():
                await ctx.all(sa.select(users))
        await _names(runtime)
    assert [statement.split()[0] for statement in sent.statements] == ["INSERT", "SELECT", "SELECT"]
    assert len(sent) == 3
    await _names(runtime)
    assert len(sent) == 3
