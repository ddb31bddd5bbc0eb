"""What a shop's day asks of the database."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.bookings import outcome_questions
from core.db.runtime import Runtime


async def test_visits_that_are_over_are_found_by_their_index(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        seen: list[Any] = []
        sa.event.listen(
            ctx.connection.sync_connection,
            "before_cursor_execute",
            lambda *args: seen.append(args),
        )
        assert await outcome_questions.ask_outcomes(ctx) == 0
        _, _, statement, values, *_ = seen[0]
        if ctx.is_postgresql:
            # What earlier tests left of their rows makes one index or another look cheaper.
            await ctx.execute(sa.text("TRUNCATE bookings CASCADE"))
            # A small table is read as a whole unless that is forbidden.
            await ctx.execute(sa.text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN" if ctx.is_postgresql else "EXPLAIN QUERY PLAN"
        plan = await ctx.connection.exec_driver_sql(f"{explain} {statement}", values)
        steps = " | ".join(str(row[-1]) for row in plan)
    assert "ix_bookings_state_ends_at" in steps, steps
