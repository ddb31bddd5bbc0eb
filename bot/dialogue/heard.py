"""The conversation and the incoming message as flows see them during a turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.dialogue.questions import MISSING
from bot.nlu.types import Understood
from core.catalog.entities import Catalog
from core.messaging.messages import Incoming, Json

STAFF_SILENCE = timedelta(hours=12)
"""How long the bot stays silent during a handoff that nobody ends."""


@dataclass(slots=True)
class Conversation:
    """A conversation as loaded for this turn, with its changes so far; times are aware UTC."""

    id: int
    line_id: int
    channel: str
    transport: str
    address: str
    language: str
    name: str
    shop_id: int | None
    line_shop_id: int | None
    human_until: datetime | None
    opted_out_at: datetime | None
    last_in_at: datetime | None
    unrecognized_count: int
    staff: bool = False  # the line is a staff line

    @property
    def has_editable_buttons(self) -> bool:
        """Whether options are buttons on messages that can be edited."""
        return self.channel == "telegram" and self.transport != "terminal"


@dataclass(slots=True)
class Heard:
    """The incoming of this turn, for the steps that can use it.

    `step` is the step whose question it answers and `selected_value` the value of the option that
    was tapped or numbered (MISSING if none). `consumed` is set by the first step that uses it.
    """

    incoming: Incoming
    understood: Understood | None
    step: str = ""
    digest: str = ""
    selected_value: Json = MISSING
    consumed: bool = False
    consumed_acts: set[str] = field(default_factory=set)  # acts already handled by a step
    # Interprets text again using a given shop's names.
    reread: Callable[[Catalog | None, str], Understood] | None = None

    @property
    def text(self) -> str:
        """The text with surrounding whitespace removed."""
        return self.incoming.text.strip()

    @property
    def acts(self) -> tuple[str, ...]:
        """The acts recognized in the text, such as "yes", "book" or "ask_price"."""
        return self.understood.acts if self.understood else ()
