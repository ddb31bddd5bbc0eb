"""Opening hours, date exceptions and time off, read and changed.

A `provider_id` of None means the shop itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

import sqlalchemy as sa

from core.catalog import loader
from core.catalog.rows import insert_row, lock_provider_calendars
from core.db.context import Context
from core.db.pagination import Page, PageRequest, paginate
from core.db.rows import Rows
from core.db.tables import date_exceptions, hours, time_off
from core.errors import InvalidValue, NotFound
from core.localtime.opening_masks import Interval
from core.values.change import check_value
from core.values.field_types import ShortText


@dataclass(frozen=True, slots=True)
class WeeklyInterval:
    """An interval of a weekday (Monday 0), in minutes from its midnight."""

    weekday: int
    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class DateException:
    """An interval of a date's own hours; None and None: closed that day."""

    day: date
    opens: int | None
    closes: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class TimeOff:
    """A provider's time off between two instants."""

    id: int
    provider_id: int
    starts_at: datetime
    ends_at: datetime
    reason: str


_HOURS = Rows(WeeklyInterval, sa.select(hours.c.weekday, hours.c.opens, hours.c.closes))
_EXCEPTIONS = Rows(
    DateException,
    sa.select(
        date_exceptions.c.day,
        date_exceptions.c.opens,
        date_exceptions.c.closes,
        date_exceptions.c.reason,
    ),
)
_TIME_OFF = Rows(
    TimeOff,
    sa.select(
        time_off.c.id,
        time_off.c.provider_id,
        time_off.c.starts_at,
        time_off.c.ends_at,
        time_off.c.reason,
    ),
)


async def weekly_hours(
    ctx: Context, shop_id: int, provider_id: int | None = None
) -> list[WeeklyInterval]:
    """Return the weekly hours of a shop, or a provider's own, in order."""
    theirs = _HOURS.where(*_whose(hours, shop_id, provider_id))
    return await ctx.fetch(
        theirs.refine(lambda select: select.order_by(hours.c.weekday, hours.c.opens))
    )


async def list_date_exceptions(
    ctx: Context, shop_id: int, provider_id: int | None, since: date
) -> list[DateException]:
    """Return the exceptions of a shop or a provider from a date on, in order."""
    c = date_exceptions.c
    theirs = _EXCEPTIONS.where(*_whose(date_exceptions, shop_id, provider_id), c.day >= since)
    return await ctx.fetch(theirs.refine(lambda select: select.order_by(c.day, c.opens)))


async def list_time_off(
    ctx: Context, shop_id: int, provider_id: int, asked: PageRequest
) -> Page[TimeOff]:
    """Return a page of a provider's time off that is not over."""
    c = time_off.c
    theirs = _TIME_OFF.where(
        c.shop_id == shop_id, c.provider_id == provider_id, c.ends_at > ctx.now
    )
    return await paginate(ctx, theirs, [c.starts_at, c.id], asked)


async def get_time_off(ctx: Context, shop_id: int, provider_id: int, row_id: int) -> TimeOff:
    """Return one entry of a provider's time off; raise NotFound otherwise."""
    c = time_off.c
    found = await ctx.fetch_first(
        _TIME_OFF.where(c.id == row_id, c.shop_id == shop_id, c.provider_id == provider_id)
    )
    if found is None:
        raise NotFound(time_off=row_id)
    return found


async def latest_time_off(
    ctx: Context, shop_id: int, provider_ids: Collection[int] | None
) -> tuple[int, int, datetime, datetime] | None:
    """Return the newest time off that is not over: its id, provider, start and end."""
    wanted = [time_off.c.shop_id == shop_id, time_off.c.ends_at > ctx.now]
    if provider_ids is not None:
        wanted.append(time_off.c.provider_id.in_(provider_ids))
    newest = _TIME_OFF.where(*wanted).refine(
        lambda select: select.order_by(time_off.c.id.desc()).limit(1)
    )
    row = await ctx.fetch_first(newest)
    return None if row is None else (row.id, row.provider_id, row.starts_at, row.ends_at)


# ------------------------------------------------------------------------------------ change


async def set_weekly_hours(
    ctx: Context,
    shop_id: int,
    provider_id: int | None,
    week: Mapping[int, Iterable[Interval]],
) -> None:
    """Replace the weekly hours of a shop or a provider: intervals by weekday (Monday 0).

    Days left out are closed; a provider with an empty week has the shop's hours.
    """
    if not set(week) <= set(range(7)):
        raise InvalidValue(field="week", reason="range", least=0, most=6)
    days = {weekday: _apart(intervals) for weekday, intervals in week.items()}
    await lock_provider_calendars(ctx, shop_id, provider_id)
    await ctx.execute(hours.delete().where(*_whose(hours, shop_id, provider_id)))
    owner = {"shop_id": shop_id, "provider_id": provider_id}
    rows = [
        {"weekday": weekday, "opens": interval.opens, "closes": interval.closes, **owner}
        for weekday, intervals in days.items()
        for interval in intervals
    ]
    if rows:
        await ctx.execute(hours.insert(), rows)
    await loader.bump_version(ctx, shop_id)


async def set_date_exception(
    ctx: Context,
    shop_id: int,
    day: date,
    intervals: Iterable[Interval] = (),
    *,
    provider_id: int | None = None,
    reason: str = "",
) -> None:
    """Replace the hours of one local date; without intervals it is closed."""
    special = _apart(intervals)
    reason = check_value(ShortText, "reason", reason)
    await clear_date_exception(ctx, shop_id, day, provider_id=provider_id)
    common = {"shop_id": shop_id, "provider_id": provider_id, "day": day, "reason": reason}
    rows = [{"opens": i.opens, "closes": i.closes, **common} for i in special]
    closed = {"opens": None, "closes": None, **common}
    await ctx.execute(date_exceptions.insert(), rows or [closed])


async def clear_date_exception(
    ctx: Context, shop_id: int, day: date, *, provider_id: int | None = None
) -> None:
    """Restore the weekly hours on a local date."""
    await lock_provider_calendars(ctx, shop_id, provider_id)
    whose = _whose(date_exceptions, shop_id, provider_id)
    await ctx.execute(date_exceptions.delete().where(date_exceptions.c.day == day, *whose))
    await loader.bump_version(ctx, shop_id)


async def add_time_off(
    ctx: Context, shop_id: int, provider_id: int, start: datetime, end: datetime, reason: str = ""
) -> int:
    """Add a provider's time off between two instants; return its id."""
    if end - start < timedelta(minutes=5):
        raise InvalidValue(field="end", reason="order")
    reason = check_value(ShortText, "reason", reason)
    await lock_provider_calendars(ctx, shop_id, provider_id)
    values = {"provider_id": provider_id, "starts_at": start, "ends_at": end, "reason": reason}
    return await insert_row(ctx, time_off, shop_id, values)


async def remove_time_off(ctx: Context, shop_id: int, time_off_id: int) -> None:
    """Remove time off."""
    this = _TIME_OFF.where(time_off.c.shop_id == shop_id, time_off.c.id == time_off_id)
    row = await ctx.fetch_first(this)
    if row is None:
        raise NotFound(time_off=time_off_id)
    await lock_provider_calendars(ctx, shop_id, row.provider_id)
    await ctx.execute(time_off.delete().where(time_off.c.id == time_off_id))
    await loader.bump_version(ctx, shop_id)


def _apart(intervals: Iterable[Interval]) -> list[Interval]:
    ordered = sorted(intervals, key=lambda interval: interval.opens)
    for one, other in pairwise(ordered):
        if other.opens < one.closes:
            raise InvalidValue(field="hours", reason="overlap")
    return ordered


def _whose(
    table: sa.Table, shop_id: int, provider_id: int | None
) -> tuple[sa.ColumnElement[bool], ...]:
    return table.c.shop_id == shop_id, table.c.provider_id.is_not_distinct_from(provider_id)
