"""A thousand at once want one slot: one gets it, the others hear what else there is."""

from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.db.runtime import Runtime
from core.db.tables import booking_events, bookings, claims
from tests.core.bookings import processes
from tests.core.scheduling.harness import SchedulingHarness, madrid_instant, open_scheduling_harness

ATTEMPTS = 1000

# One of them fills the machine.
pytestmark = [pytest.mark.experiment, pytest.mark.xdist_group("crowds"), pytest.mark.heavy]


async def _salon(runtime: Runtime) -> tuple[SchedulingHarness, int]:
    async with runtime.transaction() as ctx:
        salon = await open_scheduling_harness(ctx)
        return salon, await processes.add_customers(ctx, salon.shop_id, ATTEMPTS)


async def test_a_thousand_attempts_at_one_slot_make_one_booking(
    runtime: Runtime, tmp_path: Path
) -> None:
    salon, owner = await _salon(runtime)
    first = owner + 1
    slot = {
        "shop": salon.shop_id,
        "service": salon.cut,
        "provider": salon.ana,
        "starts": int(madrid_instant("2026-03-10 10:00").timestamp()),
        "ends": int(madrid_instant("2026-03-10 10:30").timestamp()),
        "price": 2500,
        "currency": "EUR",
        "session": None,
        "seats": None,
    }
    # PostgreSQL: 50 connections of 4 processes. A SQLite file has one serving process.
    url = runtime.settings.effective_database_url
    connections = [13, 13, 12, 12] if url.startswith("postgresql") else [1]
    each = ATTEMPTS // len(connections)
    answers = await processes.run_processes(
        url,
        tmp_path,
        connections,
        "race",
        [
            {"slot": slot, "owner": owner, "guests": [first + each * n, first + each * (n + 1)]}
            for n in range(len(connections))
        ],
    )
    seen: Counter[str] = sum((Counter(answer["seen"]) for answer in answers), Counter())
    seconds = max(answer["seconds"] for answer in answers)
    print(f"{url.partition('+')[0]}: {ATTEMPTS} attempts at one slot in {seconds:.1f} s")  # noqa: T201
    assert seen == {"booked": 1, "SlotTaken with 3 alternatives": ATTEMPTS - 1}
    async with runtime.read_transaction() as ctx:
        rows = await ctx.all(sa.select(bookings.c.state, bookings.c.starts_at))
        assert [tuple(row) for row in rows] == [("confirmed", madrid_instant("2026-03-10 10:00"))]
        assert await ctx.scalar(sa.select(sa.func.count()).select_from(claims)) == 1
        states = sa.select(booking_events.c.to_state).order_by(booking_events.c.id)
        assert [row.to_state for row in await ctx.all(states)] in (
            ["confirmed"],
            ["held", "confirmed"],
        )
