"""Files that go along with messages: a booking for somebody's calendar."""

from __future__ import annotations

from bot.rendering import Document
from bot.texts import WORDING, text
from core.context import Context
from core.invites import Invite, ics, invite, method_of
from core.links import booking_url
from core.messages import Say

ICS = "text/calendar"


async def calendar_file(
    ctx: Context, booking_id: int, language: str, mailed: tuple[str, str] | None = None
) -> Document:
    """Return a booking's calendar file as it is now; NotFound when there is no such booking.

    `mailed` as `core.invites.ics` has it.
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
