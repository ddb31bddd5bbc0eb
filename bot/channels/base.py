"""What a channel is to the delivery."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from bot.rendering.render import Capabilities, RenderedMessage
from core.db.context import Context
from core.messaging.outbox.claim import Outgoing


@dataclass(frozen=True, slots=True)
class SendResult:
    """What the provider said when it took a message.

    `provider_id` is its name for it, by which it reports later; `segments` the SMS it counts,
    0 where it does not say.
    """

    provider_id: str = ""
    status: str = ""
    segments: int = 0


class RateLimited(Exception):
    """A sender's line is too long for this message; `seconds` until it may be short enough."""

    def __init__(self, seconds: float) -> None:
        """Keep the wait."""
        super().__init__(seconds)
        self.seconds = seconds


class Channel(Protocol):
    """One way out: SMS by Twilio, a terminal, a test's memory."""

    @property
    def capabilities(self) -> Capabilities:
        """What one message can be."""
        ...

    async def send(self, row: Outgoing, rendered: RenderedMessage) -> SendResult:
        """Hand one message to the provider; DeliveryFailed when it does not take it.

        Its parameters: `reason`; `why`, the text that says it to people; `away` when the provider
        did not even look at it, `line` when it wants nothing more on this line for `retry_after`;
        `uncertain` when it may have taken it all the same; `opted_out` and `unreachable` of the
        person. NoRoom when it was not tried, for the line is full.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


@runtime_checkable
class NeedsConfig(Protocol):
    """A channel that keeps something of its own in the database."""

    async def load_config(self, ctx: Context) -> None:
        """Read it anew; it is asked to at the start and at every tick."""
        ...


Channels = dict[tuple[str, str], Channel]
"""(transport, channel) of a line → its way out."""
