"""One normal form of each phone, whatever spelling a network or an app still has."""

from __future__ import annotations

import pytest

from core.db.runtime import Runtime
from core.messaging.lines import get_or_create_line, load_lines
from core.people.identities import get_or_create_contact
from core.values.phone_numbers import country_of_phone, normal_form, parse_phone

SPELLINGS = [
    ("+551187654321", "+5511987654321", "BR"),
    ("+554891234567", "+5548991234567", "BR"),
    ("+5215512345678", "+525512345678", "MX"),
    ("+22507123456", "+2250707123456", "CI"),
    ("+22997123456", "+2290197123456", "BJ"),
    ("+541115 2345 6789".replace(" ", ""), "+5491123456789", "AR"),
]


@pytest.mark.parametrize(("old", "new", "country"), SPELLINGS)
def test_old_and_new_spelling_are_one_number(old: str, new: str, country: str) -> None:
    assert (normal_form(old), normal_form(new)) == (new, new)
    assert country_of_phone(old) == country_of_phone(new) == country
    assert parse_phone(old, "ES") == parse_phone(new, "ES") == new


@pytest.mark.parametrize("phone", ["+551132654321", "+34600111222", "+5491123456789", "x", ""])
def test_a_number_in_its_normal_form_stays(phone: str) -> None:
    assert normal_form(phone) == phone


async def test_who_writes_from_an_old_spelling_is_found_by_the_new_one(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        for channel in ("whatsapp", "sms"):
            await get_or_create_line(ctx, transport="terminal", channel=channel, address=channel)
        whatsapp, sms = await load_lines(ctx)
        one = await get_or_create_contact(ctx, whatsapp, "+551187654321")
        other = await get_or_create_contact(ctx, sms, "+5511987654321")
    assert one.identity_id == other.identity_id
    assert one.conversation_id != other.conversation_id
