"""People who talk to Slotline in tests: what they write goes through receipt, turn and delivery."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from bot.channels.base import Channels
from bot.channels.lines import Line
from bot.channels.memory import Memory
from bot.delivery.sender import Delivery
from bot.engine import turn
from bot.engine.receive import receive
from bot.rendering.render import TELEGRAM, WHATSAPP, Rendered
from core.db.runtime import Runtime
from core.messaging.messages import Incoming
from core.messaging.outbox.claim import Outgoing

_EVENTS = count(1)
"""Every event has a name of its own, whichever town it happens in."""


@dataclass(slots=True)
class Town:
    """Everybody who talks with one installation, over lines that end in memory."""

    runtime: Runtime
    memory: Memory = field(default_factory=Memory)

    def line(
        self, line_id: int, shop_id: int | None, address: str = "", channel: str = "sms"
    ) -> Line:
        """Return a line as the transport knows it."""
        return Line(line_id, "terminal", channel, "", address, shop_id, staff=False)

    async def send(self, line: Line, address: str, text: str | Incoming) -> list[str]:
        """Let `address` send something; return what it is sent in answer."""
        before = len(self.memory.sent)
        incoming = Incoming(text=text) if isinstance(text, str) else text
        event = f"event-{next(_EVENTS)}"
        receipt = await receive(self.runtime, line, address, event, incoming)
        await self.work(receipt.conversation_id)
        await self.deliver()
        return [r.text for row, r in self.memory.sent[before:] if row.address == address]

    async def work(self, conversation_id: int) -> None:
        """Run the turns of a conversation, and of those it had something for."""
        waiting = [conversation_id]
        self.runtime.cache["begin turn"] = waiting.append
        while waiting:
            await turn.work(self.runtime, waiting.pop(0))

    async def deliver(self) -> list[tuple[Outgoing, Rendered]]:
        """Deliver what is due; return it."""
        before = len(self.memory.sent)
        # One list for all, so that it holds everything in its order.
        whatsapp = Memory(WHATSAPP, self.memory.sent, self.memory.failures)
        telegram = Memory(TELEGRAM, self.memory.sent, self.memory.failures)
        ways: Channels = {
            ("terminal", "sms"): self.memory,
            ("terminal", "whatsapp"): whatsapp,
            ("terminal", "telegram"): telegram,
        }
        await Delivery(self.runtime, ways).drain()
        return self.memory.sent[before:]


@dataclass(slots=True)
class Person:
    """Somebody with a phone."""

    town: Town
    line: Line
    address: str

    async def says(self, text: str | Incoming) -> str:
        """Send a text and return the answer: one message, or "" for none."""
        answers = await self.town.send(self.line, self.address, text)
        return "\n---\n".join(answers)
