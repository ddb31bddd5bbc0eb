"""Up, down and up again with a row in every table: rows, references and guards stand."""

import asyncio
import shutil
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.db import migrate, tables
from core.db.runtime import Runtime
from core.db.tables import claims, overlap_guards
from tests.support.row_factory import RowFactory
from tests.support.runtimes import open_runtime

# What a later migration may do to the tables that matter most. On SQLite batch mode makes a
# new table, copies the rows and drops the old one, with its triggers.
NEXT = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "next", "{newest}"


def recreate():
    return "always" if op.get_context().dialect.name == "sqlite" else "auto"


def upgrade():
    for name in ("bookings", "claims", "shops"):
        with op.batch_alter_table(name, recreate=recreate()) as table:
            table.add_column(sa.Column("remark", sa.Text(), server_default="none"))
    {then}


def downgrade():
    for name in ("bookings", "claims", "shops"):
        with op.batch_alter_table(name, recreate=recreate()) as table:
            table.drop_column("remark")
"""
EVERY_TABLE = dict.fromkeys(tables.metadata.tables, 1)


async def _counts(runtime: Runtime) -> Mapping[str, int]:
    async with runtime.read_transaction() as ctx:
        return {
            name: await ctx.scalar(sa.select(sa.func.count()).select_from(table))
            for name, table in tables.metadata.tables.items()
        }


async def _fill(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        await RowFactory(ctx).add_to_every_table()


async def _missing(runtime: Runtime) -> list[str]:
    async with runtime.read_transaction() as ctx:
        return await ctx.connection.run_sync(overlap_guards.missing_guards)


async def _remarks(runtime: Runtime) -> list[str]:
    async with runtime.read_transaction() as ctx:
        return [row.remark for row in await ctx.all(sa.text("SELECT remark FROM claims"))]


async def _add_overlapping(runtime: Runtime) -> None:
    """Add a claim that begins inside the one of the factory; raises what the database says."""
    async with runtime.transaction() as ctx:
        taken = await ctx.first(sa.select(claims))
        assert taken is not None
        values = taken._asdict() | {"busy_until": taken.busy_until + timedelta(minutes=5)}
        values.pop("id")
        await ctx.insert(claims, **values)


def _future(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, then: str = "pass") -> None:
    """Add a migration to the history, for this test."""
    folder = tmp_path / "migrations"
    if not folder.exists():
        shutil.copytree(
            migrate.MIGRATIONS_DIR, folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    text = NEXT.format(newest=tables.REVISION, then=then)
    (folder / "versions" / "next.py").write_text(text)
    monkeypatch.setattr(migrate, "MIGRATIONS_DIR", folder)


async def test_down_and_up_again_with_rows(runtime: Runtime) -> None:
    await _fill(runtime)
    assert await _counts(runtime) == EVERY_TABLE
    await migrate.downgrade(runtime, "base")
    assert await migrate.current_and_head(runtime) == (None, tables.REVISION)
    await migrate.upgrade(runtime)
    await runtime.ensure_ready()
    assert await _counts(runtime) == dict.fromkeys(tables.metadata.tables, 0)
    await _fill(runtime)
    with pytest.raises(sa.exc.IntegrityError, match=overlap_guards.OVERLAP_GUARD):
        await _add_overlapping(runtime)


async def test_rows_and_guards_outlive_a_rebuilt_table(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await _fill(runtime)
    _future(monkeypatch, tmp_path)
    for _ in range(2):
        await migrate.upgrade(runtime)
        assert await migrate.current_and_head(runtime) == ("next", "next")
        assert await _remarks(runtime) == ["none"]
        assert (await _counts(runtime), await _missing(runtime)) == (EVERY_TABLE, [])
        with pytest.raises(sa.exc.IntegrityError, match=overlap_guards.OVERLAP_GUARD):
            await _add_overlapping(runtime)
        await migrate.downgrade(runtime, tables.REVISION)
        assert (await _counts(runtime), await _missing(runtime)) == (EVERY_TABLE, [])
    await runtime.ensure_ready()
    with pytest.raises(sa.exc.IntegrityError, match=overlap_guards.OVERLAP_GUARD):
        await _add_overlapping(runtime)


async def test_without_putting_them_back_a_rebuilt_table_loses_its_guards(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The control: what the test above would see if migrations did not reinstall guards."""
    await _fill(runtime)
    _future(monkeypatch, tmp_path)
    monkeypatch.setattr(overlap_guards, "install_guards", lambda connection: None)
    await migrate.upgrade(runtime)
    if runtime.engine.dialect.name == "postgresql":
        assert await _missing(runtime) == []  # a constraint belongs to its table
    else:
        assert await _missing(runtime) == [
            "claims_no_overlap_insert",
            "claims_no_overlap_update",
        ]
        await _add_overlapping(runtime)
        assert (await _counts(runtime))["claims"] == 2


async def test_a_migration_that_fails_changes_nothing(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await _fill(runtime)
    _future(monkeypatch, tmp_path, then="op.execute('SELECT nothing FROM nowhere')")
    with pytest.raises(sa.exc.DBAPIError, match="nowhere"):
        await migrate.upgrade(runtime)
    assert await migrate.current_and_head(runtime) == (tables.REVISION, "next")
    async with runtime.read_transaction() as ctx:
        columns = await ctx.connection.run_sync(lambda c: sa.inspect(c).get_columns("claims"))
    assert [column["name"] for column in columns] == [column.name for column in claims.c]
    assert (await _counts(runtime), await _missing(runtime)) == (EVERY_TABLE, [])
    # References are watched again: the connection that went without them is not used further.
    with pytest.raises(sa.exc.IntegrityError):
        async with runtime.transaction() as ctx:
            await RowFactory(ctx, newest={"shops": 999}).add(tables.categories)


async def test_a_migration_that_breaks_references_changes_nothing(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await _fill(runtime)
    _future(monkeypatch, tmp_path, then="op.execute('DELETE FROM services')")
    # PostgreSQL refuses the statement, SQLite's check refuses the whole.
    with pytest.raises((sa.exc.IntegrityError, RuntimeError), match=r"reference|foreign key"):
        await migrate.upgrade(runtime)
    assert (await _counts(runtime), await _missing(runtime)) == (EVERY_TABLE, [])
    assert await migrate.current_and_head(runtime) == (tables.REVISION, "next")


async def test_a_migration_that_drops_the_longest_length_is_refused(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The triggers of SQLite look back only as far as a claim may reach."""
    await _fill(runtime)
    drop = "with op.batch_alter_table('claims') as t: t.drop_constraint('ck_claims_length')"
    _future(monkeypatch, tmp_path, then=drop)
    if runtime.engine.dialect.name == "postgresql":
        await migrate.upgrade(runtime)  # an exclusion constraint does not need it
        assert await _missing(runtime) == []
        return
    with pytest.raises(RuntimeError, match="ck_claims_length"):
        await migrate.upgrade(runtime)
    assert (await _counts(runtime), await _missing(runtime)) == (EVERY_TABLE, [])


async def test_two_that_migrate_at_once_both_end_well(
    empty_database_url: str, tmp_path: Path
) -> None:
    both = [open_runtime(empty_database_url, tmp_path) for _ in range(2)]
    try:
        await asyncio.gather(*(migrate.upgrade(runtime) for runtime in both))
        for runtime in both:
            await runtime.ensure_ready()
    finally:
        for runtime in both:
            await runtime.close()
