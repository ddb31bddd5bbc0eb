"""A booking shown as a card with buttons: calendar file, move, cancel.

Channels with editable messages show it instead of the plain text with a link; its buttons stay
until the booking is over. A tap starts the flow `card`, which never changes a booking by itself.
"""

from __future__ import annotations

from bot.dialogue.questions import SwitchFlow
from bot.dialogue.talk import Talk
from bot.i18n.messages import text
from core.bookings import customer_actions
from core.bookings.booking import Booking, load_booking
from core.catalog import loader
from core.catalog.entities import Catalog, Slot
from core.messaging.decisions import Decision
from core.messaging.messages import Money, Say, When
from core.people.identities import person_of_conversation


async def handle_card_button(talk: Talk) -> None:
    """Handle a tap on a card's button: send the calendar file, or start moving or cancelling."""
    if talk.args["choice"] != "calendar":
        raise SwitchFlow(str(talk.args["choice"]), booking=talk.args["booking"])
    person = await person_of_conversation(talk.ctx, talk.conversation.id)
    if person is None or not person.is_verified:
        raise SwitchFlow("my_bookings", booking=talk.args["booking"])
    booking = await load_booking(talk.ctx, talk.args["booking"], user_id=person.user_id)
    attach_calendar(talk, booking)


async def keep_booking(talk: Talk) -> None:
    """Leave a booking unchanged and show it again."""
    person = await person_of_conversation(talk.ctx, talk.conversation.id)
    if person is None or not person.is_verified:
        raise SwitchFlow("my_bookings", booking=talk.args["booking"])
    booking = await load_booking(talk.ctx, talk.args["booking"], user_id=person.user_id)
    catalog = await loader.load_catalog(talk.ctx, booking.shop_id)
    await show_card(talk, catalog, booking, text("card.stays"))


async def show_card(talk: Talk, catalog: Catalog, booking: Booking, head: Say) -> None:
    """Show a booking's card with the buttons of what may still be done, below `head`."""
    await talk.say(booking_card(catalog, booking, head))
    changeable = customer_actions.is_changeable(booking, catalog, talk.ctx.now)
    options = ("move", "cancel", "calendar") if changeable else ("calendar",)
    talk.show_booking_buttons(Decision("card", options, {"booking": booking.id}, booking.ends_at))


def show_ended_card_button(talk: Talk, booking: Booking) -> None:
    """Show the buttons of a cancelled booking's card."""
    about = {"booking": booking.id}
    talk.show_booking_buttons(Decision("ended_card", ("calendar",), about, booking.ends_at))


def booking_card(catalog: Catalog, booking: Booking, head: Say) -> Say:
    """Return the card of a booking: service, provider, time, place and price."""
    service, provider = str(booking.snapshot["service"]), str(booking.snapshot["provider"])
    what = text("card.what", service=service, provider=provider)
    if booking.attendee:
        what = text("card.what_for", service=service, provider=provider, attendee=booking.attendee)
    facts: dict[str, object] = {
        "head": head,
        "what": what,
        "when": booking.local_start,
        "minutes": booking.snapshot["minutes"],
        "place": ", ".join(filter(None, (catalog.shop.name, catalog.shop.address))),
        "ref": booking.ref,
    }
    if booking.price is not None:
        return text("card.face", price=booking.price, **facts)
    return text("card.face_unpriced", **facts)


def hold_card(catalog: Catalog, slot: Slot, attendee: str) -> Say:
    """Return the card of a held slot that is to be confirmed."""
    service = catalog.service(slot.service_id).name
    provider = catalog.provider(slot.provider_id).display_name
    what = text("card.what", service=service, provider=provider)
    if attendee:
        what = text("card.what_for", service=service, provider=provider, attendee=attendee)
    facts: dict[str, object] = {
        "what": what,
        "when": When(slot.starts_at, catalog.shop.timezone),
        "minutes": slot.minutes,
        "place": ", ".join(filter(None, (catalog.shop.name, catalog.shop.address))),
        "held": catalog.shop.hold_minutes,
    }
    if slot.price_minor is None:
        return text("card.offer_unpriced", **facts)
    return text("card.offer", price=Money(slot.price_minor, slot.currency), **facts)


def attach_place_and_calendar(talk: Talk, catalog: Catalog, booking: Booking) -> None:
    """Attach the shop's location and the booking's calendar file."""
    shop = catalog.shop
    if shop.latitude is not None and shop.longitude is not None:
        where = text(
            "venue",
            shop=shop.name,
            address=shop.address or shop.city,
            latitude=str(shop.latitude),
            longitude=str(shop.longitude),
        )
        talk.attach("venue", where, booking_id=booking.id)
    attach_calendar(talk, booking)


def attach_calendar(talk: Talk, booking: Booking) -> None:
    """Attach the booking's calendar file."""
    talk.attach("calendar", text("calendar_file", ref=booking.ref), booking_id=booking.id)
