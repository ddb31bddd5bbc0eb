"""Behaviour shared by both Telegram bots, independent of their SDK."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, ClassVar, TypeVar

import structlog

from bot.channels.base import SendResult, Unconfirmed
from bot.channels.telegram.api import BotApiError, WebhookState, edit_targets, parse_bot_id
from bot.channels.telegram.rate_limiter import TelegramRateLimiter
from bot.rendering.render import RenderedMessage
from core.errors import DeliveryFailed
from core.messaging.outbox.claim import Outgoing
from core.messaging.outbox.delivery_status import UNKNOWN_STATUS
from core.values.waits import parse_wait

log = structlog.get_logger(__name__)

T = TypeVar("T")

Request = Callable[[], Awaitable[T]]
"""A prepared request that starts when it is called."""


class SdkBot(ABC):
    """A bot over an SDK that makes the requests and raises its own errors."""

    sdk_errors: ClassVar[tuple[type[Exception], ...]]
    """The SDK's exceptions."""

    error_codes: ClassVar[Sequence[tuple[type[Exception], int | None]]]
    """The Telegram error code of each SDK exception, None for a lost connection.

    The first match counts; an exception not listed is a lost connection, too.
    """

    def __init__(self, token: str, limiter: TelegramRateLimiter) -> None:
        self.id = parse_bot_id(token)
        self.limiter = limiter
        self.on_sending: Callable[[int], None] = lambda _chat_id: None
        self._later: set[asyncio.Task[None]] = set()

    # --- sending --------------------------------------------------------------------------

    async def send(self, row: Outgoing, rendered: RenderedMessage) -> SendResult:
        """Send or edit a message; the previous ones lose their buttons."""
        chat_id = int(row.address)
        message, settled = edit_targets(row)
        self.on_sending(chat_id)
        try:
            if not (message and await self._edit(chat_id, message, row, rendered)):
                if message and rendered.contact_button:
                    settled.append(message)
                message = await self._limited(
                    chat_id, await self._send_request(chat_id, row, rendered)
                )
        except BotApiError as refused:
            if refused.retry_after is not None:
                await self.limiter.pause(chat_id, refused.retry_after)
            raise refused.delivery_failure from None
        except Unconfirmed as unread:
            log.warning("telegram.unconfirmed", chat=chat_id, outbox=row.id, why=str(unread))
            return SendResult("", UNKNOWN_STATUS)
        except OSError as error:
            raise DeliveryFailed(reason=str(error)[:300]) from None
        for each in settled:
            self._begin(self._settle(chat_id, each, rendered.settled_text))
        return SendResult(str(message), "delivered")

    async def _edit(
        self, chat_id: int, message_id: int, row: Outgoing, rendered: RenderedMessage
    ) -> bool:
        """Edit a message; return False if a new one must be sent instead."""
        if not self._is_editable(row, rendered):
            return False
        try:
            await self._limited(chat_id, self._edit_request(chat_id, message_id, rendered))
        except BotApiError as refused:
            if refused.is_uneditable:
                return False
            if not refused.is_unchanged:
                raise
        return True

    async def _settle(self, chat_id: int, message_id: int, text: str) -> None:
        """Remove a message's buttons and, if given, replace its text."""
        try:
            await self._limited(chat_id, self._settle_request(chat_id, message_id, text))
        except (BotApiError, OSError) as error:
            # Remaining buttons are stale and answered as such, so a failure here is harmless.
            log.info("telegram.not_settled", chat=chat_id, error=str(error))

    def _is_editable(self, _row: Outgoing, rendered: RenderedMessage) -> bool:
        """Return whether an earlier message can be edited into this one: only text can."""
        return not rendered.contact_button and rendered.venue is None and rendered.document is None

    @abstractmethod
    async def _send_request(
        self, chat_id: int, row: Outgoing, rendered: RenderedMessage
    ) -> Request[int]:
        """Return the request that sends a message and returns its id."""

    @abstractmethod
    def _edit_request(
        self, chat_id: int, message_id: int, rendered: RenderedMessage
    ) -> Request[object]:
        """Return the request that edits a message's text and buttons."""

    @abstractmethod
    def _settle_request(self, chat_id: int, message_id: int, text: str) -> Request[object]:
        """Return the request that removes a message's buttons and optionally edits its text."""

    async def wait_until_idle(self) -> None:
        """Wait until no background request is in flight."""
        while self._later:
            await asyncio.wait(self._later)

    async def close(self) -> None:
        """Cancel background requests and close the connections."""
        if self._later:
            _, late = await asyncio.wait(self._later, timeout=2)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._close_connections()
        await self.limiter.close()

    @abstractmethod
    async def _close_connections(self) -> None:
        """Close the SDK's connections."""

    # --- requests -------------------------------------------------------------------------------

    async def _limited(self, chat_id: int, request: Request[T]) -> T:
        async with self.limiter.wait_turn(chat_id):
            return await self._call(request)

    async def _call(self, request: Request[T]) -> T:
        """Make a request; raises BotApiError if it is rejected and OSError without a response."""
        try:
            return await request()
        except self.sdk_errors as error:
            if isinstance(error.__cause__, Unconfirmed):
                raise error.__cause__ from None
            code = next((code for kind, code in self.error_codes if isinstance(error, kind)), None)
            if code is None:
                raise OSError(f"{type(error).__name__}: {error}") from error
            wait: Any = getattr(error, "retry_after", None)
            wait = parse_wait(getattr(wait, "total_seconds", lambda: wait)())
            message = str(getattr(error, "message", error))
            raise BotApiError(code, message, wait) from None

    async def _try(self, method: str, request: Request[Any]) -> None:
        """Make a request and ignore failures."""
        try:
            await self._call(request)
        except (BotApiError, OSError) as error:
            log.info("telegram.passed_over", method=method, error=str(error))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._later.add(task)
        task.add_done_callback(self._later.discard)


def check_webhook(url: str, found: WebhookState) -> None:
    """Raise BotApiError unless the webhook that Telegram has is the one that was set."""
    if wrong := found.taken_over(url):
        raise BotApiError(409, wrong)
