"""Phone numbers: read as people write them in a country, kept in E.164."""

from __future__ import annotations

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from core.errors import PhoneInvalid

MAX_LENGTH = 40
"""Characters a number may be written with; far more is something else."""

_NOBODYS = {
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.SHARED_COST,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.PAGER,
    PhoneNumberType.UAN,
    PhoneNumberType.VOICEMAIL,
}
"""Kinds of numbers no person gets a message on, and which may cost us dearly."""


def parse_phone(text: str, region: str) -> str:
    """Return a number in E.164, read as people in `region` (ISO 3166 alpha-2) write it.

    PhoneInvalid (`phone`) for what is impossible, short, premium or nobody's own.
    """
    try:
        number = phonenumbers.parse(text if len(text) <= MAX_LENGTH else "", region or None)
    except NumberParseException:
        raise PhoneInvalid(phone=text[:MAX_LENGTH]) from None
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) in _NOBODYS:
        raise PhoneInvalid(phone=text[:MAX_LENGTH])
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def country_of_phone(phone: str) -> str:
    """Return the country (ISO 3166 alpha-2) of a number in E.164; "" when it has none."""
    try:
        number = phonenumbers.parse(phone, None)
    except NumberParseException:
        return ""
    region = phonenumbers.region_code_for_number(number)
    return region if region and len(region) == 2 and region.isalpha() else ""
