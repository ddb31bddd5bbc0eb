"""A shop founded: the first of four steps from nothing to a shop that can be booked."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from core.errors import NotAllowed
from webhooks.admin import countries
from webhooks.admin.api_client import Problem
from webhooks.admin.error_messages import by_field, told
from webhooks.admin.templating import done, shown
from webhooks.admin.visitor import Visit, Visitor

router = APIRouter()

FIELDS = ("name", "type", "city", "country", "timezone", "currency", "keyword")


@router.get("/new")
async def ask(visit: Visitor) -> Response:
    """Show the form for a new shop."""
    if not (visit.call.me.admin or visit.call.app.settings.shops_by_anyone):
        raise NotAllowed(user=visit.call.me.user_id)
    return _page(visit, dict.fromkeys(FIELDS, ""))


@router.post("/new")
async def found(visit: Visitor) -> Response:
    """Found the shop; zone and currency follow from its country where it leaves no choice."""
    typed = {name: visit.form[name] for name in FIELDS}
    country, today = typed["country"], visit.call.app.runtime.clock.now().date()
    typed["timezone"] = typed["timezone"] or countries.zone_of(country)
    typed["currency"] = typed["currency"] or countries.currency_of(country, today)
    wrong = {}
    if len(typed["name"]) < 2:
        wrong["name"] = "Write the shop's name, at least two letters."
    if not country:
        wrong["country"] = "Choose the country."
    elif not typed["timezone"]:
        wrong["timezone"] = "This country has several time zones: choose the shop's."
    if not typed["currency"] and country:
        wrong["currency"] = "Write three letters, such as EUR."
    if wrong:
        return _page(visit, typed, wrong, status=422)
    said = {name: value for name, value in typed.items() if value}
    try:
        made = await visit.send("POST", "/shops", **said)
    except Problem as problem:
        if problem.status in {401, 403}:
            raise
        named = by_field(problem)
        return _page(visit, typed, named, status=problem.status, problem=told(problem))
    return done(f"/admin/shops/{made['id']}/setup/hours?first=1", "founded")


def _page(
    visit: Visit,
    typed: dict[str, str],
    errors: dict[str, str] | None = None,
    *,
    status: int = 200,
    problem: str = "",
) -> Response:
    return shown(
        visit,
        "new_shop.html",
        status=status,
        typed=typed,
        errors=errors or {},
        problem=problem,
        countries=countries.countries(),
        zones=countries.every_zone(),
    )
