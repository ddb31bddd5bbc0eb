"""Texts of the public pages and of calendar events."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    # --- discreet: without service and provider ------------------------------------------------
    "page.event.discreet": "Appointment, {shop}",
    # --- the page behind a booking's link, and its calendar file -------------------------------
    "page.title": "Your booking at {shop}",
    "page.day": "{when:long}",
    "page.day_year": "{when:long}, {year}",
    "page.hours": "{since:time} – {until:time}",
    "page.zone": "{when:zone} time",
    "page.for": "For",
    "page.with": "With",
    "page.where": "Where",
    "page.map": "Open the map",
    "page.phone": "Phone",
    "page.price": "Price",
    "page.price_is": "{price}",
    "page.on_request": "On request",
    "page.ref": "Reference",
    "page.calendar": "Add to calendar",
    "page.calendar_off": "Take it off my calendar",
    "page.change": "To move it or call it off, write to {shop} in the chat where you booked it.",
    "page.held": "It is held for a few minutes: answer in the chat to book it.",
    "page.pending": "{shop} looks at it first and then writes to you. To move it or call it off, "
    "write in the chat where you booked it.",
    "page.off": "It does not take place. To book another time, write to {shop} in the same chat.",
    "page.over": "It is over. To book another time, write to {shop} in the same chat.",
    "page.barred": "Please try again later",
    "page.barred_why": "Too many links that open nothing were tried from where you are.",
    "page.missing": "There is no booking here",
    "page.missing_why": "The link is not complete, or not one of ours. Open it once more from the "
    "message you got, or ask in the chat where you booked.",
    # --- the page that says what is stored -----------------------------------------------------
    "privacy.title": "What is stored of you, and why",
    "privacy.about": "It is stored to make and keep your appointments. Only the shop sees it, and "
    "whoever carries the messages.",
    "privacy.contact": "Your name, number or address, and language",
    "privacy.contact_why": "To know whose booking it is and to write to you, until you ask to have "
    "it erased.",
    "privacy.bookings": "Your bookings",
    "privacy.bookings_why": "For the shop's day and its books. If you are erased, they stay "
    "without your name.",
    "privacy.messages": "Messages",
    "privacy.messages_why": "To go on where the talk stopped. What you write is deleted after "
    "{heard} days, what you are sent after {sent}.",
    "privacy.codes": "One-time codes",
    "privacy.codes_why": "To know that the phone is yours. Only a fingerprint is stored, for "
    "{days} days.",
    "privacy.consent": "Whether you want our messages",
    "privacy.consent_why": "To write to you only if we may.",
    "privacy.rights": "To read all of it, or to have it erased, write to the shop in the chat.",
    "page.event": "{service} with {provider}, {shop}",
    "page.event_for": "{service} for {attendee} with {provider}, {shop}",
    "page.event_about": "Ref {ref}. To move it or call it off, write to {shop} in the chat where "
    "you booked it.\n{link}",
}
