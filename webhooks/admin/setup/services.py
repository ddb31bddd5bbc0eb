"""Services and their headings: price, length, what belongs to what, rules of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from core.catalog.entities import Category, Service
from webhooks.admin.api_client import Problem
from webhooks.admin.form_fields import (
    chosen,
    minor_of,
    minutes_of,
    number,
    price_of,
    refused,
    split,
    ticked,
    whole,
    wrongs,
)
from webhooks.admin.templating import done, shown
from webhooks.admin.visitor import AtShop, Visit

router = APIRouter()

TEXTS = ("name", "minutes", "price", "description", "preparation", "synonyms")
PLACES = ("category_id", "parent_id")
BOXES = ("active", "sessions")
RULES = ("gap_before_minutes", "gap_after_minutes", "notice_minutes", "horizon_days")
APPROVAL = {"": None, "yes": True, "no": False}


@router.get("/services")
async def services(visit: AtShop, first: str = "") -> Response:
    """Show the services under their headings, and a form for one more."""
    return _list(visit, first)


@router.post("/services")
async def add_service(visit: AtShop, first: str = "") -> Response:
    """Add a service; everybody who is there already gives it too."""
    typed = {name: visit.form[name] for name in ("name", "minutes", "price", *PLACES)}
    said, wrong = _sold(visit, typed)
    if wrong:
        return _list(visit, first, typed=typed, **wrongs(wrong))
    home = f"/shops/{visit.shop.shop.id}"
    try:
        made = await visit.send("POST", f"{home}/services", **said, **_places(typed))
        for one in visit.shop.providers:
            if one.active:
                await visit.send("PUT", f"{home}/providers/{one.id}/services/{made['id']}")
    except Problem as problem:
        return _list(visit, first, typed=typed, **refused(problem))
    return done(f"/admin{home}/setup/services{'?first=1' if first else ''}", "added")


@router.post("/headings")
async def change_heading(visit: AtShop) -> Response:
    """Add a heading, rename one, or take one away: its services stay."""
    home = f"/shops/{visit.shop.shop.id}"
    path = f"{home}/categories"
    name = {"name": visit.form["heading"]}
    gone, which = visit.form["remove"], visit.form["which"]
    try:
        if gone:
            await visit.send("DELETE", f"{path}/{gone}")
        elif which:
            await visit.send("PATCH", f"{path}/{which}", **name)
        else:
            place = max((one.position for one in visit.shop.categories), default=-1) + 1
            await visit.send("POST", path, **name, position=place)
    except Problem as problem:
        refusal = refused(problem)
        refusal["errors"] = {f"heading{which}": refusal["errors"].get("name", "")}
        return _list(visit, "", typed={f"heading{which}": name["name"]}, **refusal)
    return done(f"/admin{home}/setup/services", "removed" if gone else "saved")


def _list(
    visit: Visit, first: str, *, typed: Mapping[str, str] | None = None, **said: Any
) -> Response:
    usual = {"name": "", "minutes": "30", "price": "", "category_id": "", "parent_id": ""}
    return shown(
        visit,
        "services.html",
        place="setup",
        first=first,
        typed=usual | dict(typed or {}),
        groups=_groups(visit),
        **said,
    )


def _groups(visit: Visit) -> list[tuple[Category | None, list[Service]]]:
    """Return the services by heading, those under none last, each followed by its parts."""
    known = visit.shop
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
async def service(visit: AtShop, service_id: int) -> Response:
    """Show one service to be changed."""
    return _one(visit, service_id)


@router.post("/services/{service_id}")
async def change_service(visit: AtShop, service_id: int) -> Response:
    """Change a service; what is booked stays as it was sold."""
    names = (*TEXTS, *PLACES, *BOXES, *RULES, "needs_approval")
    typed = {name: visit.form[name] for name in names}
    said, wrong = _sold(visit, typed)
    rules = whole(typed, RULES, wrong)
    if wrong:
        return _one(visit, service_id, typed=typed, **wrongs(wrong))
    said |= _places(typed) | ticked(typed, BOXES)
    said |= {"description": typed["description"], "preparation": typed["preparation"]}
    said["synonyms"] = split(typed["synonyms"])
    said["rules"] = rules | {"needs_approval": APPROVAL.get(typed["needs_approval"])}
    home = f"/shops/{visit.shop.shop.id}"
    try:
        await visit.send("PATCH", f"{home}/services/{service_id}", **said)
    except Problem as problem:
        return _one(visit, service_id, typed=typed, **refused(problem))
    return done(f"/admin{home}/setup/services", "saved")


def _one(
    visit: Visit, service_id: int, *, typed: Mapping[str, str] | None = None, **said: Any
) -> Response:
    one = visit.shop.service(service_id)
    own = one.overrides
    first = {name: getattr(one, name) for name in ("name", "description", "preparation")}
    first |= {name: number(getattr(one, name)) for name in ("minutes", *PLACES)}
    first |= {name: number(getattr(own, name)) for name in RULES}
    first |= {name: "1" if getattr(one, name) else "" for name in BOXES}
    first["price"] = price_of(one.price_minor, visit.shop.shop.currency)
    first["synonyms"] = ", ".join(one.synonyms)
    first["needs_approval"] = next(k for k, v in APPROVAL.items() if v is own.needs_approval)
    has_parts = any(sub.parent_id == one.id for sub in visit.shop.services)
    return shown(
        visit,
        "service.html",
        place="setup",
        one=one,
        wholes=[] if has_parts else _wholes(visit, one),
        typed=first | dict(typed or {}),
        **said,
    )


def _wholes(visit: Visit, one: Service) -> list[Service]:
    """Return what a service may be a part of: one level is what a talk shows well."""
    return [w for w in visit.shop.services if w.parent_id is None and w.id != one.id and w.active]


def _places(typed: Mapping[str, str]) -> dict[str, int | None]:
    return {name: chosen(typed[name]) for name in PLACES}


def _sold(visit: Visit, typed: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Read name, length and price; return what to say to the API, and what is wrong."""
    wrong = {}
    said: dict[str, Any] = {"name": typed["name"]}
    if not 2 <= len(typed["name"]) <= 100:
        wrong["name"] = "Write a name of 2 to 100 characters."
    try:
        said["minutes"] = minutes_of(typed["minutes"])
    except ValueError:
        wrong["minutes"] = "Write minutes in steps of five, from 5 to 1440."
    try:
        said["price_minor"] = minor_of(typed["price"], visit.shop.shop.currency)
    except ValueError:
        wrong["price"] = "Write an amount such as 25 or 25.50, or nothing: on request."
    return said, wrong
