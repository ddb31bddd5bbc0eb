"""What takes time or gives it: free starts, blocks, rooms, sessions for several."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter
from pydantic import Field

from core.bookings import blocks
from core.catalog.loader import catalog
from core.db.context import Context
from core.db.pagination import Asked
from core.errors import Invalid, NotFound
from webhooks.api.api_request import Call
from webhooks.api.dependencies import Caller, Paged
from webhooks.api.schemas import Id, In, Instant, Listing, Out, PathId, Words

router = APIRouter(prefix="/shops/{shop_id}", tags=["calendars"])


class BlockIn(In):
    """Time the shop takes for itself, on a provider's calendar or a room's."""

    provider_id: Id | None = None
    calendar_id: Id | None = Field(None, description="Of a room, in place of a provider.")
    starts_at: Instant
    ends_at: Instant
    reason: Words = ""


class BlockOut(Out):
    """Time the shop takes for itself."""

    id: int
    calendar_id: int
    provider_id: int | None
    starts_at: datetime
    ends_at: datetime
    reason: str
    made_by: str


# ------------------------------------------------------------------------------------ blocks


@router.get("/blocks")
async def list_blocks(shop_id: PathId, call: Caller, asked: Paged) -> Listing[BlockOut]:
    """List blocks that are not over."""

    async def work(ctx: Context) -> Listing[BlockOut]:
        found = await blocks.blocked(ctx, shop_id, asked, provider_ids=call.own_providers)
        return Listing.of(found.map(BlockOut.model_validate))

    return await call.read(work)


@router.post("/blocks", status_code=HTTPStatus.CREATED)
async def add_block(shop_id: PathId, body: BlockIn, call: Caller) -> BlockOut:
    """Take time on a calendar; 409 when something is there."""
    if (body.provider_id is None) == (body.calendar_id is None):
        raise Invalid(field="provider_id", reason="one of provider_id and calendar_id")
    if body.provider_id is not None:
        call.check_provider(body.provider_id)
    elif call.own_providers is not None:
        raise NotFound(calendar=body.calendar_id)

    async def work(ctx: Context) -> BlockOut:
        calendar = body.calendar_id
        if body.provider_id is not None:
            calendar = (await catalog(ctx, shop_id)).provider(body.provider_id).calendar_id
        assert calendar is not None
        made = await blocks.block(
            ctx,
            shop_id=shop_id,
            calendar_id=calendar,
            start=body.starts_at,
            end=body.ends_at,
            actor=call.actor,
            reason=body.reason,
        )
        return await _block(call, ctx, shop_id, made)

    return await call.write(work)


@router.delete("/blocks/{block_id}", status_code=HTTPStatus.NO_CONTENT)
async def remove_block(shop_id: PathId, block_id: PathId, call: Caller) -> None:
    """Give a block's time back."""
    await call.write(
        lambda ctx: blocks.unblock(ctx, block_id, shop_id=shop_id, actor=call.actor),
        before=lambda ctx: _block(call, ctx, shop_id, block_id),
    )


async def _block(call: Call, ctx: Context, shop_id: int, block_id: int) -> BlockOut:
    """Return a block that is this caller's business; else NotFound."""
    found = await blocks.blocked(
        ctx, shop_id, Asked(1), provider_ids=call.own_providers, block_id=block_id
    )
    if not found.items:
        raise NotFound(block=block_id)
    return BlockOut.model_validate(found.items[0])
