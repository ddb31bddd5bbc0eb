"""Utilization: the used share of opening hours, to five minutes.

Weekly hours are the current ones, as no history is kept; exceptions and time off are those of the
period.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from core.catalog.loader import STORED_EXCEPTIONS, STORED_HOURS, opening_hours_by_provider
from core.db.context import Context
from core.db.rows import Rows
from core.db.tables import bookings, date_exceptions, epoch_seconds, hours, time_off
from core.localtime import opening_masks, ticks
from core.reporting.counters import RESERVED_STATES, ratio
from core.reporting.filters import ReportFilter

_LOOK_BACK = timedelta(hours=26)
"""The longest booking."""

_TICK_MINUTES = ticks.TICK_SECONDS // 60


@dataclass(frozen=True, slots=True)
class Utilization:
    """Open minutes, and how many of them were reserved.

    Parallel bookings, as in a session, count once. Bookings outside opening hours and former
    providers are left out.
    """

    open_minutes: int
    booked_minutes: int

    @property
    def share(self) -> float | None:
        """Return the utilization, or None if nothing was open."""
        return ratio(self.booked_minutes, self.open_minutes)


@dataclass(frozen=True, slots=True)
class _Span:
    """A provider's time off or booked time, in epoch seconds."""

    provider_id: int
    starts_s: int
    ends_s: int


_AWAY = Rows(
    _Span,
    sa.select(
        time_off.c.provider_id,
        epoch_seconds(time_off.c.starts_at).label("starts_s"),
        epoch_seconds(time_off.c.ends_at).label("ends_s"),
    ),
)
_BOOKED = Rows(
    _Span,
    sa.select(
        bookings.c.provider_id,
        epoch_seconds(bookings.c.starts_at).label("starts_s"),
        epoch_seconds(bookings.c.ends_at).label("ends_s"),
    ).distinct(),
)


async def utilization_by_provider(ctx: Context, scope: ReportFilter) -> dict[int, Utilization]:
    """Return the utilization of each active provider of a scope, by id."""
    start_s, end_s = scope.epoch_bounds
    start, end = datetime.fromtimestamp(start_s, UTC), datetime.fromtimestamp(end_s, UTC)
    window = ticks.TickWindow.between(start, end)
    of_shop = scope.shop_id
    week = await ctx.fetch(STORED_HOURS.where(hours.c.shop_id == of_shop))
    dates = await ctx.fetch(
        STORED_EXCEPTIONS.where(
            date_exceptions.c.shop_id == of_shop,
            # Hours of the day before may run past its midnight.
            date_exceptions.c.day.between(scope.since - timedelta(days=1), scope.until),
        )
    )
    away: dict[int, list[ticks.BusyClaim]] = {}
    off = _AWAY.where(
        time_off.c.shop_id == of_shop, time_off.c.ends_at > start, time_off.c.starts_at < end
    )
    for span in await ctx.fetch(off):
        away.setdefault(span.provider_id, []).append((span.starts_s, span.ends_s, 0, 0))
    taken: dict[int, list[ticks.BusyClaim]] = {}
    reserved = _BOOKED.where(
        *scope.booking_conditions(),
        bookings.c.state.in_(RESERVED_STATES),
        bookings.c.starts_at < end,
        bookings.c.starts_at > start - _LOOK_BACK,
        bookings.c.ends_at > start,
    )
    for span in await ctx.fetch(reserved):
        taken.setdefault(span.provider_id, []).append((span.starts_s, span.ends_s, 0, 0))
    by_who = opening_hours_by_provider(scope.zone, week, dates)
    found = {}
    for provider in scope.catalog.providers:
        if not provider.active or (
            scope.provider_ids is not None and provider.id not in scope.provider_ids
        ):
            continue
        open_ = opening_masks.open_mask(by_who.get(provider.id, by_who[None]), window)
        open_ &= ~ticks.busy_masks(sorted(away.get(provider.id, ())), window)[0]
        busy = ticks.busy_masks(sorted(taken.get(provider.id, ())), window)[0]
        found[provider.id] = Utilization(
            open_.bit_count() * _TICK_MINUTES, (open_ & busy).bit_count() * _TICK_MINUTES
        )
    return found
