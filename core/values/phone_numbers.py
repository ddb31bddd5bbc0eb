"""Phone numbers: parsed as people write them in a country, stored in E.164."""

from __future__ import annotations

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from core.errors import PhoneInvalid

MAX_LENGTH = 40
"""Maximum length of a written number."""

_NOBODYS = {
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.SHARED_COST,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.PAGER,
    PhoneNumberType.UAN,
    PhoneNumberType.VOICEMAIL,
}
"""Kinds of numbers that receive no personal messages and may be expensive."""


def parse_phone(text: str, region: str) -> str:
    """Return in E.164 a number written as in `region` (ISO 3166 alpha-2).

    Raise PhoneInvalid (`phone`) for an impossible, short, premium or non-personal number.
    """
    try:
        number = phonenumbers.parse(text if len(text) <= MAX_LENGTH else "", region or None)
    except NumberParseException:
        raise PhoneInvalid(phone=text[:MAX_LENGTH]) from None
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) in _NOBODYS:
        raise PhoneInvalid(phone=text[:MAX_LENGTH])
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def country_of_phone(phone: str) -> str:
    """Return the country (ISO 3166 alpha-2) of an E.164 number, or ""."""
    try:
        number = phonenumbers.parse(phone, None)
    except NumberParseException:
        return ""
    region = phonenumbers.region_code_for_number(number)
    return region if region and len(region) == 2 and region.isalpha() else ""
