"""Loading a shop's catalog, cached per version.

Every turn needs the catalog, so it is cached until its version changes, which one small statement
checks. Whoever changes a row of the catalog calls `bump_version` in the same transaction (all
functions of `core.shops` do).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa

from core.catalog.entities import (
    RULE_NAMES,
    Catalog,
    Category,
    EpochSpan,
    Offering,
    Provider,
    RuleOverrides,
    Service,
    Shop,
    effective_rules,
)
from core.db.caches import CacheKey, Caches
from core.db.context import Context, Row
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

T = TypeVar("T")

_DAYS_BACK = timedelta(days=7)
"""How far back holidays and time off are loaded: staff record visits of this week."""

_VERSION = sa.select(shops.c.version).where(shops.c.id == sa.bindparam("shop_id"))
_VERSION_LOCKED = _VERSION.with_for_update(key_share=True)


CATALOGS: CacheKey[dict[int, Catalog]] = CacheKey("catalogs", dict)
"""The catalogs as last read, by shop."""


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
    found = await ctx.first(sa.select(shops).where(shops.c.id == shop_id))
    if found is None:
        raise NotFound(shop=shop_id)
    shop = shop_from_row(found)
    since = ctx.now - _DAYS_BACK

    async def rows(table: sa.Table, *which: sa.ColumnElement[bool]) -> Sequence[Row]:
        return await ctx.all(sa.select(table).where(table.c.shop_id == shop_id, *which))

    headings = [Category(**row._mapping) for row in await rows(categories)]  # noqa: SLF001
    headings.sort(key=lambda category: (category.position, category.id))
    place = {category.id: at for at, category in enumerate(headings)}
    offered = [service_from_row(row) for row in await rows(services)]
    offered.sort(key=lambda s: (place.get(s.category_id or 0, len(place)), s.position, s.id))
    people = [_made(Provider, row) for row in await rows(providers)]
    people.sort(key=lambda provider: (provider.position, provider.id))
    own = {(row.service_id, row.provider_id): row for row in await rows(provider_services)}
    week = await rows(hours)
    dates = await rows(date_exceptions, date_exceptions.c.day >= since.date())
    rooms: dict[int, tuple[int, ...]] = {}
    for row in sorted(await rows(service_rooms), key=lambda row: row.calendar_id):
        rooms[row.service_id] = (*rooms.get(row.service_id, ()), row.calendar_id)
    off = sa.select(
        time_off.c.provider_id,
        epoch_seconds(time_off.c.starts_at),
        epoch_seconds(time_off.c.ends_at),
    ).where(time_off.c.shop_id == shop_id, time_off.c.ends_at > since)
    away: dict[int, tuple[EpochSpan, ...]] = {}
    for who, starts_s, ends_s in (tuple(row) for row in await ctx.all(off)):
        away[who] = (*away.get(who, ()), (starts_s, ends_s))

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


def _offering(shop: Shop, service: Service, provider: Provider, pair: Row) -> Offering:
    prices = pair.price_minor, service.price_minor, provider.fee_minor
    return Offering(
        service,
        provider,
        minutes=pair.minutes or service.minutes,
        price_minor=next((price for price in prices if price is not None), None),
        rules=effective_rules(provider.overrides, service.overrides, shop.overrides),
    )


# ------------------------------------------------------------------------------------ rows


def shop_from_row(row: Row) -> Shop:
    """Return the Shop of a full row of `shops`."""
    return _made(Shop, row)


def service_from_row(row: Row) -> Service:
    """Return the Service of a full row of `services`."""
    return _made(Service, row, synonyms=tuple(row.synonyms))


def _made(kind: Callable[..., T], row: Row, **instead: Any) -> T:
    """Return a dataclass of the row's columns of the same names, with the rules as overrides."""
    values: dict[str, Any] = {**row._mapping, **instead}  # noqa: SLF001 - the row's public mapping
    rules = {name: values.pop(name) for name in RULE_NAMES}
    return kind(**values, overrides=RuleOverrides(**rules))


def opening_hours_by_provider(
    zone: str, week: Iterable[Row], dates: Iterable[Row]
) -> dict[int | None, OpeningHours]:
    """Return the opening hours of the shop (key None) and of providers with hours of their own.

    `week` and `dates` are rows of `hours` and `date_exceptions`. A provider without weekly hours
    has the shop's. For a provider with weekly hours the shop's exceptions still apply: on such a
    date their hours count only while the shop is open. A provider's own exception replaces both.
    """
    weekly: dict[int | None, list[tuple[Interval, ...]]] = {None: [()] * 7}
    special: dict[int | None, dict[date, tuple[Interval, ...]]] = {None: {}}
    for row in sorted(week, key=lambda row: row.opens):
        days = weekly.setdefault(row.provider_id, [()] * 7)
        days[row.weekday] = (*days[row.weekday], Interval(row.opens, row.closes))
    for row in sorted(dates, key=lambda row: row.opens or 0):
        hours_of = special.setdefault(row.provider_id, {})
        kept = hours_of.get(row.day, ())
        hours_of[row.day] = kept if row.opens is None else (*kept, Interval(row.opens, row.closes))
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
