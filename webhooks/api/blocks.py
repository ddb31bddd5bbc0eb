"""Time a shop takes for itself."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter
from pydantic import Field

from core.bookings import blocks
from core.bookings.blocks import block_time
from core.catalog.loader import load_catalog
from core.db.context import Context
from core.db.pagination import PageRequest
from core.errors import InvalidValue, NotFound
from webhooks.api.api_request import ApiRequest
from webhooks.api.dependencies import AuthorizedRequest, PageQuery
from webhooks.api.schemas import (
    LongText,
    PageResponse,
    PathRowId,
    RequestModel,
    ResponseModel,
    RowId,
    Timestamp,
)

router = APIRouter(prefix="/shops/{shop_id}", tags=["blocks"])


class BlockIn(RequestModel):
    """Time the shop takes for itself, on a provider's calendar or a room's."""

    provider_id: RowId | None = None
    calendar_id: RowId | None = Field(None, description="Of a room, in place of a provider.")
    starts_at: Timestamp
    ends_at: Timestamp
    reason: LongText = ""


class BlockOut(ResponseModel):
    """Time the shop takes for itself."""

    id: int
    calendar_id: int
    provider_id: int | None
    starts_at: datetime
    ends_at: datetime
    reason: str
    created_by: str


@router.get("/blocks")
async def list_blocks(
    shop_id: PathRowId, call: AuthorizedRequest, asked: PageQuery
) -> PageResponse[BlockOut]:
    """List blocks that are not over."""

    async def work(ctx: Context) -> PageResponse[BlockOut]:
        found = await blocks.list_blocks(ctx, shop_id, asked, provider_ids=call.own_provider_ids)
        return PageResponse.from_page(found.map(BlockOut.model_validate))

    return await call.run_read(work)


@router.post("/blocks", status_code=HTTPStatus.CREATED)
async def add_block(shop_id: PathRowId, body: BlockIn, call: AuthorizedRequest) -> BlockOut:
    """Take time on a calendar; 409 when something is there."""
    if (body.provider_id is None) == (body.calendar_id is None):
        raise InvalidValue(field="provider_id", reason="one of provider_id and calendar_id")
    if body.provider_id is not None:
        call.ensure_provider_allowed(body.provider_id)
    elif call.own_provider_ids is not None:
        raise NotFound(calendar=body.calendar_id)

    async def work(ctx: Context) -> BlockOut:
        calendar = body.calendar_id
        if body.provider_id is not None:
            calendar = (await load_catalog(ctx, shop_id)).provider(body.provider_id).calendar_id
        assert calendar is not None
        made = await block_time(
            ctx,
            shop_id=shop_id,
            calendar_id=calendar,
            start=body.starts_at,
            end=body.ends_at,
            actor=call.staff_actor,
            reason=body.reason,
        )
        return await _block(call, ctx, shop_id, made)

    return await call.run_write(work)


@router.delete("/blocks/{block_id}", status_code=HTTPStatus.NO_CONTENT)
async def remove_block(shop_id: PathRowId, block_id: PathRowId, call: AuthorizedRequest) -> None:
    """Give a block's time back."""
    await call.run_write(
        lambda ctx: blocks.remove_block(ctx, block_id, shop_id=shop_id, actor=call.staff_actor),
        before=lambda ctx: _block(call, ctx, shop_id, block_id),
    )


async def _block(call: ApiRequest, ctx: Context, shop_id: int, block_id: int) -> BlockOut:
    """Return a block that is this caller's business; else NotFound."""
    found = await blocks.list_blocks(
        ctx, shop_id, PageRequest(1), provider_ids=call.own_provider_ids, block_id=block_id
    )
    if not found.items:
        raise NotFound(block=block_id)
    return BlockOut.model_validate(found.items[0])
