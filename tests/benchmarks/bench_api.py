"""The API on 100,000 bookings beside a bare FastAPI route: `python -m tests.benchmarks api`.

Twenty providers, sixteen bookings a day each, most of them past. Asked are a week of free times and
a page of fifty bookings, as HTTP requests handed to the application without a network; beside each
a FastAPI route that does nothing but return the very same bytes. CPU is this process's, all its
threads; a database server's is not in it. API_BOOKINGS sets another number.
"""

from __future__ import annotations

import asyncio
import gc
import os
import statistics
import tempfile
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from time import perf_counter_ns, process_time_ns
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI, Response

from core.db import migrate
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import bookings, claims
from core.shops import providers
from core.values.catalog_changes import NewProvider
from tests.servers import postgres
from tests.support.runtimes import open_runtime
from tests.webhooks.api.harness import ApiHarness, open_api_harness

BOOKINGS = int(os.environ.get("API_BOOKINGS", "100000"))
REQUESTS = 300
WARM_UP = 30
PROVIDERS = 20
A_DAY = 16
AHEAD = 30
"""Days of the bookings that are to come."""

Ask = Callable[[], Awaitable[bytes]]


def asking(app: Any, path: str, query: str, token: str = "") -> Ask:
    """Return what asks an application once and returns the body it answers with."""
    headers = [(b"host", b"127.0.0.1:8000")]
    if token:
        headers.append((b"authorization", f"Bearer {token}".encode()))

    async def ask() -> bytes:
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
            "scheme": "http", "path": path, "raw_path": path.encode(), "root_path": "",
            "query_string": query.encode(), "headers": headers,
            "client": ("127.0.0.1", 4711), "server": ("127.0.0.1", 8000),
        }  # fmt: skip
        parts, status = [], 0

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            nonlocal status
            status = message.get("status", status)
            parts.append(message.get("body", b""))

        await app(scope, receive, send)
        body = b"".join(parts)
        if status != 200:
            raise RuntimeError(f"{path}: {status} {body[:200]!r}")
        return body

    return ask


def bare(body: bytes) -> FastAPI:
    """Return an application whose one route returns these bytes."""
    app = FastAPI()

    @app.get("/same")
    async def same() -> Response:
        return Response(body, media_type="application/json")

    return app


async def measured(ask: Ask) -> tuple[float, float, float]:
    """Return CPU per request, the median and the 99th percentile of its time, in milliseconds."""
    for _ in range(WARM_UP):
        await ask()
    gc.collect()
    took = []
    cpu = process_time_ns()
    for _ in range(REQUESTS):
        begun = perf_counter_ns()
        await ask()
        took.append((perf_counter_ns() - begun) / 1e6)
    cpu = process_time_ns() - cpu
    return cpu / REQUESTS / 1e6, statistics.median(took), statistics.quantiles(took, n=100)[98]


async def fill(ctx: Context, api: ApiHarness) -> None:
    """Give Bella Hair so many providers and bookings."""
    shop, service = api.shop.shop_id, api.shop.services["Cut"]
    people = []
    for n in range(PROVIDERS):
        provider = await providers.add_provider(ctx, shop, NewProvider(name=f"Provider {n}"))
        await providers.set_offering(ctx, shop, provider, service)
        people.append(provider)
    owner = sa.text("SELECT id, calendar_id FROM providers WHERE shop_id = :shop")
    calendar_of = {row.id: row.calendar_id for row in await ctx.execute(owner, {"shop": shop})}
    first = ctx.now.replace(hour=8, minute=0) + timedelta(days=AHEAD)
    rows: list[dict[str, Any]] = []
    for n in range(BOOKINGS):
        day, rest = divmod(n, PROVIDERS * A_DAY)
        half, who = divmod(rest, PROVIDERS)
        start = first - timedelta(days=day) + timedelta(minutes=30 * half)
        rows.append(
            {
                "shop_id": shop,
                "ref": f"R{n}",
                "state": "confirmed" if start > ctx.now else "completed",
                "service_id": service,
                "provider_id": people[who],
                "customer_id": api.customer,
                "starts_at": start,
                "ends_at": start + timedelta(minutes=30),
                "local_date": start.date(),
                "local_time": f"{start:%H:%M}",
                "timezone": "Europe/Madrid",
                "price_minor": 2500,
                "currency": "EUR",
                "snapshot": {"service": "Cut", "provider": f"Provider {who}", "phone": ""},
                "created_at": start - timedelta(days=7),
                "updated_at": start,
            }
        )
    made = await ctx.execute(bookings.insert().returning(bookings.c.id, bookings.c.ref), rows)
    ids = {row.ref: row.id for row in made}
    await ctx.execute(
        claims.insert(),
        [
            {
                "shop_id": shop,
                "calendar_id": calendar_of[row["provider_id"]],
                "booking_id": ids[row["ref"]],
                "busy_from": row["starts_at"],
                "busy_until": row["ends_at"],
            }
            for row in rows
        ],
    )


async def measure(url: str, folder: Path, name: str) -> None:
    """Fill a database, ask, and print."""
    runtime: Runtime = open_runtime(url, folder)
    try:
        await migrate.upgrade(runtime)
        async with open_api_harness(runtime, limit_anonymous=10**9, limit_signed_in=10**9) as api:
            await api.add_booked_customer()
            await runtime.run(lambda ctx: fill(ctx, api))
            if name == "PostgreSQL":
                loose = runtime.engine.execution_options(isolation_level="AUTOCOMMIT")
                async with loose.connect() as quick:
                    await quick.execute(sa.text("VACUUM ANALYZE"))
            at = f"/shops/{api.shop.shop_id}"
            week = "from=2026-03-16T00:00Z&to=2026-03-23T00:00Z"
            service = f"service={api.shop.services['Cut']}"
            owner = await api.access_token("owner")
            for what, path, query, token in (
                ("a week of free times", f"{at}/availability", f"{service}&{week}", ""),
                ("fifty bookings", f"{at}/bookings", "limit=50", owner),
            ):
                ask = asking(api.app, path, query, token)
                body = await ask()
                rows = {what: ask, "  bare FastAPI": asking(bare(body), "/same", "")}
                for label, one in rows.items():
                    cpu, median, slow = await measured(one)
                    size = len(body) / 1e3
                    print(f"{name:<12}{label:<24}{size:>7.1f}{cpu:>9.2f}{median:>9.2f}{slow:>9.2f}")
    finally:
        await runtime.close()


async def run() -> None:
    """Measure on both databases."""
    print(f"{BOOKINGS:,} bookings, {REQUESTS} requests each")
    print(f"{'':<36}{'kB':>7}{'CPU ms':>9}{'ms':>9}{'p99 ms':>9}")
    with tempfile.TemporaryDirectory() as folder:
        await measure(f"sqlite+aiosqlite:///{folder}/api.db", Path(folder), "SQLite")
        server = postgres.start(durable=True)
        try:
            url = postgres.create_database(server.url, "api")
            await measure(url, Path(folder), "PostgreSQL")
        finally:
            server.stop()


def main() -> None:
    """Print what a request costs."""
    asyncio.run(run())


if __name__ == "__main__":
    main()
