"""The API's errors in plain English; the admin pages have no other language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from webhooks.admin.handler_calls import CallRefused

CODE_MESSAGES = {
    "code_wrong": "That is not the code. {left} tries are left.",
    "code_dead": "This code is used up or too old. Ask for a new one.",
    "code_too_soon": "A code was sent a moment ago. Wait a minute, then ask again.",
    "code_budget": "No more codes for this phone just now. Try again in an hour.",
    "code_unsendable": "This installation has no line that sends SMS. Run "
    "“python -m bot create-admin” with your phone on its machine: it prints a code to enter here.",
    "phone_invalid": "This is no phone number. Write it with its country: +34 600 111 222.",
    "country_not_allowed": "Codes are not sent to phones of this country. Run "
    "“python -m bot create-admin” with your phone on the machine: it prints a code to enter here.",
    "sign_in_failed": "E-mail and password do not belong together.",
    "sign_in_locked": "Too many wrong passwords. Wait a little, then try again.",
    "email_unverified": "Open the link in the mail we sent you first; then sign in.",
    "not_allowed": "Your role does not allow this. Ask an owner of the shop.",
    "not_found": "It is not there any more.",
    "slot_taken": "Somebody else has this time already.",
    "not_offered": "This time is not on offer: the shop or the provider is closed then.",
    "offer_changed": "The service changed meanwhile. Look at it again.",
    "terms_differ": "There it is another length or price than agreed. Choose which it shall be.",
    "reason_needed": "The visit is over. Write why this is changed.",
    "already_booked": "They have a booking at that hour already: {ref}. Tick the box to book both.",
    "wrong_state": "Somebody was faster: the booking is in another state by now.",
    "customer_blocked": "This customer is blocked: the shop takes no bookings from them.",
    "overlap": "There is a booking in that time already.",
    "opt_out_stands": "They opted out themselves meanwhile: only they can take it back.",
    "last_owner": "A shop keeps at least one owner. Invite another one first.",
    "invitation_over": "This invitation is over. Ask the shop for a new one.",
    "too_many_requests": "That was a lot in a short time. Wait a few minutes, then go on.",
    "invalid": "Something is missing or not right. Look at the fields marked below.",
}
"""By the `code` of a problem; braces are facts of it."""

REASON_MESSAGES = {
    "length": "Write {least} to {most} characters.",
    "range": "It has to be between {least} and {most}.",
    "step": "Minutes come in steps of five.",
    "zone": "There is no such time zone. Choose one of the list, such as Europe/Madrid.",
    "country": "Write two letters, such as ES.",
    "currency": "Write three letters, such as EUR.",
    "taken": "This is taken already. Choose another.",
    "type": "This is not of the form it has to be.",
    "order": "The end has to come after the beginning.",
    "span": "That is too long a time.",
    "unknown": "It is not there any more. Choose another.",
    "time": "Write a time of day, such as 09:00.",
    "rule": "Write it like 24h, 2h or at 09:00.",
    "language": "Write a language such as en, es, pt or hi.",
    "itself": "It cannot be the same one.",
    "account": "Each has an account of their own: they are two people.",
    "count": "No more than {most}. Take one away first.",
    "oneself": "That is you: another admin has to do it.",
    "needed": "Write why.",
    "admin": "An admin cannot be deleted.",
}
"""By the `reason` of a field."""

VALIDATION_PATTERNS = (
    (r"String should have at least (\d+) character", "Write at least {} characters."),
    (r"String should have at most (\d+) character", "Write at most {} characters."),
    (r"Value should have at most (\d+) items after validation", "Write at most {} characters."),
    (r"Input should be greater than or equal to (\d+)", "It has to be at least {}."),
    (r"Input should be less than or equal to (\d+)", "It has to be at most {}."),
    (r"Input should be a multiple of (\d+)", "It has to come in steps of {}."),
    (r"Input should be a valid (?:integer|number)", "Write a number."),
    (r"Input should be a valid date", "Write a date."),
)
"""What the check of a request's form says, as a person would."""


def problem_message(problem: CallRefused) -> str:
    """Return a problem as a sentence or two."""
    words = CODE_MESSAGES.get(problem.code)
    if words is None:
        return problem.detail or "That did not work."
    facts = {"left": problem.params.get("left", "Few")}
    if problem.code == "code_wrong" and facts["left"] == 1:
        return "That is not the code. One try is left."
    return words.format(**facts)


def field_messages(problem: CallRefused) -> dict[str, str]:
    """Return the errors of a form's fields, by field name."""
    return {str(one["field"]).rpartition(".")[2]: _reason(one) for one in problem.fields}


def _reason(one: Mapping[str, Any]) -> str:
    reason = str(one.get("reason", ""))
    if reason == "length" and one.get("least") in {0, None}:
        return f"Write at most {one.get('most')} characters."
    for pattern, plain in VALIDATION_PATTERNS:
        if found := re.match(pattern, reason):
            return plain.format(*found.groups())
    words = REASON_MESSAGES.get(reason, reason)
    words = words.format(least=one.get("least", ""), most=one.get("most", ""))
    return words[:1].upper() + words[1:]
