"""The owner bot for staff on python-telegram-bot, using its types and its client.

Importing this module loads the SDK, so it is imported only if the bot's token is set. The SDK's
Application, handlers and conversations are not used: the engine decides.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from functools import partial
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

from bot.channels.telegram.answers import load_answer, reduce_sent
from bot.channels.telegram.api import (
    MAX_CONNECTIONS,
    POLL_TIMEOUT,
    REQUEST_TIMEOUT,
    BotDescription,
    BotRole,
    WebhookState,
)
from bot.channels.telegram.base import Request, SdkBot, check_webhook
from bot.channels.telegram.rate_limiter import TelegramRateLimiter
from bot.channels.telegram.updates import DEAD_BUTTON, UPDATE_KINDS, ParsedUpdate, parse_update
from bot.rendering import day_image
from bot.rendering.render import RenderedMessage
from core.messaging.messages import Json
from core.messaging.outbox.claim import Outgoing

log = structlog.get_logger(__name__)

# The SDK's switch for timedelta values.
os.environ.setdefault("PTB_TIMEDELTA", "true")

T = TypeVar("T")

ReplyMarkup = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove

DAY_IMAGE_KEY = "desk.picture"
"""The key of the text that is drawn as an image."""


class TelegramOwnerBot(SdkBot):
    """The bot for staff."""

    role: BotRole = "owner"

    sdk_errors = (error.TelegramError,)
    # Some are subclasses of others: BadRequest is a NetworkError there.
    error_codes = (
        (error.RetryAfter, 429),
        (error.Forbidden, 403),
        (error.InvalidToken, 401),
        (error.Conflict, 409),
        (error.ChatMigrated, 400),
        (error.BadRequest, 400),
        (error.EndPointNotFound, 404),
    )

    def __init__(self, token: str, api_url: str, limiter: TelegramRateLimiter) -> None:
        """Store the token; nothing connects before the first request."""
        super().__init__(token, limiter)
        self._requests = (_http(MAX_CONNECTIONS), _http(1))
        self._bot = Bot(
            token,
            base_url=f"{api_url}/bot",
            base_file_url=f"{api_url}/file/bot",
            request=self._requests[0],
            get_updates_request=self._requests[1],
        )

    # --- sending --------------------------------------------------------------------------

    async def _send_request(
        self, chat_id: int, row: Outgoing, rendered: RenderedMessage
    ) -> Request[int]:
        bot = self._bot
        request: Request[Message]
        if row.message.key == DAY_IMAGE_KEY:
            # Drawing is slow, so it must not block other conversations.
            body = await asyncio.to_thread(
                day_image.draw_from_params, row.message.params, rendered.text
            )
            photo = InputFile(body, filename="day.png")
            request = partial(
                bot.send_photo, chat_id, photo, caption=rendered.text, parse_mode="HTML"
            )
        elif rendered.venue is not None:
            place = rendered.venue
            request = partial(
                bot.send_venue,
                chat_id, place.latitude, place.longitude, place.title, place.address,
            )  # fmt: skip
        elif rendered.document is not None:
            file = InputFile(rendered.document.body, filename=rendered.document.name)
            request = partial(
                bot.send_document, chat_id, file, caption=rendered.text or None, parse_mode="HTML"
            )
        else:
            request = partial(
                bot.send_message,
                chat_id,
                rendered.text,
                parse_mode="HTML",
                link_preview_options=LinkPreviewOptions(is_disabled=True),
                reply_markup=_markup(row, rendered),
            )

        async def send() -> int:
            return int((await request()).message_id)

        return send

    def _edit_request(
        self, chat_id: int, message_id: int, rendered: RenderedMessage
    ) -> Request[object]:
        return partial(
            self._bot.edit_message_text,
            rendered.text,
            chat_id=chat_id,
            message_id=message_id,
            parse_mode="HTML",
            link_preview_options=LinkPreviewOptions(is_disabled=True),
            reply_markup=_inline(rendered),
        )

    def _settle_request(self, chat_id: int, message_id: int, text: str) -> Request[object]:
        if text:
            return partial(
                self._bot.edit_message_text,
                text, chat_id=chat_id, message_id=message_id, parse_mode="HTML",
            )  # fmt: skip
        return partial(self._bot.edit_message_reply_markup, chat_id=chat_id, message_id=message_id)

    def _is_editable(self, row: Outgoing, rendered: RenderedMessage) -> bool:
        return row.message.key != DAY_IMAGE_KEY and super()._is_editable(row, rendered)

    async def _close_connections(self) -> None:
        for request in self._requests:
            await request.shutdown()

    # --- receiving --------------------------------------------------------------------------

    def parse_update(self, raw: Json) -> ParsedUpdate | None:
        """Return what an update says, or None to ignore it.

        Raises ValueError or whatever else the SDK does if it is malformed.
        """
        return parse_update(Update.de_json(dict(raw), self._bot))

    async def get_updates(self, offset: int) -> Sequence[Json]:
        """Long-poll updates from `offset`."""
        # Not get_updates(): it parses all updates, and a malformed one would block the others.
        asked = {
            "offset": offset,
            "timeout": POLL_TIMEOUT,
            "allowed_updates": json.dumps(UPDATE_KINDS),
        }
        found: Any = await self._call(
            partial(
                self._requests[1].post,
                f"{self._bot.base_url}/getUpdates?{urlencode(asked)}",
                read_timeout=POLL_TIMEOUT + REQUEST_TIMEOUT,
            )
        )
        return list(found)

    async def set_webhook(self, url: str, secret: str) -> None:
        """Set and verify the webhook."""
        await self._call(
            partial(
                self._bot.set_webhook,
                url,
                secret_token=secret,
                allowed_updates=list(UPDATE_KINDS),
                max_connections=MAX_CONNECTIONS,
            )
        )
        check_webhook(url, await self.get_webhook())

    async def get_webhook(self) -> WebhookState:
        """Return the webhook that Telegram has."""
        info = await self._call(self._bot.get_webhook_info)
        return WebhookState(
            info.url,
            frozenset(info.allowed_updates or ()),
            info.pending_update_count,
            info.last_error_message or "",
            info.last_error_date,
        )

    async def delete_webhook(self) -> None:
        """Delete the webhook so that updates can be polled."""
        await self._call(partial(self._bot.delete_webhook, drop_pending_updates=False))

    async def get_username(self) -> str:
        """Return the bot's username for links."""
        return (await self._call(self._bot.get_me)).username or ""

    # --- other requests ---------------------------------------------------------------------

    async def answer_callback(self, query: str, text: str = "") -> None:
        """End the waiting state of a tapped button; failures are ignored."""
        await self._try(
            "answerCallbackQuery",
            partial(self._bot.answer_callback_query, query, text=text or None),
        )

    async def send_typing(self, chat_id: int) -> None:
        """Show the typing indicator; failures are ignored."""
        await self._try("sendChatAction", partial(self._bot.send_chat_action, chat_id, "typing"))

    async def send_group_text(self, chat_id: int, text: str) -> None:
        """Send a message to a group; failures are ignored."""
        async with self.limiter.wait_turn(chat_id):
            await self._try("sendMessage", partial(self._bot.send_message, chat_id, text))

    async def set_description(self, descriptions: Sequence[BotDescription]) -> None:
        """Set commands, descriptions and the menu button."""
        for each in descriptions:
            language = each.language or None
            commands = [BotCommand(name, words) for name, words in each.commands.items()]
            scope = BotCommandScopeAllPrivateChats()
            bot = self._bot
            await self._call(
                partial(bot.set_my_commands, commands, scope=scope, language_code=language)
            )
            await self._call(partial(bot.set_my_description, each.about, language_code=language))
            await self._call(
                partial(bot.set_my_short_description, each.short, language_code=language)
            )
        await self._call(partial(self._bot.set_chat_menu_button, menu_button=MenuButtonCommands()))


class _Http(HTTPXRequest):
    """The SDK's connections, with our reading of answers."""

    async def do_request(self, url: str, *args: Any, **more: Any) -> tuple[int, bytes]:
        """Make a request; raises Unconfirmed for a message that may have been sent."""
        status, content = await super().do_request(url, *args, **more)
        method = url.partition("?")[0].rpartition("/")[2]
        content = reduce_sent(method, status, content)
        if 200 <= status < 300 and b'"ok"' in content[:200]:
            answer = self.parse_json_payload(content)
            # The SDK goes by the status alone.
            status = status if answer.get("ok") else int(answer.get("error_code") or 500)
        return status, content

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Return an answer; raises TelegramError if it is none."""
        try:
            answer = load_answer(payload)
        except ValueError as broken:
            raise error.TelegramError("Invalid server response") from broken
        if not isinstance(answer, dict):
            raise error.TelegramError("Invalid server response")
        return answer


def _http(connections: int) -> HTTPXRequest:
    return _Http(
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
