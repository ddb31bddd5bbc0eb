"""Migrations, as commands: up, down, and what stands now. One history for both databases."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from core.models import guards
from core.runtime import Runtime

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


async def upgrade(runtime: Runtime, to: str = "head") -> None:
    """Bring the schema up to `to`, with every guard in place afterwards."""
    await _migrate(runtime, lambda config: command.upgrade(config, to))


async def downgrade(runtime: Runtime, to: str) -> None:
    """Take the schema down to `to` ("base": nothing of ours is left)."""
    await _migrate(runtime, lambda config: command.downgrade(config, to))


async def revision(runtime: Runtime) -> tuple[str | None, str | None]:
    """Return the database's revision and the newest there is."""
    async with runtime.reader.connect() as connection:
        current = await connection.run_sync(
            lambda c: MigrationContext.configure(c).get_current_revision()
        )
    return current, ScriptDirectory(str(MIGRATIONS)).get_current_head()


async def _migrate(runtime: Runtime, work: object) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))

    def in_connection(connection: sa.Connection) -> None:
        config.attributes["connection"] = connection
        work(config)  # type: ignore[operator]
        if sa.inspect(connection).has_table("claims"):
            guards.install(connection)

    async with runtime.engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            # Batch mode rebuilds a table by copying it; with foreign keys on, dropping the old
            # one would cascade. It can only be switched outside a transaction.
            await connection.exec_driver_sql("ROLLBACK")
            await connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
            await connection.exec_driver_sql("BEGIN IMMEDIATE")
        await connection.run_sync(in_connection)
        if sqlite:
            broken = (await connection.exec_driver_sql("PRAGMA foreign_key_check")).all()
            if broken:
                message = f"the migration would break references: {broken[:5]}"
                raise RuntimeError(message)
        await connection.commit()
        if sqlite:
            await connection.invalidate()  # its next use sets foreign_keys on again
