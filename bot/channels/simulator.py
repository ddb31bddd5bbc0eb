"""Phones that exist on a page only: what a simulated line is given is shown there.

Nothing here opens a connection or knows an address outside, so a simulated line cannot reach
anybody. What is shown is kept in memory alone, codes included: the database never has them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bot.channels.base import Channels, Sent
from bot.channels.spans import Span, spans
from bot.lists import Item
from bot.rendering import SMS, TELEGRAM, WHATSAPP, Capabilities, Option, Rendered
from core.clock import Clock
from core.messages import Json
from core.outbox import Outgoing

TRANSPORT = "simulator"

LOOKS: dict[str, Capabilities] = {"sms": SMS, "whatsapp": WHATSAPP, "telegram": TELEGRAM}
"""What each look can show: the same as the channel it imitates."""

KEPT = 200
"""Messages a phone remembers of one talk."""

News = Literal["message", "facts", "reset", "end"]


@dataclass(frozen=True, slots=True)
class Shown:
    """One message on a phone; `mine` when the phone's person wrote it.

    `number` rises over all phones. `tapped` is the payload of the button that a person's own
    message stands for; `asks_contact` says that the channel would offer to share the number.
    """

    number: int
    line: int
    address: str
    at: datetime
    mine: bool
    text: tuple[Span, ...]
    shape: str = "text"
    options: tuple[Option, ...] = ()
    items: tuple[Item, ...] = ()
    opener: str = ""
    tapped: str = ""
    segments: int = 1
    asks_contact: bool = False

    def to_json(self) -> Json:
        """Return it as the page gets it."""
        return {
            "number": self.number,
            "line": self.line,
            "address": self.address,
            "at": self.at.isoformat(),
            "mine": self.mine,
            "text": [span.to_json() for span in self.text],
            "shape": self.shape,
            "options": self._apart(),
            "opener": self.opener,
            "tapped": self.tapped,
            "segments": self.segments,
            "asksContact": self.asks_contact,
        }

    def _apart(self) -> Json:
        """Return the options that are not in the text, those of a list in two lines."""
        if self.shape not in {"buttons", "list"}:
            return []
        lines = self.items or [Item(option.label) for option in self.options]
        return [
            {
                "label": option.label,
                "payload": option.payload,
                "title": item.title,
                "description": item.description,
            }
            for option, item in zip(self.options, lines, strict=True)
        ]


Listener = asyncio.Queue[tuple[News, Shown | None]]


@dataclass(slots=True, eq=False)
class Simulator:
    """All phones of one installation: what they show, and who watches."""

    clock: Clock
    _talks: dict[tuple[int, str], deque[Shown]] = field(default_factory=dict)
    _listeners: set[Listener] = field(default_factory=set)
    _count: int = 0

    def channels(self) -> Channels:
        """Return the ways out to the phones, one for each look."""
        return {(TRANSPORT, name): Phone(self, can) for name, can in LOOKS.items()}

    def wrote(self, line: int, address: str, text: str, *, tapped: str = "") -> None:
        """Show what a phone's person wrote or tapped."""
        self._show(line, address, mine=True, text=(Span(text),), tapped=tapped)

    def got(self, row: Outgoing, rendered: Rendered, can: Capabilities) -> int:
        """Show what was sent to a phone; return its number."""
        return self._show(
            row.line_id,
            row.address,
            mine=False,
            text=spans(rendered.text, can.markup),
            shape=rendered.shape,
            options=rendered.options,
            items=rendered.items,
            opener=rendered.opener,
            segments=rendered.segments,
            asks_contact=can.contact and row.kind.rpartition("/")[2] == "phone",
        )

    def messages(self) -> list[Shown]:
        """Return what all phones show, in order."""
        every = (shown for talk in self._talks.values() for shown in talk)
        return sorted(every, key=lambda shown: shown.number)

    def tell(self, news: News) -> None:
        """Let everybody who watches know of something that is no message."""
        self._publish(news, None)

    def clear(self) -> None:
        """Empty all phones. Numbers go on rising: a page knows what it has seen."""
        self._talks.clear()

    def hang_up(self) -> None:
        """End everybody's watching; the server is about to stop."""
        self.tell("end")

    @contextmanager
    def watching(self) -> Iterator[Listener]:
        """Yield a queue of what happens from now on; "end" is the last."""
        queue: Listener = asyncio.Queue()
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)

    def _show(self, line: int, address: str, **facts: object) -> int:
        self._count += 1
        shown = Shown(self._count, line, address, self.clock.now(), **facts)  # type: ignore[arg-type]
        self._talks.setdefault((line, address), deque(maxlen=KEPT)).append(shown)
        self._publish("message", shown)
        return shown.number

    def _publish(self, news: News, shown: Shown | None) -> None:
        for queue in self._listeners:
            queue.put_nowait((news, shown))


@dataclass(frozen=True, slots=True)
class Phone:
    """The way out to the phones of one look."""

    simulator: Simulator
    capabilities: Capabilities

    async def send(self, row: Outgoing, rendered: Rendered) -> Sent:
        """Show a message on the phone it is for."""
        number = self.simulator.got(row, rendered, self.capabilities)
        return Sent(f"simulated-{number}", "delivered", rendered.segments)

    async def close(self) -> None:
        """Let go of whoever watches."""
        self.simulator.hang_up()
