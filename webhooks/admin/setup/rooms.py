"""Rooms: what a booking takes besides a provider's time."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from webhooks.admin.form_fields import api_errors, parse_id
from webhooks.admin.handler_calls import CallRefused
from webhooks.admin.templating import redirect_saved, render_shop_page
from webhooks.admin.visitor import ShopVisitor, Visitor
from webhooks.api import rooms as rooms_api

router = APIRouter(prefix="/rooms")


@router.get("")
async def show_rooms(visit: ShopVisitor) -> Response:
    """Show the rooms and what takes them, and a form for one more."""
    return await _page(visit)


@router.post("")
async def add_room(visit: ShopVisitor) -> Response:
    """Add a room that bookings of some services take from now on."""
    name = visit.form["name"]
    takes = _takes(visit)
    home = f"/shops/{visit.catalog.shop.id}"
    try:
        await visit.call(rooms_api.add_room, {"name": name, "service_ids": takes})
    except CallRefused as problem:
        return await _page(visit, name, takes, **api_errors(problem))
    return redirect_saved(f"/admin{home}/setup/rooms", "added")


@router.post("/{room_id}")
async def change_room(visit: ShopVisitor, room_id: int) -> Response:
    """Change a room's name, or which services take it."""
    typed = visit.form["name"], _takes(visit)
    home = f"/shops/{visit.catalog.shop.id}"
    said = dict(zip(("name", "service_ids"), typed, strict=True))
    try:
        await visit.call(rooms_api.change_room, said, room_id=room_id)
    except CallRefused as problem:
        refusal = api_errors(problem)
        refusal["errors"] = {f"{k}{room_id}": v for k, v in refusal["errors"].items()}
        return await _page(visit, typed={room_id: typed}, **refusal)
    return redirect_saved(f"/admin{home}/setup/rooms", "saved")


def _takes(visit: Visitor) -> list[int]:
    return [one for one in map(parse_id, visit.form.all_values("takes")) if one is not None]


async def _page(
    visit: Visitor,
    name: str = "",
    takes: Collection[int] = (),
    *,
    typed: Mapping[int, tuple[str, list[int]]] | None = None,
    **said: Any,
) -> Response:
    found = await visit.call(rooms_api.list_rooms, limit=100)
    taken = {service_id for room in found.items for service_id in room.service_ids}
    services = [one for one in visit.catalog.services if one.active or one.id in taken]
    first = {room.id: (room.name, room.service_ids) for room in found.items}
    return render_shop_page(
        visit,
        "rooms.html",
        place="setup",
        rooms=found.items,
        names={one.id: one.name for one in services},
        typed=first | dict(typed or {}),
        services=services,
        takes=takes,
        name=name,
        **said,
    )
