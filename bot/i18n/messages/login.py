"""Texts of the hold, codes, phone and name."""

from __future__ import annotations

MESSAGES: dict[str, str | tuple[str, str]] = {
    # --- buttons and messages that change (Telegram) -------------------------------------------
    "share_number": "Share my number",
    "share_phone": "Your phone number, please: share it with the button below, or write it and I "
    "send you a code.",
    "no_codes": "I cannot send codes to phones here. Please share your number with the button "
    "below.",
    "not_your_contact": "That is not your own number. Please use the button below the text field, "
    "or write your number.",
    "done.phone": "{phone}",
    # --- hold, code, name ----------------------------------------------------------------------
    "held": "{provider}, {when}, {service}. Held for {minutes} min.",
    "code.login": "{shop}: reply {code} to go on. Didn't ask? Ignore this.",
    "code.login.named": "{shop}: reply {code} and your name to book. Didn't ask? Ignore this.",
    "code.staff": "{shop}: reply {code} to give your order '{order}' as staff. Didn't ask? Tell "
    "nobody and ignore this.",
    "code.wrong-number": "{shop}: somebody works with this number. Reply {code} to take it off "
    "their account. Didn't ask? Ignore this.",
    "code_sent": "I sent a code to {phone}. Reply it here with your name.",
    "code_sent.named": "I sent a code to {phone}. Reply it here.",
    "code_sent.login": "{shop}: {code} is for the chat where you book. Never share it, nobody of "
    "ours asks for it. Didn't ask? Ignore this.",
    "code_sent.staff": "{shop}: {code} lets a chat give orders as you, staff. Never share it, "
    "nobody of ours asks for it. Didn't ask? Ignore this.",
    "code_sent.sign-in": "{shop}: {code} signs in on the page. Never share it, nobody of ours asks "
    "for it. Didn't ask? Ignore this.",
    "last_owner": "Noted. A shop depends on this number, so it stays for now: whoever runs it is "
    "asked.",
    "name_noted": "Thanks, {name}.",
    "attendee_noted": "For {attendee}, noted.",
    "enter_code": "Reply the 6-digit code from the message.",
    "new_code": "send a new code",
    "which_phone": "Which phone number should the code go to?",
    "which_name": "What is your name?",
    "sure.name": 'Book it as "{name}"?',
    "other_name": "another name",
    "prove_first": "To show your bookings I need to know it is you.",
    "check": "{what} with {provider}, {when}. Shall I book it?",
    "check_for": "For {attendee}: {what} with {provider}, {when}. Shall I book it?",
}
