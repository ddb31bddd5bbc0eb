"""Days with hours of their own, of the shop or of a provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from webhooks.admin.form_fields import api_errors, form_errors, parse_time_range
from webhooks.admin.handler_calls import CallRefused, Handler
from webhooks.admin.templating import redirect_saved, render_shop_page
from webhooks.admin.visitor import ShopVisitor, Visitor
from webhooks.api import opening_hours as hours_api
from webhooks.api.opening_hours import HitBookingOut

router = APIRouter()

DATE_HOURS_FIELDS = ("day", "opens", "closes", "reason")


@router.get("/dates")
async def show_date_hours(visit: ShopVisitor, provider: int | None = None) -> Response:
    """Show the days with hours of their own, of the shop or of a provider."""
    return await _page(visit, provider)


@router.post("/dates")
async def set_date_hours(visit: ShopVisitor, provider: int | None = None) -> Response:
    """Close on a day, open at other hours, or let the week hold again."""
    typed = {name: visit.form[name] for name in DATE_HOURS_FIELDS}
    gone = visit.form["remove"]
    if not (typed["day"] or gone):
        return await _page(visit, provider, typed=typed, **form_errors({"day": "Choose a day."}))
    which: dict[str, Any] = {"day": gone or typed["day"]}
    clear: Handler[Any]
    change: Handler[Any]
    clear, change = hours_api.clear_shop_date_hours, hours_api.set_shop_date_hours
    if provider is not None:
        which["provider_id"] = provider
        clear, change = hours_api.clear_provider_date_hours, hours_api.set_provider_date_hours
    words = "Write from when until when, in steps of five minutes; or neither."
    hit: Sequence[HitBookingOut] = ()
    try:
        given = typed["opens"] or typed["closes"]
        hours = [parse_time_range(typed["opens"], typed["closes"])] if given else []
        if gone:
            await visit.call(clear, **which)
        else:
            said = {"hours": hours, "reason": typed["reason"]}
            hit = (await visit.call(change, said, **which)).bookings
    except ValueError:
        return await _page(visit, provider, typed=typed, **form_errors({"opens": words}))
    except CallRefused as problem:
        refusal: dict[str, Any] = api_errors(problem)
        refusal |= {"errors": {"opens": words}, "problem": ""}
        return await _page(visit, provider, typed=typed, **refusal)
    if hit:
        return await _page(visit, provider, hit=hit)
    query = f"?provider={provider}" if provider is not None else ""
    back = f"/admin/shops/{visit.catalog.shop.id}/setup/dates{query}"
    return redirect_saved(back, "removed" if gone else "saved")


async def _page(
    visit: Visitor,
    provider: int | None,
    *,
    typed: Mapping[str, str] | None = None,
    hit: Sequence[HitBookingOut] = (),
    **said: Any,
) -> Response:
    who = None if provider is None else visit.catalog.provider(provider)
    if provider is None:
        found = await visit.call(hours_api.list_shop_date_hours)
    else:
        found = await visit.call(hours_api.list_provider_date_hours, provider_id=provider)
    return render_shop_page(
        visit,
        "dates.html",
        place="setup" if visit.can_configure else "mine",
        who=who,
        dates=found.items,
        hit=hit,
        typed=dict.fromkeys(DATE_HOURS_FIELDS, "") | dict(typed or {}),
        **said,
    )
