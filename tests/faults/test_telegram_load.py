"""Many chats, several processes, one database: nothing lost, nothing twice, nothing out of turn."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.faults.telegram_load import LoadResult
from tests.servers import postgres

pytestmark = pytest.mark.experiment

PROCESSES = 4


@pytest.fixture
def database(postgres_url: str) -> Iterator[str]:
    name = f"test_{os.getpid()}_crowd"
    yield postgres.create_database(postgres_url, name)
    postgres.drop_database(postgres_url, name)


def crowd(database: str, redis: str, chats: int, messages: int, fault: str = "") -> LoadResult:
    """Let a crowd write; return what it showed."""
    command = [sys.executable, "-m", "tests.faults.telegram_load", f"{chats}", f"{messages}"]
    done = subprocess.run(
        [*command, f"{PROCESSES}", fault],
        env={**os.environ, "CROWD_DATABASE_URL": database, "CROWD_REDIS_URL": redis},
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return LoadResult(**json.loads(done.stdout))


@pytest.mark.heavy
def test_each_chat_is_answered_in_order_at_the_pace_of_all_processes(
    database: str, valkey_url: str
) -> None:
    found = crowd(database, valkey_url, 20, 4)
    assert (found.wrong, found.unfinished, found.refused) == ([], 0, [])
    assert found.repeated > 0
    assert found.most_bot <= 30
    assert found.most_chat == 1


@pytest.mark.heavy
def test_telegram_load_without_lock_and_shared_limits_shows_the_fault(
    database: str, valkey_url: str
) -> None:
    """The control."""
    found = crowd(database, valkey_url, 10, 3, "all")
    assert found.wrong != []
    assert found.most_chat > 1
