"""Bookings: found, made on behalf of customers, decided on, moved, and how the visit went."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field

from core.bookings import booking as bookings_booking
from core.bookings import customer_actions, reschedule_proposals, search, staff_actions
from core.bookings.booking import Booking
from core.bookings.search import Scope, Wanted
from core.bookings.staff_actions import book_for, mark_no_show, set_note, set_payment
from core.db.context import Context
from core.errors import Invalid
from core.people.customers import add_customer
from webhooks.api.api_request import Call
from webhooks.api.booking_input import (
    Filters,
    MoveIn,
    Newest,
    State,
    When,
    moved_to,
    on_grid,
    slot_for,
)
from webhooks.api.dependencies import Caller, Paged
from webhooks.api.schemas import Id, In, Line, Listing, Name, Out, PathId, Reason, Words

router = APIRouter(tags=["bookings"])

Verb = Callable[..., Awaitable[Booking]]


class BookingOut(Out):
    """A booking; `service` and `provider` are as they were called when it was made."""

    id: int
    shop_id: int
    ref: str = Field(examples=["K7Q-3MD"])
    state: State
    service_id: int
    service: str
    provider_id: int
    provider: str
    session_id: int | None
    customer_id: int | None
    customer_name: str
    customer_phone: str
    attendee: str = Field(description="The name, when it is for someone else.")
    starts_at: datetime
    ends_at: datetime
    local_date: date = Field(description="As the customer was told.")
    local_time: str
    timezone: str
    price_minor: int | None
    currency: str
    payment_status: str = Field(examples=["unpaid"])
    anyone: bool
    squeezed: bool
    purpose: str
    note: str
    reason: str
    origin: str
    made_by: str
    late_minutes: int | None
    customer_confirmed_at: datetime | None
    held_until: datetime | None

    @classmethod
    def of(cls, booking: Booking) -> BookingOut:
        """Return a booking of core as an answer."""
        own = set(cls.model_fields) - {"service", "provider"}
        return cls(
            **{name: getattr(booking, name) for name in own},
            service=str(booking.snapshot.get("service", "")),
            provider=str(booking.snapshot.get("provider", "")),
        )


class HistoryOut(Out):
    """One thing that happened to a booking."""

    id: int
    at: datetime
    action: str
    from_state: str
    to_state: str
    actor: str = Field(examples=["staff:7"])
    by: str


class WalkIn(In):
    """Somebody without an account."""

    name: Name
    phone: Line = ""


class BookingIn(When):
    """A booking on a customer's behalf: somebody known by `customer_id`, or new."""

    service_id: Id
    customer_id: Id | None = None
    customer: WalkIn | None = None
    squeeze_in: bool = Field(False, description="Over what is there; needs a provider.")
    attendee: Annotated[Line, Field(max_length=100)] = ""
    purpose: Words = ""
    note: Words = ""


class NoteIn(In):
    """The shop's note."""

    note: Words


class PaymentIn(In):
    """Whether it is paid."""

    payment_status: Literal["unpaid", "paid", "refunded"]


class LateIn(In):
    """How late the customer will be."""

    minutes: Annotated[int, Field(ge=1, le=240)]


# ------------------------------------------------------------------------------------ of shops


@router.get("/bookings")
async def list_all(
    call: Caller,
    asked: Paged,
    filters: Filters,
    newest_first: Newest = False,  # noqa: FBT002 - a query's
) -> Listing[BookingOut]:
    """List the bookings of every shop one works at, those of one's own as a provider."""
    roles = call.me.roles
    desk = {role.shop_id for role in roles if role.role != "provider"}
    own = {role.provider_id for role in roles if role.provider_id is not None}
    return await _list(
        call, Scope(call.me.admin, desk, own), asked, filters, newest_first=newest_first
    )


@router.get("/shops/{shop_id}/bookings")
async def list_bookings(
    shop_id: PathId,
    call: Caller,
    asked: Paged,
    filters: Filters,
    newest_first: Newest = False,  # noqa: FBT002 - a query's
) -> Listing[BookingOut]:
    """List a shop's bookings in order of time."""
    own = call.own_providers
    scope = Scope(shops={shop_id}) if own is None else Scope(providers=own)
    return await _list(call, scope, asked, filters, newest_first=newest_first)


async def _list(
    call: Call, scope: Scope, asked: Paged, filters: Wanted, *, newest_first: bool
) -> Listing[BookingOut]:
    async def work(ctx: Context) -> Listing[BookingOut]:
        found = await search.find_bookings(ctx, scope, filters, asked, newest_first=newest_first)
        return Listing.of(found.map(BookingOut.of))

    return await call.read(work)


@router.post("/shops/{shop_id}/bookings", status_code=HTTPStatus.CREATED)
async def book(shop_id: PathId, body: BookingIn, call: Caller) -> BookingOut:
    """Book for a customer: a known one, or a walk-in. 409 when the time is taken."""
    if (body.customer_id is None) == (body.customer is None):
        raise Invalid(field="customer_id", reason="one of customer_id and customer")
    if body.squeeze_in and body.provider_id is None:
        raise Invalid(field="provider_id", reason="needed to squeeze in")
    on_grid(body.starts_at)
    if body.provider_id is not None:
        call.check_provider(body.provider_id)

    async def work(ctx: Context) -> BookingOut:
        slot = await slot_for(ctx, shop_id, body.service_id, body)
        call.check_provider(slot.provider_id)
        customer = body.customer_id
        if body.customer is not None:
            new = body.customer
            customer = await add_customer(ctx, shop_id, new.name, new.phone)
        assert customer is not None
        common: dict[str, Any] = {
            "actor": call.actor,
            "customer_id": customer,
            "key": call.key,
            "origin": "api",
            "attendee": body.attendee,
            "purpose": body.purpose,
            "note": body.note,
        }
        if body.squeeze_in:
            return BookingOut.of(await staff_actions.squeeze_in(ctx, slot, **common))
        anyone = body.provider_id is None
        return BookingOut.of(await book_for(ctx, slot, anyone=anyone, **common))

    return await call.write(work)


@router.get("/shops/{shop_id}/bookings/{booking_id}")
async def show(shop_id: PathId, booking_id: PathId, call: Caller) -> BookingOut:
    """Show one booking."""
    return await call.read(lambda ctx: _one(call, ctx, shop_id, booking_id))


@router.get("/shops/{shop_id}/bookings/{booking_id}/history")
async def history(
    shop_id: PathId, booking_id: PathId, call: Caller, asked: Paged
) -> Listing[HistoryOut]:
    """List what happened to a booking, by whom, from the beginning."""

    async def work(ctx: Context) -> Listing[HistoryOut]:
        await _one(call, ctx, shop_id, booking_id)
        found = await search.history(ctx, booking_id, asked)
        return Listing.of(found.map(HistoryOut.model_validate))

    return await call.read(work)


@router.patch("/shops/{shop_id}/bookings/{booking_id}")
async def note(shop_id: PathId, booking_id: PathId, body: NoteIn, call: Caller) -> BookingOut:
    """Set the shop's note of a booking."""
    return await _act(call, shop_id, booking_id, set_note, body.note)


@router.put("/shops/{shop_id}/bookings/{booking_id}/payment")
async def pay(shop_id: PathId, booking_id: PathId, body: PaymentIn, call: Caller) -> BookingOut:
    """Note that a booking is paid, or paid back."""
    return await _act(call, shop_id, booking_id, set_payment, body.payment_status)


@router.post("/shops/{shop_id}/bookings/{booking_id}/confirm")
async def confirm(shop_id: PathId, booking_id: PathId, call: Caller) -> BookingOut:
    """Approve a request; the customer is told."""
    return await _act(call, shop_id, booking_id, staff_actions.confirm)


@router.post("/shops/{shop_id}/bookings/{booking_id}/decline")
async def decline(shop_id: PathId, booking_id: PathId, body: Reason, call: Caller) -> BookingOut:
    """Decline a request; the customer is told, with the reason."""
    return await _act(call, shop_id, booking_id, staff_actions.decline, reason=body.reason)


@router.post("/shops/{shop_id}/bookings/{booking_id}/cancel")
async def cancel(shop_id: PathId, booking_id: PathId, body: Reason, call: Caller) -> BookingOut:
    """Cancel a booking; the customer is told, with the reason."""
    return await _act(call, shop_id, booking_id, customer_actions.cancel, reason=body.reason)


@router.post("/shops/{shop_id}/bookings/{booking_id}/move")
async def move(shop_id: PathId, booking_id: PathId, body: MoveIn, call: Caller) -> BookingOut:
    """Move a booking to another time or provider; the customer is told. 409 leaves it as it is."""
    return await _to_slot(call, shop_id, booking_id, body, customer_actions.move, key=call.key)


@router.post("/shops/{shop_id}/bookings/{booking_id}/propose")
async def propose(shop_id: PathId, booking_id: PathId, body: MoveIn, call: Caller) -> BookingOut:
    """Hold another time beside the booked one and ask the customer."""
    return await _to_slot(call, shop_id, booking_id, body, reschedule_proposals.propose)


@router.post("/shops/{shop_id}/bookings/{booking_id}/late")
async def late(shop_id: PathId, booking_id: PathId, body: LateIn, call: Caller) -> BookingOut:
    """Note that the customer will be late."""
    return await _act(call, shop_id, booking_id, customer_actions.mark_late, body.minutes)


@router.post("/shops/{shop_id}/bookings/{booking_id}/start")
async def start(shop_id: PathId, booking_id: PathId, call: Caller) -> BookingOut:
    """Note that the visit began."""
    return await _act(call, shop_id, booking_id, staff_actions.start)


@router.post("/shops/{shop_id}/bookings/{booking_id}/complete")
async def complete(shop_id: PathId, booking_id: PathId, call: Caller) -> BookingOut:
    """Note that the visit is done."""
    return await _act(call, shop_id, booking_id, staff_actions.complete)


@router.post("/shops/{shop_id}/bookings/{booking_id}/no-show")
async def no_show(shop_id: PathId, booking_id: PathId, call: Caller) -> BookingOut:
    """Note that nobody came."""
    return await _act(call, shop_id, booking_id, mark_no_show)


@router.post("/shops/{shop_id}/bookings/{booking_id}/correct")
async def correct(shop_id: PathId, booking_id: PathId, call: Caller) -> BookingOut:
    """Take a mistake back: done and no-show change places, a visit begun is confirmed again."""
    return await _act(call, shop_id, booking_id, staff_actions.correct)


# ------------------------------------------------------------------------------------ workings


async def _one(call: Call, ctx: Context, shop_id: int, booking_id: int) -> BookingOut:
    """Return a booking that is this caller's business; else NotFound."""
    found = await bookings_booking.get(ctx, booking_id, shop_id=shop_id)
    call.check_provider(found.provider_id)
    return BookingOut.of(found)


async def _act(
    call: Call, shop_id: int, booking_id: int, verb: Verb, *args: Any, **more: Any
) -> BookingOut:
    async def work(ctx: Context) -> BookingOut:
        return BookingOut.of(await verb(ctx, booking_id, *args, actor=call.actor, **more))

    return await call.write(work, before=lambda ctx: _one(call, ctx, shop_id, booking_id))


async def _to_slot(
    call: Call, shop_id: int, booking_id: int, body: MoveIn, verb: Verb, **more: Any
) -> BookingOut:
    on_grid(body.starts_at)

    async def work(ctx: Context) -> BookingOut:
        old = await bookings_booking.get(ctx, booking_id, shop_id=shop_id)
        slot = await moved_to(ctx, old, body)
        call.check_provider(slot.provider_id)
        return BookingOut.of(await verb(ctx, booking_id, slot, actor=call.actor, **more))

    return await call.write(work, before=lambda ctx: _one(call, ctx, shop_id, booking_id))
