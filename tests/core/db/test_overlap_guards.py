"""The schema alone refuses overlaps, whatever code writes."""

import asyncio
import json
import sys
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.db import migrate, tables
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import MAX_CLAIM_SECONDS, overlap_guards
from tests.core.db.raw_claim_stress import CALENDARS, OVERLAPS
from tests.support.row_factory import DAY, RowFactory

ROOT = Path(__file__).parents[3]
MINUTES = 60
COLUMNS = "shop_id, calendar_id, busy_from, busy_until, overbooked, block_id"


# --- four processes at once -----------------------------------------------------------------


async def _prepare(runtime: Runtime) -> None:
    """Migrate up, down and up again with a row in every table, then leave no claim."""
    async with runtime.transaction() as ctx:
        await RowFactory(ctx).add_to_every_table()
    await migrate.downgrade(runtime, "base")
    await migrate.upgrade(runtime)
    async with runtime.transaction() as ctx:
        rows = RowFactory(ctx)
        await rows.add_to_every_table()
        await rows.add(tables.calendars)
        await rows.add(tables.calendars)
        await ctx.execute(tables.claims.delete())


async def _hammer(runtime: Runtime, statements: int) -> Counter[str]:
    """Let four processes claim at random; return what they saw."""
    workers = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.core.db.raw_claim_stress"),
            *(runtime.settings.effective_database_url, str(seed), str(statements)),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for seed in range(4)
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert await worker.stdout.readline() == b"ready\n"
    answers = await asyncio.gather(*(worker.communicate(b"go\n") for worker in workers))
    assert [worker.returncode for worker in workers] == [0, 0, 0, 0]
    return sum((Counter(json.loads(out)) for out, _ in answers), Counter())


async def _overlaps(runtime: Runtime) -> int:
    async with runtime.read_transaction() as ctx:
        found: int = await ctx.scalar(sa.text(OVERLAPS))
        return found


@pytest.mark.experiment
async def test_four_processes_without_locks_never_take_a_time_twice(runtime: Runtime) -> None:
    await _prepare(runtime)
    seen = await _hammer(runtime, statements=600)
    assert set(seen) - {"deadlock"} == {"accepted", "refused"}
    assert min(seen["accepted"], seen["refused"]) > 300
    assert await _overlaps(runtime) == 0
    async with runtime.read_transaction() as ctx:
        taken = await ctx.all(sa.select(tables.claims.c.calendar_id).distinct())
    assert {row.calendar_id for row in taken} == set(CALENDARS)


@pytest.mark.experiment
async def test_unguarded_schema_lets_concurrent_claims_overlap(runtime: Runtime) -> None:
    """The control: the same work shows the fault as soon as nothing refuses it."""
    await _prepare(runtime)
    async with runtime.transaction() as ctx:
        await ctx.connection.run_sync(overlap_guards.remove_guards)
    seen = await _hammer(runtime, statements=100)
    assert seen["refused"] == 0
    assert await _overlaps(runtime) > 10


# --- one statement at a time ----------------------------------------------------------------
#
# What stands, in minutes of the day the factory writes on:
#   1: calendar 1,   0- 60        2: calendar 1, 120-180        3: calendar 2, 30-90
#   4: calendar 1,  30- 90, squeezed in                         5: calendar 3, from 25 h before 0
STANDING = (
    "(1, 1, {0}, {60}, false, 1)",
    "(1, 1, {120}, {180}, false, 1)",
    "(1, 2, {30}, {90}, false, 1)",
    "(1, 1, {30}, {90}, true, 1)",
    "(1, 3, {-1500}, {10}, false, 1)",
)
INSERT = f"INSERT INTO claims ({COLUMNS}) VALUES "
INSERT_ID = f"INSERT INTO claims (id, {COLUMNS}) VALUES "

REFUSED_BY_THE_GUARD = {
    "the same span": INSERT + "(1, 1, {0}, {60}, false, 1)",
    "a span inside": INSERT + "(1, 1, {20}, {40}, false, 1)",
    "a span around": INSERT + "(1, 1, {-30}, {100}, false, 1)",
    "five minutes of the end": INSERT + "(1, 1, {55}, {70}, false, 1)",
    "five minutes of the start": INSERT + "(1, 1, {100}, {125}, false, 1)",
    "the end of one that began 25 hours ago": INSERT + "(1, 3, {5}, {15}, false, 1)",
    "a whole day over several": INSERT + "(1, 1, {-700}, {700}, false, 1)",
    "two rows, one of which is free": INSERT
    + "(1, 2, {300}, {330}, false, 1), (1, 1, {50}, {70}, false, 1)",
    "two rows that overlap each other": INSERT
    + "(1, 2, {300}, {330}, false, 1), (1, 2, {315}, {345}, false, 1)",
    "a copy": f"INSERT INTO claims ({COLUMNS}) SELECT {COLUMNS} FROM claims WHERE id = 2",
    "a copy to another calendar": f"INSERT INTO claims ({COLUMNS})"
    " SELECT shop_id, 1, busy_from, busy_until, overbooked, block_id FROM claims WHERE id = 3",
    "copies that overlap each other": f"INSERT INTO claims ({COLUMNS})"
    " SELECT shop_id, 3, busy_from, busy_until, false, block_id FROM claims WHERE id IN (3, 4)",
    "an upsert that moves": INSERT_ID + "(3, 1, 2, {400}, {430}, false, 1)"
    " ON CONFLICT (id) DO UPDATE SET calendar_id = 1, busy_from = {150}, busy_until = {200}",
    "a move in time": "UPDATE claims SET busy_from = {30}, busy_until = {90} WHERE id = 2",
    "a longer end": "UPDATE claims SET busy_until = {125} WHERE id = 1",
    "an earlier start": "UPDATE claims SET busy_from = {55} WHERE id = 2",
    "a move to another calendar": "UPDATE claims SET calendar_id = 1 WHERE id = 3",
    "all on one calendar": "UPDATE claims SET calendar_id = 1",
    "all to one time": "UPDATE claims SET busy_from = {500}, busy_until = {530}",
    "no longer squeezed in": "UPDATE claims SET overbooked = false WHERE id = 4",
}
REFUSED_BY_THE_GUARD_OF_SQLITE = {
    "or replace": INSERT.replace("INSERT", "INSERT OR REPLACE") + "(1, 1, {0}, {60}, false, 1)",
    "or ignore": INSERT.replace("INSERT", "INSERT OR IGNORE") + "(1, 1, {0}, {60}, false, 1)",
    "or fail": INSERT.replace("INSERT", "INSERT OR FAIL") + "(1, 1, {0}, {60}, false, 1)",
    "replace a row by one that overlaps a third": "REPLACE"
    + INSERT_ID.removeprefix("INSERT")
    + "(3, 1, 1, {150}, {200}, false, 1)",
    "update or replace": "UPDATE OR REPLACE claims SET calendar_id = 1 WHERE id = 3",
    "update or ignore": "UPDATE OR IGNORE claims SET calendar_id = 1 WHERE id = 3",
    "update or replace of the id": "UPDATE OR REPLACE claims"
    " SET id = 1, calendar_id = 1, busy_from = {170}, busy_until = {190} WHERE id = 3",
}
TOO_LONG = MAX_CLAIM_SECONDS // MINUTES + 1
REFUSED_BY_A_CHECK = {
    "longer than the longest": INSERT + f"(1, 2, {{600}}, {{{600 + TOO_LONG}}}, false, 1)",
    "longer, and squeezed in": INSERT + f"(1, 2, {{600}}, {{{600 + TOO_LONG}}}, true, 1)",
    "made longer": f"UPDATE claims SET busy_until = {{{120 + TOO_LONG}}} WHERE id = 2",
    "of no length": INSERT + "(1, 2, {600}, {600}, false, 1)",
    "backwards": INSERT + "(1, 2, {600}, {590}, false, 1)",
    "nobody's": INSERT + "(1, 2, {600}, {630}, false, NULL)",
    "of two": "UPDATE claims SET booking_id = 1 WHERE id = 2",
}
REFUSED_BY_A_CHECK_OF_SQLITE = {
    "until a word": INSERT + "(1, 2, {600}, 'for ever', false, 1)",
    "from a word": INSERT + "(1, 2, 'now', 'then', false, 1)",
    "a fraction of a second": INSERT + "(1, 2, {600} + 0.5, {630}, false, 1)",
}
ACCEPTED = {
    "right after": INSERT + "(1, 1, {60}, {90}, false, 1)",
    "right before": INSERT + "(1, 1, {90}, {120}, false, 1)",
    "the same time on another calendar": INSERT + "(1, 2, {120}, {180}, false, 1)",
    "squeezed in": INSERT + "(1, 1, {0}, {60}, true, 1)",
    "over one that is squeezed in": INSERT + "(1, 1, {60}, {120}, false, 1)",
    "right after one that began 25 hours ago": INSERT + "(1, 3, {10}, {20}, false, 1)",
    "the longest": INSERT + f"(1, 2, {{600}}, {{{600 + TOO_LONG - 1}}}, false, 1)",
    "half an hour later, over its own old time": "UPDATE claims"
    " SET busy_from = {150}, busy_until = {210} WHERE id = 2",
    "from now on squeezed in": "UPDATE claims SET overbooked = true, busy_from = {30} WHERE id = 2",
    "a note on an old one": "UPDATE claims SET gap_after = 5 WHERE id = 5",
}


class _Instants(dict[str, str]):
    """Renders `{90}` as the instant 90 minutes into the day, in the database's own words."""

    def __init__(self, ctx: Context) -> None:
        self._postgresql = ctx.is_postgresql

    def __missing__(self, minutes: str) -> str:
        epoch = int(DAY.timestamp()) + int(minutes) * MINUTES
        return f"to_timestamp({epoch})" if self._postgresql else str(epoch)


def _say(ctx: Context, statement: str) -> sa.TextClause:
    # Not format(): to that, {0} is the first argument.
    instants = _Instants(ctx)
    pieces = statement.split("{")
    text = pieces[0]
    for piece in pieces[1:]:
        minutes, rest = piece.split("}", 1)
        text += instants[minutes] + rest
    return sa.text(text)


async def _stand(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        rows = RowFactory(ctx)
        for _ in range(3):
            await rows.add(tables.calendars)
        await rows.add(tables.blocks, calendar_id=1)
        await rows.add(tables.bookings)
        await ctx.execute(_say(ctx, INSERT + ", ".join(STANDING)))


async def _claims(runtime: Runtime) -> list[sa.Row[tuple[object, ...]]]:
    async with runtime.read_transaction() as ctx:
        return list(await ctx.all(sa.select(tables.claims).order_by(tables.claims.c.id)))


async def _refusals(runtime: Runtime, statements: dict[str, str]) -> dict[str, str]:
    """Run each statement by itself; return by whom each was refused, "" when it was not."""
    refusals = {}
    for name, statement in statements.items():
        refusals[name] = ""
        try:
            async with runtime.transaction() as ctx:
                await ctx.execute(_say(ctx, statement))
        except sa.exc.IntegrityError as error:
            by = ("no_overlap", "length", "one_owner")
            refusals[name] = next(word for word in by if word in str(error.orig))
    return refusals


async def test_overlaps_are_refused_in_every_form(runtime: Runtime) -> None:
    await _stand(runtime)
    standing = await _claims(runtime)
    statements = dict(REFUSED_BY_THE_GUARD)
    if runtime.engine.dialect.name == "sqlite":
        statements |= REFUSED_BY_THE_GUARD_OF_SQLITE
    assert await _refusals(runtime, statements) == dict.fromkeys(statements, "no_overlap")
    assert await _claims(runtime) == standing


async def test_unguarded_schema_accepts_every_form_of_overlap(runtime: Runtime) -> None:
    """The control: it is the guards, and nothing else, that refused them."""
    await _stand(runtime)
    statements = dict(REFUSED_BY_THE_GUARD)
    if runtime.engine.dialect.name == "sqlite":
        statements |= REFUSED_BY_THE_GUARD_OF_SQLITE
    async with runtime.transaction() as ctx:
        await ctx.connection.run_sync(overlap_guards.remove_guards)
    assert await _refusals(runtime, statements) == dict.fromkeys(statements, "")


async def test_a_claim_has_one_owner_and_a_length(runtime: Runtime) -> None:
    await _stand(runtime)
    standing = await _claims(runtime)
    statements = dict(REFUSED_BY_A_CHECK)
    if runtime.engine.dialect.name == "sqlite":
        statements |= REFUSED_BY_A_CHECK_OF_SQLITE
    owners = {"nobody's", "of two"}
    assert await _refusals(runtime, statements) == {
        name: "one_owner" if name in owners else "length" for name in statements
    }
    assert await _claims(runtime) == standing


@pytest.mark.parametrize("name", ACCEPTED)
async def test_non_overlapping_claims_are_accepted(runtime: Runtime, name: str) -> None:
    await _stand(runtime)
    assert await _refusals(runtime, {name: ACCEPTED[name]}) == {name: ""}


async def test_a_seat_is_one_bookings_and_a_booking_has_one_seat(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        rows = RowFactory(ctx)
        session = await rows.add(tables.sessions)
        first, second = [await rows.add(tables.bookings) for _ in range(2)]
        other = await rows.add(tables.sessions)
        shop = rows.newest["shops"]

    async def seat(session_id: int, number: int, booking_id: int) -> str:
        row = tables.seats.insert().values(
            shop_id=shop, session_id=session_id, seat=number, booking_id=booking_id
        )
        try:
            async with runtime.transaction() as ctx:
                await ctx.execute(row)
        except sa.exc.IntegrityError as error:
            return "check" if "ck_seats_seat" in str(error.orig) else "unique"
        return ""

    assert [
        await seat(session, 1, first),
        await seat(session, 1, second),
        await seat(session, 2, first),
        await seat(other, 1, first),
        await seat(session, 0, second),
        await seat(session, 2, second),
    ] == ["", "unique", "unique", "unique", "check", ""]
