"""The terminal channel of `python -m bot chat`, which only prints messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.channels.base import SendResult
from bot.rendering.render import SMS, Capabilities, RenderedMessage
from core.messaging.outbox.claim import Outgoing


@dataclass(frozen=True, slots=True)
class TerminalChannel:
    """Prints messages sent to `address` with `write`; other recipients' messages are not shown.

    Options are numbered on every channel because a terminal has no buttons.
    """

    write: Callable[[str], None]
    address: str
    channel: str = "sms"

    @property
    def capabilities(self) -> Capabilities:
        """The capabilities of SMS, or of other channels without buttons."""
        return SMS if self.channel == "sms" else Capabilities(max_length=4096)

    async def send(self, row: Outgoing, rendered: RenderedMessage) -> SendResult:
        """Print a message, marked as the bot's."""
        if row.address == self.address:
            self.write("< " + rendered.text.replace("\n", "\n  "))
        return SendResult(status="delivered", segments=rendered.segments)

    async def close(self) -> None:
        """Nothing to close."""
