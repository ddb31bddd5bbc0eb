"""Rooms: what a booking takes besides a provider's time."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from webhooks.pages.admin.client import AtShop, Problem, Visit
from webhooks.pages.admin.forms import refused
from webhooks.pages.admin.rendering import done, shown

router = APIRouter(prefix="/rooms")


@router.get("")
async def rooms(visit: AtShop) -> Response:
    """Show the rooms and what takes them, and a form for one more."""
    return await _page(visit)


@router.post("")
async def add_room(visit: AtShop) -> Response:
    """Add a room that bookings of some services take from now on."""
    name = visit.form["name"]
    chosen = [int(one) for one in visit.form.every("takes") if one.isdecimal()]
    home = f"/shops/{visit.shop.shop.id}"
    try:
        await visit.send("POST", f"{home}/rooms", name=name, service_ids=chosen)
    except Problem as problem:
        return await _page(visit, name, chosen, **refused(problem))
    return done(f"/admin{home}/setup/rooms", "added")


async def _page(
    visit: Visit, name: str = "", chosen: Collection[int] = (), **said: Any
) -> Response:
    found = await visit.get(f"/shops/{visit.shop.shop.id}/rooms", limit=100)
    services = [one for one in visit.shop.services if one.active]
    takes = {
        room["id"]: [one.name for one in services if room["id"] in visit.shop.rooms.get(one.id, ())]
        for room in found["items"]
    }
    return shown(
        visit,
        "rooms.html",
        place="setup",
        rooms=found["items"],
        takes=takes,
        services=services,
        chosen=chosen,
        name=name,
        **said,
    )
