"""The terminal's end of `python -m bot chat`: what is sent is printed, and goes nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.channels.base import SendResult
from bot.rendering.render import SMS, Capabilities, RenderedMessage
from core.messaging.outbox.claim import Outgoing


@dataclass(frozen=True, slots=True)
class TerminalChannel:
    """Prints by `write` what is sent to `address`; what others on the line get is not shown.

    Every channel's talk shows numbers here: a terminal has no buttons.
    """

    write: Callable[[str], None]
    address: str
    channel: str = "sms"

    @property
    def capabilities(self) -> Capabilities:
        """SMS as a phone would get it; other channels without their buttons."""
        return SMS if self.channel == "sms" else Capabilities(max_length=4096)

    async def send(self, row: Outgoing, rendered: RenderedMessage) -> SendResult:
        """Print a message, marked as theirs."""
        if row.address == self.address:
            self.write("< " + rendered.text.replace("\n", "\n  "))
        return SendResult(status="delivered", segments=rendered.segments)

    async def close(self) -> None:
        """There is nothing to let go of."""
