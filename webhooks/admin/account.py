"""The signed-in user's account: open invitations, and chats paired with their roles."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from core.catalog import shop_search
from core.people import invitations, pairing
from webhooks.admin.deep_links import staff_bot_link
from webhooks.admin.form_fields import parse_id
from webhooks.admin.setup.members import ROLE_LABELS
from webhooks.admin.templating import redirect_saved, render_shop_page
from webhooks.admin.visitor import AnyVisitor, Visitor
from webhooks.api import chats as chats_api
from webhooks.api import invitations as invitations_api

router = APIRouter(prefix="/me")

HOME = "/admin/me"


async def has_open_invitations(visit: Visitor) -> bool:
    """Return whether the user has an open invitation."""
    return bool(
        await visit.run_read(
            lambda ctx: invitations.invitations_of_user(ctx, visit.api_request.principal.user_id)
        )
    )


@router.get("")
async def show_account(visit: AnyVisitor) -> Response:
    """Show the user's invitations and chats."""
    return await _page(visit)


@router.post("/invitations/{invitation_id}/accept")
async def accept_invitation(visit: AnyVisitor, invitation_id: int) -> Response:
    """Accept an invitation and redirect to the shop."""
    made = await visit.call(invitations_api.accept_invitation, invitation_id=invitation_id)
    return redirect_saved(f"/admin/shops/{made.shop_id}/day", "accepted")


@router.post("/invitations/{invitation_id}/decline")
async def decline_invitation(visit: AnyVisitor, invitation_id: int) -> Response:
    """Decline an invitation."""
    await visit.call(invitations_api.decline_invitation, invitation_id=invitation_id)
    return redirect_saved(HOME, "not-accepted")


@router.post("/pairing")
async def show_pairing_code(visit: AnyVisitor) -> Response:
    """Show a pairing code once; earlier codes stop working."""
    shop_id = parse_id(visit.form["shop"]) or 0
    made = await visit.call(chats_api.create_pairing_code, {"shop_id": shop_id})
    link = await staff_bot_link(visit.api_request.app, pairing.START_PREFIX + made.code)
    return await _page(visit, code=made.code, link=link)


@router.post("/chats/{chat_id}/end")
async def end_chat(visit: AnyVisitor, chat_id: int) -> Response:
    """Unpair a chat."""
    await visit.call(chats_api.end_own_chat, chat_id=chat_id)
    return redirect_saved(HOME, "ended")


async def _page(visit: Visitor, *, code: str = "", link: str = "", **said: Any) -> Response:
    me = visit.api_request.principal
    invited = await visit.call(invitations_api.list_own_invitations, limit=100)
    chats = await visit.call(chats_api.list_own_chats, limit=100)
    shops = [one for one in await visit.run_read(shop_search.list_shops) if one.id in me.shop_ids]
    return render_shop_page(
        visit,
        "account.html",
        invited=invited.items,
        chats=chats.items,
        shops=shops,
        roles=ROLE_LABELS,
        code=code,
        link=link,
        **said,
    )
