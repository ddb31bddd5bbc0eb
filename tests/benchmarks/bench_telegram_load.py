"""How many answers four processes give in Telegram, in order, none lost and none twice.

Once without limits, Telegram's and ours, for what our own machine can do; once with both, where
30 a second of a bot and one a second for a chat are what there is. See tests.faults.telegram_load.
"""

from __future__ import annotations

import json
import subprocess
import sys

RUNS = (
    ("200 chats, 50 messages each, unlimited", 200, 50, "unpaced"),
    ("60 chats, 15 messages each, Telegram's limits", 60, 15, ""),
)
PROCESSES = 4


def main() -> None:
    """Print what each run showed."""
    print(f"{'':<48}{'seconds':>8}{'a second':>10}{'most':>6}{'to one':>8}{'faults':>8}")
    for what, chats, messages, fault in RUNS:
        command = [sys.executable, "-m", "tests.faults.telegram_load"]
        done = subprocess.run(
            [*command, f"{chats}", f"{messages}", f"{PROCESSES}", fault],
            stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        found = json.loads(done.stdout)
        faults = len(found["wrong"]) + len(found["refused"]) + found["unfinished"]
        rate = chats * messages / found["seconds"]
        print(
            f"{what:<48}{found['seconds']:>8.1f}{rate:>10.1f}{found['most_bot']:>6}"
            f"{found['most_chat']:>8}{faults:>8}",
            flush=True,
        )


if __name__ == "__main__":
    main()
