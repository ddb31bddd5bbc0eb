"""Bookings: found, made on behalf of customers, decided on, moved, and how the visit went."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter

from core.bookings import (
    customer_actions,
    reschedule_proposals,
    search,
    staff_actions,
    visit_states,
)
from core.bookings.booking import Booking, load_booking
from core.bookings.search import BookingFilter, BookingScope
from core.bookings.staff_actions import book_for_customer, set_note
from core.bookings.terms import set_terms
from core.bookings.visit_states import mark_completed, mark_no_show, mark_started
from core.db.context import Context
from core.errors import InvalidValue
from core.people.customers import add_customer
from core.people.reach import note_reach
from webhooks.api.api_request import ApiRequest
from webhooks.api.booking_input import (
    BookingFilterQuery,
    BookingIn,
    CorrectionIn,
    LateIn,
    MoveIn,
    NewestFirstQuery,
    NoteIn,
    PaymentIn,
    TermsIn,
    ensure_on_grid,
    move_target,
    requested_slot,
)
from webhooks.api.booking_output import BookingHistoryOut, BookingOut
from webhooks.api.dependencies import AuthorizedRequest, PageQuery
from webhooks.api.schemas import (
    PageResponse,
    PathRowId,
    ReasonIn,
)

router = APIRouter(tags=["bookings"])

BookingAction = Callable[..., Awaitable[Booking]]


# ------------------------------------------------------------------------------------ of shops


@router.get("/bookings")
async def list_all_bookings(
    call: AuthorizedRequest,
    asked: PageQuery,
    filters: BookingFilterQuery,
    newest_first: NewestFirstQuery = False,  # noqa: FBT002 - a query's
) -> PageResponse[BookingOut]:
    """List the bookings of every shop one works at, those of one's own as a provider."""
    roles = call.principal.roles
    desk = {role.shop_id for role in roles if role.role != "provider"}
    own = {role.provider_id for role in roles if role.provider_id is not None}
    return await _list(
        call,
        BookingScope(call.principal.is_admin, desk, own),
        asked,
        filters,
        newest_first=newest_first,
    )


@router.get("/shops/{shop_id}/bookings")
async def list_bookings(
    shop_id: PathRowId,
    call: AuthorizedRequest,
    asked: PageQuery,
    filters: BookingFilterQuery,
    newest_first: NewestFirstQuery = False,  # noqa: FBT002 - a query's
) -> PageResponse[BookingOut]:
    """List a shop's bookings in order of time."""
    own = call.own_provider_ids
    scope = BookingScope(shops={shop_id}) if own is None else BookingScope(providers=own)
    return await _list(call, scope, asked, filters, newest_first=newest_first)


async def _list(
    call: ApiRequest,
    scope: BookingScope,
    asked: PageQuery,
    filters: BookingFilter,
    *,
    newest_first: bool,
) -> PageResponse[BookingOut]:
    async def work(ctx: Context) -> PageResponse[BookingOut]:
        found = await search.find_bookings(ctx, scope, filters, asked, newest_first=newest_first)
        return PageResponse.from_page(found.map(partial(BookingOut.for_caller, call)))

    return await call.run_read(work)


@router.post("/shops/{shop_id}/bookings", status_code=HTTPStatus.CREATED)
async def create_booking(
    shop_id: PathRowId, body: BookingIn, call: AuthorizedRequest
) -> BookingOut:
    """Book for a customer: a known one, or a walk-in. 409 when the time is taken."""
    if (body.customer_id is None) == (body.customer is None):
        raise InvalidValue(field="customer_id", reason="one of customer_id and customer")
    if body.overbook and body.provider_id is None:
        raise InvalidValue(field="provider_id", reason="needed to squeeze in")
    ensure_on_grid(body.starts_at)
    if body.provider_id is not None:
        call.ensure_provider_allowed(body.provider_id)

    async def work(ctx: Context) -> BookingOut:
        slot = await requested_slot(ctx, shop_id, body.service_id, body)
        call.ensure_provider_allowed(slot.provider_id)
        customer = body.customer_id
        if body.customer is not None:
            new = body.customer
            customer = await add_customer(ctx, shop_id, new.name, new.phone)
        assert customer is not None
        if body.messages is not None:
            await note_reach(
                ctx,
                shop_id,
                customer,
                basis="booking" if body.messages.agreed else "refused",
                wording=body.messages.wording,
                noted_by=call.principal.user_id,
            )
        common: dict[str, Any] = {
            "actor": call.staff_actor,
            "customer_id": customer,
            "key": call.new_key,
            "origin": "api",
            "attendee": body.attendee,
            "purpose": body.purpose,
            "note": body.note,
            "confirmed": body.confirm,
        }
        if body.overbook:
            booked = await staff_actions.overbook(ctx, slot, **common)
        else:
            anyone = body.provider_id is None
            booked = await book_for_customer(ctx, slot, anyone=anyone, **common)
        return BookingOut.for_caller(call, booked, ctx.told)

    return await call.run_write(work)


@router.get("/shops/{shop_id}/bookings/{booking_id}")
async def show_booking(
    shop_id: PathRowId, booking_id: PathRowId, call: AuthorizedRequest
) -> BookingOut:
    """Show one booking."""
    return await call.run_read(lambda ctx: _one(call, ctx, shop_id, booking_id))


@router.get("/shops/{shop_id}/bookings/{booking_id}/history")
async def list_booking_history(
    shop_id: PathRowId, booking_id: PathRowId, call: AuthorizedRequest, asked: PageQuery
) -> PageResponse[BookingHistoryOut]:
    """List what happened to a booking, by whom, from the beginning."""

    async def work(ctx: Context) -> PageResponse[BookingHistoryOut]:
        await _one(call, ctx, shop_id, booking_id)
        found = await search.booking_history(ctx, booking_id, asked)
        return PageResponse.from_page(found.map(BookingHistoryOut.model_validate))

    return await call.run_read(work)


@router.patch("/shops/{shop_id}/bookings/{booking_id}")
async def set_booking_note(
    shop_id: PathRowId, booking_id: PathRowId, body: NoteIn, call: AuthorizedRequest
) -> BookingOut:
    """Set the shop's note of a booking."""
    return await _act(call, shop_id, booking_id, set_note, body.note)


@router.put("/shops/{shop_id}/bookings/{booking_id}/payment")
async def set_payment_status(
    shop_id: PathRowId, booking_id: PathRowId, body: PaymentIn, call: AuthorizedRequest
) -> BookingOut:
    """Note that a booking is paid, or paid back."""
    return await _act(
        call, shop_id, booking_id, staff_actions.set_payment_status, body.payment_status
    )


@router.put("/shops/{shop_id}/bookings/{booking_id}/terms")
async def set_booking_terms(
    shop_id: PathRowId, booking_id: PathRowId, body: TermsIn, call: AuthorizedRequest
) -> BookingOut:
    """Set another length or price for this booking alone; the customer is told."""
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    if changes.get("minutes", 0) is None:
        del changes["minutes"]
    reason = changes.pop("reason", "")
    return await _act(call, shop_id, booking_id, set_terms, changes=changes, reason=reason)


@router.post("/shops/{shop_id}/bookings/{booking_id}/confirm")
async def confirm_booking(
    shop_id: PathRowId, booking_id: PathRowId, call: AuthorizedRequest
) -> BookingOut:
    """Approve a request; the customer is told."""
    return await _act(call, shop_id, booking_id, staff_actions.confirm_booking)


@router.post("/shops/{shop_id}/bookings/{booking_id}/decline")
async def decline_booking(
    shop_id: PathRowId, booking_id: PathRowId, body: ReasonIn, call: AuthorizedRequest
) -> BookingOut:
    """Decline a request; the customer is told, with the reason."""
    return await _act(call, shop_id, booking_id, staff_actions.decline_booking, reason=body.reason)


@router.post("/shops/{shop_id}/bookings/{booking_id}/cancel")
async def cancel_booking(
    shop_id: PathRowId, booking_id: PathRowId, body: ReasonIn, call: AuthorizedRequest
) -> BookingOut:
    """Cancel a booking; the customer is told, with the reason."""
    return await _act(
        call, shop_id, booking_id, customer_actions.cancel_booking, reason=body.reason
    )


@router.post("/shops/{shop_id}/bookings/{booking_id}/move")
async def move_booking(
    shop_id: PathRowId, booking_id: PathRowId, body: MoveIn, call: AuthorizedRequest
) -> BookingOut:
    """Move a booking to another time or provider; the customer is told. 409 leaves it as it is.

    It keeps its length and price; where the other provider has other ones, say which.
    """
    return await _to_slot(
        call,
        shop_id,
        booking_id,
        body,
        customer_actions.move_booking,
        key=call.new_key,
        terms=body.terms,
        reason=body.reason,
        confirmed=body.confirm,
    )


@router.post("/shops/{shop_id}/bookings/{booking_id}/propose")
async def propose_time(
    shop_id: PathRowId, booking_id: PathRowId, body: MoveIn, call: AuthorizedRequest
) -> BookingOut:
    """Hold another time beside the booked one and ask the customer."""
    return await _to_slot(call, shop_id, booking_id, body, reschedule_proposals.propose_time)


@router.post("/shops/{shop_id}/bookings/{booking_id}/late")
async def mark_booking_late(
    shop_id: PathRowId, booking_id: PathRowId, body: LateIn, call: AuthorizedRequest
) -> BookingOut:
    """Note that the customer will be late."""
    return await _act(call, shop_id, booking_id, customer_actions.mark_late, body.minutes)


@router.post("/shops/{shop_id}/bookings/{booking_id}/start")
async def mark_booking_started(
    shop_id: PathRowId, booking_id: PathRowId, call: AuthorizedRequest
) -> BookingOut:
    """Note that the visit began."""
    return await _act(call, shop_id, booking_id, mark_started)


@router.post("/shops/{shop_id}/bookings/{booking_id}/complete")
async def mark_booking_completed(
    shop_id: PathRowId,
    booking_id: PathRowId,
    call: AuthorizedRequest,
    body: CorrectionIn | None = None,
) -> BookingOut:
    """Note that the visit is done; in place of a no-show that is over, with a reason."""
    reason = body.reason if body else ""
    return await _act(call, shop_id, booking_id, mark_completed, reason=reason)


@router.post("/shops/{shop_id}/bookings/{booking_id}/no-show")
async def mark_booking_no_show(
    shop_id: PathRowId,
    booking_id: PathRowId,
    call: AuthorizedRequest,
    body: CorrectionIn | None = None,
) -> BookingOut:
    """Note that nobody came; in place of a visit done that is over, with a reason."""
    reason = body.reason if body else ""
    return await _act(call, shop_id, booking_id, mark_no_show, reason=reason)


@router.post("/shops/{shop_id}/bookings/{booking_id}/correct")
async def undo_outcome(
    shop_id: PathRowId,
    booking_id: PathRowId,
    call: AuthorizedRequest,
    body: CorrectionIn | None = None,
) -> BookingOut:
    """Take a mistake back: the booking is again what it was. Once over, with a reason."""
    reason = body.reason if body else ""
    return await _act(call, shop_id, booking_id, visit_states.undo_outcome, reason=reason)


# ------------------------------------------------------------------------------------ workings


async def _one(call: ApiRequest, ctx: Context, shop_id: int, booking_id: int) -> BookingOut:
    """Return a booking that is this caller's business; else NotFound."""
    found = await load_booking(ctx, booking_id, shop_id=shop_id)
    call.ensure_provider_allowed(found.provider_id)
    return BookingOut.for_caller(call, found)


async def _act(
    call: ApiRequest, shop_id: int, booking_id: int, verb: BookingAction, *args: Any, **more: Any
) -> BookingOut:
    async def work(ctx: Context) -> BookingOut:
        done = await verb(ctx, booking_id, *args, actor=call.staff_actor, **more)
        return BookingOut.for_caller(call, done, ctx.told)

    return await call.run_write(work, before=lambda ctx: _one(call, ctx, shop_id, booking_id))


async def _to_slot(
    call: ApiRequest, shop_id: int, booking_id: int, body: MoveIn, verb: BookingAction, **more: Any
) -> BookingOut:
    ensure_on_grid(body.starts_at)

    async def work(ctx: Context) -> BookingOut:
        old = await load_booking(ctx, booking_id, shop_id=shop_id)
        slot = await move_target(ctx, old, body, keeps=verb is reschedule_proposals.propose_time)
        call.ensure_provider_allowed(slot.provider_id)
        done = await verb(ctx, booking_id, slot, actor=call.staff_actor, **more)
        return BookingOut.for_caller(call, done, ctx.told)

    return await call.run_write(work, before=lambda ctx: _one(call, ctx, shop_id, booking_id))
