"""Set-up: hours, services and who gives them, dates, the shop itself, and the ways in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.numbers import get_currency_precision
from fastapi import APIRouter
from fastapi.responses import Response

from core import timetables
from webhooks.pages.admin import countries
from webhooks.pages.admin.client import AtShop, Problem, Visit
from webhooks.pages.admin.entrances import all_lines, entrances
from webhooks.pages.admin.rendering import done, shown
from webhooks.pages.admin.wording import by_field, told

router = APIRouter(prefix="/shops/{shop_id}/setup")

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_CLOCK = re.compile(r"(\d{1,2}):(\d\d)")


@router.get("")
async def overview(visit: AtShop) -> Response:
    """Show what there is to set up, and what is missing until somebody can book."""
    known = visit.shop
    return shown(
        visit,
        "setup.html",
        place="setup",
        open=any(known.shop_schedule.weekly),
        services=[one for one in known.services if one.active],
        people=[one for one in known.providers if one.active],
        bookable=known.bookable_services(),
        days=DAYS,
    )


# ------------------------------------------------------------------------------------ hours


@router.get("/hours")
async def hours(visit: AtShop, provider: int | None = None, first: str = "") -> Response:
    """Show the week of the shop, or a provider's own."""
    return await _hours(visit, provider, first)


@router.post("/hours")
async def set_hours(visit: AtShop, provider: int | None = None, first: str = "") -> Response:
    """Set the whole week: up to two stretches a day, with a break between."""
    form, wrong, made = visit.form, {}, []
    for day in range(7):
        for part in "ab":
            opens, closes = form[f"opens{day}{part}"], form[f"closes{day}{part}"]
            if not opens and not closes:
                continue
            if not (_CLOCK.fullmatch(opens) and _CLOCK.fullmatch(closes)):
                wrong[f"d{day}"] = (
                    f"{DAYS[day]}: write from when until when, such as 09:00 to 18:00."
                )
                continue
            if closes <= opens:  # past midnight
                hour, minute = closes.split(":")
                closes = f"{int(hour) + 24}:{minute}"
            made.append({"weekday": day, "opens": opens, "closes": closes})
    typed = {name: form[name] for name in form.values}
    if not made and not wrong and provider is None:
        wrong["d0"] = "Open on at least one day."
    if wrong:
        return await _hours(visit, provider, first, typed=typed, errors=wrong, status=422)
    home = f"/shops/{visit.shop.shop.id}"
    path = f"{home}/hours" if provider is None else f"{home}/providers/{provider}/hours"
    try:
        await visit.send("PUT", path, hours=made)
    except Problem as problem:
        if problem.status in {401, 403, 404}:
            raise
        words = "Times come in steps of five minutes, and stretches of a day do not overlap."
        return await _hours(
            visit, provider, first, typed=typed, problem=words, status=problem.status
        )
    if first:
        return done(f"/admin{home}/setup/services?first=1", "saved")
    back = f"/admin{home}/setup" if provider is None else f"/admin{home}/setup/people/{provider}"
    return done(back, "saved")


async def _hours(
    visit: Visit,
    provider: int | None,
    first: str,
    *,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    who = None if provider is None else visit.shop.provider(provider)
    if typed is None:
        shop_id = visit.shop.shop.id
        week = await visit.read(lambda ctx: timetables.week(ctx, shop_id, provider))
        typed = _typed(week)
        if first and not week:
            typed = {f"{word}{day}a": at for day in range(5) for word, at in _NINE_TO_SIX}
    return shown(
        visit,
        "hours.html",
        status=status,
        place="setup",
        who=who,
        first=first,
        days=DAYS,
        typed=typed,
        errors=errors or {},
        problem=problem or " ".join((errors or {}).values()),
    )


_NINE_TO_SIX = (("opens", "09:00"), ("closes", "18:00"))


def _typed(week: list[timetables.Opening]) -> dict[str, str]:
    """Return a week as the fields of its form, up to two stretches a day."""
    typed: dict[str, str] = {}
    for row in week:
        part = "b" if f"opens{row.weekday}a" in typed else "a"
        for word, minutes in (("opens", row.opens), ("closes", row.closes)):
            typed[f"{word}{row.weekday}{part}"] = f"{minutes // 60 % 24:02}:{minutes % 60:02}"
    return typed


# ------------------------------------------------------------------------------------ services


@router.get("/services")
async def services(visit: AtShop, first: str = "") -> Response:
    """Show the services, and a form for one more."""
    return _services(visit, first)


@router.post("/services")
async def add_service(visit: AtShop, first: str = "") -> Response:
    """Add a service; everybody who is there already gives it too."""
    typed = {name: visit.form[name] for name in ("name", "minutes", "price")}
    said, wrong = _service(visit, typed)
    if wrong:
        return _services(visit, first, typed=typed, errors=wrong, status=422)
    home = f"/shops/{visit.shop.shop.id}"
    try:
        made = await visit.send("POST", f"{home}/services", **said)
        for one in visit.shop.providers:
            if one.active:
                path = f"{home}/providers/{one.id}/services/{made['id']}"
                await visit.send("PUT", path)
    except Problem as problem:
        if problem.status in {401, 403, 404}:
            raise
        named = by_field(problem)
        return _services(
            visit, first, typed=typed, errors=named, problem=told(problem), status=problem.status
        )
    return done(f"/admin{home}/setup/services{'?first=1' if first else ''}", "added")


def _services(
    visit: Visit,
    first: str,
    *,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    return shown(
        visit,
        "services.html",
        status=status,
        place="setup",
        first=first,
        typed={"name": "", "minutes": "30", "price": ""} | dict(typed or {}),
        errors=errors or {},
        problem=problem,
    )


@router.get("/services/{service_id}")
async def service(visit: AtShop, service_id: int) -> Response:
    """Show one service to be changed."""
    return _one_service(visit, service_id)


@router.post("/services/{service_id}")
async def change_service(visit: AtShop, service_id: int) -> Response:
    """Change a service; what is booked stays as it was sold."""
    names = ("name", "minutes", "price", "description", "preparation", "synonyms", "active")
    typed = {name: visit.form[name] for name in names}
    said, wrong = _service(visit, typed)
    if wrong:
        return _one_service(visit, service_id, typed=typed, errors=wrong, status=422)
    said |= {
        "description": typed["description"],
        "preparation": typed["preparation"],
        "synonyms": [word.strip() for word in typed["synonyms"].split(",") if word.strip()],
        "active": bool(typed["active"]),
    }
    home = f"/shops/{visit.shop.shop.id}"
    try:
        await visit.send("PATCH", f"{home}/services/{service_id}", **said)
    except Problem as problem:
        if problem.status in {401, 403, 404}:
            raise
        named = by_field(problem)
        return _one_service(
            visit,
            service_id,
            typed=typed,
            errors=named,
            problem=told(problem),
            status=problem.status,
        )
    return done(f"/admin{home}/setup/services", "saved")


def _one_service(
    visit: Visit,
    service_id: int,
    *,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    one = visit.shop.service(service_id)
    first = {
        "name": one.name,
        "minutes": str(one.minutes),
        "price": price_of(one.price_minor, visit.shop.shop.currency),
        "description": one.description,
        "preparation": one.preparation,
        "synonyms": ", ".join(one.synonyms),
        "active": "1" if one.active else "",
    }
    return shown(
        visit,
        "service.html",
        status=status,
        place="setup",
        one=one,
        typed=first | dict(typed or {}),
        errors=errors or {},
        problem=problem,
    )


def _service(visit: Visit, typed: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Read what the forms of a service share; return what to say to the API, and what is wrong."""
    wrong = {}
    if not 2 <= len(typed["name"]) <= 100:
        wrong["name"] = "Write a name of 2 to 100 characters."
    minutes = int(typed["minutes"]) if typed["minutes"].isdecimal() else 0
    if not 5 <= minutes <= 1440 or minutes % 5:
        wrong["minutes"] = "Write minutes in steps of five, from 5 to 1440."
    price = None
    try:
        price = minor_of(typed["price"], visit.shop.shop.currency)
    except ValueError:
        wrong["price"] = "Write an amount such as 25 or 25.50, or nothing: on request."
    return {"name": typed["name"], "minutes": minutes, "price_minor": price}, wrong


def minor_of(text: str, currency: str) -> int | None:
    """Return an amount in minor units, None for nothing; ValueError for what is none."""
    plain = text.replace(" ", "").replace(",", ".")
    if not plain:
        return None
    try:
        minor = Decimal(plain).scaleb(get_currency_precision(currency))
    except InvalidOperation:
        raise ValueError(text) from None
    if not minor.is_finite() or minor != minor.to_integral_value() or not 0 <= minor <= 10**12:
        raise ValueError(text)
    return int(minor)


def price_of(minor: int | None, currency: str) -> str:
    """Return minor units as they are typed."""
    if minor is None:
        return ""
    digits = get_currency_precision(currency)
    return f"{Decimal(minor).scaleb(-digits):.{digits}f}".removesuffix("." + "0" * digits)


# ------------------------------------------------------------------------------------ providers


@router.get("/people")
async def people(visit: AtShop, first: str = "") -> Response:
    """Show who gives services, and a form for one more."""
    return _people(visit, first)


@router.post("/people")
async def add_provider(visit: AtShop, first: str = "") -> Response:
    """Add somebody who gives every service there is."""
    typed = {name: visit.form[name] for name in ("name", "title")}
    if len(typed["name"]) < 2:
        wrong = {"name": "Write a name of at least two letters."}
        return _people(visit, first, typed=typed, errors=wrong, status=422)
    home = f"/shops/{visit.shop.shop.id}"
    try:
        made = await visit.send("POST", f"{home}/providers", **typed)
        for one in visit.shop.services:
            if one.active:
                await visit.send("PUT", f"{home}/providers/{made['id']}/services/{one.id}")
    except Problem as problem:
        if problem.status in {401, 403, 404}:
            raise
        named = by_field(problem)
        return _people(
            visit, first, typed=typed, errors=named, problem=told(problem), status=problem.status
        )
    return done(f"/admin{home}/setup/people{'?first=1' if first else ''}", "added")


def _people(
    visit: Visit,
    first: str,
    *,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    mine = visit.call.me.name if first and not visit.shop.providers else ""
    return shown(
        visit,
        "providers.html",
        status=status,
        place="setup",
        first=first,
        typed={"name": mine, "title": ""} | dict(typed or {}),
        errors=errors or {},
        problem=problem,
    )


@router.get("/people/{provider_id}")
async def provider(visit: AtShop, provider_id: int) -> Response:
    """Show one provider to be changed."""
    return _provider(visit, provider_id)


@router.post("/people/{provider_id}")
async def change_provider(visit: AtShop, provider_id: int) -> Response:
    """Change a provider and which services they give."""
    names = ("name", "title", "speciality", "about", "available", "active")
    typed = {name: visit.form[name] for name in names}
    said = typed | {"available": bool(typed["available"]), "active": bool(typed["active"])}
    home = f"/shops/{visit.shop.shop.id}"
    wanted = {int(one) for one in visit.form.every("gives") if one.isdecimal()}
    given = {service for service, who in visit.shop.offerings if who == provider_id}
    known = {one.id for one in visit.shop.services}
    path = f"{home}/providers/{provider_id}"
    try:
        await visit.send("PATCH", path, **said)
        for one in sorted(wanted & known - given):
            await visit.send("PUT", f"{path}/services/{one}")
        for one in sorted(given - wanted):
            await visit.send("DELETE", f"{path}/services/{one}")
    except Problem as problem:
        if problem.status in {401, 403, 404}:
            raise
        named = by_field(problem)
        words = told(problem)
        return _provider(
            visit, provider_id, typed=typed, errors=named, problem=words, status=problem.status
        )
    return done(f"/admin{home}/setup/people", "saved")


def _provider(
    visit: Visit,
    provider_id: int,
    *,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    one = visit.shop.provider(provider_id)
    first = {name: getattr(one, name) for name in ("name", "title", "speciality", "about")}
    first |= {"available": "1" if one.available else "", "active": "1" if one.active else ""}
    return shown(
        visit,
        "provider.html",
        status=status,
        place="setup",
        one=one,
        gives={service for service, who in visit.shop.offerings if who == provider_id},
        typed=first | dict(typed or {}),
        errors=errors or {},
        problem=problem,
    )


# ------------------------------------------------------------------------------------ dates


@router.get("/dates")
async def dates(visit: AtShop) -> Response:
    """Show the days with hours of their own."""
    return await _dates(visit)


@router.post("/dates")
async def set_date(visit: AtShop) -> Response:
    """Close the shop on a day, open it at other hours, or let its week hold again."""
    names = ("day", "opens", "closes", "reason", "remove")
    typed = {name: visit.form[name] for name in names}
    path = f"/shops/{visit.shop.shop.id}/dates/{typed['remove'] or typed['day']}"
    hours = [{"opens": typed["opens"], "closes": typed["closes"]}]
    given = bool(typed["opens"] or typed["closes"])
    wrong = {}
    if not (typed["day"] or typed["remove"]):
        wrong["day"] = "Choose a day."
    if wrong:
        return await _dates(visit, typed=typed, errors=wrong, status=422)
    try:
        if typed["remove"]:
            await visit.send("DELETE", path)
        else:
            await visit.send("PUT", path, hours=hours if given else [], reason=typed["reason"])
    except Problem as problem:
        if problem.status in {401, 403, 404}:
            raise
        wrong = {"opens": "Write from when until when, in steps of five minutes; or neither."}
        return await _dates(visit, typed=typed, errors=wrong, status=problem.status)
    word = "removed" if typed["remove"] else "saved"
    return done(f"/admin/shops/{visit.shop.shop.id}/setup/dates", word)


async def _dates(
    visit: Visit,
    *,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    found = await visit.get(f"/shops/{visit.shop.shop.id}/dates")
    return shown(
        visit,
        "dates.html",
        status=status,
        place="setup",
        dates=found["items"],
        typed=dict.fromkeys(("day", "opens", "closes", "reason"), "") | dict(typed or {}),
        errors=errors or {},
    )


# ------------------------------------------------------------------------------------ the shop

SHOP = ("name", "keyword", "type", "city", "address", "directions", "phone", "timezone", "about")
RULES = ("grid_minutes", "notice_minutes", "horizon_days", "cutoff_minutes")


@router.get("/shop")
async def shop(visit: AtShop) -> Response:
    """Show the shop and its rules to be changed."""
    return _shop(visit)


@router.post("/shop")
async def change_shop(visit: AtShop) -> Response:
    """Change the shop and its rules."""
    typed = {name: visit.form[name] for name in (*SHOP, *RULES, "needs_approval", "paused")}
    wrong = {
        name: "Write a whole number."
        for name in RULES
        if typed[name] and not typed[name].isdecimal()
    }
    if wrong:
        return _shop(visit, typed=typed, errors=wrong, status=422)
    said: dict[str, Any] = {name: typed[name] for name in SHOP}
    said["keyword"] = typed["keyword"] or None
    said["paused"] = bool(typed["paused"])
    rules: dict[str, Any] = {name: int(typed[name]) if typed[name] else None for name in RULES}
    said["rules"] = rules | {"needs_approval": bool(typed["needs_approval"])}
    try:
        await visit.send("PATCH", f"/shops/{visit.shop.shop.id}", **said)
    except Problem as problem:
        if problem.status in {401, 403, 404}:
            raise
        named = by_field(problem)
        return _shop(visit, typed=typed, errors=named, problem=told(problem), status=problem.status)
    return done(f"/admin/shops/{visit.shop.shop.id}/setup", "saved")


def _shop(
    visit: Visit,
    *,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    now = visit.shop.shop
    first = {name: getattr(now, name) or "" for name in SHOP}
    first |= {name: str(getattr(now.overrides, name) or "") for name in RULES}
    first |= {
        "needs_approval": "1" if now.rules.needs_approval else "",
        "paused": "1" if now.paused else "",
    }
    return shown(
        visit,
        "shop.html",
        status=status,
        place="setup",
        typed=first | dict(typed or {}),
        rules=now.rules,
        zones=countries.every_zone(),
        errors=errors or {},
        problem=problem,
    )


# ------------------------------------------------------------------------------------ ways in


@router.get("/entrances")
async def ways_in(visit: AtShop, first: str = "") -> Response:
    """Show a link and a QR code for each line that customers write to."""
    known = await visit.read(all_lines)
    app = visit.call.app
    return shown(
        visit,
        "entrances.html",
        place="setup",
        first=first,
        ways=await entrances(app, known, visit.shop.shop),
        simulated=any(line.transport == "simulator" for line in known),
        bookable=visit.shop.bookable_services(),
    )
