"""A booking as its signed link shows it, and as a calendar file.

Anyone with the link sees what an invitation says (what, when, where, with whom) and nothing to
reach the customer by: the phone is not even read here.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import bookings, shops
from core.errors import NotFound
from core.localtime import ticks, zones
from core.messaging.messages import Money, When

if TYPE_CHECKING:
    # Imported when a file is written, since it takes a tenth of the start-up time.
    import icalendar

_PRODUCT = "-//Slotline//Bookings//EN"

_STATUS = {
    "held": "TENTATIVE",
    "pending": "TENTATIVE",
    "confirmed": "CONFIRMED",
    "in_progress": "CONFIRMED",
    "completed": "CONFIRMED",
    "no_show": "CONFIRMED",
}
"""RFC 5545 section 3.8.1.11; every other state frees the time: CANCELLED."""


@dataclass(frozen=True, slots=True)
class BookingView:
    """What a booking's link shows; instants are aware UTC.

    Names are those at the time of booking. The shop's address, phone and location are today's,
    because that is where people have to go.
    """

    id: int
    ref: str
    state: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    held_until: datetime | None
    price_minor: int | None
    currency: str
    attendee: str
    sequence: int
    updated_at: datetime
    service: str
    provider: str
    title: str
    speciality: str
    shop: str
    shop_phone: str
    address: str
    city: str
    directions: str
    latitude: float | None
    longitude: float | None
    language: str
    """The shop's phone."""
    discreet: bool
    """Whether the shop is discreet: service and provider are hidden where others may read them."""

    @property
    def local_start(self) -> When:
        """Return the start in the shop's zone."""
        return When(self.starts_at, self.timezone)

    @property
    def local_end(self) -> When:
        """Return the end in the shop's zone."""
        return When(self.ends_at, self.timezone)

    @property
    def price(self) -> Money | None:
        """Return the agreed price, or None for a price on request."""
        return None if self.price_minor is None else Money(self.price_minor, self.currency)

    @property
    def is_void(self) -> bool:
        """Return whether the booking will not take place: declined, cancelled or expired."""
        return self.state not in _STATUS

    @property
    def place(self) -> str:
        """Return address and city, without repeating the city."""
        parts = [self.address, self.city]
        if self.city.casefold() in self.address.casefold():
            parts.pop()
        return ", ".join(filter(None, parts))


_SOLD = ("service", "provider", "title", "speciality")

# In the order of the fields.
_SHOWN = (
    sa.select(
        bookings.c.id,
        bookings.c.ref,
        bookings.c.state,
        bookings.c.starts_at,
        bookings.c.ends_at,
        bookings.c.timezone,
        bookings.c.held_until,
        bookings.c.price_minor,
        bookings.c.currency,
        bookings.c.attendee,
        bookings.c.sequence,
        bookings.c.updated_at,
        *(sa.func.coalesce(bookings.c.snapshot[name].as_string(), "") for name in _SOLD),
        shops.c.name,
        shops.c.phone,
        shops.c.address,
        shops.c.city,
        shops.c.directions,
        shops.c.latitude,
        shops.c.longitude,
        shops.c.language,
        shops.c.discreet,
    )
    .join(shops, shops.c.id == bookings.c.shop_id)
    .where(bookings.c.id == sa.bindparam("booking_id"))
)


async def load_booking_view(ctx: Context, booking_id: int) -> BookingView:
    """Return what a booking's link shows; raise NotFound for an unknown booking.

    It checks no permission: call it only with an id from a verified signed link.
    """
    row = (await ctx.execute(_SHOWN, {"booking_id": booking_id})).first()
    if row is None:
        raise NotFound(booking=booking_id)
    return BookingView(*tuple(row))


# ------------------------------------------------------------------------------ the calendar file


def booking_ics(
    booking: BookingView,
    *,
    summary: str,
    description: str,
    url: str,
    mailed: tuple[str, str] | None = None,
) -> bytes:
    """Return the calendar file (RFC 5545) of a booking.

    The UID never changes and SEQUENCE rises with every change, so a calendar that gets a later file
    moves its entry instead of adding another. It has no ORGANIZER, although RFC 5546 requires one:
    calendars would show a meeting to accept or decline. A file sent by e-mail – `mailed` from one
    address to another – has to name both, or mail programs show it as a plain attachment. It is a
    REQUEST, or a CANCEL for a void booking, and expects no reply.
    """
    import icalendar

    event = icalendar.Event()
    # Not our domain, as is customary: the domain may change while the entry stays the same.
    event.add("uid", f"{booking.id}-{booking.ref}@slotline")
    event.add("sequence", booking.sequence)
    event.add("dtstamp", booking.updated_at)
    event.add("last-modified", booking.updated_at)
    zone = zones.load_zone(booking.timezone)
    begin, end = booking.starts_at.astimezone(zone), booking.ends_at.astimezone(zone)
    if begin.fold or end.fold:
        # An ambiguous local time (clocks set back) means the first occurrence: RFC 5545 section
        # 3.3.5.
        begin, end = booking.starts_at, booking.ends_at
    event.add("dtstart", begin)
    event.add("dtend", end)
    event.add("status", _STATUS.get(booking.state, "CANCELLED"))
    event.add("transp", "TRANSPARENT" if booking.is_void else "OPAQUE")
    event.add("summary", summary)
    event.add("description", description)
    event.add("url", url)
    if booking.place:
        event.add("location", booking.place)
    if booking.latitude is not None and booking.longitude is not None:
        event.add("geo", (booking.latitude, booking.longitude))
    calendar = icalendar.Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", _PRODUCT)
    calendar.add("method", itip_method(booking) if mailed else "PUBLISH")
    if mailed:
        ours, theirs = mailed
        event.add("organizer", icalendar.vCalAddress(f"mailto:{ours}"))
        attendee = icalendar.vCalAddress(f"mailto:{theirs}")
        attendee.params["PARTSTAT"] = icalendar.vText("ACCEPTED")
        attendee.params["RSVP"] = icalendar.vText("FALSE")
        event.add("attendee", attendee)
    calendar.add_component(_rules(booking.timezone, booking.starts_at.year))
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def itip_method(booking: BookingView) -> str:
    """Return the iTIP method (RFC 5546): REQUEST, or CANCEL for a void booking."""
    return "CANCEL" if booking.is_void else "REQUEST"


@lru_cache(maxsize=256)
def _rules(name: str, year: int) -> icalendar.Timezone:
    """Return the VTIMEZONE of a zone, with its transitions from the year before to the year after.

    Written out transition by transition: the library's `from_tzinfo` searches by local time and
    places spring transitions an hour late, which moves an appointment in that hour.
    """
    import icalendar

    timezone = icalendar.Timezone()
    timezone.add("tzid", name)
    begin, end = datetime(year - 1, 1, 1, tzinfo=UTC), datetime(year + 2, 1, 1, tzinfo=UTC)
    zone = zones.load_zone(name)
    before = begin.astimezone(zone).utcoffset() or timedelta()
    for instant in (begin, *_changes(name, begin, end)):
        local = instant.astimezone(zone)
        after = local.utcoffset() or timedelta()
        rule = icalendar.TimezoneDaylight() if local.dst() else icalendar.TimezoneStandard()
        # RFC 5545 section 3.6.5: the onset is in the local time before the transition.
        rule.add("dtstart", (instant + before).replace(tzinfo=None))
        rule.add("tzoffsetfrom", before)
        rule.add("tzoffsetto", after)
        rule.add("tzname", local.tzname())
        timezone.add_component(rule)
        before = after
    return timezone


def _changes(name: str, begin: datetime, end: datetime) -> list[datetime]:
    """Return the instants in [begin, end) at which the zone's offset changes."""
    zone = zones.load_zone(name)

    def offset(epoch_s: int) -> timedelta | None:
        return datetime.fromtimestamp(epoch_s, zone).utcoffset()

    found = []
    for day in range(int(begin.timestamp()), int(end.timestamp()), 24 * 3600):
        old, seconds = offset(day), range(day, day + 24 * 3600 + 1, ticks.TICK_SECONDS)
        # Sampling once a day suffices: no zone changes its offset and back within a day.
        if offset(seconds[-1]) != old:
            later = bisect_left([offset(second) != old for second in seconds], True)
            found.append(datetime.fromtimestamp(seconds[later], UTC))
    return found
