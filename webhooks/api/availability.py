"""Free starts of a service."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query

from core.catalog.loader import load_catalog
from core.db.context import Context
from core.errors import InvalidValue
from core.localtime import zones
from core.scheduling import availability
from webhooks.api.dependencies import AuthorizedRequest
from webhooks.api.schemas import PathRowId, ResponseModel, Timestamp

router = APIRouter(prefix="/shops/{shop_id}", tags=["availability"])

MAX_SEARCH_SPAN = timedelta(days=62)
"""What one question for free starts may span."""


class SlotOut(ResponseModel):
    """A start on offer, by the clocks of the zone that was asked for."""

    service_id: int
    provider_id: int
    starts_at: datetime
    ends_at: datetime
    price_minor: int | None
    currency: str
    session_id: int | None
    seats_left: int | None


class SlotsOut(ResponseModel):
    """Starts on offer, in order of time."""

    timezone: str
    slots: list[SlotOut]


@router.get("/availability")
async def find_slots(
    shop_id: PathRowId,
    call: AuthorizedRequest,
    service: Annotated[int, Query(ge=1, le=2**63 - 1)],
    from_: Annotated[Timestamp, Query(alias="from", examples=["2026-03-09T00:00:00Z"])],
    to: Annotated[Timestamp, Query(examples=["2026-03-16T00:00:00Z"])],
    provider: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="Or anybody.")] = None,
    zone: Annotated[str, Query(max_length=60, description="The shop's by default.")] = "",
) -> SlotsOut:
    """Find free starts of a service within 62 days; notice and horizon are the shop's."""
    if not timedelta() <= to - from_ <= MAX_SEARCH_SPAN:
        raise InvalidValue(field="to", reason="span", most=MAX_SEARCH_SPAN.days)

    async def work(ctx: Context) -> SlotsOut:
        known = await load_catalog(ctx, shop_id)
        known.service(service)
        if provider is not None:
            known.provider(provider)
        name = zone or known.shop.timezone
        where = _zone(name)
        found = await availability.find_slots(
            ctx, known, service, provider_id=provider, start=from_, end=to
        )
        return SlotsOut(
            timezone=name,
            slots=[
                SlotOut(
                    service_id=slot.service_id,
                    provider_id=slot.provider_id,
                    starts_at=slot.starts_at.astimezone(where),
                    ends_at=slot.ends_at.astimezone(where),
                    price_minor=slot.price_minor,
                    currency=slot.currency,
                    session_id=slot.session_id,
                    seats_left=slot.seats_left,
                )
                for slot in found
            ],
        )

    return await call.run_read(work)


def _zone(name: str) -> Any:
    try:
        return zones.load_zone(name)
    except ValueError:
        raise InvalidValue(field="zone", reason="zone") from None
