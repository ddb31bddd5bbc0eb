"""How long `serve` takes to serve, and the memory it then has: SMS only, Telegram too, all.

From the start of the process until it answers; its resident memory after that, its CPU until then.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks.bench_telegram import stand_in
from tests.servers.processes import free_port

ROUNDS = 1
LIVE = "http://127.0.0.1:{port}/health/live"
SMS = {
    "TWILIO_ACCOUNT_SID": f"AC{'0' * 32}",
    "TWILIO_AUTH_TOKEN": "of nobody",
    "TWILIO_SMS_FROM": "+15005550006",
    "TWILIO_API_URL": "http://127.0.0.1:9",
}


def serve(more: Mapping[str, str], folder: Path) -> tuple[float, float, float]:
    """Start `serve`; return seconds until it answers, CPU seconds until then, resident MB."""
    port = free_port()
    kept = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "LOG_LEVEL": "ERROR"}
    env = {**kept, "DATA_DIR": str(folder), "PORT": str(port), "SECRET_KEY": "measured", **more}
    command = [sys.executable, "-m", "bot", "serve"]
    subprocess.run([*command[:3], "migrate"], env=env, stdout=subprocess.DEVNULL, check=True)
    begun = time.monotonic()
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL) as process:
        try:
            while not _answers(port):
                if process.poll() is not None:
                    raise RuntimeError("serve ended")
                time.sleep(0.01)
            seconds = time.monotonic() - begun
            proc = Path(f"/proc/{process.pid}")
            ticks = (proc / "stat").read_text().rpartition(") ")[2].split()[11:13]
            cpu = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
            pages = int((proc / "statm").read_text().split()[1])
            return seconds, cpu, pages * os.sysconf("SC_PAGE_SIZE") / 1e6
        finally:
            process.send_signal(signal.SIGTERM)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(LIVE.format(port=port), timeout=1) as answer:  # noqa: S310 - ours
            return int(answer.status) == 200
    except (urllib.error.URLError, OSError):
        return False


def main() -> None:
    """Print what each kind of installation takes."""
    print(f"{'serve with':<44}{'s':>8}{'CPU s':>8}{'MB':>8}")
    with stand_in() as facts, tempfile.TemporaryDirectory() as name:
        base = {"TELEGRAM_API_URL": facts["url"]}
        customer = {**base, "TELEGRAM_BOT_TOKEN": facts["token"]}
        owner = {**base, "TELEGRAM_OWNER_BOT_TOKEN": facts["token"]}
        kinds = {
            "SMS": SMS,
            "SMS, the customers' bot": {**SMS, **customer},
            "SMS, the owners' bot": {**SMS, **owner},
            "SMS, both bots": {**SMS, **customer, "TELEGRAM_OWNER_BOT_TOKEN": facts["token"]},
        }
        for what, more in kinds.items():
            found = [serve(more, Path(name)) for _ in range(ROUNDS + 1)][1:]
            best = min(found)
            print(f"{what:<44}{best[0]:>8.2f}{best[1]:>8.2f}{best[2]:>8.0f}")


if __name__ == "__main__":
    main()
