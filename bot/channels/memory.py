"""A channel that remembers what it was given, for tests and whoever shows a talk himself."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.channels.base import SendResult
from bot.rendering.render import SMS, Capabilities, RenderedMessage
from core.errors import DeliveryFailed
from core.messaging.outbox.claim import Outgoing


@dataclass(slots=True)
class MemoryChannel:
    """Takes every message. `failures` are raised first, one a message, in their order."""

    capabilities: Capabilities = SMS
    sent: list[tuple[Outgoing, RenderedMessage]] = field(default_factory=list)
    failures: list[DeliveryFailed | OSError] = field(default_factory=list)

    async def send(self, row: Outgoing, rendered: RenderedMessage) -> SendResult:
        """Remember a message."""
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append((row, rendered))
        return SendResult(f"memory-{len(self.sent)}", "delivered", rendered.segments)

    async def close(self) -> None:
        """There is nothing to let go of."""

    def texts_to(self, address: str) -> list[str]:
        """Return the texts an address was sent, in order."""
        return [rendered.text for row, rendered in self.sent if row.address == address]
