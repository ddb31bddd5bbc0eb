"""The pool of databases: each test finds the same state, whatever was done before."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from core.db.audit import record_change
from core.db.tables import metadata
from tests.servers import postgres
from tests.support import database_pool, shops
from tests.support.database_pool import DatabasePool
from tests.support.runtimes import open_runtime, run_apart

TEMPLATE = """
CREATE TABLE versions (name text); INSERT INTO versions VALUES ('7');
CREATE TABLE shops (id bigserial PRIMARY KEY, name text);
CREATE TABLE kept (id bigserial PRIMARY KEY, shop_id bigint REFERENCES shops);
CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''kept''; END';
CREATE TRIGGER stays BEFORE DELETE ON kept FOR EACH ROW EXECUTE FUNCTION no();
"""

USE = "INSERT INTO shops (name) VALUES ('one'), ('two'); INSERT INTO kept (shop_id) VALUES (1)"


def run(url: str, statement: str) -> None:
    async def work() -> None:
        connection = await asyncpg.connect(postgres.plain(url))
        await connection.execute(statement)
        await connection.close()

    asyncio.run(work())


def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    async def work() -> list[tuple[object, ...]]:
        connection = await asyncpg.connect(postgres.plain(url))
        found = await connection.fetch(statement)
        await connection.close()
        return [tuple(row) for row in found]

    return asyncio.run(work())


@pytest.fixture(scope="module")
def template(postgres_url: str) -> Iterator[str]:
    name = f"test_{os.getpid()}_pooled"
    run(postgres.create_database(postgres_url, name), TEMPLATE)
    yield name
    postgres.drop_database(postgres_url, name)


@pytest.fixture(scope="module")
def pool(postgres_url: str, template: str) -> Iterator[DatabasePool]:
    opened = DatabasePool(postgres_url, template)
    yield opened
    opened.close()


def test_rows_are_gone_and_numbers_begin_anew_behind_whatever_trigger(pool: DatabasePool) -> None:
    with pool.borrow() as first:
        run(first, USE)
    with pool.borrow() as second:
        found = rows(second, "SELECT count(*), (SELECT count(*) FROM kept) FROM shops")
        run(second, USE)
        ids = rows(second, "SELECT id FROM shops ORDER BY id")
        guarded = rows(second, "SELECT tgenabled FROM pg_trigger WHERE tgname = 'stays'")
    assert (second, found, ids, guarded) == (first, [(0, 0)], [(1,), (2,)], [(b"O",)])


@pytest.mark.parametrize(
    "tampering",
    [
        "ALTER TABLE shops ADD COLUMN more text",
        "ALTER TABLE shops ALTER COLUMN name SET NOT NULL",
        "CREATE TABLE others (id int)",
        "CREATE INDEX more ON shops (name)",
        "DROP TRIGGER stays ON kept",
        "ALTER TABLE kept DISABLE TRIGGER stays",
        "ALTER TABLE kept DROP CONSTRAINT kept_shop_id_fkey",
        "CREATE OR REPLACE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
        "UPDATE versions SET name = '8'",
        "DELETE FROM versions",
        "INSERT INTO shops (name) SELECT 'x' FROM generate_series(1, 100); ANALYZE shops",
        "INSERT INTO shops (name) SELECT repeat('x', 100) FROM generate_series(1, 40000)",
    ],
)
def test_what_was_tampered_with_or_filled_is_not_used_again(
    pool: DatabasePool, tampering: str
) -> None:
    with pool.borrow() as first:
        run(first, tampering)
    with pool.borrow() as second:
        found = rows(second, "SELECT count(*), (SELECT max(name) FROM versions) FROM shops")
    assert (second != first, found) == (True, [(0, "7")])


def test_a_connection_left_open_is_ended_with_its_locks(pool: DatabasePool) -> None:
    async def leave(url: str) -> asyncpg.Connection:
        connection = await asyncpg.connect(postgres.plain(url))
        await connection.execute("BEGIN; " + USE)
        return connection

    async def work() -> None:
        with pool.borrow() as first:
            left = await leave(first)
        with pool.borrow() as second:
            assert second == first
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError)):
            await left.fetch("SELECT 1")
        left.terminate()

    asyncio.run(work())


def test_two_at_a_time_have_one_each_and_no_test_has_one_for_ever(
    postgres_url: str, template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_pool, "MAX_USES", 2)
    pool = DatabasePool(postgres_url, template)
    with pool.borrow() as first, pool.borrow() as second:
        assert first != second
    with pool.borrow() as third:
        assert third in {first, second}
    with pool.borrow() as fourth, pool.borrow() as fifth:
        assert third not in {fourth, fifth}
    pool.close()


async def _fill(url: str, folder: Path) -> None:
    runtime = open_runtime(url, folder)
    async with runtime.transaction() as ctx:
        shop_id = (await shops.build_salon(ctx)).shop_id
        await record_change(
            ctx,
            action="add",
            target="shop",
            shop_id=shop_id,
            user_id=None,
            before=None,
            after={},
            address="",
            request="1",
        )
    await runtime.close()


def test_our_own_schema_is_used_again(migrated_postgres: DatabasePool, tmp_path: Path) -> None:
    """Were it not, by a trigger or a row that a migration writes, every test would wait longer."""
    with migrated_postgres.borrow() as first:
        run_apart(_fill(first, tmp_path))
    with migrated_postgres.borrow() as second:
        filled = [
            table.name
            for table in metadata.sorted_tables
            if rows(second, f"SELECT FROM {table.name} LIMIT 1")
        ]
    assert (second, filled) == (first, [])
