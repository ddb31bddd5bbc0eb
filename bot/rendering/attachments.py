"""Files that go along with messages: a booking for somebody's calendar."""

from __future__ import annotations

from bot.i18n.messages import WORDING, text
from bot.rendering.render import Document
from core.bookings.ics import Invite, ics, invite, method_of
from core.db.context import Context
from core.messaging.messages import Say
from core.signed_links import booking_url

ICS = "text/calendar"


async def calendar_file(
    ctx: Context, booking_id: int, language: str, mailed: tuple[str, str] | None = None
) -> Document:
    """Return a booking's calendar file as it is now; NotFound when there is no such booking.

    `mailed` as `core.bookings.ics.ics` has it.
    """
    booking = await invite(ctx, booking_id)
    return written(booking, booking_url(ctx, booking_id), language, mailed)


def written(
    booking: Invite, url: str, language: str, mailed: tuple[str, str] | None = None
) -> Document:
    """Return the calendar file of a booking whose page is `url`, in `language` ("es")."""
    about = text("page.event_about", ref=booking.ref, shop=booking.shop, link=url)
    body = ics(
        booking,
        summary=WORDING.say(_event(booking), language),
        description=WORDING.say(about, language),
        url=url,
        mailed=mailed,
    )
    type_ = f"{ICS}; method={method_of(booking)}" if mailed else ICS
    return Document(f"{booking.ref}.ics", type_, body)


def _event(booking: Invite) -> Say:
    if booking.discreet:  # calendars are shared, and shown by locked phones
        return text("page.event.discreet", shop=booking.shop)
    facts = {"service": booking.service, "provider": booking.provider, "shop": booking.shop}
    if booking.attendee:
        return text("page.event_for", attendee=booking.attendee, **facts)
    return text("page.event", **facts)
