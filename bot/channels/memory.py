"""A channel that stores messages in memory, for tests and demonstrations."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.channels.base import SendResult
from bot.rendering.render import SMS, Capabilities, RenderedMessage
from core.errors import DeliveryFailed
from core.messaging.outbox.claim import Outgoing


@dataclass(slots=True)
class MemoryChannel:
    """Accepts every message, after raising `failures` in order, one per message."""

    capabilities: Capabilities = SMS
    sent: list[tuple[Outgoing, RenderedMessage]] = field(default_factory=list)
    failures: list[DeliveryFailed | OSError] = field(default_factory=list)

    async def send(self, row: Outgoing, rendered: RenderedMessage) -> SendResult:
        """Store a message."""
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append((row, rendered))
        return SendResult(f"memory-{len(self.sent)}", "delivered", rendered.segments)

    async def close(self) -> None:
        """Nothing to close."""

    def texts_to(self, address: str) -> list[str]:
        """Return the texts sent to an address, in order."""
        return [rendered.text for row, rendered in self.sent if row.address == address]
