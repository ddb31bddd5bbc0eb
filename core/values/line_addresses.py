"""Our own end of a line at Twilio: a number, a short code, a sender's name or a messaging service.

Forms as Twilio writes them: E.164 numbers, short codes of 3 to 8 digits without a plus,
alphanumeric sender IDs of at most 11 characters with at least one letter, messaging services
MG + 32 hex digits.
https://www.twilio.com/docs/glossary/what-alphanumeric-sender-id
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import phonenumbers

from core.values.phone_numbers import MAX_LENGTH

LineAddressKind = Literal["number", "short_code", "name", "service"]

_SERVICE = re.compile(r"MG[0-9a-f]{32}")
_SHORT_CODE = re.compile(r"[0-9]{3,8}")
_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 +_&-]{1,11}")


@dataclass(frozen=True, slots=True)
class LineAddress:
    """An address in Twilio's form, and what kind of sender it is."""

    kind: LineAddressKind
    text: str

    @property
    def is_one_way(self) -> bool:
        """Whether nobody can write to it: phones show a name and offer no answer."""
        return self.kind == "name"


def parse_line_address(channel: str, written: str) -> LineAddress | None:
    """Return our address on a channel ("sms", "whatsapp"); None if it is none there.

    WhatsApp has numbers only, with or without "whatsapp:" in front.
    """
    text = written.strip().removeprefix("whatsapp:")
    if channel == "sms" and _SERVICE.fullmatch(text):
        return LineAddress("service", text)
    if channel == "sms" and _SHORT_CODE.fullmatch(text):
        return LineAddress("short_code", text)
    if channel == "sms" and _NAME.fullmatch(text):
        return LineAddress("name", text)
    try:
        # Unlike people's phones, senders may be toll-free.
        number = phonenumbers.parse(text if len(text) <= MAX_LENGTH else "", None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return LineAddress("number", e164)
