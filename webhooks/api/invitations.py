"""Invitations to work at a shop: sent by its owners, answered by whoever proved the phone."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from core.catalog.loader import load_catalog
from core.db.context import Context
from core.db.pagination import paginate_list
from core.people import invitations
from core.people.invitations import Invitation
from webhooks.api.api_request import ApiRequest
from webhooks.api.dependencies import AuthorizedRequest, PageQuery
from webhooks.api.schemas import (
    PageResponse,
    PathRowId,
    RequestModel,
    ResponseModel,
    RowId,
    ShortText,
)

router = APIRouter(prefix="/shops/{shop_id}/invitations", tags=["invitations"])
own_router = APIRouter(prefix="/me/invitations", tags=["me"])

RoleName = Literal["owner", "receptionist", "provider"]


class InvitationIn(RequestModel):
    """Whom to invite, and as what. Until they accept, it gives and shows nothing."""

    phone: Annotated[ShortText, Field(description="As people of the shop's country write it.")]
    role: RoleName
    name: Annotated[str, Field(max_length=100)] = ""
    provider_id: RowId | None = Field(None, description="Of a provider: which one.")


class InvitationOut(ResponseModel):
    """An invitation that waits for an answer: what the shop wrote, nothing of the person."""

    id: int
    role: str
    provider_id: int | None
    phone: str
    name: str
    created_at: datetime
    expires_at: datetime


class InvitationCreated(InvitationOut):
    """The same, with the code of its link, shown this once."""

    code: str = Field(
        description="For the owners' bot: `t.me/<bot>?start=invite_<code>`. Whoever opens it has "
        "to share the invited number."
    )


class OwnInvitation(ResponseModel):
    """An invitation to oneself, by a phone one proved."""

    id: int
    shop_id: int
    shop: str
    role: str
    phone: str
    created_at: datetime
    expires_at: datetime


@router.get("")
async def list_invitations(
    shop_id: PathRowId, call: AuthorizedRequest, asked: PageQuery
) -> PageResponse[InvitationOut]:
    """List a shop's invitations that wait for an answer."""

    async def work(ctx: Context) -> PageResponse[InvitationOut]:
        found = paginate_list(
            await invitations.list_open_invitations(ctx, shop_id), lambda one: one.id, asked
        )
        return PageResponse.from_page(found.map(InvitationOut.model_validate))

    return await call.run_read(work)


@router.post("", status_code=HTTPStatus.CREATED)
async def create_invitation(
    shop_id: PathRowId, body: InvitationIn, call: AuthorizedRequest
) -> InvitationCreated:
    """Invite whoever has a phone; where a line can, a message tells it.

    The answer is the same whether the phone is known here or not.
    """
    code = ""

    async def work(ctx: Context) -> InvitationOut:
        nonlocal code
        if body.provider_id is not None:
            (await load_catalog(ctx, shop_id)).provider(body.provider_id)
        made, code = await invitations.create_invitation(
            ctx, shop_id, invited_by=call.principal.user_id, **body.model_dump()
        )
        return InvitationOut.model_validate(made)

    # The audit log has the person and the role, but not the code.
    made = await call.run_write(work, keep=False)
    return InvitationCreated(**made.model_dump(), code=code)


@router.delete("/{invitation_id}", status_code=HTTPStatus.NO_CONTENT)
async def revoke_invitation(
    shop_id: PathRowId, invitation_id: PathRowId, call: AuthorizedRequest
) -> None:
    """Take an invitation back."""

    async def read(ctx: Context) -> InvitationOut:
        found = await invitations.load_open_invitation(ctx, shop_id, invitation_id)
        return InvitationOut.model_validate(found)

    await call.run_write(
        lambda ctx: invitations.revoke_invitation(ctx, shop_id, invitation_id), before=read
    )


@own_router.get("")
async def list_own_invitations(
    call: AuthorizedRequest, asked: PageQuery
) -> PageResponse[OwnInvitation]:
    """List the open invitations to phones one proved."""

    async def work(ctx: Context) -> PageResponse[OwnInvitation]:
        mine = await invitations.invitations_of_user(ctx, call.principal.user_id)
        return PageResponse.from_page(
            paginate_list(mine, lambda one: one.id, asked).map(OwnInvitation.model_validate)
        )

    return await call.run_read(work)


@own_router.post("/{invitation_id}/accept")
async def accept_invitation(invitation_id: PathRowId, call: AuthorizedRequest) -> OwnInvitation:
    """Accept an invitation: from now on one works at the shop."""

    async def work(ctx: Context) -> OwnInvitation:
        return _answered(
            call, await invitations.accept_invitation(ctx, invitation_id, call.principal.user_id)
        )

    return await call.run_write(work)


@own_router.post("/{invitation_id}/decline")
async def decline_invitation(invitation_id: PathRowId, call: AuthorizedRequest) -> OwnInvitation:
    """Decline an invitation."""

    async def work(ctx: Context) -> OwnInvitation:
        return _answered(
            call, await invitations.decline_invitation(ctx, invitation_id, call.principal.user_id)
        )

    return await call.run_write(work)


def _answered(call: ApiRequest, one: Invitation) -> OwnInvitation:
    call.shop_id = one.shop_id  # its owners see in the audit what became of it
    return OwnInvitation.model_validate(one)
