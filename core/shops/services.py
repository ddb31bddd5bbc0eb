"""Changes to categories and services; see `core.catalog.rows` for locks and versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.bookings.reminders.schedule import reschedule_upcoming
from core.catalog import loader
from core.catalog.rows import insert_row, lock_provider_calendars, require_row, update_row
from core.db.context import Context
from core.db.tables import categories, services
from core.errors import InvalidValue
from core.values.catalog_changes import CategoryChange, NewCategory, NewService, ServiceChange

# ------------------------------------------------------------------------------------ services


async def add_category(ctx: Context, shop_id: int, new: NewCategory) -> int:
    """Add a category and return its id."""
    return await insert_row(ctx, categories, shop_id, new.changes())


async def change_category(
    ctx: Context, shop_id: int, category_id: int, change: CategoryChange
) -> None:
    """Change a category's name or position."""
    await update_row(ctx, categories, shop_id, category_id, change.changes())


async def remove_category(ctx: Context, shop_id: int, category_id: int) -> None:
    """Remove a category; its services then have none."""
    await require_row(ctx, categories, shop_id, category_id)
    under = services.update().where(services.c.category_id == category_id)
    await ctx.execute(under.values(category_id=None))
    await ctx.execute(categories.delete().where(categories.c.id == category_id))
    await loader.bump_version(ctx, shop_id)


async def add_service(ctx: Context, shop_id: int, new: NewService) -> int:
    """Add a service and return its id."""
    values = new.changes()
    await _belongs(ctx, shop_id, values)
    return await insert_row(ctx, services, shop_id, values)


async def change_service(
    ctx: Context, shop_id: int, service_id: int, change: ServiceChange
) -> None:
    """Change a service, rules included; `active=False` takes it off offer."""
    values = change.changes()
    if values.get("parent_id") == service_id:
        raise InvalidValue(field="parent_id", reason="itself")
    await _belongs(ctx, shop_id, values)
    await lock_provider_calendars(ctx, shop_id)
    await update_row(ctx, services, shop_id, service_id, values)
    if "reminders" in values:
        await reschedule_upcoming(ctx, shop_id=shop_id)


async def _belongs(ctx: Context, shop_id: int, values: Mapping[str, Any]) -> None:
    """Raise NotFound unless category and parent of a service belong to the same shop."""
    for name, table in (("category_id", categories), ("parent_id", services)):
        if values.get(name) is not None:
            await require_row(ctx, table, shop_id, values[name])
