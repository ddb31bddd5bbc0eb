"""External calendars: their busy times become blocks of a provider.

Bookings take precedence: only free time becomes a block, and time that a booking releases becomes
one at the next refresh. Such blocks have a `created_by` like "calendar:5".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from core.bookings.claims import expire_overdue_holds, insert_claims, overlapping_claims, split_span
from core.catalog.loader import load_catalog
from core.db.context import Context
from core.db.pagination import Page, PageRequest, paginate
from core.db.rows import Rows
from core.db.tables import (
    blocks,
    calendars,
    claims,
    external_calendars,
    providers,
    services,
    shops,
)
from core.errors import InvalidValue, NotFound, Overlap
from core.settings import Settings

if TYPE_CHECKING:
    from core.calendar_sync.ical_busy import BusySpan, BusyTimes  # their module loads dateutil

CREATED_BY_PREFIX = "calendar:"
"""Prefix of `created_by` for blocks from an external calendar."""

REFRESH_INTERVAL = timedelta(minutes=15)
"""How often a calendar is fetched."""

LOOK_AHEAD = timedelta(days=190)
"""How far ahead busy times are imported at least; further where the shop takes bookings further."""

MAX_PER_PROVIDER = 5
"""Maximum number of calendars per provider."""

BLOCK_REASON = "Busy elsewhere"

table = external_calendars


@dataclass(frozen=True, slots=True)
class DueCalendar:
    """A calendar due to be fetched, and the range to import.

    `own` is how the UIDs of the shop's own feeds end.
    """

    id: int
    url: str
    timezone: str
    start: datetime
    end: datetime
    own: str


@dataclass(frozen=True, slots=True)
class PendingCalendar:
    """A calendar waiting to be fetched: its secret address and the name of its provider."""

    id: int
    url: str
    provider: str


@dataclass(frozen=True, slots=True)
class ExternalCalendar:
    """A calendar elsewhere, its last fetch, and how many `blocks` it makes.

    `error` is "" if the last fetch succeeded; `odd_entries` are the first of `odd_count` entries
    that could not be read, each with `start` and `reason`.
    """

    id: int
    provider_id: int
    url: str
    created_at: datetime
    fetched_at: datetime | None
    error: str
    odd_count: int
    odd_entries: list[dict[str, str]]
    blocks: int


def _block_count() -> sa.ScalarSelect[int]:
    """Return the SQL for the number of blocks a calendar makes in its shop."""
    created_by = sa.literal(CREATED_BY_PREFIX).concat(sa.cast(table.c.id, sa.Text))
    return (
        sa.select(sa.func.count())
        .select_from(blocks)
        .where(blocks.c.shop_id == table.c.shop_id, blocks.c.created_by == created_by)
        .correlate(table)
        .scalar_subquery()
    )


_CALENDARS = Rows(
    ExternalCalendar,
    sa.select(
        table.c.id,
        table.c.provider_id,
        table.c.url,
        table.c.created_at,
        table.c.fetched_at,
        table.c.error,
        table.c.odd_count,
        table.c.odd_entries,
        _block_count().label("blocks"),
    ),
)
_PENDING = Rows(
    PendingCalendar,
    sa.select(table.c.id, table.c.url, providers.c.name.label("provider")).join(
        providers, providers.c.id == table.c.provider_id
    ),
)


# ------------------------------------------------------------------------------------ set up


async def add_calendar(ctx: Context, shop_id: int, provider_id: int, url: str) -> int:
    """Import an external calendar's busy times as a provider's blocks; return its id.

    It is fetched within minutes. Raise NotFound for an unknown provider and InvalidValue beyond the
    limit. The caller has validated the address.
    """
    (await load_catalog(ctx, shop_id)).provider(provider_id)
    await ctx.lock_rows(shops, [shop_id])
    theirs = table.c.shop_id == shop_id, table.c.provider_id == provider_id
    if (
        await ctx.scalar(sa.select(sa.func.count()).select_from(table).where(*theirs))
        >= MAX_PER_PROVIDER
    ):
        raise InvalidValue(field="provider_id", reason="count", most=MAX_PER_PROVIDER)
    return await ctx.insert(
        table,
        shop_id=shop_id,
        provider_id=provider_id,
        url=url,
        created_at=ctx.now,
        due_at=ctx.now,
    )


async def request_refresh(ctx: Context, shop_id: int, source_id: int) -> None:
    """Make a calendar due now; raise NotFound for an unknown one."""
    await get_calendar(ctx, shop_id, source_id)
    await ctx.execute(sa.update(table).where(table.c.id == source_id).values(due_at=ctx.now))


async def remove_calendar(ctx: Context, shop_id: int, source_id: int) -> None:
    """Remove a calendar and the blocks it made."""
    await get_calendar(ctx, shop_id, source_id)
    await _drop(ctx, sa.select(blocks.c.id).where(*_theirs(shop_id, source_id)))
    await ctx.execute(table.delete().where(table.c.id == source_id))


async def get_calendar(ctx: Context, shop_id: int, source_id: int) -> ExternalCalendar:
    """Return a calendar; raise NotFound for an unknown one."""
    found = await ctx.fetch_first(
        _CALENDARS.where(table.c.shop_id == shop_id, table.c.id == source_id)
    )
    if found is None:
        raise NotFound(external_calendar=source_id)
    return found


async def list_calendars(
    ctx: Context, shop_id: int, asked: PageRequest, provider_ids: frozenset[int] | None
) -> Page[ExternalCalendar]:
    """Return a page of a shop's calendars, of all or some providers."""
    rows = _CALENDARS.where(table.c.shop_id == shop_id)
    if provider_ids is not None:
        rows = rows.where(table.c.provider_id.in_(provider_ids))
    return await paginate(ctx, rows, [table.c.id], asked)


# ------------------------------------------------------------------------------------ reading


async def peek_due_calendars(ctx: Context) -> list[PendingCalendar]:
    """Return the calendars that are due, without claiming them."""
    due = _PENDING.where(table.c.due_at <= ctx.now)
    return await ctx.fetch(due.refine(lambda select: select.order_by(table.c.id)))


async def last_errors(ctx: Context, source_ids: Sequence[int]) -> dict[int, str]:
    """Return the last fetch error of each calendar, "" for success."""
    rows = sa.select(table.c.id, table.c.error).where(table.c.id.in_(source_ids))
    return {row.id: row.error for row in await ctx.all(rows)}


async def claim_due_calendars(ctx: Context, *, limit: int = 20) -> list[DueCalendar]:
    """Claim due calendars: no other worker gets them before they are due again."""
    ripe = sa.select(table.c.id).where(table.c.due_at <= ctx.now).order_by(table.c.due_at)
    ripe = ripe.limit(limit)
    if ctx.is_postgresql:
        ripe = ripe.with_for_update(skip_locked=True)
    taken = await ctx.execute(
        sa.update(table)
        .where(table.c.id.in_(ripe))
        .values(due_at=ctx.now + REFRESH_INTERVAL)
        .returning(table.c.id, table.c.url, table.c.shop_id)
    )
    rows = taken.all()
    theirs = await ctx.all(
        sa.select(shops.c.id, shops.c.timezone, shops.c.horizon_days).where(
            shops.c.id.in_({row.shop_id for row in rows})
        )
    )
    zones = {row.id: row.timezone for row in theirs}
    ahead = {row.id: await _look_ahead(ctx, row.id, row.horizon_days) for row in theirs}
    # From local midnight, so that a span under way keeps its start from one fetch to the next.
    start = ctx.now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    return [
        DueCalendar(
            row.id,
            row.url,
            zones[row.shop_id],
            start,
            start + ahead[row.shop_id],
            own_uid_suffix(ctx.settings, row.shop_id),
        )
        for row in sorted(rows, key=lambda row: int(row.id))
    ]


async def _look_ahead(ctx: Context, shop_id: int, horizon_days: int | None) -> timedelta:
    """Return how far ahead a shop's calendars are read: as far as any service is booked."""
    longest = await ctx.scalar(
        sa.select(sa.func.max(services.c.horizon_days)).where(services.c.shop_id == shop_id)
    )
    return max(LOOK_AHEAD, timedelta(days=max(horizon_days or 0, longest or 0) + 3))


def own_uid_suffix(settings: Settings, shop_id: int) -> str:
    """Return how the UIDs end that a shop's feeds give, so that they are known when they return."""
    host = urlsplit(settings.public_base_url).hostname or "localhost"
    return f".shop-{shop_id}.{host}@slotline"


async def record_fetch_error(ctx: Context, source_id: int, why: str) -> None:
    """Record why a calendar could not be fetched; its blocks stay."""
    await ctx.execute(sa.update(table).where(table.c.id == source_id).values(error=why))


async def store_busy(ctx: Context, source_id: int, busy: BusyTimes) -> int:
    """Replace a calendar's blocks by its busy times where they are free; return how many changed.

    Does nothing for a calendar removed meanwhile.
    """
    spans = busy.spans
    row = await ctx.first(
        sa.select(table.c.shop_id, providers.c.calendar_id)
        .join(providers, providers.c.id == table.c.provider_id)
        .where(table.c.id == source_id)
    )
    if row is None:
        return 0
    await ctx.lock_rows(calendars, [row.calendar_id])
    await expire_overdue_holds(ctx, [row.calendar_id])
    made = await ctx.all(
        sa.select(claims.c.block_id, claims.c.busy_from, claims.c.busy_until)
        .join(blocks, blocks.c.id == claims.c.block_id)
        .where(*_theirs(row.shop_id, source_id))
        .order_by(claims.c.busy_from)
    )
    there: dict[int, tuple[BusySpan, ...]] = {}
    for piece in made:
        there[piece.block_id] = (
            *there.get(piece.block_id, ()),
            (piece.busy_from, piece.busy_until),
        )
    others: list[BusySpan] = []
    if spans:
        found = await overlapping_claims(ctx, row.calendar_id, spans[0][0], spans[-1][1])
        others = [(c.busy_from, c.busy_until) for c in found if c.block_id not in there]
    wanted = {parts for parts in map(tuple, _free(spans, others)) if parts}
    gone = [block for block, parts in there.items() if parts not in wanted]
    new = sorted(wanted - set(there.values()))
    await _drop(ctx, gone)
    await _add(ctx, row.shop_id, row.calendar_id, source_id, new)
    done = sa.update(table).where(table.c.id == source_id)
    odd = [{"start": one.start, "reason": one.reason} for one in busy.problems]
    await ctx.execute(
        done.values(error="", fetched_at=ctx.now, odd_entries=odd, odd_count=busy.odd)
    )
    return len(gone) + len(new)


def _theirs(shop_id: int, source_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return blocks.c.shop_id == shop_id, blocks.c.created_by == f"{CREATED_BY_PREFIX}{source_id}"


def _free(spans: Sequence[BusySpan], others: Sequence[BusySpan]) -> list[list[BusySpan]]:
    """Return for each span its pieces, of a day at most, that overlap none of the others.

    Both lists are sorted, and spans do not overlap.
    """
    found, first = [], 0
    for start, end in spans:
        while first < len(others) and others[first][1] <= start:
            first += 1
        parts: list[BusySpan] = []
        at = start
        for since, until in others[first:]:
            if since >= end:
                break
            parts += split_span(at, since)
            at = max(at, until)
        parts += split_span(at, end)
        found.append(parts)
    return found


async def _add(
    ctx: Context,
    shop_id: int,
    calendar_id: int,
    source_id: int,
    new: Sequence[tuple[BusySpan, ...]],
) -> None:
    if not new:
        return
    block = {
        "shop_id": shop_id,
        "calendar_id": calendar_id,
        "reason": BLOCK_REASON,
        "created_by": f"{CREATED_BY_PREFIX}{source_id}",
        "created_at": ctx.now,
    }
    made = await ctx.execute(blocks.insert().returning(blocks.c.id), [block] * len(new))
    rows = [
        {
            "shop_id": shop_id,
            "calendar_id": calendar_id,
            "busy_from": since,
            "busy_until": until,
            "block_id": block_id,
        }
        for block_id, parts in zip(made.scalars(), new, strict=True)
        for since, until in parts
    ]
    if not await insert_claims(ctx, rows):
        # Only a writer without the lock can cause this: roll back and try again.
        raise Overlap


async def _drop(ctx: Context, which: Sequence[int] | sa.Select[Any]) -> None:
    if isinstance(which, Sequence) and not which:
        return
    await ctx.execute(claims.delete().where(claims.c.block_id.in_(which)))
    await ctx.execute(blocks.delete().where(blocks.c.id.in_(which)))
