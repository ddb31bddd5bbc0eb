"""Decisions outside a flow: their kinds and values, without labels or words."""

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
"""The kinds of decisions: a request, a chat paired to a member, the actions on a booking, a
customer's message, the actions on an ended booking, an invitation, the outcome of a visit, a
handoff, a proposed time, a reminder."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A choice that stays open outside any flow until `expires_at`.

    `options` are the values in display order, and `args` say what the decision is about. Labels,
    and the words that choose an option, are the bot's.
    """

    kind: DecisionKind
    options: tuple[str, ...]
    args: Mapping[str, Json] = field(default_factory=dict)
    expires_at: datetime | None = None

    def prompt_columns(self, say: Say) -> dict[str, Json]:
        """Return the columns of the prompt that asks for the decision below the text of `say`."""
        asked = {"say": say, "decision": self.kind, "options": self.options}
        return {
            "decision": self.kind,
            "step": "",
            "content_hash": Say("", asked).content_hash(),
            "message": encode_value(say),
            "options": list(self.options),
            "args": dict(self.args),
            "expires_at": self.expires_at,
        }
