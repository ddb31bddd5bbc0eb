"""The runtime: opens the database and runs transactions; the only place that commits."""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random, SystemRandom
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from core.clock import Clock, SystemClock
from core.db import aiosqlite_driver
from core.db.caches import Caches, Hooks
from core.db.context import Context
from core.db.secret_key import load_secret_key, make_private_folder
from core.db.tables import REVISION, audit_append_only, overlap_guards
from core.errors import NotReady
from core.settings import Settings

T = TypeVar("T")

MAX_ATTEMPTS = 3
"""How often a transaction is tried when the database asks for a retry (deadlock, busy)."""

DATABASE_ERRORS: tuple[type[Exception], ...] = (sa.exc.SQLAlchemyError,)
"""What a statement or a connection may raise, for callers that go on without the database."""

_RETRY_SQLSTATES = {"40P01", "40001", "55P03"}  # deadlock, serialization failure, lock timeout
_POSTGRES_SETTINGS = {"lock_timeout": "3000", "timezone": "UTC", "jit": "off"}


@dataclass(slots=True)
class Runtime:
    """The opened installation: settings, clock, database, secret key, caches and hooks."""

    settings: Settings
    clock: Clock
    engine: AsyncEngine
    read_engine: AsyncEngine
    secret: bytes
    random: Random = field(default_factory=SystemRandom)
    caches: Caches = field(default_factory=Caches)
    hooks: Hooks = field(default_factory=Hooks)

    @classmethod
    def open(
        cls, settings: Settings, clock: Clock | None = None, random: Random | None = None
    ) -> Runtime:
        """Open the database named in `settings`, creating a SQLite file if there is none.

        `clock` and `random` are the system's unless a test passes its own. Raise NotReady if
        DATABASE_URL names no supported database.
        """
        try:
            url = sa.make_url(settings.effective_database_url)
        except sa.exc.ArgumentError:
            raise NotReady(reason="DATABASE_URL is not a URL") from None
        secret = load_secret_key(settings)
        clock, random = clock or SystemClock(), random or SystemRandom()
        if url.get_backend_name() == "postgresql":
            engine = create_async_engine(
                url,
                pool_size=10,
                max_overflow=10,
                hide_parameters=True,  # parameters hold codes and phones, and errors are logged
                connect_args={"server_settings": _POSTGRES_SETTINGS},
            )
            reader = engine.execution_options(postgresql_readonly=True)
            return cls(settings, clock, engine, reader, secret, random)
        if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
            # The URL is left out: it may contain a password.
            raise NotReady(reason="DATABASE_URL must name PostgreSQL or a SQLite file")
        _prepare_file(Path(url.database), settings)
        connect = partial(aiosqlite_driver.connect, Path(url.database).resolve())
        engine = create_async_engine(
            url,
            async_creator=connect,
            pool_size=1,
            max_overflow=0,
            pool_timeout=60,
            hide_parameters=True,
        )
        reader = create_async_engine(
            url, async_creator=connect, pool_size=4, max_overflow=0, hide_parameters=True
        )
        sa.event.listen(engine.sync_engine, "connect", _on_sqlite_connect)
        sa.event.listen(engine.sync_engine, "begin", _begin_immediate)
        sa.event.listen(reader.sync_engine, "connect", _on_sqlite_connect_reading)
        sa.event.listen(reader.sync_engine, "begin", _begin)
        return cls(settings, clock, engine, reader, secret, random)

    @property
    def dialect(self) -> str:
        """Return the database's name: "postgresql" or "sqlite"."""
        return self.engine.dialect.name

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()
        await self.read_engine.dispose()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Context]:
        """Open a transaction that commits when the block ends and rolls back when it raises."""
        async with self.engine.begin() as connection:
            ctx = self._context(connection)
            yield ctx
        for then in ctx.after_commit:
            then()

    @asynccontextmanager
    async def read_transaction(self) -> AsyncIterator[Context]:
        """Open a read-only transaction; on SQLite it never waits for the writer."""
        async with self.read_engine.connect() as connection:
            yield self._context(connection)

    async def run(self, work: Callable[[Context], Awaitable[T]]) -> T:
        """Run `work` in a transaction, up to `MAX_ATTEMPTS` times if the database needs a retry."""
        for left in reversed(range(MAX_ATTEMPTS)):
            try:
                async with self.transaction() as ctx:
                    return await work(ctx)
            except sa.exc.DBAPIError as error:
                if not left or not is_retryable(error):
                    raise
                # Random, so that two transactions that collided do not collide again in step.
                await asyncio.sleep(self.random.uniform(0.005, 0.05) * (MAX_ATTEMPTS - left))
        raise AssertionError  # pragma: no cover - the last try returns or raises

    def _context(self, connection: Any) -> Context:
        return Context(
            connection,
            self.clock.now(),
            self.settings,
            self.random,
            self.secret,
            self.caches,
            self.hooks,
        )

    async def ensure_ready(self) -> None:
        """Raise NotReady unless the database responds, is at our revision and has its guards."""
        try:
            connection = await self.read_engine.connect()
        except Exception as error:
            # It may be the system's error, a driver's, or a driver's wrapped by SQLAlchemy.
            said = getattr(error, "orig", error)
            raise NotReady(reason=f"the database does not answer: {said}") from error
        try:
            if reason := await connection.run_sync(_unfit):
                raise NotReady(reason=f"{reason}: run python -m bot migrate")
        finally:
            await connection.close()

    def single_process_lock(self) -> SingleProcessLock:
        """Return a context manager that holds the lock of the one process serving this file."""
        return SingleProcessLock(sa.make_url(self.settings.effective_database_url))


class SingleProcessLock:
    """The lock of the one serving process on a SQLite file; does nothing on PostgreSQL.

    Entering raises NotReady if another process holds it. The empty lock file is deliberately left
    behind: removing it would let two processes lock two files of the same name.
    """

    def __init__(self, url: sa.URL) -> None:
        self._path = None
        if url.get_backend_name() == "sqlite":
            # Resolved, so that two names of one file share one lock.
            self._path = Path(f"{Path(str(url.database)).resolve()}.serving")
        self._descriptor: int | None = None

    def __enter__(self) -> None:
        if self._path is None:
            return
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.__exit__()
            raise NotReady(
                reason="another process serves this SQLite file already; one may. "
                "To run several, use PostgreSQL: set DATABASE_URL"
            ) from None

    def __exit__(self, *_: object) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def is_retryable(error: sa.exc.DBAPIError) -> bool:
    """Return whether running the transaction again may succeed: deadlock, busy, lock timeout."""
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return state in _RETRY_SQLSTATES
    return isinstance(error, sa.exc.OperationalError) and "database is locked" in str(error.orig)


def _unfit(connection: sa.Connection) -> str:
    """Return why the schema does not fit this version of the program, or ""."""
    inspector = sa.inspect(connection)
    if not inspector.has_table("claims"):
        return "the database has no tables yet"
    revision = None
    if inspector.has_table("alembic_version"):
        revision = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    if revision != REVISION:
        return f"the database is at revision {revision}, this program at {REVISION}"
    if absent := overlap_guards.missing_guards(connection):
        return f"the database lacks its guards against double booking ({', '.join(absent)})"
    if absent := audit_append_only.missing_triggers(connection):
        return f"the database lacks what keeps its audit whole ({', '.join(absent)})"
    return ""


def _prepare_file(path: Path, settings: Settings) -> None:
    """Restrict the SQLite file to our user and turn on write-ahead logging.

    The mode comes first: the -wal and -shm files that SQLite creates later inherit it. WAL mode is
    stored in the file, and switching it on ignores the busy timeout: of several processes opening a
    new file at once, some get "locked" immediately (seen: 10 of 160).
    """
    try:
        if path.parent.resolve() == settings.data_dir.resolve():
            make_private_folder(path.parent)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
        path.chmod(0o600)
        for left in reversed(range(250)):
            try:
                with closing(sqlite3.connect(path, timeout=0)) as connection:
                    connection.execute("PRAGMA journal_mode = WAL")
                break
            except sqlite3.OperationalError:
                if not left:
                    raise
                time.sleep(0.02)
    except (OSError, sqlite3.DatabaseError) as error:
        reason = getattr(error, "strerror", None) or error
        raise NotReady(reason=f"cannot use the SQLite file {path}: {reason}") from error


def _on_sqlite_connect(connection: Any, _record: Any) -> None:
    # The driver's own BEGIN is deferred and fails at once if another writer came between its first
    # read and its first write; ours is IMMEDIATE and waits (see `_begin_immediate`).
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "busy_timeout = 5000",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_sqlite_connect_reading(connection: Any, record: Any) -> None:
    _on_sqlite_connect(connection, record)
    cursor = connection.cursor()
    cursor.execute("PRAGMA query_only = ON")
    cursor.close()


def _begin_immediate(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")
