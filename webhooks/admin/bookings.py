"""Bookings: the form to make one, one booking's page, and the actions on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from core.bookings.terms import CHANGEABLE_STATES
from core.bookings.transitions import TRANSITIONS
from core.bookings.visit_states import EARLY_START
from core.localtime import zones
from webhooks.admin.error_messages import field_messages, problem_message
from webhooks.admin.form_fields import (
    format_minor_units,
    parse_duration,
    parse_id,
    parse_local_instant,
    parse_minor_units,
)
from webhooks.admin.handler_calls import CallRefused, Handler
from webhooks.admin.templating import redirect_saved, render_shop_page, safe_admin_path
from webhooks.admin.visitor import ShopVisitor, Visitor
from webhooks.api import bookings as api
from webhooks.api import reach as reach_api
from webhooks.api.booking_output import BookingOut

router = APIRouter(prefix="/shops/{shop_id}/bookings")


@dataclass(frozen=True, slots=True)
class BookingAct:
    """An action of staff on a booking; `action` is its name in `TRANSITIONS`.

    `asks`: a reason may be given, and it is worth a second look. `corrects`: a reason has to be
    given once the visit is over.
    """

    handler: Handler[BookingOut]
    path: str
    action: str
    button: str
    said: str
    asks: bool = False
    corrects: bool = False


BOOKING_ACTS = (
    BookingAct(api.confirm_booking, "confirm", "confirm", "Confirm", "confirmed"),
    BookingAct(api.mark_booking_started, "start", "start", "Has come", "started"),
    BookingAct(
        api.mark_booking_completed, "complete", "complete", "Done", "completed", corrects=True
    ),
    BookingAct(
        api.mark_booking_no_show,
        "no-show",
        "mark_no_show",
        "Did not come",
        "no-show",
        corrects=True,
    ),
    BookingAct(
        api.undo_outcome, "correct", "correct", "Take that back", "corrected", corrects=True
    ),
    BookingAct(api.decline_booking, "decline", "decline", "Decline", "declined", asks=True),
    BookingAct(api.cancel_booking, "cancel", "cancel", "Cancel booking", "cancelled", asks=True),
)

HISTORY_LABELS = {
    "hold": "Held",
    "book": "Booked",
    "request": "Asked for",
    "book_for": "Booked by the shop",
    "overbook": "Squeezed in",
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
    "set_terms": "Length or price changed",
    "mark_paid": "Paid",
    "mark_unpaid": "Marked unpaid",
    "mark_refunded": "Refunded",
}

ORIGIN_LABELS = {"staff": "the shop", "api": "the shop", "sms": "SMS"}


@router.get("/new")
async def show_booking_form(  # the address carries what a click on the board already says
    visit: ShopVisitor, on: str = "", at: str = "", provider: str = "", service: str = ""
) -> Response:
    """Show the form for a booking on a customer's behalf."""
    typed = {"on": on, "at": at, "provider_id": provider, "service_id": service}
    return _new(visit, typed)


@router.post("/new")
async def create_booking(visit: ShopVisitor) -> Response:
    """Book for a customer or a walk-in; on errors show the form again with them."""
    form = visit.form
    typed = {name: form[name] for name in _NEW}
    wrong: dict[str, str] = {}
    starts = parse_local_instant(visit, typed["on"], typed["at"], wrong)
    if len(typed["name"]) < 2:
        wrong["name"] = "Write a name of at least two letters."
    service_id = parse_id(typed["service_id"])
    if service_id is None:
        wrong["service_id"] = "Choose a service."
    if wrong or starts is None:
        return _new(visit, typed, wrong, status=422)
    home = f"/shops/{visit.catalog.shop.id}"
    said = _said_of_messages(typed)
    try:
        made = await visit.call(
            api.create_booking,
            {
                "service_id": service_id,
                "provider_id": parse_id(typed["provider_id"]),
                "starts_at": starts,
                "customer": {"name": typed["name"], "phone": typed["phone"]},
                "overbook": bool(typed["overbook"]),
                "confirm": bool(typed["confirm"]),
                "note": typed["note"],
                **said,
            },
        )
    except CallRefused as problem:
        named = field_messages(problem)
        if problem.code == "phone_invalid":
            named["phone"] = problem_message(problem)
        return _new(
            visit,
            typed,
            named,
            status=problem.status,
            problem=problem_message(problem),
            double=problem.code == "already_booked",
        )
    return redirect_saved(f"/admin{home}/day?on={typed['on']}", "booked", made.told)


def _said_of_messages(typed: dict[str, str]) -> dict[str, Any]:
    """Return the customer's answer about messages, if they were asked and gave a phone."""
    if typed["messages"] not in {"yes", "no"} or not typed["phone"]:
        return {}
    return {"messages": {"agreed": typed["messages"] == "yes", "wording": typed["wording"]}}


_NEW = (
    "on", "at", "service_id", "provider_id", "name", "phone", "note", "overbook", "messages",
    "wording", "confirm",
)  # fmt: skip


def _new(
    visit: Visitor,
    typed: dict[str, str],
    errors: dict[str, str] | None = None,
    *,
    status: int = 200,
    problem: str = "",
    double: bool = False,
) -> Response:
    known = visit.catalog
    local = zones.to_local(
        int(visit.api_request.app.runtime.clock.now().timestamp()), known.shop.timezone
    )
    soon = local + timedelta(minutes=-local.minute % 15)
    typed = dict.fromkeys(_NEW, "") | {k: v for k, v in typed.items() if v}
    typed["on"] = typed["on"] or local.date().isoformat()
    typed["at"] = typed["at"] or soon.strftime("%H:%M")
    own = visit.api_request.own_provider_ids
    people = [p for p in known.providers if p.active and (own is None or p.id in own)]
    return render_shop_page(
        visit,
        "new_booking.html",
        status=status,
        place="day",
        typed=typed,
        people=people,
        errors=errors or {},
        problem=problem,
        double=double,
    )


@router.get("/{booking_id}")
async def show_booking(visit: ShopVisitor, booking_id: int) -> Response:
    """Show a booking with its history and the actions that are possible now."""
    return await _show(visit, booking_id)


async def _show(
    visit: Visitor,
    booking_id: int,
    *,
    status: int = 200,
    problem: str = "",
    errors: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
    differs: Mapping[str, Any] | None = None,
    double: bool = False,
) -> Response:
    one = await visit.call(api.show_booking, booking_id=booking_id)
    history = await visit.call(api.list_booking_history, booking_id=booking_id, limit=100)
    now = visit.api_request.app.runtime.clock.now()
    begun, soon = one.starts_at <= now, one.starts_at - EARLY_START <= now
    may = [
        act
        for act in BOOKING_ACTS
        if (found := TRANSITIONS.get((one.state, act.action)))
        and (begun or not found.only_after_start or (soon and act.path == "start"))
    ]
    over = one.ends_at <= now
    corrected = one.state in {"completed", "no_show", "in_progress"}
    may = [replace(act, asks=act.asks or (act.corrects and over and corrected)) for act in may]
    local = zones.to_local(int(one.starts_at.timestamp()), visit.catalog.shop.timezone)
    first = {"on": local.date().isoformat(), "at": local.strftime("%H:%M")}
    first |= {"provider_id": str(one.provider_id), "reason": "", "note": one.note}
    minutes = int((one.ends_at - one.starts_at).total_seconds()) // 60
    price = format_minor_units(one.price_minor, one.currency)
    first |= {"minutes": str(minutes), "price": price}
    offered = [
        offering.provider
        for (service_id, _), offering in visit.catalog.offerings.items()
        if service_id == one.service_id and offering.provider.active
    ]
    return render_shop_page(
        visit,
        "booking.html",
        status=status,
        place="day",
        one=one,
        history=history.items,
        words=HISTORY_LABELS,
        acts=may,
        moves=(one.state, "move") in TRANSITIONS and not one.session_id,
        people=offered,
        typed=first | (typed or {}),
        errors=errors or {},
        problem=problem,
        differs=differs,
        double=double,
        over=over,
        terms=one.state in CHANGEABLE_STATES,
        back=f"/admin/shops/{visit.catalog.shop.id}/day?on={local.date()}",
        origin=ORIGIN_LABELS.get(one.origin, one.origin.title()),
    )


@router.post("/{booking_id}/called")
async def mark_called(visit: ShopVisitor, booking_id: int) -> Response:
    """Mark a booking's customer as called."""
    await visit.call(reach_api.mark_called, booking_id=booking_id)
    home = f"/admin/shops/{visit.catalog.shop.id}"
    back = safe_admin_path(visit.form["back"], f"{home}/day")
    return redirect_saved(back, "called")


_MOVE = ("on", "at", "provider_id", "terms", "reason", "confirm")


@router.post("/{booking_id}/move")
async def move_booking(visit: ShopVisitor, booking_id: int) -> Response:
    """Move a booking to another time or provider."""
    typed = {name: visit.form[name] for name in _MOVE}
    wrong: dict[str, str] = {}
    starts = parse_local_instant(visit, typed["on"], typed["at"], wrong)
    if starts is None:
        return await _show(visit, booking_id, status=422, errors=wrong, typed=typed)
    said = {
        "starts_at": starts,
        "provider_id": parse_id(typed["provider_id"]),
        "terms": typed["terms"] or None,
        "reason": typed["reason"],
        "confirm": bool(typed["confirm"]),
    }
    on = f"?on={typed['on']}"
    return await _change(visit, booking_id, api.move_booking, said, "moved", typed, on)


@router.post("/{booking_id}/terms")
async def set_booking_terms(visit: ShopVisitor, booking_id: int) -> Response:
    """Set another length or price for this booking alone."""
    typed = {name: visit.form[name] for name in ("minutes", "price", "reason")}
    said: dict[str, Any] = {"reason": typed["reason"]}
    wrong: dict[str, str] = {}
    try:
        said["minutes"] = parse_duration(typed["minutes"])
    except ValueError:
        wrong["minutes"] = "Write minutes in steps of five, up to 1440."
    try:
        said["price_minor"] = parse_minor_units(typed["price"], visit.catalog.shop.currency)
    except ValueError:
        wrong["price"] = "Write an amount such as 25 or 25.50, or nothing: on request."
    if wrong:
        return await _show(visit, booking_id, status=422, errors=wrong, typed=typed)
    return await _change(visit, booking_id, api.set_booking_terms, said, "terms", typed)


@router.post("/{booking_id}/note")
async def set_booking_note(visit: ShopVisitor, booking_id: int) -> Response:
    """Save the shop's note."""
    typed = {"note": visit.form["note"]}
    return await _change(visit, booking_id, api.set_booking_note, typed, "noted", typed)


@router.post("/{booking_id}/payment")
async def set_payment_status(visit: ShopVisitor, booking_id: int) -> Response:
    """Set the payment status."""
    said = {"payment_status": visit.form["payment_status"]}
    return await _change(visit, booking_id, api.set_payment_status, said, "paid", {})


@router.post("/{booking_id}/{what}")
async def act_on_booking(visit: ShopVisitor, booking_id: int, what: str) -> Response:
    """Confirm, decline, cancel, start or complete a booking."""
    for one in BOOKING_ACTS:
        if one.path == what:
            said = {"reason": visit.form["reason"]} if one.asks or one.corrects else {}
            return await _change(visit, booking_id, one.handler, said, one.said, said)
    return await _show(visit, booking_id, status=404, problem="There is no such thing to do.")


async def _change(
    visit: Visitor,
    booking_id: int,
    handler: Handler[BookingOut],
    said: Mapping[str, Any],
    word: str,
    typed: dict[str, str],
    on: str = "",
) -> Response:
    path = f"/shops/{visit.catalog.shop.id}/bookings/{booking_id}"
    try:
        done = await visit.call(handler, said or None, booking_id=booking_id)
    except CallRefused as problem:
        if problem.status in {401, 403, 404}:
            raise
        return await _show(
            visit,
            booking_id,
            status=problem.status,
            problem=problem_message(problem),
            errors=field_messages(problem),
            typed=typed,
            differs=problem.params if problem.code == "terms_differ" else None,
            double=problem.code == "already_booked",
        )
    back = safe_admin_path(visit.form["back"], f"/admin{path}")
    if on and "/day?" in back:
        back = f"/admin/shops/{visit.catalog.shop.id}/day{on}"
    return redirect_saved(back, word, done.told)
