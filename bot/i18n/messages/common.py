"""Texts used in any flow."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    # --- anywhere ------------------------------------------------------------------------------
    "lines": "{parts:lines}",
    "yes": "Yes",
    "no": "No",
    "sorry": "Sorry, I did not get that.",
    "offer_person": "Sorry, I still do not get it. Reply PERSON to talk to somebody, or 0 for the "
    "menu.",
    "unasked": "Hello! {message}\nYou can answer here.",
    "first": "{message}\nReply MOVE to change it. STOP: no texts.",
    "first.named": "{shop}: {message}",
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
    "all_right": "All right.",
    "take_time": "Take your time.",
    "one_each": "Each booking is for one person. Please write again for the next.",
    "only_shop": "Here you can only book with {shop}.",
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
    # --- buttons and messages that change (Telegram) -------------------------------------------
    "done": "✓ {line}",
    "grid.morning": "Morning",
    "grid.afternoon": "Afternoon",
    "grid.evening": "Evening",
    "edited": "I read messages as they were first sent. If you meant something else, write it "
    "again.",
    "bad_link": "That link leads to nothing any more.",
    "help.taps": "{shop}: book, move or call off appointments here. Write what you need in your "
    "own words, or use /book, /bookings, /language. Phone {phone}. No more messages: /stop",
    "help_any.taps": "Book appointments here. Write a shop's name or city, or use /book, "
    "/bookings, /language. No more messages: /stop",
    "tap.nothing_there": "There is nothing free.",
    "tap.not_here": "Please talk with me in a private chat.",
    "group": "I make appointments in a private chat: {link}",
    "confirm": "Confirm",
    # --- my bookings ---------------------------------------------------------------------------
    "sure.this": "Just to be sure: shall I go ahead?",
}
