"""The slot search: hours, claims, notice, horizon and grid as masks.

The implementation of `core.scheduling.availability`. A search costs one statement for all claims
concerned (`busy_times`) and some bit shifting; what does not depend on claims is prebuilt
(`horizon`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from operator import or_

from core.catalog.entities import Catalog, Offering, Slot
from core.db.context import Context
from core.errors import OfferChanged, ShopPaused
from core.localtime import ticks, zones
from core.scheduling.agreed_terms import Terms
from core.scheduling.asker import Asker
from core.scheduling.busy_times import (
    NOTHING,
    Busy,
    OpenSession,
    from_epoch,
    read_claims,
    read_sessions,
)
from core.scheduling.horizon import (
    MAX_GAP_MINUTES,
    BookingHorizon,
    booking_horizon,
    provider_open_mask,
)

_FIRST_LOOK = 20
"""Calendar-days whose claims a search for a few starts reads first, which costs about as much as a
statement; the rest is read only if that was not enough."""

_FIRST_LOOK_LEAST = 3
"""Minimum number of days read first, however many calendars: it spans a weekend."""


@dataclass(slots=True)
class SlotQuery:
    """A search: service and provider, and who asks."""

    ctx: Context
    catalog: Catalog
    service_id: int
    provider_id: int | None
    asker: Asker
    now_s: int = field(init=False)
    horizon: BookingHorizon = field(init=False)

    def __post_init__(self) -> None:
        self.now_s = int(self.ctx.now.timestamp())
        self.horizon = booking_horizon(self.catalog, self.now_s)

    async def slots(
        self, start: datetime, end: datetime, *, limit: int | None, everybody: bool
    ) -> list[Slot]:
        """Return the slots in [start, end): of all free providers, or one per start."""
        offerings, start_s, end_s = self._asked(start, end)
        if not offerings:
            return []
        if offerings[0].service.sessions:
            return await self._sessions(offerings, start_s, end_s, limit, everybody=everybody)
        found: list[Slot] = []
        for part in self._looks(start_s, end_s, limit and len(offerings)):
            busy = await self._busy(offerings, *part)
            masks = [self._mask(offering, busy, *part) for offering in offerings]
            if everybody or len(offerings) == 1:
                found += self._each(offerings, masks, limit)
            else:
                found += self._one_of(offerings, masks, busy, part, limit)
            if limit is not None and len(found) >= limit:
                return found[:limit]
        return found

    async def count_by_day(self, start: datetime, end: datetime) -> dict[date, int]:
        """Return the number of starts in [start, end) by local date, for dates that have any."""
        offerings, start_s, end_s = self._asked(start, end)
        if not offerings:
            return {}
        zone = self.catalog.shop.timezone
        if offerings[0].service.sessions:
            found = await self._sessions(offerings, start_s, end_s, None, everybody=False)
            return Counter(zones.to_local(int(s.starts_at.timestamp()), zone).date() for s in found)
        busy = await self._busy(offerings, start_s, end_s)
        masks = [self._mask(offering, busy, start_s, end_s) for offering in offerings]
        free = reduce(or_, masks)
        counted: dict[date, int] = {}
        for _, since_s, until_s in self.horizon.split_by_day(start_s, end_s):
            if number := (
                free & ticks.between_mask(since_s, until_s, self.horizon.window)
            ).bit_count():
                counted[zones.to_local(since_s, zone).date()] = number
        return counted

    def _asked(self, start: datetime, end: datetime) -> tuple[list[Offering], int, int]:
        """Return the offerings to search and the bounds in epoch seconds; none if all are over."""
        offerings = [
            offering
            for offering in self.catalog.offerings_of(self.service_id)
            if self.provider_id in {None, offering.provider.id}
        ]
        if not offerings or self.catalog.shop.paused:
            return [], 0, 0
        bounds = [self.bookable_bounds(offering) for offering in offerings]
        start_s = max(_ceil(start), min(low for low, _ in bounds))
        end_s = min(_ceil(end), max(high for _, high in bounds))
        return (offerings if start_s < end_s else []), start_s, end_s

    def bookable_bounds(self, offering: Offering) -> tuple[int, int]:
        """Return from when until when it may be booked, by notice and horizon."""
        rules = offering.rules
        return self.now_s + 60 * rules.notice_minutes, self.horizon.horizon_end_s(
            rules.horizon_days
        )

    def _terms(self, offering: Offering) -> Terms:
        agreed = self.asker.terms
        if agreed is None:
            return Terms(offering.minutes, offering.price_minor, self.catalog.shop.currency)
        return agreed.with_offering(self.catalog, offering)

    def _looks(self, start_s: int, end_s: int, calendars: int | None) -> Iterator[tuple[int, int]]:
        """Yield the span in the parts to read, split where a local day begins."""
        days = self.horizon.day_starts_s
        if calendars:
            later = self.horizon.day_index(start_s) + max(
                _FIRST_LOOK_LEAST, _FIRST_LOOK // calendars
            )
            if later < len(days) and days[later] < end_s:
                yield start_s, days[later]
                start_s = days[later]
        yield start_s, end_s

    async def _busy(
        self, offerings: Sequence[Offering], start_s: int, end_s: int
    ) -> dict[int, Busy]:
        """Return the claims that matter for starts in the span, by calendar, for whole days."""
        longest = 60 * (
            MAX_GAP_MINUTES + max(self._terms(offering).minutes for offering in offerings)
        )
        days = self.horizon.day_starts_s
        first, last = (
            days[self.horizon.day_index(start_s)],
            days[self.horizon.day_index(end_s - 1) + 1],
        )
        calendars = {
            calendar
            for offering in offerings
            for calendar in calendars_of(self.catalog, self.service_id, offering.provider.id)
        }
        since_s = min(first, start_s - 60 * MAX_GAP_MINUTES)
        return await read_claims(
            self.ctx, self.asker, calendars, since_s, max(last, end_s + longest)
        )

    def _mask(self, offering: Offering, busy: Mapping[int, Busy], start_s: int, end_s: int) -> int:
        """Return the starts of one offering in the span."""
        low, high = self.bookable_bounds(offering)
        window = self.horizon.window
        between = ticks.between_mask(max(start_s, low), min(end_s, high), window)
        grid = self.horizon.grid_mask(offering.rules.grid_minutes) & between
        return self._fit(offering, busy, window, grid, self._terms(offering).minutes)

    def _fit(
        self,
        offering: Offering,
        busy: Mapping[int, Busy],
        window: ticks.TickWindow,
        grid: int,
        minutes: int,
    ) -> int:
        provider_id = offering.provider.id
        taken: list[ticks.BusyClaim] = []
        for calendar in calendars_of(self.catalog, self.service_id, provider_id):
            taken += busy.get(calendar, NOTHING).claims
        core, padded = ticks.busy_masks(taken, window)
        if window is self.horizon.window:
            open_ = self.horizon.open_mask(provider_id)
        else:
            open_ = provider_open_mask(self.catalog, provider_id, window)
        return ticks.start_mask(
            open_,
            core,
            padded,
            minutes=minutes,
            gap_before=offering.rules.gap_before_minutes,
            gap_after=offering.rules.gap_after_minutes,
            grid=grid,
        )

    def _each(
        self, offerings: Sequence[Offering], masks: Sequence[int], limit: int | None
    ) -> list[Slot]:
        """Return every start of every offering, by time, then in the providers' order."""
        window = self.horizon.window
        found = [
            (start_s, at)
            for at, mask in enumerate(masks)
            for start_s in ticks.mask_instants(mask, window)
        ]
        if len(masks) > 1:
            found.sort()
        return [self._slot(offerings[at], start_s) for start_s, at in found[:limit]]

    def _one_of(
        self,
        offerings: Sequence[Offering],
        masks: Sequence[int],
        busy: Mapping[int, Busy],
        part: tuple[int, int],
        limit: int | None,
    ) -> list[Slot]:
        """Return each start once, day by day, with the least busy of the free providers."""
        days = self.horizon.day_starts_s
        begins = [busy.get(o.provider.calendar_id, NOTHING).begins for o in offerings]
        found: list[Slot] = []
        for day, start_s, end_s in self.horizon.split_by_day(*part):
            first = start_s // ticks.TICK_SECONDS
            window = ticks.TickWindow(first, -(-end_s // ticks.TICK_SECONDS) - first)
            shift, ones = first - self.horizon.window.first_tick, (1 << window.tick_count) - 1
            since, until = days[day], days[day + 1]
            free = [
                # Bookings that day, then position.
                (bisect_left(begin, until) - bisect_left(begin, since), at, of_day)
                for at, (mask, begin) in enumerate(zip(masks, begins, strict=True))
                if (of_day := mask >> shift & ones)
            ]
            free.sort()
            given = 0
            that_day: list[tuple[int, int]] = []
            for _, at, mask in free:
                if rest := mask & ~given:
                    that_day += [(start, at) for start in ticks.mask_instants(rest, window)]
                    given |= rest
            that_day.sort()
            found += [self._slot(offerings[at], start) for start, at in that_day[:limit]]
            if limit is not None and len(found) >= limit:
                break
        return found

    def _slot(self, offering: Offering, start_s: int) -> Slot:
        shop, start = self.catalog.shop, datetime.fromtimestamp(start_s, UTC)
        terms = self._terms(offering)
        return Slot(
            shop.id,
            self.service_id,
            offering.provider.id,
            start,
            start + timedelta(minutes=terms.minutes),
            terms.price_minor,
            terms.currency,
        )

    # -------------------------------------------------------------------------------- sessions

    async def _sessions(
        self,
        offerings: Sequence[Offering],
        start_s: int,
        end_s: int,
        limit: int | None,
        *,
        everybody: bool,
    ) -> list[Slot]:
        """Return sessions with free seats: all, or of concurrent ones the emptiest."""
        given_by = {offering.provider.id: (at, offering) for at, offering in enumerate(offerings)}
        found: dict[object, tuple[tuple[int, ...], Slot]] = {}
        for row in await self._read(start_s, end_s):
            at, offering = given_by.get(row.provider_id, (0, None))
            if offering is None or row.seats_left < 1:
                continue
            low, high = self.bookable_bounds(offering)
            if low <= row.starts_s < high:
                rank = (row.starts_s, at, row.id) if everybody else (row.starts_s, -row.seats_left)
                key = row.id if everybody else row.starts_s
                if key not in found or rank < found[key][0]:
                    found[key] = rank, self._seat(offering, row)
        return [slot for _, slot in sorted(found.values(), key=lambda one: one[0])][:limit]

    async def _read(self, start_s: int, end_s: int) -> list[OpenSession]:
        return await read_sessions(
            self.ctx, self.asker, self.catalog.shop.id, self.service_id, start_s, end_s
        )

    def _seat(self, offering: Offering, row: OpenSession) -> Slot:
        price = offering.price_minor if row.price_minor is None else row.price_minor
        session = Terms((row.ends_s - row.starts_s) // 60, price, self.catalog.shop.currency)
        if self.asker.terms is not None:
            session = self.asker.terms.with_offering(self.catalog, offering, session)
        return Slot(
            self.catalog.shop.id,
            self.service_id,
            row.provider_id,
            from_epoch(row.starts_s),
            from_epoch(row.ends_s),
            session.price_minor,
            session.currency,
            row.id,
            row.seats_left,
        )

    # -------------------------------------------------------------------------------- one slot

    async def reason_unavailable(self, slot: Slot, *, staff: bool) -> str | None:
        """Return why a slot cannot be booked now, as a code, or None.

        The codes are those of `availability.ensure_available`.
        """
        offering = self.catalog.offerings.get((slot.service_id, slot.provider_id))
        if self.catalog.shop.paused and not staff:
            raise ShopPaused(shop=self.catalog.shop.id)
        if offering is None or not offering.is_bookable:
            return "inactive"
        start_s = int(slot.starts_at.timestamp())
        low, high = self.bookable_bounds(offering)
        if not staff and start_s < low:
            return "notice"
        if not staff and start_s >= high:
            return "horizon"
        if offering.service.sessions or slot.session_id is not None:
            return await self._session_obstacle(slot, start_s)
        usual = self._terms(offering).minutes
        if not staff and slot.minutes != usual:
            raise OfferChanged(was=slot.minutes, now=usual)
        return await self._time_obstacle(slot, offering, start_s, staff=staff)

    async def _session_obstacle(self, slot: Slot, start_s: int) -> str | None:
        for row in await self._read(start_s, start_s + 1):
            if row.id == slot.session_id and row.provider_id == slot.provider_id:
                return None if row.seats_left > 0 else "full"
        return "session"

    async def _time_obstacle(
        self, slot: Slot, offering: Offering, start_s: int, *, staff: bool
    ) -> str | None:
        end_s = int(slot.ends_at.timestamp())
        window = self.horizon.window
        if not self.horizon.covers(start_s, end_s):
            # Staff may enter last week's or next year's bookings.
            window = ticks.TickWindow.between(slot.starts_at, slot.ends_at).widen(MAX_GAP_MINUTES)
        if start_s % ticks.TICK_SECONDS:
            return "grid"
        this = 1 << (start_s // ticks.TICK_SECONDS - window.first_tick)
        if not self._fit(offering, {}, window, this, slot.minutes):
            return "closed"
        if not staff and not this & self.horizon.grid_mask(offering.rules.grid_minutes):
            return "grid"
        calendars = calendars_of(self.catalog, slot.service_id, slot.provider_id)
        gap = 60 * MAX_GAP_MINUTES
        busy = await read_claims(self.ctx, self.asker, calendars, start_s - gap, end_s + gap)
        free = self._fit(offering, busy, window, this, slot.minutes)
        return None if free else "taken"


def calendars_of(catalog: Catalog, service_id: int, provider_id: int) -> tuple[int, ...]:
    """Return the calendars a booking claims: the provider's, then the rooms'."""
    return (
        catalog.provider(provider_id).calendar_id,
        *catalog.rooms_by_service.get(service_id, ()),
    )


def _ceil(instant: datetime) -> int:
    """Return epoch seconds, rounded up."""
    return -int(-instant.timestamp() // 1)
