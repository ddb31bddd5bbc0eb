"""SQLite's driver as we use it: one errand to its thread a statement, and nothing else changed."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.db import aiosqlite_driver
from core.db.runtime import Runtime
from core.db.tables import users
from tests.support.row_factory import DAY

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def errands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list of what the driver's threads are sent to do."""
    sent: list[str] = []
    send: Any = aiosqlite_driver.Connection._execute

    async def note(self: aiosqlite_driver.Connection, work: Any, *given: Any, **named: Any) -> Any:
        sent.append(work.__name__)
        return await send(self, work, *given, **named)

    monkeypatch.setattr(aiosqlite_driver.Connection, "_execute", note)
    return sent


async def test_a_statement_is_one_errand_with_all_its_rows(
    runtime: Runtime, errands: list[str]
) -> None:
    async with runtime.transaction() as ctx:
        errands.clear()
        for name in ("Ana", "Leo"):
            await ctx.insert(users, name=name, created_at=DAY)
        rows = await ctx.all(sa.select(users.c.id, users.c.name).order_by(users.c.id))
        assert [tuple(row) for row in rows] == [(1, "Ana"), (2, "Leo")]
        changed = await ctx.execute(sa.update(users).values(name="Eva"))
        assert changed.rowcount == 2
        await ctx.execute(
            sa.insert(users), [{"name": name, "created_at": DAY} for name in ("Mia", "Tom")]
        )
        assert await ctx.scalar(sa.select(sa.func.count()).select_from(users)) == 4
        assert errands == ["_run"] * 6
    # It is not rolled back as well when the connection is given back.
    assert errands == ["_run"] * 6 + ["commit"]


async def test_begin_goes_along_with_the_first_statement(
    runtime: Runtime, errands: list[str]
) -> None:
    async def insert(name: str, *, fails: bool) -> None:
        async with runtime.transaction() as ctx:
            await ctx.insert(users, name=name, created_at=DAY)
            raw: Any = await ctx.connection.get_raw_connection()
            assert raw.driver_connection.in_transaction
            if fails:
                raise ZeroDivisionError

    async with runtime.transaction():
        pass
    errands.clear()  # those of connecting
    async with runtime.transaction():
        pass
    await insert("Ana", fails=False)
    assert errands == ["_run", "commit"]
    with pytest.raises(ZeroDivisionError):
        await insert("Leo", fails=True)
    assert errands == ["_run", "commit", "_run", "rollback"]
    async with runtime.transaction() as ctx:
        assert await ctx.scalar(sa.select(sa.func.count()).select_from(users)) == 1


async def test_who_stops_waiting_leaves_no_transaction_behind(runtime: Runtime) -> None:
    """Cancelled at any moment: the next to use the file's one writer begins anew."""
    for turns in range(12):

        async def work() -> None:
            async with runtime.transaction() as ctx:
                await ctx.insert(users, name="Ana", created_at=DAY)

        task = asyncio.create_task(work())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with runtime.transaction() as ctx:
            await ctx.insert(users, name="Leo", created_at=DAY)
    async with runtime.read_transaction() as ctx:
        leos = sa.select(sa.func.count()).where(users.c.name == "Leo")
        assert await ctx.scalar(leos) == 12


async def test_a_begin_that_was_refused_is_tried_with_the_next_statement(
    runtime: Runtime, tmp_path: Path
) -> None:
    other = sqlite3.connect(tmp_path / "slotline.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        async with runtime.transaction() as ctx:
            await (await ctx.connection.get_raw_connection()).driver_connection.run_in_thread(  # type: ignore[union-attr]
                lambda raw: raw.execute("PRAGMA busy_timeout = 1") and None
            )
            with pytest.raises(sa.exc.OperationalError, match="locked"):
                await ctx.insert(users, name="Ana", created_at=DAY)
            other.execute("ROLLBACK")
            await ctx.insert(users, name="Leo", created_at=DAY)
            raw: Any = await ctx.connection.get_raw_connection()
            assert raw.driver_connection.in_transaction
    finally:
        other.close()


async def test_what_the_driver_refuses_is_an_error_of_the_database(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        with pytest.raises(sa.exc.OperationalError, match="no such table: nowhere"):
            await ctx.execute(sa.text("SELECT * FROM nowhere"))
        with pytest.raises(sa.exc.IntegrityError, match="UNIQUE"):
            await ctx.execute(
                sa.insert(users), [{"id": 1, "name": "Ana", "created_at": DAY} for _ in range(2)]
            )
    async with runtime.transaction() as ctx:
        await ctx.insert(users, name="Leo", created_at=DAY)


async def test_a_closed_runtime_leaves_no_thread(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        raw = await ctx.connection.get_raw_connection()
        driver = raw.driver_connection
        assert isinstance(driver, aiosqlite_driver.Connection)
        assert driver._thread.is_alive()
        assert driver._thread.daemon
    await runtime.close()
    driver._thread.join(5)
    assert not driver._thread.is_alive()
