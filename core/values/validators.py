"""Validation of single fields of a shop, a service, a provider and so on.

A `Validator` returns the value as stored or raises `InvalidValue` with `field`, a one-word `reason`
and any bounds as `least` and `most`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

import phonenumbers
from babel import Locale, UnknownLocaleError
from babel.numbers import list_currencies

from core.errors import InvalidValue
from core.localtime import zones
from core.values.reminder_rules import MAX_RULES, ReminderRule
from core.values.text_folding import fold_keyword

T = TypeVar("T")

Validator = Callable[[str, Any], T]
"""Takes the field's name and its value."""

AnyValidator = Validator[Any]

CARRIER_KEYWORDS = frozenset(
    "STOP STOPALL UNSUBSCRIBE CANCEL END QUIT REVOKE OPTOUT START UNSTOP YES HELP INFO".split()
)
"""Words that the SMS network answers itself, so no shop can have one as its keyword."""


def text_validator(most: int, least: int = 0) -> Validator[str]:
    """Return a validator of a stripped text with a limited number of characters."""

    def check(field: str, value: Any) -> str:
        if not isinstance(value, str):
            raise InvalidValue(field=field, reason="type")
        stripped = value.strip()
        if not least <= len(stripped) <= most:
            raise InvalidValue(field=field, reason="length", least=least, most=most)
        if "\0" in stripped:  # no database can store it
            raise InvalidValue(field=field, reason="character")
        return stripped

    return check


def integer_validator(least: int, most: int, step: int = 1) -> Validator[int]:
    """Return a validator of an integer within bounds, in steps."""

    def check(field: str, value: Any) -> int:
        if type(value) is not int:
            raise InvalidValue(field=field, reason="type")
        if not least <= value <= most:
            raise InvalidValue(field=field, reason="range", least=least, most=most)
        if value % step:
            raise InvalidValue(field=field, reason="step", step=step)
        return value

    return check


def optional_validator(field_: Validator[T]) -> Validator[T | None]:
    """Return a validator that also accepts None."""
    return lambda field, value: None if value is None else field_(field, value)


def reject_unknown(field: str, _value: Any) -> Any:
    """Refuse an unknown field."""
    raise InvalidValue(field=field, reason="unknown")


def validate_bool(field: str, value: Any) -> bool:
    """Return a boolean."""
    if type(value) is not bool:
        raise InvalidValue(field=field, reason="type")
    return value


def validate_words(field: str, value: Any) -> list[str]:
    """Return a list of names."""
    if not isinstance(value, list | tuple):
        raise InvalidValue(field=field, reason="type")
    return [text_validator(100, 1)(field, word) for word in value]


def validate_answers(field: str, value: Any) -> dict[str, str]:
    """Return short texts by topic."""
    if not isinstance(value, Mapping):
        raise InvalidValue(field=field, reason="type")
    return {
        text_validator(40, 1)(field, k): text_validator(500)(field, v) for k, v in value.items()
    }


def validate_reminders(field: str, value: Any) -> list[str]:
    """Return rules such as "24h", "at 09:00", "after 2h", without duplicates."""
    if not isinstance(value, list | tuple) or len(value) > MAX_RULES:
        raise InvalidValue(field=field, reason="type")
    try:
        return [str(rule) for rule in dict.fromkeys(ReminderRule.parse(text) for text in value)]
    except (ValueError, TypeError):
        raise InvalidValue(field=field, reason="rule") from None


def validate_wall_time(field: str, value: Any) -> str:
    """Return a time of day such as "08:00"; empty for never."""
    if value == "":
        return ""
    try:
        ReminderRule.parse(f"at {value}")
    except ValueError:
        raise InvalidValue(field=field, reason="time") from None
    return str(value)


def validate_templates(field: str, value: Any) -> dict[str, dict[str, str]]:
    """Return approved WhatsApp templates: kind of message → language → ContentSid."""
    if not isinstance(value, Mapping):
        raise InvalidValue(field=field, reason="type")
    made = {}
    for kind, by_language in value.items():
        if not isinstance(by_language, Mapping):
            raise InvalidValue(field=field, reason="type")
        made[text_validator(40, 1)(field, kind)] = {
            validate_language(field, tag): text_validator(40, 34)(field, sid)
            for tag, sid in by_language.items()
        }
    return made


def degrees_validator(most: float) -> Validator[float]:
    """Return a validator of a latitude or longitude."""

    def check(field: str, value: Any) -> float:
        if type(value) not in {int, float}:
            raise InvalidValue(field=field, reason="type")
        if not -most <= value <= most:
            raise InvalidValue(field=field, reason="range", least=-most, most=most)
        return float(value)

    return check


def validate_time_zone(field: str, value: Any) -> str:
    """Return an IANA time zone of the pinned tzdata."""
    try:
        zones.load_zone(value)
    except (ValueError, TypeError):
        raise InvalidValue(field=field, reason="zone") from None
    return str(value)


def validate_country(field: str, value: Any) -> str:
    """Return an ISO 3166 country that has phone numbers."""
    code = text_validator(2, 2)(field, value).upper()
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise InvalidValue(field=field, reason="country")
    return code


def validate_countries(field: str, value: Any) -> str:
    """Return countries separated by commas."""
    return ",".join(
        validate_country(field, code) for code in text_validator(1000, 2)(field, value).split(",")
    )


@lru_cache(maxsize=1)
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies("en"))


def validate_currency(field: str, value: Any) -> str:
    """Return an ISO 4217 currency."""
    code = text_validator(3, 3)(field, value).upper()
    if code not in _currencies():
        raise InvalidValue(field=field, reason="currency")
    return code


def validate_language(field: str, value: Any) -> str:
    """Return a language such as "es" or "pt-BR"; empty for no preference."""
    tag = text_validator(35)(field, value)
    try:
        return str(Locale.parse(tag, sep="-")).replace("_", "-") if tag else ""
    except (ValueError, UnknownLocaleError):
        raise InvalidValue(field=field, reason="language") from None


def validate_keyword(field: str, value: Any) -> str:
    """Return a keyword that opens the shop: 2–20 letters and digits, no carrier's word."""
    word = fold_keyword(text_validator(100)(field, value))
    if not 2 <= len(word) <= 20:
        raise InvalidValue(field=field, reason="length", least=2, most=20)
    if word in CARRIER_KEYWORDS:
        raise InvalidValue(field=field, reason="taken")
    return word


NAME_VALIDATOR = text_validator(100, 2)
LINE_VALIDATOR = text_validator(200)
TEXT_VALIDATOR = text_validator(1000)
MONEY_VALIDATOR = optional_validator(integer_validator(0, 10**12))
POSITION_VALIDATOR = integer_validator(-(10**6), 10**6)
ID_VALIDATOR = optional_validator(integer_validator(1, 2**63 - 1))
DURATION_VALIDATOR = integer_validator(5, 1440, 5)
GAP_VALIDATOR = optional_validator(integer_validator(0, 240, 5))

RULE_FIELDS: dict[str, AnyValidator] = {
    "grid_minutes": optional_validator(DURATION_VALIDATOR),
    "gap_before_minutes": GAP_VALIDATOR,
    "gap_after_minutes": GAP_VALIDATOR,
    "notice_minutes": optional_validator(integer_validator(0, 400 * 1440)),
    "horizon_days": optional_validator(integer_validator(1, 400)),
    "needs_approval": optional_validator(validate_bool),
    "cutoff_minutes": optional_validator(integer_validator(0, 400 * 1440)),
}

SHOP_FIELDS: dict[str, AnyValidator] = {
    "name": NAME_VALIDATOR,
    "keyword": optional_validator(validate_keyword),
    "type": LINE_VALIDATOR,
    "city": LINE_VALIDATOR,
    "address": LINE_VALIDATOR,
    "directions": TEXT_VALIDATOR,
    "latitude": optional_validator(degrees_validator(90)),
    "longitude": optional_validator(degrees_validator(180)),
    "timezone": validate_time_zone,
    "country": validate_country,
    "currency": validate_currency,
    "language": validate_language,
    "phone": text_validator(20),
    "emergency_phone": text_validator(20),
    "about": TEXT_VALIDATOR,
    "answers": validate_answers,
    "hold_minutes": integer_validator(1, 60),
    "max_open": integer_validator(1, 1000),
    "held_budget": integer_validator(1, 10**6),
    "codes_per_day": integer_validator(0, 10**6),
    "code_countries": optional_validator(validate_countries),
    "moves_anyone": validate_bool,
    "paused": validate_bool,
    "reminders": optional_validator(validate_reminders),
    "quiet_from": optional_validator(integer_validator(0, 1439)),
    "quiet_until": optional_validator(integer_validator(0, 1439)),
    "discreet": validate_bool,
    "alert_unanswered": validate_bool,
    "agenda_today": validate_wall_time,
    "agenda_tomorrow": validate_wall_time,
    "templates": validate_templates,
}

CATEGORY_FIELDS: dict[str, AnyValidator] = {"name": NAME_VALIDATOR, "position": POSITION_VALIDATOR}

SERVICE_FIELDS: dict[str, AnyValidator] = {
    "name": NAME_VALIDATOR,
    "category_id": ID_VALIDATOR,
    "parent_id": ID_VALIDATOR,
    "description": TEXT_VALIDATOR,
    "preparation": TEXT_VALIDATOR,
    "minutes": DURATION_VALIDATOR,
    "price_minor": MONEY_VALIDATOR,
    "synonyms": validate_words,
    "sessions": validate_bool,
    "position": POSITION_VALIDATOR,
    "active": validate_bool,
    "reminders": optional_validator(validate_reminders),
}

PROVIDER_FIELDS: dict[str, AnyValidator] = {
    "name": NAME_VALIDATOR,
    "user_id": ID_VALIDATOR,
    "title": LINE_VALIDATOR,
    "speciality": LINE_VALIDATOR,
    "degree": LINE_VALIDATOR,
    "experience": LINE_VALIDATOR,
    "about": TEXT_VALIDATOR,
    "fee_minor": MONEY_VALIDATOR,
    "available": validate_bool,
    "active": validate_bool,
    "position": POSITION_VALIDATOR,
}

OFFERING_FIELDS: dict[str, AnyValidator] = {
    "minutes": optional_validator(DURATION_VALIDATOR),
    "price_minor": MONEY_VALIDATOR,
}

ROOM_FIELDS: dict[str, AnyValidator] = {"name": NAME_VALIDATOR}

REASON_FIELDS: dict[str, AnyValidator] = {"reason": LINE_VALIDATOR}

LINE_FIELDS: dict[str, AnyValidator] = {
    "transport": text_validator(20, 1),
    "channel": text_validator(20, 1),
    "account": LINE_VALIDATOR,
    "address": LINE_VALIDATOR,
}


# --------------------------------------------------------------------------------- internal


def validate_fields(fields: Mapping[str, AnyValidator], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values as stored; InvalidValue names the first invalid one, and all in `all`."""
    values, wrong = {}, []
    for name, value in given.items():
        try:
            values[name] = fields.get(name, reject_unknown)(name, value)
        except InvalidValue as error:
            wrong.append(error)
    if wrong:
        first = wrong[0]
        raise InvalidValue(**first.params, **({"all": wrong} if wrong[1:] else {}))
    return values
