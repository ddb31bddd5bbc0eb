"""Thirty days of free times as flows ask for them: `python -m tests.benchmarks.bench_availability`.

Providers work Monday to Saturday, 18 half hours a day, and half of these are booked. Asked are all
starts of thirty days, or the first two. "In memory" answers from rows read before, so it is
everything but the statement, ready slots included; the rest runs on a migrated database, in one
open transaction. Medians over many rounds: wall time, and CPU of this process (all its threads; a
server's is not in it).
"""

import asyncio
import gc
import random
import statistics
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter_ns, process_time_ns
from typing import Any

import sqlalchemy as sa

from core.catalog.entities import Catalog, Slot
from core.catalog.loader import load_catalog
from core.db import migrate
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import bookings, claims
from core.localtime.opening_masks import Interval
from core.scheduling import availability, opening_hours
from core.shops import providers, services, shops
from core.values.catalog_changes import NewProvider, NewService
from core.values.shop_changes import NewShop
from tests.servers import postgres
from tests.support.row_factory import RowFactory
from tests.support.runtimes import open_runtime

ROUNDS = 60
DAYS = 30
PROVIDERS = 20
PAST_CLAIMS = 100_000
HOURS = (Interval(9 * 60, 13 * 60), Interval(14 * 60, 19 * 60))

Case = Callable[[], Awaitable[object]]


class Canned:
    """In place of a context: asks once, and gives the same rows from then on."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.now = ctx.now
        self.rows: Sequence[Any] | None = None

    async def execute(self, statement: sa.Executable, parameters: Any) -> "Canned":
        if self.rows is None:
            self.rows = [tuple(row) for row in (await self.ctx.execute(statement, parameters))]
        return self

    def all(self) -> Sequence[Any]:
        return self.rows or ()


@dataclass
class Bench:
    """A shop with one provider who gives one service and twenty who give another."""

    ctx: Context
    catalog: Catalog
    one: int
    many: int

    async def find(self, ctx: Any, service_id: int, limit: int | None = None) -> list[Slot]:
        """The starts of thirty days, or the first of them."""
        start, end = self.ctx.now, self.ctx.now + timedelta(days=DAYS)
        return await availability.find_slots(
            ctx, self.catalog, service_id, start=start, end=end, limit=limit
        )

    def cases(self) -> dict[str, Case]:
        """What is measured on a database."""
        found: dict[str, Case] = {}
        for who, service in (("one", self.one), (f"any of {PROVIDERS}", self.many)):
            found[f"{who}, all starts"] = partial(self.find, self.ctx, service)
            found[f"{who}, first two"] = partial(self.find, self.ctx, service, 2)
        found["the catalog, unchanged"] = lambda: load_catalog(self.ctx, self.catalog.shop.id)
        return found

    def in_memory(self) -> dict[str, Case]:
        """The same without the statement; the first call, not measured, reads the rows."""
        one, many = Canned(self.ctx), Canned(self.ctx)
        return {
            "in memory: one, all starts": lambda: self.find(one, self.one),
            f"in memory: any of {PROVIDERS}, all starts": lambda: self.find(many, self.many),
        }


async def open_shop(ctx: Context) -> Bench:
    """Set up the shop with half-full calendars."""
    shop_id = await shops.add_shop(
        ctx, NewShop(name="Bella Hair", timezone="Europe/Madrid", country="ES", currency="EUR")
    )
    await opening_hours.set_weekly_hours(ctx, shop_id, None, dict.fromkeys(range(6), HOURS))
    one = await services.add_service(ctx, shop_id, NewService(name="Cut", minutes=30))
    many = await services.add_service(ctx, shop_id, NewService(name="Dry cut", minutes=30))
    for number in range(PROVIDERS):
        provider = await providers.add_provider(
            ctx, shop_id, NewProvider(name=f"Provider {number}", position=number)
        )
        await providers.set_offering(ctx, shop_id, provider, many)
        if not number:
            await providers.set_offering(ctx, shop_id, provider, one)
    bench = Bench(ctx, await load_catalog(ctx, shop_id), one, many)
    chance = random.Random(7)
    every = await bench.find(ctx, one)
    for provider_ in bench.catalog.providers:
        booked = chance.sample(every, len(every) // 2)
        await take(bench, provider_.calendar_id, [slot.starts_at for slot in booked])
    return bench


async def take(bench: Bench, calendar_id: int, starts: Sequence[datetime]) -> None:
    """Take half an hour each."""
    rows = RowFactory(bench.ctx)
    rows.newest |= {
        "shops": bench.catalog.shop.id,
        "services": bench.many,
        "providers": bench.catalog.providers[0].id,
    }
    key = f"bench {calendar_id} {starts[0]}"
    booking = await rows.add(bookings, idempotency_key=key, ref=key, conversation_id=None)
    taken = {"shop_id": bench.catalog.shop.id, "calendar_id": calendar_id, "booking_id": booking}
    half_hour = timedelta(minutes=30)
    await bench.ctx.execute(
        claims.insert(),
        [{**taken, "busy_from": start, "busy_until": start + half_hour} for start in starts],
    )


async def age(bench: Bench) -> None:
    """Add past claims, half of them on the calendar of the one provider."""
    yesterday = bench.ctx.now - timedelta(days=1)
    for number, provider in enumerate(bench.catalog.providers):
        share = PAST_CLAIMS // 2 if not number else PAST_CLAIMS // 2 // (PROVIDERS - 1)
        past = [yesterday - timedelta(minutes=30 * (back + 1)) for back in range(share)]
        await take(bench, provider.calendar_id, past)


async def measured(cases: dict[str, Case]) -> dict[str, tuple[float, float]]:
    """Median wall and CPU milliseconds of each, by rounds in which all take turns."""
    wall: dict[str, list[float]] = {title: [] for title in cases}
    cpu: dict[str, list[float]] = {title: [] for title in cases}
    for case in cases.values():
        await case()
    gc.collect()
    gc.disable()
    try:
        for _ in range(ROUNDS):
            for title, case in cases.items():
                began, began_cpu = perf_counter_ns(), process_time_ns()
                await case()
                cpu[title].append((process_time_ns() - began_cpu) / 1e6)
                wall[title].append((perf_counter_ns() - began) / 1e6)
    finally:
        gc.enable()
    return {t: (statistics.median(wall[t]), statistics.median(cpu[t])) for t in cases}


async def _made(runtime: Runtime, *, old: bool) -> Bench:
    """Set up one database."""
    await migrate.upgrade(runtime)
    async with runtime.transaction() as ctx:
        bench = await open_shop(ctx)
        if old:
            await age(bench)
        if ctx.is_postgresql:
            await ctx.execute(sa.text("ANALYZE"))
    async with runtime.read_transaction() as ctx:
        bench.catalog = await load_catalog(ctx, bench.catalog.shop.id)
    return bench


async def measure(urls: Sequence[str], folder: Path, name: str) -> None:
    """Measure on two databases in turns, the second with a long past, and print."""
    fresh, aged = [open_runtime(url, folder) for url in urls]
    made = [await _made(runtime, old=runtime is aged) for runtime in (fresh, aged)]
    async with fresh.transaction() as ctx, aged.transaction() as later:
        now, then = made
        now.ctx, then.ctx = ctx, later
        old = {f"{title}, aged": case for title, case in then.cases().items()}
        figures = await measured(now.cases() | now.in_memory() | old)
        free = len(await now.find(ctx, now.one))
        if [slot.starts_at for slot in await then.find(later, now.one)] != [
            slot.starts_at for slot in await now.find(ctx, now.one)
        ]:
            raise AssertionError("the past changes what is free: nothing to compare")
        count = await ctx.scalar(sa.select(sa.func.count()).select_from(claims))
    await fresh.close()
    await aged.close()
    print(
        f"\n{name}: {DAYS} days, {count // PROVIDERS} claims a provider, {free} free starts of one"
    )
    print(f"{'median of ' + str(ROUNDS):36}{'wall ms':>9}{'CPU ms':>9}", end="")
    print(f"   with {PAST_CLAIMS:,} past claims")
    for title, (wall, cpu) in figures.items():
        if title in old:
            continue
        print(f"{title:36}{wall:9.2f}{cpu:9.2f}", end="")
        beside = figures.get(f"{title}, aged")
        print("   {:9.2f}{:9.2f}".format(*beside) if beside else "")


def main() -> None:
    """Measure on both databases."""
    with tempfile.TemporaryDirectory() as folder:
        files = [f"sqlite+aiosqlite:///{Path(folder) / name}.db" for name in ("fresh", "aged")]
        asyncio.run(measure(files, Path(folder), "SQLite"))
        server = postgres.start(durable=True)
        try:
            urls = [postgres.create_database(server.url, name) for name in ("fresh", "aged")]
            asyncio.run(measure(urls, Path(folder), "PostgreSQL"))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
