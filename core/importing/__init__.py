"""Importing services, customers and upcoming bookings from CSV: the whole file or nothing.

`read_file` looks at the file alone and may take a second, so call it outside a transaction and off
the event loop. `find_faults` then checks its result against the shop's data, and `write_rows`
inserts it in a few statements, however many rows there are.
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
from core.importing.csv_file import ImportFault, ImportPlan, parse_csv

Faults = Sequence[ImportFault]

ImportKind = Literal["services", "customers", "bookings"]

IMPORTERS = {"services": services, "customers": customers, "bookings": bookings}
"""What can be imported."""


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """How many rows were new, and how many existed already."""

    created: int
    known: int


def read_file(what: ImportKind, file: bytes, known: Catalog, now: datetime) -> ImportPlan:
    """Return the rows of a file, each checked by itself and beside the others, with all faults."""
    table = parse_csv(file, IMPORTERS[what].REQUIRED_COLUMNS, IMPORTERS[what].COLUMNS)
    return IMPORTERS[what].plan_rows(table, known, now) if table.rows else ImportPlan(table)


async def find_faults(ctx: Context, what: ImportKind, plan: ImportPlan, known: Catalog) -> Faults:
    """Return every fault of a file, also those that come of what the shop has, by line."""
    found = [*plan.faults, *(await IMPORTERS[what].find_conflicts(ctx, plan, known))]
    return sorted(found, key=lambda fault: (fault.line, fault.field))


async def write_rows(
    ctx: Context,
    what: ImportKind,
    plan: ImportPlan,
    known: Catalog,
    actor: Actor,
    *,
    remind: bool = True,
) -> ImportCounts:
    """Write the rows of a file without faults, after `lock_affected` and `find_faults` once more.

    `remind`: whether the customers of imported bookings get reminders.
    """
    if what == "bookings":
        created = await bookings.write_rows(ctx, plan, known, actor, remind=remind)
    else:
        created = await IMPORTERS[what].write_rows(ctx, plan, known, actor)
    return ImportCounts(created, len(plan.rows) - created)


async def lock_affected(ctx: Context, what: ImportKind, plan: ImportPlan, known: Catalog) -> None:
    """Lock what the rows bear upon, until the end of the transaction."""
    await IMPORTERS[what].lock_affected(ctx, plan, known)
