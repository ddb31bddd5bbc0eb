"""What every test may ask for: real servers, fresh databases."""

import itertools
import os
import zoneinfo
from collections.abc import Iterator

import hypothesis
import pytest
import redis

from tests.servers import postgres, session, valkey
from tests.support.await_watch import only_database_awaits
from tests.support.runtimes import (
    ctx,
    database_url,
    empty_database_url,
    migrated_postgres,
    migrated_sqlite,
    runtime,
)

# The pinned tzdata package, never the machine's own zones: the same rules everywhere.
os.environ["PYTHONTZPATH"] = ""
zoneinfo.reset_tzpath([])

# Two cores are shared by many; time limits of single examples would only test the machine.
hypothesis.settings.register_profile("slotline", deadline=None, print_blob=True)
hypothesis.settings.load_profile("slotline")

_session = pytest.StashKey[session.Session]()
_numbers = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    """Let the process that steers the run (not a worker of xdist) hold its servers."""
    if not hasattr(config, "workerinput"):
        config.stash[_session] = session.Session()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started, also after Ctrl-C."""
    if _session in config.stash:
        config.stash[_session].close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: item.get_closest_marker("heavy") is None)


def _worker() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """Return the URL of the run's PostgreSQL server (its database `postgres`)."""
    return session.postgres_url()


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """Yield the URL of a fresh, empty PostgreSQL database, dropped afterwards."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    yield postgres.create_database(postgres_url, name)
    postgres.drop_database(postgres_url, name)


@pytest.fixture
def valkey_url() -> str:
    """Return the URL of an emptied Valkey database that no other worker uses."""
    server = session.valkey_url()
    if "TEST_REDIS_URL" in os.environ:
        url = server
    else:
        worker = _worker().removeprefix("gw")
        url = f"{server}/{int(worker) + 1 if worker.isdigit() else valkey.DATABASES - 1}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


__all__ = [
    "ctx",
    "database_url",
    "empty_database_url",
    "migrated_postgres",
    "migrated_sqlite",
    "only_database_awaits",
    "runtime",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let golden transcripts be written anew."""
    parser.addoption("--update", action="store_true", help="write tests/conversations/*.txt anew")
