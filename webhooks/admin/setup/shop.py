"""The shop itself: what customers read of it, and by which rules they book."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from core.catalog.entities import Rules
from webhooks.admin import countries
from webhooks.admin.api_client import Problem
from webhooks.admin.form_fields import number, refused, ticked, whole, wrongs
from webhooks.admin.templating import done, shown
from webhooks.admin.visitor import AtShop, Visit

router = APIRouter(prefix="/shop")

TEXTS = (
    "name", "keyword", "type", "city", "address", "directions", "phone", "emergency_phone",
    "timezone", "language", "about",
)  # fmt: skip
RULES = (
    "grid_minutes", "gap_before_minutes", "gap_after_minutes", "notice_minutes", "horizon_days",
    "cutoff_minutes",
)  # fmt: skip
COUNTS = ("hold_minutes", "max_open")
BOXES = ("paused", "moves_anyone")


@router.get("")
async def shop(visit: AtShop) -> Response:
    """Show the shop and its rules to be changed."""
    return _page(visit)


@router.post("")
async def change_shop(visit: AtShop) -> Response:
    """Change the shop and its rules."""
    names = (*TEXTS, *RULES, *COUNTS, *BOXES, "needs_approval")
    typed = {name: visit.form[name] for name in names}
    wrong: dict[str, str] = {}
    rules = whole(typed, RULES, wrong)
    counts = whole(typed, COUNTS, wrong)
    if wrong:
        return _page(visit, typed=typed, **wrongs(wrong))
    said: dict[str, Any] = {name: typed[name] for name in TEXTS}
    said["keyword"] = typed["keyword"] or None
    said |= {name: value for name, value in counts.items() if value is not None}
    said |= ticked(typed, BOXES)
    said["rules"] = rules | ticked(typed, ("needs_approval",))
    home = f"/shops/{visit.shop.shop.id}"
    try:
        await visit.send("PATCH", home, **said)
    except Problem as problem:
        return _page(visit, typed=typed, **refused(problem))
    return done(f"/admin{home}/setup", "saved")


def _page(visit: Visit, *, typed: Mapping[str, str] | None = None, **said: Any) -> Response:
    now = visit.shop.shop
    first = {name: getattr(now, name) or "" for name in TEXTS}
    first |= {name: number(getattr(now.overrides, name)) for name in RULES}
    first |= {name: str(getattr(now, name)) for name in COUNTS}
    first |= {name: "1" if getattr(now, name) else "" for name in BOXES}
    first["needs_approval"] = "1" if now.rules.needs_approval else ""
    return shown(
        visit,
        "shop.html",
        place="setup",
        typed=first | dict(typed or {}),
        usual=Rules(),
        zones=countries.every_zone(),
        languages=_languages(now.language),
        **said,
    )


def _languages(now: str) -> list[tuple[str, str]]:
    """Return the languages to choose from; what is set stays, even if no text is written in it."""
    known = list(countries.languages())
    return known if now in dict(known) else [(now, now or "None in particular"), *known]
