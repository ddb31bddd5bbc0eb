"""Conversations with customers: read, taken over, answered, handed back; and what is to be sent."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from core.catalog.loader import catalog
from core.db.context import Context, Row
from core.messaging import conversations, handoff
from webhooks.api.dependencies import Caller, Paged
from webhooks.api.schemas import Begun, In, Listing, Out, PathId, Words

router = APIRouter(prefix="/shops/{shop_id}", tags=["talks"])

_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")


class TalkOut(Out):
    """A conversation with a customer."""

    id: int
    channel: str = Field(examples=["sms"])
    address: str
    name: str
    language: str
    human_until: datetime | None = Field(description="The bot keeps quiet until then.")
    opted_out_at: datetime | None
    last_in_at: datetime | None


class SaidOut(Out):
    """What was said: `in` by the customer, `out` by us. Codes are not shown."""

    at: datetime
    way: Literal["in", "out"]
    id: int
    text: str
    state: str


class AnswerIn(In):
    """Words for the customer, in the shop's name."""

    text: Annotated[Words, Field(min_length=1)]


@router.get("/conversations")
async def list_talks(shop_id: PathId, call: Caller, asked: Paged) -> Listing[TalkOut]:
    """List the conversations about this shop, the newest first."""

    async def work(ctx: Context) -> Listing[TalkOut]:
        found = await conversations.find_conversations(ctx, shop_id, asked)
        return Listing.of(found.map(TalkOut.model_validate))

    return await call.read(work)


@router.get("/conversations/{conversation_id}")
async def read(
    shop_id: PathId, conversation_id: PathId, call: Caller, asked: Paged
) -> Listing[SaidOut]:
    """Read a conversation, the newest words first."""

    async def work(ctx: Context) -> Listing[SaidOut]:
        await conversations.conversation(ctx, shop_id, conversation_id)
        found = await conversations.said(ctx, conversation_id, asked)
        return Listing.of(found.map(_said))

    return await call.read(work)


@router.post("/conversations/{conversation_id}/take-over")
async def take_over(shop_id: PathId, conversation_id: PathId, call: Caller) -> Begun:
    """Have the bot keep quiet there for twelve hours; a person will write."""

    async def work(ctx: Context) -> Begun:
        theirs = await handoff.customer_talk(ctx, conversation_id, shop_id)
        await handoff.take_over(ctx, theirs, key=call.key)
        return Begun()

    return await call.write(work)


@router.post("/conversations/{conversation_id}/answers")
async def answer(shop_id: PathId, conversation_id: PathId, body: AnswerIn, call: Caller) -> Begun:
    """Write to a customer in the shop's name; the bot keeps quiet for twelve hours."""

    async def work(ctx: Context) -> Begun:
        await handoff.customer_talk(ctx, conversation_id, shop_id)
        await handoff.send(
            ctx,
            body.text,
            to=conversation_id,
            shop_id=shop_id,
            shop=(await catalog(ctx, shop_id)).shop.name,
            from_conversation=None,
            key=call.key,
        )
        return Begun()

    return await call.write(work)


@router.post("/conversations/{conversation_id}/hand-back")
async def hand_back(shop_id: PathId, conversation_id: PathId, call: Caller) -> Begun:
    """Give a conversation back to the bot, which says so."""

    async def work(ctx: Context) -> Begun:
        theirs = await handoff.customer_talk(ctx, conversation_id, shop_id)
        await handoff.give_back(ctx, theirs, key=call.key)
        return Begun()

    return await call.write(work)


def _said(row: Row) -> SaidOut:
    text = _CODE.sub("######", row.text) if row.way == "in" else row.text
    return SaidOut(at=row.at, way=row.way, id=row.id, text=text, state=row.state)
