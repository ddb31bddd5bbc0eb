"""Changes to rooms; see `core.catalog.rows` for locks and versions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from core.catalog import loader
from core.catalog.rows import lock_provider_calendars, require_row
from core.db.context import Context
from core.db.rows import Rows
from core.db.tables import calendars, service_rooms, services
from core.values.catalog_changes import NewRoom, RoomChange


@dataclass(frozen=True, slots=True)
class ListedRoom:
    """A room: the id of its calendar, and its name."""

    id: int
    name: str


_ROOMS = Rows(
    ListedRoom,
    sa.select(calendars.c.id, calendars.c.name)
    .where(calendars.c.kind == "room")
    .order_by(calendars.c.id),
)


async def add_room(ctx: Context, shop_id: int, new: NewRoom) -> int:
    """Add a room that every booking of its services also claims; return its calendar's id."""
    await lock_provider_calendars(ctx, shop_id)
    calendar_id = await ctx.insert(calendars, shop_id=shop_id, kind="room", name=new.name)
    await _taken_by(ctx, shop_id, calendar_id, new.service_ids)
    await loader.bump_version(ctx, shop_id)
    return calendar_id


async def change_room(ctx: Context, shop_id: int, calendar_id: int, change: RoomChange) -> None:
    """Change a room's name or services; existing bookings keep their claims."""
    values = change.changes()
    await require_row(ctx, calendars, shop_id, calendar_id)
    await lock_provider_calendars(ctx, shop_id)
    if "name" in values:
        called = calendars.update().where(calendars.c.id == calendar_id)
        await ctx.execute(called.values(name=values["name"]))
    if "service_ids" in values:
        of_it = service_rooms.c.calendar_id == calendar_id
        await ctx.execute(service_rooms.delete().where(of_it))
        await _taken_by(ctx, shop_id, calendar_id, values["service_ids"])
    await loader.bump_version(ctx, shop_id)


async def _taken_by(
    ctx: Context, shop_id: int, calendar_id: int, service_ids: Collection[int]
) -> None:
    for service_id in dict.fromkeys(service_ids):
        await require_row(ctx, services, shop_id, service_id)
        row = {"shop_id": shop_id, "service_id": service_id, "calendar_id": calendar_id}
        await ctx.execute(service_rooms.insert().values(row))


async def list_rooms(ctx: Context, shop_id: int) -> list[ListedRoom]:
    """Return a shop's rooms."""
    return await ctx.fetch(_ROOMS.where(calendars.c.shop_id == shop_id))
