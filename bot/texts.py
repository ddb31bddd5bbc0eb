"""Every text people read: its key and its English, with named placeholders.

Placeholders are `{name}` or `{name:form}`: an instant takes day, time, long, full, zone;
a date day, long, weekday; a list and, lines; people's own text takes text to keep its lines.
A pair is (singular, plural), chosen by `count`. After a change: `python -m bot.catalogs`.

Never tell anyone to reply with a word that opts out (STOP, CANCEL, END, QUIT …): the network
would block us and we would not even hear what was meant.
"""

from __future__ import annotations

from bot.wording import Wording
from core.errors import SlotlineError
from core.messages import Money, Say

WORDS: dict[str, str | tuple[str, str]] = {
    # --- anywhere -----------------------------------------------------------------------------
    "lines": "{parts:lines}",
    "yes": "Yes",
    "no": "No",
    "sorry": "Sorry, I did not get that.",
    "offer_person": "Sorry, I still do not get it. Reply PERSON to talk to somebody, or 0 for the "
    "menu.",
    "unasked": "Hello! {message}\nYou can answer here.",
    "list.open": "Choose",
    "list.or": "or write {number}",
    "gone": "That is not on offer any more.",
    "changed": "Something changed since I asked, so please look again.",
    "stale": "That question is settled already, so I did nothing.",
    "empty": "That message was empty.",
    "no_media": "I can read text only, sorry.",
    "apology": "Sorry, something went wrong on our side with your message. The shop has been told.",
    "hello": "Hello!",
    "welcome_to_it": "You are welcome.",
    "goodbye": "Goodbye!",
    "dropped": "All right, I stopped there. Nothing was booked.",
    "started_over": "Starting over.",
    "nothing_before": "There is nothing to go back to.",
    "cannot_back": "I cannot go back past that. Reply 0 for the menu.",
    "help": "{shop}: book, move or call off appointments here by text. Phone {phone}. "
    "Reply 0 for the menu, STOP for no more messages.",
    "help_any": "Book appointments here by text. Write a shop's name or city. "
    "Reply 0 for the menu, STOP for no more messages.",
    "opted_in": "{shop}: you get our messages again.",
    "opted_out": "{shop}: you get no more messages. Reply START to get them again.",
    "detached": "Thank you for telling us. This number is no longer linked to anybody's bookings.",
    # --- buttons and messages that change (Telegram) ------------------------------------------
    "done": "✓ {line}",
    "grid.morning": "Morning",
    "grid.afternoon": "Afternoon",
    "grid.evening": "Evening",
    "share_number": "Share my number",
    "share_phone": "Last step: your phone number. Share it with the button below, or write it and "
    "I send you a code.",
    "no_codes": "I cannot send codes to phones here. Please share your number with the button "
    "below.",
    "not_your_contact": "That is not your own number. Please use the button below the text field, "
    "or write your number.",
    "done.phone": "{phone}",
    "edited": "I read messages as they were first sent. If you meant something else, write it "
    "again.",
    "bad_link": "That link leads to nothing any more.",
    "help.taps": "{shop}: book, move or call off appointments here. Write what you need in your "
    "own words, or use /book, /bookings, /language. No more messages: /stop",
    "confirm": "Confirm",
    "for_someone": "For someone else",
    "which_attendee": "Whom is it for?",
    "check_held": "{check}\nI hold it for {minutes} min.",
    "soonest": "Soonest",
    "anyone": "Anyone",
    "which_day_taps": "Which day? Numbers are days with free times. You can also write one.",
    "month.before": "‹ {day:month}",
    "month.after": "{day:month} ›",
    "add_to_calendar": "Add to calendar",
    "do_directions": "Map and calendar",
    "venue": "{shop}, {address}",
    "calendar_file": "For your calendar. Ref {ref}",
    "card.face": "{head}\n\n{what:b}\n🗓 {when:full}, {minutes} min\n📍 {place}\n{price} · Ref {ref}",
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
    # --- welcome and menu ---------------------------------------------------------------------
    "welcome": "Welcome to {shop}.",
    "hi_name": "Hi {name}.",
    "menu": "{shop}. What can I do?",
    "menu.book": "Book",
    "menu.mine": "My bookings",
    "menu.about": "Hours and address",
    "menu.human": "Talk to a person",
    "menu.language": "Language",
    "menu.back": "Back to where we were",
    "menu.over": "Start over",
    "about": "{shop}, {address}. Phone {phone}.\n{hours}",
    "which_language": "Which language?",
    "language.en": "English",
    "language.es": "Español",
    "language_set": "I speak English now.",
    "left_alone": "We were in the middle of something. Go on or start over?",
    "go_on": "Go on",
    "start_over": "Start over",
    "human_called": "I told {shop}. Somebody will write to you here; I keep quiet until then.",
    "human_closed": "{shop} is closed now and opens {when}. I left word; somebody will write to "
    "you here.",
    "back_again": "It is me again, the booking assistant.",
    # --- shops, services ----------------------------------------------------------------------
    "which_shop": "Which shop? Write its name, type or city.",
    "shop": "{shop}, {type}, {city}",
    "which_service": "What would you like?",
    "category": "{category}",
    "service": "{service} {minutes} min {price}",
    "service.unpriced": "{service} {minutes} min",
    "service.button": "{service} · {minutes} min · {price}",
    "service.unpriced.button": "{service} · {minutes} min",
    "what": "{service}, {minutes} min, {price}",
    "what.unpriced": "{service}, {minutes} min",
    # --- times --------------------------------------------------------------------------------
    "offer": "{what}",
    "offer.with": "{what}, {provider}",
    "offer.on": "{offer}, {day}:",
    "offer.next": "{offer}:",
    "offer.for": "For {attendee}: {offer}",
    "offer.shop": "{shop}. {offer}",
    "instead": "Nothing is free then. Nearest: {offer}",
    "slot.time": "{when:time}",
    "slot.time_person": "{when:time} {provider}",
    "slot.day": "{when}",
    "slot.day_person": "{when} {provider}",
    "slot.seats": ("{slot}, {count} place left", "{slot}, {count} places left"),
    "other_times": "other times",
    "other_times.button": "Calendar",
    "more_times": "later times",
    "more_times.button": "Later times",
    "more_days": "later days",
    "someone": "choose the person",
    "someone.button": "Person",
    "which_day": "Which day? Pick one or write a date.",
    "day": ("{day}, {count} time", "{day}, {count} times"),
    "which_part": "{day:long}, when?",
    "part.morning": ("Morning, {count} time", "Morning, {count} times"),
    "part.afternoon": ("Afternoon, {count} time", "Afternoon, {count} times"),
    "part.evening": ("Evening, {count} time", "Evening, {count} times"),
    "which_person": "With whom?",
    "person": "{provider}",
    "person.of": "{provider}, {speciality}",
    "just_went": "{when:time} with {provider} just went.",
    # --- hold, code, name ---------------------------------------------------------------------
    "held": "{provider}, {when}, {service}. Held for {minutes} min.",
    "code": "Code {code}: reply it to go on.",
    "code_and_name": "Code {code}: reply it with your name to book.",
    "code_sent": "I sent a code to {phone}. Reply it here with your name.",
    "code_sent.named": "I sent a code to {phone}. Reply it here.",
    "code_message": "Code {code}. Type it in the chat where you asked for it, and share it with "
    "nobody.",
    "enter_code": "Reply the 6-digit code from the message.",
    "new_code": "send a new code",
    "which_phone": "Which phone number should the code go to?",
    "which_name": "What is your name?",
    "prove_first": "To show your bookings I need to know it is you.",
    "check": "{what} with {provider}, {when}. Shall I book it?",
    "check_for": "For {attendee}: {what} with {provider}, {when}. Shall I book it?",
    # --- booked -------------------------------------------------------------------------------
    "booked": "Booked, {name}! {service} with {provider}, {when}, {address}. Ref {ref}. "
    "Map and calendar: {link}",
    "booked_first_for": "Booked for {attendee}, {name}! {service} with {provider}, {when}, "
    "{address}. Ref {ref}. Map and calendar: {link}",
    "booked_again": "Booked: {service} with {provider}, {when}, {address}. Ref {ref}. "
    "Map and calendar: {link}",
    "booked_for": "Booked for {attendee}: {provider}, {when}. Ref {ref}",
    "requested": "Asked for: {service} with {provider}, {when}. {shop} confirms it soon and I "
    "write to you. Ref {ref}",
    # --- my bookings --------------------------------------------------------------------------
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
    "next_booking": "Your next booking: {booking}. Ref {ref}",
    "which_booking": "Your bookings. Which one?",
    "which_to_move": "Which one shall I move?",
    "which_to_cancel": "Which one shall I call off?",
    "which_is_late": "Which one are you late for?",
    "do_move": "Move it",
    "do_cancel": "Call it off",
    "do_late": "I am running late",
    "move_sure": "{booking}: move it to {when} with {provider}?",
    "moved": "Moved: {service} with {provider}, {when}. Ref {ref}. Calendar: {link}",
    "move_requested": "Asked for: {service} with {provider}, {when}. {shop} confirms it soon. "
    "Ref {ref}. {link}",
    "stays": "All right, it stays: {booking}.",
    "cancel_sure": "{booking}: call it off? {rule}",
    "cancel_rule": (
        "You can until {count} hour before.",
        "You can until {count} hours before.",
    ),
    "cancel_rule_none": "It costs nothing.",
    "cancelled": "Called off: {booking}. {shop} has been told.",
    "how_late": "How many minutes late?",
    "minutes": ("{count} minute", "{count} minutes"),
    "told_late": (
        "I told {shop} you are {count} minute late.",
        "I told {shop} you are {count} minutes late.",
    ),
    # --- questions ----------------------------------------------------------------------------
    "answer": "{answer}",
    "hours": "Open {lines}.",
    "hours.day": "{first:weekday} {spans:and}",
    "hours.days": "{first:weekday}-{last:weekday} {spans:and}",
    "no_hours": "Opening hours on request.",
    "span": "{since}-{until}",
    "address": "We are at {address}.",
    "address_how": "We are at {address}. {directions}",
    "phone": "Our phone: {phone}.",
    "who": "With us: {people}.",
    "prices": "{services}.",
    "emergency": "In an emergency call {phone} now.",
    "unknown": "I do not know that. Reply PERSON to ask somebody.",
    "unknown_call": "I do not know that. Call {phone}, or reply PERSON.",
    # --- to the people of the shop ------------------------------------------------------------
    "alert.new": "New: {service} with {provider}, {when}, {customer} {phone}. Ref {ref}",
    "alert.approve": "To approve: {service} with {provider}, {when}, {customer} {phone}. Ref {ref}",
    "alert.moved": "Moved: {service} with {provider}, {customer}, from {was} to {when}. Ref {ref}",
    "alert.cancelled": "Called off: {service} with {provider}, {when}, {customer} {phone}. "
    "Ref {ref}",
    "alert.late": "{minutes} min late: {customer}, {service} with {provider}, {when}. Ref {ref}",
    "alert.human": "{customer} {phone} wants to talk to a person.",
    "alert.human_new": "{phone} wants to talk to a person.",
    "alert.stopped": "{customer} {phone} asked for no more messages. The booking {when} with "
    "{provider} stands: call? Ref {ref}",
    "alert.decided": "{by} decided: {service}, {when}, {customer}. {state}. Ref {ref}",
    "alert.failed": "A message of {customer} could not be handled. Please get in touch.",
    "alert.unanswered": "No answer to two reminders: {customer} {phone}, {service} with "
    "{provider}, {when}: call? Ref {ref}",
    "alert.undelivered": "A message to {customer} could not be delivered: {reason}",
    "approve": "Approve",
    "decline": "Decline",
    "hand_back": "Done, the bot may go on",
    "handed_back": "Thank you. The bot has the talk again.",
    "which_reason": "Why? Your words go to the customer.",
    "no_reason": "give no reason",
    "already_decided": "{booking}: decided already. {state}.",
    "you_approved": "Approved: {booking}.",
    "you_declined": "Declined: {booking}.",
    "which_decision": (
        "{count} decision waits. Reply the number of the one you mean.",
        "{count} decisions wait. Reply the number of the one you mean.",
    ),
    "agenda": (
        "{shop}, {day}: {count} appointment.\n{lines:lines}",
        "{shop}, {day}: {count} appointments.\n{lines:lines}",
    ),
    "agenda.line": "{when:time} {provider}: {customer}, {service}",
    "agenda.coming": "{when:time} {provider}: {customer} (comes), {service}",
    "agenda.more": ("and {count} more", "and {count} more"),
    # --- reminders ----------------------------------------------------------------------------
    "reminder": "{shop}: {what}, {at}. Ref {ref}. Will you come?",
    "reminder.sure": "{shop}: {what}, {at}. Ref {ref}. See you then!",
    "reminder.what": "{service} with {provider}",
    "reminder.what_for": "{service} for {attendee} with {provider}",
    "reminder.discreet": "your appointment",
    "reminder.at": "{when}, {address}",
    "reminder.on": "{when}",
    "reminder.come": "Yes, I come",
    "reminder.noted": "Thank you, see you then: {booking}.",
    "reminder.moved_since": "That was moved meanwhile. It stands now: {booking}. {state}.",
    "reminder.over": "{booking}: {state}. I changed nothing.",
    "followup": "{shop}: thank you for coming, {name}. Write me here whenever you want to come "
    "again.",
    # --- what the shop did, to the customer ---------------------------------------------------
    "tell.confirmed": "{shop} confirmed: {service} with {provider}, {when}, {address}. Ref {ref}",
    "tell.declined": "{shop} cannot take {service}, {when}. {reason}\nWrite me another day.",
    "tell.moved": "{shop} moved your booking: {service} with {provider}, now {when}. Ref {ref}",
    "tell.cancelled": "{shop} called off {service} with {provider}, {when}. {reason}\n"
    "Sorry! Write me another day.",
    "tell.expired": "{shop} did not confirm {service}, {when} in time. Write me another day.",
    # --- the page behind a booking's link, and its calendar file ------------------------------
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
    "page.missing": "There is no booking here",
    "page.missing_why": "The link is not complete, or not one of ours. Open it once more from the "
    "message you got, or ask in the chat where you booked.",
    "page.event": "{service} with {provider}, {shop}",
    "page.event_for": "{service} for {attendee} with {provider}, {shop}",
    "page.event_about": "Ref {ref}. To move it or call it off, write to {shop} in the chat where "
    "you booked it.\n{link}",
}

ERRORS: dict[str, str] = {
    "error": "That did not work, sorry.",
    "not_found": "I cannot find that.",
    "not_allowed": "That is not possible for you here.",
    "invalid": "That does not look right. Please try again.",
    "booking_error": "That booking cannot be made, sorry.",
    "slot_taken": "Someone booked that time first.",
    "not_offered": "That time is not on offer.",
    "nothing_free": "{shop} has nothing free in the time that can be booked. Reply PERSON to ask.",
    "offer_changed": "The price or length changed since I showed it. Please look again.",
    "hold_expired": "The time was held for a few minutes and they are over.",
    "too_many_holds": "Many people are booking just now. Please try again in a few minutes.",
    "too_many_open": "You have as many bookings as this shop allows.",
    "wrong_state": "That cannot be changed any more.",
    "too_late": "It is too late to change this here. Please call the shop.",
    "customer_blocked": "Please call the shop to book.",
    "not_verified": "First I need to know it is you.",
    "key_reused": "That was done already, with something else.",
    "shop_paused": "The shop takes no new bookings for now.",
    "overlap": "That time is taken.",
    "code_error": "The code could not be used.",
    "code_wrong": "That is not the code. Tries left: {left}.",
    "code_dead": "That code is no longer good.",
    "code_too_soon": "I sent a code a moment ago. Please wait a little for another.",
    "code_budget": "No more codes for now. Please call the shop or try again later.",
    "phone_invalid": "That is not a phone number I can reach.",
    "country_not_allowed": "I cannot send codes to that country. Please call the shop.",
    "delivery_failed": "A message could not be sent.",
    "not_ready": "We are not ready yet. Please try again later.",
}
"""What a person is told for each error's code; `error_text` fills it in."""

WORDS |= {f"error.{code}": words for code, words in ERRORS.items()}

WORDING = Wording(WORDS)


def text(key: str, /, **params: object) -> Say:
    """Return the Say of a text; KeyError for a key that has no words."""
    if key not in WORDS:
        raise KeyError(key)
    return Say(key, params)


def secret_text(key: str, /, **params: object) -> Say:
    """Return the Say of a text that is wiped once it is sent."""
    return Say(text(key).key, params, secret=True)


def error_text(error: SlotlineError) -> Say:
    """Return what a person is told for an error, with those of its facts that a text can hold."""
    facts = {
        name: value
        for name, value in error.params.items()
        if value is None or isinstance(value, str | int | Money)
    }
    return text(f"error.{error.code}", **facts)
