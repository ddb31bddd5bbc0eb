"""Who works at the shop: invited by their phone, in a role, with or without its alerts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from webhooks.admin.api_client import Problem
from webhooks.admin.error_messages import told
from webhooks.admin.form_fields import chosen, refused, wrongs
from webhooks.admin.templating import done, shown
from webhooks.admin.visitor import AtShop, Visit

router = APIRouter(prefix="/team")

ROLES = {
    "owner": ("Owner", "Sets the shop up, sees its figures, invites others."),
    "receptionist": ("Reception", "All bookings, customers and messages of the shop."),
    "provider": ("Provider", "Their own calendar and bookings."),
}

FIELDS = ("name", "phone", "role", "provider_id")


@router.get("")
async def members(visit: AtShop) -> Response:
    """Show who works here, and a form for an invitation."""
    return await _page(visit)


@router.post("")
async def invite(visit: AtShop) -> Response:
    """Give whoever has a phone a role; it waits until they sign in."""
    typed = {name: visit.form[name] for name in FIELDS}
    wrong, provider = {}, None
    if not typed["phone"]:
        wrong["phone"] = "Write their mobile phone: they sign in by a code to it."
    if typed["role"] == "provider":
        provider = chosen(typed["provider_id"])
        if provider is None:
            wrong["provider_id"] = "Choose whose calendar is theirs."
    if wrong:
        return await _page(visit, typed=typed, **wrongs(wrong))
    said = {name: typed[name] for name in ("name", "phone", "role")}
    try:
        await visit.send("POST", _path(visit), **said, provider_id=provider)
    except Problem as problem:
        refusal = refused(problem)
        if problem.code == "phone_invalid":
            refusal |= {"errors": {"phone": told(problem)}, "problem": ""}
        return await _page(visit, typed=typed, **refusal)
    return done(_back(visit), "invited")


@router.post("/{user_id}/alerts")
async def alerts(visit: AtShop, user_id: int) -> Response:
    """Send somebody the shop's alerts, or no more."""
    await visit.send("PUT", f"{_path(visit)}/{user_id}/alerts", alerts=bool(visit.form["alerts"]))
    return done(_back(visit), "saved")


@router.post("/{user_id}/remove")
async def remove(visit: AtShop, user_id: int) -> Response:
    """Take a role away."""
    try:
        await visit.send("DELETE", f"{_path(visit)}/{user_id}/{visit.form['role']}")
    except Problem as problem:
        refusal = refused(problem)
        words = refusal["errors"].get("role", refusal["problem"])
        return await _page(visit, **refusal | {"problem": words, "errors": {}})
    return done(_back(visit), "removed")


@router.post("/{user_id}/pairing")
async def pairing(visit: AtShop, user_id: int) -> Response:
    """Show a code by which their chat becomes theirs; this once, an older one is dead."""
    made = await visit.send("POST", f"{_path(visit)}/{user_id}/pairing")
    return await _page(visit, code=made["code"], paired=user_id)


def _path(visit: Visit) -> str:
    return f"/shops/{visit.shop.shop.id}/members"


def _back(visit: Visit) -> str:
    return f"/admin/shops/{visit.shop.shop.id}/setup/team"


async def _page(
    visit: Visit,
    *,
    typed: Mapping[str, str] | None = None,
    code: str = "",
    paired: int = 0,
    **said: Any,
) -> Response:
    found = await visit.get(_path(visit), limit=100)
    names = {one.id: one.called for one in visit.shop.providers}
    return shown(
        visit,
        "team.html",
        place="setup",
        members=found["items"],
        roles=ROLES,
        names=names,
        code=code,
        paired=paired,
        typed=dict.fromkeys(FIELDS, "") | {"role": "receptionist"} | dict(typed or {}),
        **said,
    )
