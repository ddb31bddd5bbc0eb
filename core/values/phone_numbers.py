"""Phone numbers: parsed as people write them in a country, stored in E.164."""

from __future__ import annotations

import re

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


_OLD_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    # Brazil's mobiles got a ninth digit by 2016; landlines begin with 2 to 5.
    (re.compile(r"\+55([1-9][1-9])([6-9]\d{7})"), r"+55\g<1>9\2"),
    # Mexico's 1 of mobiles went in 2019.
    (re.compile(r"\+521([1-9]\d{9})"), r"+52\1"),
    # Argentina's mobiles abroad have a 9 and no 15, however they are dialled at home.
    (re.compile(r"\+54(11)15(\d{8})"), r"+549\1\2"),
    (re.compile(r"\+54([2368]\d{2})15(\d{7})"), r"+549\1\2"),
    (re.compile(r"\+54([23]\d{3})15(\d{6})"), r"+549\1\2"),
    # Ivory Coast went from 8 to 10 digits in 2021: by operator.
    (re.compile(r"\+225(\d[0-3]\d{6})"), r"+22501\g<1>"),
    (re.compile(r"\+225(\d[4-6]\d{6})"), r"+22505\g<1>"),
    (re.compile(r"\+225(\d[7-9]\d{6})"), r"+22507\g<1>"),
    # Benin got 01 before all numbers in 2024.
    (re.compile(r"\+229([2-9]\d{7})"), r"+22901\g<1>"),
)
"""Old spellings of one number, which WhatsApp accounts made back then still have."""


def normal_form(phone: str) -> str:
    """Return the one spelling of an E.164 number; anything else is returned as it is."""
    for old, new in _OLD_FORMS:
        if old.fullmatch(phone):
            return old.sub(new, phone)
    return phone


def parse_phone(text: str, region: str) -> str:
    """Return in E.164 a number written as in `region` (ISO 3166 alpha-2).

    Raise PhoneInvalid (`phone`) for an impossible, short, premium or non-personal number.
    """
    try:
        number = phonenumbers.parse(text if len(text) <= MAX_LENGTH else "", region or None)
        written = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        number = phonenumbers.parse(normal_form(written), None)
    except NumberParseException:
        raise PhoneInvalid(phone=text[:MAX_LENGTH]) from None
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) in _NOBODYS:
        raise PhoneInvalid(phone=text[:MAX_LENGTH])
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def country_of_phone(phone: str) -> str:
    """Return the country (ISO 3166 alpha-2) of an E.164 number, or ""."""
    try:
        number = phonenumbers.parse(normal_form(phone), None)
    except NumberParseException:
        return ""
    region = phonenumbers.region_code_for_number(number)
    return region if region and len(region) == 2 and region.isalpha() else ""
