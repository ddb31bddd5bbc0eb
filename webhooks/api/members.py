"""Who works at a shop, and the codes by which they join its bot."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from core.catalog.loader import catalog
from core.db.context import Context
from core.db.pagination import cut
from core.errors import Invalid, NotFound
from core.people import members, pairing
from core.people.members import Member, add_member, remove_member
from webhooks.api.dependencies import Caller, Paged
from webhooks.api.schemas import Id, In, Line, Listing, Out, PathId

router = APIRouter(prefix="/shops/{shop_id}/members", tags=["members"])

RoleName = Literal["owner", "receptionist", "provider"]


class MemberIn(In):
    """An invitation: the role waits for whoever proves the phone."""

    phone: Annotated[Line, Field(description="As people of the shop's country write it.")]
    role: RoleName
    name: Annotated[str, Field(max_length=100)] = ""
    provider_id: Id | None = Field(None, description="Of a provider: which one.")


class AlertsIn(In):
    """Whether they get the shop's alerts."""

    alerts: bool


class MemberOut(Out):
    """Somebody who works at the shop, in one role."""

    user_id: int
    role: str
    provider_id: int | None
    alerts: bool
    name: str
    phone: str


class PairingOut(Out):
    """A code by which a member's chat becomes theirs: good once, for a day."""

    code: str = Field(description="Written to the owners' bot, as `pair CODE`.")


async def _one(ctx: Context, shop_id: int, user_id: int, role: str = "") -> Member:
    for member in await members.members(ctx, shop_id):
        if member.user_id == user_id and role in {"", member.role}:
            return member
    raise NotFound(user=user_id)


async def _owners(ctx: Context, shop_id: int) -> list[Member]:
    return [one for one in await members.members(ctx, shop_id) if one.role == "owner"]


@router.get("")
async def list_members(shop_id: PathId, call: Caller, asked: Paged) -> Listing[MemberOut]:
    """List who works at a shop; each role is a row."""

    async def work(ctx: Context) -> Listing[MemberOut]:
        all_ = await members.members(ctx, shop_id)
        place = {(one.user_id, one.role): n for n, one in enumerate(all_, 1)}
        found = cut(all_, lambda one: place[one.user_id, one.role], asked)
        return Listing.of(found.map(MemberOut.model_validate))

    return await call.read(work)


@router.post("", status_code=HTTPStatus.CREATED)
async def invite(shop_id: PathId, body: MemberIn, call: Caller) -> MemberOut:
    """Give whoever has a phone a role; they sign in by a code to it."""

    async def work(ctx: Context) -> MemberOut:
        if body.provider_id is not None:
            (await catalog(ctx, shop_id)).provider(body.provider_id)
        user_id = await add_member(ctx, shop_id, **body.model_dump())
        return MemberOut.model_validate(await _one(ctx, shop_id, user_id, body.role))

    return await call.write(work)


@router.put("/{user_id}/alerts")
async def set_alerts(shop_id: PathId, user_id: PathId, body: AlertsIn, call: Caller) -> MemberOut:
    """Send somebody the shop's alerts, or no more."""

    async def read(ctx: Context) -> MemberOut:
        return MemberOut.model_validate(await _one(ctx, shop_id, user_id))

    async def work(ctx: Context) -> MemberOut:
        await members.set_alerts(ctx, shop_id, user_id, on=body.alerts)
        return await read(ctx)

    return await call.write(work, before=read)


@router.delete("/{user_id}/{role}", status_code=HTTPStatus.NO_CONTENT)
async def remove(shop_id: PathId, user_id: PathId, role: RoleName, call: Caller) -> None:
    """Take a role away; the last owner stays."""

    async def read(ctx: Context) -> MemberOut:
        return MemberOut.model_validate(await _one(ctx, shop_id, user_id, role))

    async def work(ctx: Context) -> None:
        await remove_member(ctx, shop_id, user_id, role)
        if role == "owner" and not await _owners(ctx, shop_id):
            raise Invalid(field="role", reason="last_owner")

    await call.write(work, before=read)


@router.post("/{user_id}/pairing")
async def pair(shop_id: PathId, user_id: PathId, call: Caller) -> PairingOut:
    """Make a code by which a member joins the owners' bot; an older one is dead."""

    async def work(ctx: Context) -> PairingOut:
        await _one(ctx, shop_id, user_id)
        return PairingOut(code=await pairing.issue(ctx, user_id))

    return await call.write(work, secret=True)  # whoever reads it is that member
