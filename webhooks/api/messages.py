"""Conversations with customers: read, taken over, answered, handed back; and what is to be sent."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from bot.observability import logs
from core.db.context import Context
from core.errors import NotFound, WrongState
from core.messaging.outbox import admin
from core.messaging.outbox.admin import Entry, Which, give_up_waiting
from webhooks.api.dependencies import Caller, Paged
from webhooks.api.schemas import Listing, Out, PathId

router = APIRouter(prefix="/shops/{shop_id}", tags=["talks"])


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
        found = await admin.listed(ctx, Which((), state, shop_id, kind), asked)
        return Listing.of(found.map(MessageOut.of))

    return await call.read(work)


@router.post("/messages/{message_id}/retry")
async def retry(shop_id: PathId, message_id: PathId, call: Caller) -> MessageOut:
    """Send a message that failed, or waits for its next try, once more now."""

    async def work(ctx: Context) -> MessageOut:
        was = await _message(ctx, shop_id, message_id)
        if not await admin.retry(ctx, Which((message_id,), "", shop_id)):
            raise WrongState(state=was.state, action="retry")
        return await _message(ctx, shop_id, message_id)

    return await call.write(work, before=lambda ctx: _message(ctx, shop_id, message_id))


@router.post("/messages/{message_id}/drop")
async def drop(shop_id: PathId, message_id: PathId, call: Caller) -> MessageOut:
    """Drop a message that waits to be sent."""

    async def work(ctx: Context) -> MessageOut:
        was = await _message(ctx, shop_id, message_id)
        if not await give_up_waiting(ctx, Which((message_id,), "", shop_id)):
            raise WrongState(state=was.state, action="drop")
        return await _message(ctx, shop_id, message_id)

    return await call.write(work, before=lambda ctx: _message(ctx, shop_id, message_id))


async def _message(ctx: Context, shop_id: int, message_id: int) -> MessageOut:
    found = await admin.entries(ctx, Which((message_id,), "", shop_id), limit=1)
    if not found:
        raise NotFound(message=message_id)
    return MessageOut.of(found[0])
