"""Row operations behind changes of the catalog.

Changes validate their values (`InvalidValue` with `field` and `reason`), lock the calendars of the
affected providers in order of their ids, and raise the catalog's version. So a booking is either
made before the change or sees it. The columns are in `core.db.tables`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from core.catalog import loader
from core.db.context import Context
from core.db.tables import calendars, providers, shops
from core.errors import NotFound


async def lock_provider_calendars(
    ctx: Context, shop_id: int, provider_id: int | None = None
) -> None:
    """Lock the calendar of one provider or of all; raise NotFound for an unknown provider."""
    mine = sa.select(providers.c.calendar_id).where(providers.c.shop_id == shop_id)
    if provider_id is not None:
        mine = mine.where(providers.c.id == provider_id)
    ids = [row.calendar_id for row in await ctx.all(mine)]
    if not ids and provider_id is not None:
        raise NotFound(provider=provider_id)
    if not ids and await ctx.scalar(sa.select(shops.c.id).where(shops.c.id == shop_id)) is None:
        raise NotFound(shop=shop_id)
    await ctx.lock_rows(calendars, ids)


async def insert_row(ctx: Context, table: sa.Table, shop_id: int, values: Mapping[str, Any]) -> int:
    """Insert a row of a shop and return its id; raise NotFound for an unknown shop."""
    if await ctx.scalar(sa.select(shops.c.id).where(shops.c.id == shop_id)) is None:
        raise NotFound(shop=shop_id)
    made = await ctx.insert(table, shop_id=shop_id, **values)
    await loader.bump_version(ctx, shop_id)
    return made


async def update_row(
    ctx: Context, table: sa.Table, shop_id: int, row_id: int, values: Mapping[str, Any]
) -> None:
    """Update a row of a shop; raise NotFound if the shop has no such row."""
    await require_row(ctx, table, shop_id, row_id)
    await ctx.execute(table.update().where(table.c.id == row_id).values(values))
    await loader.bump_version(ctx, shop_id)


async def require_row(ctx: Context, table: sa.Table, shop_id: int, row_id: int) -> None:
    """Raise NotFound if the shop has no such row."""
    this = sa.select(table.c.id).where(table.c.shop_id == shop_id, table.c.id == row_id)
    if await ctx.scalar(this) is None:
        raise NotFound(**{table.name: row_id})
