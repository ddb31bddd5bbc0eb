"""Days with hours of their own, and when a provider is away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from webhooks.admin.api_client import Problem
from webhooks.admin.form_fields import _home, refused, stretch, wrongs
from webhooks.admin.templating import done, shown
from webhooks.admin.visitor import AtShop, Visit

router = APIRouter()

FIELDS = ("day", "opens", "closes", "reason")


@router.get("/dates")
async def dates(visit: AtShop, provider: int | None = None) -> Response:
    """Show the days with hours of their own, of the shop or of a provider."""
    return await _page(visit, provider)


@router.post("/dates")
async def set_date(visit: AtShop, provider: int | None = None) -> Response:
    """Close on a day, open at other hours, or let the week hold again."""
    typed = {name: visit.form[name] for name in FIELDS}
    gone = visit.form["remove"]
    if not (typed["day"] or gone):
        return await _page(visit, provider, typed=typed, **wrongs({"day": "Choose a day."}))
    path = f"{_home(visit, provider)}/dates/{gone or typed['day']}"
    words = "Write from when until when, in steps of five minutes; or neither."
    try:
        given = typed["opens"] or typed["closes"]
        hours = [stretch(typed["opens"], typed["closes"])] if given else []
        if gone:
            await visit.send("DELETE", path)
        else:
            await visit.send("PUT", path, hours=hours, reason=typed["reason"])
    except ValueError:
        return await _page(visit, provider, typed=typed, **wrongs({"opens": words}))
    except Problem as problem:
        said = refused(problem) | {"errors": {"opens": words}, "problem": ""}
        return await _page(visit, provider, typed=typed, **said)
    query = f"?provider={provider}" if provider is not None else ""
    back = f"/admin/shops/{visit.shop.shop.id}/setup/dates{query}"
    return done(back, "removed" if gone else "saved")


async def _page(
    visit: Visit, provider: int | None, *, typed: Mapping[str, str] | None = None, **said: Any
) -> Response:
    who = None if provider is None else visit.shop.provider(provider)
    found = await visit.get(f"{_home(visit, provider)}/dates")
    return shown(
        visit,
        "dates.html",
        place="setup" if visit.runs else "mine",
        who=who,
        dates=[one | {"on": date.fromisoformat(one["day"])} for one in found["items"]],
        typed=dict.fromkeys(FIELDS, "") | dict(typed or {}),
        **said,
    )
