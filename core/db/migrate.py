"""Migrations, as commands: up, down, and what stands now. One history for both databases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import AsyncConnection

from core.db.runtime import Runtime
from core.db.tables import audit_append_only, overlap_guards

MIGRATIONS_DIR = Path(__file__).resolve().parents[2] / "migrations"

_LOCK = 0x510715E
"""The key of PostgreSQL's advisory lock for migrations: any number, as long as it stays."""


async def upgrade(runtime: Runtime, to: str = "head") -> None:
    """Bring the schema up to `to`, with every guard in place afterwards.

    All of it or, when it raises, nothing: one transaction on both databases.
    """
    await _migrate(runtime, lambda config: command.upgrade(config, to))


async def downgrade(runtime: Runtime, to: str) -> None:
    """Take the schema down to `to` ("base": no table of ours is left)."""
    await _migrate(runtime, lambda config: command.downgrade(config, to))


async def current_and_head(runtime: Runtime) -> tuple[str | None, str | None]:
    """Return the database's revision and the newest there is."""
    async with runtime.read_engine.connect() as connection:
        current = await connection.run_sync(
            lambda c: MigrationContext.configure(c).get_current_revision()
        )
    return current, ScriptDirectory(str(MIGRATIONS_DIR)).get_current_head()


async def _migrate(runtime: Runtime, work: Callable[[Config], None]) -> None:
    config = Config()
    # A percent sign in the path would otherwise be read as a reference.
    config.set_main_option("script_location", str(MIGRATIONS_DIR).replace("%", "%%"))

    def in_connection(connection: sa.Connection) -> None:
        config.attributes["connection"] = connection
        work(config)
        if sa.inspect(connection).has_table("claims"):
            overlap_guards.install(connection)
        audit_append_only.install(connection)

    async with runtime.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            await _without_foreign_keys(connection, in_connection)
        else:
            # Two that migrate at once would each make the same tables. The second waits for as
            # long as the first takes; for tables in use nobody waits longer than anywhere else.
            await connection.exec_driver_sql("SET LOCAL lock_timeout = '10min'")
            await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            await connection.exec_driver_sql("SET LOCAL lock_timeout TO DEFAULT")
            await connection.run_sync(in_connection)
            await connection.commit()


async def _without_foreign_keys(
    connection: AsyncConnection, work: Callable[[sa.Connection], None]
) -> None:
    # Batch mode rebuilds a table by copying it; with foreign keys on, dropping the old one
    # would cascade. They can only be switched outside a transaction.
    try:
        await connection.exec_driver_sql("ROLLBACK")
        await connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        await connection.exec_driver_sql("BEGIN IMMEDIATE")
        # That goes with the first statement (`core/db/aiosqlite_driver.py`), and alembic's globals are only ever
        # touched by whoever has the file: two that migrate at once would mix them up.
        await connection.exec_driver_sql("SELECT 1")
        await connection.run_sync(work)
        broken = (await connection.exec_driver_sql("PRAGMA foreign_key_check")).all()
        if broken:
            message = f"the migration would break references: {broken[:5]}"
            raise RuntimeError(message)
        await connection.commit()
    finally:
        await connection.invalidate()  # the next one has foreign keys on again
