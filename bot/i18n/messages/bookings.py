"""Texts about bookings: confirmation, card and list."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    # --- buttons and messages that change (Telegram) -------------------------------------------
    "off_calendar": "Take it off my calendar",
    "card.offer": "{what:b}\n🗓 {when:full}, {minutes} min\n📍 {place}\n{price}\n\n"
    "I hold it for {held} min.",
    "card.offer_unpriced": "{what:b}\n🗓 {when:full}, {minutes} min\n📍 {place}\n\n"
    "I hold it for {held} min.",
    "add_to_calendar": "Add to calendar",
    "do_directions": "Map and calendar",
    "venue": "{shop}, {address}",
    "calendar_file": "For your calendar. Ref {ref}",
    "card.face": "{head}\n\n{what:b}\n🗓 {when:full}, {minutes} min\n📍 {place}\n"
    "{price} · Ref {ref}",
    "card.face_unpriced": "{head}\n\n{what:b}\n🗓 {when:full}, {minutes} min\n📍 {place}\nRef {ref}",
    "card.what": "{service} with {provider}",
    "card.what_for": "{service} for {attendee} with {provider}",
    "card.booked": "✅ Booked, {name}!",
    "card.booked_for": "✅ Booked for {attendee}!",
    "card.requested": "⏳ Asked for. {shop} confirms it soon and I write to you.",
    "card.moved": "✅ Moved.",
    "card.stays": "All right, it stays as it is.",
    "do_move.button": "Move",
    "do_cancel.button": "Call off",
    "do_late.button": "I am late",
    # --- booked --------------------------------------------------------------------------------
    "booked": "Booked, {name}! {service} with {provider}, {when}, {address}. Ref {ref}. "
    "Map and calendar: {link}",
    "booked_first_for": "Booked for {attendee}, {name}! {service} with {provider}, {when}, "
    "{address}. Ref {ref}. Map and calendar: {link}",
    "booked_again": "Booked: {service} with {provider}, {when}, {address}. Ref {ref}. "
    "Map and calendar: {link}",
    "booked_for": "Booked for {attendee}: {provider}, {when}. Ref {ref}",
    "requested": "Asked for: {service} with {provider}, {when}. {shop} confirms it soon and I "
    "write to you. Ref {ref}",
    # --- my bookings ---------------------------------------------------------------------------
    "booking.line": "{service} with {provider}, {when}",
    "booking.line_for": "{service} for {attendee} with {provider}, {when}",
    "details": "{booking}, {price}. {shop}, {address}. {state}. Ref {ref}. {link}",
    "details.unpriced": "{booking}. {shop}, {address}. {state}. Ref {ref}. {link}",
    "state.held": "Held",
    "state.pending": "Waiting for the shop",
    "state.confirmed": "Confirmed",
    "state.in_progress": "Under way",
    "state.completed": "Done",
    "state.declined": "Declined",
    "state.cancelled": "Called off",
    "state.no_show": "Missed",
    "state.expired": "Expired",
    "no_bookings": "You have no bookings to come. Write me a day or a service to book.",
    "nothing_open": "Nothing is waiting for an answer. Write me a day or a service to book.",
    "booking_status": "{state}: {booking}. Ref {ref}",
    "next_booking": "Your next booking: {booking}. Ref {ref}",
    "which_booking": "Your bookings. Which one?",
    "which_to_move": "Which one shall I move?",
    "which_to_cancel": "Which one shall I call off?",
    "which_is_late": "Which one are you late for?",
    "do_move": "Move it",
    "do_cancel": "Call it off",
    "do_late": "I am running late",
    "move_sure": "{booking}: move it to {when} with {provider}?",
    "not_booked": "All right, I did not book it.",
    "double": "You already have {booking}. Book this one too?",
    "double_move": "You already have {booking}. Move it there all the same?",
    "move_terms": "{booking} was agreed as {agreed}. {when} with {provider} it is {new}. Move it?",
    "terms": "{minutes} min, {price}",
    "terms.unpriced": "{minutes} min",
    "moved": "Moved: {service} with {provider}, {when}. Ref {ref}. Calendar: {link}",
    "move_requested": "Asked for: {service} with {provider}, {when}. {shop} confirms it soon. "
    "Ref {ref}. {link}",
    "stays": "All right, it stays: {booking}.",
    "cancel_sure": "{booking}: call it off? {rule}",
    "sure.cancel": "Just to be sure: cancel {when}?",
    "sure.move": "Just to be sure: move {old} to {when}?",
    "sure.book": "Just to be sure: book {what}, {when}?",
    "cancel_rule": (
        "You can until {count} hour before.",
        "You can until {count} hours before.",
    ),
    "cancel_rule_none": "It costs nothing.",
    "cancelled": "Called off: {booking}. {shop} has been told.",
    "how_late": "How many minutes late?",
    "minutes": ("{count} minute", "{count} minutes"),
    "late_other_day": "Your visit is {when}. Shall I tell {shop} you will be late that day?",
    "late_untold": "All right, I told nobody.",
    "told_late": (
        "I told {shop} you are {count} minute late.",
        "I told {shop} you are {count} minutes late.",
    ),
}
