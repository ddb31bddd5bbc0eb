"""Rooms: what a booking takes besides a provider's time."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from webhooks.admin.api_client import Problem
from webhooks.admin.form_fields import chosen, refused
from webhooks.admin.templating import done, shown
from webhooks.admin.visitor import AtShop, Visit

router = APIRouter(prefix="/rooms")


@router.get("")
async def rooms(visit: AtShop) -> Response:
    """Show the rooms and what takes them, and a form for one more."""
    return await _page(visit)


@router.post("")
async def add_room(visit: AtShop) -> Response:
    """Add a room that bookings of some services take from now on."""
    name = visit.form["name"]
    takes = _takes(visit)
    home = f"/shops/{visit.shop.shop.id}"
    try:
        await visit.send("POST", f"{home}/rooms", name=name, service_ids=takes)
    except Problem as problem:
        return await _page(visit, name, takes, **refused(problem))
    return done(f"/admin{home}/setup/rooms", "added")


@router.post("/{room_id}")
async def change_room(visit: AtShop, room_id: int) -> Response:
    """Change a room's name, or which services take it."""
    typed = visit.form["name"], _takes(visit)
    home = f"/shops/{visit.shop.shop.id}"
    said = dict(zip(("name", "service_ids"), typed, strict=True))
    try:
        await visit.send("PATCH", f"{home}/rooms/{room_id}", **said)
    except Problem as problem:
        refusal = refused(problem)
        refusal["errors"] = {f"{k}{room_id}": v for k, v in refusal["errors"].items()}
        return await _page(visit, typed={room_id: typed}, **refusal)
    return done(f"/admin{home}/setup/rooms", "saved")


def _takes(visit: Visit) -> list[int]:
    return [one for one in map(chosen, visit.form.every("takes")) if one is not None]


async def _page(
    visit: Visit,
    name: str = "",
    takes: Collection[int] = (),
    *,
    typed: Mapping[int, tuple[str, list[int]]] | None = None,
    **said: Any,
) -> Response:
    found = await visit.get(f"/shops/{visit.shop.shop.id}/rooms", limit=100)
    taken = {service_id for room in found["items"] for service_id in room["service_ids"]}
    services = [one for one in visit.shop.services if one.active or one.id in taken]
    first = {room["id"]: (room["name"], room["service_ids"]) for room in found["items"]}
    return shown(
        visit,
        "rooms.html",
        place="setup",
        rooms=found["items"],
        names={one.id: one.name for one in services},
        typed=first | dict(typed or {}),
        services=services,
        takes=takes,
        name=name,
        **said,
    )
