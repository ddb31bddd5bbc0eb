"""Calendars out and in: addresses to subscribe to, and busy times from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from core.catalog.entities import Provider
from webhooks.admin.api_client import Problem
from webhooks.admin.form_fields import any_or, chosen, refused, wrongs
from webhooks.admin.templating import done, shown
from webhooks.admin.visitor import AtShop, Visit

router = APIRouter(prefix="/calendars")

FIELDS = ("provider_id", "url")


@router.get("")
async def calendars(visit: AtShop) -> Response:
    """Show which calendars can be read from outside, and which are read from there."""
    return await _page(visit)


@router.post("/out")
async def make(visit: AtShop) -> Response:
    """Make an address of a calendar and show it, this once."""
    whose = visit.form["whose"]
    try:
        made = await visit.send("POST", f"{_path(visit)}/feeds", provider_id=any_or(whose))
    except Problem as problem:
        said = refused(problem)
        wrong = said["errors"].get("provider_id", "")
        return await _page(visit, whose=whose, **said | {"errors": {"whose": wrong}})
    return await _page(visit, whose=whose, made=made)


@router.post("/out/{feed_id}/revoke")
async def revoke(visit: AtShop, feed_id: int) -> Response:
    """Have an address open nothing any more."""
    await visit.send("DELETE", f"{_path(visit)}/feeds/{feed_id}")
    return done(_back(visit), "revoked")


@router.post("/in")
async def add(visit: AtShop) -> Response:
    """Let the busy times of a calendar elsewhere take time from a provider's."""
    typed = {name: visit.form[name] for name in FIELDS}
    wrong = {}
    provider = chosen(typed["provider_id"])
    if provider is None:
        wrong["provider_id"] = "Choose whose time it takes."
    if not typed["url"]:
        wrong["url"] = "Paste the calendar's address. It ends in .ics for most."
    if wrong:
        return await _page(visit, typed=typed, **wrongs(wrong))
    # What Apple hands out; the calendar behind it is read by https.
    url = typed["url"].replace("webcal://", "https://", 1)
    try:
        await visit.send("POST", f"{_path(visit)}/outside-calendars", provider_id=provider, url=url)
    except Problem as problem:
        return await _page(visit, typed=typed, **refused(problem))
    return done(_back(visit), "reading")


@router.post("/in/{calendar_id}/read")
async def read(visit: AtShop, calendar_id: int) -> Response:
    """Have one read again now."""
    await visit.send("POST", f"{_path(visit)}/outside-calendars/{calendar_id}/read")
    return done(_back(visit), "reading")


@router.post("/in/{calendar_id}/remove")
async def remove(visit: AtShop, calendar_id: int) -> Response:
    """Read one no more; the time it took is free again."""
    await visit.send("DELETE", f"{_path(visit)}/outside-calendars/{calendar_id}")
    return done(_back(visit), "removed")


def _path(visit: Visit) -> str:
    return f"/shops/{visit.shop.shop.id}"


def _back(visit: Visit) -> str:
    return f"/admin{_path(visit)}/setup/calendars"


def _people(visit: Visit) -> list[Provider]:
    """Return whose calendars are this person's business: of a provider, their own."""
    own = visit.call.own_providers
    return [one for one in visit.shop.providers if one.active and (own is None or one.id in own)]


async def _page(
    visit: Visit,
    *,
    typed: Mapping[str, str] | None = None,
    whose: str = "",
    made: Any = None,
    **said: Any,
) -> Response:
    people = _people(visit)
    first = str(people[0].id) if len(people) == 1 else ""
    given = await visit.get(f"{_path(visit)}/feeds", limit=100)
    taken = await visit.get(f"{_path(visit)}/outside-calendars", limit=100)
    return shown(
        visit,
        "calendars.html",
        place="setup" if visit.runs else "mine" if visit.own else "week",
        people=people,
        names={one.id: one.called for one in visit.shop.providers},
        given=given["items"],
        taken=taken["items"],
        made=made,
        whose=whose,
        typed={"provider_id": first, "url": ""} | dict(typed or {}),
        **said,
    )
