"""Shops: found and looked at by anybody, founded and changed by those who run them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from core.catalog import shop_search
from core.catalog.entities import Shop
from core.catalog.loader import load_catalog
from core.db.context import Context
from core.db.pagination import paginate_list
from core.errors import NotAllowed
from core.messaging import lines
from core.people.members import add_member
from core.shops import shops
from core.values.shop_changes import NewShop, ShopChange
from webhooks.api.dependencies import AuthorizedRequest, PageQuery
from webhooks.api.lines import LineOut
from webhooks.api.schemas import (
    PageResponse,
    PathRowId,
    ResponseModel,
    SearchQuery,
)

router = APIRouter(tags=["shops"])


class BookingRulesOut(ResponseModel):
    """How bookings are made; null: as the shop, or Slotline, has it by default."""

    grid_minutes: int | None = None
    gap_before_minutes: int | None = None
    gap_after_minutes: int | None = None
    notice_minutes: int | None = None
    horizon_days: int | None = None
    needs_approval: bool | None = None
    cutoff_minutes: int | None = None


class ShopOut(ResponseModel):
    """A shop as anybody may see it."""

    id: int
    name: str = Field(examples=["Bella Hair"])
    keyword: str | None = Field(examples=["BELLA"])
    type: str = Field(examples=["salon"])
    city: str
    address: str
    directions: str
    latitude: float | None
    longitude: float | None
    timezone: str = Field(examples=["Europe/Madrid"])
    country: str
    currency: str = Field(examples=["EUR"])
    language: str
    phone: str
    emergency_phone: str
    about: str
    answers: Mapping[str, str]
    paused: bool


class ShopSettingsOut(ShopOut):
    """A shop as its people see it."""

    hold_minutes: int
    max_open_bookings: int
    max_unverified_holds: int
    codes_per_day: int
    code_countries: str | None
    codes_on_every_channel: bool
    may_change_provider: bool
    reminders: list[str] | None
    quiet_from: int | None
    quiet_until: int | None
    discreet: bool
    alert_unanswered: bool
    agenda_today: str
    agenda_tomorrow: str
    templates: Mapping[str, Mapping[str, str]]
    created_at: datetime
    rules: BookingRulesOut

    @classmethod
    def from_shop(cls, shop: Shop) -> ShopSettingsOut:
        """Return a shop of core as an answer."""
        fields = {name: getattr(shop, name) for name in cls.model_fields if name != "rules"}
        return cls(**fields, rules=BookingRulesOut.model_validate(shop.overrides))


@router.get("/shops")
async def search_shops(
    call: AuthorizedRequest,
    asked: PageQuery,
    q: Annotated[SearchQuery, Query(description="Words of name, type or city; typos pass.")] = "",
) -> PageResponse[ShopOut]:
    """Search shops by name, type and city, best first; or list them all."""

    async def work(ctx: Context) -> PageResponse[ShopOut]:
        if q.strip():
            named = paginate_list(
                await shop_search.search_shops(ctx, q), lambda shop: shop.id, asked
            )
            return PageResponse.from_page(named.map(ShopOut.model_validate))
        all_ = await shop_search.page_of_shops(ctx, asked)
        return PageResponse.from_page(all_.map(ShopOut.model_validate))

    return await call.run_read(work)


@router.post("/shops", status_code=HTTPStatus.CREATED)
async def create_shop(body: NewShop, call: AuthorizedRequest) -> ShopSettingsOut:
    """Found a shop and own it: for admins, and for everybody if this installation allows it."""
    if not (call.principal.is_admin or call.app.settings.shops_by_anyone):
        raise NotAllowed(user=call.principal.user_id)

    async def work(ctx: Context) -> ShopSettingsOut:
        call.shop_id = made = await shops.add_shop(ctx, body)
        await add_member(ctx, made, role="owner", user_id=call.principal.user_id)
        return ShopSettingsOut.from_shop((await load_catalog(ctx, made)).shop)

    return await call.run_write(work)


@router.get("/shops/{shop_id}")
async def show_shop(shop_id: PathRowId, call: AuthorizedRequest) -> ShopOut:
    """Show a shop as anybody may see it."""
    return await call.run_read(lambda ctx: _shown(ctx, shop_id))


async def _shown(ctx: Context, shop_id: int) -> ShopOut:
    return ShopOut.model_validate((await load_catalog(ctx, shop_id)).shop)


@router.get("/shops/{shop_id}/settings")
async def show_shop_settings(shop_id: PathRowId, call: AuthorizedRequest) -> ShopSettingsOut:
    """Show all that is set of a shop."""
    return await call.run_read(lambda ctx: _settings(ctx, shop_id))


@router.get("/shops/{shop_id}/lines")
async def list_shop_lines(
    shop_id: PathRowId, call: AuthorizedRequest, asked: PageQuery
) -> PageResponse[LineOut]:
    """List the numbers and bots by which people reach a shop."""

    async def work(ctx: Context) -> PageResponse[LineOut]:
        await load_catalog(ctx, shop_id)
        found = await lines.list_shop_lines(ctx, shop_id, asked)
        return PageResponse.from_page(found.map(LineOut.model_validate))

    return await call.run_read(work)


@router.patch("/shops/{shop_id}")
async def change_shop(
    shop_id: PathRowId, body: ShopChange, call: AuthorizedRequest
) -> ShopSettingsOut:
    """Change what is set of a shop."""

    async def work(ctx: Context) -> ShopSettingsOut:
        if body.changes():
            await shops.change_shop(ctx, shop_id, body)
        return await _settings(ctx, shop_id)

    return await call.run_write(work, before=lambda ctx: _settings(ctx, shop_id))


async def _settings(ctx: Context, shop_id: int) -> ShopSettingsOut:
    return ShopSettingsOut.from_shop((await load_catalog(ctx, shop_id)).shop)
