"""Runtimes of tests share compiled statements."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.db.runtime import Runtime
from core.db.tables import shops
from tests.support.runtimes import migrated_copy, open_runtime


@pytest.fixture(params=["sqlite", "postgresql"])
def another(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "another"
    folder.mkdir()
    with migrated_copy(request, request.param, folder) as url:
        yield url


async def test_a_statement_is_compiled_once_for_all(
    runtime: Runtime, another: str, tmp_path: Path
) -> None:
    statement = sa.select(shops.c.name, sa.literal("said here only")).where(shops.c.id == 1)
    compiled: list[object] = []
    for one in (runtime, open_runtime(another, tmp_path)):

        def look(_c: object, _k: object, sql: str, _p: object, context: object, _m: object) -> None:
            if sql.startswith("SELECT shops.name"):
                compiled.append(context.compiled)  # type: ignore[attr-defined]

        sa.event.listen(one.engine.sync_engine, "before_cursor_execute", look)
        async with one.transaction() as ctx:
            await ctx.execute(statement)
        await one.close()
    same = runtime.engine.dialect.name == sa.make_url(another).get_backend_name()
    first, second = compiled
    assert (first is second) is same
