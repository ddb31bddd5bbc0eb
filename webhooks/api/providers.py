"""Who gives services: providers, what each gives, and whether they do so just now."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter
from pydantic import Field

from core.catalog.entities import Offering, Provider
from core.catalog.loader import load_catalog
from core.db.context import Context
from core.db.pagination import paginate_list
from core.errors import NotAllowed
from core.shops import providers
from core.values.catalog_changes import NewProvider, OfferingChange, ProviderChange
from webhooks.api.dependencies import AuthorizedRequest, PageQuery
from webhooks.api.schemas import (
    PageResponse,
    PathRowId,
    ResponseModel,
)
from webhooks.api.services import can_see_hidden
from webhooks.api.shops import BookingRulesOut

router = APIRouter(prefix="/shops/{shop_id}", tags=["providers"])

SELF_EDITABLE_FIELDS = frozenset(
    {"available", "fee_minor", "about", "experience", "degree", "speciality", "title"}
)
"""What providers may change of themselves."""


class ProviderOut(ResponseModel):
    """A provider."""

    id: int
    calendar_id: int
    name: str = Field(examples=["Ana"])
    title: str
    speciality: str
    degree: str
    experience: str
    about: str
    fee_minor: int | None
    available: bool
    active: bool
    position: int
    rules: BookingRulesOut

    @classmethod
    def from_provider(cls, provider: Provider) -> ProviderOut:
        """Return a provider of core as an answer."""
        fields = {name: getattr(provider, name) for name in cls.model_fields if name != "rules"}
        return cls(**fields, rules=BookingRulesOut.model_validate(provider.overrides))


class OfferingOut(ResponseModel):
    """A service as one provider gives it."""

    service_id: int
    provider_id: int
    minutes: int
    price_minor: int | None
    currency: str
    live: bool = Field(description="Whether it can be booked just now.")

    @classmethod
    def from_offering(cls, offering: Offering, currency: str) -> OfferingOut:
        """Return an offering of core as an answer."""
        return cls(
            service_id=offering.service.id,
            provider_id=offering.provider.id,
            minutes=offering.minutes,
            price_minor=offering.price_minor,
            currency=currency,
            live=offering.is_bookable,
        )


@router.get("/providers")
async def list_providers(
    shop_id: PathRowId, call: AuthorizedRequest, asked: PageQuery
) -> PageResponse[ProviderOut]:
    """List providers in order; those who left only for the shop's people."""

    async def work(ctx: Context) -> PageResponse[ProviderOut]:
        known, all_ = await load_catalog(ctx, shop_id), can_see_hidden(call, shop_id)
        shown = [provider for provider in known.providers if provider.active or all_]
        return PageResponse.from_page(
            paginate_list(shown, lambda one: one.id, asked).map(ProviderOut.from_provider)
        )

    return await call.run_read(work)


@router.post("/providers", status_code=HTTPStatus.CREATED)
async def add_provider(
    shop_id: PathRowId, body: NewProvider, call: AuthorizedRequest
) -> ProviderOut:
    """Add a provider."""

    async def work(ctx: Context) -> ProviderOut:
        made = await providers.add_provider(ctx, shop_id, body)
        return await _provider(ctx, shop_id, made)

    return await call.run_write(work)


@router.get("/providers/{provider_id}")
async def show_provider(
    shop_id: PathRowId, provider_id: PathRowId, call: AuthorizedRequest
) -> ProviderOut:
    """Show one provider."""
    return await call.run_read(lambda ctx: _provider(ctx, shop_id, provider_id))


@router.patch("/providers/{provider_id}")
async def change_provider(
    shop_id: PathRowId, provider_id: PathRowId, body: ProviderChange, call: AuthorizedRequest
) -> ProviderOut:
    """Change a provider. They themselves change what they say of themselves, fee and switch."""
    given = body.changes()
    if call.own_provider_ids is not None and not given.keys() <= SELF_EDITABLE_FIELDS:
        raise NotAllowed(fields=sorted(given.keys() - SELF_EDITABLE_FIELDS))

    async def work(ctx: Context) -> ProviderOut:
        if given:
            await providers.change_provider(ctx, shop_id, provider_id, body)
        return await _provider(ctx, shop_id, provider_id)

    return await call.run_write(work, before=lambda ctx: _provider(ctx, shop_id, provider_id))


@router.get("/offers")
async def list_offerings(
    shop_id: PathRowId, call: AuthorizedRequest, asked: PageQuery
) -> PageResponse[OfferingOut]:
    """List who gives what, at which length and price."""

    async def work(ctx: Context) -> PageResponse[OfferingOut]:
        known, all_ = await load_catalog(ctx, shop_id), can_see_hidden(call, shop_id)
        shown = [one for one in known.offerings.values() if one.is_bookable or all_]
        place = {(one.service.id, one.provider.id): n for n, one in enumerate(shown, 1)}
        found = paginate_list(shown, lambda one: place[one.service.id, one.provider.id], asked)
        return PageResponse.from_page(
            found.map(lambda one: OfferingOut.from_offering(one, known.shop.currency))
        )

    return await call.run_read(work)


@router.put("/providers/{provider_id}/services/{service_id}")
async def set_offering(
    shop_id: PathRowId,
    provider_id: PathRowId,
    service_id: PathRowId,
    body: OfferingChange,
    call: AuthorizedRequest,
) -> OfferingOut:
    """Let a provider give a service, at an own length and price if set."""

    async def work(ctx: Context) -> OfferingOut:
        await providers.set_offering(ctx, shop_id, provider_id, service_id, body)
        known = await load_catalog(ctx, shop_id)
        return OfferingOut.from_offering(
            known.offering(service_id, provider_id), known.shop.currency
        )

    return await call.run_write(
        work, before=lambda ctx: _offer(ctx, shop_id, provider_id, service_id)
    )


@router.delete("/providers/{provider_id}/services/{service_id}", status_code=HTTPStatus.NO_CONTENT)
async def remove_offering(
    shop_id: PathRowId, provider_id: PathRowId, service_id: PathRowId, call: AuthorizedRequest
) -> None:
    """Let a provider no longer give a service; what is booked stands."""
    await call.run_write(
        lambda ctx: providers.remove_offering(ctx, shop_id, provider_id, service_id),
        before=lambda ctx: _offer(ctx, shop_id, provider_id, service_id),
    )


async def _offer(
    ctx: Context, shop_id: int, provider_id: int, service_id: int
) -> OfferingOut | None:
    """Return a service as a provider gives it; None where they do not."""
    known = await load_catalog(ctx, shop_id)
    given = known.offerings.get((service_id, provider_id))
    return OfferingOut.from_offering(given, known.shop.currency) if given else None


async def _provider(ctx: Context, shop_id: int, provider_id: int) -> ProviderOut:
    return ProviderOut.from_provider((await load_catalog(ctx, shop_id)).provider(provider_id))
