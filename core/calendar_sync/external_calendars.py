"""Calendars elsewhere: what is busy there becomes a provider's blocks here.

What is booked stands: only the time that is free becomes a block, and what a booking gives back
becomes one when the calendar is next read. A block of these has `made_by` "calendar:5".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.bookings.claims import expire_overdue_holds, insert_claims, overlapping_claims, split_span
from core.catalog.loader import load_catalog
from core.db.context import Context, Row
from core.db.pagination import Page, PageRequest, paginate
from core.db.tables import blocks, calendars, claims, outside_calendars, providers, shops
from core.errors import InvalidValue, NotFound, Overlap

if TYPE_CHECKING:
    from core.calendar_sync.ical_busy import BusySpan  # it loads what reads calendars

MADE_BY_PREFIX = "calendar:"
"""How `made_by` begins of blocks that came from a calendar elsewhere."""

REFRESH_INTERVAL = timedelta(minutes=15)
"""How often a calendar is read."""

LOOK_AHEAD = timedelta(days=190)
"""How far ahead it is looked at."""

MAX_PER_PROVIDER = 5
"""Calendars one provider may name."""

BLOCK_REASON = "Busy elsewhere"

table = outside_calendars


@dataclass(frozen=True, slots=True)
class DueCalendar:
    """A calendar that is to be read now, and for which time."""

    id: int
    url: str
    timezone: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class PendingCalendar:
    """A calendar that waits to be read: its secret address and the name of its provider."""

    id: int
    url: str
    provider: str


# ------------------------------------------------------------------------------------ set up


async def add_calendar(ctx: Context, shop_id: int, provider_id: int, url: str) -> int:
    """Let a calendar's busy times be a provider's blocks; return its id. It is read within minutes.

    NotFound for a provider who is not there, Invalid for one too many. Whoever calls has checked
    the address.
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
    """Have a calendar read as soon as may be; NotFound for one that is not there."""
    await get_calendar(ctx, shop_id, source_id)
    await ctx.execute(sa.update(table).where(table.c.id == source_id).values(due_at=ctx.now))


async def remove_calendar(ctx: Context, shop_id: int, source_id: int) -> None:
    """Read a calendar no more, and put the time it took back on offer."""
    await get_calendar(ctx, shop_id, source_id)
    await _drop(ctx, sa.select(blocks.c.id).where(*_theirs(shop_id, source_id)))
    await ctx.execute(table.delete().where(table.c.id == source_id))


async def get_calendar(ctx: Context, shop_id: int, source_id: int) -> Row:
    """Return a calendar as its row, with how many `blocks` it makes; else NotFound."""
    row = await ctx.first(_rows(shop_id).where(table.c.id == source_id))
    if row is None:
        raise NotFound(outside_calendar=source_id)
    return row


async def list_calendars(
    ctx: Context, shop_id: int, asked: PageRequest, provider_ids: frozenset[int] | None
) -> Page[Row]:
    """Return a shop's calendars as `one` does; of some providers only, if they are named."""
    rows = _rows(shop_id)
    if provider_ids is not None:
        rows = rows.where(table.c.provider_id.in_(provider_ids))
    return await paginate(ctx, rows, [table.c.id], asked)


def _rows(shop_id: int) -> sa.Select[Any]:
    made_by = sa.literal(MADE_BY_PREFIX).concat(sa.cast(table.c.id, sa.Text))
    made = (
        sa.select(sa.func.count())
        .select_from(blocks)
        .where(blocks.c.shop_id == shop_id, blocks.c.made_by == made_by)
        .correlate(table)
        .scalar_subquery()
    )
    return sa.select(table, made.label("blocks")).where(table.c.shop_id == shop_id)


# ------------------------------------------------------------------------------------ reading


async def peek_due_calendars(ctx: Context) -> list[PendingCalendar]:
    """Return the calendars that are to be read now, taking none."""
    columns = (table.c.id, table.c.url, providers.c.name.label("provider"))
    rows = sa.select(*columns).join(providers, providers.c.id == table.c.provider_id)
    due = await ctx.all(rows.where(table.c.due_at <= ctx.now).order_by(table.c.id))
    return [PendingCalendar(**row._asdict()) for row in due]


async def last_errors(ctx: Context, source_ids: Sequence[int]) -> dict[int, str]:
    """Return why calendars could not be read last time, "" for those that were."""
    rows = sa.select(table.c.id, table.c.error).where(table.c.id.in_(source_ids))
    return {row.id: row.error for row in await ctx.all(rows)}


async def claim_due_calendars(ctx: Context, *, limit: int = 20) -> list[DueCalendar]:
    """Take calendars that are to be read now: nobody else gets them before they are due again."""
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
    zones = {
        row.id: row.timezone
        for row in await ctx.all(
            sa.select(shops.c.id, shops.c.timezone).where(
                shops.c.id.in_({row.shop_id for row in rows})
            )
        )
    }
    # By whole days: what has begun keeps its start from one reading to the next.
    start = ctx.now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    return [
        DueCalendar(row.id, row.url, zones[row.shop_id], start, start + LOOK_AHEAD)
        for row in sorted(rows, key=lambda row: int(row.id))
    ]


async def record_failure(ctx: Context, source_id: int, why: str) -> None:
    """Note why a calendar could not be read; the blocks it made stand."""
    await ctx.execute(sa.update(table).where(table.c.id == source_id).values(error=why))


async def store_busy(ctx: Context, source_id: int, spans: Sequence[BusySpan]) -> int:
    """Have a calendar's blocks take these times, as far as they are free; return how many changed.

    Nothing for a calendar that was taken away meanwhile.
    """
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
    await ctx.execute(done.values(error="", fetched_at=ctx.now))
    return len(gone) + len(new)


def _theirs(shop_id: int, source_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return blocks.c.shop_id == shop_id, blocks.c.made_by == f"{MADE_BY_PREFIX}{source_id}"


def _free(spans: Sequence[BusySpan], others: Sequence[BusySpan]) -> list[list[BusySpan]]:
    """Return of each span the pieces, of a day at most, that lie in none of the others.

    Both are in order of time, and spans are apart.
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
        "made_by": f"{MADE_BY_PREFIX}{source_id}",
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
        # Only a writer without the lock can bring that about: all is undone, and tried again.
        raise Overlap


async def _drop(ctx: Context, which: Sequence[int] | sa.Select[Any]) -> None:
    if isinstance(which, Sequence) and not which:
        return
    await ctx.execute(claims.delete().where(claims.c.block_id.in_(which)))
    await ctx.execute(blocks.delete().where(blocks.c.id.in_(which)))
