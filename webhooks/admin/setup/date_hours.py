"""Days with hours of their own, of the shop or of a provider."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from webhooks.admin.api_client import ApiProblem
from webhooks.admin.form_fields import api_errors, form_errors, hours_api_path, parse_time_range
from webhooks.admin.templating import redirect_saved, render_shop_page
from webhooks.admin.visitor import ShopVisitor, Visitor

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
    path = f"{hours_api_path(visit, provider)}/dates/{gone or typed['day']}"
    words = "Write from when until when, in steps of five minutes; or neither."
    hit: list[Any] = []
    try:
        given = typed["opens"] or typed["closes"]
        hours = [parse_time_range(typed["opens"], typed["closes"])] if given else []
        if gone:
            await visit.api_send("DELETE", path)
        else:
            done = await visit.api_send("PUT", path, hours=hours, reason=typed["reason"])
            hit = done["bookings"]
    except ValueError:
        return await _page(visit, provider, typed=typed, **form_errors({"opens": words}))
    except ApiProblem as problem:
        said = api_errors(problem) | {"errors": {"opens": words}, "problem": ""}
        return await _page(visit, provider, typed=typed, **said)
    if hit:
        return await _page(visit, provider, hit=hit)
    query = f"?provider={provider}" if provider is not None else ""
    back = f"/admin/shops/{visit.catalog.shop.id}/setup/dates{query}"
    return redirect_saved(back, "removed" if gone else "saved")


async def _page(
    visit: Visitor, provider: int | None, *, typed: Mapping[str, str] | None = None, **said: Any
) -> Response:
    who = None if provider is None else visit.catalog.provider(provider)
    found = await visit.api_get(f"{hours_api_path(visit, provider)}/dates")
    return render_shop_page(
        visit,
        "dates.html",
        place="setup" if visit.can_configure else "mine",
        who=who,
        dates=[one | {"on": date.fromisoformat(one["day"])} for one in found["items"]],
        typed=dict.fromkeys(DATE_HOURS_FIELDS, "") | dict(typed or {}),
        **said,
    )
