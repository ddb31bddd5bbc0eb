"""The bot for the people of shops, by python-telegram-bot: its types read, its client sends.

Importing this imports the SDK: only where the bot's token is set. Its Application, handlers and
conversations are not used – the engine decides – and nothing of its state is kept.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

import structlog
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllPrivateChats,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    KeyboardButton,
    LinkPreviewOptions,
    MenuButtonCommands,
    Message,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    Update,
    error,
)
from telegram.request import HTTPXRequest

from bot.channels.base import SendResult
from bot.channels.telegram.api import (
    MAX_CONNECTIONS,
    POLL_TIMEOUT,
    REQUEST_TIMEOUT,
    BotApiError,
    BotDescription,
    BotRole,
    edit_targets,
    parse_bot_id,
)
from bot.channels.telegram.rate_limiter import TelegramRateLimiter
from bot.channels.telegram.updates import DEAD_BUTTON, UPDATE_KINDS, ParsedUpdate, parse_update
from bot.rendering import day_image
from bot.rendering.render import RenderedMessage
from core.errors import DeliveryFailed
from core.messaging.outbox.claim import Outgoing

log = structlog.get_logger(__name__)

# The SDK's own way to say that we know its spans of time will be timedeltas.
os.environ.setdefault("PTB_TIMEDELTA", "true")

T = TypeVar("T")

ReplyMarkup = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove

DAY_IMAGE_KEY = "desk.picture"
"""The text that is drawn instead of written."""


class TelegramOwnerBot:
    """The bot that the people of shops talk to."""

    role: BotRole = "owner"

    def __init__(self, token: str, api_url: str, limiter: TelegramRateLimiter) -> None:
        """Take the token; nothing is connected before the first request."""
        self.id = parse_bot_id(token)
        self.limiter = limiter
        self.on_sending: Callable[[int], None] = lambda _chat_id: None
        self._requests = (_http(MAX_CONNECTIONS), _http(1))
        self._bot = Bot(
            token,
            base_url=f"{api_url}/bot",
            base_file_url=f"{api_url}/file/bot",
            request=self._requests[0],
            get_updates_request=self._requests[1],
        )
        self._later: set[asyncio.Task[None]] = set()

    # --- out ----------------------------------------------------------------------------------

    async def send(self, row: Outgoing, rendered: RenderedMessage) -> SendResult:
        """Send, or change the message that this replaces; those before it lose their buttons."""
        chat_id = int(row.address)
        message, settled = edit_targets(row)
        self.on_sending(chat_id)
        try:
            if not (message and await self._edit(chat_id, message, row, rendered)):
                if message and rendered.contact_button:
                    settled.append(message)
                message = await self._send(chat_id, row, rendered)
        except BotApiError as refused:
            if refused.retry_after is not None:
                await self.limiter.pause(chat_id, refused.retry_after)
            raise refused.delivery_failure from None
        except OSError as failed:
            raise DeliveryFailed(reason=str(failed)[:300]) from None
        for each in settled:
            self._begin(self._settle(chat_id, each, rendered.settled_text))
        return SendResult(str(message), "delivered")

    async def _send(self, chat_id: int, row: Outgoing, rendered: RenderedMessage) -> int:
        request: Coroutine[Any, Any, Message]
        if row.say.key == DAY_IMAGE_KEY:
            # Drawing takes a while: other talks go on meanwhile.
            body = await asyncio.to_thread(
                day_image.draw_from_params, row.say.params, rendered.text
            )
            photo = InputFile(body, filename="day.png")
            request = self._bot.send_photo(chat_id, photo, caption=rendered.text, parse_mode="HTML")
        elif rendered.venue is not None:
            place = rendered.venue
            request = self._bot.send_venue(
                chat_id, place.latitude, place.longitude, place.title, place.address
            )
        elif rendered.document is not None:
            file = InputFile(rendered.document.body, filename=rendered.document.name)
            request = self._bot.send_document(
                chat_id, file, caption=rendered.text or None, parse_mode="HTML"
            )
        else:
            request = self._bot.send_message(
                chat_id,
                rendered.text,
                parse_mode="HTML",
                link_preview_options=LinkPreviewOptions(is_disabled=True),
                reply_markup=_markup(row, rendered),
            )
        return int((await self._limited(chat_id, request)).message_id)

    async def _edit(
        self, chat_id: int, message_id: int, row: Outgoing, rendered: RenderedMessage
    ) -> bool:
        """Change a message; False if a new one must be sent instead."""
        apart = (
            rendered.contact_button or rendered.venue is not None or rendered.document is not None
        )
        if apart or row.say.key == DAY_IMAGE_KEY:
            return False
        try:
            await self._limited(
                chat_id,
                self._bot.edit_message_text(
                    rendered.text,
                    chat_id=chat_id,
                    message_id=message_id,
                    parse_mode="HTML",
                    link_preview_options=LinkPreviewOptions(is_disabled=True),
                    reply_markup=_inline(rendered),
                ),
            )
        except BotApiError as refused:
            if refused.is_uneditable:
                return False
            if not refused.is_unchanged:
                raise
        return True

    async def _settle(self, chat_id: int, message_id: int, words: str) -> None:
        """Take the buttons off a message, which shows `words` from then on, or what it showed."""
        request: Coroutine[Any, Any, Any]
        if words:
            request = self._bot.edit_message_text(
                words, chat_id=chat_id, message_id=message_id, parse_mode="HTML"
            )
        else:
            request = self._bot.edit_message_reply_markup(chat_id=chat_id, message_id=message_id)
        try:
            await self._limited(chat_id, request)
        except (BotApiError, OSError) as failed:
            # Buttons that stay are stale, and answered so: nobody is told less for it.
            log.info("telegram.not_settled", chat=chat_id, error=str(failed))

    async def wait_until_idle(self) -> None:
        """Wait until nothing is on its way beside what was sent."""
        while self._later:
            await asyncio.wait(self._later)

    async def close(self) -> None:
        """End what is on its way, and let go of connections."""
        if self._later:
            _, late = await asyncio.wait(self._later, timeout=2)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for request in self._requests:
            await request.shutdown()
        await self.limiter.close()

    # --- in -----------------------------------------------------------------------------------

    def parse_update(self, raw: Mapping[str, Any]) -> ParsedUpdate | None:
        """Return what an update says; None: nothing to do. ValueError if it is no update."""
        try:
            return parse_update(Update.de_json(dict(raw), self._bot))
        except (KeyError, TypeError, AttributeError) as broken:
            raise ValueError(f"no update: {broken!r}") from broken

    async def get_updates(self, offset: int) -> Sequence[dict[str, Any]]:
        """Wait for updates from `offset` on."""
        # Not get_updates(): it reads them all, and one it cannot read would hold up the others.
        asked = {
            "offset": offset,
            "timeout": POLL_TIMEOUT,
            "allowed_updates": json.dumps(UPDATE_KINDS),
        }
        found: Any = await self._call(
            self._requests[1].post(
                f"{self._bot.base_url}/getUpdates?{urlencode(asked)}",
                read_timeout=POLL_TIMEOUT + REQUEST_TIMEOUT,
            )
        )
        return list(found)

    async def set_webhook(self, url: str, secret: str) -> None:
        """Have updates delivered to `url`, and see that they are."""
        await self._call(
            self._bot.set_webhook(
                url,
                secret_token=secret,
                allowed_updates=list(UPDATE_KINDS),
                max_connections=MAX_CONNECTIONS,
            )
        )
        info = await self._call(self._bot.get_webhook_info())
        if info.url != url or set(info.allowed_updates or ()) != set(UPDATE_KINDS):
            raise BotApiError(409, f"the webhook is {info.url} with {info.allowed_updates}")

    async def delete_webhook(self) -> None:
        """Have updates kept until they are asked for."""
        await self._call(self._bot.delete_webhook(drop_pending_updates=False))

    async def get_username(self) -> str:
        """Return its name, for links to it."""
        return (await self._call(self._bot.get_me())).username or ""

    # --- beside the talk ------------------------------------------------------------------------

    async def answer_callback(self, query: str, text: str = "") -> None:
        """End the waiting of a tapped button; what goes wrong is passed over."""
        await self._try(self._bot.answer_callback_query(query, text=text or None))

    async def send_typing(self, chat_id: int) -> None:
        """Show that something is coming; what goes wrong is passed over."""
        await self._try(self._bot.send_chat_action(chat_id, "typing"))

    async def send_group_text(self, chat_id: int, text: str) -> None:
        """Say something in a group; what goes wrong is passed over."""
        async with self.limiter.wait_turn(chat_id):
            await self._try(self._bot.send_message(chat_id, text))

    async def set_description(self, descriptions: Sequence[BotDescription]) -> None:
        """Set commands, descriptions and the menu button."""
        for each in descriptions:
            language = each.language or None
            commands = [BotCommand(name, words) for name, words in each.commands.items()]
            scope = BotCommandScopeAllPrivateChats()
            bot = self._bot
            await self._call(bot.set_my_commands(commands, scope=scope, language_code=language))
            await self._call(bot.set_my_description(each.about, language_code=language))
            await self._call(bot.set_my_short_description(each.short, language_code=language))
        await self._call(self._bot.set_chat_menu_button(menu_button=MenuButtonCommands()))

    # --- requests -------------------------------------------------------------------------------

    async def _limited(self, chat_id: int, request: Coroutine[Any, Any, T]) -> T:
        try:
            async with self.limiter.wait_turn(chat_id):
                return await self._call(request)
        finally:
            request.close()  # in case its turn never came

    async def _call(self, request: Awaitable[T]) -> T:
        """Make a request. Refused with what Telegram says, OSError when it says nothing."""
        try:
            return await request
        except error.RetryAfter as wait:
            seconds: Any = wait.retry_after
            seconds = getattr(seconds, "total_seconds", lambda: seconds)()
            raise BotApiError(429, wait.message, float(seconds)) from None
        except error.TelegramError as refused:
            code = next((code for kind, code in _CODES if isinstance(refused, kind)), None)
            if code is None:
                raise OSError(f"{type(refused).__name__}: {refused.message}") from refused
            raise BotApiError(code, refused.message) from None

    async def _try(self, request: Awaitable[Any]) -> None:
        try:
            await self._call(request)
        except (BotApiError, OSError) as failed:
            log.info("telegram.passed_over", error=str(failed))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._later.add(task)
        task.add_done_callback(self._later.discard)


# Some are each other's subclasses: BadRequest is a NetworkError there.
_CODES: tuple[tuple[type[error.TelegramError], int], ...] = (
    (error.Forbidden, 403),
    (error.InvalidToken, 401),
    (error.Conflict, 409),
    (error.ChatMigrated, 400),
    (error.BadRequest, 400),
    (error.EndPointNotFound, 404),
)


def _http(connections: int) -> HTTPXRequest:
    return HTTPXRequest(
        connection_pool_size=connections,
        read_timeout=REQUEST_TIMEOUT,
        write_timeout=REQUEST_TIMEOUT,
        connect_timeout=REQUEST_TIMEOUT,
        pool_timeout=REQUEST_TIMEOUT,
    )


def _markup(row: Outgoing, rendered: RenderedMessage) -> ReplyMarkup | None:
    if rendered.contact_button:
        share = KeyboardButton(rendered.contact_button, request_contact=True)
        return ReplyKeyboardMarkup([[share]], resize_keyboard=True, one_time_keyboard=True)
    if rendered.rows:
        return _inline(rendered)
    return ReplyKeyboardRemove() if row.edit_target.get("contact") else None


def _inline(rendered: RenderedMessage) -> InlineKeyboardMarkup | None:
    if not rendered.rows:
        return None
    rows = [
        [
            InlineKeyboardButton(
                cell.label,
                callback_data=cell.payload or DEAD_BUTTON,
                api_kwargs={"style": cell.style} if cell.style else None,
            )
            for cell in row
        ]
        for row in rendered.rows
    ]
    return InlineKeyboardMarkup(rows)
