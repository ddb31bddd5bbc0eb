"""One's own chats that act for one at a shop: a code that binds another, and taking them back."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter
from pydantic import Field

from core.db.context import Context
from core.db.pagination import paginate_list
from core.people import member_chats, pairing
from core.people.member_chats import chat_of_member, chats_of_member
from webhooks.api.dependencies import AuthorizedRequest, PageQuery
from webhooks.api.schemas import PageResponse, PathRowId, RequestModel, ResponseModel, RowId

router = APIRouter(prefix="/me", tags=["me"])


class PairingIn(RequestModel):
    """Where the chat is to act for one."""

    shop_id: RowId


class PairingOut(ResponseModel):
    """A code by which a chat acts in one's own role at a shop: good once, for a day."""

    code: str = Field(description="Written to the owners' bot, as `pair CODE`. Show it to nobody.")


class ChatOut(ResponseModel):
    """An account that acts for one at a shop."""

    id: int
    shop_id: int
    shop: str
    channel: str = Field(examples=["telegram"])
    name: str = Field(description="What its channel calls it.")
    created_at: datetime


@router.post("/pairing")
async def create_pairing_code(body: PairingIn, call: AuthorizedRequest) -> PairingOut:
    """Make a code by which a chat of one's own acts for one at a shop; an older one is dead.

    For oneself alone: whoever has it chooses the chat.
    """

    async def work(ctx: Context) -> PairingOut:
        code = await pairing.issue_pairing_code(ctx, body.shop_id, call.principal.user_id)
        call.shop_id = body.shop_id
        return PairingOut(code=code)

    return await call.run_write(work, secret=True)  # whoever reads it acts for that member


@router.get("/chats")
async def list_own_chats(call: AuthorizedRequest, asked: PageQuery) -> PageResponse[ChatOut]:
    """List the accounts that act for one at shops."""

    async def work(ctx: Context) -> PageResponse[ChatOut]:
        mine = await chats_of_member(ctx, call.principal.user_id)
        return PageResponse.from_page(
            paginate_list(mine, lambda one: one.id, asked).map(ChatOut.model_validate)
        )

    return await call.run_read(work)


@router.delete("/chats/{chat_id}", status_code=HTTPStatus.NO_CONTENT)
async def end_own_chat(chat_id: PathRowId, call: AuthorizedRequest) -> None:
    """Let an account act for one no more."""

    async def read(ctx: Context) -> ChatOut:
        chat = await chat_of_member(ctx, call.principal.user_id, chat_id)
        call.shop_id = chat.shop_id
        return ChatOut.model_validate(chat)

    await call.run_write(
        lambda ctx: member_chats.end_chat(ctx, call.principal.user_id, chat_id), before=read
    )
