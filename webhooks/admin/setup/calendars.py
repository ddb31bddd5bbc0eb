"""Calendars out and in: addresses to subscribe to, and busy times from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from core.catalog.entities import Provider
from webhooks.admin.form_fields import api_errors, form_errors, id_or_raw, parse_id
from webhooks.admin.handler_calls import CallRefused
from webhooks.admin.templating import redirect_saved, render_shop_page
from webhooks.admin.visitor import ShopVisitor, Visitor
from webhooks.api import feeds as feeds_api

router = APIRouter(prefix="/calendars")

EXTERNAL_CALENDAR_FIELDS = ("provider_id", "url")


@router.get("")
async def show_calendars(visit: ShopVisitor) -> Response:
    """Show which calendars can be read from outside, and which are read from there."""
    return await _page(visit)


@router.post("/out")
async def add_feed(visit: ShopVisitor) -> Response:
    """Make an address of a calendar and show it, this once."""
    whose = visit.form["whose"]
    try:
        made = await visit.call(feeds_api.add_feed, {"provider_id": id_or_raw(whose)})
    except CallRefused as problem:
        said = api_errors(problem)
        wrong = said["errors"].get("provider_id", "")
        return await _page(visit, whose=whose, **said | {"errors": {"whose": wrong}})
    return await _page(visit, whose=whose, made=made)


@router.post("/out/{feed_id}/revoke")
async def revoke_feed(visit: ShopVisitor, feed_id: int) -> Response:
    """Have an address open nothing any more."""
    await visit.call(feeds_api.revoke_feed, feed_id=feed_id)
    return redirect_saved(_back(visit), "revoked")


@router.post("/in")
async def add_external_calendar(visit: ShopVisitor) -> Response:
    """Let the busy times of a calendar elsewhere take time from a provider's."""
    typed = {name: visit.form[name] for name in EXTERNAL_CALENDAR_FIELDS}
    wrong = {}
    provider = parse_id(typed["provider_id"])
    if provider is None:
        wrong["provider_id"] = "Choose whose time it takes."
    if not typed["url"]:
        wrong["url"] = "Paste the calendar's address. It ends in .ics for most."
    if wrong:
        return await _page(visit, typed=typed, **form_errors(wrong))
    # What Apple hands out; the calendar behind it is read by https.
    url = typed["url"].replace("webcal://", "https://", 1)
    try:
        await visit.call(feeds_api.add_external_calendar, {"provider_id": provider, "url": url})
    except CallRefused as problem:
        return await _page(visit, typed=typed, **api_errors(problem))
    return redirect_saved(_back(visit), "reading")


@router.post("/in/{calendar_id}/read")
async def refresh_external_calendar(visit: ShopVisitor, calendar_id: int) -> Response:
    """Have one read again now."""
    await visit.call(feeds_api.refresh_external_calendar, calendar_id=calendar_id)
    return redirect_saved(_back(visit), "reading")


@router.post("/in/{calendar_id}/remove")
async def remove_external_calendar(visit: ShopVisitor, calendar_id: int) -> Response:
    """Read one no more; the time it took is free again."""
    await visit.call(feeds_api.remove_external_calendar, calendar_id=calendar_id)
    return redirect_saved(_back(visit), "removed")


def _back(visit: Visitor) -> str:
    return f"/admin/shops/{visit.catalog.shop.id}/setup/calendars"


def _people(visit: Visitor) -> list[Provider]:
    """Return whose calendars are this person's business: of a provider, their own."""
    own = visit.api_request.own_provider_ids
    return [one for one in visit.catalog.providers if one.active and (own is None or one.id in own)]


async def _page(
    visit: Visitor,
    *,
    typed: Mapping[str, str] | None = None,
    whose: str = "",
    made: Any = None,
    **said: Any,
) -> Response:
    people = _people(visit)
    first = str(people[0].id) if len(people) == 1 else ""
    given = await visit.call(feeds_api.list_feeds, limit=100)
    taken = await visit.call(feeds_api.list_external_calendars, limit=100)
    return render_shop_page(
        visit,
        "calendars.html",
        place="setup" if visit.can_configure else "mine" if visit.own_provider_id else "week",
        people=people,
        names={one.id: one.display_name for one in visit.catalog.providers},
        given=given.items,
        taken=taken.items,
        made=made,
        whose=whose,
        typed={"provider_id": first, "url": ""} | dict(typed or {}),
        **said,
    )
