"""Who gives services: providers, what each gives, and whether they do so just now."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter
from pydantic import Field

from core.catalog.entities import Offering, Provider
from core.catalog.loader import catalog
from core.db.context import Context
from core.db.pagination import cut
from core.errors import NotAllowed
from core.shops import providers
from webhooks.api.dependencies import Caller, Paged
from webhooks.api.schemas import In, Line, Listing, Minor, Name, Out, PathId, Words
from webhooks.api.services import Length, Position, is_team
from webhooks.api.shops import Rules, RulesIn, flat

router = APIRouter(prefix="/shops/{shop_id}", tags=["providers"])

OWN = frozenset({"available", "fee_minor", "about", "experience", "degree", "speciality", "title"})
"""What providers may change of themselves."""


class ProviderChange(In):
    """What to change of a provider; what is left out stays."""

    name: Name | None = None
    title: Line | None = Field(None, examples=["Dr"])
    speciality: Line | None = None
    degree: Line | None = None
    experience: Line | None = None
    about: Words | None = None
    fee_minor: Minor | None = Field(None, description="Where a service has no price.")
    available: bool | None = Field(None, description="False: not just now.")
    active: bool | None = Field(None, description="False: not any more.")
    position: Position | None = None
    rules: RulesIn | None = None


class ProviderIn(ProviderChange):
    """A new provider, with a calendar of their own."""

    name: Name


class ProviderOut(Out):
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
    rules: Rules

    @classmethod
    def of(cls, provider: Provider) -> ProviderOut:
        """Return a provider of core as an answer."""
        fields = {name: getattr(provider, name) for name in cls.model_fields if name != "rules"}
        return cls(**fields, rules=Rules.model_validate(provider.overrides))


class OfferIn(In):
    """How a provider gives a service; null: as the service says."""

    minutes: Length | None = None
    price_minor: Minor | None = None


class OfferOut(Out):
    """A service as one provider gives it."""

    service_id: int
    provider_id: int
    minutes: int
    price_minor: int | None
    currency: str
    live: bool = Field(description="Whether it can be booked just now.")

    @classmethod
    def of(cls, offering: Offering, currency: str) -> OfferOut:
        """Return an offering of core as an answer."""
        return cls(
            service_id=offering.service.id,
            provider_id=offering.provider.id,
            minutes=offering.minutes,
            price_minor=offering.price_minor,
            currency=currency,
            live=offering.live,
        )


@router.get("/providers")
async def list_providers(shop_id: PathId, call: Caller, asked: Paged) -> Listing[ProviderOut]:
    """List providers in order; those who left only for the shop's people."""

    async def work(ctx: Context) -> Listing[ProviderOut]:
        known, all_ = await catalog(ctx, shop_id), is_team(call, shop_id)
        shown = [provider for provider in known.providers if provider.active or all_]
        return Listing.of(cut(shown, lambda one: one.id, asked).map(ProviderOut.of))

    return await call.read(work)


@router.post("/providers", status_code=HTTPStatus.CREATED)
async def add_provider(shop_id: PathId, body: ProviderIn, call: Caller) -> ProviderOut:
    """Add a provider."""

    async def work(ctx: Context) -> ProviderOut:
        given = {name: value for name, value in flat(body).items() if value is not None}
        made = await providers.add_provider(ctx, shop_id, **given)
        return await _provider(ctx, shop_id, made)

    return await call.write(work)


@router.get("/providers/{provider_id}")
async def show_provider(shop_id: PathId, provider_id: PathId, call: Caller) -> ProviderOut:
    """Show one provider."""
    return await call.read(lambda ctx: _provider(ctx, shop_id, provider_id))


@router.patch("/providers/{provider_id}")
async def change_provider(
    shop_id: PathId, provider_id: PathId, body: ProviderChange, call: Caller
) -> ProviderOut:
    """Change a provider. They themselves change what they say of themselves, fee and switch."""
    given = flat(body)
    if call.own_providers is not None and not given.keys() <= OWN:
        raise NotAllowed(fields=sorted(given.keys() - OWN))

    async def work(ctx: Context) -> ProviderOut:
        if given:
            await providers.change_provider(ctx, shop_id, provider_id, **given)
        return await _provider(ctx, shop_id, provider_id)

    return await call.write(work, before=lambda ctx: _provider(ctx, shop_id, provider_id))


@router.get("/offers")
async def list_offers(shop_id: PathId, call: Caller, asked: Paged) -> Listing[OfferOut]:
    """List who gives what, at which length and price."""

    async def work(ctx: Context) -> Listing[OfferOut]:
        known, all_ = await catalog(ctx, shop_id), is_team(call, shop_id)
        shown = [one for one in known.offerings.values() if one.live or all_]
        place = {(one.service.id, one.provider.id): n for n, one in enumerate(shown, 1)}
        found = cut(shown, lambda one: place[one.service.id, one.provider.id], asked)
        return Listing.of(found.map(lambda one: OfferOut.of(one, known.shop.currency)))

    return await call.read(work)


@router.put("/providers/{provider_id}/services/{service_id}")
async def offer(
    shop_id: PathId, provider_id: PathId, service_id: PathId, body: OfferIn, call: Caller
) -> OfferOut:
    """Let a provider give a service, at an own length and price if set."""

    async def work(ctx: Context) -> OfferOut:
        await providers.offer(
            ctx,
            shop_id,
            provider_id,
            service_id,
            minutes=body.minutes,
            price_minor=body.price_minor,
        )
        known = await catalog(ctx, shop_id)
        return OfferOut.of(known.offering(service_id, provider_id), known.shop.currency)

    return await call.write(work, before=lambda ctx: _offer(ctx, shop_id, provider_id, service_id))


@router.delete("/providers/{provider_id}/services/{service_id}", status_code=HTTPStatus.NO_CONTENT)
async def withdraw(shop_id: PathId, provider_id: PathId, service_id: PathId, call: Caller) -> None:
    """Let a provider no longer give a service; what is booked stands."""
    await call.write(
        lambda ctx: providers.withdraw(ctx, shop_id, provider_id, service_id),
        before=lambda ctx: _offer(ctx, shop_id, provider_id, service_id),
    )


async def _offer(ctx: Context, shop_id: int, provider_id: int, service_id: int) -> OfferOut | None:
    """Return a service as a provider gives it; None where they do not."""
    known = await catalog(ctx, shop_id)
    given = known.offerings.get((service_id, provider_id))
    return OfferOut.of(given, known.shop.currency) if given else None


async def _provider(ctx: Context, shop_id: int, provider_id: int) -> ProviderOut:
    return ProviderOut.of((await catalog(ctx, shop_id)).provider(provider_id))
