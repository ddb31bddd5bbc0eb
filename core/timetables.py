"""Opening hours, exceptions, time off, blocks and sessions as they stand, to be looked at.

`core.setup` changes hours and time off, `core.blocks` the others. A `provider_id` of None means the
shop itself.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from core.context import Context, Row
from core.errors import NotFound
from core.models import blocks, bookings, calendars, claims, date_exceptions, hours, providers
from core.models import sessions as sessions_table
from core.models import time_off as time_off_table
from core.paging import Asked, Page, page
from core.transitions import LIVE


@dataclass(frozen=True, slots=True)
class Opening:
    """A stretch of a weekday's hours, Monday 0, in minutes from its midnight."""

    weekday: int
    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class Special:
    """A stretch of a date's own hours; None and None: closed that day."""

    day: date
    opens: int | None
    closes: int | None
    reason: str


async def week(ctx: Context, shop_id: int, provider_id: int | None = None) -> list[Opening]:
    """Return the weekly hours of a shop or a provider's own, in order."""
    rows = await ctx.all(
        sa.select(hours.c.weekday, hours.c.opens, hours.c.closes)
        .where(hours.c.shop_id == shop_id, hours.c.provider_id.is_not_distinct_from(provider_id))
        .order_by(hours.c.weekday, hours.c.opens)
    )
    return [Opening(*list(row)) for row in rows]


async def exceptions(
    ctx: Context, shop_id: int, provider_id: int | None, since: date
) -> list[Special]:
    """Return the exceptions of a shop or a provider from a date on, in order."""
    table = date_exceptions
    rows = await ctx.all(
        sa.select(table.c.day, table.c.opens, table.c.closes, table.c.reason)
        .where(
            table.c.shop_id == shop_id,
            table.c.provider_id.is_not_distinct_from(provider_id),
            table.c.day >= since,
        )
        .order_by(table.c.day, table.c.opens)
    )
    return [Special(*list(row)) for row in rows]


async def time_off(ctx: Context, shop_id: int, provider_id: int, asked: Asked) -> Page[Row]:
    """Return a provider's time off that is not over: id, starts_at, ends_at, reason."""
    table = time_off_table
    rows = sa.select(table.c.id, table.c.starts_at, table.c.ends_at, table.c.reason).where(
        table.c.shop_id == shop_id, table.c.provider_id == provider_id, table.c.ends_at > ctx.now
    )
    return await page(ctx, rows, [table.c.starts_at, table.c.id], asked)


async def one_time_off(ctx: Context, shop_id: int, provider_id: int, row_id: int) -> Row:
    """Return one entry of a provider's time off; else NotFound."""
    table = time_off_table
    row = await ctx.first(
        sa.select(table.c.id, table.c.starts_at, table.c.ends_at, table.c.reason).where(
            table.c.id == row_id, table.c.shop_id == shop_id, table.c.provider_id == provider_id
        )
    )
    if row is None:
        raise NotFound(time_off=row_id)
    return row


async def blocked(
    ctx: Context,
    shop_id: int,
    asked: Asked,
    *,
    provider_ids: Collection[int] | None = None,
    block_id: int | None = None,
) -> Page[Row]:
    """Return blocks that are not over: id, calendar_id, provider_id, start, end, reason, made_by.

    Of some providers only, if they are named; or one.
    """
    spans = (
        sa.select(
            claims.c.block_id,
            sa.func.min(claims.c.busy_from).label("starts_at"),
            sa.func.max(claims.c.busy_until).label("ends_at"),
        )
        .where(claims.c.shop_id == shop_id, claims.c.block_id.is_not(None))
        .group_by(claims.c.block_id)
        .subquery()
    )
    begins = sa.type_coerce(spans.c.starts_at, claims.c.busy_from.type).label("starts_at")
    ends = sa.type_coerce(spans.c.ends_at, claims.c.busy_from.type).label("ends_at")
    rows = (
        sa.select(
            blocks.c.id,
            blocks.c.calendar_id,
            providers.c.id.label("provider_id"),
            begins,
            ends,
            blocks.c.reason,
            blocks.c.made_by,
        )
        .join_from(blocks, spans, spans.c.block_id == blocks.c.id)
        .outerjoin(
            providers,
            sa.and_(
                providers.c.calendar_id == blocks.c.calendar_id, providers.c.shop_id == shop_id
            ),
        )
        .where(blocks.c.shop_id == shop_id)
    )
    if block_id is not None:
        rows = rows.where(blocks.c.id == block_id)
    else:
        rows = rows.where(spans.c.ends_at > sa.bindparam("now", ctx.now, claims.c.busy_from.type))
    if provider_ids is not None:
        rows = rows.where(providers.c.id.in_(provider_ids))
    return await page(ctx, rows, [blocks.c.id], asked)


async def sessions(
    ctx: Context,
    shop_id: int,
    asked: Asked,
    *,
    start: datetime | None = None,
    session_id: int | None = None,
) -> Page[Row]:
    """Return sessions from `start` on, or one, each with how many seats are taken."""
    table = sessions_table
    taken = (
        sa.select(sa.func.count())
        .where(bookings.c.session_id == table.c.id, bookings.c.state.in_(LIVE))
        .correlate(table)
        .scalar_subquery()
    )
    rows: sa.Select[Any] = sa.select(
        *(c for c in table.c if c.name != "shop_id"), taken.label("taken")
    ).where(table.c.shop_id == shop_id)
    if session_id is not None:
        rows = rows.where(table.c.id == session_id)
    if start is not None:
        rows = rows.where(table.c.ends_at > start)
    return await page(ctx, rows, [table.c.starts_at, table.c.id], asked)


async def rooms(ctx: Context, shop_id: int) -> list[Row]:
    """Return a shop's rooms: id (of the calendar) and name."""
    return list(
        await ctx.all(
            sa.select(calendars.c.id, calendars.c.name)
            .where(calendars.c.shop_id == shop_id, calendars.c.kind == "room")
            .order_by(calendars.c.id)
        )
    )
