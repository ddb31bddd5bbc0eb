"""The shop itself: what customers read of it, and by which rules they book."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from core.catalog.entities import BookingRules
from webhooks.admin import countries
from webhooks.admin.form_fields import (
    api_errors,
    form_errors,
    format_number,
    parse_checkboxes,
    parse_ints,
)
from webhooks.admin.handler_calls import CallRefused
from webhooks.admin.templating import redirect_saved, render_shop_page
from webhooks.admin.visitor import ShopVisitor, Visitor
from webhooks.api import shops as shops_api

router = APIRouter(prefix="/shop")

TEXT_FIELDS = (
    "name", "keyword", "type", "city", "address", "directions", "phone", "emergency_phone",
    "timezone", "language", "about",
)  # fmt: skip
RULE_FIELDS = (
    "grid_minutes", "gap_before_minutes", "gap_after_minutes", "notice_minutes", "horizon_days",
    "cutoff_minutes",
)  # fmt: skip
COUNT_FIELDS = ("hold_minutes", "max_open_bookings")
CHECKBOX_FIELDS = ("paused", "may_change_provider", "codes_on_every_channel")


@router.get("")
async def show_shop(visit: ShopVisitor) -> Response:
    """Show the shop and its rules to be changed."""
    return _page(visit)


@router.post("")
async def change_shop(visit: ShopVisitor) -> Response:
    """Change the shop and its rules."""
    names = (*TEXT_FIELDS, *RULE_FIELDS, *COUNT_FIELDS, *CHECKBOX_FIELDS, "needs_approval")
    typed = {name: visit.form[name] for name in names}
    wrong: dict[str, str] = {}
    rules = parse_ints(typed, RULE_FIELDS, wrong)
    counts = parse_ints(typed, COUNT_FIELDS, wrong)
    if wrong:
        return _page(visit, typed=typed, **form_errors(wrong))
    said: dict[str, Any] = {name: typed[name] for name in TEXT_FIELDS}
    said["keyword"] = typed["keyword"] or None
    said |= {name: value for name, value in counts.items() if value is not None}
    said |= parse_checkboxes(typed, CHECKBOX_FIELDS)
    said["rules"] = rules | parse_checkboxes(typed, ("needs_approval",))
    home = f"/shops/{visit.catalog.shop.id}"
    try:
        await visit.call(shops_api.change_shop, said)
    except CallRefused as problem:
        return _page(visit, typed=typed, **api_errors(problem))
    return redirect_saved(f"/admin{home}/setup", "saved")


def _page(visit: Visitor, *, typed: Mapping[str, str] | None = None, **said: Any) -> Response:
    now = visit.catalog.shop
    first = {name: getattr(now, name) or "" for name in TEXT_FIELDS}
    first |= {name: format_number(getattr(now.overrides, name)) for name in RULE_FIELDS}
    first |= {name: str(getattr(now, name)) for name in COUNT_FIELDS}
    first |= {name: "1" if getattr(now, name) else "" for name in CHECKBOX_FIELDS}
    first["needs_approval"] = "1" if now.rules.needs_approval else ""
    return render_shop_page(
        visit,
        "shop.html",
        place="setup",
        typed=first | dict(typed or {}),
        usual=BookingRules(),
        zones=countries.list_zones(),
        languages=_languages(now.language),
        **said,
    )


def _languages(now: str) -> list[tuple[str, str]]:
    """Return the languages to choose from; what is set stays, even if no text is written in it."""
    known = list(countries.list_languages())
    return known if now in dict(known) else [(now, now or "None in particular"), *known]
