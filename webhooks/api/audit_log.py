"""Who changed what: a shop's for its owner, the installation's for its admins."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import Field

from core.db.context import Context
from core.db.pagination import Asked
from core.privacy import audit_log
from webhooks.api.api_request import Call
from webhooks.api.dependencies import Caller, Paged
from webhooks.api.schemas import Listing, Out, PathId

router = APIRouter(tags=["audit"])


class EntryOut(Out):
    """A change: what differs, before and after."""

    id: int
    at: datetime
    shop_id: int | None
    user_id: int | None
    user: str
    action: str = Field(examples=["services.change_service"])
    target: str = Field(examples=["shops/1/services/5"])
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    address: str
    request: str


@router.get("/audit")
async def of_all(call: Caller, asked: Paged) -> Listing[EntryOut]:
    """List every change by the API, the newest first."""
    return await _entries(call, asked, None)


@router.get("/shops/{shop_id}/audit")
async def of_shop(shop_id: PathId, call: Caller, asked: Paged) -> Listing[EntryOut]:
    """List the changes of a shop, the newest first."""
    return await _entries(call, asked, shop_id)


async def _entries(call: Call, asked: Asked, shop_id: int | None) -> Listing[EntryOut]:
    async def work(ctx: Context) -> Listing[EntryOut]:
        found = await audit_log.entries(ctx, asked, shop_id=shop_id)
        return Listing.of(found.map(EntryOut.model_validate))

    return await call.read(work)
