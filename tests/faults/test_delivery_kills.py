"""The delivering process is killed a hundred times: nothing is lost, repeats are explained."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.faults.delivery_kills import MESSAGES, POISON_TEXT, TALKS
from tests.faults.turn_kills import EventLog

pytestmark = pytest.mark.experiment

ROOT = Path(__file__).parents[2]

WORKERS = {"sqlite": 1, "postgresql": 3}


def experiment(url: str, folder: Path, *, kills: int, fault: str = "") -> dict[str, Any]:
    """Run `tests.faults.delivery_kills`; return what was sent, marked, and what it reports."""
    workers = WORKERS["postgresql" if url.startswith("postgresql") else "sqlite"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.delivery_kills", url, str(folder), str(workers),
         str(kills), fault],
        cwd=ROOT, check=False, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    ledger = EventLog(folder / "ledger")
    report: dict[str, Any] = json.loads(done.stdout)
    sent, marked = ledger.lines("sent"), Counter(ledger.lines("marked"))
    return report | {"sent": sent, "marked": marked, "poisoned": ledger.lines("poisoned")}


def lost(report: dict[str, Any]) -> list[str]:
    """Return the messages that never reached their recipients."""
    got = {(address, text) for _, address, text in report["sent"]}
    due = {(f"+3461{n:07}", f"{number}") for n in range(TALKS) for number in range(MESSAGES)}
    return sorted(f"{address} {text}" for address, text in due - got)


async def test_killed_delivery_loses_no_message(database_url: str, tmp_path: Path) -> None:
    report = experiment(database_url, tmp_path, kills=100)
    assert report["killed"] >= 100
    assert lost(report) == []
    # In order in each talk, once each but for what was sent and not known to be marked.
    times = Counter(row_id for row_id, _, _ in report["sent"])
    unmarked = {row_id: times[row_id] - 1 for row_id in times if times[row_id] > 1}
    for n in range(TALKS):
        said = [text for _, address, text in report["sent"] if address == f"+3461{n:07}"]
        assert list(dict.fromkeys(said)) == [f"{number}" for number in range(MESSAGES)]
    # The experiment can see a message that comes twice.
    assert unmarked
    # A mark that is known stands: nothing is sent after it.
    seen: set[int] = set()
    for line in EventLog(tmp_path / "ledger").path.read_text().splitlines():
        noted = json.loads(line)
        if "marked" in noted:
            seen.add(noted["marked"])
        if "sent" in noted:
            assert noted["sent"][0] not in seen
    # The poison killed eight at most, and died alone.
    states = Counter(state for _, _, state, _ in report["rows"])
    assert states == {"sent": TALKS * MESSAGES, "dead": 1}
    assert [(row[2], row[3]) for row in report["rows"] if row[2] == "dead"] == [("dead", 8)]
    assert 1 <= len(report["poisoned"]) <= 8
    assert POISON_TEXT not in {text for _, _, text in report["sent"]}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("fault", ["marked first", "no suspects"])
async def test_killed_delivery_without_a_safeguard_loses_messages(
    database_url: str, tmp_path: Path, fault: str
) -> None:
    """The controls: marked too early, or taken along by a poison, messages reach nobody."""
    report = experiment(database_url, tmp_path, kills=10, fault=fault)
    assert lost(report) != []
