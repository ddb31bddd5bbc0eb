"""What the API is asked about bookings: bodies, filters, and the slot they mean."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Depends, Query
from pydantic import Field

from core.bookings.booking import Booking
from core.bookings.search import BookingFilter
from core.bookings.terms import agreed_terms
from core.catalog.entities import Slot
from core.catalog.loader import load_catalog
from core.db.context import Context
from core.db.tables.bookings import BOOKING_STATES
from core.errors import InvalidValue
from core.localtime.ticks import TICK_SECONDS
from core.people.reach import MAX_WORDING_LENGTH
from core.scheduling import availability
from core.scheduling.asker import Asker
from core.values.field_types import DurationMinutes
from webhooks.api.schemas import (
    LongText,
    MinorUnits,
    PersonName,
    RequestModel,
    RowId,
    SearchQuery,
    ShortText,
    Timestamp,
)

BookingStateName = Literal[
    "held",
    "pending",
    "confirmed",
    "in_progress",
    "completed",
    "declined",
    "cancelled",
    "no_show",
    "expired",
]
assert set(BookingStateName.__args__) == set(BOOKING_STATES)  # type: ignore[attr-defined]


class StartIn(RequestModel):
    """A start of a service, with a provider or anybody who is free."""

    starts_at: Timestamp
    provider_id: RowId | None = Field(None, description="Null: anybody who is free.")


class MoveIn(RequestModel):
    """Another start, with the same provider or another."""

    starts_at: Timestamp
    provider_id: RowId | None = Field(None, description="Null: as it is.")
    confirm: bool = Field(
        False, description="Though they have a booking at that hour (409 `already_booked`)."
    )
    reason: LongText = Field("", description="Needed once the visit is over.")
    terms: Literal["keep", "new"] | None = Field(
        None,
        description="Where the other provider has another length or price: the agreed or theirs. "
        "Without it such a move is 409 `terms_differ`, with `agreed` and `new`.",
    )


HowTheySaid = Annotated[LongText, Field(max_length=MAX_WORDING_LENGTH, examples=["on the phone"])]


class WalkInCustomerIn(RequestModel):
    """Somebody without an account."""

    name: PersonName
    phone: ShortText = ""


class MessagesIn(RequestModel):
    """What the customer said to messages about their bookings; asked once, not at each booking."""

    agreed: bool
    wording: HowTheySaid = ""


class BookingIn(StartIn):
    """A booking on a customer's behalf: somebody known by `customer_id`, or new."""

    service_id: RowId
    customer_id: RowId | None = None
    customer: WalkInCustomerIn | None = None
    messages: MessagesIn | None = Field(
        None, description="What they said to messages to their phone; nothing is sent without it."
    )
    confirm: bool = Field(
        False, description="Though they have a booking at that hour (409 `already_booked`)."
    )
    overbook: bool = Field(False, description="Over what is there; needs a provider.")
    attendee: Annotated[ShortText, Field(max_length=100)] = ""
    purpose: LongText = ""
    note: LongText = ""


class NoteIn(RequestModel):
    """The shop's note."""

    note: LongText


class PaymentIn(RequestModel):
    """Whether it is paid."""

    payment_status: Literal["unpaid", "paid", "refunded"]


class TermsIn(RequestModel):
    """Another length or price for one booking."""

    minutes: DurationMinutes | None = Field(None, description="Null: as it is.")
    price_minor: MinorUnits | None = Field(
        None, description="Null: on request. Left out: as it is."
    )
    reason: LongText = Field("", description="Needed once the visit is over.")


class CorrectionIn(RequestModel):
    """Why something is changed that is over already."""

    reason: LongText = ""


class LateIn(RequestModel):
    """How late the customer will be."""

    minutes: Annotated[int, Field(ge=1, le=240)]


def booking_filter(
    service_id: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    provider_id: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    customer_id: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    state: Annotated[list[BookingStateName] | None, Query(max_length=9)] = None,
    from_: Annotated[Timestamp | None, Query(alias="from")] = None,
    to: Timestamp | None = None,
    q: Annotated[SearchQuery, Query(description="In reference, name, phone or e-mail.")] = "",
) -> BookingFilter:
    """Return the filter of a list; without `state` holds and expired bookings are left out."""
    return BookingFilter(service_id, provider_id, customer_id, state or (), from_, to, q)


BookingFilterQuery = Annotated[BookingFilter, Depends(booking_filter)]
NewestFirstQuery = Annotated[bool, Query(description="The latest start first.")]


async def requested_slot(ctx: Context, shop_id: int, service_id: int, wanted: StartIn) -> Slot:
    """Return the requested slot; raise NotOffered if nobody is free then."""
    known = await load_catalog(ctx, shop_id)
    return await availability.resolve_slot(
        ctx, known, service_id, wanted.provider_id, wanted.starts_at
    )


async def move_target(ctx: Context, booking: Booking, to: MoveIn, *, keeps: bool = False) -> Slot:
    """Return the slot a booking moves to; raise NotOffered if nobody is free then.

    `keeps`: on the terms agreed, with whomever.
    """
    known = await load_catalog(ctx, booking.shop_id)
    provider = to.provider_id or booking.provider_id
    terms = await agreed_terms(ctx, booking, always=keeps or to.terms == "keep")
    return await availability.resolve_slot(
        ctx,
        known,
        booking.service_id,
        provider,
        to.starts_at,
        asker=Asker(booking.id, terms=terms),
    )


def ensure_on_grid(starts_at: datetime) -> None:
    """Raise InvalidValue unless the start is a multiple of five minutes."""
    if starts_at.timestamp() % TICK_SECONDS:
        raise InvalidValue(field="starts_at", reason="step", least=5)
