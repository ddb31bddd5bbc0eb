"""The simulator page's state beside the phones: time, bookings, next event and tour."""

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
"""Maximum bookings listed."""

_ENDED = ("cancelled", "declined", "expired")


@dataclass(frozen=True, slots=True)
class NextEvent:
    """The next scheduled event and its time."""

    at: datetime
    what: str

    def to_json(self) -> Json:
        """Return the event as JSON for the page."""
        return {"at": self.at.isoformat(), "what": self.what}


async def load_state(ctx: Context) -> Json:
    """Return the complete state; `now` is the page's clock."""
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
    """Return which steps of the guided tour are done, judged by the bookings' history."""
    happened = await event_actors(ctx, booking_ids, ("book", "request", "confirm", "cancel"))
    return {
        "book": ("book", "user") in happened,
        "approve": ("confirm", "staff") in happened,
        "cancel": ("cancel", "user") in happened,
    }


# --- next event -------------------------------------------------------------------------------

_EVENT_NAMES: dict[EventKind, str] = {
    "reminder": "a reminder goes out",
    "hold": "a hold runs out",
    "request": "a request expires",
    "start": "a booking begins",
    "end": "a booking ends",
}


async def find_next_event(ctx: Context) -> NextEvent | None:
    """Return the next scheduled event; None if there is none."""
    times = await next_event_times(ctx, SIMULATOR_TRANSPORT)
    found = [NextEvent(at, _EVENT_NAMES[kind]) for kind, at in times.items()]
    return min(found, key=lambda due: due.at, default=None)
