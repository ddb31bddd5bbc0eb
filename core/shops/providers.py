"""Change what a shop offers: the verbs behind the sample shops and the admin API.

Each checks its values (`Invalid` with `field` and `reason`), locks the calendars of the providers
whose offers it changes, in order of their ids, and raises the catalog's version. So a booking
either is made before the change or sees it. Columns and their meaning: `core.db.tables`.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.catalog import loader
from core.catalog.rows import _add, _change, _lock, _there
from core.db.context import Context
from core.db.tables import calendars, provider_services, providers, services
from core.errors import NotFound
from core.values.validators import OFFER, PROVIDER, RULES, _checked

# ------------------------------------------------------------------------------------ who gives it


async def add_provider(
    ctx: Context, shop_id: int, name: str, *, calendar_id: int | None = None, **more: Any
) -> int:
    """Add a provider with a calendar and return the provider's id.

    Give the `calendar_id` of the same person at another shop, and neither shop can book what the
    other has taken. `more` is any other column of `providers`.
    """
    values = _checked(PROVIDER | RULES, {"name": name, **more})
    if calendar_id is None:
        calendar_id = await ctx.insert(calendars, kind="provider", name=values["name"])
    else:
        shared = sa.select(calendars.c.id).where(
            calendars.c.id == calendar_id, calendars.c.kind == "provider"
        )
        if await ctx.scalar(shared) is None:
            raise NotFound(calendar=calendar_id)
    return await _add(ctx, providers, shop_id, {**values, "calendar_id": calendar_id})


async def change_provider(ctx: Context, shop_id: int, provider_id: int, **changes: Any) -> None:
    """Change columns of a provider, rules included; `available=False` is "not just now"."""
    values = _checked(PROVIDER | RULES, changes)
    await _lock(ctx, shop_id, provider_id)
    await _change(ctx, providers, shop_id, provider_id, values)


async def offer(
    ctx: Context,
    shop_id: int,
    provider_id: int,
    service_id: int,
    *,
    minutes: int | None = None,
    price_minor: int | None = None,
) -> None:
    """Let a provider give a service, at an own length and price if set; again, to change these."""
    values = _checked(OFFER, {"minutes": minutes, "price_minor": price_minor})
    await _there(ctx, services, shop_id, service_id)
    await withdraw(ctx, shop_id, provider_id, service_id)
    values |= {"shop_id": shop_id, "provider_id": provider_id, "service_id": service_id}
    await ctx.execute(provider_services.insert().values(values))


async def withdraw(ctx: Context, shop_id: int, provider_id: int, service_id: int) -> None:
    """Let a provider no longer give a service."""
    await _lock(ctx, shop_id, provider_id)
    await ctx.execute(
        provider_services.delete().where(
            provider_services.c.shop_id == shop_id,
            provider_services.c.provider_id == provider_id,
            provider_services.c.service_id == service_id,
        )
    )
    await loader.touch(ctx, shop_id)
