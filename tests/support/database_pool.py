"""A pool of PostgreSQL databases, emptied after each test and reused.

`CREATE DATABASE … TEMPLATE` and `DROP DATABASE` take the server a fifth of a second together, more
than most tests; emptying takes it a few milliseconds. A database is used again only if nothing but
rows was changed in it; whoever tampered with the schema, or filled it, leaves it to be dropped.
"""

import asyncio
import itertools
import os
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import TypeVar

import asyncpg
from sqlalchemy.engine import make_url

from tests.servers import postgres

T = TypeVar("T")

MAX_USES = 50
"""How many tests a database serves: rows once deleted still make it larger and slower."""

MAX_BYTES = 4_000_000
"""How many bytes larger than at first a database is not emptied any more but dropped."""

PATIENCE_MS = 10_000
"""How long a connection may take to end that a test has left open."""

_numbers = itertools.count(1)

# Tables and what belongs to them: whose row in a catalog is another is not what it was at first.
# `reltuples` and the rows of pg_statistic are what the planner knows since an ANALYZE.
_SHAPE = """
SELECT concat_ws('/',
    (SELECT md5(string_agg(concat_ws(' ', oid, xmin, reltuples), ',' ORDER BY oid))
        FROM pg_class WHERE oid >= 16384),
    (SELECT md5(string_agg(concat_ws(' ', attrelid, attnum, xmin), ',' ORDER BY attrelid, attnum))
        FROM pg_attribute WHERE attrelid >= 16384),
    (SELECT md5(string_agg(concat_ws(' ', oid, xmin), ',' ORDER BY oid))
        FROM pg_constraint WHERE oid >= 16384),
    (SELECT md5(string_agg(concat_ws(' ', oid, xmin), ',' ORDER BY oid)) FROM pg_trigger),
    (SELECT md5(string_agg(concat_ws(' ', oid, xmin), ',' ORDER BY oid))
        FROM pg_proc WHERE oid >= 16384),
    (SELECT count(*) FROM pg_statistic WHERE starelid >= 16384),
    (SELECT count(*) FROM pg_db_role_setting)
)
"""

_END_OTHERS = """
SELECT bool_and(pg_terminate_backend(pid, $1)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


class _Database:
    """One database of the pool, and the connection by which it is emptied."""

    def __init__(self, url: str, connection: asyncpg.Connection) -> None:
        self.url = url
        self.uses = 0
        self._connection = connection

    async def learn(self) -> None:
        """Record the state of the unused database."""
        self._shape, self._size = await self._now()
        names = await self._connection.fetch(
            "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
        )
        some = [name for (name,) in names if await self._any(name)]
        # What a migration has written belongs to the schema.
        self._kept = {name: await self._rows(name) for name in some}
        self._tables = [name for (name,) in names if name not in self._kept]
        self._filled = " UNION ALL ".join(
            f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in self._tables
        )
        sequences = await self._connection.fetch(
            "SELECT quote_ident(sequencename) FROM pg_sequences WHERE schemaname = 'public'"
        )
        self._restart = "SELECT " + ", ".join(f"setval('{s}', 1, false)" for (s,) in sequences)
        await self._connection.execute("SET session_replication_role = replica")

    async def empty(self) -> bool:
        """Delete all rows; return whether the database is as it was at first."""
        ended = await self._connection.fetchval(_END_OTHERS, PATIENCE_MS)
        shape, size = await self._now()
        if ended is False or shape != self._shape or size > self._size + MAX_BYTES:
            return False
        for name, rows in self._kept.items():
            if await self._rows(name) != rows:
                return False
        # No trigger runs and no foreign key is looked at, so the order does not matter.
        filled = [name for (name,) in await self._connection.fetch(self._filled)]
        delete = ";".join(f"DELETE FROM {name}" for name in filled)
        if delete:
            await self._connection.execute(delete)
        await self._connection.fetchrow(self._restart)
        return True

    async def close(self) -> None:
        """End the connection, so that the database may be dropped."""
        await self._connection.close()

    async def _now(self) -> tuple[str, int]:
        found = await self._connection.fetch(
            f"SELECT ({_SHAPE}), pg_database_size(current_database())"
        )
        return found[0][0], found[0][1]

    async def _any(self, table: str) -> bool:
        found: bool = await self._connection.fetchval(f"SELECT EXISTS (SELECT FROM {table})")
        return found

    async def _rows(self, table: str) -> list[str]:
        rows = await self._connection.fetch(f"SELECT t::text FROM {table} t ORDER BY 1")
        return [text for (text,) in rows]


class DatabasePool:
    """Copies of one database of a server, each taken by one test at a time.

    Its connections live in a loop of their own, which outlives the loops of tests.
    """

    def __init__(self, server: str, template: str) -> None:
        """Take copies of the database `template` of the server at the URL `server`."""
        self._server, self._template = server, template
        self._free: list[_Database] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    @contextmanager
    def borrow(self) -> Iterator[str]:
        """Yield the URL of a database like the template, for exclusive use."""
        database = self._free.pop() if self._free else self._run(self._make())
        try:
            yield database.url
        finally:
            database.uses += 1
            if database.uses < MAX_USES and self._run(database.empty()):
                self._free.append(database)
            else:
                self._drop(database)

    def close(self) -> None:
        """Drop every database."""
        for database in self._free:
            self._drop(database)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[object, object, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _make(self) -> _Database:
        url = postgres.create_database(
            self._server, f"test_{os.getpid()}_p{next(_numbers)}", self._template
        )
        database = _Database(url, await asyncpg.connect(postgres.plain(url)))
        await database.learn()
        return database

    def _drop(self, database: _Database) -> None:
        self._run(database.close())
        postgres.drop_database(self._server, make_url(database.url).database or "")
