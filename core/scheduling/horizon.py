"""The coming weeks of a shop as masks: hours, grid, and where local days begin.

They depend only on the catalog's version and the local day, so they are computed once for both and
cached in `Catalog.derived_cache`; a search then adds only the claims.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from core.catalog.entities import Catalog
from core.localtime import opening_masks, ticks, zones

MAX_GAP_MINUTES = 240
"""Minutes; the longest buffer the database accepts."""

MAX_SERVICE_MINUTES = 1440
"""Minutes; the longest service the database accepts."""

DAY_SECONDS = 86_400
"""Seconds of a day without a change of clocks."""


@dataclass(slots=True)
class BookingHorizon:
    """A shop from the day before a local date to the end of its longest horizon.

    `day_starts_s` are the epoch seconds at which local dates begin, today's first.
    """

    catalog: Catalog
    window: ticks.TickWindow
    day_starts_s: list[int]
    _open: dict[int, int] = field(default_factory=dict, repr=False)
    _grids: dict[int, int] = field(default_factory=dict, repr=False)

    def open_mask(self, provider_id: int) -> int:
        """Return the ticks at which a provider works: hours without time off."""
        mask = self._open.get(provider_id)
        if mask is None:
            mask = self._open[provider_id] = provider_open_mask(
                self.catalog, provider_id, self.window
            )
        return mask

    def grid_mask(self, minutes: int) -> int:
        """Return the ticks at which something may start, by local time."""
        mask = self._grids.get(minutes)
        if mask is None:
            zone = self.catalog.shop.timezone
            mask = self._grids[minutes] = opening_masks.grid_mask(zone, minutes, self.window)
        return mask

    def horizon_end_s(self, days: int) -> int:
        """Return the end of the last bookable date, `days` ahead of today."""
        return self.day_starts_s[days + 1]

    def day_index(self, epoch_s: int) -> int:
        """Return the index in `day_starts_s` of an instant."""
        return bisect_right(self.day_starts_s, epoch_s) - 1

    def split_by_day(self, start_s: int, end_s: int) -> Iterator[tuple[int, int, int]]:
        """Yield the local days of a span: index, and the start and end of the part inside."""
        day = self.day_index(start_s)
        while start_s < end_s:
            until = (
                min(self.day_starts_s[day + 1], end_s)
                if day + 1 < len(self.day_starts_s)
                else end_s
            )
            yield day, start_s, until
            day, start_s = day + 1, until

    def covers(self, start_s: int, end_s: int) -> bool:
        """Return whether a span is inside, with room for buffers on both sides."""
        gap = 60 * MAX_GAP_MINUTES
        return self.window.start_s + gap <= start_s and end_s + gap <= self.window.end_s


def booking_horizon(catalog: Catalog, now_s: int) -> BookingHorizon:
    """Return the horizon from the shop's current local day."""
    kept: BookingHorizon | None = catalog.derived_cache.get("frame")
    if kept is None or not kept.day_starts_s[0] <= now_s < kept.day_starts_s[1]:
        kept = catalog.derived_cache["frame"] = _made(catalog, now_s)
    return kept


def provider_open_mask(catalog: Catalog, provider_id: int, window: ticks.TickWindow) -> int:
    """Return the ticks of any window at which a provider works: hours without time off."""
    mask = opening_masks.open_mask(catalog.provider_hours[provider_id], window)
    for start_s, end_s in catalog.time_off_by_provider.get(provider_id, ()):
        mask &= ~ticks.span_mask(start_s, end_s, window)
    return mask


def _made(catalog: Catalog, now_s: int) -> BookingHorizon:
    zone = catalog.shop.timezone
    ahead = [offering.rules.horizon_days for offering in catalog.offerings.values()]
    longest = max(ahead, default=catalog.shop.rules.horizon_days)
    today = zones.to_local(now_s, zone).date()
    days = [zones.day_bounds(today + timedelta(days=n), zone)[0] for n in range(longest + 2)]
    # A date that the zone skips has no instants: it begins at the same time as the next.
    first_s = days[0] - DAY_SECONDS
    last_s = days[-1] + 60 * (MAX_SERVICE_MINUTES + MAX_GAP_MINUTES)
    first = first_s // ticks.TICK_SECONDS
    return BookingHorizon(
        catalog, ticks.TickWindow(first, -(-last_s // ticks.TICK_SECONDS) - first), days
    )
