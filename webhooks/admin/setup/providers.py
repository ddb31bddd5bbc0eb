"""Who gives services: each with what they give and at what price of their own, and a switch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from core.catalog.entities import Provider, Service
from webhooks.admin.form_fields import (
    api_errors,
    form_errors,
    format_minor_units,
    format_number,
    parse_checkboxes,
    parse_duration,
    parse_id,
    parse_minor_units,
)
from webhooks.admin.handler_calls import CallRefused
from webhooks.admin.setup.hours import summarize_week
from webhooks.admin.templating import redirect_saved, render_shop_page
from webhooks.admin.visitor import ShopVisitor, Visitor
from webhooks.api import providers as providers_api

router = APIRouter(prefix="/people")

PROFILE_FIELDS = ("title", "speciality", "degree", "experience", "about")
"""What providers say of themselves, and may change."""


@router.get("")
async def show_providers(visit: ShopVisitor, first: str = "") -> Response:
    """Show who gives services, and a form for one more."""
    return _list(visit, first)


@router.post("")
async def add_provider(visit: ShopVisitor, first: str = "") -> Response:
    """Add somebody who gives every service there is."""
    typed = {name: visit.form[name] for name in ("name", "title")}
    if len(typed["name"]) < 2:
        wrong = {"name": "Write a name of at least two letters."}
        return _list(visit, first, typed=typed, **form_errors(wrong))
    home = f"/shops/{visit.catalog.shop.id}"
    try:
        made = await visit.call(providers_api.add_provider, typed)
        for one in visit.catalog.services:
            if one.active:
                await visit.call(providers_api.set_offering, provider_id=made.id, service_id=one.id)
    except CallRefused as problem:
        return _list(visit, first, typed=typed, **api_errors(problem))
    return redirect_saved(f"/admin{home}/setup/people{'?first=1' if first else ''}", "added")


def _list(
    visit: Visitor, first: str, *, typed: Mapping[str, str] | None = None, **said: Any
) -> Response:
    mine = visit.api_request.principal.name if first and not visit.catalog.providers else ""
    usual = {"name": mine, "title": ""}
    return render_shop_page(
        visit,
        "providers.html",
        place="setup",
        first=first,
        typed=usual | dict(typed or {}),
        **said,
    )


@router.post("/{provider_id}/switch")
async def toggle_provider(visit: ShopVisitor, provider_id: int) -> Response:
    """Have a provider take bookings just now, or not."""
    said = {"available": bool(visit.form["available"])}
    await visit.call(providers_api.change_provider, said, provider_id=provider_id)
    back = f"/admin/shops/{visit.catalog.shop.id}/setup/people"
    return redirect_saved(back if visit.can_configure else f"{back}/{provider_id}", "saved")


@router.get("/{provider_id}")
async def show_provider(visit: ShopVisitor, provider_id: int) -> Response:
    """Show one provider to be changed."""
    return _one(visit, provider_id)


@router.post("/{provider_id}")
async def change_provider(visit: ShopVisitor, provider_id: int) -> Response:
    """Change a provider, and which services they give, as far as whoever asks may."""
    form = visit.form
    typed = {name: form[name] for name in form.values}
    typed |= {name: form[name] for name in ("name", *PROFILE_FIELDS, "fee", "available", "active")}
    gives = {one for one in map(parse_id, form.all_values("gives")) if one is not None}
    wrong: dict[str, str] = {}
    said: dict[str, Any] = {name: typed[name] for name in PROFILE_FIELDS}
    said |= parse_checkboxes(typed, ("available",))
    said["fee_minor"] = _amount(visit, typed, "fee", wrong)
    if visit.can_configure:
        said |= {"name": typed["name"]} | parse_checkboxes(typed, ("active",))
    offers = _offers(visit, provider_id, typed, gives, wrong) if visit.can_configure else []
    if wrong:
        return _one(visit, provider_id, typed=typed, gives=gives, **form_errors(wrong))
    which: dict[str, Any] = {"provider_id": provider_id}
    try:
        await visit.call(providers_api.change_provider, said, **which)
        for service_id, terms in offers:
            which["service_id"] = service_id
            if terms is None:
                await visit.call(providers_api.remove_offering, **which)
            else:
                await visit.call(providers_api.set_offering, terms, **which)
    except CallRefused as problem:
        return _one(visit, provider_id, typed=typed, gives=gives, **api_errors(problem))
    back = f"/admin/shops/{visit.catalog.shop.id}/setup/people"
    return redirect_saved(back if visit.can_configure else f"{back}/{provider_id}", "saved")


def _offers(
    visit: Visitor,
    provider_id: int,
    typed: Mapping[str, str],
    wanted: set[int],
    wrong: dict[str, str],
) -> list[tuple[int, dict[str, int | None] | None]]:
    """Return the new terms of each service that is given otherwise; None: not any more."""
    one = visit.catalog.provider(provider_id)
    found: list[tuple[int, dict[str, int | None] | None]] = []
    for service in visit.catalog.services:
        gives = (service.id, provider_id) in visit.catalog.offerings
        if service.id not in wanted:
            if gives:
                found.append((service.id, None))
            continue
        price, length = f"price{service.id}", f"minutes{service.id}"
        if price not in typed and gives:
            continue
        terms: dict[str, int | None] = {
            "price_minor": _amount(visit, typed, price, wrong),
            "minutes": None,
        }
        if typed.get(length):
            try:
                terms["minutes"] = parse_duration(typed[length])
            except ValueError:
                wrong[length] = "Steps of five, from 5."
        if not gives or terms != _terms(visit, service, one):
            found.append((service.id, terms))
    return found


def _amount(
    visit: Visitor, typed: Mapping[str, str], name: str, wrong: dict[str, str]
) -> int | None:
    try:
        return parse_minor_units(typed.get(name, ""), visit.catalog.shop.currency)
    except ValueError:
        wrong[name] = "Write an amount such as 25 or 25.50."
        return None


def _terms(visit: Visitor, service: Service, one: Provider) -> dict[str, int | None]:
    """Return where a provider differs from the service: price and length, None where not."""
    offering = visit.catalog.offerings.get((service.id, one.id))
    if offering is None:
        return {"price_minor": None, "minutes": None}
    usual = one.fee_minor if service.price_minor is None else service.price_minor
    price = None if offering.price_minor == usual else offering.price_minor
    return {
        "price_minor": price,
        "minutes": None if offering.minutes == service.minutes else offering.minutes,
    }


def _one(
    visit: Visitor,
    provider_id: int,
    *,
    typed: Mapping[str, str] | None = None,
    gives: set[int] | None = None,
    **said: Any,
) -> Response:
    one, currency = visit.catalog.provider(provider_id), visit.catalog.shop.currency
    if not visit.works_at_desk:
        visit.api_request.ensure_provider_allowed(provider_id)
    first = {name: getattr(one, name) for name in ("name", *PROFILE_FIELDS)}
    first |= {name: "1" if getattr(one, name) else "" for name in ("available", "active")}
    first["fee"] = format_minor_units(one.fee_minor, currency)
    for service in visit.catalog.services:
        terms = _terms(visit, service, one)
        first[f"price{service.id}"] = format_minor_units(terms["price_minor"], currency)
        first[f"minutes{service.id}"] = format_number(terms["minutes"])
    if gives is None:
        gives = {service for service, who in visit.catalog.offerings if who == provider_id}
    own = visit.catalog.provider_hours.get(provider_id)
    return render_shop_page(
        visit,
        "provider.html",
        place="setup" if visit.can_configure else "mine",
        one=one,
        gives=gives,
        usual={s.id: format_minor_units(s.price_minor, currency) for s in visit.catalog.services},
        own=summarize_week(own.weekly) if own and any(own.weekly) else [],
        typed=first | dict(typed or {}),
        **said,
    )
