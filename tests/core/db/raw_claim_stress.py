"""Claim time at random by raw statements, with no lock and no check: only the schema can refuse.

Run as ``python -m tests.core.db.raw_claim_stress URL SEED STATEMENTS``. It prints "ready", waits
for a line, works, and prints as JSON how many transactions were accepted and refused.
It speaks to the drivers themselves, sqlite3 and asyncpg, as any other program might.
"""

import asyncio
import json
import random
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing

import asyncpg
import sqlalchemy as sa

from core.db.tables.overlap_guards import OVERLAP_GUARD
from tests.servers import postgres

CALENDARS = (1, 2, 3)
WINDOW_START = 1_773_000_000  # epoch seconds, in March 2026; divisible by 300
WINDOW_DAYS = 2

Instant = Callable[[int], str]


OVERLAPS = """
    SELECT count(*) FROM claims a JOIN claims b
      ON a.calendar_id = b.calendar_id AND a.id < b.id
     AND a.busy_from < b.busy_until AND b.busy_from < a.busy_until
    WHERE NOT a.overbooked AND NOT b.overbooked
"""
"""Counts the pairs of claims that take one calendar at one time."""


def _span(chance: random.Random) -> tuple[int, int]:
    start = WINDOW_START + 300 * chance.randrange(288 * WINDOW_DAYS)
    # Mostly an hour or so, now and then up to the longest there is.
    ticks = chance.choice((1, 3, 6, 6, 9, 12, 12, 24, 48, 288, 312))
    return start, start + 300 * ticks


def claim_statements(chance: random.Random, rounds: int, instant: Instant) -> Iterator[str]:
    """Yield `rounds` statements, each of which takes time in a way of its own."""

    def values(*, overbooked: bool = False) -> str:
        start, end = _span(chance)
        calendar = chance.choice(CALENDARS)
        return f"(1, {calendar}, {instant(start)}, {instant(end)}, {overbooked}, 1)"

    into = "INSERT INTO claims (shop_id, calendar_id, busy_from, busy_until, overbooked, block_id)"
    some = "id = (SELECT id FROM claims ORDER BY id DESC LIMIT 1 OFFSET {})"
    for _ in range(rounds):
        one = some.format(chance.randrange(20))
        start, end = _span(chance)
        calendar = chance.choice(CALENDARS)
        yield chance.choices(
            (
                f"{into} VALUES {values()}",
                f"{into} VALUES {values()}, {values()}",
                (
                    f"{into} SELECT shop_id, {calendar}, busy_from, busy_until, false, 1"
                    f" FROM claims WHERE {one}"
                ),
                f"{into} VALUES {values(overbooked=True)}",
                (
                    f"UPDATE claims SET busy_from = {instant(start)}, busy_until = {instant(end)}"
                    f" WHERE {one}"
                ),
                f"UPDATE claims SET calendar_id = {calendar} WHERE {one}",
                f"UPDATE claims SET overbooked = false WHERE {one}",
                f"DELETE FROM claims WHERE {one}",
            ),
            weights=(8, 3, 3, 2, 5, 3, 3, 6),
        )[0]


def _transactions(seed: int, rounds: int, instant: Instant) -> Iterator[list[str]]:
    """Group the statements: alone, or two whose first waits uncommitted for the second."""
    chance = random.Random(seed)
    waiting = list(claim_statements(chance, rounds, instant))
    while waiting:
        yield [waiting.pop() for _ in range(min(len(waiting), chance.choice((1, 2))))]


def _wait_for_the_others() -> None:
    print("ready", flush=True)  # noqa: T201 - whoever started us reads this
    sys.stdin.readline()


def _sqlite(path: str, seed: int, rounds: int) -> Counter[str]:
    seen: Counter[str] = Counter()
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        _wait_for_the_others()
        for together in _transactions(seed, rounds, str):
            connection.execute("BEGIN IMMEDIATE")
            try:
                for statement in together:
                    connection.execute(statement)
            except sqlite3.IntegrityError as error:
                connection.execute("ROLLBACK")
                seen["refused" if str(error) == OVERLAP_GUARD else str(error)] += 1
            else:
                connection.execute("COMMIT")
                seen["accepted"] += 1
    return seen


async def _postgresql(url: str, seed: int, rounds: int) -> Counter[str]:
    seen: Counter[str] = Counter()
    connection = await asyncpg.connect(
        # Two that wait for each other are told so at once, not after a second.
        postgres.plain(url),
        server_settings={"deadlock_timeout": "10ms"},
    )
    _wait_for_the_others()
    for together in _transactions(seed, rounds, "to_timestamp({})".format):
        try:
            async with connection.transaction():
                for statement in together:
                    await connection.execute(statement)
            seen["accepted"] += 1
        except asyncpg.ExclusionViolationError as error:
            seen["refused" if error.constraint_name == OVERLAP_GUARD else str(error)] += 1
        except asyncpg.DeadlockDetectedError:
            seen["deadlock"] += 1
    await connection.close()
    return seen


def run_stress(address: str, seed: str, rounds: str) -> None:
    """Hammer the database at `address`, once a line is read, and print what came of it."""
    url = sa.make_url(address)
    if url.get_backend_name() == "sqlite":
        seen = _sqlite(str(url.database), int(seed), int(rounds))
    else:
        seen = asyncio.run(_postgresql(address, int(seed), int(rounds)))
    print(json.dumps(seen))  # noqa: T201 - whoever started us reads this


if __name__ == "__main__":
    run_stress(*sys.argv[1:])
