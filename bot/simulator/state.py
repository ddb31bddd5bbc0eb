"""What the page shows beside the phones: the time, bookings made here, what is due, the tour."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from bot.channels.simulator.channel import SIMULATOR_TRANSPORT
from bot.i18n.formats import format_moment
from bot.i18n.messages import TRANSLATOR, text
from core.db.context import Context
from core.demo.simulator_state import (
    EventKind,
    SimulatedBooking,
    bookings_of_transport,
    event_actors,
    next_event_times,
)
from core.messaging.conversations import conversations_of_transport
from core.messaging.messages import Json, When
from core.messaging.signed_links import booking_token

MAX_BOOKINGS = 6
"""Bookings that are listed."""

_ENDED = ("cancelled", "declined", "expired")


@dataclass(frozen=True, slots=True)
class NextEvent:
    """The next moment at which something happens by itself, and what."""

    at: datetime
    what: str

    def to_json(self) -> Json:
        """Return it as the page gets it."""
        return {"at": self.at.isoformat(), "what": self.what}


async def load_state(ctx: Context) -> Json:
    """Return everything; `now` is what the page's clock goes by."""
    bookings = await bookings_of_transport(ctx, SIMULATOR_TRANSPORT)
    due = await find_next_event(ctx)
    return {
        "now": ctx.now.isoformat(),
        "due": due and due.to_json(),
        "bookings": [_booking(ctx, booking) for booking in bookings[:MAX_BOOKINGS]],
        "talks": [
            {"id": one.id, "line": one.line_id, "address": one.address}
            for one in await conversations_of_transport(ctx, SIMULATOR_TRANSPORT)
        ],
        "tour": await tour_progress(ctx, [booking.id for booking in bookings]),
    }


def _booking(ctx: Context, booking: SimulatedBooking) -> Json:
    zone, token = booking.timezone, booking_token(ctx.secret, booking.id)
    return {
        "id": booking.id,
        "ref": booking.ref,
        "shop": booking.shop,
        "title": f"{booking.snapshot['service']} with {booking.snapshot['provider']}",
        "when": format_moment(When(booking.starts_at, zone), "", "en"),
        "state": booking.state,
        "stateName": TRANSLATOR.translate(text(f"state.{booking.state}"), "en"),
        "over": booking.state in _ENDED,
        "page": f"/b/{token}",
        "calendar": f"/b/{token}.ics",
        "talk": booking.conversation_id,
    }


async def tour_progress(ctx: Context, booking_ids: Collection[int]) -> dict[str, bool]:
    """Return which steps of the guided tour are done, by what happened to the bookings."""
    happened = await event_actors(ctx, booking_ids, ("book", "request", "confirm", "cancel"))
    return {
        "book": ("book", "user") in happened,
        "approve": ("confirm", "staff") in happened,
        "cancel": ("cancel", "user") in happened,
    }


# --- what is due ------------------------------------------------------------------------------

_EVENT_NAMES: dict[EventKind, str] = {
    "reminder": "a reminder goes out",
    "hold": "a hold runs out",
    "request": "a request expires",
    "start": "a booking begins",
    "end": "a booking ends",
}


async def find_next_event(ctx: Context) -> NextEvent | None:
    """Return what happens next by the clock alone; None when nothing is to come."""
    times = await next_event_times(ctx, SIMULATOR_TRANSPORT)
    found = [NextEvent(at, _EVENT_NAMES[kind]) for kind, at in times.items()]
    return min(found, key=lambda due: due.at, default=None)
