"""A booking looked at and acted on, and bookings made on somebody's behalf."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from core.bookings.transitions import TRANSITIONS
from core.localtime import zones
from webhooks.admin.api_client import Problem
from webhooks.admin.error_messages import by_field, told
from webhooks.admin.form_fields import chosen, instant
from webhooks.admin.templating import done, inside, shown
from webhooks.admin.visitor import AtShop, Visit

router = APIRouter(prefix="/shops/{shop_id}/bookings")


@dataclass(frozen=True, slots=True)
class Act:
    """Something the staff do to a booking: its route, its name in `TRANSITIONS`, its button.

    `asks`: a reason may be given, and it is worth a second look.
    """

    path: str
    action: str
    button: str
    said: str
    asks: bool = False


ACTS = (
    Act("confirm", "confirm", "Confirm", "confirmed"),
    Act("start", "start", "Has come", "started"),
    Act("complete", "complete", "Done", "completed"),
    Act("no-show", "mark_no_show", "Did not come", "no-show"),
    Act("correct", "correct", "Correct that", "corrected"),
    Act("decline", "decline", "Decline", "declined", asks=True),
    Act("cancel", "cancel", "Cancel booking", "cancelled", asks=True),
)

HISTORY = {
    "hold": "Held",
    "book": "Booked",
    "request": "Asked for",
    "book_for": "Booked by the shop",
    "squeeze_in": "Squeezed in",
    "confirm": "Confirmed",
    "decline": "Declined",
    "cancel": "Cancelled",
    "move": "Moved",
    "accept": "Another time accepted",
    "propose": "Another time proposed",
    "expire": "Expired",
    "release": "Let go",
    "mark_late": "Will be late",
    "will_come": "Said they will come",
    "start": "Visit began",
    "complete": "Visit done",
    "mark_no_show": "Nobody came",
    "correct": "Corrected",
    "note": "Note changed",
    "mark_paid": "Paid",
    "mark_unpaid": "Marked unpaid",
    "mark_refunded": "Refunded",
}

ORIGINS = {"staff": "the shop", "api": "the shop", "sms": "SMS"}


@router.get("/new")
async def ask(  # the address carries what a click on the board already says
    visit: AtShop, on: str = "", at: str = "", provider: str = "", service: str = ""
) -> Response:
    """Show the form for a booking on somebody's behalf."""
    typed = {"on": on, "at": at, "provider_id": provider, "service_id": service}
    return _new(visit, typed)


@router.post("/new")
async def book(visit: AtShop) -> Response:
    """Book for a customer or a walk-in; the form comes back with what is wrong."""
    form = visit.form
    typed = {name: form[name] for name in _NEW}
    wrong: dict[str, str] = {}
    starts = instant(visit, typed["on"], typed["at"], wrong)
    if len(typed["name"]) < 2:
        wrong["name"] = "Write a name of at least two letters."
    service_id = chosen(typed["service_id"])
    if service_id is None:
        wrong["service_id"] = "Choose a service."
    if wrong or starts is None:
        return _new(visit, typed, wrong, status=422)
    home = f"/shops/{visit.shop.shop.id}"
    try:
        await visit.send(
            "POST",
            f"{home}/bookings",
            service_id=service_id,
            provider_id=chosen(typed["provider_id"]),
            starts_at=starts.isoformat(),
            customer={"name": typed["name"], "phone": typed["phone"]},
            squeeze_in=bool(typed["squeeze_in"]),
            note=typed["note"],
        )
    except Problem as problem:
        named = by_field(problem)
        if problem.code == "phone_invalid":
            named["phone"] = told(problem)
        return _new(visit, typed, named, status=problem.status, problem=told(problem))
    return done(f"/admin{home}/day?on={typed['on']}", "booked")


_NEW = ("on", "at", "service_id", "provider_id", "name", "phone", "note", "squeeze_in")


def _new(
    visit: Visit,
    typed: dict[str, str],
    errors: dict[str, str] | None = None,
    *,
    status: int = 200,
    problem: str = "",
) -> Response:
    known = visit.shop
    local = zones.local(int(visit.call.app.runtime.clock.now().timestamp()), known.shop.timezone)
    soon = local + timedelta(minutes=-local.minute % 15)
    typed = dict.fromkeys(_NEW, "") | {k: v for k, v in typed.items() if v}
    typed["on"] = typed["on"] or local.date().isoformat()
    typed["at"] = typed["at"] or soon.strftime("%H:%M")
    own = visit.call.own_providers
    people = [p for p in known.providers if p.active and (own is None or p.id in own)]
    return shown(
        visit,
        "new_booking.html",
        status=status,
        place="day",
        typed=typed,
        people=people,
        errors=errors or {},
        problem=problem,
    )


@router.get("/{booking_id}")
async def show(visit: AtShop, booking_id: int) -> Response:
    """Show a booking with its history and what can be done with it."""
    return await _show(visit, booking_id)


async def _show(
    visit: Visit,
    booking_id: int,
    *,
    status: int = 200,
    problem: str = "",
    errors: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    path = f"/shops/{visit.shop.shop.id}/bookings/{booking_id}"
    one = await visit.get(path)
    history: Sequence[Any] = (await visit.get(f"{path}/history", limit=100))["items"]
    begun = datetime.fromisoformat(one["starts_at"]) <= visit.call.app.runtime.clock.now()
    may = [
        act
        for act in ACTS
        if (found := TRANSITIONS.get((one["state"], act.action))) and (begun or not found.begun)
    ]
    here = datetime.fromisoformat(one["starts_at"])
    local = zones.local(int(here.timestamp()), visit.shop.shop.timezone)
    first = {"on": local.date().isoformat(), "at": local.strftime("%H:%M")}
    first |= {"provider_id": str(one["provider_id"]), "reason": "", "note": one["note"]}
    offered = [
        offering.provider
        for (service_id, _), offering in visit.shop.offerings.items()
        if service_id == one["service_id"] and offering.provider.active
    ]
    return shown(
        visit,
        "booking.html",
        status=status,
        place="day",
        one=one,
        history=history,
        words=HISTORY,
        acts=may,
        moves=(one["state"], "move") in TRANSITIONS and not one["session_id"],
        people=offered,
        typed=first | (typed or {}),
        errors=errors or {},
        problem=problem,
        back=f"/admin/shops/{visit.shop.shop.id}/day?on={local.date()}",
        origin=ORIGINS.get(one["origin"], one["origin"].title()),
    )


@router.post("/{booking_id}/move")
async def move(visit: AtShop, booking_id: int) -> Response:
    """Move a booking to another time or provider."""
    typed = {name: visit.form[name] for name in ("on", "at", "provider_id")}
    wrong: dict[str, str] = {}
    starts = instant(visit, typed["on"], typed["at"], wrong)
    if starts is None:
        return await _show(visit, booking_id, status=422, errors=wrong, typed=typed)
    said = {"starts_at": starts.isoformat()}
    provider_id = chosen(typed["provider_id"])
    more = {} if provider_id is None else {"provider_id": provider_id}
    return await _change(
        visit, booking_id, "POST", "move", {**said, **more}, "moved", typed, f"?on={typed['on']}"
    )


@router.post("/{booking_id}/note")
async def note(visit: AtShop, booking_id: int) -> Response:
    """Keep the shop's own note."""
    typed = {"note": visit.form["note"]}
    return await _change(visit, booking_id, "PATCH", "", typed, "noted", typed)


@router.post("/{booking_id}/payment")
async def pay(visit: AtShop, booking_id: int) -> Response:
    """Note whether it is paid."""
    said = {"payment_status": visit.form["payment_status"]}
    return await _change(visit, booking_id, "PUT", "payment", said, "paid", {})


@router.post("/{booking_id}/{what}")
async def act(visit: AtShop, booking_id: int, what: str) -> Response:
    """Confirm, decline, cancel, begin, end a booking."""
    for one in ACTS:
        if one.path == what:
            said = {"reason": visit.form["reason"]} if one.asks else {}
            return await _change(visit, booking_id, "POST", what, said, one.said, said)
    return await _show(visit, booking_id, status=404, problem="There is no such thing to do.")


async def _change(
    visit: Visit,
    booking_id: int,
    method: str,
    what: str,
    said: dict[str, Any],
    word: str,
    typed: dict[str, str],
    on: str = "",
) -> Response:
    path = f"/shops/{visit.shop.shop.id}/bookings/{booking_id}"
    try:
        await visit.send(method, f"{path}/{what}".rstrip("/"), **said)
    except Problem as problem:
        if problem.status in {401, 403, 404}:
            raise
        return await _show(
            visit,
            booking_id,
            status=problem.status,
            problem=told(problem),
            errors=by_field(problem),
            typed=typed,
        )
    back = inside(visit.form["back"], f"/admin{path}")
    if on and "/day?" in back:
        back = f"/admin/shops/{visit.shop.shop.id}/day{on}"
    return done(back, word)
