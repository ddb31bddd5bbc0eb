"""What a shop gives: categories, services and their sub-services."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter
from pydantic import Field

from core.catalog.entities import Category, Service
from core.catalog.loader import load_catalog
from core.db.context import Context
from core.db.pagination import paginate_list
from core.shops import services
from core.values.catalog_changes import CategoryChange, NewCategory, NewService, ServiceChange
from webhooks.api.api_request import ApiRequest
from webhooks.api.dependencies import AuthorizedRequest, PageQuery
from webhooks.api.schemas import PageResponse, PathRowId, ResponseModel
from webhooks.api.shops import BookingRulesOut

router = APIRouter(prefix="/shops/{shop_id}", tags=["services"])


class CategoryOut(ResponseModel):
    """A heading for services."""

    id: int
    name: str
    position: int


class ServiceOut(ResponseModel):
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
    rules: BookingRulesOut

    @classmethod
    def from_service(cls, service: Service, currency: str) -> ServiceOut:
        """Return a service of core as an answer."""
        own = set(cls.model_fields) - {"currency", "rules"}
        fields = {name: getattr(service, name) for name in own}
        rules = BookingRulesOut.model_validate(service.overrides)
        return cls(**fields, currency=currency, rules=rules)


def can_see_hidden(call: ApiRequest, shop_id: int) -> bool:
    """Whether whoever asks may see what is not on offer."""
    me = call.optional_principal
    return me is not None and (me.is_admin or shop_id in me.shop_ids)


@router.get("/categories")
async def list_categories(
    shop_id: PathRowId, call: AuthorizedRequest, asked: PageQuery
) -> PageResponse[CategoryOut]:
    """List a shop's headings, in order of display."""

    async def work(ctx: Context) -> PageResponse[CategoryOut]:
        known = (await load_catalog(ctx, shop_id)).categories
        found = paginate_list(known, lambda category: category.id, asked)
        return PageResponse.from_page(found.map(CategoryOut.model_validate))

    return await call.run_read(work)


@router.post("/categories", status_code=HTTPStatus.CREATED)
async def add_category(
    shop_id: PathRowId, body: NewCategory, call: AuthorizedRequest
) -> CategoryOut:
    """Add a heading."""

    async def work(ctx: Context) -> CategoryOut:
        made = await services.add_category(ctx, shop_id, body)
        return CategoryOut.model_validate(await _category(ctx, shop_id, made))

    return await call.run_write(work)


@router.patch("/categories/{category_id}")
async def change_category(
    shop_id: PathRowId, category_id: PathRowId, body: CategoryChange, call: AuthorizedRequest
) -> CategoryOut:
    """Change a heading's name or place."""

    async def read(ctx: Context) -> CategoryOut:
        return CategoryOut.model_validate(await _category(ctx, shop_id, category_id))

    async def work(ctx: Context) -> CategoryOut:
        if body.changes():
            await services.change_category(ctx, shop_id, category_id, body)
        return await read(ctx)

    return await call.run_write(work, before=read)


@router.delete("/categories/{category_id}", status_code=HTTPStatus.NO_CONTENT)
async def remove_category(
    shop_id: PathRowId, category_id: PathRowId, call: AuthorizedRequest
) -> None:
    """Remove a heading; its services stay, under none."""

    async def before(ctx: Context) -> CategoryOut:
        return CategoryOut.model_validate(await _category(ctx, shop_id, category_id))

    await call.run_write(
        lambda ctx: services.remove_category(ctx, shop_id, category_id), before=before
    )


@router.get("/services")
async def list_services(
    shop_id: PathRowId, call: AuthorizedRequest, asked: PageQuery
) -> PageResponse[ServiceOut]:
    """List services, by heading and place; those not on offer only for the shop's people."""

    async def work(ctx: Context) -> PageResponse[ServiceOut]:
        known, all_ = await load_catalog(ctx, shop_id), can_see_hidden(call, shop_id)
        shown = [service for service in known.services if service.active or all_]
        found = paginate_list(shown, lambda service: service.id, asked)
        currency = known.shop.currency
        return PageResponse.from_page(
            found.map(lambda service: ServiceOut.from_service(service, currency))
        )

    return await call.run_read(work)


@router.post("/services", status_code=HTTPStatus.CREATED)
async def add_service(shop_id: PathRowId, body: NewService, call: AuthorizedRequest) -> ServiceOut:
    """Add a service, or a sub-service of another."""

    async def work(ctx: Context) -> ServiceOut:
        made = await services.add_service(ctx, shop_id, body)
        return await _service(ctx, shop_id, made)

    return await call.run_write(work)


@router.get("/services/{service_id}")
async def show_service(
    shop_id: PathRowId, service_id: PathRowId, call: AuthorizedRequest
) -> ServiceOut:
    """Show one service."""
    return await call.run_read(lambda ctx: _service(ctx, shop_id, service_id))


@router.patch("/services/{service_id}")
async def change_service(
    shop_id: PathRowId, service_id: PathRowId, body: ServiceChange, call: AuthorizedRequest
) -> ServiceOut:
    """Change a service; bookings keep what they were sold as."""

    async def work(ctx: Context) -> ServiceOut:
        if body.changes():
            await services.change_service(ctx, shop_id, service_id, body)
        return await _service(ctx, shop_id, service_id)

    return await call.run_write(work, before=lambda ctx: _service(ctx, shop_id, service_id))


async def _service(ctx: Context, shop_id: int, service_id: int) -> ServiceOut:
    known = await load_catalog(ctx, shop_id)
    return ServiceOut.from_service(known.service(service_id), known.shop.currency)


async def _category(ctx: Context, shop_id: int, category_id: int) -> Category:
    known = await load_catalog(ctx, shop_id)
    return known.category_by_id(category_id)
