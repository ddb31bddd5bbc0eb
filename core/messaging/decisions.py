"""What people may decide outside the question of a talk: kinds and values, no labels or words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from core.messaging.messages import Json, Say, encode_value

DecisionKind = Literal[
    "approval",
    "bound_chat",
    "card",
    "customer_message",
    "ended_card",
    "invitation",
    "outcome",
    "person_request",
    "proposal",
    "reminder",
]
"""What is decided: a request, a chat that acts for a member from now on, what the card of a booking
offers, what a customer wrote, what the card of an ended booking offers, an invitation, how a visit
went, who talks to a customer, another time, a reminder.
"""


@dataclass(frozen=True, slots=True)
class Decision:
    """A choice that stays open beside the talk until `expires_at`.

    `options` are the values to choose from, in the order in which they are shown, and `args` say
    what the decision is about. How an option is labelled and which words choose it is not core's
    to know.
    """

    kind: DecisionKind
    options: tuple[str, ...]
    args: Mapping[str, Json] = field(default_factory=dict)
    expires_at: datetime | None = None

    def prompt_columns(self, say: Say) -> dict[str, Json]:
        """Return the columns of the prompt that asks for it below the words of `say`."""
        asked = {"say": say, "decision": self.kind, "options": self.options}
        return {
            "decision": self.kind,
            "step": "",
            "digest": Say("", asked).content_hash(),
            "say": encode_value(say),
            "options": list(self.options),
            "args": dict(self.args),
            "expires_at": self.expires_at,
        }
