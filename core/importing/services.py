"""Importing services with their categories and providers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from core.bookings.transitions import Actor
from core.catalog import loader
from core.catalog.entities import Catalog
from core.db.context import Context
from core.db.tables import calendars, categories, provider_services, services
from core.importing.csv_file import CsvFile, ImportFault, ImportPlan, RowReader
from core.values.catalog_changes import NewService
from core.values.field_types import DisplayName

REQUIRED_COLUMNS = ("name", "minutes")
COLUMNS = (
    *REQUIRED_COLUMNS,
    "price_minor",
    "category",
    "description",
    "preparation",
    "synonyms",
    "providers",
    "position",
    "active",
)
"""Lists in a cell – synonyms, providers – are separated by commas."""


def plan_rows(sheet: CsvFile, known: Catalog, _now: datetime) -> ImportPlan:
    """Return the services of a file."""
    made = ImportPlan(sheet)
    there = {service.name.casefold() for service in known.services}
    people = {provider.name.casefold(): provider for provider in known.providers}
    lines: dict[str, int] = {}
    for line, cells in sheet.rows:
        row = RowReader(line, cells, made.faults)
        numbers = {name: row.read_integer(name) for name in ("minutes", "price_minor", "position")}
        new = row.read_change(
            NewService,
            name=cells["name"],
            **{name: number for name, number in numbers.items() if number is not None},
            description=cells["description"],
            preparation=cells["preparation"],
            synonyms=_several(cells["synonyms"]),
            active=row.read_bool("active", default=True),
        )
        heading = row.read_value("category", DisplayName) if cells["category"] else ""
        called = "" if row.is_wrong("name") else cells["name"].casefold()
        if called in there:
            row.add_fault("name", "there already")
        elif called in lines:
            row.add_fault("name", f"as in line {lines[called]}")
        elif called:
            lines[called] = line
        given = []
        for name in _several(cells["providers"]):
            provider = people.get(name.casefold())
            if provider is None:
                row.add_fault("providers", f"nobody is called {name[:50]}")
            else:
                given.append(provider)
        if row.good and new is not None:
            values = {"price_minor": None, "position": 0} | new.changes()
            made.rows.append({"line": line, "values": values, "category": heading, "by": given})
    return made


def _several(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(",") if part.strip()]


async def lock_affected(ctx: Context, plan: ImportPlan, _known: Catalog) -> None:
    """Lock the calendars of the providers."""
    await ctx.lock_rows(calendars, {one.calendar_id for row in plan.rows for one in row["by"]})


async def find_conflicts(_ctx: Context, _plan: ImportPlan, _known: Catalog) -> list[ImportFault]:
    """Return no faults: the catalog already showed all conflicts."""
    return []


async def write_rows(ctx: Context, plan: ImportPlan, known: Catalog, _actor: Actor) -> int:
    """Insert the services and the new categories."""
    shop = {"shop_id": known.shop.id}
    headings = {category.name.casefold(): category.id for category in known.categories}
    new: dict[str, str] = {}
    for row in plan.rows:
        name = row["category"]
        if name and name.casefold() not in headings:
            new.setdefault(name.casefold(), name)
    headings |= await _added(ctx, categories, [shop | {"name": name} for name in new.values()])
    values = [
        shop | row["values"] | {"category_id": headings.get(row["category"].casefold())}
        for row in plan.rows
    ]
    ids = await _added(ctx, services, values)
    pairs = [
        shop | {"service_id": ids[row["values"]["name"].casefold()], "provider_id": provider.id}
        for row in plan.rows
        for provider in {one.id: one for one in row["by"]}.values()
    ]
    if pairs:
        await ctx.execute(provider_services.insert(), pairs)
    await loader.bump_version(ctx, known.shop.id)
    return len(ids)


async def _added(ctx: Context, table: Any, rows: list[dict[str, Any]]) -> dict[str, int]:
    """Insert rows with distinct names; return their ids by folded name."""
    if not rows:
        return {}
    made = await ctx.execute(table.insert().returning(table.c.id, table.c.name), rows)
    return {row.name.casefold(): row.id for row in made}
