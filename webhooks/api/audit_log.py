"""Who changed what: a shop's for its owner, the installation's for its admins."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import Field

from core.db.context import Context
from core.db.pagination import PageRequest
from core.privacy import audit_log
from webhooks.api.api_request import ApiRequest
from webhooks.api.dependencies import AuthorizedRequest, PageQuery
from webhooks.api.schemas import PageResponse, PathRowId, ResponseModel

router = APIRouter(tags=["audit"])


class AuditEntryOut(ResponseModel):
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
async def list_audit_log(call: AuthorizedRequest, asked: PageQuery) -> PageResponse[AuditEntryOut]:
    """List every change by the API, the newest first."""
    return await _entries(call, asked, None)


@router.get("/shops/{shop_id}/audit")
async def list_shop_audit_log(
    shop_id: PathRowId, call: AuthorizedRequest, asked: PageQuery
) -> PageResponse[AuditEntryOut]:
    """List the changes of a shop, the newest first."""
    return await _entries(call, asked, shop_id)


async def _entries(
    call: ApiRequest, asked: PageRequest, shop_id: int | None
) -> PageResponse[AuditEntryOut]:
    async def work(ctx: Context) -> PageResponse[AuditEntryOut]:
        found = await audit_log.list_entries(ctx, asked, shop_id=shop_id)
        return PageResponse.from_page(found.map(AuditEntryOut.model_validate))

    return await call.run_read(work)
