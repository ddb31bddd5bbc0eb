"""One's own bookings, as a customer: found, made, moved and called off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from core.bookings import customer_actions, search
from core.bookings.booking import Booking, load_booking
from core.bookings.search import BookingScope
from core.db.context import Context, Told
from webhooks.api.api_request import ApiRequest
from webhooks.api.booking_input import (
    BookingFilterQuery,
    BookingStateName,
    MoveIn,
    NewestFirstQuery,
    StartIn,
    ensure_on_grid,
    move_target,
    requested_slot,
)
from webhooks.api.booking_output import BookingOut, ToldOut
from webhooks.api.dependencies import AuthorizedRequest, PageQuery
from webhooks.api.schemas import (
    LongText,
    PageResponse,
    PathRowId,
    ReasonIn,
    ResponseModel,
    RowId,
    ShortText,
)

router = APIRouter(prefix="/me/bookings", tags=["bookings"])


class MyBookingOut(ResponseModel):
    """A booking as its customer sees it."""

    id: int
    shop_id: int
    ref: str
    state: BookingStateName
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
    told: list[ToldOut] = Field(
        description="Whom this change told, the shop or you; empty when read."
    )

    @classmethod
    def from_booking(cls, booking: Booking, told: Sequence[Told] = ()) -> MyBookingOut:
        """Return a booking of core as an answer, with whom the change told."""
        # Listed once, so that the number of staff is not shown to customers.
        once = list(dict.fromkeys(told))
        return cls.model_validate(BookingOut.from_booking(booking, once).model_dump())


class MyBookingIn(StartIn):
    """A booking for oneself, or for somebody else by their name."""

    shop_id: RowId
    service_id: RowId
    confirm: bool = Field(
        False, description="Though you have a booking at that hour (409 `already_booked`)."
    )
    attendee: Annotated[ShortText, Field(max_length=100)] = ""
    purpose: LongText = ""


@router.get("")
async def list_my_bookings(
    call: AuthorizedRequest,
    asked: PageQuery,
    filters: BookingFilterQuery,
    newest_first: NewestFirstQuery = False,  # noqa: FBT002 - a query's
) -> PageResponse[MyBookingOut]:
    """List one's own bookings as a customer, at every shop."""

    async def work(ctx: Context) -> PageResponse[MyBookingOut]:
        scope = BookingScope(user_id=call.principal.user_id)
        found = await search.find_bookings(ctx, scope, filters, asked, newest_first=newest_first)
        return PageResponse.from_page(found.map(MyBookingOut.from_booking))

    return await call.run_read(work)


@router.post("", status_code=HTTPStatus.CREATED)
async def create_my_booking(body: MyBookingIn, call: AuthorizedRequest) -> MyBookingOut:
    """Book for oneself: confirmed at once, or pending where the shop approves."""
    ensure_on_grid(body.starts_at)

    async def work(ctx: Context) -> MyBookingOut:
        slot = await requested_slot(ctx, body.shop_id, body.service_id, body)
        held = await customer_actions.hold_slot(
            ctx,
            slot,
            conversation_id=None,
            key=call.new_key,
            origin="api",
            anyone=body.provider_id is None,
            attendee=body.attendee,
            purpose=body.purpose,
            user_id=call.principal.user_id,
        )
        return MyBookingOut.from_booking(
            await customer_actions.book_hold(
                ctx,
                held.id,
                user_id=call.principal.user_id,
                key=call.new_key,
                name=call.principal.name,
                confirmed=body.confirm,
            ),
            ctx.told,
        )

    return await call.run_write(work)


@router.post("/{booking_id}/cancel")
async def cancel_my_booking(
    booking_id: PathRowId, body: ReasonIn, call: AuthorizedRequest
) -> MyBookingOut:
    """Cancel one's own booking, as long as the shop's deadline allows."""

    async def work(ctx: Context) -> MyBookingOut:
        gone = await customer_actions.cancel_booking(
            ctx, booking_id, actor=call.customer_actor, reason=body.reason
        )
        return MyBookingOut.from_booking(gone, ctx.told)

    return await call.run_write(work, before=lambda ctx: _mine(call, ctx, booking_id))


@router.post("/{booking_id}/move")
async def move_my_booking(
    booking_id: PathRowId, body: MoveIn, call: AuthorizedRequest
) -> MyBookingOut:
    """Move one's own booking, as long as the shop's deadline allows."""
    ensure_on_grid(body.starts_at)

    async def work(ctx: Context) -> MyBookingOut:
        old = await load_booking(ctx, booking_id, user_id=call.principal.user_id)
        slot = await move_target(ctx, old, body)
        moved = await customer_actions.move_booking(
            ctx,
            booking_id,
            slot,
            actor=call.customer_actor,
            key=call.new_key,
            terms=body.terms,
            confirmed=body.confirm,
        )
        return MyBookingOut.from_booking(moved, ctx.told)

    return await call.run_write(work, before=lambda ctx: _mine(call, ctx, booking_id))


async def _mine(call: ApiRequest, ctx: Context, booking_id: int) -> MyBookingOut:
    return MyBookingOut.from_booking(
        await load_booking(ctx, booking_id, user_id=call.principal.user_id)
    )
