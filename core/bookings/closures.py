"""The bookings that a closed date or time off hits: they stand, and somebody has to see to them."""

from __future__ import annotations

from datetime import UTC, date, datetime

from core.bookings.agenda import UPCOMING_STATES, load_agenda
from core.bookings.booking import Booking
from core.catalog.loader import load_catalog
from core.db.context import Context
from core.localtime import ticks, zones
from core.scheduling.horizon import provider_open_mask


async def bookings_in_time_off(
    ctx: Context, shop_id: int, provider_id: int, start: datetime, end: datetime
) -> list[Booking]:
    """Return a provider's upcoming bookings in [start, end), by start."""
    found = await load_agenda(
        ctx,
        shop_id,
        max(start, ctx.now),
        max(end, ctx.now),
        provider_ids=[provider_id],
        states=UPCOMING_STATES,
    )
    return [one for one in found if one.ends_at > ctx.now]


async def bookings_outside_hours(
    ctx: Context, shop_id: int, day: date, provider_id: int | None = None
) -> list[Booking]:
    """Return the upcoming bookings of a local date that lie outside its hours as they are now."""
    known = await load_catalog(ctx, shop_id)
    bounds = zones.day_bounds(day, known.shop.timezone)
    start, end = (datetime.fromtimestamp(bound, UTC) for bound in bounds)
    found = await load_agenda(
        ctx,
        shop_id,
        max(start, ctx.now),
        max(end, ctx.now),
        provider_ids=None if provider_id is None else [provider_id],
        states=UPCOMING_STATES,
    )
    hit = []
    for one in found:
        window = ticks.TickWindow.between(one.starts_at, one.ends_at)
        whole = (1 << window.tick_count) - 1
        works = one.provider_id in known.provider_hours
        if not works or provider_open_mask(known, one.provider_id, window) & whole != whole:
            hit.append(one)
    return hit
