"""Change what a shop offers: the verbs behind the sample shops and the admin API.

Each checks its values (`Invalid` with `field` and `reason`), locks the calendars of the providers
whose offers it changes, in order of their ids, and raises the catalog's version. So a booking
either is made before the change or sees it. Columns and their meaning: `core.models`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from core import catalog, reminders
from core.checks import (
    CATEGORY,
    LINE,
    OFFER,
    PROVIDER,
    REASON,
    ROOM,
    RULES,
    SERVICE,
    SHOP,
    Field,
    unknown,
)
from core.context import Context
from core.errors import Invalid, NotFound
from core.models import (
    calendars,
    categories,
    date_exceptions,
    hours,
    lines,
    provider_services,
    providers,
    service_rooms,
    services,
    shops,
    time_off,
)
from core.slots import Interval

REMINDING = {"reminders", "quiet_from", "quiet_until", "discreet", "timezone"}
"""Columns of a shop that decide what its reminders say, and when."""

# ------------------------------------------------------------------------------------ the shop


async def add_shop(
    ctx: Context, *, name: str, timezone: str, country: str, currency: str, **more: Any
) -> int:
    """Add a shop and return its id; `more` is any other column of `shops`, rules included.

    It opens when it has hours, a service and a provider who gives it.
    """
    given = {"name": name, "timezone": timezone, "country": country, "currency": currency, **more}
    values = _checked(SHOP | RULES, given)
    await _free_keyword(ctx, values)
    return await ctx.insert(shops, **values, created_at=ctx.now)


async def change_shop(ctx: Context, shop_id: int, **changes: Any) -> None:
    """Change columns of a shop, rules included; `paused=True` takes it off offer."""
    values = _checked(SHOP | RULES, changes)
    await _free_keyword(ctx, values, shop_id)
    await _lock(ctx, shop_id)
    await ctx.execute(shops.update().where(shops.c.id == shop_id).values(values))
    await catalog.touch(ctx, shop_id)
    if REMINDING & values.keys():
        await reminders.replan(ctx, shop_id=shop_id)


async def add_line(
    ctx: Context,
    *,
    transport: str,
    channel: str,
    account: str = "",
    address: str = "",
    shop_id: int | None = None,
    staff: bool = False,
) -> int:
    """Return the id of our end of a channel, added if it is not there; None serves all shops."""
    end = {"transport": transport, "channel": channel, "account": account, "address": address}
    end = _checked(LINE, end)
    new = {**end, "shop_id": shop_id, "staff": staff, "created_at": ctx.now}
    await ctx.execute(ctx.insert_new(lines, new))
    same = [lines.c[name] == value for name, value in end.items()]
    return int(await ctx.scalar(sa.select(lines.c.id).where(*same)))


# ------------------------------------------------------------------------------------ what is given


async def add_category(ctx: Context, shop_id: int, name: str, *, position: int = 0) -> int:
    """Add a heading for services and return its id."""
    values = _checked(CATEGORY, {"name": name, "position": position})
    return await _add(ctx, categories, shop_id, values)


async def change_category(ctx: Context, shop_id: int, category_id: int, **changes: Any) -> None:
    """Change a heading's name or position."""
    await _change(ctx, categories, shop_id, category_id, _checked(CATEGORY, changes))


async def remove_category(ctx: Context, shop_id: int, category_id: int) -> None:
    """Take a heading away; its services stand under none."""
    await _there(ctx, categories, shop_id, category_id)
    under = services.update().where(services.c.category_id == category_id)
    await ctx.execute(under.values(category_id=None))
    await ctx.execute(categories.delete().where(categories.c.id == category_id))
    await catalog.touch(ctx, shop_id)


async def add_service(
    ctx: Context,
    shop_id: int,
    name: str,
    *,
    minutes: int,
    price_minor: int | None = None,
    **more: Any,
) -> int:
    """Add a service and return its id; `more` is any other column of `services`."""
    given = {"name": name, "minutes": minutes, "price_minor": price_minor, **more}
    values = _checked(SERVICE | RULES, given)
    await _belongs(ctx, shop_id, values)
    return await _add(ctx, services, shop_id, values)


async def change_service(ctx: Context, shop_id: int, service_id: int, **changes: Any) -> None:
    """Change columns of a service, rules included; `active=False` takes it off offer."""
    values = _checked(SERVICE | RULES, changes)
    if values.get("parent_id") == service_id:
        raise Invalid(field="parent_id", reason="itself")
    await _belongs(ctx, shop_id, values)
    await _lock(ctx, shop_id)
    await _change(ctx, services, shop_id, service_id, values)
    if "reminders" in values:
        await reminders.replan(ctx, shop_id=shop_id)


async def add_room(
    ctx: Context, shop_id: int, name: str, *, service_ids: Collection[int] = ()
) -> int:
    """Add a room that every booking of these services takes too; return its calendar's id."""
    values = _checked(ROOM, {"name": name})
    await _lock(ctx, shop_id)
    calendar_id = await ctx.insert(calendars, shop_id=shop_id, kind="room", **values)
    await _taken_by(ctx, shop_id, calendar_id, service_ids)
    await catalog.touch(ctx, shop_id)
    return calendar_id


async def change_room(
    ctx: Context,
    shop_id: int,
    calendar_id: int,
    *,
    name: str | None = None,
    service_ids: Collection[int] | None = None,
) -> None:
    """Change a room's name, or which services take it; what is booked keeps the time it took."""
    await _there(ctx, calendars, shop_id, calendar_id)
    await _lock(ctx, shop_id)
    if name is not None:
        called = calendars.update().where(calendars.c.id == calendar_id)
        await ctx.execute(called.values(_checked(ROOM, {"name": name})))
    if service_ids is not None:
        of_it = service_rooms.c.calendar_id == calendar_id
        await ctx.execute(service_rooms.delete().where(of_it))
        await _taken_by(ctx, shop_id, calendar_id, service_ids)
    await catalog.touch(ctx, shop_id)


async def _taken_by(
    ctx: Context, shop_id: int, calendar_id: int, service_ids: Collection[int]
) -> None:
    for service_id in service_ids:
        await _there(ctx, services, shop_id, service_id)
        row = {"shop_id": shop_id, "service_id": service_id, "calendar_id": calendar_id}
        await ctx.execute(service_rooms.insert().values(row))


# ------------------------------------------------------------------------------------ who gives it


async def add_provider(
    ctx: Context, shop_id: int, name: str, *, calendar_id: int | None = None, **more: Any
) -> int:
    """Add a provider with a calendar and return the provider's id.

    Give the `calendar_id` of the same person at another shop, and neither shop can book what the
    other has taken. `more` is any other column of `providers`.
    """
    values = _checked(PROVIDER | RULES, {"name": name, **more})
    if calendar_id is None:
        calendar_id = await ctx.insert(calendars, kind="provider", name=values["name"])
    else:
        shared = sa.select(calendars.c.id).where(
            calendars.c.id == calendar_id, calendars.c.kind == "provider"
        )
        if await ctx.scalar(shared) is None:
            raise NotFound(calendar=calendar_id)
    return await _add(ctx, providers, shop_id, {**values, "calendar_id": calendar_id})


async def change_provider(ctx: Context, shop_id: int, provider_id: int, **changes: Any) -> None:
    """Change columns of a provider, rules included; `available=False` is "not just now"."""
    values = _checked(PROVIDER | RULES, changes)
    await _lock(ctx, shop_id, provider_id)
    await _change(ctx, providers, shop_id, provider_id, values)


async def offer(
    ctx: Context,
    shop_id: int,
    provider_id: int,
    service_id: int,
    *,
    minutes: int | None = None,
    price_minor: int | None = None,
) -> None:
    """Let a provider give a service, at an own length and price if set; again, to change these."""
    values = _checked(OFFER, {"minutes": minutes, "price_minor": price_minor})
    await _there(ctx, services, shop_id, service_id)
    await withdraw(ctx, shop_id, provider_id, service_id)
    values |= {"shop_id": shop_id, "provider_id": provider_id, "service_id": service_id}
    await ctx.execute(provider_services.insert().values(values))


async def withdraw(ctx: Context, shop_id: int, provider_id: int, service_id: int) -> None:
    """Let a provider no longer give a service."""
    await _lock(ctx, shop_id, provider_id)
    await ctx.execute(
        provider_services.delete().where(
            provider_services.c.shop_id == shop_id,
            provider_services.c.provider_id == provider_id,
            provider_services.c.service_id == service_id,
        )
    )
    await catalog.touch(ctx, shop_id)


async def set_rules(
    ctx: Context,
    shop_id: int,
    *,
    service_id: int | None = None,
    provider_id: int | None = None,
    **rules: Any,
) -> None:
    """Set rules (`core.catalog.Rules`) of a shop, a service or a provider; None: as above it."""
    values = _checked(RULES, rules)
    if provider_id is not None:
        await change_provider(ctx, shop_id, provider_id, **values)
    elif service_id is not None:
        await change_service(ctx, shop_id, service_id, **values)
    else:
        await change_shop(ctx, shop_id, **values)


# ------------------------------------------------------------------------------------ when


async def set_hours(
    ctx: Context,
    shop_id: int,
    provider_id: int | None,
    week: Mapping[int, Iterable[Interval]],
) -> None:
    """Set the whole week of a shop (None) or a provider: weekday, Monday 0, to its intervals.

    Days left out are closed; a provider with an empty week keeps the shop's.
    """
    if not set(week) <= set(range(7)):
        raise Invalid(field="week", reason="range", least=0, most=6)
    days = {weekday: _apart(intervals) for weekday, intervals in week.items()}
    await _lock(ctx, shop_id, provider_id)
    await ctx.execute(hours.delete().where(*_whose(hours, shop_id, provider_id)))
    owner = {"shop_id": shop_id, "provider_id": provider_id}
    rows = [
        {"weekday": weekday, "opens": interval.opens, "closes": interval.closes, **owner}
        for weekday, intervals in days.items()
        for interval in intervals
    ]
    if rows:
        await ctx.execute(hours.insert(), rows)
    await catalog.touch(ctx, shop_id)


async def set_exception(
    ctx: Context,
    shop_id: int,
    day: date,
    intervals: Iterable[Interval] = (),
    *,
    provider_id: int | None = None,
    reason: str = "",
) -> None:
    """Set the hours of one local date, instead of the week's: a holiday if there are none."""
    special = _apart(intervals)
    reason = _checked(REASON, {"reason": reason})["reason"]
    await clear_exception(ctx, shop_id, day, provider_id=provider_id)
    common = {"shop_id": shop_id, "provider_id": provider_id, "day": day, "reason": reason}
    rows = [{"opens": i.opens, "closes": i.closes, **common} for i in special]
    closed = {"opens": None, "closes": None, **common}
    await ctx.execute(date_exceptions.insert(), rows or [closed])


async def clear_exception(
    ctx: Context, shop_id: int, day: date, *, provider_id: int | None = None
) -> None:
    """Let the week's hours hold again on a local date."""
    await _lock(ctx, shop_id, provider_id)
    whose = _whose(date_exceptions, shop_id, provider_id)
    await ctx.execute(date_exceptions.delete().where(date_exceptions.c.day == day, *whose))
    await catalog.touch(ctx, shop_id)


async def add_time_off(
    ctx: Context, shop_id: int, provider_id: int, start: datetime, end: datetime, reason: str = ""
) -> int:
    """Take a provider off offer between two instants and return the entry's id."""
    if end - start < timedelta(minutes=5):
        raise Invalid(field="end", reason="order")
    reason = _checked(REASON, {"reason": reason})["reason"]
    await _lock(ctx, shop_id, provider_id)
    values = {"provider_id": provider_id, "starts_at": start, "ends_at": end, "reason": reason}
    return await _add(ctx, time_off, shop_id, values)


async def remove_time_off(ctx: Context, shop_id: int, time_off_id: int) -> None:
    """Take time off back."""
    row = await _there(ctx, time_off, shop_id, time_off_id)
    await _lock(ctx, shop_id, row.provider_id)
    await ctx.execute(time_off.delete().where(time_off.c.id == time_off_id))
    await catalog.touch(ctx, shop_id)


# ------------------------------------------------------------------------------------ workings


def _checked(fields: Mapping[str, Field], given: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they are stored; Invalid names the first that cannot be, and all in `all`."""
    values, wrong = {}, []
    for name, value in given.items():
        try:
            values[name] = fields.get(name, unknown)(name, value)
        except Invalid as error:
            wrong.append(error)
    if wrong:
        first = wrong[0]
        raise Invalid(**first.params, **({"all": wrong} if wrong[1:] else {}))
    return values


def _apart(intervals: Iterable[Interval]) -> list[Interval]:
    ordered = sorted(intervals, key=lambda interval: interval.opens)
    for one, other in pairwise(ordered):
        if other.opens < one.closes:
            raise Invalid(field="hours", reason="overlap")
    return ordered


def _whose(
    table: sa.Table, shop_id: int, provider_id: int | None
) -> tuple[sa.ColumnElement[bool], ...]:
    return table.c.shop_id == shop_id, table.c.provider_id.is_not_distinct_from(provider_id)


async def _lock(ctx: Context, shop_id: int, provider_id: int | None = None) -> None:
    """Lock the calendar of one provider or of all; NotFound if the shop has no such one."""
    mine = sa.select(providers.c.calendar_id).where(providers.c.shop_id == shop_id)
    if provider_id is not None:
        mine = mine.where(providers.c.id == provider_id)
    ids = [row.calendar_id for row in await ctx.all(mine)]
    if not ids and provider_id is not None:
        raise NotFound(provider=provider_id)
    if not ids and await ctx.scalar(sa.select(shops.c.id).where(shops.c.id == shop_id)) is None:
        raise NotFound(shop=shop_id)
    await ctx.lock(calendars, ids)


async def _add(ctx: Context, table: sa.Table, shop_id: int, values: Mapping[str, Any]) -> int:
    if await ctx.scalar(sa.select(shops.c.id).where(shops.c.id == shop_id)) is None:
        raise NotFound(shop=shop_id)
    made = await ctx.insert(table, shop_id=shop_id, **values)
    await catalog.touch(ctx, shop_id)
    return made


async def _change(
    ctx: Context, table: sa.Table, shop_id: int, row_id: int, values: Mapping[str, Any]
) -> None:
    await _there(ctx, table, shop_id, row_id)
    await ctx.execute(table.update().where(table.c.id == row_id).values(values))
    await catalog.touch(ctx, shop_id)


async def _there(ctx: Context, table: sa.Table, shop_id: int, row_id: int) -> sa.Row[Any]:
    row = await ctx.first(sa.select(table).where(table.c.shop_id == shop_id, table.c.id == row_id))
    if row is None:
        raise NotFound(**{table.name: row_id})
    return row


async def _belongs(ctx: Context, shop_id: int, values: Mapping[str, Any]) -> None:
    """Category and parent of a service are of the same shop, or NotFound."""
    for name, table in (("category_id", categories), ("parent_id", services)):
        if values.get(name) is not None:
            await _there(ctx, table, shop_id, values[name])


async def _free_keyword(ctx: Context, values: Mapping[str, Any], shop_id: int = 0) -> None:
    word = values.get("keyword")
    same = sa.select(shops.c.id).where(shops.c.keyword == word, shops.c.id != shop_id)
    if word is not None and await ctx.scalar(same) is not None:
        raise Invalid(field="keyword", reason="taken")
