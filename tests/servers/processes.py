"""Start a server that cannot outlive whoever asked for it (see guard.py)."""

import contextlib
import dataclasses
import fcntl
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

START_SECONDS = 60  # a loaded two-core machine needs 2; more means it will never come up
STOP_SECONDS = 15  # a guard takes ten at the most
GUARD = Path(__file__).with_name("guard.py")


class ServerFailed(Exception):
    """The server ended, or did not answer in time; the message holds its log."""


class Lifeline:
    """A lock on a file; guards watch it and stop their servers when it is let go."""

    def __init__(self, path: Path) -> None:
        """Create `path` and lock it."""
        self.path = path
        self._file: IO[bytes] = path.open("wb")
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def release(self) -> None:
        """Let go, and take the file away."""
        self.path.unlink(missing_ok=True)
        self._file.close()


@dataclasses.dataclass
class Server:
    """A running server.

    `url` is where it answers, `log` what it wrote, `pid` its guard's process. A server that
    was found running (`TEST_DATABASE_URL`, another worker's) has none, and `stop` leaves it be.
    """

    url: str
    log: Path | None = None
    pid: int | None = None
    lifeline: Lifeline | None = None

    def stop(self) -> None:
        """Stop the server and wait until it is gone with its files."""
        if self.pid is None or self.log is None:
            return
        stop_guard(self.pid, self.log.parent)
        self.pid = None
        if self.lifeline is not None:
            self.lifeline.release()


def make_folder(name: str, lifeline: Path | None = None) -> Path:
    """Make a folder for one server's files: beside `lifeline`, else in the temporary folder.

    Not in pytest's own, because the path of a socket may have 103 bytes only.
    """
    inside = lifeline.parent if lifeline else None
    return Path(tempfile.mkdtemp(prefix=f"slotline-{name}-", dir=inside))


def folder_of(package: str) -> Path:
    """Find where a package is installed, without importing it."""
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def free_port() -> int:
    """Find a TCP port on 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def launch(
    command: Sequence[str],
    *,
    folder: Path,
    url: str,
    answers: Callable[[], bool],
    stop_signal: signal.Signals,
    lifeline: Path | None,
    user: str = "",
) -> Server:
    """Start `command` in `folder` and return once `answers()` is true.

    The server lives as long as the lock on `lifeline`; with None, as long as this process.
    Raises ServerFailed with the server's log.
    """
    own = Lifeline(folder / "lifeline") if lifeline is None else None
    arguments = [str(own.path if own else lifeline), str(folder), str(int(stop_signal)), user]
    log = folder / "log"
    # Held open, so that it can be read when the guard has already taken it away.
    with log.open("w+", errors="replace") as words:
        guard = subprocess.Popen(
            [sys.executable, "-I", "-S", str(GUARD), *arguments, *command],
            stdin=subprocess.DEVNULL,
            # A group of its own: Ctrl-C reaches us, and the server is then stopped in order.
            start_new_session=True,
        )
        # It is waited for by its folder, not as a child: it may outlive this process.
        guard.returncode = 0
        try:
            _wait_for(answers, guard.pid)
        except ServerFailed as failure:
            stop_guard(guard.pid, folder)
            if own is not None:
                own.release()
            raise ServerFailed(f"{Path(command[0]).name} {failure}:\n{words.read()}") from None
    return Server(url, log, guard.pid, own)


def _wait_for(answers: Callable[[], bool], guard_pid: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers():
        if os.waitpid(guard_pid, os.WNOHANG) != (0, 0):
            raise ServerFailed("ended at once")
        if time.monotonic() > deadline:
            raise ServerFailed("does not answer")
        time.sleep(0.01)


def stop_guard(pid: int, folder: Path) -> None:
    """Ask a guard to stop its server, and wait until its folder is gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        wait_until_gone(folder)
    with contextlib.suppress(ChildProcessError):  # another process's child, or waited for
        os.waitpid(pid, 0)


def wait_until_gone(folder: Path) -> None:
    """Wait until a guard has removed `folder`, its last act."""
    deadline = time.monotonic() + STOP_SECONDS
    while folder.exists():
        if time.monotonic() > deadline:
            raise ServerFailed(f"the server in {folder} does not stop")
        time.sleep(0.01)
