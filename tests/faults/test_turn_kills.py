"""A turn's process is killed at each step: nothing is lost, nothing booked twice."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.experiment

ROOT = Path(__file__).parents[2]


def experiment(url: str, folder: Path, fault: str = "", steps: str = "") -> dict[str, Any]:
    """Do what `tests.faults.turn_kills` says and return its report."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.turn_kills", url, str(folder), fault, steps],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def without_attempts(outcome: dict[str, Any]) -> dict[str, Any]:
    """Return an outcome but for how often each message was tried: a sender that died had one."""
    sent = {name: [row[:-1] for row in outcome[name]] for name in ("sent", "alerts")}
    return outcome | sent


def more_than(expected: list[list[str]], texts: list[list[str]]) -> list[str]:
    """Return what people were sent more often than they should."""
    return [
        text
        for said, due in zip(texts, expected, strict=True)
        for text in (Counter(said) - Counter(due)).elements()
    ]


@pytest.mark.heavy
async def test_killed_turn_loses_nothing_and_repeats_nothing(
    database_url: str, tmp_path: Path
) -> None:
    report = experiment(database_url, tmp_path)
    expected = without_attempts(report["outcome"])
    assert [booking[0] for booking in expected["bookings"]] == ["confirmed"]
    assert [len(said) for said in report["texts"]] == [4, 1]
    kills = report["kills"]
    assert len(kills) == len(report["steps"]) >= 100
    assert all(kill["killed"] for kill in kills)
    for kill in kills:
        where = (kill["point"], kill["step"])
        # What the database holds: the talk, its bookings and claims, every message.
        assert (where, without_attempts(kill["outcome"])) == (where, expected)
        # What people got: all of it, in order, and twice only what was sent but not marked.
        again = more_than(report["texts"], kill["texts"])
        assert (where, set(again) - set(kill["allowed"])) == (where, set())
        assert (where, [list(dict.fromkeys(said)) for said in kill["texts"]]) == (
            where,
            report["texts"],
        )
        assert (where, len(again)) <= (where, len(kill["allowed"]))
    # The experiment can see a message that comes twice, and does, just there.
    sent = {kill["point"] for kill in kills if kill["step"].startswith("sent ")}
    assert len(sent) == 5
    assert {kill["point"] for kill in kills if more_than(report["texts"], kill["texts"])} >= sent


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("fault", "steps", "shows"),
    [
        ("acknowledged before it is stored", "acknowledged|INSERT INTO inbox", "lost"),
        ("marked before it is sent", "^send ", "lost"),
        ("a turn in two transactions", "committed", "twice"),
    ],
)
@pytest.mark.heavy
async def test_killed_turn_without_a_safeguard_shows_the_fault(
    database_url: str, tmp_path: Path, fault: str, steps: str, shows: str
) -> None:
    """The controls: a message is lost or comes twice as soon as one safeguard is gone."""
    report = experiment(database_url, tmp_path, fault, steps)
    found = set()
    for kill in report["kills"]:
        if more_than(kill["texts"], report["texts"]):
            found.add("lost")
        if set(more_than(report["texts"], kill["texts"])) - set(kill["allowed"]):
            found.add("twice")
    assert shows in found
