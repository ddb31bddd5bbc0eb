"""Loading a shop's catalog, cached per version.

Every turn needs the catalog, so it is cached until its version changes, which one small statement
checks. Whoever changes a row of the catalog calls `bump_version` in the same transaction (all
functions of `core.shops` do).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import sqlalchemy as sa

from core.catalog.entities import (
    Catalog,
    Category,
    EpochSpan,
    Offering,
    Provider,
    Service,
    Shop,
    effective_rules,
)
from core.db.caches import CacheKey, Caches
from core.db.context import Context
from core.db.rows import Rows
from core.db.tables import (
    categories,
    date_exceptions,
    epoch_seconds,
    hours,
    provider_services,
    providers,
    service_rooms,
    services,
    shops,
    time_off,
)
from core.errors import NotFound
from core.localtime.opening_masks import Interval, OpeningHours

_DAYS_BACK = timedelta(days=7)
"""How far back holidays and time off are loaded: staff record visits of this week."""

_VERSION = sa.select(shops.c.version).where(shops.c.id == sa.bindparam("shop_id"))
_VERSION_LOCKED = _VERSION.with_for_update(key_share=True)


CATALOGS: CacheKey[dict[int, Catalog]] = CacheKey("catalogs", dict)
"""The catalogs as last read, by shop."""


@dataclass(frozen=True, slots=True)
class StoredInterval:
    """An interval of weekly hours, of a provider or (None) the shop; Monday is 0."""

    provider_id: int | None
    weekday: int
    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class StoredException:
    """An interval of a date's own hours, of a provider or (None) the shop; without one: closed."""

    provider_id: int | None
    day: date
    opens: int | None
    closes: int | None


@dataclass(frozen=True, slots=True)
class _Pair:
    """What a provider has of a service: their own price and length, if any."""

    service_id: int
    provider_id: int
    price_minor: int | None
    minutes: int | None


@dataclass(frozen=True, slots=True)
class _RoomNeed:
    """A room that a service takes, by its calendar."""

    service_id: int
    calendar_id: int


@dataclass(frozen=True, slots=True)
class _Away:
    """A provider's time off in epoch seconds."""

    provider_id: int
    starts_s: int
    ends_s: int


SHOPS = Rows(Shop, sa.select(shops))
STORED_HOURS = Rows(
    StoredInterval, sa.select(hours.c.provider_id, hours.c.weekday, hours.c.opens, hours.c.closes)
)
STORED_EXCEPTIONS = Rows(
    StoredException,
    sa.select(
        date_exceptions.c.provider_id,
        date_exceptions.c.day,
        date_exceptions.c.opens,
        date_exceptions.c.closes,
    ),
)
_CATEGORIES = Rows(Category, sa.select(categories))
_SERVICES = Rows(Service, sa.select(services))
_PROVIDERS = Rows(Provider, sa.select(providers))
_PAIRS = Rows(
    _Pair,
    sa.select(
        provider_services.c.service_id,
        provider_services.c.provider_id,
        provider_services.c.price_minor,
        provider_services.c.minutes,
    ),
)
_ROOM_NEEDS = Rows(
    _RoomNeed,
    sa.select(service_rooms.c.service_id, service_rooms.c.calendar_id).order_by(
        service_rooms.c.calendar_id
    ),
)
_AWAY = Rows(
    _Away,
    sa.select(
        time_off.c.provider_id,
        epoch_seconds(time_off.c.starts_at).label("starts_s"),
        epoch_seconds(time_off.c.ends_at).label("ends_s"),
    ),
)


@dataclass(frozen=True, slots=True)
class _Forget:
    """Drops a shop from the cache after the transaction that changed it commits."""

    caches: Caches = field(repr=False, compare=False)
    shop_id: int

    def __call__(self) -> None:
        self.caches.of(CATALOGS).pop(self.shop_id, None)


async def load_catalog(
    ctx: Context, shop_id: int, *, lock: bool = False, version: int | None = None
) -> Catalog:
    """Return a shop's catalog as this transaction sees it; raise NotFound for an unknown shop.

    One statement if nothing changed, none if `version` was just read by this transaction. To
    re-check an offer, lock the calendars first and load the catalog then: changes take the same
    locks. `lock` locks the shop's row with the same statement, for limits counted per shop.
    """
    if version is None:
        statement = _VERSION_LOCKED if lock else _VERSION
        version = (await ctx.execute(statement, {"shop_id": shop_id})).scalar()
    if version is None:
        raise NotFound(shop=shop_id)
    kept = cached_catalog(ctx, shop_id)
    if kept is not None and kept.version == version:
        return kept
    while True:
        fresh = await _load(ctx, shop_id)
        # Each statement may see a newer snapshot: read again if somebody committed in between.
        version = (await ctx.execute(_VERSION, {"shop_id": shop_id})).scalar()
        if fresh.version == version:
            break
    # A change of this transaction may be rolled back, and another's change would then get the same
    # version, so such a reading is not cached.
    if _Forget(ctx.caches, shop_id) not in ctx.after_commit:
        ctx.caches.of(CATALOGS)[shop_id] = fresh
    return fresh


def cached_catalog(ctx: Context, shop_id: int) -> Catalog | None:
    """Return a shop's catalog as last read, possibly stale; None if never read."""
    return ctx.caches.of(CATALOGS).get(shop_id)


async def bump_version(ctx: Context, shop_id: int) -> None:
    """Mark the shop's catalog as changed: every process reloads it after the commit."""
    raised = shops.update().where(shops.c.id == shop_id).values(version=shops.c.version + 1)
    await ctx.execute(raised)
    forget = _Forget(ctx.caches, shop_id)
    if forget not in ctx.after_commit:
        ctx.after_commit.append(forget)


async def _load(ctx: Context, shop_id: int) -> Catalog:
    shop = await ctx.fetch_first(SHOPS.where(shops.c.id == shop_id))
    if shop is None:
        raise NotFound(shop=shop_id)
    since = ctx.now - _DAYS_BACK
    headings = await ctx.fetch(_CATEGORIES.where(categories.c.shop_id == shop_id))
    headings.sort(key=lambda category: (category.position, category.id))
    place = {category.id: at for at, category in enumerate(headings)}
    stored = await ctx.fetch(_SERVICES.where(services.c.shop_id == shop_id))
    offered = [replace(service, synonyms=tuple(service.synonyms)) for service in stored]
    offered.sort(key=lambda s: (place.get(s.category_id or 0, len(place)), s.position, s.id))
    people = await ctx.fetch(_PROVIDERS.where(providers.c.shop_id == shop_id))
    people.sort(key=lambda provider: (provider.position, provider.id))
    pairs = await ctx.fetch(_PAIRS.where(provider_services.c.shop_id == shop_id))
    own = {(pair.service_id, pair.provider_id): pair for pair in pairs}
    week = await ctx.fetch(STORED_HOURS.where(hours.c.shop_id == shop_id))
    dates = await ctx.fetch(
        STORED_EXCEPTIONS.where(
            date_exceptions.c.shop_id == shop_id, date_exceptions.c.day >= since.date()
        )
    )
    rooms: dict[int, tuple[int, ...]] = {}
    for need in await ctx.fetch(_ROOM_NEEDS.where(service_rooms.c.shop_id == shop_id)):
        rooms[need.service_id] = (*rooms.get(need.service_id, ()), need.calendar_id)
    away: dict[int, tuple[EpochSpan, ...]] = {}
    off = _AWAY.where(time_off.c.shop_id == shop_id, time_off.c.ends_at > since)
    for span in await ctx.fetch(off):
        away[span.provider_id] = (
            *away.get(span.provider_id, ()),
            (span.starts_s, span.ends_s),
        )

    opens = opening_hours_by_provider(shop.timezone, week, dates)
    shop_schedule = opens[None]
    return Catalog(
        shop=shop,
        categories=tuple(headings),
        services=tuple(offered),
        providers=tuple(people),
        offerings={
            (service.id, provider.id): _offering(shop, service, provider, pair)
            for service in offered
            for provider in people
            if (pair := own.get((service.id, provider.id))) is not None
        },
        shop_hours=shop_schedule,
        provider_hours={p.id: opens.get(p.id, shop_schedule) for p in people},
        rooms_by_service=rooms,
        time_off_by_provider=away,
        version=shop.version,
    )


def _offering(shop: Shop, service: Service, provider: Provider, pair: _Pair) -> Offering:
    prices = pair.price_minor, service.price_minor, provider.fee_minor
    return Offering(
        service,
        provider,
        minutes=pair.minutes or service.minutes,
        price_minor=next((price for price in prices if price is not None), None),
        rules=effective_rules(provider.overrides, service.overrides, shop.overrides),
    )


def opening_hours_by_provider(
    zone: str, week: Iterable[StoredInterval], dates: Iterable[StoredException]
) -> dict[int | None, OpeningHours]:
    """Return the opening hours of the shop (key None) and of providers with hours of their own.

    A provider without weekly hours has the shop's. For a provider with weekly hours the shop's
    exceptions still apply: on such a date their hours count only while the shop is open. A
    provider's own exception replaces both.
    """
    weekly: dict[int | None, list[tuple[Interval, ...]]] = {None: [()] * 7}
    special: dict[int | None, dict[date, tuple[Interval, ...]]] = {None: {}}
    for row in sorted(week, key=lambda row: row.opens):
        days = weekly.setdefault(row.provider_id, [()] * 7)
        days[row.weekday] = (*days[row.weekday], Interval(row.opens, row.closes))
    for one in sorted(dates, key=lambda one: one.opens or 0):
        hours_of = special.setdefault(one.provider_id, {})
        kept = hours_of.get(one.day, ())
        if one.opens is not None and one.closes is not None:
            kept = (*kept, Interval(one.opens, one.closes))
        hours_of[one.day] = kept
    made: dict[int | None, OpeningHours] = {}
    for who in {*weekly, *special}:
        exceptions = special[None]
        if who in weekly and who is not None:
            exceptions = {
                day: _common(weekly[who][day.weekday()], open_) for day, open_ in exceptions.items()
            }
        exceptions = {**exceptions, **special.get(who, {})}
        made[who] = OpeningHours(zone, tuple(weekly.get(who, weekly[None])), exceptions)
    return made


def _common(some: Iterable[Interval], others: Sequence[Interval]) -> tuple[Interval, ...]:
    """Return the intersection of one date's intervals."""
    return tuple(
        Interval(opens, closes)
        for one in some
        for other in others
        if (opens := max(one.opens, other.opens)) < (closes := min(one.closes, other.closes))
        and opens < 24 * 60
    )
