"""Attachments of messages: a booking's calendar file."""

from __future__ import annotations

from bot.i18n.messages import TRANSLATOR, text
from bot.rendering.render import Attachment
from core.bookings.ics import BookingView, booking_ics, itip_method, load_booking_view
from core.db.context import Context
from core.messaging.messages import Say
from core.messaging.signed_links import booking_url

ICS_TYPE = "text/calendar"


async def load_calendar_file(
    ctx: Context, booking_id: int, language: str, mailed: tuple[str, str] | None = None
) -> Attachment:
    """Return a booking's current calendar file; raises NotFound if there is no such booking.

    `mailed` is passed on to `core.bookings.ics.ics`.
    """
    booking = await load_booking_view(ctx, booking_id)
    return render_calendar_file(booking, booking_url(ctx, booking_id), language, mailed)


def render_calendar_file(
    booking: BookingView, url: str, language: str, mailed: tuple[str, str] | None = None
) -> Attachment:
    """Return the calendar file of a booking in `language` ("es"); `url` is the booking's page."""
    about = text("page.event_about", ref=booking.ref, shop=booking.shop, link=url)
    body = booking_ics(
        booking,
        summary=TRANSLATOR.translate(_event(booking), language),
        description=TRANSLATOR.translate(about, language),
        url=url,
        mailed=mailed,
    )
    type_ = f"{ICS_TYPE}; method={itip_method(booking)}" if mailed else ICS_TYPE
    return Attachment(f"{booking.ref}.ics", type_, body)


def _event(booking: BookingView) -> Say:
    if booking.discreet:  # calendars are shared and shown on locked phones
        return text("page.event.discreet", shop=booking.shop)
    facts = {"service": booking.service, "provider": booking.provider, "shop": booking.shop}
    if booking.attendee:
        return text("page.event_for", attendee=booking.attendee, **facts)
    return text("page.event", **facts)
