"""Random concurrent actions; afterwards the tables' invariants are checked."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from core.clock import parse_instant
from core.db.runtime import Runtime
from core.db.tables import overlap_guards
from tests.core.bookings import invariants, processes, random_histories
from tests.support.runtimes import NOW

PROCESSES = 4
TASKS = 2  # in each, at once

# One of them fills the machine.
pytestmark = [pytest.mark.experiment, pytest.mark.xdist_group("crowds"), pytest.mark.heavy]


async def rage(
    runtime: Runtime, folder: Path, *, acts: int, starts: int = 24, careless: bool = False
) -> tuple[Counter[str], list[str]]:
    """Let four processes do `acts` things each; return what came of them and what is wrong then."""
    async with runtime.transaction() as ctx:
        ids = await random_histories.open_random_shop(ctx)
        if not careless:
            assert await ctx.connection.run_sync(overlap_guards.missing_guards) == []
    each = random_histories.CUSTOMER_COUNT // PROCESSES
    common = {
        "tasks": TASKS,
        "acts": acts,
        "talks": each,
        "careless": careless,
        **ids,
        "starts": starts,
    }
    answers = await processes.run_processes(
        runtime.settings.effective_database_url,
        folder,
        [TASKS] * PROCESSES,
        "storm",
        [{**common, "from": n * each, "seed": 100 * n} for n in range(PROCESSES)],
    )
    seen: Counter[str] = sum((Counter(answer["seen"]) for answer in answers), Counter())
    async with runtime.read_transaction() as ctx:
        wrong = await invariants.find_violations(
            ctx,
            budget=random_histories.BUDGET,
            max_open_bookings=random_histories.MAX_OPEN,
            now=parse_instant(NOW) + timedelta(seconds=20 * acts // TASKS),
        )
    return seen, wrong


async def test_random_histories_of_four_processes_leave_no_fault(
    runtime: Runtime, tmp_path: Path
) -> None:
    seen, wrong = await rage(runtime, tmp_path, acts=120)
    assert [what for what in seen if what.startswith("fault")] == []
    assert wrong == []
    # It was a storm: what matters was done, and refused, often enough.
    often = ("hold: held", "hold: slot_taken", "book: confirmed", "move: confirmed")
    assert min(seen[what] for what in often) > 10
    rarely = ("add_session: added", "block: overlap", "cancel: cancelled", "expire: done")
    assert min(seen[what] for what in rarely) > 1


async def test_guards_hold_with_locks_and_checks_off(runtime: Runtime, tmp_path: Path) -> None:
    seen, wrong = await rage(runtime, tmp_path, acts=40, starts=4, careless=True)
    assert seen["hold: held"] > 1
    assert seen["hold: slot_taken"] > 1
    assert [fault for fault in wrong if "overlap" in fault or "seat" in fault] == []


async def test_overlaps_are_found_with_guards_off_too(runtime: Runtime, tmp_path: Path) -> None:
    """The control: it is not luck that the other histories are clean."""
    async with runtime.transaction() as ctx:
        await ctx.connection.run_sync(overlap_guards.remove_guards)
    _, wrong = await rage(runtime, tmp_path, acts=40, starts=4, careless=True)
    assert [fault for fault in wrong if "overlap" in fault]
