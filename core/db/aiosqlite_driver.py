"""SQLite's driver with one errand to its thread a statement, where it takes four.

aiosqlite hands each call – make a cursor, execute, fetch, close – to its thread and waits for
it, and an errand costs more than most of our statements. Nothing of ours reads a result piece
by piece, so a statement and all of its rows are one errand. BEGIN goes along with the statement
after it, and what ended already is not rolled back once more as its connection is given back.
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
    """What a cursor shows of a statement that was not run yet."""

    description: None = None
    rowcount: int = -1
    lastrowid: None = None


_NOTHING = _Nothing()


class Cursor(aiosqlite.Cursor):
    """A cursor that has read its rows when `execute` returns, as far as SQLAlchemy uses one."""

    _conn: Connection
    _rows: Sequence[Any] = ()

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> Self:
        """Run one statement and read all of its rows; BEGIN waits for the next."""
        if sql.startswith("BEGIN"):
            self._conn.pending_begin = sql
            self._cursor = cast("sqlite3.Cursor", _NOTHING)
            return self
        return await self._conn.run_in_thread(
            self._run, sqlite3.Cursor.execute, sql, parameters or ()
        )

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> Self:
        """Run one statement with each of several sets of parameters."""
        return await self._conn.run_in_thread(
            self._run, sqlite3.Cursor.executemany, sql, parameters
        )

    async def fetchall(self) -> Iterable[Any]:
        """Return the rows."""
        return self._rows

    async def close(self) -> None:
        """There is nothing to let go of: a statement that was read to its end is reset."""

    def _run(self, raw: sqlite3.Connection, how: Callable[..., object], *given: object) -> Self:
        if begin := self._conn.pending_begin:
            raw.execute(begin)
            self._conn.pending_begin = ""  # not before: one that was refused is tried with the next
        self._cursor = raw.cursor()
        how(self._cursor, *given)
        self._rows = self._cursor.fetchall()
        return self


class Connection(aiosqlite.Connection):
    """A connection with such cursors.

    `begin` is a BEGIN that waits for its first statement. `ended` says that nothing was sent to the
    thread since a transaction ended; it is taken back before an errand goes out, so that whoever
    stops waiting for one still rolls back.
    """

    pending_begin: str = ""
    is_idle: bool = False

    def cursor(self) -> Any:
        """Return a cursor; it is made when it executes."""
        return Cursor(self, cast("sqlite3.Cursor", None))

    async def run_in_thread(self, work: Callable[..., T], *given: object) -> T:
        """Have the thread do `work` with the connection itself, and wait for it."""
        self.is_idle = False
        done: T = await self._execute(work, self._conn, *given)  # type: ignore[no-untyped-call]
        return done

    async def commit(self) -> None:
        """End what was begun; nothing to do where nothing was sent."""
        await self._end(super().commit)

    async def rollback(self) -> None:
        """Undo what was begun; nothing to do where nothing was sent."""
        await self._end(super().rollback)

    async def _end(self, how: Callable[[], Awaitable[None]]) -> None:
        self.pending_begin = ""
        if not self.is_idle:
            await how()
            self.is_idle = True


async def connect(path: Path) -> Connection:
    """Open a connection; its thread does not keep the process alive."""
    # The thread makes and uses it, but the last reference may end anywhere.
    connection = Connection(lambda: sqlite3.connect(path, check_same_thread=False), 64)
    connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does to those it makes
    await connection
    return connection
