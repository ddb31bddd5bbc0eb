"""Changes to the shop itself; see `core.catalog.rows` for locks and versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from core.bookings.reminders.schedule import reschedule_upcoming
from core.catalog import loader
from core.catalog.rows import lock_provider_calendars
from core.db.context import Context
from core.db.tables import shops
from core.errors import InvalidValue
from core.shops.providers import change_provider
from core.shops.services import change_service
from core.values.catalog_changes import ProviderChange, RulesChange, ServiceChange
from core.values.shop_changes import NewShop, ShopChange

REMINDER_COLUMNS = {"reminders", "quiet_from", "quiet_until", "discreet", "timezone"}
"""Columns of a shop that affect the content or time of its reminders."""

# ------------------------------------------------------------------------------------ shop


async def add_shop(ctx: Context, new: NewShop) -> int:
    """Add a shop and return its id.

    It takes bookings once it has hours, a service and a provider who offers it.
    """
    values = new.changes()
    await _free_keyword(ctx, values)
    return await ctx.insert(shops, **values, created_at=ctx.now)


async def change_shop(ctx: Context, shop_id: int, change: ShopChange) -> None:
    """Change a shop, rules included; `paused=True` takes it off offer."""
    values = change.changes()
    await _free_keyword(ctx, values, shop_id)
    await lock_provider_calendars(ctx, shop_id)
    await ctx.execute(shops.update().where(shops.c.id == shop_id).values(values))
    await loader.bump_version(ctx, shop_id)
    if REMINDER_COLUMNS & values.keys():
        await reschedule_upcoming(ctx, shop_id=shop_id)


async def set_booking_rules(
    ctx: Context,
    shop_id: int,
    rules: RulesChange,
    *,
    service_id: int | None = None,
    provider_id: int | None = None,
) -> None:
    """Set booking rules of a shop, service or provider; None inherits from the level above.

    The rules are the fields of `core.catalog.entities.BookingRules`.
    """
    if provider_id is not None:
        await change_provider(ctx, shop_id, provider_id, ProviderChange(rules=rules))
    elif service_id is not None:
        await change_service(ctx, shop_id, service_id, ServiceChange(rules=rules))
    else:
        await change_shop(ctx, shop_id, ShopChange(rules=rules))


async def _free_keyword(ctx: Context, values: Mapping[str, Any], shop_id: int = 0) -> None:
    word = values.get("keyword")
    same = sa.select(shops.c.id).where(shops.c.keyword == word, shops.c.id != shop_id)
    if word is not None and await ctx.scalar(same) is not None:
        raise InvalidValue(field="keyword", reason="taken")
