"""What is refused at the start, and in which words."""

import os
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.db import tables
from core.db.runtime import Runtime
from core.errors import NotReady
from tests.support.row_factory import RowFactory
from tests.support.runtimes import open_runtime, settings_for

ROOT = Path(__file__).parents[3]


async def _refusal(runtime: Runtime) -> str:
    with pytest.raises(NotReady) as refused:
        await runtime.ensure_ready()
    return str(refused.value.params["reason"])


async def _tamper(runtime: Runtime, *statements: str) -> None:
    async with runtime.transaction() as ctx:
        for statement in statements:
            await ctx.execute(sa.text(statement))


async def test_startup_accepts_a_migrated_database(runtime: Runtime) -> None:
    await runtime.ensure_ready()


async def test_an_empty_database_is_refused(empty_database_url: str, tmp_path: Path) -> None:
    runtime = open_runtime(empty_database_url, tmp_path)
    assert await _refusal(runtime) == ("the database has no tables yet: run python -m bot migrate")
    await runtime.close()


async def test_another_revision_is_refused(runtime: Runtime) -> None:
    await _tamper(runtime, "UPDATE alembic_version SET version_num = '0000'")
    assert await _refusal(runtime) == (
        f"the database is at revision 0000, this program at {tables.REVISION}: "
        "run python -m bot migrate"
    )
    await _tamper(runtime, "DROP TABLE alembic_version")
    assert await _refusal(runtime) == (
        f"the database is at revision None, this program at {tables.REVISION}: "
        "run python -m bot migrate"
    )


async def test_absent_guards_are_refused(runtime: Runtime) -> None:
    if runtime.engine.dialect.name == "postgresql":
        await _tamper(runtime, "ALTER TABLE claims DROP CONSTRAINT claims_no_overlap")
        absent = "claims_no_overlap"
    else:
        await _tamper(runtime, "DROP TRIGGER claims_no_overlap_update")
        absent = "claims_no_overlap_update"
    assert await _refusal(runtime) == (
        f"the database lacks its guards against double booking ({absent}): "
        "run python -m bot migrate"
    )


async def test_a_guard_of_the_right_name_that_guards_nothing_is_refused(runtime: Runtime) -> None:
    if runtime.engine.dialect.name == "postgresql":
        await _tamper(
            runtime,
            "ALTER TABLE claims DROP CONSTRAINT claims_no_overlap",
            "ALTER TABLE hours ADD CONSTRAINT claims_no_overlap"
            " EXCLUDE USING gist (int8range(id, id, '[]') WITH &&)",
        )
        absent = "claims_no_overlap"
    else:
        await _tamper(
            runtime,
            "DROP TRIGGER claims_no_overlap_insert",
            "CREATE TRIGGER claims_no_overlap_insert BEFORE INSERT ON claims BEGIN SELECT 1; END",
        )
        absent = "claims_no_overlap_insert"
    assert await _refusal(runtime) == (
        f"the database lacks its guards against double booking ({absent}): "
        "run python -m bot migrate"
    )


async def test_a_database_that_does_not_answer_is_refused(
    postgres_url: str, tmp_path: Path
) -> None:
    url = sa.make_url(postgres_url).set(database="nowhere", password="hush")
    runtime = open_runtime(url.render_as_string(hide_password=False), tmp_path)
    assert await _refusal(runtime) == (
        'the database does not answer: database "nowhere" does not exist'
    )
    await runtime.close()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("nonsense", "DATABASE_URL is not a URL"),
        (
            "mysql+aiomysql://root:hush@localhost/slotline",
            "DATABASE_URL must name PostgreSQL or a SQLite file",
        ),
        ("sqlite://", "DATABASE_URL must name PostgreSQL or a SQLite file"),
        ("sqlite:///:memory:", "DATABASE_URL must name PostgreSQL or a SQLite file"),
        (
            "sqlite:////dev/null/deep/slotline.db",
            "cannot use the SQLite file /dev/null/deep/slotline.db: Not a directory",
        ),
    ],
)
def test_a_url_of_nothing_of_ours_is_refused(url: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(NotReady) as refused:
        Runtime.open(settings_for(url, tmp_path))
    assert refused.value.params == {"reason": reason}


async def test_database_files_are_private_to_the_user(tmp_path: Path) -> None:
    database = tmp_path / "new" / "slotline.db"
    database.parent.mkdir()
    database.touch(mode=0o644)
    before = os.umask(0)
    try:
        settings = settings_for(f"sqlite:///{database}", tmp_path / "new")
        runtime = Runtime.open(settings.model_copy(update={"secret_key": ""}))
        async with runtime.transaction() as ctx:
            await ctx.execute(sa.text("CREATE TABLE words (word TEXT)"))
        with runtime.single_process_lock():
            modes = {
                file.name: oct(stat.S_IMODE(file.stat().st_mode))
                for file in database.parent.iterdir()
            }
        await runtime.close()
    finally:
        os.umask(before)
    assert modes == {
        "secret_key": "0o600",
        "slotline.db": "0o600",
        "slotline.db-shm": "0o600",
        "slotline.db-wal": "0o600",
        "slotline.db.serving": "0o600",
    }


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "slotline.db"
    file.write_text("a shopping list, long enough to be taken for a header\n" * 100)
    with pytest.raises(NotReady) as refused:
        open_runtime(f"sqlite:///{file}", tmp_path)
    assert refused.value.params == {
        "reason": f"cannot use the SQLite file {file}: file is not a database"
    }


def test_a_new_file_that_another_process_is_preparing_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, waits = tmp_path / "slotline.db", []
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")

        def sleep(seconds: float) -> None:
            waits.append(seconds)
            if len(waits) == 3:
                other.execute("ROLLBACK")

        monkeypatch.setattr(time, "sleep", sleep)
        open_runtime(f"sqlite:///{file}", tmp_path)
        assert waits == [0.02] * 3
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_generated_secret_key_is_kept(tmp_path: Path) -> None:
    settings = settings_for(f"sqlite:///{tmp_path / 'slotline.db'}", tmp_path)
    settings = settings.model_copy(update={"secret_key": ""})
    first, second = Runtime.open(settings), Runtime.open(settings)
    assert len(first.secret) == 64
    assert first.secret == second.secret


ANOTHER = """
import sys
from core.errors import NotReady
from core.db.runtime import Runtime
from core.settings import Settings
key = "a secret for tests, and for tests alone"
runtime = Runtime.open(Settings(_env_file=None, database_url=sys.argv[1], secret_key=key))
try:
    with runtime.single_process_lock():
        print("serving")
except NotReady as refused:
    print(refused.params["reason"])
"""


async def _another(url: str) -> str:
    done = subprocess.run(  # noqa: ASYNC221 - nothing else runs in this test's loop
        [sys.executable, "-c", ANOTHER, url], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


async def test_sqlite_file_is_served_by_one_process(runtime: Runtime, tmp_path: Path) -> None:
    url = str(runtime.settings.effective_database_url)
    refusal = (
        "another process serves this SQLite file already; one may. "
        "To run several, use PostgreSQL: set DATABASE_URL"
    )
    if runtime.engine.dialect.name == "postgresql":
        refusal = "serving"
    with runtime.single_process_lock():
        assert await _another(url) == refusal
        # Nor under another name; and the one refused did not loosen the lock.
        (tmp_path / "also").symlink_to(tmp_path)
        assert await _another(url.replace("/slotline.db", "/also/slotline.db")) == refusal
        # Short commands may open it beside the server.
        beside = open_runtime(url, tmp_path)
        async with beside.transaction() as ctx:
            await RowFactory(ctx).add(tables.users)
        await beside.close()
    assert await _another(url) == "serving"
