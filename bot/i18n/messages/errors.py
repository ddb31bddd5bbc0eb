"""Texts of errors shown to people."""

from __future__ import annotations

ERROR_MESSAGES: dict[str, str] = {
    "error": "That did not work, sorry.",
    "not_found": "I cannot find that.",
    "not_allowed": "That is not possible for you here.",
    "invalid": "That does not look right. Please try again.",
    "last_owner": "The shop needs an owner: make somebody else one first.",
    "invitation_over": "This invitation is over. Ask the shop for a new one.",
    "booking_error": "That booking cannot be made, sorry.",
    "slot_taken": "Someone booked that time first.",
    "not_offered": "That time is not on offer.",
    "nothing_free": "{shop} has nothing free in the time that can be booked. Reply PERSON to ask.",
    "offer_changed": "The price or length changed since I showed it. Please look again.",
    "terms_differ": "There it is another length or price than agreed.",
    "reason_needed": "That visit is over. Say why it is changed.",
    "already_booked": "There is a booking at that time already.",
    "too_many_holds": "Many people are booking just now. Please try again in a few minutes.",
    "too_many_open": "You have as many bookings as this shop allows.",
    "wrong_state": "That cannot be changed any more.",
    "too_late": "It is too late to change this here. Please call the shop: {phone}.",
    "customer_blocked": "Please call the shop to book.",
    "not_verified": "First I need to know it is you.",
    "key_reused": "That was done already, with something else.",
    "shop_paused": "The shop takes no new bookings for now.",
    "overlap": "That time is taken.",
    "opt_out_stands": "They said themselves that they want no messages. They can write START.",
    "line_in_use": "People have written on this line.",
    "code_error": "The code could not be used.",
    "code_wrong": "That is not the code. Tries left: {left}.",
    "code_dead": "That code is no longer good.",
    "code_too_soon": "I sent a code a moment ago. Please wait a little for another.",
    "code_budget": "No more codes for now. Please call the shop or try again later.",
    "staff_unproved": "Orders are not taken from this chat yet. Ask your shop for a link to join.",
    "code_unsendable": "I cannot send a code to a phone from here. Please call the shop.",
    "phone_invalid": "That is not a phone number I can reach.",
    "country_not_allowed": "I cannot send codes to that country. Please call the shop.",
    "sign_in_failed": "E-mail and password do not belong together.",
    "sign_in_locked": "Too many wrong passwords. Please wait a little.",
    "not_signed_in": "Please sign in again.",
    "email_unverified": "Please open the link in our mail first.",
    "link_dead": "That link is no longer good. Please ask for a new one.",
    "delivery_failed": "A message could not be sent.",
    "not_ready": "We are not ready yet. Please try again later.",
}
"""The text for each error code; `error_text` fills it in."""

MESSAGES: dict[str, str | tuple[str, str]] = {
    f"error.{code}": words for code, words in ERROR_MESSAGES.items()
}
