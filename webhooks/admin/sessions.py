"""Sessions ("classes" on the pages): planned, shown, booked and cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from core.bookings import blocks
from core.catalog.entities import Provider, Service
from core.db.pagination import PageRequest
from core.errors import NotFound
from webhooks.admin.error_messages import problem_message
from webhooks.admin.form_fields import (
    api_errors,
    form_errors,
    parse_id,
    parse_local_instant,
    parse_minor_units,
)
from webhooks.admin.handler_calls import CallRefused
from webhooks.admin.templating import redirect_saved, render_shop_page
from webhooks.admin.visitor import ShopVisitor, Visitor
from webhooks.api import bookings as bookings_api
from webhooks.api import sessions as sessions_api

router = APIRouter(prefix="/shops/{shop_id}/classes")

SESSION_FIELDS = ("service_id", "provider_id", "on", "at", "capacity", "price", "weeks")

MAX_WEEKS = 26
"""How far one form plans ahead."""


@router.get("")
async def show_sessions(visit: ShopVisitor, cursor: str = "") -> Response:
    """Show the sessions from now on, and a form to plan more."""
    return await _list(visit, cursor)


@router.post("")
async def plan_sessions(visit: ShopVisitor) -> Response:
    """Plan a session for one or more consecutive weeks; on an error earlier weeks are kept."""
    typed = {name: visit.form[name] for name in SESSION_FIELDS}
    wrong: dict[str, str] = {}
    numbers = _numbers(typed, wrong)
    starts = _starts(visit, typed, numbers.get("weeks", 1), wrong)
    price = None
    try:
        price = parse_minor_units(typed["price"], visit.catalog.shop.currency)
    except ValueError:
        wrong["price"] = "Write an amount such as 25 or 25.50."
    pair = numbers.get("service_id", 0), numbers.get("provider_id", 0)
    if pair not in visit.catalog.offerings:
        wrong.setdefault("provider_id", "They do not give this service.")
    if wrong:
        return await _list(visit, typed=typed, **form_errors(wrong))
    said = {name: numbers[name] for name in ("service_id", "provider_id", "capacity")}
    for n, start in enumerate(starts):
        try:
            body = {**said, "price_minor": price, "starts_at": start}
            await visit.call(sessions_api.add_session, body)
        except CallRefused as problem:
            return await _list(visit, typed=typed, **_stopped(problem, n, start))
    return redirect_saved(f"/admin/shops/{visit.catalog.shop.id}/classes", "planned")


@router.get("/{session_id}")
async def show_session(visit: ShopVisitor, session_id: int) -> Response:
    """Show one session and its bookings."""
    return await _one(visit, session_id)


@router.post("/{session_id}/seats")
async def book_seat(visit: ShopVisitor, session_id: int) -> Response:
    """Book a seat for a caller or walk-in."""
    typed = {name: visit.form[name] for name in ("name", "phone")}
    one = await _session(visit, session_id)
    path = f"/shops/{visit.catalog.shop.id}"
    said = {"service_id": one.service_id, "provider_id": one.provider_id, "customer": typed}
    try:
        await visit.call(bookings_api.create_booking, {**said, "starts_at": one.starts_at})
    except CallRefused as problem:
        refusal = api_errors(problem)
        if problem.code == "phone_invalid":
            refusal |= {"errors": {"phone": problem_message(problem)}, "problem": ""}
        return await _one(visit, session_id, typed=typed, **refusal)
    return redirect_saved(f"/admin{path}/classes/{session_id}", "booked")


@router.post("/{session_id}/cancel")
async def cancel_session(visit: ShopVisitor, session_id: int) -> Response:
    """Cancel a session and notify its customers."""
    home = f"/shops/{visit.catalog.shop.id}"
    reason = visit.form["reason"]
    try:
        await visit.call(sessions_api.cancel_session, {"reason": reason}, session_id=session_id)
    except CallRefused as problem:
        return await _one(visit, session_id, typed={"reason": reason}, **api_errors(problem))
    return redirect_saved(f"/admin{home}/classes", "called-off")


def _numbers(typed: Mapping[str, str], wrong: dict[str, str]) -> dict[str, int]:
    """Return the numeric fields; note an error for what is not a number."""
    asked = {
        "service_id": (10**15, "Choose the class."),
        "provider_id": (10**15, "Choose who gives it."),
        "capacity": (1000, "Write how many can come, 1 to 1000."),
        "weeks": (MAX_WEEKS, f"Write how many weeks in a row, 1 to {MAX_WEEKS}."),
    }
    found = {}
    for name, (most, words) in asked.items():
        text = typed[name] or ("1" if name == "weeks" else "")
        if 1 <= (parse_id(text) or 0) <= most:
            found[name] = int(text)
        else:
            wrong[name] = words
    return found


def _starts(
    visit: Visitor, typed: Mapping[str, str], weeks: int, wrong: dict[str, str]
) -> list[datetime]:
    """Return the start of each week's session, at the same local time; note errors."""
    first = parse_local_instant(visit, typed["on"], typed["at"], wrong)
    if first is None:
        return []
    if first <= visit.api_request.app.runtime.clock.now():
        wrong["on"] = "That is past."
    found = [first]
    for week in range(1, weeks):
        day = date.fromisoformat(typed["on"]) + timedelta(weeks=week)
        mine: dict[str, str] = {}
        if start := parse_local_instant(visit, day.isoformat(), typed["at"], mine):
            found.append(start)
        wrong |= mine
    return found


def _stopped(problem: CallRefused, planned: int, start: datetime) -> dict[str, Any]:
    """Return the page's message after one of several sessions could not be planned."""
    said = api_errors(problem)
    words = "There is something in that time already." if problem.code == "overlap" else ""
    day = f"{start:%A} {start.day} {start:%B}"
    before = f"{planned} planned, then it stopped. " if planned else ""
    problem_words = f"{before}{day}: {words or problem_message(problem)}"
    return said | {"problem": problem_words}


def _given(visit: Visitor) -> tuple[list[Service], list[Provider]]:
    """Return the services and providers that can be planned; a provider plans only their own."""
    own = visit.api_request.own_provider_ids
    services = [one for one in visit.catalog.services if one.sessions and one.active]
    ids = {one.id for one in services}
    people = [
        one
        for one in visit.catalog.providers
        if one.active
        and (own is None or one.id in own)
        and any((service, one.id) in visit.catalog.offerings for service in ids)
    ]
    return services, people


async def _list(
    visit: Visitor, cursor: str = "", *, typed: Mapping[str, str] | None = None, **said: Any
) -> Response:
    found = await visit.call(sessions_api.list_sessions, cursor=cursor)
    own = visit.api_request.own_provider_ids
    services, people = _given(visit)
    usual = dict.fromkeys(SESSION_FIELDS, "") | {"weeks": "1", "capacity": "8"}
    return render_shop_page(
        visit,
        "classes.html",
        place="week",
        found=[one for one in found.items if own is None or one.provider_id in own],
        next=found.next,
        services=services,
        people=people,
        most_weeks=MAX_WEEKS,
        typed=usual | dict(typed or {}),
        **said,
    )


async def _session(visit: Visitor, session_id: int) -> blocks.ListedSession:
    """Return a session the visitor may see; raise NotFound otherwise."""
    shop_id = visit.catalog.shop.id
    rows = await visit.run_read(
        lambda ctx: blocks.list_sessions(ctx, shop_id, PageRequest(1), session_id=session_id)
    )
    if not rows.items:
        raise NotFound(session=session_id)
    (one,) = rows.items
    visit.api_request.ensure_provider_allowed(one.provider_id)
    return one


async def _one(
    visit: Visitor, session_id: int, *, typed: Mapping[str, str] | None = None, **said: Any
) -> Response:
    one = await _session(visit, session_id)
    begins, ends = one.starts_at, one.starts_at + timedelta(seconds=1)
    seats: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        found = await visit.call(
            bookings_api.list_bookings,
            service_id=one.service_id,
            from_=begins,
            to=ends,
            limit=100,
            cursor=cursor,
        )
        seats += [seat for seat in found.items if seat.session_id == session_id]
        cursor = found.next
    return render_shop_page(
        visit,
        "class.html",
        place="week",
        one=one,
        service=visit.catalog.service(one.service_id),
        provider=visit.catalog.provider(one.provider_id),
        seats=seats,
        typed={"name": "", "phone": "", "reason": ""} | dict(typed or {}),
        over=one.starts_at <= visit.api_request.app.runtime.clock.now(),
        **said,
    )
