"""Bookings as the API answers with them, and whom a change told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

from pydantic import Field

from core.bookings.booking import Booking
from core.db.context import Told
from webhooks.api.api_request import ApiRequest
from webhooks.api.booking_input import BookingStateName
from webhooks.api.schemas import ResponseModel


class ToldOut(ResponseModel):
    """Somebody a change told, or could not tell."""

    who: Literal["customer", "provider", "staff"]
    how: str = Field(description="The channel; empty without one.", examples=["sms"])
    outcome: str = Field(
        description="`sending`: on its way. `opted_out`: they want no messages, `unreachable`:"
        " there is no address that may be written to. Call them."
    )


class BookingOut(ResponseModel):
    """A booking; `service` and `provider` are as they were called when it was made."""

    id: int
    shop_id: int
    ref: str = Field(examples=["K7Q-3MD"])
    state: BookingStateName
    service_id: int
    service: str
    provider_id: int
    provider: str
    session_id: int | None
    customer_id: int | None
    customer_name: str
    customer_phone: str = Field(description="Empty for providers, who may not see it.")
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
    overbooked: bool
    purpose: str
    note: str
    reason: str
    origin: str
    created_by: str
    late_minutes: int | None
    customer_confirmed_at: datetime | None
    held_until: datetime | None
    told: list[ToldOut] = Field(description="Whom this change told, and how; empty when read.")

    @classmethod
    def for_caller(
        cls, call: ApiRequest, booking: Booking, told: Sequence[Told] = ()
    ) -> BookingOut:
        """Return a booking as the caller may see it."""
        made = cls.from_booking(booking, told)
        if call.sees_phones(booking.shop_id):
            return made
        return made.model_copy(update={"customer_phone": ""})

    @classmethod
    def from_booking(cls, booking: Booking, told: Sequence[Told] = ()) -> BookingOut:
        """Return a booking of core as an answer, with whom the change told."""
        own = set(cls.model_fields) - {"service", "provider", "told"}
        return cls(
            **{name: getattr(booking, name) for name in own},
            service=str(booking.snapshot.get("service", "")),
            provider=str(booking.snapshot.get("provider", "")),
            told=[ToldOut.model_validate(one) for one in told if one.booking_id == booking.id],
        )


class BookingHistoryOut(ResponseModel):
    """One thing that happened to a booking."""

    id: int
    at: datetime
    action: str
    from_state: str
    to_state: str
    actor: str = Field(examples=["staff:7"])
    by: str
