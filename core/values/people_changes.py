"""What may be set of customers and users: the body of the API and what the verbs take."""

from __future__ import annotations

from pydantic import Field

from core.values.change import Change, unset
from core.values.field_types import Language, PersonName, ShortText, VerbatimText


class NewCustomer(Change):
    """Somebody without an account: a walk-in, a child."""

    name: PersonName
    phone: ShortText = Field("", description="As people of the shop's country write it.")


class CustomerChange(Change):
    """What to change of a customer; what is left out stays."""

    name: PersonName = unset()
    phone: ShortText = unset()
    email: ShortText = unset()
    notes: VerbatimText = unset()


class UserChange(Change):
    """What to change of oneself."""

    name: PersonName = unset()
    language: Language = unset(examples=["es"])
