"""Conversations with customers: read, taken over, answered, handed back."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from core.catalog.loader import load_catalog
from core.db.context import Context
from core.messaging import conversations, handoff
from webhooks.api.dependencies import AuthorizedRequest, PageQuery
from webhooks.api.schemas import (
    AcceptedOut,
    LongText,
    PageResponse,
    PathRowId,
    RequestModel,
    ResponseModel,
)

router = APIRouter(prefix="/shops/{shop_id}", tags=["conversations"])

_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")


class ConversationOut(ResponseModel):
    """A conversation with a customer."""

    id: int
    channel: str = Field(examples=["sms"])
    address: str
    name: str
    language: str
    human_until: datetime | None = Field(description="The bot keeps quiet until then.")
    opted_out_at: datetime | None
    last_in_at: datetime | None


class TranscriptEntryOut(ResponseModel):
    """What was said: `in` by the customer, `out` by us. Codes are not shown."""

    at: datetime
    way: Literal["in", "out"]
    id: int
    text: str
    state: str


class StaffReplyIn(RequestModel):
    """Words for the customer, in the shop's name."""

    text: Annotated[LongText, Field(min_length=1)]


@router.get("/conversations")
async def list_conversations(
    shop_id: PathRowId, call: AuthorizedRequest, asked: PageQuery
) -> PageResponse[ConversationOut]:
    """List the conversations about this shop, the newest first."""

    async def work(ctx: Context) -> PageResponse[ConversationOut]:
        found = await conversations.find_conversations(ctx, shop_id, asked)
        return PageResponse.from_page(found.map(ConversationOut.model_validate))

    return await call.run_read(work)


@router.get("/conversations/{conversation_id}")
async def read_conversation(
    shop_id: PathRowId, conversation_id: PathRowId, call: AuthorizedRequest, asked: PageQuery
) -> PageResponse[TranscriptEntryOut]:
    """Read a conversation, the newest words first."""

    async def work(ctx: Context) -> PageResponse[TranscriptEntryOut]:
        await conversations.get_conversation(ctx, shop_id, conversation_id)
        found = await conversations.read_transcript(ctx, conversation_id, asked)
        return PageResponse.from_page(found.map(_said))

    return await call.run_read(work)


@router.post("/conversations/{conversation_id}/take-over")
async def take_over_conversation(
    shop_id: PathRowId, conversation_id: PathRowId, call: AuthorizedRequest
) -> AcceptedOut:
    """Have the bot keep quiet there for twelve hours; a person will write."""

    async def work(ctx: Context) -> AcceptedOut:
        theirs = await handoff.customer_conversation(ctx, conversation_id, shop_id)
        await handoff.start_handoff(ctx, theirs, key=call.new_key)
        return AcceptedOut()

    return await call.run_write(work)


@router.post("/conversations/{conversation_id}/answers")
async def reply_to_customer(
    shop_id: PathRowId, conversation_id: PathRowId, body: StaffReplyIn, call: AuthorizedRequest
) -> AcceptedOut:
    """Write to a customer in the shop's name; the bot keeps quiet for twelve hours."""

    async def work(ctx: Context) -> AcceptedOut:
        await handoff.customer_conversation(ctx, conversation_id, shop_id)
        await handoff.send_to_customer(
            ctx,
            body.text,
            to=conversation_id,
            shop_id=shop_id,
            shop=(await load_catalog(ctx, shop_id)).shop.name,
            from_conversation=None,
            key=call.new_key,
        )
        return AcceptedOut()

    return await call.run_write(work)


@router.post("/conversations/{conversation_id}/hand-back")
async def hand_back_conversation(
    shop_id: PathRowId, conversation_id: PathRowId, call: AuthorizedRequest
) -> AcceptedOut:
    """Give a conversation back to the bot, which says so."""

    async def work(ctx: Context) -> AcceptedOut:
        theirs = await handoff.customer_conversation(ctx, conversation_id, shop_id)
        await handoff.end_handoff(ctx, theirs, key=call.new_key)
        return AcceptedOut()

    return await call.run_write(work)


def _said(said: conversations.TranscriptEntry) -> TranscriptEntryOut:
    text = _CODE.sub("######", said.text) if said.way == "in" else said.text
    return TranscriptEntryOut(at=said.at, way=said.way, id=said.id, text=text, state=said.state)
