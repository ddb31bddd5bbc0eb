"""What the values of a shop, a service, a provider … have to be, field by field.

A `Field` returns the value as it is stored or raises `Invalid` with `field`, a `reason` in one
word and, where there are any, the bounds as `least` and `most`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

import phonenumbers
from babel import Locale, UnknownLocaleError
from babel.numbers import list_currencies

from core.errors import Invalid
from core.localtime import zones
from core.values.reminder_rules import MOST, Rule
from core.values.text_folding import keyword as folded_keyword

T = TypeVar("T")

Check = Callable[[str, Any], T]
"""Takes the field's name and its value."""

Field = Check[Any]

TAKEN_BY_CARRIERS = frozenset(
    "STOP STOPALL UNSUBSCRIBE CANCEL END QUIT REVOKE OPTOUT START UNSTOP YES HELP INFO".split()
)
"""Words the SMS network answers itself, so no shop can have one as its keyword."""


def text(most: int, least: int = 0) -> Check[str]:
    """A text of so many characters, without blanks around it."""

    def check(field: str, value: Any) -> str:
        if not isinstance(value, str):
            raise Invalid(field=field, reason="type")
        stripped = value.strip()
        if not least <= len(stripped) <= most:
            raise Invalid(field=field, reason="length", least=least, most=most)
        if "\0" in stripped:  # no database keeps it
            raise Invalid(field=field, reason="character")
        return stripped

    return check


def number(least: int, most: int, step: int = 1) -> Check[int]:
    """A whole number between bounds, in steps."""

    def check(field: str, value: Any) -> int:
        if type(value) is not int:
            raise Invalid(field=field, reason="type")
        if not least <= value <= most:
            raise Invalid(field=field, reason="range", least=least, most=most)
        if value % step:
            raise Invalid(field=field, reason="step", step=step)
        return value

    return check


def optional(field_: Check[T]) -> Check[T | None]:
    """The same, or None."""
    return lambda field, value: None if value is None else field_(field, value)


def unknown(field: str, _value: Any) -> Any:
    """No such field."""
    raise Invalid(field=field, reason="unknown")


def flag(field: str, value: Any) -> bool:
    """True or False."""
    if type(value) is not bool:
        raise Invalid(field=field, reason="type")
    return value


def words(field: str, value: Any) -> list[str]:
    """A list of names."""
    if not isinstance(value, list | tuple):
        raise Invalid(field=field, reason="type")
    return [text(100, 1)(field, word) for word in value]


def answers(field: str, value: Any) -> dict[str, str]:
    """Short texts by topic."""
    if not isinstance(value, Mapping):
        raise Invalid(field=field, reason="type")
    return {text(40, 1)(field, k): text(500)(field, v) for k, v in value.items()}


def reminders(field: str, value: Any) -> list[str]:
    """Rules such as "24h", "at 09:00", "after 2h", each once."""
    if not isinstance(value, list | tuple) or len(value) > MOST:
        raise Invalid(field=field, reason="type")
    try:
        return [str(rule) for rule in dict.fromkeys(Rule.parse(text) for text in value)]
    except (ValueError, TypeError):
        raise Invalid(field=field, reason="rule") from None


def wall_time(field: str, value: Any) -> str:
    """A time of day such as "08:00"; empty for never."""
    if value == "":
        return ""
    try:
        Rule.parse(f"at {value}")
    except ValueError:
        raise Invalid(field=field, reason="time") from None
    return str(value)


def templates(field: str, value: Any) -> dict[str, dict[str, str]]:
    """WhatsApp's approved templates: kind of message → language → ContentSid."""
    if not isinstance(value, Mapping):
        raise Invalid(field=field, reason="type")
    made = {}
    for kind, by_language in value.items():
        if not isinstance(by_language, Mapping):
            raise Invalid(field=field, reason="type")
        made[text(40, 1)(field, kind)] = {
            language(field, tag): text(40, 34)(field, sid) for tag, sid in by_language.items()
        }
    return made


def degrees(most: float) -> Check[float]:
    """A latitude or longitude."""

    def check(field: str, value: Any) -> float:
        if type(value) not in {int, float}:
            raise Invalid(field=field, reason="type")
        if not -most <= value <= most:
            raise Invalid(field=field, reason="range", least=-most, most=most)
        return float(value)

    return check


def zone(field: str, value: Any) -> str:
    """An IANA time zone of the pinned tzdata."""
    try:
        zones.zone(value)
    except (ValueError, TypeError):
        raise Invalid(field=field, reason="zone") from None
    return str(value)


def country(field: str, value: Any) -> str:
    """An ISO 3166 country that has phone numbers."""
    code = text(2, 2)(field, value).upper()
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise Invalid(field=field, reason="country")
    return code


def countries(field: str, value: Any) -> str:
    """Countries with commas between."""
    return ",".join(country(field, code) for code in text(1000, 2)(field, value).split(","))


@lru_cache(maxsize=1)
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies("en"))


def currency(field: str, value: Any) -> str:
    """An ISO 4217 currency."""
    code = text(3, 3)(field, value).upper()
    if code not in _currencies():
        raise Invalid(field=field, reason="currency")
    return code


def language(field: str, value: Any) -> str:
    """A language such as "es" or "pt-BR"; empty for none in particular."""
    tag = text(35)(field, value)
    try:
        return str(Locale.parse(tag, sep="-")).replace("_", "-") if tag else ""
    except (ValueError, UnknownLocaleError):
        raise Invalid(field=field, reason="language") from None


def keyword(field: str, value: Any) -> str:
    """A word that opens the shop: 2–20 letters and digits, none of the carriers' own words."""
    word = folded_keyword(text(100)(field, value))
    if not 2 <= len(word) <= 20:
        raise Invalid(field=field, reason="length", least=2, most=20)
    if word in TAKEN_BY_CARRIERS:
        raise Invalid(field=field, reason="taken")
    return word


NAME = text(100, 2)
LINE_OF_TEXT = text(200)
SHORT = text(1000)
MONEY = optional(number(0, 10**12))
POSITION = number(-(10**6), 10**6)
ID = optional(number(1, 2**63 - 1))
MINUTES = number(5, 1440, 5)
GAP = optional(number(0, 240, 5))

RULES: dict[str, Field] = {
    "grid_minutes": optional(MINUTES),
    "gap_before_minutes": GAP,
    "gap_after_minutes": GAP,
    "notice_minutes": optional(number(0, 400 * 1440)),
    "horizon_days": optional(number(1, 400)),
    "needs_approval": optional(flag),
    "cutoff_minutes": optional(number(0, 400 * 1440)),
}

SHOP: dict[str, Field] = {
    "name": NAME,
    "keyword": optional(keyword),
    "type": LINE_OF_TEXT,
    "city": LINE_OF_TEXT,
    "address": LINE_OF_TEXT,
    "directions": SHORT,
    "latitude": optional(degrees(90)),
    "longitude": optional(degrees(180)),
    "timezone": zone,
    "country": country,
    "currency": currency,
    "language": language,
    "phone": text(20),
    "emergency_phone": text(20),
    "about": SHORT,
    "answers": answers,
    "hold_minutes": number(1, 60),
    "max_open": number(1, 1000),
    "held_budget": number(1, 10**6),
    "codes_per_day": number(0, 10**6),
    "code_countries": optional(countries),
    "moves_anyone": flag,
    "paused": flag,
    "reminders": optional(reminders),
    "quiet_from": optional(number(0, 1439)),
    "quiet_until": optional(number(0, 1439)),
    "discreet": flag,
    "alert_unanswered": flag,
    "agenda_today": wall_time,
    "agenda_tomorrow": wall_time,
    "templates": templates,
}

CATEGORY: dict[str, Field] = {"name": NAME, "position": POSITION}

SERVICE: dict[str, Field] = {
    "name": NAME,
    "category_id": ID,
    "parent_id": ID,
    "description": SHORT,
    "preparation": SHORT,
    "minutes": MINUTES,
    "price_minor": MONEY,
    "synonyms": words,
    "sessions": flag,
    "position": POSITION,
    "active": flag,
    "reminders": optional(reminders),
}

PROVIDER: dict[str, Field] = {
    "name": NAME,
    "user_id": ID,
    "title": LINE_OF_TEXT,
    "speciality": LINE_OF_TEXT,
    "degree": LINE_OF_TEXT,
    "experience": LINE_OF_TEXT,
    "about": SHORT,
    "fee_minor": MONEY,
    "available": flag,
    "active": flag,
    "position": POSITION,
}

OFFER: dict[str, Field] = {"minutes": optional(MINUTES), "price_minor": MONEY}

ROOM: dict[str, Field] = {"name": NAME}

REASON: dict[str, Field] = {"reason": LINE_OF_TEXT}

LINE: dict[str, Field] = {
    "transport": text(20, 1),
    "channel": text(20, 1),
    "account": LINE_OF_TEXT,
    "address": LINE_OF_TEXT,
}


# ------------------------------------------------------------------------------------ workings


def _checked(fields: Mapping[str, Field], given: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they are stored; Invalid names the first that cannot be, and all in `all`."""
    values, wrong = {}, []
    for name, value in given.items():
        try:
            values[name] = fields.get(name, unknown)(name, value)
        except Invalid as error:
            wrong.append(error)
    if wrong:
        first = wrong[0]
        raise Invalid(**first.params, **({"all": wrong} if wrong[1:] else {}))
    return values
