"""A SQLite driver that makes one call to its thread per statement instead of four.

aiosqlite sends each step (cursor, execute, fetch, close) to its thread and waits, which costs more
than most of our statements. We never read results piece by piece, so a statement and all of its
rows are one call. BEGIN is sent together with the statement after it, and a transaction that has
ended is not rolled back again when its connection is returned.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar, cast

import aiosqlite

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Nothing:
    """The state of a cursor that has not executed yet."""

    description: None = None
    rowcount: int = -1
    lastrowid: None = None


_NOTHING = _Nothing()


class Cursor(aiosqlite.Cursor):
    """A cursor, as far as SQLAlchemy uses one, that has read all rows when `execute` returns."""

    _conn: Connection
    _rows: Sequence[Any] = ()

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> Self:
        """Execute a statement and read all its rows; BEGIN is deferred to the next statement."""
        if sql.startswith("BEGIN"):
            self._conn.pending_begin = sql
            self._cursor = cast("sqlite3.Cursor", _NOTHING)
            return self
        return await self._conn.run_in_thread(
            self._run, sqlite3.Cursor.execute, sql, parameters or ()
        )

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> Self:
        """Execute a statement once for each set of parameters."""
        return await self._conn.run_in_thread(
            self._run, sqlite3.Cursor.executemany, sql, parameters
        )

    async def fetchall(self) -> Iterable[Any]:
        """Return the rows."""
        return self._rows

    async def close(self) -> None:
        """Do nothing: a statement that was read to its end is reset already."""

    def _run(self, raw: sqlite3.Connection, how: Callable[..., object], *given: object) -> Self:
        if begin := self._conn.pending_begin:
            raw.execute(begin)
            # only now: if BEGIN fails, it is tried again with the next statement
            self._conn.pending_begin = ""
        self._cursor = raw.cursor()
        how(self._cursor, *given)
        self._rows = self._cursor.fetchall()
        return self


class Connection(aiosqlite.Connection):
    """A connection with such cursors.

    `pending_begin` is a BEGIN that waits for its first statement. `is_idle` says that nothing was
    sent since a transaction ended; it is cleared before a call is sent, so that a cancelled caller
    still rolls back.
    """

    pending_begin: str = ""
    is_idle: bool = False

    def cursor(self) -> Any:
        """Return a cursor; the real one is made when it executes."""
        return Cursor(self, cast("sqlite3.Cursor", None))

    async def run_in_thread(self, work: Callable[..., T], *given: object) -> T:
        """Run `work` on the underlying connection in its thread, and wait for the result."""
        self.is_idle = False
        done: T = await self._execute(work, self._conn, *given)  # type: ignore[no-untyped-call]
        return done

    async def commit(self) -> None:
        """Commit, unless nothing was sent."""
        await self._end(super().commit)

    async def rollback(self) -> None:
        """Roll back, unless nothing was sent."""
        await self._end(super().rollback)

    async def _end(self, how: Callable[[], Awaitable[None]]) -> None:
        self.pending_begin = ""
        if not self.is_idle:
            await how()
            self.is_idle = True


async def connect(path: Path) -> Connection:
    """Open a connection; its thread does not keep the process alive."""
    # Its thread creates and uses it, but any thread may drop the last reference.
    connection = Connection(lambda: sqlite3.connect(path, check_same_thread=False), 64)
    connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does to those it makes
    await connection
    return connection
