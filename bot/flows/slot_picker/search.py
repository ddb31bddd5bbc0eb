"""Search for slots that meet the criteria, or come nearest to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Protocol

from bot.dialogue.talk import Talk
from bot.flows.slot_criteria import SlotCriteria
from core.catalog.entities import Catalog, Slot
from core.localtime import zones
from core.scheduling import availability
from core.scheduling.asker import Asker

FIRST_PAGE_SIZE = 3
"""Times offered on the first page."""


class SlotView(Protocol):
    """What a search needs: the service, the criteria and who asks."""

    talk: Talk
    catalog: Catalog
    service_id: int
    asker: Asker
    wish: SlotCriteria
    zone: str


async def find_slots(
    view: SlotView,
    wish: SlotCriteria,
    *,
    limit: int | None = None,
    since: datetime | None = None,
) -> list[Slot]:
    """Return the free slots that meet the criteria."""
    horizon = max(
        (o.rules.horizon_days for o in view.catalog.offerings_of(view.service_id)), default=1
    )
    start, end = wish.search_window(view.zone, view.talk.ctx.now, horizon)
    plain = not (
        wish.has_time or wish.weekdays or wish.not_weekdays or wish.not_days or wish.not_providers
    )
    if wish.not_providers:
        everyone = await availability.find_slots_by_provider(
            view.talk.ctx, view.catalog, view.service_id,
            start=since or start, end=end, asker=view.asker,
        )  # fmt: skip
        fitting = [s for s in everyone if wish.allows(s, view.zone)]
        found = [next(same) for _, same in groupby(fitting, key=lambda s: s.starts_at)]
    else:
        found = await availability.find_slots(
            view.talk.ctx, view.catalog, view.service_id, provider_id=wish.provider,
            start=since or start, end=end, asker=view.asker,
            limit=limit if plain else None,
        )  # fmt: skip
    if plain:
        return found
    return [slot for slot in found if wish.allows(slot, view.zone)]


async def nearest_slots(view: SlotView) -> list[Slot]:
    """Return the slots nearest to unmet criteria: first on the wanted day, then on later days."""
    wish = view.wish
    found: list[Slot] = []
    if wish.provider is not None and (wish.exactly or wish.at) and wish.day:
        # The exact time with another provider is as near as another time with this one.
        found = (await find_slots(view, replace(wish, provider=None)))[:1]
    if wish.day:
        wanted = wanted_instant(view, view.wish)
        day = await find_slots(view, wish.at_any_time())
        day.sort(key=lambda s: abs((s.starts_at - wanted).total_seconds()))
        found += [s for s in day if s not in found][: FIRST_PAGE_SIZE - len(found)]
    if len(found) < FIRST_PAGE_SIZE:
        start, _ = wish.search_window(view.zone, view.talk.ctx.now, 1)
        later = await find_slots(
            view,
            replace(wish, day="", until="", exactly=False, at=()),
            limit=FIRST_PAGE_SIZE, since=max(start, view.talk.ctx.now),
        )  # fmt: skip
        found += [s for s in later if s not in found][: FIRST_PAGE_SIZE - len(found)]
    if not found:
        free = replace(wish.at_any_time(), day="", until="", weekdays=(), provider=None)
        found = (await find_slots(view, free, limit=FIRST_PAGE_SIZE))[:FIRST_PAGE_SIZE]
    if not found:
        found = await find_slots(view, SlotCriteria(), limit=FIRST_PAGE_SIZE)
    return sorted(found, key=lambda s: s.starts_at)


def wanted_instant(view: SlotView, wish: SlotCriteria) -> datetime:
    """Return the first instant the criteria name; without a day, today's."""
    first_at = next(iter(wish.at), wish.before or 0)
    wanted = wish.since if wish.since is not None else first_at
    now = int(view.talk.ctx.now.timestamp())
    day = date.fromisoformat(wish.day) if wish.day else zones.to_local(now, view.zone).date()
    day += timedelta(days=wanted // 1440)
    first, _ = zones.day_bounds(day, view.zone)
    at = zones.instants_at(day, wanted % 1440, view.zone) or (first,)
    return datetime.fromtimestamp(at[0], view.talk.ctx.now.tzinfo)


def is_with_provider(slot: Slot, wish: SlotCriteria) -> bool:
    """Return whether a slot is with the requested provider, if there is one."""
    return wish.provider in (None, slot.provider_id)


def is_on_day(slot: Slot, wish: SlotCriteria, zone: str) -> bool:
    """Return whether a slot is on the requested days, if there are any."""
    day = zones.to_local(int(slot.starts_at.timestamp()), zone).date().isoformat()
    return not wish.day or wish.day <= day <= (wish.until or wish.day)
