"""Changes to providers and their offerings; see `core.catalog.rows` for locks and versions."""

from __future__ import annotations

import sqlalchemy as sa

from core.catalog import loader
from core.catalog.rows import insert_row, lock_provider_calendars, require_row, update_row
from core.db.context import Context
from core.db.tables import calendars, provider_services, providers, services
from core.errors import NotFound
from core.values.catalog_changes import NewProvider, OfferingChange, ProviderChange

# ------------------------------------------------------------------------------------ providers


async def add_provider(
    ctx: Context, shop_id: int, new: NewProvider, *, calendar_id: int | None = None
) -> int:
    """Add a provider with a calendar and return the provider's id.

    Pass the `calendar_id` of the same person at another shop, and neither shop can book what the
    other has claimed.
    """
    values = new.changes()
    if calendar_id is None:
        calendar_id = await ctx.insert(calendars, kind="provider", name=values["name"])
    else:
        shared = sa.select(calendars.c.id).where(
            calendars.c.id == calendar_id, calendars.c.kind == "provider"
        )
        if await ctx.scalar(shared) is None:
            raise NotFound(calendar=calendar_id)
    return await insert_row(ctx, providers, shop_id, {**values, "calendar_id": calendar_id})


async def change_provider(
    ctx: Context, shop_id: int, provider_id: int, change: ProviderChange
) -> None:
    """Change a provider, rules included; `available=False` is a temporary absence."""
    await lock_provider_calendars(ctx, shop_id, provider_id)
    await update_row(ctx, providers, shop_id, provider_id, change.changes())


async def set_offering(
    ctx: Context,
    shop_id: int,
    provider_id: int,
    service_id: int,
    offering: OfferingChange | None = None,
) -> None:
    """Set a provider's offering of a service, with its own duration and price if given."""
    values = (offering or OfferingChange()).changes()
    await require_row(ctx, services, shop_id, service_id)
    await remove_offering(ctx, shop_id, provider_id, service_id)
    values |= {"shop_id": shop_id, "provider_id": provider_id, "service_id": service_id}
    await ctx.execute(provider_services.insert().values(values))


async def remove_offering(ctx: Context, shop_id: int, provider_id: int, service_id: int) -> None:
    """Remove a provider's offering of a service."""
    await lock_provider_calendars(ctx, shop_id, provider_id)
    await ctx.execute(
        provider_services.delete().where(
            provider_services.c.shop_id == shop_id,
            provider_services.c.provider_id == provider_id,
            provider_services.c.service_id == service_id,
        )
    )
    await loader.bump_version(ctx, shop_id)
