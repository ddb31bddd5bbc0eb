"""A flow on a conversation's stack, as it is kept between turns."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.dialogue.journal import Journal
from core.messaging.messages import Json


@dataclass(slots=True)
class FlowFrame:
    """A flow on the stack; `closes` is the decision prompt that started it."""

    flow: str
    number: int
    args: dict[str, Json] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)
    notes: dict[str, Json] = field(default_factory=dict)
    prompt: int | None = None
    step: str = ""
    expects: str = ""
    closes: int | None = None

    @property
    def rests(self) -> bool:
        """Whether its question only offers what could be done: the menu, a list of services."""
        return self.flow in {"menu", "welcome"} or (
            self.flow == "book" and self.expects == "service"
        )

    def to_json(self) -> Json:
        """Return the frame as JSON data."""
        return {
            "flow": self.flow,
            "number": self.number,
            "args": self.args,
            "journal": self.journal.to_json(),
            "notes": self.notes,
            "prompt": self.prompt,
            "step": self.step,
            "expects": self.expects,
            "closes": self.closes,
        }

    @classmethod
    def from_json(cls, data: Json) -> FlowFrame:
        """Restore a frame from `to_json`, ignoring fields of later versions."""
        known = {k: v for k, v in data.items() if k in cls.__slots__}
        return cls(**known | {"journal": Journal.from_json(data["journal"])})
