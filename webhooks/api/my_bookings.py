"""One's own bookings, as a customer: found, made, moved and called off."""

from __future__ import annotations

from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from core.bookings import booking as bookings_booking
from core.bookings import customer_actions, search
from core.bookings.booking import Booking
from core.bookings.search import Scope
from core.db.context import Context
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
from webhooks.api.bookings import BookingOut
from webhooks.api.dependencies import Caller, Paged
from webhooks.api.schemas import Id, Line, Listing, Out, PathId, Reason, Words

router = APIRouter(prefix="/me/bookings", tags=["bookings"])


class MyBooking(Out):
    """A booking as its customer sees it."""

    id: int
    shop_id: int
    ref: str
    state: State
    service_id: int
    service: str
    provider_id: int
    provider: str
    attendee: str
    starts_at: datetime
    ends_at: datetime
    local_date: date
    local_time: str
    timezone: str
    price_minor: int | None
    currency: str
    payment_status: str
    purpose: str
    reason: str

    @classmethod
    def of(cls, booking: Booking) -> MyBooking:
        """Return a booking of core as an answer."""
        return cls.model_validate(BookingOut.of(booking).model_dump())


class MyBookingIn(When):
    """A booking for oneself, or for somebody else by their name."""

    shop_id: Id
    service_id: Id
    attendee: Annotated[Line, Field(max_length=100)] = ""
    purpose: Words = ""


@router.get("")
async def list_mine(
    call: Caller,
    asked: Paged,
    filters: Filters,
    newest_first: Newest = False,  # noqa: FBT002 - a query's
) -> Listing[MyBooking]:
    """List one's own bookings as a customer, at every shop."""

    async def work(ctx: Context) -> Listing[MyBooking]:
        scope = Scope(user_id=call.me.user_id)
        found = await search.find_bookings(ctx, scope, filters, asked, newest_first=newest_first)
        return Listing.of(found.map(MyBooking.of))

    return await call.read(work)


@router.post("", status_code=HTTPStatus.CREATED)
async def book_mine(body: MyBookingIn, call: Caller) -> MyBooking:
    """Book for oneself: confirmed at once, or pending where the shop approves."""
    on_grid(body.starts_at)

    async def work(ctx: Context) -> MyBooking:
        slot = await slot_for(ctx, body.shop_id, body.service_id, body)
        held = await customer_actions.hold(
            ctx,
            slot,
            conversation_id=None,
            key=call.key,
            origin="api",
            anyone=body.provider_id is None,
            attendee=body.attendee,
            purpose=body.purpose,
            user_id=call.me.user_id,
        )
        return MyBooking.of(
            await customer_actions.book(
                ctx, held.id, user_id=call.me.user_id, key=call.key, name=call.me.name
            )
        )

    return await call.write(work)


@router.post("/{booking_id}/cancel")
async def cancel_mine(booking_id: PathId, body: Reason, call: Caller) -> MyBooking:
    """Cancel one's own booking, as long as the shop's deadline allows."""

    async def work(ctx: Context) -> MyBooking:
        gone = await customer_actions.cancel(
            ctx, booking_id, actor=call.customer, reason=body.reason
        )
        return MyBooking.of(gone)

    return await call.write(work, before=lambda ctx: _mine(call, ctx, booking_id))


@router.post("/{booking_id}/move")
async def move_mine(booking_id: PathId, body: MoveIn, call: Caller) -> MyBooking:
    """Move one's own booking, as long as the shop's deadline allows."""
    on_grid(body.starts_at)

    async def work(ctx: Context) -> MyBooking:
        old = await bookings_booking.get(ctx, booking_id, user_id=call.me.user_id)
        slot = await moved_to(ctx, old, body)
        moved = await customer_actions.move(
            ctx, booking_id, slot, actor=call.customer, key=call.key
        )
        return MyBooking.of(moved)

    return await call.write(work, before=lambda ctx: _mine(call, ctx, booking_id))


async def _mine(call: Call, ctx: Context, booking_id: int) -> MyBooking:
    return MyBooking.of(await bookings_booking.get(ctx, booking_id, user_id=call.me.user_id))
