"""Questions about availability, for flows, bookings and the API.

`core.scheduling.slot_finder` computes the answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter

from core.catalog.entities import Catalog, Slot
from core.db.context import Context
from core.errors import NotOffered, SlotTaken
from core.localtime import zones
from core.scheduling.agreed_terms import AgreedTerms
from core.scheduling.asker import NOBODY, Asker
from core.scheduling.slot_finder import SlotQuery

_FOREVER = timedelta(days=500)
"""Later than every horizon."""


async def find_slots(
    ctx: Context,
    catalog: Catalog,
    service_id: int,
    *,
    provider_id: int | None = None,
    start: datetime,
    end: datetime,
    asker: Asker = NOBODY,
    limit: int | None = None,
) -> list[Slot]:
    """Return the first `limit` slots in [start, end), by start.

    Notice and horizon apply. Without a `provider_id` there is one slot per start: with the free
    provider who has the fewest bookings that local day, then by position (of sessions, the one with
    the most seats left). What is the `asker`'s own is not in the way.
    """
    ask = SlotQuery(ctx, catalog, service_id, provider_id, asker)
    return await ask.slots(start, end, limit=limit, everybody=False)


async def find_slots_by_provider(
    ctx: Context,
    catalog: Catalog,
    service_id: int,
    *,
    provider_id: int | None = None,
    start: datetime,
    end: datetime,
    asker: Asker = NOBODY,
    limit: int | None = None,
) -> list[Slot]:
    """Return what `find_slots` does, but a slot per start and provider, and every session.

    Sorted by start, then the provider's position.
    """
    ask = SlotQuery(ctx, catalog, service_id, provider_id, asker)
    return await ask.slots(start, end, limit=limit, everybody=True)


async def count_slots_by_day(
    ctx: Context,
    catalog: Catalog,
    service_id: int,
    *,
    provider_id: int | None = None,
    asker: Asker = NOBODY,
) -> dict[date, int]:
    """Return the number of starts per local date up to the horizon, for dates that have any.

    Counts what `find_slots` would return.
    """
    ask = SlotQuery(ctx, catalog, service_id, provider_id, asker)
    return await ask.count_by_day(ctx.now, ctx.now + _FOREVER)


async def nearest_slots(
    ctx: Context,
    catalog: Catalog,
    slot: Slot,
    *,
    limit: int = 3,
    asker: Asker = NOBODY,
) -> tuple[Slot, ...]:
    """Return up to `limit` alternatives to a slot that is not free, by start.

    In order of preference: the same provider's last before and first after it on that local day,
    other providers at the same time, other times later that day, then earlier, then the next days.
    """
    zone = catalog.shop.timezone
    day = zones.to_local(int(slot.starts_at.timestamp()), zone).date()
    begins, ends = (datetime.fromtimestamp(bound, UTC) for bound in zones.day_bounds(day, zone))
    ask = SlotQuery(ctx, catalog, slot.service_id, None, asker)
    that_day = await ask.slots(begins, ends, limit=None, everybody=True)
    chosen = _nearest_of(that_day, slot)[:limit]
    if len(chosen) < limit:
        chosen += await ask.slots(ends, ctx.now + _FOREVER, limit=limit, everybody=False)
    if not chosen:  # past the horizon, for example: then the next slots from now on
        chosen = await ask.slots(ctx.now, ends, limit=limit, everybody=False)
    return tuple(sorted(chosen[:limit], key=attrgetter("starts_at")))


async def ensure_available(
    ctx: Context,
    catalog: Catalog,
    slot: Slot,
    *,
    asker: Asker = NOBODY,
    staff: bool = False,
) -> None:
    """Raise unless the slot is on offer now.

    ShopPaused; OfferChanged (`was`, `now`: minutes) if the service's duration changed; NotOffered
    (`reason`: inactive, session, notice, horizon, closed, grid) or SlotTaken (`reason`: taken,
    full), both with `alternatives`. Pause, notice, horizon, grid and usual duration do not bind
    staff; hours, claims and buffers do. Call it under the locks of `slot_finder.calendars_of`, with
    a catalog read under them.
    """
    ask = SlotQuery(ctx, catalog, slot.service_id, slot.provider_id, asker)
    reason = await ask.reason_unavailable(slot, staff=staff)
    if reason is None:
        return
    error = SlotTaken if reason in {"taken", "full"} else NotOffered
    instead = await nearest_slots(ctx, catalog, slot, asker=asker)
    raise error(alternatives=instead, reason=reason)


def _nearest_of(that_day: Sequence[Slot], slot: Slot) -> list[Slot]:
    """Return one local day's slots in order of preference as alternatives to `slot`."""
    at = slot.starts_at
    same = [other for other in that_day if other.provider_id == slot.provider_id]
    before = [other for other in same if other.starts_at < at][-1:]
    after = [other for other in same if other.starts_at > at][:1]
    others = [
        other
        for other in that_day
        if other.starts_at == at
        and (other.provider_id, other.session_id) != (slot.provider_id, slot.session_id)
    ]
    chosen = [*before, *after, *others]
    # From here on another time is more useful than another provider at the same one.
    times = {other.starts_at for other in chosen} | {at}
    mine_first = sorted(that_day, key=lambda other: other.provider_id != slot.provider_id)
    later = [other for other in mine_first if other.starts_at > at]
    earlier = [other for other in mine_first if other.starts_at < at]
    later.sort(key=attrgetter("starts_at"))
    earlier.sort(key=attrgetter("starts_at"), reverse=True)
    for other in [*later, *earlier]:
        if other.starts_at not in times:
            times.add(other.starts_at)
            chosen.append(other)
    return chosen


def staff_slot(
    known: Catalog,
    service_id: int,
    provider_id: int,
    starts_at: datetime,
    *,
    terms: AgreedTerms | None = None,
) -> Slot:
    """Return a start chosen by staff as a slot, without checking that it is free.

    `terms` are those of a booking that is to be moved there.
    """
    offering = known.offering(service_id, provider_id)
    if terms is not None:
        listed = staff_slot(known, service_id, provider_id, starts_at)
        return terms.with_offering(known, offering).applied_to(listed)
    return Slot(
        known.shop.id,
        service_id,
        provider_id,
        starts_at,
        starts_at + timedelta(minutes=offering.minutes),
        offering.price_minor,
        known.shop.currency,
    )


async def resolve_slot(
    ctx: Context,
    known: Catalog,
    service_id: int,
    provider_id: int | None,
    starts_at: datetime,
    *,
    asker: Asker = NOBODY,
) -> Slot:
    """Return a start as a slot: with the given provider, else with any who is free.

    A service given in sessions has only its sessions' starts. Raise NotOffered (`reason`) if nobody
    is free or no session begins then.
    """
    if provider_id is not None and not known.service(service_id).sessions:
        return staff_slot(known, service_id, provider_id, starts_at, terms=asker.terms)
    known.service(service_id)
    found = await find_slots(
        ctx,
        known,
        service_id,
        provider_id=provider_id,
        start=starts_at,
        end=starts_at + timedelta(minutes=5),
        asker=asker,
    )
    for slot in found:
        if slot.starts_at == starts_at:
            return slot
    raise NotOffered(reason="nobody")
