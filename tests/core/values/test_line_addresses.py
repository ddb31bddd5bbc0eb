"""What may be our own end of a line at Twilio, and how it is written."""

from __future__ import annotations

import pytest

from core.values.line_addresses import parse_line_address

SERVICE = "MG" + "0a" * 16


@pytest.mark.parametrize(
    ("channel", "written", "kind", "text"),
    [
        ("sms", "+34 915 55 01 77", "number", "+34915550177"),
        ("sms", "+1 800 356 9377", "number", "+18003569377"),
        ("whatsapp", "whatsapp:+34915550177", "number", "+34915550177"),
        ("sms", "12345", "short_code", "12345"),
        ("sms", " 767623 ", "short_code", "767623"),
        ("sms", "BELLA HAIR", "name", "BELLA HAIR"),
        ("sms", "Bella2", "name", "Bella2"),
        ("sms", SERVICE, "service", SERVICE),
    ],
)
def test_each_kind_of_sender_is_known(channel: str, written: str, kind: str, text: str) -> None:
    address = parse_line_address(channel, written)
    assert address is not None
    assert (address.kind, address.text, address.is_one_way) == (kind, text, kind == "name")


@pytest.mark.parametrize(
    ("channel", "written"),
    [
        ("sms", ""),
        ("sms", "12"),
        ("sms", "915550178"),
        ("sms", "Bella Hairdressers"),
        ("sms", "Bella!"),
        ("sms", "Peluquería"),
        ("whatsapp", "12345"),
        ("whatsapp", "BELLA HAIR"),
        ("whatsapp", SERVICE),
    ],
)
def test_anything_else_is_none(channel: str, written: str) -> None:
    assert parse_line_address(channel, written) is None
