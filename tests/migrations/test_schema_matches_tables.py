"""The migrations make exactly the tables of `core.db.tables`."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from core.db import migrate, tables
from core.db.runtime import Runtime
from core.db.tables import audit_append_only, overlap_guards

Shape = dict[str, Any]


async def _run(runtime: Runtime, work: Callable[[sa.Connection], Any]) -> Any:
    async with runtime.transaction() as ctx:
        return await ctx.connection.run_sync(work)


def _shape(connection: sa.Connection) -> Shape:
    """Return everything the schema says: columns, defaults, keys, checks, indexes, triggers."""
    inspector = sa.inspect(connection)
    shape: Shape = {}
    for table in sorted(set(inspector.get_table_names()) - {"alembic_version"}):
        shape[table] = {
            "columns": [
                (c["name"], str(c["type"]), c["nullable"], c["default"])
                for c in inspector.get_columns(table)
            ],
            "primary": inspector.get_pk_constraint(table),
            "references": _in_order(inspector.get_foreign_keys(table)),
            "unique": _in_order(inspector.get_unique_constraints(table)),
            "checks": _in_order(inspector.get_check_constraints(table)),
            "indexes": _in_order(
                # Conditions come as objects; the statements below hold their text.
                [index | {"dialect_options": None} for index in inspector.get_indexes(table)]
            ),
        }
    if connection.dialect.name == "sqlite":
        for name, sql in connection.execute(
            sa.text(
                "SELECT name, sql FROM sqlite_master"
                " WHERE type IN ('trigger', 'index') AND tbl_name <> 'alembic_version'"
            )
        ):
            shape[name] = " ".join((sql or "").split())
    else:
        for name, definition in connection.execute(
            sa.text("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")
        ):
            shape[f"index {name}"] = definition
        del shape["index alembic_version_pkc"]
        for name, definition in connection.execute(
            sa.text(
                "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
                " WHERE connamespace = 'public'::regnamespace"
                " AND conrelid <> to_regclass('alembic_version')"
            )
        ):
            shape[name] = definition
    return shape


def _in_order(things: list[Any]) -> list[str]:
    return sorted(repr(thing) for thing in things)


async def test_migrations_create_the_declared_tables(runtime: Runtime) -> None:
    def difference(connection: sa.Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found: list[Any] = compare_metadata(context, tables.metadata)
        return found

    assert await _run(runtime, difference) == []


async def test_checks_and_guards_of_the_history_are_those_of_the_models(runtime: Runtime) -> None:
    def make(connection: sa.Connection) -> None:
        tables.metadata.create_all(connection)
        overlap_guards.install_guards(connection)
        audit_append_only.install_triggers(connection)

    migrated = await _run(runtime, _shape)
    await migrate.downgrade(runtime, "base")
    assert await _run(runtime, _shape) == {}
    await _run(runtime, make)
    assert migrated == await _run(runtime, _shape)


async def test_the_models_name_the_newest_migration(runtime: Runtime) -> None:
    assert await migrate.current_and_head(runtime) == (tables.REVISION, tables.REVISION)
