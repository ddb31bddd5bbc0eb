"""Segments per second of each kind of Twilio number.

https://help.twilio.com/articles/115002943027 lists the initial limits of Twilio and the carriers;
registered campaigns and larger accounts get more, so `TWILIO_RATES` overrides each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

DEFAULT_RATES: Mapping[str, float] = {
    "longcode": 1,  # an ordinary number of the United States or Canada
    "tollfree": 3,
    "shortcode": 100,
    "international": 10,  # an ordinary number of another country
    "alphanumeric": 10,
    "service": 10,  # a messaging service; which numbers are in it we do not know
    "whatsapp": 80,
}
"""Segments per second of a sender; 0 means no limit."""

_TOLL_FREE = re.compile(r"\+1(800|833|844|855|866|877|888)")


def sender_kind(address: str, channel: str) -> str:
    """Return the kind of one of our sender addresses."""
    if channel == "whatsapp":
        return "whatsapp"
    if address.startswith("MG"):
        return "service"
    if _TOLL_FREE.match(address):
        return "tollfree"
    if address.startswith("+"):
        return "longcode" if address.startswith("+1") else "international"
    return "shortcode" if address.isdecimal() else "alphanumeric"


def parse_rates(setting: str) -> tuple[dict[str, float], list[str]]:
    """Parse "longcode=10, service=30" into rates by kind, and return the invalid parts."""
    rates, odd = dict(DEFAULT_RATES), []
    for part in filter(None, (one.strip() for one in setting.split(","))):
        name, _, figure = (piece.strip() for piece in part.partition("="))
        if name in rates and re.fullmatch(r"\d{1,5}(\.\d{1,3})?", figure):
            rates[name] = float(figure)
        else:
            odd.append(part)
    return rates, odd
