"""Parsing and formatting of form fields, and errors shown at them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.numbers import get_currency_precision

from core.errors import SlotlineError
from core.localtime import zones
from webhooks.admin.error_messages import field_messages, problem_message
from webhooks.admin.handler_calls import CallRefused
from webhooks.admin.visitor import Visitor
from webhooks.api.schemas import format_wall_time

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::\d\d)?", re.ASCII)

PAGE_LEVEL_STATUSES = frozenset({401, 403, 404})
"""Refusals that no other words in the form would mend."""


def api_errors(problem: CallRefused) -> dict[str, Any]:
    """Return an API error as arguments of the form's page; re-raise what no input can fix."""
    if problem.status in PAGE_LEVEL_STATUSES:
        raise problem
    return {
        "status": problem.status,
        "errors": field_messages(problem),
        "problem": problem_message(problem),
    }


def form_errors(errors: Mapping[str, str]) -> dict[str, Any]:
    """Return errors that the page found itself, by field, as arguments of the page."""
    return {"status": 422, "errors": errors}


def parse_checkboxes(typed: Mapping[str, str], names: Iterable[str]) -> dict[str, bool]:
    """Return the values of the ticked boxes."""
    return {name: bool(typed[name]) for name in names}


def parse_ints(
    typed: Mapping[str, str], names: Iterable[str], errors: dict[str, str]
) -> dict[str, int | None]:
    """Return whole numbers, None for empty fields; note an error for anything else."""
    found: dict[str, int | None] = {}
    for name in names:
        if typed[name] and not (typed[name].isdecimal() and len(typed[name]) < 10):
            errors[name] = "Write a whole number."
        else:
            found[name] = int(typed[name]) if typed[name] else None
    return found


def parse_id(text: str) -> int | None:
    """Return the chosen id; None for nothing or a malformed one."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def id_or_raw(text: str) -> int | str | None:
    """Return the chosen id, None for "all", or a malformed value, which the API refuses."""
    return parse_id(text) or text or None


def format_number(value: int | None) -> str:
    """Return a number as text; "" for None."""
    return "" if value is None else str(value)


def split_commas(text: str) -> list[str]:
    """Return the parts between commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


def parse_minor_units(text: str, currency: str) -> int | None:
    """Return an amount in minor units, None if empty; raise ValueError if malformed."""
    plain = text.replace(" ", "").replace(",", ".")
    if not plain:
        return None
    try:
        minor = Decimal(plain).scaleb(get_currency_precision(currency))
    except InvalidOperation:
        raise ValueError(text) from None
    if not minor.is_finite() or minor != minor.to_integral_value() or not 0 <= minor <= 10**12:
        raise ValueError(text)
    return int(minor)


def format_minor_units(minor: int | None, currency: str) -> str:
    """Return minor units as an amount for a form field."""
    if minor is None:
        return ""
    digits = get_currency_precision(currency)
    return f"{Decimal(minor).scaleb(-digits):.{digits}f}".removesuffix("." + "0" * digits)


def parse_duration(text: str) -> int:
    """Return a duration of bookings in minutes; raise ValueError if malformed or out of range."""
    minutes = int(text) if text.isdecimal() and len(text) < 6 else 0
    if not 5 <= minutes <= 1440 or minutes % 5:
        raise ValueError(text)
    return minutes


def parse_wall_time(text: str) -> int:
    """Return a time of day in minutes after midnight; raise ValueError if malformed."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return int(found[1]) * 60 + int(found[2])


def parse_time_range(opens: str, closes: str) -> dict[str, str]:
    """Return an interval as the API takes it; one that does not end later ends the day after."""
    since, until = parse_wall_time(opens), parse_wall_time(closes)
    return {
        "opens": format_wall_time(since),
        "closes": format_wall_time(until if until > since else until + 24 * 60),
    }


def parse_local_instant(
    visit: Visitor, on: str, at: str, errors: dict[str, str]
) -> datetime | None:
    """Return the instant of a date and time in the shop's zone; note an error if malformed."""
    zone = visit.catalog.shop.timezone
    try:
        day = date.fromisoformat(on)
    except ValueError:
        errors["on"] = "Choose a day."
        return None
    try:
        minutes = parse_wall_time(at)
        epoch = zones.first_instant_at(day, minutes, zone)
    except (ValueError, SlotlineError):
        errors["at"] = "Write a time of day, such as 14:30."
        return None
    if minutes % 5:
        errors["at"] = "Times come in steps of five minutes."
        return None
    return zones.to_local(epoch, zone)
