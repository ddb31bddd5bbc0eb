"""Shops: found and looked at by anybody, founded and changed by those who run them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Query
from pydantic import Field

from core.catalog import shop_search
from core.catalog.entities import Shop
from core.catalog.loader import catalog
from core.db.context import Context
from core.db.pagination import cut, page
from core.db.tables import shops as table
from core.errors import NotAllowed
from core.messaging import lines
from core.people.members import add_member
from core.shops import shops
from webhooks.api.dependencies import Caller, Paged
from webhooks.api.lines import LineOut
from webhooks.api.schemas import In, Line, Listing, Name, Out, PathId, Search, Words

router = APIRouter(tags=["shops"])

Minutes = Annotated[int, Field(ge=0, le=1440)]


class Rules(Out):
    """How bookings are made; null: as the shop, or Slotline, has it by default."""

    grid_minutes: int | None = None
    gap_before_minutes: int | None = None
    gap_after_minutes: int | None = None
    notice_minutes: int | None = None
    horizon_days: int | None = None
    needs_approval: bool | None = None
    cutoff_minutes: int | None = None


class RulesIn(In):
    """Rules to set: minutes in steps of five, days; null takes one back."""

    grid_minutes: int | None = Field(None, examples=[15])
    gap_before_minutes: int | None = None
    gap_after_minutes: int | None = None
    notice_minutes: int | None = Field(None, description="How long before its start at least.")
    horizon_days: int | None = Field(None, description="How far ahead one may book.")
    needs_approval: bool | None = None
    cutoff_minutes: int | None = Field(
        None, description="Until when customers move and cancel, before the start."
    )


class ShopOut(Out):
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


class Settings(ShopOut):
    """A shop as its people see it."""

    hold_minutes: int
    max_open: int
    held_budget: int
    codes_per_day: int
    code_countries: str | None
    moves_anyone: bool
    reminders: list[str] | None
    quiet_from: int | None
    quiet_until: int | None
    discreet: bool
    alert_unanswered: bool
    agenda_today: str
    agenda_tomorrow: str
    templates: Mapping[str, Mapping[str, str]]
    created_at: datetime
    rules: Rules

    @classmethod
    def of(cls, shop: Shop) -> Settings:
        """Return a shop of core as an answer."""
        fields = {name: getattr(shop, name) for name in cls.model_fields if name != "rules"}
        return cls(**fields, rules=Rules.model_validate(shop.overrides))


class ShopChange(In):
    """What to change of a shop; what is left out stays."""

    name: Name | None = None
    keyword: Line | None = Field(None, description="Customers write it to open the shop.")
    type: Line | None = None
    city: Line | None = None
    address: Line | None = None
    directions: Words | None = None
    latitude: float | None = None
    longitude: float | None = None
    timezone: Line | None = Field(None, examples=["Europe/Madrid"])
    country: Line | None = Field(None, examples=["ES"])
    currency: Line | None = Field(None, examples=["EUR"])
    language: Line | None = None
    phone: Line | None = None
    emergency_phone: Line | None = None
    about: Words | None = None
    answers: dict[Line, Words] | None = Field(None, description="Short answers, by topic.")
    paused: bool | None = Field(None, description="Takes no new bookings for now.")
    hold_minutes: int | None = None
    max_open: int | None = None
    held_budget: int | None = None
    codes_per_day: int | None = None
    code_countries: Words | None = None
    moves_anyone: bool | None = None
    reminders: list[Line] | None = Field(None, examples=[["24h", "2h"]])
    quiet_from: Minutes | None = None
    quiet_until: Minutes | None = None
    discreet: bool | None = None
    alert_unanswered: bool | None = None
    agenda_today: Line | None = Field(None, examples=["08:00"])
    agenda_tomorrow: Line | None = Field(None, examples=["20:00"])
    templates: dict[Line, dict[Line, Line]] | None = None
    rules: RulesIn | None = None


class ShopIn(ShopChange):
    """A new shop."""

    name: Name
    timezone: Line = Field(examples=["Europe/Madrid"])
    country: Line = Field(examples=["ES"])
    currency: Line = Field(examples=["EUR"])


def flat(body: In) -> dict[str, Any]:
    """Return what was given, rules among the rest, as core's verbs take it."""
    given = body.given()
    rules = given.pop("rules", None)
    return given | (rules.given() if isinstance(rules, In) else {})


@router.get("/shops")
async def search(
    call: Caller,
    asked: Paged,
    q: Annotated[Search, Query(description="Words of name, type or city; typos pass.")] = "",
) -> Listing[ShopOut]:
    """Search shops by name, type and city, best first; or list them all."""

    async def work(ctx: Context) -> Listing[ShopOut]:
        if q.strip():
            named = cut(await shop_search.find_shops(ctx, q), lambda shop: shop.id, asked)
            return Listing.of(named.map(ShopOut.model_validate))
        all_ = await page(ctx, sa.select(table), [table.c.id], asked)
        return Listing.of(all_.map(ShopOut.model_validate))

    return await call.read(work)


@router.post("/shops", status_code=HTTPStatus.CREATED)
async def found(body: ShopIn, call: Caller) -> Settings:
    """Found a shop and own it: for admins, and for everybody if this installation allows it."""
    if not (call.me.admin or call.app.settings.shops_by_anyone):
        raise NotAllowed(user=call.me.user_id)

    async def work(ctx: Context) -> Settings:
        call.shop_id = made = await shops.add_shop(ctx, **flat(body))
        await add_member(ctx, made, role="owner", user_id=call.me.user_id)
        return Settings.of((await catalog(ctx, made)).shop)

    return await call.write(work)


@router.get("/shops/{shop_id}")
async def show(shop_id: PathId, call: Caller) -> ShopOut:
    """Show a shop as anybody may see it."""
    return await call.read(lambda ctx: _shown(ctx, shop_id))


async def _shown(ctx: Context, shop_id: int) -> ShopOut:
    return ShopOut.model_validate((await catalog(ctx, shop_id)).shop)


@router.get("/shops/{shop_id}/settings")
async def settings(shop_id: PathId, call: Caller) -> Settings:
    """Show all that is set of a shop."""
    return await call.read(lambda ctx: _settings(ctx, shop_id))


@router.get("/shops/{shop_id}/lines")
async def list_lines(shop_id: PathId, call: Caller, asked: Paged) -> Listing[LineOut]:
    """List the numbers and bots by which people reach a shop."""

    async def work(ctx: Context) -> Listing[LineOut]:
        await catalog(ctx, shop_id)
        found = await lines.shop_lines(ctx, shop_id, asked)
        return Listing.of(found.map(LineOut.model_validate))

    return await call.read(work)


@router.patch("/shops/{shop_id}")
async def change(shop_id: PathId, body: ShopChange, call: Caller) -> Settings:
    """Change what is set of a shop."""

    async def work(ctx: Context) -> Settings:
        if given := flat(body):
            await shops.change_shop(ctx, shop_id, **given)
        return await _settings(ctx, shop_id)

    return await call.write(work, before=lambda ctx: _settings(ctx, shop_id))


async def _settings(ctx: Context, shop_id: int) -> Settings:
    return Settings.of((await catalog(ctx, shop_id)).shop)
