"""`python -m bot demo` as a stranger starts it: one command, and nothing real is touched."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.bot.cli.test_commands import ROOT, free_port

PATIENCE = 60


def test_demo_serves_sample_shops_apart_from_what_is_real(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/simulator"
    environment = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG"}} | {
        "PYTHONPATH": str(ROOT),
        "PORT": str(port),
        "DATA_DIR": str(tmp_path / "data"),
        # A real installation's: had it been opened, the demo could not have begun.
        "DATABASE_URL": f"sqlite:///{tmp_path / 'real.db'}",
        "PUBLIC_URL": "https://book.example.com",
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "real",
        "TWILIO_SMS_FROM": "+15005550006",
        "TWILIO_API_URL": "http://127.0.0.1:9",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "demo"],
        env=environment,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == f"Slotline's demo: {url}\n"
            with httpx.stream("GET", f"{url}/events", timeout=PATIENCE) as events:
                lines = events.iter_lines()
                assert next(lines) == "event: stage"
                shown = next(lines)
                # Somebody still watches when it is told to stop.
                began = time.monotonic()
                process.send_signal(signal.SIGINT)
                assert process.wait(PATIENCE) == 0
                assert time.monotonic() - began < 10
            assert all(shop in shown for shop in ("Bella Hair", "Smile Dental", "Fade & Co"))
            assert process.stdout.read() == "Ctrl-C ends it.\n"
            assert process.stderr is not None
            assert process.stderr.read() == ""
        finally:
            process.kill()
    assert not (tmp_path / "real.db").exists()
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["demo"]
    assert (tmp_path / "data" / "demo" / "slotline.db").exists()
