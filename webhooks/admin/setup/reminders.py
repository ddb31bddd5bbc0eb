"""What a shop sends by itself: reminders, its day to its people, and the hours of quiet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from core.values.reminder_rules import DEFAULT
from webhooks.admin.api_client import Problem
from webhooks.admin.form_fields import minutes_at, refused, split, ticked, wrongs
from webhooks.admin.templating import done, shown
from webhooks.admin.visitor import AtShop, Visit
from webhooks.api.schemas import clock

router = APIRouter(prefix="/reminders")

AGENDAS = ("agenda_today", "agenda_tomorrow")
QUIET = ("quiet_from", "quiet_until")
BOXES = ("discreet", "alert_unanswered")


@router.get("")
async def reminding(visit: AtShop) -> Response:
    """Show when the shop reminds, and when it keeps quiet."""
    return _page(visit)


@router.post("")
async def change(visit: AtShop) -> Response:
    """Change it; reminders that wait already are planned anew."""
    names = ("reminders", "usual", *AGENDAS, *QUIET, *BOXES)
    typed = {name: visit.form[name] for name in names}
    said: dict[str, Any] = {name: typed[name] for name in AGENDAS} | ticked(typed, BOXES)
    said["reminders"] = None if typed["usual"] else split(typed["reminders"])
    wrong = {}
    for name in QUIET:
        try:
            said[name] = minutes_at(typed[name]) if typed[name] else None
        except ValueError:
            wrong[name] = "Write a time of day, such as 21:00."
    if not wrong and bool(typed["quiet_from"]) != bool(typed["quiet_until"]):
        wrong["quiet_until"] = "Write both times, or neither."
    if wrong:
        return _page(visit, typed=typed, **wrongs(wrong))
    home = f"/shops/{visit.shop.shop.id}"
    try:
        await visit.send("PATCH", home, **said)
    except Problem as problem:
        return _page(visit, typed=typed, **refused(problem))
    return done(f"/admin{home}/setup", "saved")


def _page(visit: Visit, *, typed: Mapping[str, str] | None = None, **said: Any) -> Response:
    now = visit.shop.shop
    first = {name: getattr(now, name) for name in AGENDAS}
    first |= {name: "1" if getattr(now, name) else "" for name in BOXES}
    for name in QUIET:
        minutes = getattr(now, name)
        first[name] = "" if minutes is None else clock(minutes)
    first["usual"] = "1" if now.reminders is None else ""
    first["reminders"] = ", ".join(DEFAULT if now.reminders is None else now.reminders)
    return shown(
        visit,
        "reminders.html",
        place="setup",
        default=", ".join(DEFAULT),
        typed=first | dict(typed or {}),
        **said,
    )
