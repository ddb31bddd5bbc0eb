"""What customers may be written to on, and whom somebody has to call."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from core.bookings import call_list
from core.bookings.call_list import Call
from core.db.context import Context
from core.people import reach
from webhooks.api.dependencies import AuthorizedRequest
from webhooks.api.schemas import LongText, PathRowId, RequestModel, ResponseModel

router = APIRouter(prefix="/shops/{shop_id}", tags=["customers"])

HowTheySaid = Annotated[
    LongText,
    Field(min_length=2, max_length=reach.MAX_WORDING_LENGTH, examples=["at the counter"]),
]


class ReachOut(ResponseModel):
    """An address a customer may be written to on, or does not want to be."""

    id: int
    channel: str = Field(examples=["sms"])
    address: str
    purpose: str = Field(description="`bookings`: their own bookings; `marketing`: anything else.")
    basis: str = Field(
        description="`booking`: given for a booking, `form`, `account`: their account's e-mail,"
        " `refused`: they said no."
    )
    wording: str = Field(description="How they said it.")
    noted_by: str = Field(description="Who noted it; empty: the person.")
    created_at: datetime
    ended_at: datetime | None


class ReachListOut(ResponseModel):
    """What is noted of a customer, the newest first."""

    items: list[ReachOut]


class ReachIn(RequestModel):
    """What a customer said about being written to."""

    channel: Literal["sms", "whatsapp", "email"] = "sms"
    purpose: Literal["bookings", "marketing"] = "bookings"
    basis: Literal["booking", "form", "refused"] = "booking"
    wording: HowTheySaid


class CallOut(ResponseModel):
    """A customer to call, as no message about their booking reached them."""

    booking_id: int
    ref: str
    kinds: list[str] = Field(description="What was to be told: moved, cancelled …")
    reason: str = Field(description="`unreachable`, `opted_out`, or what the channel said.")
    since: datetime
    starts_at: datetime
    service: str
    customer_id: int | None
    customer_name: str
    customer_phone: str = Field(description="Empty if the shop has none.")

    @classmethod
    def from_call(cls, call: Call) -> CallOut:
        """Return a call of core as an answer."""
        one = call.booking
        return cls(
            booking_id=one.id,
            ref=one.ref,
            kinds=list(call.kinds),
            reason=call.reason,
            since=call.since,
            starts_at=one.starts_at,
            service=str(one.snapshot.get("service", "")),
            customer_id=one.customer_id,
            customer_name=one.customer_name,
            customer_phone=call.phone,
        )


class CallsOut(ResponseModel):
    """Whom to call, the next start first."""

    items: list[CallOut]


async def _reach(ctx: Context, shop_id: int, customer_id: int) -> ReachListOut:
    rows = await reach.list_reach(ctx, shop_id, customer_id)
    return ReachListOut(items=[ReachOut.model_validate(row) for row in rows])


@router.get("/customers/{customer_id}/reach")
async def list_reach(
    shop_id: PathRowId, customer_id: PathRowId, call: AuthorizedRequest
) -> ReachListOut:
    """List where a customer who did not write first may be written to, and on what ground."""
    return await call.run_read(lambda ctx: _reach(ctx, shop_id, customer_id))


@router.post("/customers/{customer_id}/reach", status_code=HTTPStatus.CREATED)
async def note_reach(
    shop_id: PathRowId, customer_id: PathRowId, body: ReachIn, call: AuthorizedRequest
) -> ReachListOut:
    """Note that a customer agreed to messages at the address you have, or refused them.

    Whoever stopped our messages by themselves has to take that back: 409 `opt_out_stands`.
    """

    async def work(ctx: Context) -> ReachListOut:
        await reach.note_reach(
            ctx,
            shop_id,
            customer_id,
            channel=body.channel,
            purpose=body.purpose,
            basis=body.basis,
            wording=body.wording,
            noted_by=call.principal.user_id,
        )
        return await _reach(ctx, shop_id, customer_id)

    return await call.run_write(work, before=lambda ctx: _reach(ctx, shop_id, customer_id))


@router.delete("/customers/{customer_id}/reach/{reach_id}", status_code=HTTPStatus.NO_CONTENT)
async def end_reach(
    shop_id: PathRowId, customer_id: PathRowId, reach_id: PathRowId, call: AuthorizedRequest
) -> None:
    """End a permission: nothing more is sent to that address on that ground."""
    await call.run_write(lambda ctx: reach.end_reach(ctx, shop_id, customer_id, reach_id))


@router.get("/calls")
async def list_calls(shop_id: PathRowId, call: AuthorizedRequest) -> CallsOut:
    """List whose booking changed without a message that reached them: call them."""

    async def work(ctx: Context) -> CallsOut:
        found = await call_list.list_calls(ctx, [shop_id])
        return CallsOut(items=[CallOut.from_call(one) for one in found])

    return await call.run_read(work)


@router.post("/bookings/{booking_id}/called", status_code=HTTPStatus.NO_CONTENT)
async def mark_called(shop_id: PathRowId, booking_id: PathRowId, call: AuthorizedRequest) -> None:
    """Note that somebody called the customer: they are off the list."""
    await call.run_write(
        lambda ctx: call_list.mark_called(ctx, shop_id, booking_id, user_id=call.principal.user_id)
    )
