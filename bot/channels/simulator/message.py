"""One message as a simulated phone and its page show it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from bot.channels.simulator.rich_text import RichTextSpan, parse_rich_text
from bot.rendering.keyboards import PromptOption
from bot.rendering.list_items import ListItem
from bot.rendering.render import Attachment, Capabilities, RenderedMessage, VenuePin
from core.messaging.messages import Json


@dataclass(frozen=True, slots=True)
class PhoneMessage:
    """One message on a phone; `mine` if the phone's person wrote it.

    `number` increases over all phones and is kept by edits, which `edits` counts. `tapped` is the
    payload of the button that the person's message stands for, `asks` the step of its question
    ("name"). The other fields are those of `bot.rendering.render.Rendered`.
    """

    number: int
    line: int
    address: str
    at: datetime
    mine: bool
    text: tuple[RichTextSpan, ...]
    edits: int = 0
    tapped: str = ""
    asks: str = ""
    shape: str = "text"
    options: tuple[PromptOption, ...] = ()
    items: tuple[ListItem, ...] = ()
    rows: tuple[tuple[PromptOption, ...], ...] = ()
    opener: str = ""
    contact: str = ""
    venue: VenuePin | None = None
    document: Attachment | None = None

    @property
    def message_id(self) -> str:
        """The channel's id of the message, used by edits and taps."""
        return f"simulated-{self.number}"

    def with_rendered(
        self, rendered: RenderedMessage, can: Capabilities, asks: str
    ) -> PhoneMessage:
        """Return the message with rendered content."""
        apart = rendered.shape in {"buttons", "list"}
        return replace(
            self,
            asks=asks,
            text=parse_rich_text(rendered.text, can.markup),
            shape=rendered.shape,
            options=rendered.options if apart else (),
            items=rendered.items,
            rows=rendered.rows,
            opener=rendered.list_button,
            contact=rendered.contact_button,
            venue=rendered.venue,
            document=rendered.document,
        )

    def without_buttons(self, text: tuple[RichTextSpan, ...]) -> PhoneMessage:
        """Return the message without buttons and, if given, with `text`."""
        plain = replace(self, asks="", shape="text", options=(), items=(), rows=(), contact="")
        return replace(plain, edits=self.edits + 1, text=text or self.text)

    def to_json(self) -> Json:
        """Return the message as JSON for the page."""
        lines = self.items or [ListItem(option.label) for option in self.options]
        return {
            "number": self.number,
            "line": self.line,
            "address": self.address,
            "at": self.at.isoformat(),
            "mine": self.mine,
            "edits": self.edits,
            "tapped": self.tapped,
            "asks": self.asks,
            "text": [span.to_json() for span in self.text],
            "shape": self.shape,
            "options": [
                {
                    "label": option.label,
                    "payload": option.payload,
                    "title": item.title,
                    "description": item.description,
                }
                for option, item in zip(self.options, lines, strict=True)
            ],
            "rows": [
                [{"label": cell.label, "payload": cell.payload} for cell in row]
                for row in self.rows
            ],
            "opener": self.opener,
            "contact": self.contact,
            "place": self.venue and _place(self.venue),
            "file": self.document
            and {"name": self.document.name, "href": f"/simulator/files/{self.number}"},
        }


def _place(venue: VenuePin) -> Json:
    point = {"mlat": f"{venue.latitude:.6f}", "mlon": f"{venue.longitude:.6f}"}
    href = (
        f"https://www.openstreetmap.org/?{urlencode(point)}#map=18/{point['mlat']}/{point['mlon']}"
    )
    return {"title": venue.title, "address": venue.address, "href": href}
