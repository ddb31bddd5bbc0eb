"""Who works at the shop: invited by their phone, in a role, with or without its alerts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from core.people import invitations
from webhooks.admin.deep_links import staff_bot_link
from webhooks.admin.error_messages import problem_message
from webhooks.admin.form_fields import api_errors, form_errors, parse_id
from webhooks.admin.handler_calls import CallRefused
from webhooks.admin.templating import redirect_saved, render_shop_page
from webhooks.admin.visitor import ShopVisitor, Visitor
from webhooks.api import invitations as invitations_api
from webhooks.api import members as members_api

router = APIRouter(prefix="/team")

ROLE_LABELS = {
    "owner": ("Owner", "Sets the shop up, sees its figures, invites others."),
    "receptionist": ("Reception", "All bookings, customers and messages of the shop."),
    "provider": ("Provider", "Their own calendar and bookings."),
}

INVITATION_FIELDS = ("name", "phone", "role", "provider_id")


@router.get("")
async def show_members(visit: ShopVisitor) -> Response:
    """Show who works here, and a form for an invitation."""
    return await _page(visit)


@router.post("")
async def invite_member(visit: ShopVisitor) -> Response:
    """Invite whoever has a phone to a role; it is theirs once they accept."""
    typed = {name: visit.form[name] for name in INVITATION_FIELDS}
    wrong, provider = {}, None
    if not typed["phone"]:
        wrong["phone"] = "Write their mobile phone: they accept by a code to it."
    if typed["role"] == "provider":
        provider = parse_id(typed["provider_id"])
        if provider is None:
            wrong["provider_id"] = "Choose whose calendar is theirs."
    if wrong:
        return await _page(visit, typed=typed, **form_errors(wrong))
    said: dict[str, Any] = {name: typed[name] for name in ("name", "phone", "role")}
    said["provider_id"] = provider
    try:
        made = await visit.call(invitations_api.create_invitation, said)
    except CallRefused as problem:
        refusal = api_errors(problem)
        if problem.code == "phone_invalid":
            refusal |= {"errors": {"phone": problem_message(problem)}, "problem": ""}
        return await _page(visit, typed=typed, **refusal)
    link = await staff_bot_link(visit.api_request.app, invitations.START_PREFIX + made.code)
    return await _page(visit, link=link) if link else redirect_saved(_back(visit), "invited")


@router.post("/invitations/{invitation_id}/revoke")
async def revoke_invitation(visit: ShopVisitor, invitation_id: int) -> Response:
    """Take an invitation back."""
    await visit.call(invitations_api.revoke_invitation, invitation_id=invitation_id)
    return redirect_saved(_back(visit), "taken-back")


@router.post("/{user_id}/alerts")
async def set_member_alerts(visit: ShopVisitor, user_id: int) -> Response:
    """Send somebody the shop's alerts, or no more."""
    said = {"alerts": bool(visit.form["alerts"])}
    await visit.call(members_api.set_member_alerts, said, user_id=user_id)
    return redirect_saved(_back(visit), "saved")


@router.post("/{user_id}/remove")
async def remove_member(visit: ShopVisitor, user_id: int) -> Response:
    """Take a role away."""
    try:
        await visit.call(members_api.remove_member, user_id=user_id, role=visit.form["role"])
    except CallRefused as problem:
        return await _page(visit, **api_errors(problem))
    return redirect_saved(_back(visit), "removed")


def _back(visit: Visitor) -> str:
    return f"/admin/shops/{visit.catalog.shop.id}/setup/team"


async def _page(
    visit: Visitor,
    *,
    typed: Mapping[str, str] | None = None,
    link: str = "",
    **said: Any,
) -> Response:
    found = await visit.call(members_api.list_members, limit=100)
    names = {one.id: one.display_name for one in visit.catalog.providers}
    return render_shop_page(
        visit,
        "team.html",
        place="setup",
        members=found.items,
        roles=ROLE_LABELS,
        names=names,
        invited=(await visit.call(invitations_api.list_invitations, limit=100)).items,
        link=link,
        typed=dict.fromkeys(INVITATION_FIELDS, "") | {"role": "receptionist"} | dict(typed or {}),
        **said,
    )
