"""Messages between people and flows: Incoming, Say, Choice – without wording or channel."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = Any
"""JSON data, the only content of journals, prompts, inbox and outbox."""


@dataclass(frozen=True, slots=True)
class When:
    """An instant shown in the local time of `zone`; `at` is aware UTC."""

    at: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of an ISO 4217 currency."""

    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Say:
    """A message without wording: the key of a text and its parameters.

    Parameters are str, int, bool, None, date, When, Money, Say, or tuples of these. `secret` ones
    (codes, links that grant access) are wiped once sent and never logged.
    """

    key: str
    params: Mapping[str, object] = field(default_factory=dict)
    secret: bool = False

    def content_hash(self) -> str:
        """Return a short hash that changes whenever a displayed word or figure would."""
        text = json.dumps(encode_value(self), sort_keys=True, ensure_ascii=True)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Choice:
    """An option of a prompt: its JSON value and its label.

    `keywords` also choose it when typed (folded to lower case). `is_navigation` marks one that
    leads to other options instead of answering.
    """

    value: Json
    label: Say
    keywords: tuple[str, ...] = ()
    is_navigation: bool = False


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a person did: wrote, tapped, shared a contact, sent a file.

    An "event" is our own: `text` says which (`handoff.HANDBACK_EVENT`). `payload` is a tapped
    button's `prompt.index` and `message` our message that contains it; `contact` a shared phone in
    E.164 that the channel verified; `media` the MIME types of files; `name` the name the channel
    gives.
    """

    kind: Literal["text", "tap", "contact", "media", "location", "event"] = "text"
    text: str = ""
    payload: str = ""
    contact: str = ""
    media: tuple[str, ...] = ()
    name: str = ""
    language: str = ""
    message: str = ""

    def to_json(self) -> Json:
        """Return JSON data without empty fields."""
        fields = {slot: getattr(self, slot) for slot in self.__slots__}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in fields.items() if v}

    @classmethod
    def from_json(cls, data: Json) -> Incoming:
        """Return the Incoming of `to_json` data, ignoring fields of later versions."""
        known = {k: v for k, v in data.items() if k in cls.__slots__}
        if "media" in known:
            known["media"] = tuple(known["media"])
        return cls(**known)


def encode_value(value: object) -> Json:
    """Return `value` (a Say or anything it may contain) as JSON data."""
    match value:
        case None | bool() | int() | str():
            return value
        case Say():
            params = {k: encode_value(v) for k, v in value.params.items()}
            return {"$": "say", "key": value.key, "params": params, "secret": value.secret}
        case Choice():
            return {
                "$": "choice",
                "value": value.value,
                "label": encode_value(value.label),
                "words": list(value.keywords),
                **({"nav": True} if value.is_navigation else {}),
            }
        case When():
            return {"$": "when", "at": int(value.at.timestamp()), "zone": value.zone}
        case Money():
            return {"$": "money", "minor": value.minor, "currency": value.currency}
        case date() if not isinstance(value, datetime):
            return {"$": "day", "day": value.isoformat()}
        case tuple() | list():
            return [encode_value(v) for v in value]
    message = f"{type(value).__name__} has no place in a Say"
    raise TypeError(message)


def decode_value(data: Json) -> Any:
    """Return the value of `encode_value` data; lists become tuples."""
    if isinstance(data, list):
        return tuple(decode_value(v) for v in data)
    if not isinstance(data, dict):
        return data
    match data["$"]:
        case "say":
            params = {k: decode_value(v) for k, v in data["params"].items()}
            return Say(data["key"], params, data["secret"])
        case "choice":
            nav = data.get("nav", False)
            return Choice(data["value"], decode_value(data["label"]), tuple(data["words"]), nav)
        case "when":
            return When(datetime.fromtimestamp(data["at"], UTC), data["zone"])
        case "money":
            return Money(data["minor"], data["currency"])
        case "day":
            return date.fromisoformat(data["day"])
        case kind:
            message = f"unknown kind {kind!r}"
            raise ValueError(message)
