"""When a provider is away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from webhooks.admin.form_fields import api_errors, form_errors, parse_local_instant
from webhooks.admin.handler_calls import CallRefused
from webhooks.admin.templating import redirect_saved, render_shop_page
from webhooks.admin.visitor import ShopVisitor, Visitor
from webhooks.api import opening_hours as hours_api
from webhooks.api.opening_hours import HitBookingOut

router = APIRouter()

TIME_OFF_FIELDS = ("from_on", "from_at", "until_on", "until_at", "reason")


@router.get("/people/{provider_id}/away")
async def show_time_off(visit: ShopVisitor, provider_id: int) -> Response:
    """Show when a provider is away."""
    return await _away(visit, provider_id)


@router.post("/people/{provider_id}/away")
async def change_time_off(visit: ShopVisitor, provider_id: int) -> Response:
    """Take a provider off offer for a while, or put that time back on."""
    back = f"/admin/shops/{visit.catalog.shop.id}/setup/people/{provider_id}/away"
    if gone := visit.form["remove"]:
        await visit.call(hours_api.remove_time_off, provider_id=provider_id, time_off_id=gone)
        return redirect_saved(back, "removed")
    typed = {name: visit.form[name] for name in TIME_OFF_FIELDS}
    wrong: dict[str, str] = {}
    begins = _begins(visit, typed["from_on"], typed["from_at"], "from", wrong)
    # Without a time, the last day is included.
    until_on = typed["until_on"] or typed["from_on"]
    last = until_on if typed["until_at"] else _after(until_on)
    ends = _begins(visit, last, typed["until_at"], "until", wrong)
    if begins and ends and ends <= begins:
        wrong["until_on"] = "The end has to come after the beginning."
    if wrong or begins is None or ends is None:
        return await _away(visit, provider_id, typed=typed, **form_errors(wrong))
    said = {"starts_at": begins, "ends_at": ends, "reason": typed["reason"]}
    try:
        added = await visit.call(hours_api.add_time_off, said, provider_id=provider_id)
    except CallRefused as problem:
        return await _away(visit, provider_id, typed=typed, **api_errors(problem))
    if added.bookings:
        return await _away(visit, provider_id, hit=added.bookings)
    return redirect_saved(back, "added")


def _begins(visit: Visitor, on: str, at: str, name: str, wrong: dict[str, str]) -> Any:
    mine: dict[str, str] = {}
    found = parse_local_instant(visit, on, at or "00:00", mine)
    wrong |= {f"{name}_{field}": words for field, words in mine.items()}
    return found


def _after(day: str) -> str:
    try:
        return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return ""


async def _away(
    visit: Visitor,
    provider_id: int,
    *,
    typed: Mapping[str, str] | None = None,
    hit: Sequence[HitBookingOut] = (),
    **said: Any,
) -> Response:
    one = visit.catalog.provider(provider_id)
    found = await visit.call(hours_api.list_time_off, provider_id=provider_id, limit=100)
    return render_shop_page(
        visit,
        "away.html",
        place="setup" if visit.can_configure else "mine",
        one=one,
        away=found.items,
        hit=hit,
        typed=dict.fromkeys(TIME_OFF_FIELDS, "") | dict(typed or {}),
        **said,
    )
