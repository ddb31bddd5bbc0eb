"""Keep one server alive exactly as long as the process that asked for it.

Run as ``python guard.py LIFELINE FOLDER SIGNAL USER COMMAND...``. The asker holds an exclusive
lock on the file LIFELINE. However it ends – done, interrupted, killed – the system lets go of
that lock, the guard gets it, stops the server with SIGNAL and removes FOLDER. SIGTERM to the
guard does the same at once. Needs nothing but the standard library, so it starts quickly.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType

GRACE_SECONDS = 10


class _Stop(BaseException):
    """Leaves the wait for the lock, which a plain signal would only restart."""


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise _Stop


def _wait_for_lock(lifeline: Path) -> None:
    try:
        with lifeline.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
    except (_Stop, FileNotFoundError):
        return


def main(lifeline: str, folder: str, stop_signal: str, user: str, *command: str) -> int:
    """Run `command` (as `user`, unless empty) until the lock on `lifeline` can be had."""
    signal.signal(signal.SIGTERM, _stop)
    with (Path(folder) / "log").open("ab") as log:
        server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            user=user or None,
            group=_group_of(user) if user else None,
            extra_groups=[] if user else None,
        )

    def leave_when_it_ends() -> None:
        server.wait()
        os.kill(os.getpid(), signal.SIGTERM)

    try:
        threading.Thread(target=leave_when_it_ends, daemon=True).start()
        _wait_for_lock(Path(lifeline))
    except _Stop:  # between two statements, not in the wait
        pass
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    server.send_signal(int(stop_signal))
    try:
        server.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    shutil.rmtree(folder, ignore_errors=True)
    return 0


def _group_of(user: str) -> int:
    import pwd

    return pwd.getpwnam(user).pw_gid


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
