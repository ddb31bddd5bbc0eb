"""Freshly migrated databases of both kinds, and a runtime opened on each.

A database is migrated once per process. On SQLite its file is copied for every test, on PostgreSQL
copies of it are emptied and used again (tests/support/database_pool.py). Every test knows the
fixtures here through tests/conftest.py.
"""

import asyncio
import itertools
import os
import random
import shutil
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.clock import FixedClock
from core.db import migrate
from core.db.context import Context
from core.db.runtime import Runtime
from core.settings import Settings
from tests.servers import postgres
from tests.support.database_pool import DatabasePool

NOW = "2026-03-09T09:00Z"
"""A Monday; where the clock of every test stands at first."""

SECRET_KEY = "a secret for tests, and for tests alone"

KINDS = ("sqlite", "postgresql")

_numbers = itertools.count(1)

_practice: dict[str, tuple[sa.Dialect, Any]] = {}
"""By the name of a dialect: one that has seen a server, and what was compiled for it."""


def settings_for(url: str, folder: Path) -> Settings:
    """Return settings for the database at `url`, untouched by any `.env`."""
    return Settings(_env_file=None, database_url=url, data_dir=folder, secret_key=SECRET_KEY)


def open_runtime(url: str, folder: Path, clock: FixedClock | None = None) -> Runtime:
    """Open a runtime at `url` with a fixed clock and a seeded random source."""
    settings = settings_for(url, folder)
    return share_compiled_statements(
        Runtime.open(settings, clock or FixedClock.at(NOW), random=random.Random(7))
    )


def share_compiled_statements(runtime: Runtime) -> Runtime:
    """Share statements compiled by earlier runtimes of this process with `runtime`.

    What is compiled belongs to a dialect, which is the same for all databases of a kind but made
    anew for every engine; a statement compiled once a test was a third of what tests took.
    """
    first = runtime.engine.sync_engine
    name = first.dialect.name
    if name in _practice:
        for engine in (first, runtime.read_engine.sync_engine):
            engine.dialect, engine._compiled_cache = _practice[name]
        return runtime
    first._compiled_cache = sa.util.LRUCache(4000)

    def learn(*_: object) -> None:
        # It has seen a server by now: what it found out there is needed to compile.
        _practice.setdefault(name, (first.dialect, first._compiled_cache))

    sa.event.listen(first, "connect", learn)
    return runtime


def skip_disk_sync(runtime: Runtime) -> Runtime:
    """Let SQLite commit without waiting for the disk, as the tests' PostgreSQL does too."""

    def hurry(connection: Any, _record: Any) -> None:
        connection.cursor().execute("PRAGMA synchronous = OFF")

    if runtime.engine.dialect.name == "sqlite":
        sa.event.listen(runtime.engine.sync_engine, "connect", hurry)
    return runtime


def run_apart(work: Coroutine[object, object, None]) -> None:
    """Run `work` to its end in an event loop of its own."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work)
        except BaseException as failure:  # noqa: BLE001 - it is raised again below
            failures.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


def _name() -> str:
    return f"test_{os.getpid()}_r{next(_numbers)}"


async def _migrate(url: str, folder: Path) -> None:
    runtime = open_runtime(url, folder)
    await migrate.upgrade(runtime)
    await runtime.close()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated SQLite file that is only ever copied."""
    file = tmp_path_factory.mktemp("template") / "slotline.db"
    run_apart(_migrate(f"sqlite+aiosqlite:///{file}", file.parent))
    return file


@pytest.fixture(scope="session")
def migrated_postgres(
    postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DatabasePool]:
    """Yield a pool of migrated PostgreSQL databases."""
    name = _name()
    url = postgres.create_database(postgres_url, name)
    run_apart(_migrate(url, tmp_path_factory.mktemp("template")))
    pool = DatabasePool(postgres_url, name)
    yield pool
    pool.close()
    postgres.drop_database(postgres_url, name)


@contextmanager
def migrated_copy(request: pytest.FixtureRequest, kind: str, folder: Path) -> Iterator[str]:
    """Yield the URL of a database as it is just migrated, SQLite's in `folder`."""
    if kind == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_sqlite"), folder / "slotline.db")
        yield f"sqlite+aiosqlite:///{folder / 'slotline.db'}"
        return
    pool: DatabasePool = request.getfixturevalue("migrated_postgres")
    with pool.borrow() as url:
        yield url


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Yield the URL of a freshly migrated database, SQLite and PostgreSQL in turn."""
    with migrated_copy(request, request.param, tmp_path) as url:
        yield url


@pytest.fixture(params=KINDS)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Yield the URL of a database without a table, SQLite and PostgreSQL in turn."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
        return
    server, name = request.getfixturevalue("postgres_url"), _name()
    yield postgres.create_database(server, name)
    postgres.drop_database(server, name)


@pytest.fixture
async def runtime(database_url: str, tmp_path: Path) -> AsyncIterator[Runtime]:
    """Yield a runtime on a freshly migrated database of each kind; its clock stands at `NOW`."""
    opened = skip_disk_sync(open_runtime(database_url, tmp_path))
    yield opened
    await opened.close()


@pytest.fixture
async def ctx(runtime: Runtime) -> AsyncIterator[Context]:
    """Yield a transaction on `runtime`, committed after the test."""
    async with runtime.transaction() as opened:
        yield opened
