"""Messages on their way out: listed, tried again, dropped."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from bot.observability import logs
from core.db.context import Context
from core.errors import InvalidTransition, NotFound
from core.messaging.outbox.admin import (
    OutboxEntry,
    OutboxFilter,
    drop_waiting,
    list_outbox_entries,
    newest_entries,
    retry_now,
)
from webhooks.api.dependencies import AuthorizedRequest, PageQuery
from webhooks.api.schemas import (
    PageResponse,
    PathRowId,
    ResponseModel,
)

router = APIRouter(prefix="/shops/{shop_id}", tags=["messages"])


class MessageOut(ResponseModel):
    """A message on its way out, or sent: what it was about, never what it said."""

    id: int
    state: str = Field(examples=["sent"])
    queue: str
    kind: str
    channel: str
    address: str = Field(description="Masked.")
    due_at: datetime
    attempts: int
    provider_status: str
    segments: int
    error: str

    @classmethod
    def from_entry(cls, entry: OutboxEntry) -> MessageOut:
        """Return an entry of the outbox as an answer."""
        fields = {name: getattr(entry, name) for name in cls.model_fields}
        fields |= {
            "address": logs.mask_address(entry.address),
            "error": logs.mask_text(entry.error),
        }
        return cls(**fields)


@router.get("/messages")
async def list_messages(
    shop_id: PathRowId,
    call: AuthorizedRequest,
    asked: PageQuery,
    state: Annotated[
        Literal["", "due", "sending", "sent", "failed", "dropped", "dead"], Query()
    ] = "",
    kind: Annotated[str, Query(max_length=60, pattern=r"^[a-z_.]*$")] = "",
) -> PageResponse[MessageOut]:
    """List the shop's messages, the newest first: what became of each."""

    async def work(ctx: Context) -> PageResponse[MessageOut]:
        found = await list_outbox_entries(ctx, OutboxFilter((), state, shop_id, kind), asked)
        return PageResponse.from_page(found.map(MessageOut.from_entry))

    return await call.run_read(work)


@router.post("/messages/{message_id}/retry")
async def retry_message(
    shop_id: PathRowId, message_id: PathRowId, call: AuthorizedRequest
) -> MessageOut:
    """Send a message that failed, or waits for its next try, once more now."""

    async def work(ctx: Context) -> MessageOut:
        was = await _message(ctx, shop_id, message_id)
        if not await retry_now(ctx, OutboxFilter((message_id,), "", shop_id)):
            raise InvalidTransition(state=was.state, action="retry")
        return await _message(ctx, shop_id, message_id)

    return await call.run_write(work, before=lambda ctx: _message(ctx, shop_id, message_id))


@router.post("/messages/{message_id}/drop")
async def drop_message(
    shop_id: PathRowId, message_id: PathRowId, call: AuthorizedRequest
) -> MessageOut:
    """Drop a message that waits to be sent."""

    async def work(ctx: Context) -> MessageOut:
        was = await _message(ctx, shop_id, message_id)
        if not await drop_waiting(ctx, OutboxFilter((message_id,), "", shop_id)):
            raise InvalidTransition(state=was.state, action="drop")
        return await _message(ctx, shop_id, message_id)

    return await call.run_write(work, before=lambda ctx: _message(ctx, shop_id, message_id))


async def _message(ctx: Context, shop_id: int, message_id: int) -> MessageOut:
    found = await newest_entries(ctx, OutboxFilter((message_id,), "", shop_id), limit=1)
    if not found:
        raise NotFound(message=message_id)
    return MessageOut.from_entry(found[0])
