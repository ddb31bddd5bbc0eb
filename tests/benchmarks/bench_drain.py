"""A burst of reminders that are all due at once, drained by one worker process and by two.

Real workers (`python -m bot worker`) on a durable PostgreSQL send by Twilio's own client to a
server on this machine that only counts; the rate of the sender is off. Meanwhile somebody gets an
answer twenty times a second: its time counts from the commit to its arrival at the provider.
DRAIN_MESSAGES sets another number of reminders than a hundred thousand.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.clock import SystemClock
from core.db import migrate
from core.db.runtime import Runtime
from core.messaging import lines
from core.messaging.messages import Say, encode_value
from core.messaging.outbox import enqueue
from tests.servers import postgres
from tests.support import shops
from tests.support.runtimes import SECRET_KEY, settings_for

MESSAGES = int(os.environ.get("DRAIN_MESSAGES", "100000"))

LIVE_PEOPLE = 200
LIVE_EVERY = 0.05
"""Seconds between two live answers."""

SENDER = "+34910000001"
PATIENCE = 900

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Process:
    """A worker or the provider, and what it costs."""

    process: subprocess.Popen[str]

    def cpu(self) -> float:
        """Return the CPU seconds it took so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(30)


def started(module: str, *arguments: str, **environment: str) -> Process:
    """Start a module of ours in a process of its own."""
    kept = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG"}}
    return Process(
        subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env=kept | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    )


async def fill(runtime: Runtime, messages: int) -> None:
    """Make a shop, people with a booking tomorrow each, and a reminder each that is due now."""
    async with runtime.transaction() as ctx:
        place = await shops.build_salon(ctx, quiet_from=0, quiet_until=0)
        line = await lines.get_or_create_line(
            ctx, transport="twilio", channel="sms", address=SENDER, account="AC1"
        )
        shop, service = place.shop_id, place.services["Cut"]
        provider = place.providers["Ana"]
        say = encode_value(
            Say("reminder", {"shop": "Bella Hair", "what": "Cut", "at": "Friday", "ref": "K7Q-3MD"})
        )
        options = json.dumps(["come", "move", "cancel"])
        bound: dict[str, Any] = {
            "n": messages, "live": LIVE_PEOPLE, "line": line, "shop": shop, "service": service,
            "provider": provider, "say": json.dumps(say), "options": options,
        }  # fmt: skip
        for statement in _FILL.split(";"):
            words = sa.text(statement)
            used = {name: value for name, value in bound.items() if f":{name}" in statement}
            await ctx.execute(words, used)
    async with runtime.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as quick:
        await quick.execute(sa.text("VACUUM ANALYZE"))


# Reminders go to phones +3461…, live answers to +3460….
_FILL = """
INSERT INTO users (name, language, created_at) SELECT 'u' || n, 'en', now() FROM
generate_series(1, :n) n;
INSERT INTO identities (user_id, kind, value, verified_at, used_at, created_at) SELECT id,
'phone', '+3461' || lpad(substr(name, 2), 7, '0'), now(), now(), now() FROM users WHERE name
LIKE 'u%';
INSERT INTO customers (shop_id, user_id, name, phone, created_at) SELECT :shop, user_id,
'Marta', value, now() FROM identities WHERE value LIKE '+3461%';
INSERT INTO conversations (line_id, address, identity_id, shop_id, language, created_at) SELECT
:line, value, id, :shop, 'en', now() FROM identities WHERE value LIKE '+3461%';
INSERT INTO conversations (line_id, address, shop_id, language, created_at) SELECT :line,
'+3460' || lpad(n::text, 7, '0'), :shop, 'en', now() FROM generate_series(1, :live) n;
INSERT INTO bookings (shop_id, ref, state, service_id, provider_id, customer_id, starts_at,
ends_at, local_date, local_time, timezone, price_minor, currency, created_at, updated_at) SELECT
:shop, 'R-' || id, 'confirmed', :service, :provider, id, now() + interval '1 day', now() +
interval '25 hours', current_date + 1, '10:00', 'Europe/Madrid', 2500, 'EUR', now(), now() FROM
customers;
INSERT INTO prompts (conversation_id, decision, message, options, args, created_at) SELECT id,
'reminder', CAST(:say AS jsonb), CAST(:options AS jsonb), '{}', now() FROM conversations WHERE
address LIKE '+3461%';
INSERT INTO outbox (conversation_id, shop_id, booking_id, prompt_id, queue, kind, message,
unique_key, state, due_at, created_at) SELECT c.id, :shop, b.id, p.id, 'reminder', 'reminder',
CAST(:say AS jsonb), 'reminder:' || b.id, 'due', now(), now() FROM conversations c JOIN prompts
p ON p.conversation_id = c.id JOIN customers k ON k.phone = c.address JOIN bookings b ON
b.customer_id = k.id
"""


def asked(port: str) -> dict[str, Any]:
    """Ask the provider what came."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as answer:
        said: dict[str, Any] = json.loads(answer.read())
        return said


async def drain(url: str, folder: Path, workers: int, messages: int) -> dict[str, float]:
    """Let `workers` drain `messages`; return what came of it."""
    runtime = Runtime.open(settings_for(url, folder), SystemClock())
    await migrate.upgrade(runtime)
    await fill(runtime, messages)
    provider = started("tests.benchmarks.drain_server")
    assert provider.process.stdout is not None
    port = provider.process.stdout.readline().strip()
    environment = {
        "DATABASE_URL": url, "DATA_DIR": str(folder), "SECRET_KEY": SECRET_KEY,
        "TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t", "TWILIO_SMS_FROM": SENDER,
        "TWILIO_API_URL": f"http://127.0.0.1:{port}", "TWILIO_RATES": "international=0",
        "LOG_LEVEL": "WARNING",
    }  # fmt: skip
    processes = [started("bot", "worker", **environment) for _ in range(workers)]
    posted: dict[str, float] = {}
    try:
        while asked(port)["count"] < messages // 100:  # noqa: ASYNC110 - another process counts
            await asyncio.sleep(0.05)
        cpu, begun, had = [p.cpu() for p in processes], time.monotonic(), asked(port)["count"]
        await live(runtime, port, messages, posted)
        said = asked(port)
        spent = [p.cpu() - before for p, before in zip(processes, cpu, strict=True)]
    finally:
        for one in (*processes, provider):
            one.stop()
        await runtime.close()
    done, took = said["count"] - had, said["last"] - begun
    waits = [said["live"][to] - at for to, at in posted.items() if to in said["live"]]
    return {
        "rate": done / took,
        "cpu": sum(spent) / done * 1000,
        "busy": sum(spent) / took / workers,
        "p50": statistics.median(waits) * 1000,
        "p99": statistics.quantiles(waits, n=100)[98] * 1000 if len(waits) > 1 else 0,
        "answers": len(waits),
        "twice": said["twice"],
    }


async def live(runtime: Runtime, port: str, messages: int, posted: dict[str, float]) -> None:
    """Post answers until everything has arrived, and note when each was committed."""
    async with runtime.read_transaction() as ctx:
        rows = await ctx.all(
            sa.text("SELECT id, address FROM conversations WHERE address LIKE '+3460%' ORDER BY id")
        )
    people, until, looked = iter(rows), time.monotonic() + PATIENCE, 0.0
    while True:
        began = time.monotonic()
        if began > until:
            raise AssertionError("the reminders do not get there")
        if began - looked > 0.5:
            looked = began
            if asked(port)["count"] >= messages + len(posted):
                return
        if (person := next(people, None)) is not None:
            async with runtime.transaction() as ctx:
                say = Say("welcome_to_it")
                await enqueue.enqueue(ctx, say, conversation_id=person.id, kind="live")
            posted[person.address.removeprefix("+")] = time.monotonic()
        await asyncio.sleep(max(0.0, LIVE_EVERY - (time.monotonic() - began)))


def show(workers: int, messages: int, found: dict[str, float]) -> None:
    """Print a line of the table."""
    print(
        f"{workers:>8}{messages:>10}{found['rate']:>10.0f}{found['rate'] / workers:>10.0f}"
        f"{found['cpu']:>9.2f}{found['busy']:>8.0%}{found['answers']:>9.0f}{found['p50']:>9.0f}"
        f"{found['p99']:>9.0f}{found['twice']:>7.0f}",
        flush=True,
    )


def main(counts: Sequence[int] = (1, 2)) -> None:
    """Drain with one worker, then as many again with two."""
    print(
        f"{'workers':>8}{'reminders':>10}{'msg/s':>10}{'each':>10}{'CPU ms':>9}{'busy':>8}"
        f"{'answers':>9}{'p50 ms':>9}{'p99 ms':>9}{'twice':>7}"
    )
    rates = []
    with tempfile.TemporaryDirectory() as name:
        server = postgres.start(durable=True)
        try:
            for workers in counts:
                url = postgres.create_database(server.url, f"drain{workers}")
                found = asyncio.run(drain(url, Path(name), workers, MESSAGES))
                rates.append(found["rate"])
                show(workers, MESSAGES, found)
                postgres.drop_database(server.url, f"drain{workers}")
        finally:
            server.stop()
    if len(rates) > 1:
        print(f"ratio of two to one: {rates[1] / rates[0]:.2f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
