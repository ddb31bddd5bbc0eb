"""Change what a shop offers: the verbs behind the sample shops and the admin API.

Each checks its values (`Invalid` with `field` and `reason`), locks the calendars of the providers
whose offers it changes, in order of their ids, and raises the catalog's version. So a booking
either is made before the change or sees it. Columns and their meaning: `core.db.tables`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.bookings.reminders import schedule
from core.catalog import loader
from core.catalog.rows import _add, _change, _lock, _there
from core.db.context import Context
from core.db.tables import categories, services
from core.errors import Invalid
from core.values.validators import CATEGORY, RULES, SERVICE, _checked

# ------------------------------------------------------------------------------------ what is given


async def add_category(ctx: Context, shop_id: int, name: str, *, position: int = 0) -> int:
    """Add a heading for services and return its id."""
    values = _checked(CATEGORY, {"name": name, "position": position})
    return await _add(ctx, categories, shop_id, values)


async def change_category(ctx: Context, shop_id: int, category_id: int, **changes: Any) -> None:
    """Change a heading's name or position."""
    await _change(ctx, categories, shop_id, category_id, _checked(CATEGORY, changes))


async def remove_category(ctx: Context, shop_id: int, category_id: int) -> None:
    """Take a heading away; its services stand under none."""
    await _there(ctx, categories, shop_id, category_id)
    under = services.update().where(services.c.category_id == category_id)
    await ctx.execute(under.values(category_id=None))
    await ctx.execute(categories.delete().where(categories.c.id == category_id))
    await loader.touch(ctx, shop_id)


async def add_service(
    ctx: Context,
    shop_id: int,
    name: str,
    *,
    minutes: int,
    price_minor: int | None = None,
    **more: Any,
) -> int:
    """Add a service and return its id; `more` is any other column of `services`."""
    given = {"name": name, "minutes": minutes, "price_minor": price_minor, **more}
    values = _checked(SERVICE | RULES, given)
    await _belongs(ctx, shop_id, values)
    return await _add(ctx, services, shop_id, values)


async def change_service(ctx: Context, shop_id: int, service_id: int, **changes: Any) -> None:
    """Change columns of a service, rules included; `active=False` takes it off offer."""
    values = _checked(SERVICE | RULES, changes)
    if values.get("parent_id") == service_id:
        raise Invalid(field="parent_id", reason="itself")
    await _belongs(ctx, shop_id, values)
    await _lock(ctx, shop_id)
    await _change(ctx, services, shop_id, service_id, values)
    if "reminders" in values:
        await schedule.replan(ctx, shop_id=shop_id)


async def _belongs(ctx: Context, shop_id: int, values: Mapping[str, Any]) -> None:
    """Category and parent of a service are of the same shop, or NotFound."""
    for name, table in (("category_id", categories), ("parent_id", services)):
        if values.get(name) is not None:
            await _there(ctx, table, shop_id, values[name])
