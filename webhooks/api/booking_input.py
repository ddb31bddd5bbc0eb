"""Bookings: found, made on behalf of customers, decided on, moved, and how the visit went."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Depends, Query
from pydantic import Field

from core.bookings.booking import Booking
from core.bookings.search import Wanted
from core.catalog.entities import Slot
from core.catalog.loader import catalog
from core.db.context import Context
from core.db.tables.bookings import STATES
from core.errors import Invalid
from core.localtime.ticks import TICK
from core.scheduling import availability
from webhooks.api.schemas import Id, In, Instant, Search

State = Literal[
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
assert set(State.__args__) == set(STATES)  # type: ignore[attr-defined]


class When(In):
    """A start of a service, with a provider or anybody who is free."""

    starts_at: Instant
    provider_id: Id | None = Field(None, description="Null: anybody who is free.")


class MoveIn(In):
    """Another start, with the same provider or another."""

    starts_at: Instant
    provider_id: Id | None = Field(None, description="Null: as it is.")


def wanted(
    service_id: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    provider_id: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    customer_id: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    state: Annotated[list[State] | None, Query(max_length=9)] = None,
    from_: Annotated[Instant | None, Query(alias="from")] = None,
    to: Instant | None = None,
    q: Annotated[Search, Query(description="In reference, name, phone or e-mail.")] = "",
) -> Wanted:
    """Read which bookings are wanted; without `state` those that were made, not only held."""
    return Wanted(service_id, provider_id, customer_id, state or (), from_, to, q)


Filters = Annotated[Wanted, Depends(wanted)]
Newest = Annotated[bool, Query(description="The latest start first.")]


async def slot_for(ctx: Context, shop_id: int, service_id: int, when: When) -> Slot:
    """Return what is asked for as a slot; NotOffered when nobody is free then."""
    known = await catalog(ctx, shop_id)
    return await availability.slot_for(ctx, known, service_id, when.provider_id, when.starts_at)


async def moved_to(ctx: Context, old: Booking, to: MoveIn) -> Slot:
    """Return where a booking is to go as a slot; NotOffered when nobody is free then."""
    known = await catalog(ctx, old.shop_id)
    provider = to.provider_id or old.provider_id
    return await availability.slot_for(ctx, known, old.service_id, provider, to.starts_at)


def on_grid(starts_at: datetime) -> None:
    """Calendars go by ticks of five minutes."""
    if starts_at.timestamp() % TICK:
        raise Invalid(field="starts_at", reason="step", least=5)
