"""Simulated phones: messages on simulated lines are shown on a page only.

Nothing here opens a connection, so a simulated line cannot reach anybody. Messages, including
codes, are kept in memory and never written to the database.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Literal

from bot.channels.base import Channels, SendResult
from bot.channels.simulator.message import PhoneMessage
from bot.channels.simulator.rich_text import RichTextSpan, parse_rich_text
from bot.rendering.render import SMS, TELEGRAM, WHATSAPP, Capabilities, RenderedMessage
from core.clock import Clock
from core.messaging.outbox.claim import Outgoing

SIMULATOR_TRANSPORT = "simulator"

CAPABILITIES_BY_LOOK: dict[str, Capabilities] = {
    "sms": SMS,
    "whatsapp": WHATSAPP,
    "telegram": TELEGRAM,
}
"""The capabilities of each look, equal to those of the channel it imitates."""

MAX_MESSAGES = 200
"""Maximum messages kept per phone and conversation."""

SimulatorEvent = Literal["message", "facts", "reset", "end"]


Listener = asyncio.Queue[tuple[SimulatorEvent, PhoneMessage | None]]


@dataclass(slots=True, eq=False)
class Simulator:
    """All phones of one installation, their messages and their watchers."""

    clock: Clock
    _talks: dict[tuple[int, str], deque[PhoneMessage]] = field(default_factory=dict)
    _listeners: set[Listener] = field(default_factory=set)
    _count: int = 0

    def channels(self) -> Channels:
        """Return the channels to the phones, one per look."""
        return {
            (SIMULATOR_TRANSPORT, name): SimulatorChannel(self, can)
            for name, can in CAPABILITIES_BY_LOOK.items()
        }

    def show_incoming(self, line: int, address: str, text: str, *, tapped: str = "") -> None:
        """Show what a phone's person wrote or tapped."""
        new = self._new(line, address, mine=True)
        self._show(replace(new, text=(RichTextSpan(text),), tapped=tapped))

    def show_outgoing(
        self, row: Outgoing, rendered: RenderedMessage, can: Capabilities
    ) -> PhoneMessage:
        """Show a message on a phone, as a new one or as an edit (`row.edit_target`).

        A new message after a question removes the question's buttons.
        """
        target = row.edit_target if can.can_edit else {}
        before = self.find_message(row.line_id, row.address, target.get("message", ""))
        also = self.find_message(row.line_id, row.address, target.get("also", ""))
        done = parse_rich_text(rendered.settled_text, can.markup)
        asks = row.kind.rpartition("/")[2]
        if also is not None:
            self._change(also.without_buttons(()))
        if before is not None and target.get("in_place"):
            changed = replace(before.with_rendered(rendered, can, asks), edits=before.edits + 1)
            self._change(changed)
            return changed
        if before is not None:
            self._change(before.without_buttons(done))
        new = self._new(row.line_id, row.address, mine=False)
        return self._show(new.with_rendered(rendered, can, asks))

    def find_message(self, line: int, address: str, name: str) -> PhoneMessage | None:
        """Return a conversation's message by its id, if the phone still has it."""
        talk = self._talks.get((line, address), ())
        return next((shown for shown in talk if name and shown.message_id == name), None)

    def find_button_message(self, line: int, address: str, payload: str) -> str:
        """Return the id of the message with this button; "" if there is none."""
        talk = self._talks.get((line, address), ())
        for shown in reversed(talk):
            if any(option.payload == payload for option in shown.options):
                return shown.message_id
        return ""

    def all_messages(self) -> list[PhoneMessage]:
        """Return the messages of all phones in order."""
        every = (shown for talk in self._talks.values() for shown in talk)
        return sorted(every, key=lambda shown: shown.number)

    def notify_watchers(self, news: SimulatorEvent) -> None:
        """Notify all watchers of an event that is not a message."""
        self._publish(news, None)

    def clear(self) -> None:
        """Clear all phones; message numbers keep increasing because pages track them."""
        self._talks.clear()

    def disconnect_watchers(self) -> None:
        """Disconnect all watchers before the server stops."""
        self.notify_watchers("end")

    @contextmanager
    def subscribe(self) -> Iterator[Listener]:
        """Yield a queue of future events; "end" is the last."""
        queue: Listener = asyncio.Queue()
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)

    def _new(self, line: int, address: str, *, mine: bool) -> PhoneMessage:
        self._count += 1
        return PhoneMessage(self._count, line, address, self.clock.now(), mine, ())

    def _show(self, shown: PhoneMessage) -> PhoneMessage:
        talk = self._talks.setdefault((shown.line, shown.address), deque(maxlen=MAX_MESSAGES))
        talk.append(shown)
        self._publish("message", shown)
        return shown

    def _change(self, shown: PhoneMessage) -> None:
        talk = self._talks[shown.line, shown.address]
        talk[[one.number for one in talk].index(shown.number)] = shown
        self._publish("message", shown)

    def _publish(self, news: SimulatorEvent, shown: PhoneMessage | None) -> None:
        for queue in self._listeners:
            queue.put_nowait((news, shown))


@dataclass(frozen=True, slots=True)
class SimulatorChannel:
    """The channel to the phones of one look."""

    simulator: Simulator
    capabilities: Capabilities

    async def send(self, row: Outgoing, rendered: RenderedMessage) -> SendResult:
        """Show a message on the recipient's phone."""
        shown = self.simulator.show_outgoing(row, rendered, self.capabilities)
        return SendResult(shown.message_id, "delivered", rendered.segments)

    async def close(self) -> None:
        """Disconnect the watchers."""
        self.simulator.disconnect_watchers()
