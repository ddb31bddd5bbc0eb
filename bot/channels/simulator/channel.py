"""Phones that exist on a page only: what a simulated line is given is shown there.

Nothing here opens a connection or knows an address outside, so a simulated line cannot reach
anybody. What is shown is kept in memory alone, codes included: the database never has them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Literal

from bot.channels.base import Channels, Sent
from bot.channels.simulator.message import Shown
from bot.channels.simulator.rich_text import Span, spans
from bot.rendering.render import SMS, TELEGRAM, WHATSAPP, Capabilities, Rendered
from core.clock import Clock
from core.messaging.outbox.claim import Outgoing

TRANSPORT = "simulator"

LOOKS: dict[str, Capabilities] = {"sms": SMS, "whatsapp": WHATSAPP, "telegram": TELEGRAM}
"""What each look can show: the same as the channel it imitates."""

KEPT = 200
"""Messages a phone remembers of one talk."""

News = Literal["message", "facts", "reset", "end"]


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
        new = self._new(line, address, mine=True)
        self._show(replace(new, text=(Span(text),), tapped=tapped))

    def got(self, row: Outgoing, rendered: Rendered, can: Capabilities) -> Shown:
        """Show what was sent to a phone: as a new message, or in the place of one (`row.living`).

        A new one that follows a question takes the buttons away from that.
        """
        living = row.living if can.edit else {}
        before = self.find(row.line_id, row.address, living.get("message", ""))
        also = self.find(row.line_id, row.address, living.get("also", ""))
        done = spans(rendered.settled, can.markup)
        asks = row.kind.rpartition("/")[2]
        if also is not None:
            self._change(also.settled(()))
        if before is not None and living.get("in_place"):
            changed = replace(before.given(rendered, can, asks), edits=before.edits + 1)
            self._change(changed)
            return changed
        if before is not None:
            self._change(before.settled(done))
        new = self._new(row.line_id, row.address, mine=False)
        return self._show(new.given(rendered, can, asks))

    def find(self, line: int, address: str, name: str) -> Shown | None:
        """Return a message of a talk by what the channel calls it, if a phone still has it."""
        talk = self._talks.get((line, address), ())
        return next((shown for shown in talk if name and shown.name == name), None)

    def holder(self, line: int, address: str, payload: str) -> str:
        """Return what the channel calls the message with this button; "" when there is none."""
        talk = self._talks.get((line, address), ())
        for shown in reversed(talk):
            if any(option.payload == payload for option in shown.options):
                return shown.name
        return ""

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

    def _new(self, line: int, address: str, *, mine: bool) -> Shown:
        self._count += 1
        return Shown(self._count, line, address, self.clock.now(), mine, ())

    def _show(self, shown: Shown) -> Shown:
        talk = self._talks.setdefault((shown.line, shown.address), deque(maxlen=KEPT))
        talk.append(shown)
        self._publish("message", shown)
        return shown

    def _change(self, shown: Shown) -> None:
        talk = self._talks[shown.line, shown.address]
        talk[[one.number for one in talk].index(shown.number)] = shown
        self._publish("message", shown)

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
        shown = self.simulator.got(row, rendered, self.capabilities)
        return Sent(shown.name, "delivered", rendered.segments)

    async def close(self) -> None:
        """Let go of whoever watches."""
        self.simulator.hang_up()
