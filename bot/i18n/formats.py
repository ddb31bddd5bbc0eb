"""Dates, times and amounts formatted for a language and country, short enough for an SMS."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton, format_time, get_timezone_location
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, get_currency_precision

from core.messaging.messages import Money, When

WHEN_SPECS = frozenset({"", "day", "time", "long", "full", "zone"})
"""Formats allowed in `{when:…}`."""

DAY_SPECS = frozenset({"", "day", "long", "weekday", "month"})
"""Formats allowed for a date."""


@lru_cache(maxsize=256)
def find_locale(language: str) -> Locale:
    """Return the closest known locale of `es`, `es_ES` or `en-IN`; English as the last resort.

    A language without a country uses its international form: plain English puts the day first.
    """
    for tag in _nearest(language):
        try:
            return Locale.parse(tag)
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse("en_001")


def _nearest(language: str) -> tuple[str, ...]:
    name, _, country = language.replace("-", "_").partition("_")
    name = name.lower()
    if not country:
        return ("en_001",) if name == "en" else (name,)
    return (f"{name}_{country.upper()}", "en_001" if name == "en" else name)


def format_moment(value: When, spec: str, language: str) -> str:
    """Format an instant in the wall clock of its zone.

    "" is "Fri 13 Mar 5:30 pm", `day` "Fri 13 Mar", `time` "5:30 pm", `long` "Friday 13 March",
    `full` "Friday 13 March 5:30 pm", `zone` the city the zone is named after.
    """
    where = find_locale(language)
    if spec == "zone":
        return get_timezone_location(value.zone, locale=where, return_city=True)
    local = value.at.astimezone(ZoneInfo(value.zone))
    if spec == "time":
        return format_clock(local, where)
    written = format_day(local.date(), "long" if spec in {"long", "full"} else "", language)
    return f"{written} {format_clock(local, where)}" if spec in {"", "full"} else written


def format_day(value: date, spec: str, language: str) -> str:
    """Format a date: "Fri 13 Mar", `long` "Friday 13 March"; "Mar 13" where months come first.

    `weekday` alone is "Fri", `month` alone "March".
    """
    where = find_locale(language)
    if spec == "month":
        return str(where.months["stand-alone"]["wide"][value.month]).capitalize()
    if spec == "long":
        weekday = where.days["format"]["wide"][value.weekday()]
        return f"{weekday} {_plain(format_skeleton('MMMMd', value, locale=where))}"
    weekday = str(where.days["format"]["abbreviated"][value.weekday()])
    if spec == "weekday":
        return weekday.replace(".", "")
    month = where.months["format"]["abbreviated"][value.month]
    first, second = (month, value.day) if _month_first(where) else (value.day, month)
    return f"{weekday} {first} {second}".replace(".", "")


def format_month(value: date, language: str) -> str:
    """Format the month and year of a date: "March 2026"."""
    written = _plain(format_skeleton("yMMMM", value, locale=find_locale(language)))
    return written[:1].upper() + written[1:]


@lru_cache(maxsize=256)
def _month_first(where: Locale) -> bool:
    pattern = str(where.date_formats["short"].pattern)
    return pattern.upper().index("M") < pattern.lower().index("d")


@lru_cache(maxsize=256)
def _twelve_hours(where: Locale) -> bool:
    # English uses "5:30 pm" even in countries with 24-hour clocks: "17:30" is understood
    # everywhere, but "5:30" typed back is ambiguous.
    return where.language == "en" or "a" in where.time_formats["short"].pattern


def format_clock(local: datetime, where: Locale) -> str:
    """Format the time of a local datetime: "5:30 pm" or "17:30"."""
    if not _twelve_hours(where):
        hour = local.hour
        padded = where.time_formats["short"].pattern.startswith("HH")
        return f"{hour:02}:{local:%M}" if padded else f"{hour}:{local:%M}"
    if where.language == "en":
        return f"{local.hour % 12 or 12}:{local:%M} {'am' if local.hour < 12 else 'pm'}"
    return _plain(format_time(local.time(), "short", locale=where))


def format_amount(value: Money, language: str, *, sign: bool = False) -> str:
    """Format an amount without empty cents: "25 EUR", "12.50 EUR" or, with the sign, "€25"."""
    where = find_locale(language)
    digits = get_currency_precision(value.currency)
    whole, cents = divmod(value.minor, 10**digits)
    figure = value.minor / 10**digits  # for display only, never for calculation
    if not sign:
        pattern = "#,##,##0" if where.territory == "IN" else "#,##0"
        if cents:
            pattern += "." + "0" * digits
        number = format_decimal(figure if cents else whole, format=pattern, locale=where)
        return f"{_plain(number)} {value.currency}"
    shown = format_currency(
        figure if cents else whole,
        value.currency,
        locale=where,
        format=None if cents else _whole(where),
        currency_digits=bool(cents),
    )
    return _plain(shown)


@lru_cache(maxsize=256)
def _whole(where: Locale) -> str:
    """Return the locale's money pattern without decimals."""
    return re.sub(r"\.0+", "", where.currency_formats["standard"].pattern)


def join_words(items: list[str], language: str) -> str:
    """Join words as a list in a sentence: "a, b and c"."""
    return format_list(items, locale=find_locale(language))


def _plain(text: str) -> str:
    # CLDR uses narrow and no-break spaces, which GSM-7 lacks.
    return text.replace("\u202f", " ").replace("\xa0", " ")
