"""The customer bot on aiogram, using its types and its client.

Importing this module loads aiogram, which takes seconds and memory, so it is imported only if the
bot's token is set. aiogram's dispatcher and state are not used: the engine decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

import structlog
from aiogram import Bot, exceptions
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.methods import (
    AnswerCallbackQuery,
    DeleteWebhook,
    EditMessageReplyMarkup,
    EditMessageText,
    GetMe,
    GetWebhookInfo,
    Response,
    SendChatAction,
    SendDocument,
    SendMessage,
    SendVenue,
    SetChatMenuButton,
    SetMyCommands,
    SetMyDescription,
    SetMyShortDescription,
    SetWebhook,
    TelegramMethod,
)
from aiogram.types import (
    BotCommand,
    BotCommandScopeAllPrivateChats,
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    LinkPreviewOptions,
    MenuButtonCommands,
    Message,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    Update,
)

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
from bot.rendering.render import RenderedMessage
from core.messaging.messages import Json
from core.messaging.outbox.claim import Outgoing

log = structlog.get_logger(__name__)

_HELD = (Response[bool], Response[Message], Response[Message | bool])
"""Response types that are kept referenced.

Pydantic drops an unreferenced type, and rebuilding one costs as much as a request.
"""

T = TypeVar("T")

ReplyMarkup = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove


class GetRawUpdates(TelegramMethod[list[Any]]):
    """getUpdates without parsing, so that one malformed update does not block the others."""

    __returning__: ClassVar[Any] = list[Any]
    __api_method__: ClassVar[str] = "getUpdates"

    offset: int
    timeout: int
    allowed_updates: list[str]


class _Session(AiohttpSession):
    """The SDK's connections, with our reading of answers."""

    def check_response(
        self, bot: Bot, method: TelegramMethod[T], status_code: int, content: str
    ) -> Response[T]:
        """Return an answer; raises Unconfirmed for a message that may have been sent."""
        raw = content.encode("utf-8", "replace")
        reduced = reduce_sent(method.__api_method__, status_code, raw).decode()
        return super().check_response(bot, method, status_code, reduced)


class TelegramCustomerBot(SdkBot):
    """The bot for customers."""

    role: BotRole = "customer"

    sdk_errors = (exceptions.TelegramAPIError, exceptions.ClientDecodeError)
    error_codes = (
        (exceptions.TelegramNetworkError, None),
        (exceptions.ClientDecodeError, None),
        (exceptions.TelegramBadRequest, 400),
        (exceptions.TelegramUnauthorizedError, 401),
        (exceptions.TelegramForbiddenError, 403),
        (exceptions.TelegramNotFound, 404),
        (exceptions.TelegramConflictError, 409),
        (exceptions.TelegramRetryAfter, 429),
        (exceptions.TelegramAPIError, 500),
    )

    def __init__(self, token: str, api_url: str, limiter: TelegramRateLimiter) -> None:
        """Store the token; nothing connects before the first request."""
        super().__init__(token, limiter)
        self._session = _Session(
            api=TelegramAPIServer.from_base(api_url),
            timeout=REQUEST_TIMEOUT,
            json_loads=load_answer,
        )
        self._bot = Bot(
            token,
            session=self._session,
            default=DefaultBotProperties(
                parse_mode="HTML", link_preview=LinkPreviewOptions(is_disabled=True)
            ),
        )

    # --- sending --------------------------------------------------------------------------

    async def _send_request(
        self, chat_id: int, row: Outgoing, rendered: RenderedMessage
    ) -> Request[int]:
        method: SendMessage | SendVenue | SendDocument
        if rendered.venue is not None:
            place = rendered.venue
            method = SendVenue(
                chat_id=chat_id,
                latitude=place.latitude,
                longitude=place.longitude,
                title=place.title,
                address=place.address,
                reply_markup=ReplyKeyboardRemove(remove_keyboard=True),
            )
        elif rendered.document is not None:
            file = rendered.document
            method = SendDocument(
                chat_id=chat_id,
                document=BufferedInputFile(file.body, file.name),
                caption=rendered.text,
                reply_markup=ReplyKeyboardRemove(remove_keyboard=True),
            )
        else:
            method = SendMessage(
                chat_id=chat_id, text=rendered.text, reply_markup=_markup(row, rendered)
            )

        async def send() -> int:
            sent: Message = await self._request(method)()
            return sent.message_id

        return send

    def _edit_request(
        self, chat_id: int, message_id: int, rendered: RenderedMessage
    ) -> Request[object]:
        return self._request(
            EditMessageText(
                chat_id=chat_id,
                message_id=message_id,
                text=rendered.text,
                reply_markup=_inline(rendered),
            )
        )

    def _settle_request(self, chat_id: int, message_id: int, text: str) -> Request[object]:
        method: EditMessageText | EditMessageReplyMarkup = EditMessageReplyMarkup(
            chat_id=chat_id, message_id=message_id
        )
        if text:
            method = EditMessageText(chat_id=chat_id, message_id=message_id, text=text)
        return self._request(method)

    async def _close_connections(self) -> None:
        await self._session.close()

    # --- receiving --------------------------------------------------------------------------

    def parse_update(self, raw: Json) -> ParsedUpdate | None:
        """Return what an update says, or None to ignore it.

        Raises ValueError or whatever else the SDK does if it is malformed.
        """
        return parse_update(Update.model_validate(raw, context={"bot": self._bot}))

    async def get_updates(self, offset: int) -> Sequence[Json]:
        """Long-poll updates from `offset`."""
        method = GetRawUpdates(
            offset=offset, timeout=POLL_TIMEOUT, allowed_updates=list(UPDATE_KINDS)
        )
        return await self._call(self._request(method, seconds=POLL_TIMEOUT + REQUEST_TIMEOUT))

    async def set_webhook(self, url: str, secret: str) -> None:
        """Set and verify the webhook."""
        method = SetWebhook(
            url=url,
            secret_token=secret,
            allowed_updates=list(UPDATE_KINDS),
            max_connections=MAX_CONNECTIONS,
        )
        await self._call(self._request(method))
        check_webhook(url, await self.get_webhook())

    async def get_webhook(self) -> WebhookState:
        """Return the webhook that Telegram has."""
        info = await self._call(self._request(GetWebhookInfo()))
        return WebhookState(
            info.url,
            frozenset(info.allowed_updates or ()),
            info.pending_update_count,
            info.last_error_message or "",
            info.last_error_date,
        )

    async def delete_webhook(self) -> None:
        """Delete the webhook so that updates can be polled."""
        await self._call(self._request(DeleteWebhook(drop_pending_updates=False)))

    async def get_username(self) -> str:
        """Return the bot's username for links."""
        return (await self._call(self._request(GetMe()))).username or ""

    # --- other requests ---------------------------------------------------------------------

    async def answer_callback(self, query: str, text: str = "") -> None:
        """End the waiting state of a tapped button; failures are ignored."""
        await self._try(
            "answerCallbackQuery",
            self._request(AnswerCallbackQuery(callback_query_id=query, text=text or None)),
        )

    async def send_typing(self, chat_id: int) -> None:
        """Show the typing indicator; failures are ignored."""
        await self._try(
            "sendChatAction", self._request(SendChatAction(chat_id=chat_id, action="typing"))
        )

    async def send_group_text(self, chat_id: int, text: str) -> None:
        """Send a message to a group; failures are ignored."""
        async with self.limiter.wait_turn(chat_id):
            await self._try("sendMessage", self._request(SendMessage(chat_id=chat_id, text=text)))

    async def set_description(self, descriptions: Sequence[BotDescription]) -> None:
        """Set commands, descriptions and the menu button."""
        for each in descriptions:
            language = each.language or None
            commands = [BotCommand(command=c, description=d) for c, d in each.commands.items()]
            scope = BotCommandScopeAllPrivateChats()
            await self._call(
                self._request(SetMyCommands(commands=commands, scope=scope, language_code=language))
            )
            await self._call(
                self._request(SetMyDescription(description=each.about, language_code=language))
            )
            await self._call(
                self._request(
                    SetMyShortDescription(short_description=each.short, language_code=language)
                )
            )
        await self._call(self._request(SetChatMenuButton(menu_button=MenuButtonCommands())))

    # --- requests -------------------------------------------------------------------------------

    def _request(
        self, method: TelegramMethod[T], *, seconds: float = REQUEST_TIMEOUT
    ) -> Request[T]:
        async def request() -> T:
            try:
                return await self._bot(method, request_timeout=int(seconds))
            except exceptions.TelegramMigrateToChat as moved:
                # The group became a supergroup with a new id.
                moved.method.chat_id = moved.migrate_to_chat_id  # type: ignore[attr-defined]
                return await self._bot(method, request_timeout=int(seconds))

        return request


def _markup(row: Outgoing, rendered: RenderedMessage) -> ReplyMarkup | None:
    if rendered.contact_button:
        share = KeyboardButton(text=rendered.contact_button, request_contact=True)
        return ReplyKeyboardMarkup(keyboard=[[share]], resize_keyboard=True, one_time_keyboard=True)
    if rendered.rows:
        return _inline(rendered)
    return ReplyKeyboardRemove(remove_keyboard=True) if row.edit_target.get("contact") else None


def _inline(rendered: RenderedMessage) -> InlineKeyboardMarkup | None:
    if not rendered.rows:
        return None
    rows = [
        [
            InlineKeyboardButton(
                text=cell.label, callback_data=cell.payload or DEAD_BUTTON, style=cell.style or None
            )
            for cell in row
        ]
        for row in rendered.rows
    ]
    return InlineKeyboardMarkup(inline_keyboard=rows)
