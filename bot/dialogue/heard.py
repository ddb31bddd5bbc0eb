"""Whom we talk with, and what they did in this turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.dialogue.questions import MISSING
from bot.nlu.types import Understood
from core.catalog.entities import Catalog
from core.messaging.messages import Incoming, Json

STAFF_SILENCE = timedelta(hours=12)
"""How long the bot keeps quiet when a person has the talk and does not hand it back."""


@dataclass(slots=True)
class Conversation:
    """An identity on a line, as the turn found it or left it. Times are aware UTC."""

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
    misunderstood: int
    staff: bool = False  # a line of the shop's people

    @property
    def has_editable_buttons(self) -> bool:
        """Whether options are buttons on messages that we can change: no need to spare them."""
        return self.channel == "telegram" and self.transport != "terminal"


@dataclass(slots=True)
class Heard:
    """What the person did in this turn, for the steps that can use it.

    The `step` is the one whose question it answers and `picked` the value of the option that was
    tapped or numbered (MISSING when none was). `used` is set by the first step that took it.
    """

    incoming: Incoming
    understood: Understood | None
    step: str = ""
    digest: str = ""
    selected_value: Json = MISSING
    consumed: bool = False
    consumed_acts: set[str] = field(default_factory=set)  # acts that some step has acted on
    # Reads words with the names of a shop at hand.
    reread: Callable[[Catalog | None, str], Understood] | None = None

    @property
    def text(self) -> str:
        """The text as it was written, trimmed."""
        return self.incoming.text.strip()

    @property
    def acts(self) -> tuple[str, ...]:
        """What the person does by it ("yes", "book", "ask_price")."""
        return self.understood.acts if self.understood else ()
