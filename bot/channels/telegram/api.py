"""The interface of both Telegram bots, and the meaning of Telegram's errors."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from bot.channels.base import SendResult
from bot.channels.telegram.errors import TelegramFact, telegram_fact
from bot.channels.telegram.updates import UPDATE_KINDS, ParsedUpdate
from bot.rendering.render import TELEGRAM, Capabilities, RenderedMessage
from core.errors import DeliveryFailed
from core.messaging.messages import Json
from core.messaging.outbox.claim import Outgoing

BotRole = Literal["customer", "owner"]

REQUEST_TIMEOUT = 15.0
"""Timeout of a request in seconds, short enough for a stop to wait for it."""

POLL_TIMEOUT = 30
"""Seconds Telegram may keep an idle long poll open."""

ERRORS_COUNT_FOR = timedelta(minutes=15)
"""How long after a failed delivery a webhook with updates waiting counts as failing."""

MAX_CONNECTIONS = 40
"""Maximum concurrent webhook deliveries."""


class TelegramBot(Protocol):
    """A bot that sends for delivery and receives updates.

    `sending` is called with the chat id when a message is on its way there.
    """

    on_sending: Callable[[int], None]

    @property
    def role(self) -> BotRole:
        """Whether the bot serves customers or owners."""

    @property
    def id(self) -> str:
        """The bot's Telegram id, which is the address of its line."""

    async def send(self, row: Outgoing, rendered: RenderedMessage) -> SendResult:
        """Send a message, or edit the one it replaces."""

    async def close(self) -> None:
        """Close the connections."""

    def parse_update(self, raw: Json) -> ParsedUpdate | None:
        """Return what an update says, or None to ignore it.

        Raises ValueError or whatever else the SDK does if it is malformed.
        """

    async def get_updates(self, offset: int) -> Sequence[Json]:
        """Long-poll updates from `offset`; raises BotApiError or OSError.

        Nothing is known of an update's shape: one that is no JSON for Python has its raw text.
        """

    async def get_username(self) -> str:
        """Return the bot's username for links; raises BotApiError or OSError."""

    async def set_webhook(self, url: str, secret: str) -> None:
        """Set and verify the webhook; raises BotApiError or OSError."""

    async def get_webhook(self) -> WebhookState:
        """Return the webhook that Telegram has; raises BotApiError or OSError."""

    async def delete_webhook(self) -> None:
        """Delete the webhook so that updates can be polled; raises BotApiError or OSError."""

    async def answer_callback(self, query: str, text: str = "") -> None:
        """End the waiting state of a tapped button; failures are ignored."""

    async def send_typing(self, chat_id: int) -> None:
        """Show the typing indicator; failures are ignored."""

    async def send_group_text(self, chat_id: int, text: str) -> None:
        """Send a message to a group; failures are ignored."""

    async def set_description(self, descriptions: Sequence[BotDescription]) -> None:
        """Set commands, descriptions and the menu button; raises BotApiError or OSError."""


@dataclass(frozen=True, slots=True)
class WebhookState:
    """What Telegram says of a bot's webhook: where updates go, which, and how that fares."""

    url: str
    kinds: frozenset[str]
    pending: int = 0
    error: str = ""
    error_at: datetime | None = None

    def taken_over(self, url: str) -> str:
        """Return what is not as we set it, in words; "" if all is."""
        if self.url != url:
            return f"its updates go to {self.url or 'nobody'}"
        lacking = set(UPDATE_KINDS) ^ self.kinds
        return f"the kinds of updates differ: {', '.join(sorted(lacking))}" if lacking else ""

    def failing(self, now: datetime) -> str:
        """Return why updates do not arrive though they should, in words; "" if they do."""
        if not (self.pending and self.error_at) or now - self.error_at > ERRORS_COUNT_FOR:
            return ""
        return f"{self.pending} updates wait, for Telegram says: {self.error}"


@dataclass(frozen=True, slots=True)
class BotDescription:
    """A bot's profile in one language; "" is the default for all other languages."""

    language: str
    commands: Mapping[str, str]
    about: str
    short: str


class BotApiError(Exception):
    """Telegram rejected a request; holds its error code and description."""

    def __init__(self, code: int, description: str, retry_after: float | None = None) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description
        self.retry_after = retry_after

    @property
    def fact(self) -> TelegramFact:
        """What the error says."""
        return telegram_fact(self.code, self.description)

    @property
    def is_unchanged(self) -> bool:
        """Whether the message already has this content."""
        return self.fact == "unchanged"

    @property
    def is_uneditable(self) -> bool:
        """Whether the message can no longer be edited, so a new one must be sent."""
        return self.fact in {"gone", "uneditable"}

    @property
    def delivery_failure(self) -> DeliveryFailed:
        """The failure as delivery treats it."""
        # Blocked, deactivated, kicked or never met: unreachable until the person writes again.
        unreachable = self.fact == "unreachable"
        return DeliveryFailed(
            permanent=unreachable or self.code == 400,
            retry_after=self.retry_after,
            reason=str(self)[:300],
            unreachable=unreachable,
        )


@dataclass(frozen=True, slots=True)
class TelegramChannel:
    """The channel of every Telegram line, using the bot of each line."""

    by_id: Mapping[str, TelegramBot]

    @property
    def capabilities(self) -> Capabilities:
        """The channel's capabilities for one message."""
        return TELEGRAM

    async def send(self, row: Outgoing, rendered: RenderedMessage) -> SendResult:
        """Send by the line's bot."""
        bot = self.by_id.get(row.line_address)
        if bot is None:
            raise DeliveryFailed(reason=f"no token for the bot {row.line_address}")
        return await bot.send(row, rendered)

    async def close(self) -> None:
        """Close the connections."""
        for bot in self.by_id.values():
            await bot.close()


def parse_bot_id(token: str) -> str:
    """Return the bot id in a token; "" if the token is malformed."""
    number, _, rest = token.partition(":")
    return number if number.isascii() and number.isdecimal() and rest else ""


def webhook_secret(setting: str, secret: bytes, role: BotRole) -> str:
    """Return the webhook secret: the setting, else a derived one."""
    return setting or hmac.digest(secret, f"telegram webhook {role}".encode(), "sha256").hex()


def edit_targets(row: Outgoing) -> tuple[int, list[int]]:
    """Return the message to edit (0: send a new one) and those that lose their buttons."""
    known: Json = row.edit_target
    message, also = _number(known.get("message")), _number(known.get("also"))
    if known.get("in_place"):
        return message, [also] if also else []
    return 0, [each for each in (message, also) if each]


def _number(text: object) -> int:
    written = str(text or "")
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 19 else 0
