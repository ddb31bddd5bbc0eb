"""Processes that book at once, and what all of them need: a crowd of users, each with a talk.

Run as ``python -m tests.core.bookings.processes URL FOLDER CONNECTIONS JOB ARGUMENTS``. It prints
"ready", waits for a line, works through the public verbs as a turn would, and prints as JSON how
often each result came out.
"""

import asyncio
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from core.bookings import customer_actions
from core.bookings.staff_actions import book_for_customer
from core.bookings.transitions import Actor
from core.catalog.entities import Slot
from core.db import runtime
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import conversations, customers, identities, lines, members, users
from core.errors import SlotTaken
from tests.support.runtimes import open_runtime

ROOT = Path(__file__).parents[3]

Answer = dict[str, Any]


# ------------------------------------------------------------------------------------ the people


async def add_customers(ctx: Context, shop_id: int, count: int) -> int:
    """Add an owner and `count` customers, each with a proved phone and a talk; return the owner.

    The n-th customer's user, customer row, identity and talk have ids that differ from n by a
    constant, see `Crowd`.
    """
    made = {"created_at": ctx.now}
    owner = await ctx.insert(users, name="Olga", **made)
    await ctx.insert(members, shop_id=shop_id, user_id=owner, role="owner", **made)
    line = await ctx.insert(
        lines, shop_id=shop_id, transport="terminal", channel="sms", address="+34915550100", **made
    )
    phones = [f"+3461{n:07}" for n in range(count)]
    first = await ctx.insert(users, name="Guest 0", **made)
    await ctx.execute(
        users.insert(), [{"id": first + n, "name": f"Guest {n}", **made} for n in range(1, count)]
    )
    people = list(enumerate(phones, start=first))
    shop = {"shop_id": shop_id, **made}
    await ctx.execute(
        customers.insert(),
        [{"id": user, "user_id": user, "name": f"Guest {user}", **shop} for user, _ in people],
    )
    proved = {"kind": "phone", "verified_at": ctx.now, **made}
    await ctx.execute(
        identities.insert(),
        [{"id": user, "user_id": user, "value": phone, **proved} for user, phone in people],
    )
    await ctx.execute(
        conversations.insert(),
        [
            {"id": user, "line_id": line, "address": phone, "identity_id": user, **made}
            for user, phone in people
        ],
    )
    return owner


# ------------------------------------------------------------------------------------ processes


async def run_processes(
    url: str, folder: Path, connections: list[int], job: str, arguments: list[Answer]
) -> list[Answer]:
    """Start a process for each entry, let all go at once, and return what each printed.

    On the way out nothing is left running.
    """
    workers = [
        await asyncio.create_subprocess_exec(
            *(
                sys.executable,
                "-m",
                "tests.core.bookings.processes",
                url,
                str(folder),
                str(count),
                job,
            ),
            json.dumps(argument),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for count, argument in zip(connections, arguments, strict=True)
    ]
    try:
        for worker in workers:
            assert worker.stdout is not None
            assert await worker.stdout.readline() == b"ready\n"
        answers = await asyncio.gather(*(worker.communicate(b"go\n") for worker in workers))
    finally:
        for worker in workers:
            if worker.returncode is None:
                worker.kill()
                await worker.wait()
    assert [worker.returncode for worker in workers] == [0] * len(workers)
    return [json.loads(out) for out, _ in answers]


def open_worker(url: str, folder: Path, connections: int) -> Runtime:
    """Open a runtime that keeps exactly so many connections on PostgreSQL (on SQLite one)."""
    opened = open_runtime(url, folder)
    opened.random = random.SystemRandom()  # several processes must not draw the same references
    if sa.make_url(url).get_backend_name() == "postgresql":
        opened.engine = create_async_engine(
            url,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=120,
            # Two that wait for each other are told so at once: in the controls there are many.
            connect_args={
                "server_settings": runtime._POSTGRES_SETTINGS | {"deadlock_timeout": "20ms"}
            },
        )
        opened.read_engine = opened.engine
    return opened


# ------------------------------------------------------------------------------------ jobs


async def race_for_slot(opened: Runtime, argument: Answer) -> Answer:
    """Have everybody try to get one slot at once: even ones by themselves, odd ones at the desk."""
    slot, owner = Slot.from_json(argument["slot"]), Actor("staff", argument["owner"], "Olga")
    seen: Counter[str] = Counter()

    async def attempt(guest: int) -> None:
        key = f"guest-{guest}"
        try:
            if guest % 2:
                await opened.run(
                    lambda ctx: book_for_customer(
                        ctx, slot, actor=owner, customer_id=guest, key=key
                    )
                )
            else:
                held = await opened.run(
                    lambda ctx: customer_actions.hold_slot(
                        ctx, slot, conversation_id=guest, key=key, origin="sms"
                    )
                )
                await opened.run(
                    lambda ctx: customer_actions.book_hold(
                        ctx, held.id, user_id=guest, key=f"{key}-book"
                    )
                )
            seen["booked"] += 1
        except SlotTaken as taken:
            seen[f"{type(taken).__name__} with {len(taken.alternatives)} alternatives"] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shall name it
            seen[f"{type(error).__name__}: {error}"] += 1

    began = time.monotonic()
    await asyncio.gather(*(attempt(guest) for guest in range(*argument["guests"])))
    return {"seen": seen, "seconds": time.monotonic() - began}


JOBS: dict[str, Callable[[Runtime, Answer], Awaitable[Answer]]] = {"race": race_for_slot}


async def _main(url: str, folder: str, connections: str, job: str, argument: str) -> None:
    from tests.core.bookings import random_histories  # it uses what stands here

    opened = open_worker(url, Path(folder), int(connections))
    work = (JOBS | {"storm": random_histories.run_random_history})[job]
    async with opened.read_transaction():
        pass  # connected once, so that "ready" means ready
    print("ready", flush=True)  # noqa: T201 - whoever started us reads this
    sys.stdin.readline()
    try:
        answer = await work(opened, json.loads(argument))
    finally:
        await opened.close()
    print(json.dumps(answer))  # noqa: T201


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
