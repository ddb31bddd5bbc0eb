"""Migration commands: upgrade, downgrade and current revision; one history for both databases."""

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
"""The key of PostgreSQL's advisory lock for migrations: arbitrary, but it must never change."""


async def upgrade(runtime: Runtime, to: str = "head") -> None:
    """Upgrade the schema to `to` and install every guard.

    All or nothing: one transaction on both databases.
    """
    await _migrate(runtime, lambda config: command.upgrade(config, to))


async def downgrade(runtime: Runtime, to: str) -> None:
    """Downgrade the schema to `to` ("base": no table is left)."""
    await _migrate(runtime, lambda config: command.downgrade(config, to))


async def current_and_head(runtime: Runtime) -> tuple[str | None, str | None]:
    """Return the database's revision and the newest one."""
    async with runtime.read_engine.connect() as connection:
        current = await connection.run_sync(
            lambda c: MigrationContext.configure(c).get_current_revision()
        )
    return current, ScriptDirectory(str(MIGRATIONS_DIR)).get_current_head()


async def _migrate(runtime: Runtime, work: Callable[[Config], None]) -> None:
    config = Config()
    # A percent sign in the path would otherwise be read as an interpolation.
    config.set_main_option("script_location", str(MIGRATIONS_DIR).replace("%", "%%"))

    def in_connection(connection: sa.Connection) -> None:
        config.attributes["connection"] = connection
        work(config)
        if overlap_guards.can_install_guards(connection):
            overlap_guards.install_guards(connection)
        audit_append_only.install_triggers(connection)

    async with runtime.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            await _without_foreign_keys(connection, in_connection)
        else:
            # Two concurrent migrations would create the same tables, so the second waits for the
            # first; waiting for tables in use is limited as everywhere else.
            await connection.exec_driver_sql("SET LOCAL lock_timeout = '10min'")
            await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            await connection.exec_driver_sql("SET LOCAL lock_timeout TO DEFAULT")
            await connection.run_sync(in_connection)
            await connection.commit()


async def _without_foreign_keys(
    connection: AsyncConnection, work: Callable[[sa.Connection], None]
) -> None:
    # Batch mode rebuilds a table by copying it; with foreign keys on, dropping the old one would
    # cascade. They can only be switched outside a transaction.
    try:
        await connection.exec_driver_sql("ROLLBACK")
        await connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        await connection.exec_driver_sql("BEGIN IMMEDIATE")
        # The deferred BEGIN goes with the first statement (`core/db/aiosqlite_driver.py`), and must
        # hold the file's lock before alembic's globals are touched: two concurrent migrations would
        # mix them up.
        await connection.exec_driver_sql("SELECT 1")
        await connection.run_sync(work)
        broken = (await connection.exec_driver_sql("PRAGMA foreign_key_check")).all()
        if broken:
            message = f"the migration would break references: {broken[:5]}"
            raise RuntimeError(message)
        await connection.commit()
    finally:
        await connection.invalidate()  # the next connection has foreign keys on again
