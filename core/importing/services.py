"""Services brought along, each with its heading and who gives it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from core.bookings.transitions import Actor
from core.catalog import loader
from core.catalog.entities import Catalog
from core.db.context import Context
from core.db.tables import calendars, categories, provider_services, services
from core.importing.csv_file import Fault, Plan, Reader, Sheet
from core.values import validators

NEEDED = ("name", "minutes")
COLUMNS = (
    *NEEDED,
    "price_minor",
    "category",
    "description",
    "preparation",
    "synonyms",
    "providers",
    "position",
    "active",
)
"""Names of several – synonyms, providers – are parted by commas."""


def plan(sheet: Sheet, known: Catalog, _now: datetime) -> Plan:
    """Return the services of a file."""
    made = Plan(sheet)
    there = {service.name.casefold() for service in known.services}
    people = {provider.name.casefold(): provider for provider in known.providers}
    lines: dict[str, int] = {}
    for line, cells in sheet.rows:
        row = Reader(line, cells, made.faults)
        values = {
            "name": row.checked("name", validators.NAME),
            "minutes": row.whole("minutes", validators.MINUTES),
            "price_minor": row.whole("price_minor", validators.MONEY),
            "description": row.checked("description", validators.SHORT),
            "preparation": row.checked("preparation", validators.SHORT),
            "synonyms": row.checked("synonyms", validators.words, _several(cells["synonyms"])),
            "position": row.whole("position", validators.POSITION) or 0,
            "active": row.flag("active", default=True),
        }
        if not cells["minutes"]:
            row.fault("minutes", "missing")
        heading = row.checked("category", validators.NAME) if cells["category"] else ""
        called = str(values["name"] or "").casefold()
        if called in there:
            row.fault("name", "there already")
        elif called in lines:
            row.fault("name", f"as in line {lines[called]}")
        elif called:
            lines[called] = line
        given = []
        for name in _several(cells["providers"]):
            provider = people.get(name.casefold())
            if provider is None:
                row.fault("providers", f"nobody is called {name[:50]}")
            else:
                given.append(provider)
        if row.good:
            made.rows.append({"line": line, "values": values, "category": heading, "by": given})
    return made


def _several(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(",") if part.strip()]


async def lock(ctx: Context, plan: Plan, _known: Catalog) -> None:
    """Lock the calendars of those who give them."""
    await ctx.lock(calendars, {one.calendar_id for row in plan.rows for one in row["by"]})


async def beside(_ctx: Context, _plan: Plan, _known: Catalog) -> list[Fault]:
    """Find nothing more: all there is stands in the catalog."""
    return []


async def write(ctx: Context, plan: Plan, known: Catalog, _actor: Actor) -> int:
    """Add the services, with headings that are new."""
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
    await loader.touch(ctx, known.shop.id)
    return len(ids)


async def _added(ctx: Context, table: Any, rows: list[dict[str, Any]]) -> dict[str, int]:
    """Insert rows, no two of one name; return the ids by name, folded."""
    if not rows:
        return {}
    made = await ctx.execute(table.insert().returning(table.c.id, table.c.name), rows)
    return {row.name.casefold(): row.id for row in made}
