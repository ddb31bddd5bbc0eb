"""Creating a shop: the first of four steps to a shop that can be booked."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from core.errors import NotAllowed
from webhooks.admin import countries
from webhooks.admin.error_messages import field_messages, problem_message
from webhooks.admin.handler_calls import CallRefused
from webhooks.admin.templating import redirect_saved, render_shop_page
from webhooks.admin.visitor import AnyVisitor, Visitor
from webhooks.api import shops as shops_api

router = APIRouter()

SHOP_FIELDS = ("name", "type", "city", "country", "timezone", "currency", "keyword")


@router.get("/new")
async def show_shop_form(visit: AnyVisitor) -> Response:
    """Show the form for a new shop."""
    if not (visit.api_request.principal.is_admin or visit.api_request.app.settings.shops_by_anyone):
        raise NotAllowed(user=visit.api_request.principal.user_id)
    return _page(visit, dict.fromkeys(SHOP_FIELDS, ""))


@router.post("/new")
async def create_shop(visit: AnyVisitor) -> Response:
    """Create the shop; a country with one zone or currency determines it."""
    typed = {name: visit.form[name] for name in SHOP_FIELDS}
    country, today = typed["country"], visit.api_request.app.runtime.clock.now().date()
    typed["timezone"] = typed["timezone"] or countries.only_zone_of(country)
    typed["currency"] = typed["currency"] or countries.currency_of_country(country, today)
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
        made = await visit.call(shops_api.create_shop, said)
    except CallRefused as problem:
        if problem.status in {401, 403}:
            raise
        named = field_messages(problem)
        return _page(visit, typed, named, status=problem.status, problem=problem_message(problem))
    return redirect_saved(f"/admin/shops/{made.id}/setup/hours?first=1", "founded")


def _page(
    visit: Visitor,
    typed: dict[str, str],
    errors: dict[str, str] | None = None,
    *,
    status: int = 200,
    problem: str = "",
) -> Response:
    return render_shop_page(
        visit,
        "new_shop.html",
        status=status,
        typed=typed,
        errors=errors or {},
        problem=problem,
        countries=countries.list_countries(),
        zones=countries.list_zones(),
        country_of=countries.country_by_zone(),
    )
