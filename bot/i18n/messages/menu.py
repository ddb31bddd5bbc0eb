"""Texts of the welcome, the menu and the bots' commands."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    # --- buttons and messages that change (Telegram) -------------------------------------------
    "command.start": "Begin anew",
    "command.book": "Book an appointment",
    "command.bookings": "See, move or call off my appointments",
    "command.language": "Speak another language",
    "command.help": "What I can do",
    "command.stop": "No more messages",
    "command.customer_about": "I make appointments: see what is free, tap a time, done. I remind "
    "you, and you can move or call off here at any time.",
    "command.customer_short": "Book, move and call off appointments in a chat.",
    # --- welcome and menu ----------------------------------------------------------------------
    "welcome": "Welcome to {shop}.",
    "hi_name": "Hi {name}.",
    "menu": "{shop}. What can I do?",
    "menu.book": "Book",
    "menu.mine": "My bookings",
    "menu.about": "Hours and address",
    "menu.human": "Talk to a person",
    "menu.language": "Language",
    "menu.notify": "Messages",
    "menu.back": "Back to where we were",
    "menu.over": "Start over",
    "about": "{shop}, {address}. Phone {phone}.\n{hours}",
    "which_language": "Which language?",
    "language.en": "English",
    "language.es": "Español",
    "language.pt": "Portugues",
    "language.hi": "Hindi",
    "language_set": "I speak English now.",
    "left_alone": "We were in the middle of something. Go on or start over?",
    "go_on": "Go on",
    "start_over": "Start over",
    "human_called": "I told {shop}. Somebody will write to you here; I keep quiet until then.",
    "human_closed": "{shop} is closed now and opens {when}. I left word; somebody will write to "
    "you here.",
    "back_again": "It is me again, the booking assistant.",
}
