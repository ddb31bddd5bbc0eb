"""The real servers come up, answer, keep tests apart, and go when their owner goes."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import asyncpg
import pytest
import redis
import redis.asyncio
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.servers import postgres, processes

ROOT = Path(__file__).parents[2]


async def test_postgres_answers_through_sqlalchemy(postgres_database: str) -> None:
    engine = create_async_engine(postgres_database)
    async with engine.connect() as connection:
        version = await connection.scalar(text("SHOW server_version_num"))
        connections = await connection.scalar(text("SHOW max_connections"))
        fsync = await connection.scalar(text("SHOW fsync"))
    await engine.dispose()
    assert int(version or 0) >= 160000
    assert (connections, fsync) == ("300", "off")


async def test_each_test_gets_an_empty_database(postgres_database: str) -> None:
    connection = await asyncpg.connect(postgres.plain(postgres_database))
    tables = await connection.fetchval(
        "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
    )
    await connection.close()
    assert tables == 0


async def test_a_database_made_from_a_template_has_its_rows(
    postgres_url: str, postgres_database: str
) -> None:
    connection = await asyncpg.connect(postgres.plain(postgres_database))
    await connection.execute("CREATE TABLE words (word text)")
    await connection.execute("INSERT INTO words VALUES ('slot'), ('line')")
    await connection.close()
    template = make_url(postgres_database).database

    copy = postgres.create_database(postgres_url, f"{template}_copy", template=template)

    connection = await asyncpg.connect(postgres.plain(copy))
    words = [row["word"] for row in await connection.fetch("SELECT word FROM words")]
    # Dropped while somebody is connected, as after a failed test.
    postgres.drop_database(postgres_url, f"{template}_copy")
    connection.terminate()
    assert words == ["slot", "line"]


async def test_valkey_answers(valkey_url: str) -> None:
    async with redis.asyncio.Redis.from_url(valkey_url) as client:
        assert await client.get("turns") is None
        assert await client.incr("turns") == 1


OWNER = """
import time
from tests.servers import postgres, valkey
servers = [postgres.start(durable=True, max_connections=20), valkey.start()]
print(*(server.log.parent for server in servers), servers[1].url, sep="\\n", flush=True)
time.sleep(600)
"""


def test_servers_go_when_their_owner_is_killed() -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert owner.stdout is not None
    with owner.stdout:
        folders = [Path(owner.stdout.readline().strip()) for _ in range(2)]
        valkey_url = owner.stdout.readline().strip()
        postmaster = int((folders[0] / "data" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(postmaster, 0)  # it is there; an error otherwise
        owner.send_signal(signal.SIGKILL)
        owner.wait()

    for folder in folders:
        processes.wait_until_gone(folder)

    with pytest.raises(ProcessLookupError):
        os.kill(postmaster, 0)
    with pytest.raises(redis.ConnectionError), redis.Redis.from_url(valkey_url) as client:
        client.ping()


def test_a_server_that_cannot_start_says_why() -> None:
    with pytest.raises(processes.ServerFailed) as failure:
        postgres.start(max_connections=1)
    assert "superuser_reserved_connections" in str(failure.value)


CONFTEST = """
import signal
pytest_plugins = ["tests.conftest"]
# Whatever runs in the background of a script is born deaf to Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
"""

INTERRUPTED = """
import os, signal
def test_that_is_interrupted(postgres_database, valkey_url):
    os.killpg(0, signal.SIGINT)  # what Ctrl-C does: the whole group, workers too
    signal.pause()
"""


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.experiment
@pytest.mark.heavy
def test_servers_go_when_a_run_is_interrupted(workers: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)  # as in the temporary folder itself, anybody may pass through
        (folder / "conftest.py").write_text(CONFTEST)
        (folder / "test_interrupted.py").write_text(INTERRUPTED)
        run = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml")),
                *("-p", "no:cacheprovider", f"-n{workers}", f"--rootdir={name}", name),
            ],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": name},
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
        )
        assert run.returncode == pytest.ExitCode.INTERRUPTED, run.stdout + run.stderr
        assert list(folder.glob("slotline-*")) == []
