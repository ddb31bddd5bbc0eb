"""People who chat in tests: their messages go through receipt, turn and delivery."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from bot.channels.base import Channels
from bot.channels.memory import MemoryChannel
from bot.delivery.sender import OutboxSender
from bot.engine import turn
from bot.engine.receive import receive_incoming
from bot.rendering.render import TELEGRAM, WHATSAPP, RenderedMessage
from core.db.runtime import Runtime
from core.messaging.lines import Line
from core.messaging.messages import Incoming
from core.messaging.outbox.claim import Outgoing

_EVENTS = count(1)
"""Every event has a name of its own, whichever town it happens in."""


@dataclass(slots=True)
class ChatHarness:
    """People who chat with one installation over in-memory lines."""

    runtime: Runtime
    memory: MemoryChannel = field(default_factory=MemoryChannel)

    def line_of_channel(
        self, line_id: int, shop_id: int | None, address: str = "", channel: str = "sms"
    ) -> Line:
        """Return a line as the transport knows it."""
        return Line(line_id, "terminal", channel, "", address, shop_id, staff=False)

    async def send_text(self, line: Line, address: str, text: str | Incoming) -> list[str]:
        """Send something from `address`; return the messages it gets."""
        before = len(self.memory.sent)
        incoming = Incoming(text=text) if isinstance(text, str) else text
        event = f"event-{next(_EVENTS)}"
        receipt = await receive_incoming(self.runtime, line, address, event, incoming)
        await self.run_turns(receipt.conversation_id)
        await self.deliver_due()
        return [r.text for row, r in self.memory.sent[before:] if row.address == address]

    async def run_turns(self, conversation_id: int) -> None:
        """Run the turns of a conversation, and of those it caused."""
        waiting = [conversation_id]
        self.runtime.hooks.begin_turns = waiting.append
        while waiting:
            await turn.run_pending_turns(self.runtime, waiting.pop(0))

    async def deliver_due(self) -> list[tuple[Outgoing, RenderedMessage]]:
        """Deliver what is due; return it."""
        before = len(self.memory.sent)
        # One list for all, so that it holds everything in its order.
        whatsapp = MemoryChannel(WHATSAPP, self.memory.sent, self.memory.failures)
        telegram = MemoryChannel(TELEGRAM, self.memory.sent, self.memory.failures)
        ways: Channels = {
            ("terminal", "sms"): self.memory,
            ("terminal", "whatsapp"): whatsapp,
            ("terminal", "telegram"): telegram,
        }
        await OutboxSender(self.runtime, ways).drain()
        return self.memory.sent[before:]


@dataclass(slots=True)
class ChatPerson:
    """Somebody with a phone."""

    harness: ChatHarness
    line: Line
    address: str

    async def say(self, text: str | Incoming) -> str:
        """Send a text and return the answer: one message, or "" for none."""
        answers = await self.harness.send_text(self.line, self.address, text)
        return "\n---\n".join(answers)
