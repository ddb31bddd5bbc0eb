"""SQLite's driver as we use it: one errand to its thread a statement, and nothing else changed."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from core import sqlite
from core.models import users
from core.runtime import Runtime
from tests.factory import DAY

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def errands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list of what the driver's threads are sent to do."""
    sent: list[str] = []
    send: Any = sqlite.Connection._execute

    async def note(self: sqlite.Connection, work: Any, *given: Any, **named: Any) -> Any:
        sent.append(work.__name__)
        return await send(self, work, *given, **named)

    monkeypatch.setattr(sqlite.Connection, "_execute", note)
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
    assert errands == ["_run"] * 6 + ["commit", "rollback"]


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
        assert isinstance(driver, sqlite.Connection)
        assert driver._thread.is_alive()
        assert driver._thread.daemon
    await runtime.close()
    driver._thread.join(5)
    assert not driver._thread.is_alive()
