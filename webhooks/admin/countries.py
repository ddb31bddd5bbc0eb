"""Facts about countries: currency, time zones and, where there is only one, the time zone."""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib import resources

import phonenumbers
from babel import Locale
from babel.numbers import get_territory_currencies

_SPOKEN = ("en", "es", "pt", "hi")


@cache
def list_countries() -> tuple[tuple[str, str], ...]:
    """Return (code, name) of every country that has phone numbers, by name."""
    names = Locale("en").territories
    known = ((code, str(names.get(code, code))) for code in phonenumbers.SUPPORTED_REGIONS)
    return tuple(sorted(known, key=lambda pair: pair[1]))


@cache
def zones_by_country() -> dict[str, tuple[str, ...]]:
    """Return the time zones of each country, the most populous first, from the pinned tzdata."""
    table = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8")
    found: dict[str, list[str]] = {}
    for line in table.splitlines():
        if line and not line.startswith("#"):
            code, _, name = line.split("\t")[:3]
            found.setdefault(code, []).append(name)
    return {code: tuple(names) for code, names in found.items()}


@cache
def list_zones() -> tuple[str, ...]:
    """Return the names of all zones that belong to a country, in order."""
    return tuple(sorted({name for names in zones_by_country().values() for name in names}))


@cache
def country_by_zone() -> dict[str, str]:
    """Return the code of the country that each zone belongs to."""
    return {name: code for code, names in zones_by_country().items() for name in names}


def only_zone_of(country: str) -> str:
    """Return a country's only time zone; "" if it has several or is unknown."""
    known = zones_by_country().get(country.upper(), ())
    return known[0] if len(known) == 1 else ""


def currency_of_country(country: str, day: date) -> str:
    """Return a country's currency on a day; "" if unknown."""
    try:
        return next(iter(get_territory_currencies(country.upper(), day, day)), "")
    except LookupError:
        return ""


@cache
def list_languages() -> tuple[tuple[str, str], ...]:
    """Return (tag, native name) of the supported languages."""
    return tuple((tag, str(Locale(tag).get_language_name()).title()) for tag in _SPOKEN)
