"""Sessions: a service given to several at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from core.bookings import blocks
from core.catalog.loader import load_catalog
from core.db.context import Context
from core.db.pagination import PageRequest
from core.errors import NotFound
from webhooks.api.api_request import ApiRequest
from webhooks.api.dependencies import AuthorizedRequest, PageQuery
from webhooks.api.schemas import (
    MinorUnits,
    PageResponse,
    PathRowId,
    ReasonIn,
    RequestModel,
    ResponseModel,
    RowId,
    Timestamp,
)

router = APIRouter(prefix="/shops/{shop_id}", tags=["sessions"])


class SessionIn(RequestModel):
    """A service given to several at once."""

    service_id: RowId
    provider_id: RowId
    starts_at: Timestamp
    capacity: Annotated[int, Field(ge=1, le=1000)]
    minutes: Annotated[int, Field(ge=5, le=1440, multiple_of=5)] | None = None
    price_minor: MinorUnits | None = None


class SessionOut(ResponseModel):
    """A session and how many of its seats are taken."""

    id: int
    service_id: int
    provider_id: int
    starts_at: datetime
    ends_at: datetime
    capacity: int
    taken: int
    price_minor: int | None
    cancelled_at: datetime | None


class CancelledBookingsOut(ResponseModel):
    """How many bookings were cancelled."""

    cancelled: int


@router.get("/sessions")
async def list_sessions(
    shop_id: PathRowId,
    call: AuthorizedRequest,
    asked: PageQuery,
    from_: Annotated[Timestamp | None, Query(alias="from", description="Now by default.")] = None,
) -> PageResponse[SessionOut]:
    """List sessions that are not over."""

    async def work(ctx: Context) -> PageResponse[SessionOut]:
        await load_catalog(ctx, shop_id)
        found = await blocks.list_sessions(ctx, shop_id, asked, start=from_ or ctx.now)
        return PageResponse.from_page(found.map(SessionOut.model_validate))

    return await call.run_read(work)


@router.post("/sessions", status_code=HTTPStatus.CREATED)
async def add_session(shop_id: PathRowId, body: SessionIn, call: AuthorizedRequest) -> SessionOut:
    """Put a session on a provider's calendar; 409 when something is there."""
    call.ensure_provider_allowed(body.provider_id)
    given: Mapping[str, Any] = body.model_dump()

    async def work(ctx: Context) -> SessionOut:
        made = await blocks.add_session(ctx, shop_id=shop_id, actor=call.staff_actor, **given)
        return await _session(call, ctx, shop_id, made)

    return await call.run_write(work)


@router.post("/sessions/{session_id}/cancel")
async def cancel_session(
    shop_id: PathRowId, session_id: PathRowId, body: ReasonIn, call: AuthorizedRequest
) -> CancelledBookingsOut:
    """Cancel a session and the bookings of all its seats, each of whom is told."""

    async def work(ctx: Context) -> CancelledBookingsOut:
        gone = await blocks.cancel_session(
            ctx, session_id, shop_id=shop_id, actor=call.staff_actor, reason=body.reason
        )
        return CancelledBookingsOut(cancelled=gone)

    return await call.run_write(work, before=lambda ctx: _session(call, ctx, shop_id, session_id))


async def _session(call: ApiRequest, ctx: Context, shop_id: int, session_id: int) -> SessionOut:
    found = await blocks.list_sessions(ctx, shop_id, PageRequest(1), session_id=session_id)
    if not found.items:
        raise NotFound(session=session_id)
    made = SessionOut.model_validate(found.items[0])
    call.ensure_provider_allowed(made.provider_id)
    return made
