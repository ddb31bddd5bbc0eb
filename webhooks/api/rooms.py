"""Rooms, which bookings of some services take too."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter
from pydantic import Field

from core.catalog.loader import load_catalog
from core.db.context import Context
from core.db.pagination import paginate_list
from core.errors import NotFound
from core.shops import rooms
from core.values.catalog_changes import NewRoom, RoomChange
from webhooks.api.dependencies import AuthorizedRequest, PageQuery
from webhooks.api.schemas import PageResponse, PathRowId, ResponseModel

router = APIRouter(prefix="/shops/{shop_id}", tags=["rooms"])


class RoomOut(ResponseModel):
    """A room; `id` is its calendar's."""

    id: int
    name: str
    service_ids: list[int] = Field(description="Services whose bookings take it too.")


@router.get("/rooms")
async def list_rooms(
    shop_id: PathRowId, call: AuthorizedRequest, asked: PageQuery
) -> PageResponse[RoomOut]:
    """List a shop's rooms."""

    async def work(ctx: Context) -> PageResponse[RoomOut]:
        found = paginate_list(await _rooms(ctx, shop_id), lambda room: room.id, asked)
        return PageResponse.from_page(found)

    return await call.run_read(work)


@router.post("/rooms", status_code=HTTPStatus.CREATED)
async def add_room(shop_id: PathRowId, body: NewRoom, call: AuthorizedRequest) -> RoomOut:
    """Add a room."""

    async def work(ctx: Context) -> RoomOut:
        made = await rooms.add_room(ctx, shop_id, body)
        return await _room(ctx, shop_id, made)

    return await call.run_write(work)


@router.patch("/rooms/{room_id}")
async def change_room(
    shop_id: PathRowId, room_id: PathRowId, body: RoomChange, call: AuthorizedRequest
) -> RoomOut:
    """Change a room's name or what takes it; what is booked keeps the time it took."""

    async def work(ctx: Context) -> RoomOut:
        await rooms.change_room(ctx, shop_id, room_id, body)
        return await _room(ctx, shop_id, room_id)

    return await call.run_write(work, before=lambda ctx: _room(ctx, shop_id, room_id))


async def _rooms(ctx: Context, shop_id: int) -> list[RoomOut]:
    taken = (await load_catalog(ctx, shop_id)).rooms_by_service
    return [
        RoomOut(id=row.id, name=row.name, service_ids=[s for s in taken if row.id in taken[s]])
        for row in await rooms.list_rooms(ctx, shop_id)
    ]


async def _room(ctx: Context, shop_id: int, room_id: int) -> RoomOut:
    """Return one of a shop's rooms; else NotFound."""
    for room in await _rooms(ctx, shop_id):
        if room.id == room_id:
            return room
    raise NotFound(room=room_id)
