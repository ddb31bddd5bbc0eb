"""Conversations with customers: read, taken over, answered, handed back; and what is to be sent."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from bot import logs
from core import outbox, registers, relay
from core.catalog import catalog
from core.context import Context, Row
from core.errors import NotFound, WrongState
from core.outbox import Entry, Which
from webhooks.admin.calls import Caller
from webhooks.admin.fields import In, Listing, Out, Paged, PathId, Words

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


class Begun(Out):
    """That it is on its way."""

    status: Literal["accepted"] = "accepted"


class MessageOut(Out):
    """A message on its way out, or sent: what it was about, never what it said."""

    id: int
    state: str = Field(examples=["sent"])
    lane: str
    kind: str
    channel: str
    address: str = Field(description="Masked.")
    due_at: datetime
    attempts: int
    provider_status: str
    segments: int
    error: str

    @classmethod
    def of(cls, entry: Entry) -> MessageOut:
        """Return an entry of the outbox as an answer."""
        fields = {name: getattr(entry, name) for name in cls.model_fields}
        fields |= {"address": logs.address(entry.address), "error": logs.masked(entry.error)}
        return cls(**fields)


@router.get("/conversations")
async def list_talks(shop_id: PathId, call: Caller, asked: Paged) -> Listing[TalkOut]:
    """List the conversations about this shop, the newest first."""

    async def work(ctx: Context) -> Listing[TalkOut]:
        found = await registers.find_conversations(ctx, shop_id, asked)
        return Listing.of(found.map(TalkOut.model_validate))

    return await call.read(work)


@router.get("/conversations/{conversation_id}")
async def read(
    shop_id: PathId, conversation_id: PathId, call: Caller, asked: Paged
) -> Listing[SaidOut]:
    """Read a conversation, the newest words first."""

    async def work(ctx: Context) -> Listing[SaidOut]:
        await registers.conversation(ctx, shop_id, conversation_id)
        found = await registers.said(ctx, conversation_id, asked)
        return Listing.of(found.map(_said))

    return await call.read(work)


@router.post("/conversations/{conversation_id}/take-over")
async def take_over(shop_id: PathId, conversation_id: PathId, call: Caller) -> Begun:
    """Have the bot keep quiet there for twelve hours; a person will write."""

    async def work(ctx: Context) -> Begun:
        theirs = await relay.customer_talk(ctx, conversation_id, shop_id)
        await relay.take_over(ctx, theirs, key=call.key)
        return Begun()

    return await call.write(work)


@router.post("/conversations/{conversation_id}/answers")
async def answer(shop_id: PathId, conversation_id: PathId, body: AnswerIn, call: Caller) -> Begun:
    """Write to a customer in the shop's name; the bot keeps quiet for twelve hours."""

    async def work(ctx: Context) -> Begun:
        await relay.customer_talk(ctx, conversation_id, shop_id)
        await relay.send(
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
        theirs = await relay.customer_talk(ctx, conversation_id, shop_id)
        await relay.give_back(ctx, theirs, key=call.key)
        return Begun()

    return await call.write(work)


def _said(row: Row) -> SaidOut:
    text = _CODE.sub("######", row.text) if row.way == "in" else row.text
    return SaidOut(at=row.at, way=row.way, id=row.id, text=text, state=row.state)


# ------------------------------------------------------------------------------------ messages


@router.get("/messages")
async def list_messages(
    shop_id: PathId,
    call: Caller,
    asked: Paged,
    state: Annotated[
        Literal["", "due", "sending", "sent", "failed", "dropped", "dead"], Query()
    ] = "",
    kind: Annotated[str, Query(max_length=60, pattern=r"^[a-z_.]*$")] = "",
) -> Listing[MessageOut]:
    """List the shop's messages, the newest first: what became of each."""

    async def work(ctx: Context) -> Listing[MessageOut]:
        found = await outbox.listed(ctx, Which((), state, shop_id, kind), asked)
        return Listing.of(found.map(MessageOut.of))

    return await call.read(work)


@router.post("/messages/{message_id}/retry")
async def retry(shop_id: PathId, message_id: PathId, call: Caller) -> MessageOut:
    """Send a message that failed, or waits for its next try, once more now."""

    async def work(ctx: Context) -> MessageOut:
        was = await _message(ctx, shop_id, message_id)
        if not await outbox.retry(ctx, Which((message_id,), "", shop_id)):
            raise WrongState(state=was.state, action="retry")
        return await _message(ctx, shop_id, message_id)

    return await call.write(work, before=lambda ctx: _message(ctx, shop_id, message_id))


@router.post("/messages/{message_id}/drop")
async def drop(shop_id: PathId, message_id: PathId, call: Caller) -> MessageOut:
    """Drop a message that waits to be sent."""

    async def work(ctx: Context) -> MessageOut:
        was = await _message(ctx, shop_id, message_id)
        if not await outbox.give_up_waiting(ctx, Which((message_id,), "", shop_id)):
            raise WrongState(state=was.state, action="drop")
        return await _message(ctx, shop_id, message_id)

    return await call.write(work, before=lambda ctx: _message(ctx, shop_id, message_id))


async def _message(ctx: Context, shop_id: int, message_id: int) -> MessageOut:
    found = await outbox.entries(ctx, Which((message_id,), "", shop_id), limit=1)
    if not found:
        raise NotFound(message=message_id)
    return MessageOut.of(found[0])
