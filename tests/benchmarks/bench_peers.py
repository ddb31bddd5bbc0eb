"""Thirty days of free times of one half-booked provider: Slotline beside django-appointment.

The same calendar on SQLite for both: nine hours every day, every other half hour booked. Ours
answers with the statement that reads the claims; theirs runs in a Python of its own.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
import subprocess
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.catalog import loader
from core.clock import FixedClock
from core.db import migrate
from core.db.runtime import Runtime
from core.db.tables import blocks, claims
from core.localtime.opening_masks import Interval
from core.scheduling import availability, opening_hours
from core.shops import providers, services, shops
from core.values.catalog_changes import NewProvider, NewService, RulesChange
from core.values.shop_changes import NewShop
from tests.support.runtimes import NOW, settings_for

ROUNDS = 40
PEER = Path(__file__).parent / "peers" / "appointments.py"
FIRST = datetime(2026, 3, 10, tzinfo=UTC)


async def ours(folder: Path) -> tuple[float, int]:
    """Return the median CPU seconds of one answer, and how many starts it holds."""
    url = f"sqlite+aiosqlite:///{folder / 'ours.db'}"
    runtime = Runtime.open(settings_for(url, folder), FixedClock.at(NOW), random=random.Random(7))
    await migrate.upgrade(runtime)
    async with runtime.transaction() as ctx:
        shop_id = await shops.add_shop(
            ctx,
            NewShop(
                name="Bench",
                timezone="UTC",
                country="ES",
                currency="EUR",
                rules=RulesChange(horizon_days=40),
            ),
        )
        week = dict.fromkeys(range(7), (Interval(9 * 60, 18 * 60),))
        await opening_hours.set_weekly_hours(ctx, shop_id, None, week)
        service = await services.add_service(
            ctx, shop_id, NewService(name="Cut", minutes=30, price_minor=2500)
        )
        provider = await providers.add_provider(ctx, shop_id, NewProvider(name="Ana"))
        await providers.set_offering(ctx, shop_id, provider, service)
        known = await loader.load_catalog(ctx, shop_id)
        calendar = known.provider(provider).calendar_id
        block = await ctx.insert(blocks, shop_id=shop_id, calendar_id=calendar, created_at=ctx.now)
        for number in range(30):
            for half in range(number % 2, 18, 2):
                start = FIRST + timedelta(days=number, hours=9, minutes=30 * half)
                await ctx.insert(
                    claims, shop_id=shop_id, calendar_id=calendar, block_id=block,
                    busy_from=start, busy_until=start + timedelta(minutes=30),
                )  # fmt: skip
    spent, found = [], 0
    for _ in range(ROUNDS):
        async with runtime.read_transaction() as ctx:
            known = await loader.load_catalog(ctx, shop_id)
            begun = time.process_time()
            slots = await availability.find_slots(
                ctx, known, service, provider_id=provider, start=FIRST,
                end=FIRST + timedelta(days=30),
            )  # fmt: skip
            spent.append(time.process_time() - begun)
            found = len(slots)
    await runtime.close()
    return statistics.median(spent), found


def main() -> None:
    """Print both and the ratio; both must find the same number of starts."""
    peer_python = os.environ.get("PEER_PYTHON", "build/peers/bin/python")
    if not Path(peer_python).exists():
        print(f"{peer_python} is absent: `make bench` makes it")
        return
    with tempfile.TemporaryDirectory() as folder:
        seconds, found = asyncio.run(ours(Path(folder)))
    done = subprocess.run([peer_python, str(PEER)], capture_output=True, text=True, check=True)
    theirs = json.loads(done.stdout.splitlines()[-1])
    print(f"Slotline            {seconds * 1000:9.2f} ms CPU, {found} starts")
    print(f"django-appointment  {theirs['seconds'] * 1000:9.2f} ms CPU, {theirs['starts']} starts")
    print(f"ratio               {theirs['seconds'] / seconds:9.1f}")
    if found != theirs["starts"]:
        raise AssertionError("they do not answer the same question")


if __name__ == "__main__":
    main()
