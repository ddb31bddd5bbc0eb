"""How fairly turns wait when two hundred people talk at once over one SQLite file.

The slowest but for one in a hundred may take twenty times the median, of handling a turn and of
waiting for an answer alike. These are wall times: on a machine that does other things they say
nothing.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

import pytest
import structlog

from bot.engine import turn
from core.db import migrate
from core.db.runtime import Runtime
from tests.faults.test_failing_turns import AT_ONCE, MESSAGES, talk_all_at_once
from tests.support.runtimes import open_runtime, skip_disk_sync

SLOWEST = 20


def ratio(times: list[float]) -> float:
    """Return how many times the median the slowest take, but for one in a hundred."""
    ordered = sorted(times)
    return ordered[len(ordered) * 99 // 100] / statistics.median(ordered)


async def measure(folder: Path) -> tuple[list[float], list[float]]:
    """Return the seconds each turn took, and each message waited for its answer."""
    handled: list[float] = []  # from BEGIN asked for to COMMIT done
    work = turn.run_pending_turns

    async def timed(runtime: Runtime, conversation_id: int) -> int:
        began = time.perf_counter()
        turns = await work(runtime, conversation_id)
        if turns:
            handled.append((time.perf_counter() - began) / turns)
        return turns

    runtime = skip_disk_sync(open_runtime(f"sqlite+aiosqlite:///{folder / 'slotline.db'}", folder))
    await migrate.upgrade(runtime)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(turn, "run_pending_turns", timed)
        waited = await talk_all_at_once(runtime)
    await runtime.close()
    return handled, waited


def main() -> None:
    """Measure, and fail where somebody waits too long."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    with tempfile.TemporaryDirectory() as name:
        handled, waited = asyncio.run(measure(Path(name)))
    if len(waited) != AT_ONCE * MESSAGES:
        raise AssertionError(f"{len(waited)} answers to {AT_ONCE * MESSAGES} messages")
    for what, times in (("handled", handled), ("waited", waited)):
        found = ratio(times)
        print(f"{what}: median {statistics.median(times) * 1000:.1f} ms, p99 / median {found:.1f}")
        if found >= SLOWEST:
            raise AssertionError(f"p99 / median of {what} is {found:.1f}, not under {SLOWEST}")


if __name__ == "__main__":
    main()
