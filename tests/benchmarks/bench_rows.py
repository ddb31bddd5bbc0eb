"""What it costs to read rows as a dataclass (`core.db.rows`), beside the rows themselves."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.clock import FixedClock
from core.db import migrate
from core.db.context import Context
from core.db.rows import Rows
from core.db.runtime import Runtime
from core.db.tables import lines
from core.messaging.outbox.alert_recipients import AlertRecipient
from tests.support.runtimes import NOW, settings_for

ROUNDS, ROWS = 200, 200


async def measure(ctx: Context) -> None:
    """Print microseconds a row: fetched and read by six of its names."""
    values = {"transport": "twilio", "channel": "sms", "created_at": ctx.now}
    await ctx.execute(sa.insert(lines), [values | {"address": f"+{n}"} for n in range(ROWS)])
    none = sa.null().cast(sa.BigInteger)
    select = sa.select(
        lines.c.id.label("user_id"),
        lines.c.active.label("sees_phones"),
        lines.c.id.label("line_id"),
        lines.c.channel,
        lines.c.id.label("identity_id"),
        lines.c.address,
        none.label("conversation_id"),
        sa.cast(sa.null(), lines.c.created_at.type).label("opted_out_at"),
    )
    rows = Rows(AlertRecipient, select)

    def read(found: Sequence[Any]) -> None:
        for one in found:
            _ = one.user_id, one.line_id, one.channel, one.address, one.conversation_id
            _ = one.opted_out_at

    async def plain() -> None:
        read(await ctx.all(select))

    async def typed() -> None:
        read(await ctx.fetch(rows))

    async def per_call() -> None:
        read(await ctx.fetch(Rows(AlertRecipient, select.where(lines.c.active))))

    async def plain_per_call() -> None:
        read(await ctx.all(select.where(lines.c.active)))

    works: dict[str, Callable[[], Awaitable[None]]] = {
        "rows": plain,
        "dataclass": typed,
        "rows, statement built per call": plain_per_call,
        "dataclass, statement built per call": per_call,
    }
    spent: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():  # in turn, so that a busy moment meets all of them
            begun = time.process_time()
            await work()
            spent[name].append((time.process_time() - begun) / ROWS * 1e6)
    for name, times in spent.items():
        print(f"   {name:38} {statistics.median(times):6.2f} µs a row")


async def run() -> None:
    """Measure on SQLite, whose driver costs least."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{folder}/rows.db"
        runtime = Runtime.open(settings_for(url, Path(folder)), FixedClock.at(NOW))
        await migrate.upgrade(runtime)
        async with runtime.transaction() as ctx:
            await measure(ctx)
        await runtime.close()


def main() -> None:
    """Run the benchmark."""
    asyncio.run(run())
