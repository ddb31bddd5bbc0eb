"""Services, customers and bookings to come, brought along as CSV: all of a file or nothing.

`read` looks at the file alone and may take a second, so not within a transaction and not on the
event loop. What it made is looked at once more beside what the shop has (`faults`), and written
(`write`) by a few statements, however many rows there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.bookings.transitions import Actor
from core.catalog.entities import Catalog
from core.db.context import Context
from core.importing import bookings, customers, services
from core.importing.csv_file import Fault, Plan, sheet

Faults = Sequence[Fault]

What = Literal["services", "customers", "bookings"]

WHAT = {"services": services, "customers": customers, "bookings": bookings}
"""What can be brought along."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows were new, and how many were there already."""

    created: int
    known: int


def read(what: What, file: bytes, known: Catalog, now: datetime) -> Plan:
    """Return the rows of a file, each checked by itself and beside the others, with all faults."""
    table = sheet(file, WHAT[what].NEEDED, WHAT[what].COLUMNS)
    return WHAT[what].plan(table, known, now) if table.rows else Plan(table)


async def faults(ctx: Context, what: What, plan: Plan, known: Catalog) -> Faults:
    """Return every fault of a file, also those that come of what the shop has, by line."""
    found = [*plan.faults, *(await WHAT[what].beside(ctx, plan, known))]
    return sorted(found, key=lambda fault: (fault.line, fault.field))


async def write(
    ctx: Context, what: What, plan: Plan, known: Catalog, actor: Actor, *, remind: bool = True
) -> Count:
    """Write the rows of a file without faults; call `lock` first, then `faults` once more.

    `remind`: whether who has the bookings is reminded of them.
    """
    if what == "bookings":
        created = await bookings.write(ctx, plan, known, actor, remind=remind)
    else:
        created = await WHAT[what].write(ctx, plan, known, actor)
    return Count(created, len(plan.rows) - created)


async def lock(ctx: Context, what: What, plan: Plan, known: Catalog) -> None:
    """Lock what the rows bear upon, until the end of the transaction."""
    await WHAT[what].lock(ctx, plan, known)
