"""Who works at a shop: those who founded it, or accepted an invitation."""

from __future__ import annotations

from http import HTTPStatus
from typing import Literal

from fastapi import APIRouter

from core.db.context import Context
from core.db.pagination import paginate_list
from core.errors import NotFound
from core.people import members
from core.people.members import Member
from webhooks.api.dependencies import AuthorizedRequest, PageQuery
from webhooks.api.schemas import PageResponse, PathRowId, RequestModel, ResponseModel

router = APIRouter(prefix="/shops/{shop_id}/members", tags=["members"])

MemberRole = Literal["owner", "receptionist", "provider"]


class AlertsIn(RequestModel):
    """Whether they get the shop's alerts."""

    alerts: bool


class MemberOut(ResponseModel):
    """Somebody who works at the shop, in one role."""

    user_id: int
    role: str
    provider_id: int | None
    alerts: bool
    name: str
    phone: str


async def _one(ctx: Context, shop_id: int, user_id: int, role: str = "") -> Member:
    for member in await members.list_members(ctx, shop_id):
        if member.user_id == user_id and role in {"", member.role}:
            return member
    raise NotFound(user=user_id)


@router.get("")
async def list_members(
    shop_id: PathRowId, call: AuthorizedRequest, asked: PageQuery
) -> PageResponse[MemberOut]:
    """List who works at a shop; each role is a row."""

    async def work(ctx: Context) -> PageResponse[MemberOut]:
        all_ = await members.list_members(ctx, shop_id)
        place = {(one.user_id, one.role): n for n, one in enumerate(all_, 1)}
        found = paginate_list(all_, lambda one: place[one.user_id, one.role], asked)
        return PageResponse.from_page(found.map(MemberOut.model_validate))

    return await call.run_read(work)


@router.put("/{user_id}/alerts")
async def set_member_alerts(
    shop_id: PathRowId, user_id: PathRowId, body: AlertsIn, call: AuthorizedRequest
) -> MemberOut:
    """Send somebody the shop's alerts, or no more."""

    async def read(ctx: Context) -> MemberOut:
        return MemberOut.model_validate(await _one(ctx, shop_id, user_id))

    async def work(ctx: Context) -> MemberOut:
        await members.set_member_alerts(ctx, shop_id, user_id, enabled=body.alerts)
        return await read(ctx)

    return await call.run_write(work, before=read)


@router.delete("/{user_id}/{role}", status_code=HTTPStatus.NO_CONTENT)
async def remove_member(
    shop_id: PathRowId, user_id: PathRowId, role: MemberRole, call: AuthorizedRequest
) -> None:
    """Take a role away, with the chats that act in it; the last owner stays (409)."""

    async def read(ctx: Context) -> MemberOut:
        return MemberOut.model_validate(await _one(ctx, shop_id, user_id, role))

    async def work(ctx: Context) -> None:
        await members.remove_member(ctx, shop_id, user_id, role)

    await call.run_write(work, before=read)
