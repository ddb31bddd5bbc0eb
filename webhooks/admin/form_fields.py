"""What forms share: amounts, whole numbers, instants, and how a refusal comes back in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.numbers import get_currency_precision

from core.errors import SlotlineError
from core.localtime import zones
from webhooks.admin.api_client import Problem
from webhooks.admin.error_messages import by_field, told
from webhooks.admin.visitor import Visit
from webhooks.api.schemas import clock

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::\d\d)?", re.ASCII)

BEYOND_FORMS = frozenset({401, 403, 404})
"""Refusals that no other words in the form would mend."""


def refused(problem: Problem) -> dict[str, Any]:
    """Return what a page takes to show its form again; raise what no form mends."""
    if problem.status in BEYOND_FORMS:
        raise problem
    return {"status": problem.status, "errors": by_field(problem), "problem": told(problem)}


def wrongs(errors: Mapping[str, str]) -> dict[str, Any]:
    """The same for what the page itself finds wrong, by field."""
    return {"status": 422, "errors": errors}


def ticked(typed: Mapping[str, str], names: Iterable[str]) -> dict[str, bool]:
    """Return which boxes are ticked."""
    return {name: bool(typed[name]) for name in names}


def whole(
    typed: Mapping[str, str], names: Iterable[str], wrong: dict[str, str]
) -> dict[str, int | None]:
    """Return whole numbers, None for what is empty; note what is none."""
    found: dict[str, int | None] = {}
    for name in names:
        if typed[name] and not (typed[name].isdecimal() and len(typed[name]) < 10):
            wrong[name] = "Write a whole number."
        else:
            found[name] = int(typed[name]) if typed[name] else None
    return found


def chosen(text: str) -> int | None:
    """Return the id of what was chosen from a list; None for nothing, and for what is no id."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def any_or(text: str) -> int | str | None:
    """Return the same where nothing means all of them: what is no id goes on, and is refused."""
    return chosen(text) or text or None


def number(value: int | None) -> str:
    """Return a number as it is typed; nothing for None."""
    return "" if value is None else str(value)


def split(text: str) -> list[str]:
    """Return what stands between commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


def minor_of(text: str, currency: str) -> int | None:
    """Return an amount in minor units, None for nothing; ValueError for what is none."""
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


def price_of(minor: int | None, currency: str) -> str:
    """Return minor units as they are typed."""
    if minor is None:
        return ""
    digits = get_currency_precision(currency)
    return f"{Decimal(minor).scaleb(-digits):.{digits}f}".removesuffix("." + "0" * digits)


def minutes_of(text: str) -> int:
    """Return a length that bookings can have, in minutes; ValueError for any other."""
    minutes = int(text) if text.isdecimal() and len(text) < 6 else 0
    if not 5 <= minutes <= 1440 or minutes % 5:
        raise ValueError(text)
    return minutes


def minutes_at(text: str) -> int:
    """Return a time of day in minutes after midnight; ValueError for what is none."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return int(found[1]) * 60 + int(found[2])


def stretch(opens: str, closes: str) -> dict[str, str]:
    """Return a stretch of a day as the API takes it; what closes no later closes the day after."""
    since, until = minutes_at(opens), minutes_at(closes)
    return {"opens": clock(since), "closes": clock(until if until > since else until + 24 * 60)}


def instant(visit: Visit, on: str, at: str, wrong: dict[str, str]) -> datetime | None:
    """Return the instant the shop's clocks show then; note what is wrong with it."""
    zone = visit.shop.shop.timezone
    try:
        day = date.fromisoformat(on)
    except ValueError:
        wrong["on"] = "Choose a day."
        return None
    try:
        minutes = minutes_at(at)
        epoch = zones.instant_at(day, minutes, zone)
    except (ValueError, SlotlineError):
        wrong["at"] = "Write a time of day, such as 14:30."
        return None
    if minutes % 5:
        wrong["at"] = "Times come in steps of five minutes."
        return None
    return zones.local(epoch, zone)


def _home(visit: Visit, provider: int | None) -> str:
    home = f"/shops/{visit.shop.shop.id}"
    return home if provider is None else f"{home}/providers/{provider}"
