"""Services and their headings: price, length, what belongs to what, rules of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from core.catalog.entities import Category, Service
from webhooks.admin.form_fields import (
    api_errors,
    form_errors,
    format_minor_units,
    format_number,
    parse_checkboxes,
    parse_duration,
    parse_id,
    parse_ints,
    parse_minor_units,
    split_commas,
)
from webhooks.admin.handler_calls import CallRefused
from webhooks.admin.templating import redirect_saved, render_shop_page
from webhooks.admin.visitor import ShopVisitor, Visitor
from webhooks.api import providers as providers_api
from webhooks.api import services as services_api

router = APIRouter()

TEXT_FIELDS = ("name", "minutes", "price", "description", "preparation", "synonyms")
ID_FIELDS = ("category_id", "parent_id")
CHECKBOX_FIELDS = ("active", "sessions")
RULE_FIELDS = ("gap_before_minutes", "gap_after_minutes", "notice_minutes", "horizon_days")
APPROVAL_CHOICES = {"": None, "yes": True, "no": False}


@router.get("/services")
async def show_services(visit: ShopVisitor, first: str = "") -> Response:
    """Show the services under their headings, and a form for one more."""
    return _list(visit, first)


@router.post("/services")
async def add_service(visit: ShopVisitor, first: str = "") -> Response:
    """Add a service; everybody who is there already gives it too."""
    typed = {name: visit.form[name] for name in ("name", "minutes", "price", *ID_FIELDS)}
    said, wrong = _sold(visit, typed)
    if wrong:
        return _list(visit, first, typed=typed, **form_errors(wrong))
    home = f"/shops/{visit.catalog.shop.id}"
    try:
        made = await visit.call(services_api.add_service, said | _places(typed))
        for one in visit.catalog.providers:
            if one.active:
                await visit.call(providers_api.set_offering, provider_id=one.id, service_id=made.id)
    except CallRefused as problem:
        return _list(visit, first, typed=typed, **api_errors(problem))
    return redirect_saved(f"/admin{home}/setup/services{'?first=1' if first else ''}", "added")


@router.post("/headings")
async def change_category(visit: ShopVisitor) -> Response:
    """Add a heading, rename one, or take one away: its services stay."""
    home = f"/shops/{visit.catalog.shop.id}"
    name = {"name": visit.form["heading"]}
    gone, which = visit.form["remove"], visit.form["which"]
    try:
        if gone:
            await visit.call(services_api.remove_category, category_id=gone)
        elif which:
            await visit.call(services_api.change_category, name, category_id=which)
        else:
            place = max((one.position for one in visit.catalog.categories), default=-1) + 1
            await visit.call(services_api.add_category, {**name, "position": place})
    except CallRefused as problem:
        refusal = api_errors(problem)
        refusal["errors"] = {f"heading{which}": refusal["errors"].get("name", "")}
        return _list(visit, "", typed={f"heading{which}": name["name"]}, **refusal)
    return redirect_saved(f"/admin{home}/setup/services", "removed" if gone else "saved")


def _list(
    visit: Visitor, first: str, *, typed: Mapping[str, str] | None = None, **said: Any
) -> Response:
    usual = {"name": "", "minutes": "30", "price": "", "category_id": "", "parent_id": ""}
    return render_shop_page(
        visit,
        "services.html",
        place="setup",
        first=first,
        typed=usual | dict(typed or {}),
        groups=_groups(visit),
        **said,
    )


def _groups(visit: Visitor) -> list[tuple[Category | None, list[Service]]]:
    """Return the services by heading, those under none last, each followed by its parts."""
    known = visit.catalog
    wholes = [one for one in known.services if one.parent_id is None]
    groups: list[tuple[Category | None, list[Service]]] = []
    for heading in (*known.categories, None):
        under = []
        for one in wholes:
            if one.category_id == (heading.id if heading else None):
                under += [one, *(sub for sub in known.services if sub.parent_id == one.id)]
        if under or heading:
            groups.append((heading, under))
    return groups


# ------------------------------------------------------------------------------------ one


@router.get("/services/{service_id}")
async def show_service(visit: ShopVisitor, service_id: int) -> Response:
    """Show one service to be changed."""
    return _one(visit, service_id)


@router.post("/services/{service_id}")
async def change_service(visit: ShopVisitor, service_id: int) -> Response:
    """Change a service; what is booked stays as it was sold."""
    names = (*TEXT_FIELDS, *ID_FIELDS, *CHECKBOX_FIELDS, *RULE_FIELDS, "needs_approval")
    typed = {name: visit.form[name] for name in names}
    said, wrong = _sold(visit, typed)
    rules = parse_ints(typed, RULE_FIELDS, wrong)
    if wrong:
        return _one(visit, service_id, typed=typed, **form_errors(wrong))
    said |= _places(typed) | parse_checkboxes(typed, CHECKBOX_FIELDS)
    said |= {"description": typed["description"], "preparation": typed["preparation"]}
    said["synonyms"] = split_commas(typed["synonyms"])
    said["rules"] = rules | {"needs_approval": APPROVAL_CHOICES.get(typed["needs_approval"])}
    home = f"/shops/{visit.catalog.shop.id}"
    try:
        await visit.call(services_api.change_service, said, service_id=service_id)
    except CallRefused as problem:
        return _one(visit, service_id, typed=typed, **api_errors(problem))
    return redirect_saved(f"/admin{home}/setup/services", "saved")


def _one(
    visit: Visitor, service_id: int, *, typed: Mapping[str, str] | None = None, **said: Any
) -> Response:
    one = visit.catalog.service(service_id)
    own = one.overrides
    first = {name: getattr(one, name) for name in ("name", "description", "preparation")}
    first |= {name: format_number(getattr(one, name)) for name in ("minutes", *ID_FIELDS)}
    first |= {name: format_number(getattr(own, name)) for name in RULE_FIELDS}
    first |= {name: "1" if getattr(one, name) else "" for name in CHECKBOX_FIELDS}
    first["price"] = format_minor_units(one.price_minor, visit.catalog.shop.currency)
    first["synonyms"] = ", ".join(one.synonyms)
    first["needs_approval"] = next(
        k for k, v in APPROVAL_CHOICES.items() if v is own.needs_approval
    )
    has_parts = any(sub.parent_id == one.id for sub in visit.catalog.services)
    return render_shop_page(
        visit,
        "service.html",
        place="setup",
        one=one,
        wholes=[] if has_parts else _wholes(visit, one),
        typed=first | dict(typed or {}),
        **said,
    )


def _wholes(visit: Visitor, one: Service) -> list[Service]:
    """Return what a service may be a part of: one level is what a talk shows well."""
    return [
        w for w in visit.catalog.services if w.parent_id is None and w.id != one.id and w.active
    ]


def _places(typed: Mapping[str, str]) -> dict[str, int | None]:
    return {name: parse_id(typed[name]) for name in ID_FIELDS}


def _sold(visit: Visitor, typed: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Read name, length and price; return what to say to the API, and what is wrong."""
    wrong = {}
    said: dict[str, Any] = {"name": typed["name"]}
    if not 2 <= len(typed["name"]) <= 100:
        wrong["name"] = "Write a name of 2 to 100 characters."
    try:
        said["minutes"] = parse_duration(typed["minutes"])
    except ValueError:
        wrong["minutes"] = "Write minutes in steps of five, from 5 to 1440."
    try:
        said["price_minor"] = parse_minor_units(typed["price"], visit.catalog.shop.currency)
    except ValueError:
        wrong["price"] = "Write an amount such as 25 or 25.50, or nothing: on request."
    return said, wrong
