"""Creating the sample shops with half-full calendars, by the functions an admin uses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from random import Random

from core.bookings import blocks, staff_actions
from core.bookings.booking import log_events
from core.bookings.create import BookedFor, new_ref, sold_snapshot, time_columns
from core.bookings.transitions import SYSTEM
from core.catalog.entities import Catalog, Slot
from core.catalog.loader import load_catalog
from core.catalog.shop_search import shop_by_keyword
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import bookings, claims
from core.demo.sample_shops import SAMPLE_SHOPS, SampleShop
from core.localtime import zones
from core.people.customers import add_customer
from core.people.members import add_member
from core.scheduling import availability, opening_hours
from core.scheduling.slot_finder import calendars_of
from core.shops import rooms
from core.shops.providers import add_provider, set_offering
from core.shops.services import add_category, add_service
from core.shops.shops import add_shop
from core.values.catalog_changes import (
    NewCategory,
    NewProvider,
    NewRoom,
    NewService,
    OfferingChange,
)
from core.values.shop_changes import NewShop

SEEDED_DAYS = 30
"""How far ahead the calendars are filled."""

_DRAWS = 16
"""How many slots are drawn per day; those that no longer fit are skipped."""

_AT_ONCE = 100
"""Bookings per statement."""


async def seed_sample_shops(runtime: Runtime) -> str:
    """Create the missing sample shops; return a sentence that says what exists now.

    Idempotent. Bookings are drawn at random, with the same result on the same day.
    """
    made = 0
    for sample in SAMPLE_SHOPS:
        shop_id = await runtime.run(partial(_set_up, sample))
        if shop_id is not None:
            # In a transaction of its own, so that the catalog is read once for all its bookings.
            made += await runtime.run(partial(_fill, sample, shop_id))
    names = [f"{sample.shop['name']} ({sample.keyword})" for sample in SAMPLE_SHOPS]
    shops = f"{', '.join(names[:-1])} and {names[-1]}"
    if not made:
        return f"The sample shops are there already: {shops}."
    return f"Made {shops}: {made} bookings in the next {SEEDED_DAYS} days."


# ------------------------------------------------------------------------------------ shops


async def _set_up(sample: SampleShop, ctx: Context) -> int | None:
    """Create the shop with its catalog and return its id; None if its keyword is taken."""
    if await shop_by_keyword(ctx, sample.keyword) is not None:
        return None
    shop_id = await add_shop(ctx, NewShop.from_columns(**sample.shop))
    await opening_hours.set_weekly_hours(ctx, shop_id, None, sample.week)
    today = zones.to_local(int(ctx.now.timestamp()), sample.shop["timezone"]).date()
    for day in _coming(today, sample.holidays):
        await opening_hours.set_date_exception(ctx, shop_id, day, reason="holiday")
    for day in _coming(today, sample.short_days):
        await opening_hours.set_date_exception(ctx, shop_id, day, sample.short_hours)
    services = await _services(ctx, sample, shop_id)
    for room, named in sample.rooms.items():
        await rooms.add_room(
            ctx, shop_id, NewRoom(name=room, service_ids=[services[name] for name in named])
        )
    for role, name, phone in sample.staff:
        await add_member(ctx, shop_id, role=role, name=name, phone=phone)
    for position, provider in enumerate(sample.providers):
        provider_id = await add_provider(
            ctx,
            shop_id,
            NewProvider.from_columns(name=provider.name, position=position, **provider.more),
        )
        await add_member(
            ctx,
            shop_id,
            role="provider",
            name=f"{provider.more.get('title', '')} {provider.name}".strip(),
            phone=provider.phone,
            provider_id=provider_id,
        )
        given = provider.services or tuple(
            service.name for service in sample.services if not service.more.get("sessions")
        )
        for name in given:
            await set_offering(
                ctx,
                shop_id,
                provider_id,
                services[name],
                OfferingChange(price_minor=provider.prices.get(name)),
            )
        if provider.week is not None:
            await opening_hours.set_weekly_hours(ctx, shop_id, provider_id, provider.week)
        for ahead in provider.days_off:
            bounds = zones.day_bounds(today + timedelta(days=ahead), sample.shop["timezone"])
            start, end = (datetime.fromtimestamp(bound, UTC) for bound in bounds)
            await opening_hours.add_time_off(ctx, shop_id, provider_id, start, end, "day off")
    return shop_id


async def _services(ctx: Context, sample: SampleShop, shop_id: int) -> dict[str, int]:
    """Add the services and their categories, in the order of the data."""
    headings: dict[str, int] = {}
    services: dict[str, int] = {}
    for position, service in enumerate(sample.services):
        if service.category not in headings:
            headings[service.category] = await add_category(
                ctx, shop_id, NewCategory(name=service.category, position=len(headings))
            )
        services[service.name] = await add_service(
            ctx,
            shop_id,
            NewService.from_columns(
                name=service.name,
                minutes=service.minutes,
                price_minor=service.price_minor,
                category_id=headings[service.category],
                synonyms=service.synonyms,
                position=position,
                **service.more,
            ),
        )
    return services


def _coming(today: date, days: tuple[tuple[int, int], ...]) -> Iterator[date]:
    """Yield the next date of each (month, day), today included."""
    for month, day in days:
        this_year = today.replace(month=month, day=day)
        yield this_year if this_year >= today else this_year.replace(year=today.year + 1)


# ------------------------------------------------------------------------------------ bookings


async def _fill(sample: SampleShop, shop_id: int, ctx: Context) -> int:
    """Book about half of everybody's coming days; return how many bookings were made.

    Inserted in bulk instead of by `staff_actions.book_for_customer`: nobody else knows the shop
    yet, so nothing needs a re-check, and the demo starts in a second. The database's guards apply
    all the same.
    """
    chance = Random(sample.keyword)  # noqa: S311 - sample data, and the same every time
    found = await load_catalog(ctx, shop_id)
    regulars = [await add_customer(ctx, shop_id, name) for name in sample.customers]
    seats = 0
    for slot in await _classes(ctx, sample, found):
        for customer_id in chance.sample(regulars, chance.randint(1, (slot.seats_left or 2) - 1)):
            key = f"sample {slot.session_id} {customer_id}"
            await staff_actions.book_for_customer(
                ctx, slot, actor=SYSTEM, customer_id=customer_id, key=key, origin="sample"
            )
            seats += 1
    drawn = await _drawn(ctx, found, chance)
    guests = _choose_guests(found, drawn, regulars, chance)
    names = dict(zip(regulars, sample.customers, strict=True))
    for start in range(0, len(drawn), _AT_ONCE):
        part = [(slot, guests[slot]) for slot in drawn[start : start + _AT_ONCE]]
        await _write(ctx, found, [(slot, BookedFor(one, names[one])) for slot, one in part], chance)
    return seats + len(drawn)


async def _drawn(ctx: Context, found: Catalog, chance: Random) -> list[Slot]:
    """Return random slots that half fill each provider's days without overlapping."""
    taken: dict[int, list[Slot]] = defaultdict(list)
    drawn: list[Slot] = []
    for provider in found.providers:
        free: dict[date, dict[int, list[Slot]]] = defaultdict(dict)
        for offering in found.offerings.values():
            if offering.provider != provider or offering.service.sessions:
                continue
            service_id = offering.service.id
            end = ctx.now + timedelta(days=SEEDED_DAYS)
            for slot in await availability.find_slots(
                ctx, found, service_id, provider_id=provider.id, start=ctx.now, end=end
            ):
                day = zones.to_local(int(slot.starts_at.timestamp()), found.shop.timezone).date()
                free[day].setdefault(service_id, []).append(slot)
        for starts in free.values():
            wanted = max(_minutes(those, found) for those in starts.values()) // 2
            for _ in range(_DRAWS):
                slot = chance.choice(starts[chance.choice(list(starts))])
                if slot.minutes <= wanted and _fits(found, slot, taken):
                    for calendar in calendars_of(found, slot.service_id, provider.id):
                        taken[calendar].append(slot)
                    drawn.append(slot)
                    wanted -= slot.minutes
    return drawn


def _choose_guests(
    found: Catalog, drawn: Sequence[Slot], regulars: Sequence[int], chance: Random
) -> dict[Slot, int]:
    """Return the customer of each slot: somebody who has nothing that day, while there is one.

    Nobody is in two places at once.
    """
    had: dict[int, list[Slot]] = defaultdict(list)
    days: dict[int, set[date]] = defaultdict(set)
    guests: dict[Slot, int] = {}
    for slot in drawn:
        day = zones.to_local(int(slot.starts_at.timestamp()), found.shop.timezone).date()
        free = [
            one
            for one in chance.sample(regulars, len(regulars))
            if all(
                other.ends_at <= slot.starts_at or slot.ends_at <= other.starts_at
                for other in had[one]
            )
        ]
        guest = min(free, key=lambda one: day in days[one])
        had[guest].append(slot)
        days[guest].add(day)
        guests[slot] = guest
    return guests


def _minutes(starts: list[Slot], found: Catalog) -> int:
    """Estimate the free minutes of a day's starts: a grid step each, plus the last duration."""
    return (len(starts) - 1) * found.shop.rules.grid_minutes + starts[-1].minutes


def _fits(found: Catalog, slot: Slot, taken: Mapping[int, list[Slot]]) -> bool:
    """Return whether a slot is clear of those drawn before, including buffers."""
    rules = found.offering(slot.service_id, slot.provider_id).rules
    gap = timedelta(minutes=max(rules.gap_before_minutes, rules.gap_after_minutes))
    return all(
        other.ends_at + gap <= slot.starts_at or slot.ends_at + gap <= other.starts_at
        for calendar in calendars_of(found, slot.service_id, slot.provider_id)
        for other in taken.get(calendar, ())
    )


async def _write(
    ctx: Context, found: Catalog, drawn: Sequence[tuple[Slot, BookedFor]], chance: Random
) -> None:
    """Insert confirmed bookings with their claims and first events."""
    rows = [
        {
            "shop_id": slot.shop_id,
            "ref": new_ref(ctx.random),
            "state": "confirmed",
            **time_columns(found, slot),
            "customer_id": whom.customer_id,
            "snapshot": sold_snapshot(found, slot, whom),
            "anyone": chance.random() < 0.5,
            "origin": "sample",
            "created_by": str(SYSTEM),
            "created_at": ctx.now,
            "updated_at": ctx.now,
        }
        for slot, whom in drawn
    ]
    statement = bookings.insert().returning(bookings.c.id, sort_by_parameter_order=True)
    ids = [row.id for row in await ctx.execute(statement, rows)]
    taken = []
    for booking_id, (slot, _) in zip(ids, drawn, strict=True):
        rules = found.offering(slot.service_id, slot.provider_id).rules
        taken += [
            {
                "shop_id": slot.shop_id,
                "calendar_id": calendar,
                "booking_id": booking_id,
                "busy_from": slot.starts_at,
                "busy_until": slot.ends_at,
                "gap_before": rules.gap_before_minutes,
                "gap_after": rules.gap_after_minutes,
            }
            for calendar in calendars_of(found, slot.service_id, slot.provider_id)
        ]
    await ctx.execute(claims.insert(), taken)
    begun = {"at": ctx.now, "action": "book_for", "to_state": "confirmed", "actor": str(SYSTEM)}
    shop_id = found.shop.id
    await log_events(
        ctx, [{"shop_id": shop_id, "booking_id": one, **begun, "details": {}} for one in ids]
    )


async def _classes(ctx: Context, sample: SampleShop, found: Catalog) -> list[Slot]:
    """Add the weekly sessions; return their slots."""
    zone = found.shop.timezone
    today = zones.to_local(int(ctx.now.timestamp()), zone).date()
    services = {service.name: service.id for service in found.services}
    providers = {provider.name: provider.id for provider in found.providers}
    seats: list[Slot] = []
    for service, provider, weekday, minute, capacity in sample.sessions:
        for ahead in range(1, SEEDED_DAYS + 1):
            day = today + timedelta(days=ahead)
            holiday = found.shop_hours.exceptions.get(day) == ()
            if day.weekday() != weekday or holiday:
                continue
            start_s, *_ = zones.instants_at(day, minute, zone)
            await blocks.add_session(
                ctx,
                shop_id=found.shop.id,
                service_id=services[service],
                provider_id=providers[provider],
                starts_at=datetime.fromtimestamp(start_s, UTC),
                capacity=capacity,
                actor=SYSTEM,
            )
        end = ctx.now + timedelta(days=SEEDED_DAYS)
        seats += await availability.find_slots(
            ctx, found, services[service], start=ctx.now, end=end
        )
    return seats
