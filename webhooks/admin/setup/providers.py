"""Who gives services: each with what they give and at what price of their own, and a switch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from core.catalog.entities import Provider, Service
from webhooks.admin.api_client import Problem
from webhooks.admin.form_fields import (
    chosen,
    minor_of,
    minutes_of,
    number,
    price_of,
    refused,
    ticked,
    wrongs,
)
from webhooks.admin.setup.hours import summary
from webhooks.admin.templating import done, shown
from webhooks.admin.visitor import AtShop, Visit

router = APIRouter(prefix="/people")

OWN = ("title", "speciality", "degree", "experience", "about")
"""What providers say of themselves, and may change."""


@router.get("")
async def people(visit: AtShop, first: str = "") -> Response:
    """Show who gives services, and a form for one more."""
    return _list(visit, first)


@router.post("")
async def add_provider(visit: AtShop, first: str = "") -> Response:
    """Add somebody who gives every service there is."""
    typed = {name: visit.form[name] for name in ("name", "title")}
    if len(typed["name"]) < 2:
        wrong = {"name": "Write a name of at least two letters."}
        return _list(visit, first, typed=typed, **wrongs(wrong))
    home = f"/shops/{visit.shop.shop.id}"
    try:
        made = await visit.send("POST", f"{home}/providers", **typed)
        for one in visit.shop.services:
            if one.active:
                await visit.send("PUT", f"{home}/providers/{made['id']}/services/{one.id}")
    except Problem as problem:
        return _list(visit, first, typed=typed, **refused(problem))
    return done(f"/admin{home}/setup/people{'?first=1' if first else ''}", "added")


def _list(
    visit: Visit, first: str, *, typed: Mapping[str, str] | None = None, **said: Any
) -> Response:
    mine = visit.call.me.name if first and not visit.shop.providers else ""
    usual = {"name": mine, "title": ""}
    return shown(
        visit,
        "providers.html",
        place="setup",
        first=first,
        typed=usual | dict(typed or {}),
        **said,
    )


@router.post("/{provider_id}/switch")
async def switch(visit: AtShop, provider_id: int) -> Response:
    """Have a provider take bookings just now, or not."""
    path = f"/shops/{visit.shop.shop.id}/providers/{provider_id}"
    await visit.send("PATCH", path, available=bool(visit.form["available"]))
    back = f"/admin/shops/{visit.shop.shop.id}/setup/people"
    return done(back if visit.runs else f"{back}/{provider_id}", "saved")


@router.get("/{provider_id}")
async def provider(visit: AtShop, provider_id: int) -> Response:
    """Show one provider to be changed."""
    return _one(visit, provider_id)


@router.post("/{provider_id}")
async def change_provider(visit: AtShop, provider_id: int) -> Response:
    """Change a provider, and which services they give, as far as whoever asks may."""
    form = visit.form
    typed = {name: form[name] for name in form.values}
    typed |= {name: form[name] for name in ("name", *OWN, "fee", "available", "active")}
    gives = {one for one in map(chosen, form.every("gives")) if one is not None}
    wrong: dict[str, str] = {}
    said: dict[str, Any] = {name: typed[name] for name in OWN}
    said |= ticked(typed, ("available",))
    said["fee_minor"] = _amount(visit, typed, "fee", wrong)
    if visit.runs:
        said |= {"name": typed["name"]} | ticked(typed, ("active",))
    offers = _offers(visit, provider_id, typed, gives, wrong) if visit.runs else []
    if wrong:
        return _one(visit, provider_id, typed=typed, gives=gives, **wrongs(wrong))
    path = f"/shops/{visit.shop.shop.id}/providers/{provider_id}"
    try:
        await visit.send("PATCH", path, **said)
        for method, service_id, terms in offers:
            await visit.send(method, f"{path}/services/{service_id}", **terms)
    except Problem as problem:
        return _one(visit, provider_id, typed=typed, gives=gives, **refused(problem))
    back = f"/admin/shops/{visit.shop.shop.id}/setup/people"
    return done(back if visit.runs else f"{back}/{provider_id}", "saved")


def _offers(
    visit: Visit,
    provider_id: int,
    typed: Mapping[str, str],
    wanted: set[int],
    wrong: dict[str, str],
) -> list[tuple[str, int, dict[str, int | None]]]:
    """Return what to say of each service that is given otherwise than before."""
    one, found = visit.shop.provider(provider_id), []
    for service in visit.shop.services:
        gives = (service.id, provider_id) in visit.shop.offerings
        if service.id not in wanted:
            if gives:
                found.append(("DELETE", service.id, dict[str, int | None]()))
            continue
        price, length = f"price{service.id}", f"minutes{service.id}"
        if price not in typed and gives:
            continue
        terms = {"price_minor": _amount(visit, typed, price, wrong), "minutes": None}
        if typed.get(length):
            try:
                terms["minutes"] = minutes_of(typed[length])
            except ValueError:
                wrong[length] = "Steps of five, from 5."
        if not gives or terms != _terms(visit, service, one):
            found.append(("PUT", service.id, terms))
    return found


def _amount(visit: Visit, typed: Mapping[str, str], name: str, wrong: dict[str, str]) -> int | None:
    try:
        return minor_of(typed.get(name, ""), visit.shop.shop.currency)
    except ValueError:
        wrong[name] = "Write an amount such as 25 or 25.50."
        return None


def _terms(visit: Visit, service: Service, one: Provider) -> dict[str, int | None]:
    """Return where a provider differs from the service: price and length, None where not."""
    offering = visit.shop.offerings.get((service.id, one.id))
    if offering is None:
        return {"price_minor": None, "minutes": None}
    usual = one.fee_minor if service.price_minor is None else service.price_minor
    price = None if offering.price_minor == usual else offering.price_minor
    return {
        "price_minor": price,
        "minutes": None if offering.minutes == service.minutes else offering.minutes,
    }


def _one(
    visit: Visit,
    provider_id: int,
    *,
    typed: Mapping[str, str] | None = None,
    gives: set[int] | None = None,
    **said: Any,
) -> Response:
    one, currency = visit.shop.provider(provider_id), visit.shop.shop.currency
    if not visit.desk:
        visit.call.check_provider(provider_id)
    first = {name: getattr(one, name) for name in ("name", *OWN)}
    first |= {name: "1" if getattr(one, name) else "" for name in ("available", "active")}
    first["fee"] = price_of(one.fee_minor, currency)
    for service in visit.shop.services:
        terms = _terms(visit, service, one)
        first[f"price{service.id}"] = price_of(terms["price_minor"], currency)
        first[f"minutes{service.id}"] = number(terms["minutes"])
    if gives is None:
        gives = {service for service, who in visit.shop.offerings if who == provider_id}
    own = visit.shop.provider_schedules.get(provider_id)
    return shown(
        visit,
        "provider.html",
        place="setup" if visit.runs else "mine",
        one=one,
        gives=gives,
        usual={s.id: price_of(s.price_minor, currency) for s in visit.shop.services},
        own=summary(own.weekly) if own and any(own.weekly) else [],
        typed=first | dict(typed or {}),
        **said,
    )
