"""Codes of Twilio's error dictionary: what they mean for a message, and in plain words.

https://www.twilio.com/docs/api/errors has them all; here are those that messages end with.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.i18n.messages import MESSAGES

OPTED_OUT = 21610
TEMPLATE_ERRORS = frozenset({21655, 21656, 21658, 63013, 63021})
"""The template does not exist or rejects its values."""

# Permanent errors. All others, such as rate limits, outages or lack of funds, may pass.
PERMANENT_ERRORS = frozenset(
    {
        21211,  # the number is not one
        21212,  # nor is ours
        21214,  # it cannot be reached
        21408,  # no permission for its country
        21602,  # nothing to send
        21604,
        21606,  # our number cannot send messages
        OPTED_OUT,
        21612,  # no route from ours to theirs
        21614,  # a landline
        21617,  # too long
        *TEMPLATE_ERRORS,
        21910,  # SMS to WhatsApp or the other way round
        30003,  # these come by status callback: switched off
        30004,  # blocked
        30005,  # unknown
        30006,  # a landline
        30007,  # filtered as spam
        63003,  # no WhatsApp there
        63016,  # the 24 hours are over, and this is no template
        63024,  # not a WhatsApp recipient
        63032,  # WhatsApp limits this person
    }
)

UNREACHABLE_ERRORS = frozenset(
    {
        21211,  # the number is not one
        21214,  # it cannot be reached
        21614,  # a landline
        30005,  # unknown
        30006,  # a landline
        63003,  # no WhatsApp there
        63024,  # not a WhatsApp recipient
    }
)
"""Permanent errors of the recipient: no message will ever arrive there."""

PROVIDER_DOWN_KEY = "why.away"
"""The text for a missing or invalid response."""

ERROR_KEYS: Mapping[int, str] = {
    20429: "why.busy",
    21211: "why.no_such_number",
    21212: "why.ours",
    21214: "why.no_such_number",
    21408: "why.country",
    21606: "why.ours",
    OPTED_OUT: "why.opted_out",
    21612: "why.country",
    21614: "why.landline",
    30002: "why.account",
    30003: "why.off",
    30004: "why.blocked",
    30005: "why.no_such_number",
    30006: "why.landline",
    30007: "why.filtered",
    30008: "why.network",
    30032: "why.unregistered",
    30034: "why.unregistered",
    63003: "why.not_on_whatsapp",
    63016: "why.window",
    63018: "why.busy",
    63024: "why.not_on_whatsapp",
    63032: "why.whatsapp_limits",
}
"""The text that explains to staff why a message was not delivered."""


def error_key(code: int | None) -> str:
    """Return the key of the text that explains a code; "" for a rare one."""
    return ERROR_KEYS.get(code or 0, "")


def describe_error(code: int) -> str:
    """Return a code with its meaning for logs and records: "30003: the phone is off …"."""
    words = MESSAGES.get(error_key(code), "")
    assert isinstance(words, str)
    return f"{code}: {words}" if words else str(code)
