"""Who works at a shop, and the codes by which they join its bot."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from core.catalog.loader import load_catalog
from core.db.context import Context
from core.db.pagination import paginate_list
from core.errors import InvalidValue, NotFound
from core.people import members, pairing
from core.people.members import Member, add_member
from webhooks.api.dependencies import AuthorizedRequest, PageQuery
from webhooks.api.schemas import (
    PageResponse,
    PathRowId,
    RequestModel,
    ResponseModel,
    RowId,
    ShortText,
)

router = APIRouter(prefix="/shops/{shop_id}/members", tags=["members"])

MemberRole = Literal["owner", "receptionist", "provider"]


class MemberIn(RequestModel):
    """An invitation: the role waits for whoever proves the phone."""

    phone: Annotated[ShortText, Field(description="As people of the shop's country write it.")]
    role: MemberRole
    name: Annotated[str, Field(max_length=100)] = ""
    provider_id: RowId | None = Field(None, description="Of a provider: which one.")


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


class PairingCodeOut(ResponseModel):
    """A code by which a member's chat becomes theirs: good once, for a day."""

    code: str = Field(description="Written to the owners' bot, as `pair CODE`.")


async def _one(ctx: Context, shop_id: int, user_id: int, role: str = "") -> Member:
    for member in await members.list_members(ctx, shop_id):
        if member.user_id == user_id and role in {"", member.role}:
            return member
    raise NotFound(user=user_id)


async def _owners(ctx: Context, shop_id: int) -> list[Member]:
    return [one for one in await members.list_members(ctx, shop_id) if one.role == "owner"]


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


@router.post("", status_code=HTTPStatus.CREATED)
async def invite_member(shop_id: PathRowId, body: MemberIn, call: AuthorizedRequest) -> MemberOut:
    """Give whoever has a phone a role; they sign in by a code to it."""

    async def work(ctx: Context) -> MemberOut:
        if body.provider_id is not None:
            (await load_catalog(ctx, shop_id)).provider(body.provider_id)
        user_id = await add_member(ctx, shop_id, **body.model_dump())
        return MemberOut.model_validate(await _one(ctx, shop_id, user_id, body.role))

    return await call.run_write(work)


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
    """Take a role away; the last owner stays."""

    async def read(ctx: Context) -> MemberOut:
        return MemberOut.model_validate(await _one(ctx, shop_id, user_id, role))

    async def work(ctx: Context) -> None:
        await members.remove_member(ctx, shop_id, user_id, role)
        if role == "owner" and not await _owners(ctx, shop_id):
            raise InvalidValue(field="role", reason="last_owner")

    await call.run_write(work, before=read)


@router.post("/{user_id}/pairing")
async def create_pairing_code(
    shop_id: PathRowId, user_id: PathRowId, call: AuthorizedRequest
) -> PairingCodeOut:
    """Make a code by which a member joins the owners' bot; an older one is dead."""

    async def work(ctx: Context) -> PairingCodeOut:
        await _one(ctx, shop_id, user_id)
        return PairingCodeOut(code=await pairing.issue_pairing_code(ctx, user_id))

    return await call.run_write(work, secret=True)  # whoever reads it is that member
