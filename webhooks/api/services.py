"""What a shop gives: categories, services and their sub-services."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from core.catalog.entities import Category, Service
from core.catalog.loader import catalog
from core.db.context import Context
from core.db.pagination import cut
from core.shops import services
from webhooks.api.api_request import Call
from webhooks.api.dependencies import Caller, Paged
from webhooks.api.schemas import Id, In, Line, Listing, Minor, Name, Out, PathId, Words
from webhooks.api.shops import Rules, RulesIn, flat

router = APIRouter(prefix="/shops/{shop_id}", tags=["services"])

Position = Annotated[int, Field(ge=-(10**6), le=10**6, description="In order of display.")]
Length = Annotated[int, Field(ge=5, le=1440, multiple_of=5, examples=[30])]


class CategoryIn(In):
    """A heading for services."""

    name: Name
    position: Position = 0


class CategoryChange(In):
    """What to change of a heading."""

    name: Name | None = None
    position: Position | None = None


class CategoryOut(Out):
    """A heading for services."""

    id: int
    name: str
    position: int


class ServiceChange(In):
    """What to change of a service; what is left out stays."""

    name: Name | None = None
    category_id: Id | None = None
    parent_id: Id | None = Field(None, description="Makes it a sub-service of another.")
    description: Words | None = None
    preparation: Words | None = Field(None, description="What customers do before they come.")
    minutes: Length | None = None
    price_minor: Minor | None = Field(None, description="In minor units; null: on request.")
    synonyms: list[Line] | None = Field(None, description="Words people use for it.")
    sessions: bool | None = Field(None, description="Only at set times, to several at once.")
    position: Position | None = None
    active: bool | None = Field(None, description="False takes it off offer.")
    reminders: list[Line] | None = Field(None, description="Null: the shop's.")
    rules: RulesIn | None = None


class ServiceIn(ServiceChange):
    """A new service."""

    name: Name
    minutes: Length


class ServiceOut(Out):
    """A service."""

    id: int
    category_id: int | None
    parent_id: int | None
    name: str = Field(examples=["Cut"])
    description: str
    preparation: str
    minutes: int
    price_minor: int | None
    currency: str
    synonyms: list[str]
    sessions: bool
    position: int
    active: bool
    reminders: list[str] | None
    rules: Rules

    @classmethod
    def of(cls, service: Service, currency: str) -> ServiceOut:
        """Return a service of core as an answer."""
        own = set(cls.model_fields) - {"currency", "rules"}
        fields = {name: getattr(service, name) for name in own}
        rules = Rules.model_validate(service.overrides)
        return cls(**fields, currency=currency, rules=rules)


def is_team(call: Call, shop_id: int) -> bool:
    """Whether whoever asks may see what is not on offer."""
    me = call.principal
    return me is not None and (me.admin or shop_id in me.shops)


@router.get("/categories")
async def list_categories(shop_id: PathId, call: Caller, asked: Paged) -> Listing[CategoryOut]:
    """List a shop's headings, in order of display."""

    async def work(ctx: Context) -> Listing[CategoryOut]:
        known = (await catalog(ctx, shop_id)).categories
        found = cut(known, lambda category: category.id, asked)
        return Listing.of(found.map(CategoryOut.model_validate))

    return await call.read(work)


@router.post("/categories", status_code=HTTPStatus.CREATED)
async def add_category(shop_id: PathId, body: CategoryIn, call: Caller) -> CategoryOut:
    """Add a heading."""

    async def work(ctx: Context) -> CategoryOut:
        made = await services.add_category(ctx, shop_id, body.name, position=body.position)
        return CategoryOut.model_validate(await _category(ctx, shop_id, made))

    return await call.write(work)


@router.patch("/categories/{category_id}")
async def change_category(
    shop_id: PathId, category_id: PathId, body: CategoryChange, call: Caller
) -> CategoryOut:
    """Change a heading's name or place."""

    async def read(ctx: Context) -> CategoryOut:
        return CategoryOut.model_validate(await _category(ctx, shop_id, category_id))

    async def work(ctx: Context) -> CategoryOut:
        if given := flat(body):
            await services.change_category(ctx, shop_id, category_id, **given)
        return await read(ctx)

    return await call.write(work, before=read)


@router.delete("/categories/{category_id}", status_code=HTTPStatus.NO_CONTENT)
async def remove_category(shop_id: PathId, category_id: PathId, call: Caller) -> None:
    """Remove a heading; its services stay, under none."""

    async def before(ctx: Context) -> CategoryOut:
        return CategoryOut.model_validate(await _category(ctx, shop_id, category_id))

    await call.write(lambda ctx: services.remove_category(ctx, shop_id, category_id), before=before)


@router.get("/services")
async def list_services(shop_id: PathId, call: Caller, asked: Paged) -> Listing[ServiceOut]:
    """List services, by heading and place; those not on offer only for the shop's people."""

    async def work(ctx: Context) -> Listing[ServiceOut]:
        known, all_ = await catalog(ctx, shop_id), is_team(call, shop_id)
        shown = [service for service in known.services if service.active or all_]
        found = cut(shown, lambda service: service.id, asked)
        currency = known.shop.currency
        return Listing.of(found.map(lambda service: ServiceOut.of(service, currency)))

    return await call.read(work)


@router.post("/services", status_code=HTTPStatus.CREATED)
async def add_service(shop_id: PathId, body: ServiceIn, call: Caller) -> ServiceOut:
    """Add a service, or a sub-service of another."""

    async def work(ctx: Context) -> ServiceOut:
        given = {name: value for name, value in flat(body).items() if value is not None}
        made = await services.add_service(ctx, shop_id, **given)
        return await _service(ctx, shop_id, made)

    return await call.write(work)


@router.get("/services/{service_id}")
async def show_service(shop_id: PathId, service_id: PathId, call: Caller) -> ServiceOut:
    """Show one service."""
    return await call.read(lambda ctx: _service(ctx, shop_id, service_id))


@router.patch("/services/{service_id}")
async def change_service(
    shop_id: PathId, service_id: PathId, body: ServiceChange, call: Caller
) -> ServiceOut:
    """Change a service; bookings keep what they were sold as."""

    async def work(ctx: Context) -> ServiceOut:
        if given := flat(body):
            await services.change_service(ctx, shop_id, service_id, **given)
        return await _service(ctx, shop_id, service_id)

    return await call.write(work, before=lambda ctx: _service(ctx, shop_id, service_id))


async def _service(ctx: Context, shop_id: int, service_id: int) -> ServiceOut:
    known = await catalog(ctx, shop_id)
    return ServiceOut.of(known.service(service_id), known.shop.currency)


async def _category(ctx: Context, shop_id: int, category_id: int) -> Category:
    known = await catalog(ctx, shop_id)
    return known.heading(category_id)
