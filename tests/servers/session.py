"""One PostgreSQL and one Valkey for a whole run of pytest, started when first asked for.

With xdist a run is several processes. The one that steers holds the lock every guard watches
(see guard.py); whichever worker needs a server first starts it, the others find it by a file.
So a run without a database test starts none, and none outlives the run.
"""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.servers import postgres, processes, valkey
from tests.servers.processes import Lifeline, Server

FOLDER_VARIABLE = "SLOTLINE_TEST_SESSION"


class Session:
    """Held by the process that steers the run."""

    def __init__(self) -> None:
        """Make the run's folder and tell the workers, which inherit the environment."""
        self.folder = processes.make_folder("run")
        self.folder.chmod(0o711)  # PostgreSQL, run as another user, goes through it
        self.lifeline = Lifeline(self.folder / "lifeline")
        os.environ[FOLDER_VARIABLE] = str(self.folder)

    def close(self) -> None:
        """Let go, and wait until every server of the run is gone."""
        self.lifeline.release()
        for folder in self.folder.glob("slotline-*"):
            processes.wait_until_gone(folder)
        shutil.rmtree(self.folder)
        del os.environ[FOLDER_VARIABLE]


def postgres_url() -> str:
    """Return the URL of the run's PostgreSQL, or what `TEST_DATABASE_URL` names."""
    return os.environ.get("TEST_DATABASE_URL") or _shared("postgres", postgres.start)


def valkey_url() -> str:
    """Return the URL of the run's Valkey, or what `TEST_REDIS_URL` names."""
    return os.environ.get("TEST_REDIS_URL") or _shared("valkey", valkey.start)


def _shared(name: str, start: Callable[..., Server]) -> str:
    folder = Path(os.environ[FOLDER_VARIABLE])
    note = folder / f"{name}.url"
    with (folder / f"{name}.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not note.exists():
            note.write_text(start(lifeline=folder / "lifeline").url)
    return note.read_text()
