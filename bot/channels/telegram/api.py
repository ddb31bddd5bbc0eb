"""What both Telegram bots share: what a bot must be able to do, and what its errors mean."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from bot.channels.base import SendResult
from bot.channels.telegram.updates import ParsedUpdate
from bot.rendering.render import TELEGRAM, Capabilities, RenderedMessage
from core.errors import DeliveryFailed
from core.messaging.messages import Json
from core.messaging.outbox.claim import Outgoing

BotRole = Literal["customer", "owner"]

REQUEST_TIMEOUT = 15.0
"""Seconds for one request, so that a stop can wait for those in hand."""

POLL_TIMEOUT = 30
"""Seconds Telegram may keep a poll open while nothing happens."""

MAX_CONNECTIONS = 40
"""Updates that Telegram may deliver to the webhook at the same time."""


class TelegramBot(Protocol):
    """One bot: a way out for the delivery, and what its intake needs.

    `sending` is called with the chat when something is on its way there.
    """

    on_sending: Callable[[int], None]

    @property
    def role(self) -> BotRole:
        """Whom it serves."""

    @property
    def id(self) -> str:
        """Its number at Telegram, which is the address of its line."""

    async def send(self, row: Outgoing, rendered: RenderedMessage) -> SendResult:
        """Send, or change the message that this one replaces."""

    async def close(self) -> None:
        """Let go of connections."""

    def parse_update(self, raw: Mapping[str, Any]) -> ParsedUpdate | None:
        """Return what an update says; None: nothing to do. ValueError if it is no update."""

    async def get_updates(self, offset: int) -> Sequence[dict[str, Any]]:
        """Wait for updates from `offset` on. Refused, or OSError without a connection."""

    async def get_username(self) -> str:
        """Return its name, for links to it. Refused, OSError."""

    async def set_webhook(self, url: str, secret: str) -> None:
        """Have updates delivered to `url`, and see that they are. Refused, OSError."""

    async def delete_webhook(self) -> None:
        """Have updates kept until they are asked for. Refused, OSError."""

    async def answer_callback(self, query: str, text: str = "") -> None:
        """End the waiting of a tapped button; what goes wrong is passed over."""

    async def send_typing(self, chat_id: int) -> None:
        """Show that something is coming; what goes wrong is passed over."""

    async def send_group_text(self, chat_id: int, text: str) -> None:
        """Say something in a group; what goes wrong is passed over."""

    async def set_description(self, descriptions: Sequence[BotDescription]) -> None:
        """Set commands, descriptions and the menu button. Refused, OSError."""


@dataclass(frozen=True, slots=True)
class BotDescription:
    """What people see of a bot in one language; "" for everybody whose language has none."""

    language: str
    commands: Mapping[str, str]
    about: str
    short: str


class BotApiError(Exception):
    """Telegram refused a request: its code and words."""

    def __init__(self, code: int, description: str, retry_after: float | None = None) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description
        self.retry_after = retry_after

    @property
    def is_unchanged(self) -> bool:
        """Whether the message shows that already."""
        return "message is not modified" in self.description

    @property
    def is_uneditable(self) -> bool:
        """Whether the message cannot be changed any more, so that a new one must be sent."""
        words = ("message to edit not found", "message can't be edited", "no text in the message")
        return self.code == 400 and any(each in self.description for each in words)

    @property
    def delivery_failure(self) -> DeliveryFailed:
        """What it means for the delivery."""
        # Blocked, deactivated, kicked, never met: nothing arrives there before they write again.
        unreachable = self.code == 403 or "chat not found" in self.description
        return DeliveryFailed(
            permanent=unreachable or self.code == 400,
            retry_after=self.retry_after,
            reason=str(self)[:300],
            unreachable=unreachable,
        )


@dataclass(frozen=True, slots=True)
class TelegramChannel:
    """The way out of every Telegram line: each by the bot whose line it is."""

    by_id: Mapping[str, TelegramBot]

    @property
    def capabilities(self) -> Capabilities:
        """What one message can be."""
        return TELEGRAM

    async def send(self, row: Outgoing, rendered: RenderedMessage) -> SendResult:
        """Send by the line's own bot."""
        bot = self.by_id.get(row.line_address)
        if bot is None:
            raise DeliveryFailed(reason=f"no token for the bot {row.line_address}")
        return await bot.send(row, rendered)

    async def close(self) -> None:
        """Let go of connections."""
        for bot in self.by_id.values():
            await bot.close()


def parse_bot_id(token: str) -> str:
    """Return the number of the bot that a token is for; "" if it is no token."""
    number, _, rest = token.partition(":")
    return number if number.isascii() and number.isdecimal() and rest else ""


def webhook_secret(setting: str, secret: bytes, role: BotRole) -> str:
    """Return what Telegram repeats with each update: the setting, else one of our own."""
    return setting or hmac.digest(secret, f"telegram webhook {role}".encode(), "sha256").hex()


def edit_targets(row: Outgoing) -> tuple[int, list[int]]:
    """Return the message to change (0: send a new one), and those that lose their buttons."""
    known: Json = row.edit_target
    message, also = _number(known.get("message")), _number(known.get("also"))
    if known.get("in_place"):
        return message, [also] if also else []
    return 0, [each for each in (message, also) if each]


def _number(text: object) -> int:
    written = str(text or "")
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 19 else 0
