"""What a shop sends by itself: reminders, its day to its people, and the hours of quiet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from core.values.reminder_rules import DEFAULT_RULES
from webhooks.admin.form_fields import (
    api_errors,
    form_errors,
    parse_checkboxes,
    parse_wall_time,
    split_commas,
)
from webhooks.admin.handler_calls import CallRefused
from webhooks.admin.templating import redirect_saved, render_shop_page
from webhooks.admin.visitor import ShopVisitor, Visitor
from webhooks.api import shops as shops_api
from webhooks.api.schemas import format_wall_time

router = APIRouter(prefix="/reminders")

AGENDA_FIELDS = ("agenda_today", "agenda_tomorrow")
QUIET_HOURS_FIELDS = ("quiet_from", "quiet_until")
CHECKBOX_FIELDS = ("discreet", "alert_unanswered")


@router.get("")
async def show_reminders(visit: ShopVisitor) -> Response:
    """Show when the shop reminds, and when it keeps quiet."""
    return _page(visit)


@router.post("")
async def change_reminders(visit: ShopVisitor) -> Response:
    """Change it; reminders that wait already are planned anew."""
    names = ("reminders", "usual", *AGENDA_FIELDS, *QUIET_HOURS_FIELDS, *CHECKBOX_FIELDS)
    typed = {name: visit.form[name] for name in names}
    said: dict[str, Any] = {name: typed[name] for name in AGENDA_FIELDS} | parse_checkboxes(
        typed, CHECKBOX_FIELDS
    )
    said["reminders"] = None if typed["usual"] else split_commas(typed["reminders"])
    wrong = {}
    for name in QUIET_HOURS_FIELDS:
        try:
            said[name] = parse_wall_time(typed[name]) if typed[name] else None
        except ValueError:
            wrong[name] = "Write a time of day, such as 21:00."
    if not wrong and bool(typed["quiet_from"]) != bool(typed["quiet_until"]):
        wrong["quiet_until"] = "Write both times, or neither."
    if wrong:
        return _page(visit, typed=typed, **form_errors(wrong))
    home = f"/shops/{visit.catalog.shop.id}"
    try:
        await visit.call(shops_api.change_shop, said)
    except CallRefused as problem:
        return _page(visit, typed=typed, **api_errors(problem))
    return redirect_saved(f"/admin{home}/setup", "saved")


def _page(visit: Visitor, *, typed: Mapping[str, str] | None = None, **said: Any) -> Response:
    now = visit.catalog.shop
    first = {name: getattr(now, name) for name in AGENDA_FIELDS}
    first |= {name: "1" if getattr(now, name) else "" for name in CHECKBOX_FIELDS}
    for name in QUIET_HOURS_FIELDS:
        minutes = getattr(now, name)
        first[name] = "" if minutes is None else format_wall_time(minutes)
    first["usual"] = "1" if now.reminders is None else ""
    first["reminders"] = ", ".join(DEFAULT_RULES if now.reminders is None else now.reminders)
    return render_shop_page(
        visit,
        "reminders.html",
        place="setup",
        default=", ".join(DEFAULT_RULES),
        typed=first | dict(typed or {}),
        **said,
    )
