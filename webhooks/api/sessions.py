"""What takes time or gives it: free starts, blocks, rooms, sessions for several."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from core.bookings import blocks
from core.catalog.loader import catalog
from core.db.context import Context
from core.db.pagination import Asked
from core.errors import NotFound
from webhooks.api.api_request import Call
from webhooks.api.dependencies import Caller, Paged
from webhooks.api.schemas import Id, In, Instant, Listing, Minor, Out, PathId, Reason

router = APIRouter(prefix="/shops/{shop_id}", tags=["calendars"])


class SessionIn(In):
    """A service given to several at once."""

    service_id: Id
    provider_id: Id
    starts_at: Instant
    capacity: Annotated[int, Field(ge=1, le=1000)]
    minutes: Annotated[int, Field(ge=5, le=1440, multiple_of=5)] | None = None
    price_minor: Minor | None = None


class SessionOut(Out):
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


class Cancelled(Out):
    """How many bookings were cancelled."""

    cancelled: int


# ------------------------------------------------------------------------------------ sessions


@router.get("/sessions")
async def list_sessions(
    shop_id: PathId,
    call: Caller,
    asked: Paged,
    from_: Annotated[Instant | None, Query(alias="from", description="Now by default.")] = None,
) -> Listing[SessionOut]:
    """List sessions that are not over."""

    async def work(ctx: Context) -> Listing[SessionOut]:
        await catalog(ctx, shop_id)
        found = await blocks.sessions(ctx, shop_id, asked, start=from_ or ctx.now)
        return Listing.of(found.map(SessionOut.model_validate))

    return await call.read(work)


@router.post("/sessions", status_code=HTTPStatus.CREATED)
async def add_session(shop_id: PathId, body: SessionIn, call: Caller) -> SessionOut:
    """Put a session on a provider's calendar; 409 when something is there."""
    call.check_provider(body.provider_id)
    given: Mapping[str, Any] = body.model_dump()

    async def work(ctx: Context) -> SessionOut:
        made = await blocks.add_session(ctx, shop_id=shop_id, actor=call.actor, **given)
        return await _session(call, ctx, shop_id, made)

    return await call.write(work)


@router.post("/sessions/{session_id}/cancel")
async def cancel_session(
    shop_id: PathId, session_id: PathId, body: Reason, call: Caller
) -> Cancelled:
    """Cancel a session and the bookings of all its seats, each of whom is told."""

    async def work(ctx: Context) -> Cancelled:
        gone = await blocks.cancel_session(
            ctx, session_id, shop_id=shop_id, actor=call.actor, reason=body.reason
        )
        return Cancelled(cancelled=gone)

    return await call.write(work, before=lambda ctx: _session(call, ctx, shop_id, session_id))


async def _session(call: Call, ctx: Context, shop_id: int, session_id: int) -> SessionOut:
    found = await blocks.sessions(ctx, shop_id, Asked(1), session_id=session_id)
    if not found.items:
        raise NotFound(session=session_id)
    made = SessionOut.model_validate(found.items[0])
    call.check_provider(made.provider_id)
    return made
