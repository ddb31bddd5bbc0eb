"""Field types: validation, stored form and API documentation of values.

An invalid value is refused with a one-word reason and any bounds as `least` and `most`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any

import phonenumbers
from babel import Locale, UnknownLocaleError
from babel.numbers import list_currencies
from pydantic import Field
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from core.localtime import zones
from core.values import bounds
from core.values.change import OWN_ERROR
from core.values.reminder_rules import MAX_RULES, ReminderRule
from core.values.text_folding import fold_keyword

CARRIER_KEYWORDS = frozenset(
    "STOP STOPALL UNSUBSCRIBE CANCEL END QUIT REVOKE OPTOUT START UNSTOP YES HELP INFO".split()
)
"""Words that the SMS network answers itself, so no shop can have one as its keyword."""


def refusal(reason: str, **limits: float) -> PydanticCustomError:
    """Return the error for an invalid value."""
    return PydanticCustomError(OWN_ERROR + reason, reason, limits or None)


class _FieldType:
    """A constraint that pydantic calls instead of its own validation."""

    def check(self, value: Any) -> Any:
        """Return the value as stored."""
        raise NotImplementedError

    def document(self) -> dict[str, Any]:
        """Return the JSON schema."""
        raise NotImplementedError

    def __get_pydantic_core_schema__(self, _source: Any, _handler: Any) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, _handler: Any) -> dict[str, Any]:
        return self.document()


@dataclass(frozen=True)
class TextField(_FieldType):
    """A text with a limited number of characters, stripped unless it is kept `verbatim`."""

    most: int
    least: int = 0
    verbatim: bool = False

    def check(self, value: Any) -> str:
        """Return the text as it is to be stored."""
        if not isinstance(value, str):
            raise refusal("type")
        stripped = value if self.verbatim else value.strip()
        if not self.least <= len(stripped) <= self.most:
            raise refusal("length", least=self.least, most=self.most)
        if "\0" in stripped:  # no database can store it
            raise refusal("character")
        return stripped

    def document(self) -> dict[str, Any]:
        """Return the JSON schema."""
        least = {"minLength": self.least} if self.least else {}
        return {"type": "string", "maxLength": self.most, **least}


@dataclass(frozen=True)
class NumberField(_FieldType):
    """An integer within bounds, in steps."""

    least: int
    most: int
    step: int = 1

    def check(self, value: Any) -> int:
        """Return the integer; texts and booleans are refused."""
        if type(value) is not int:
            raise refusal("type")
        if not self.least <= value <= self.most:
            raise refusal("range", least=self.least, most=self.most)
        if value % self.step:
            raise refusal("step", step=self.step)
        return value

    def document(self) -> dict[str, Any]:
        """Return the JSON schema."""
        step = {"multipleOf": self.step} if self.step > 1 else {}
        return {"type": "integer", "minimum": self.least, "maximum": self.most, **step}


@dataclass(frozen=True, eq=False)
class ParsedField(_FieldType):
    """A value parsed by one of our functions."""

    parse: Callable[[Any], Any]
    schema: Mapping[str, Any] = field(default_factory=dict)

    def check(self, value: Any) -> Any:
        """Return the function's result."""
        return self.parse(value)

    def document(self) -> dict[str, Any]:
        """Return the JSON schema."""
        return dict(self.schema)


def _parse_bool(value: Any) -> bool:
    if type(value) is not bool:
        raise refusal("type")
    return value


def _degrees_parser(most: float) -> Callable[[Any], float]:
    def parse(value: Any) -> float:
        if type(value) not in {int, float}:
            raise refusal("type")
        if not -most <= value <= most:
            raise refusal("range", least=-most, most=most)
        return float(value)

    return parse


_word = TextField(bounds.WORD_LENGTH[1], bounds.WORD_LENGTH[0])
_topic = TextField(bounds.TOPIC_LENGTH[1], bounds.TOPIC_LENGTH[0])
_answer = TextField(bounds.ANSWER_LENGTH)
_short = TextField(bounds.SHORT_TEXT_LENGTH)
_content_sid = TextField(bounds.CONTENT_SID_LENGTH[1], bounds.CONTENT_SID_LENGTH[0])


def _parse_words(value: Any) -> list[str]:
    if not isinstance(value, list | tuple):
        raise refusal("type")
    return [_word.check(word) for word in value]


def _parse_answers(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise refusal("type")
    return {_topic.check(topic): _answer.check(text) for topic, text in value.items()}


def _parse_reminders(value: Any) -> list[str]:
    """Return rules such as "24h", "at 09:00", "after 2h", without duplicates."""
    if not isinstance(value, list | tuple) or len(value) > MAX_RULES:
        raise refusal("type")
    try:
        return [str(rule) for rule in dict.fromkeys(ReminderRule.parse(text) for text in value)]
    except (ValueError, TypeError, AttributeError):
        raise refusal("rule") from None


def _parse_wall_time(value: Any) -> str:
    if value == "":
        return ""
    try:
        ReminderRule.parse(f"at {value}")
    except ValueError:
        raise refusal("time") from None
    return str(value)


def _parse_templates(value: Any) -> dict[str, dict[str, str]]:
    if not isinstance(value, Mapping):
        raise refusal("type")
    made = {}
    for kind, by_language in value.items():
        if not isinstance(by_language, Mapping):
            raise refusal("type")
        made[_topic.check(kind)] = {
            _parse_language(tag): _content_sid.check(sid) for tag, sid in by_language.items()
        }
    return made


def _parse_time_zone(value: Any) -> str:
    try:
        zones.load_zone(value)
    except (ValueError, TypeError):
        raise refusal("zone") from None
    return str(value)


def _parse_country(value: Any) -> str:
    """Return an ISO 3166 country that has phone numbers."""
    code = TextField(2, 2).check(value).upper()
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise refusal("country")
    return code


def _parse_countries(value: Any) -> str:
    text = TextField(bounds.LONG_TEXT_LENGTH, 2).check(value)
    return ",".join(_parse_country(code) for code in text.split(","))


@lru_cache(maxsize=1)
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies("en"))


def _parse_currency(value: Any) -> str:
    """Return an ISO 4217 currency."""
    code = TextField(3, 3).check(value).upper()
    if code not in _currencies():
        raise refusal("currency")
    return code


def _parse_language(value: Any) -> str:
    tag = TextField(bounds.LANGUAGE_LENGTH).check(value)
    try:
        return str(Locale.parse(tag, sep="-")).replace("_", "-") if tag else ""
    except (ValueError, UnknownLocaleError):
        raise refusal("language") from None


def _parse_keyword(value: Any) -> str:
    word = fold_keyword(_short.check(value))
    least, most = bounds.KEYWORD_LENGTH
    if not least <= len(word) <= most:
        raise refusal("length", least=least, most=most)
    if word in CARRIER_KEYWORDS:
        raise refusal("taken")
    return word


_SHORT_SCHEMA = _short.document()
_TEXTS_SCHEMA = {"type": "array", "items": _SHORT_SCHEMA}

Flag = Annotated[bool, ParsedField(_parse_bool, {"type": "boolean"})]
DisplayName = Annotated[
    str, TextField(bounds.NAME_LENGTH[1], bounds.NAME_LENGTH[0]), Field(examples=["Ana"])
]
PersonName = Annotated[
    str,
    TextField(bounds.PERSON_NAME_LENGTH[1], bounds.PERSON_NAME_LENGTH[0]),
    Field(examples=["Ana"]),
]
"""A person's name, which may have one character: 李."""
ShortText = Annotated[str, _short]
LongText = Annotated[str, TextField(bounds.LONG_TEXT_LENGTH)]
VerbatimText = Annotated[str, TextField(bounds.LONG_TEXT_LENGTH, verbatim=True)]
PhoneText = Annotated[str, TextField(bounds.PHONE_LENGTH)]
RowId = Annotated[int, NumberField(*bounds.ROW_ID), Field(examples=[1])]
MinorUnits = Annotated[
    int,
    NumberField(*bounds.PRICE),
    Field(description="In minor units: cents.", examples=[2500]),
]
DisplayOrder = Annotated[
    int, NumberField(*bounds.POSITION), Field(description="In order of display.")
]
DurationMinutes = Annotated[
    int, NumberField(*bounds.DURATION_MINUTES, bounds.MINUTE_STEP), Field(examples=[30])
]
ElapsedMinutes = Annotated[int, NumberField(*bounds.DURATION_MINUTES)]
"""A length in minutes that need not be in steps: clocks may have changed within it."""
GapMinutes = Annotated[int, NumberField(*bounds.GAP_MINUTES, bounds.MINUTE_STEP)]
NoticeMinutes = Annotated[int, NumberField(*bounds.NOTICE_MINUTES)]
HorizonDays = Annotated[int, NumberField(*bounds.HORIZON_DAYS)]
MinuteOfDay = Annotated[int, NumberField(*bounds.MINUTES_OF_DAY)]
Capacity = Annotated[int, NumberField(*bounds.CAPACITY)]

Words = Annotated[list[str], ParsedField(_parse_words, _TEXTS_SCHEMA)]
"""A list of names."""
Answers = Annotated[
    dict[str, str],
    ParsedField(_parse_answers, {"type": "object", "additionalProperties": _answer.document()}),
]
"""Short texts by topic."""
ReminderRules = Annotated[list[str], ParsedField(_parse_reminders, _TEXTS_SCHEMA)]
WallTime = Annotated[str, ParsedField(_parse_wall_time, _SHORT_SCHEMA)]
"""A time of day such as "08:00"; empty for never."""
Templates = Annotated[
    dict[str, dict[str, str]],
    ParsedField(
        _parse_templates,
        {
            "type": "object",
            "additionalProperties": {"type": "object", "additionalProperties": _SHORT_SCHEMA},
        },
    ),
]
"""WhatsApp's approved templates: kind of message → language → ContentSid."""
Latitude = Annotated[float, ParsedField(_degrees_parser(bounds.LATITUDE), {"type": "number"})]
Longitude = Annotated[float, ParsedField(_degrees_parser(bounds.LONGITUDE), {"type": "number"})]
TimeZone = Annotated[str, ParsedField(_parse_time_zone, _SHORT_SCHEMA)]
"""An IANA time zone of the pinned tzdata."""
Country = Annotated[str, ParsedField(_parse_country, _SHORT_SCHEMA)]
Countries = Annotated[
    str, ParsedField(_parse_countries, {"type": "string", "maxLength": bounds.LONG_TEXT_LENGTH})
]
"""Countries separated by commas."""
Currency = Annotated[str, ParsedField(_parse_currency, _SHORT_SCHEMA)]
Language = Annotated[str, ParsedField(_parse_language, _SHORT_SCHEMA)]
"""A language such as "es" or "pt-BR"; empty for no preference."""
Keyword = Annotated[str, ParsedField(_parse_keyword, _SHORT_SCHEMA)]
"""A word that opens the shop: letters and digits, except the carriers' own words."""
