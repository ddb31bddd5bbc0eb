"""The interface between delivery and channels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from bot.rendering.render import Capabilities, RenderedMessage
from core.db.context import Context
from core.messaging.outbox.claim import Outgoing


@dataclass(frozen=True, slots=True)
class SendResult:
    """The provider's response to an accepted message.

    `provider_message_id` identifies the message in later status reports; `segments` is the number
    of SMS segments, 0 if unknown.
    """

    provider_message_id: str = ""
    status: str = ""
    segments: int = 0


class Unconfirmed(OSError):
    """The provider accepted a message (2xx), but its answer cannot be read or names no message.

    It is never sent again: it may have arrived.
    """


class RateLimited(Exception):
    """The sender's queue is too long for this message; `seconds` until it may be short enough."""

    def __init__(self, seconds: float) -> None:
        """Store the wait in seconds."""
        super().__init__(seconds)
        self.seconds = seconds


class Channel(Protocol):
    """A way to send messages: Twilio, a terminal, or a test's memory."""

    @property
    def capabilities(self) -> Capabilities:
        """The channel's capabilities for one message."""
        ...

    async def send(self, row: Outgoing, rendered: RenderedMessage) -> SendResult:
        """Hand a message to the provider; raises DeliveryFailed if it is not accepted.

        Its parameters: `reason`; `why`, the text shown to people; `away` if the provider was
        unavailable, `line` if the line is paused for `retry_after` seconds; `uncertain` if the
        message may have been accepted; `opted_out` and `unreachable` of the recipient. Raises
        NoRoom if it was not tried because the queue is full.
        """
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


@runtime_checkable
class NeedsConfig(Protocol):
    """A channel that keeps its own data in the database."""

    async def load_config(self, ctx: Context) -> None:
        """Reload the data; called at the start and on every tick."""
        ...


Channels = dict[tuple[str, str], Channel]
"""The channel of a line's (transport, channel)."""
