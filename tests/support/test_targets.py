"""Every test runs in exactly one of the targets that `.ci/run` calls."""

from __future__ import annotations

import ast
import os
import re
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TARGETS = ("test", "prove", "test-browser")


def collect(target: str, programs: Path) -> tuple[list[str], int]:
    """Let a target of make collect its tests; return them, and how many pytest saw."""
    kept = {k: v for k, v in os.environ.items() if k in {"HOME", "LANG", "TMPDIR"}}
    done = subprocess.run(
        # What a recipe needs is there, or this test would not run: nothing is built on the way.
        ["/usr/bin/env", "make", "--silent", "--old-file=.venv/.ready", target],
        cwd=ROOT,
        env=kept
        | {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTEST_ADDOPTS": "--collect-only --quiet -p no:cacheprovider",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    seen = re.search(r"^(?:\d+/)?(\d+) tests collected", done.stdout, re.MULTILINE)
    assert seen is not None, done.stdout[-2000:]
    return [line for line in done.stdout.splitlines() if "::" in line], int(seen[1])


def written() -> set[str]:
    """Return every test function of the tree as `file::name`."""
    found = set()
    for file in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            name = node.name if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else ""
            if name.startswith("test_"):
                found.add(f"{file.relative_to(ROOT)}::{name}")
    return found


@pytest.mark.experiment  # not for its size: it collects every test three times
def test_every_test_runs_in_exactly_one_target(tmp_path: Path) -> None:
    chromium = tmp_path / "chromium"  # to collect is not to run: any program will do
    chromium.write_text("#!/bin/sh\n")
    chromium.chmod(0o755)
    with ThreadPoolExecutor() as pool:
        collected = dict(zip(TARGETS, pool.map(collect, TARGETS, [tmp_path] * 3), strict=True))
    tests = {target: names for target, (names, _) in collected.items()}
    assert [target for target in TARGETS if not tests[target]] == []
    often = Counter(name for names in tests.values() for name in names)
    assert [name for name, times in often.items() if times != 1] == []
    # What one leaves out is what the other runs, row by row of each table of cases.
    both = len(tests["test"]) + len(tests["prove"])
    assert [collected[target][1] for target in ("test", "prove")] == [both, both]
    # Without its class, if it has one, and its row of cases.
    functions = {re.sub(r"::\w+(?=::)|\[.*", "", name) for name in often}
    assert written() - functions == set()


def test_ci_runs_every_target() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert re.findall(r"^make (\S+)$", script, re.MULTILINE) == ["check", *TARGETS]
