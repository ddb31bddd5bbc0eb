"""The base of the command models, and how their faults are named.

A field left out stays unchanged. Null clears a field that may be empty and is refused elsewhere.
Texts are stripped, and a blank one is an empty text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from core.errors import InvalidValue


class _Unset:
    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Any = _Unset()
"""The value of a field that was left out."""


def unset(**about: Any) -> Any:
    """Return the default of a field that may be left out; `about` is as for pydantic's `Field`."""
    return Field(default_factory=lambda: UNSET, **about)


class Change(BaseModel):
    """A change; unknown fields are refused.

    Constructed in Python it raises `InvalidValue`; in the API pydantic validates it and
    `list_faults` names the faults.
    """

    model_config = ConfigDict(extra="forbid")

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise as_invalid_value(error.errors(include_url=False)) from None

    # Otherwise pydantic would call it when it validates a body, and lose the place of a fault.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    def changes(self) -> dict[str, Any]:
        """Return the fields that were set, by column."""
        given = self.model_fields_set
        return {name: getattr(self, name) for name in type(self).model_fields if name in given}


_REASONS = {"missing": "missing", "extra_forbidden": "unknown"}


def list_faults(errors: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return pydantic's errors as `InvalidValue` has them: field, reason and any bounds.

    Our own field types raise their reason as the error's type.
    """
    return [
        {
            "field": ".".join(map(str, error["loc"])),
            "reason": _REASONS.get(error["type"]) or _own_reason(error) or "type",
            **(error.get("ctx", {}) if _own_reason(error) else {}),
        }
        for error in errors
    ]


def _own_reason(error: Mapping[str, Any]) -> str:
    """Return the reason raised by one of our field types, or "" for pydantic's own errors."""
    return str(error["type"]).removeprefix(OWN_ERROR) if is_own_error(error) else ""


OWN_ERROR = "slotline."
"""Prefix of the error types that our field types raise."""


def is_own_error(error: Mapping[str, Any]) -> bool:
    """Return whether one of our field types raised an error."""
    return str(error["type"]).startswith(OWN_ERROR)


def as_invalid_value(errors: Iterable[Mapping[str, Any]]) -> InvalidValue:
    """Return the first error as `InvalidValue`, with all of them in `all` if there are several."""
    wrong = [InvalidValue(**fault) for fault in list_faults(errors)]
    return InvalidValue(**wrong[0].params, **({"all": wrong} if wrong[1:] else {}))


@lru_cache(maxsize=64)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def check_value(kind: Any, field: str, value: Any) -> Any:
    """Return one value as a field type stores it; the InvalidValue raised names `field`."""
    try:
        return _adapter(kind).validate_python(value)
    except ValidationError as error:
        found = [{**one, "loc": (field,)} for one in error.errors(include_url=False)[:1]]
        raise as_invalid_value(found) from None
