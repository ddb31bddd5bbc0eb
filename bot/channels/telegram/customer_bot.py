"""The customers' bot, by aiogram: its types read and write, its client sends.

Importing this imports aiogram, which takes seconds and memory: only where the bot's token is set.
None of aiogram's dispatching is used – the engine decides – and nothing of its state is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
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
from bot.rendering.render import RenderedMessage
from core.errors import DeliveryFailed
from core.messaging.outbox.claim import Outgoing

log = structlog.get_logger(__name__)

_HELD = (Response[bool], Response[Message], Response[Message | bool])
"""What aiogram reads answers by. Pydantic forgets such a type when nobody holds it, and to make it
anew for the next answer costs as much as the whole request."""

T = TypeVar("T")

ReplyMarkup = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove

_CODES: Mapping[type[Exception], int] = {
    exceptions.TelegramBadRequest: 400,
    exceptions.TelegramUnauthorizedError: 401,
    exceptions.TelegramForbiddenError: 403,
    exceptions.TelegramNotFound: 404,
    exceptions.TelegramConflictError: 409,
    exceptions.TelegramEntityTooLarge: 413,
    exceptions.TelegramRetryAfter: 429,
}


class GetRawUpdates(TelegramMethod[list[dict[str, Any]]]):
    """getUpdates without reading them: one that cannot be read must not hold up the others."""

    __returning__: ClassVar[Any] = list[dict[str, Any]]
    __api_method__: ClassVar[str] = "getUpdates"

    offset: int
    timeout: int
    allowed_updates: list[str]


class TelegramCustomerBot:
    """The bot that customers talk to."""

    role: BotRole = "customer"

    def __init__(self, token: str, api_url: str, limiter: TelegramRateLimiter) -> None:
        """Take the token; nothing is connected before the first request."""
        self.id = parse_bot_id(token)
        self.limiter = limiter
        self.on_sending: Callable[[int], None] = lambda _chat_id: None
        self._session = AiohttpSession(
            api=TelegramAPIServer.from_base(api_url), timeout=REQUEST_TIMEOUT
        )
        self._bot = Bot(
            token,
            session=self._session,
            default=DefaultBotProperties(
                parse_mode="HTML", link_preview=LinkPreviewOptions(is_disabled=True)
            ),
        )
        self._later: set[asyncio.Task[None]] = set()

    # --- out ----------------------------------------------------------------------------------

    async def send(self, row: Outgoing, rendered: RenderedMessage) -> SendResult:
        """Send, or change the message that this replaces; those before it lose their buttons."""
        chat_id = int(row.address)
        message, settled = edit_targets(row)
        self.on_sending(chat_id)
        try:
            if not (message and await self._edit(chat_id, message, rendered)):
                if message and rendered.contact_button:
                    settled.append(message)
                message = await self._send(chat_id, row, rendered)
        except BotApiError as refused:
            if refused.retry_after is not None:
                await self.limiter.pause(chat_id, refused.retry_after)
            raise refused.delivery_failure from None
        except OSError as error:
            raise DeliveryFailed(reason=str(error)[:300]) from None
        for each in settled:
            self._begin(self._settle(chat_id, each, rendered.settled_text))
        return SendResult(str(message), "delivered")

    async def _send(self, chat_id: int, row: Outgoing, rendered: RenderedMessage) -> int:
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
        sent: Message = await self._limited(chat_id, method)
        return sent.message_id

    async def _edit(self, chat_id: int, message_id: int, rendered: RenderedMessage) -> bool:
        """Change a message; False if a new one must be sent instead."""
        if rendered.contact_button or rendered.venue is not None or rendered.document is not None:
            return False
        method = EditMessageText(
            chat_id=chat_id,
            message_id=message_id,
            text=rendered.text,
            reply_markup=_inline(rendered),
        )
        try:
            await self._limited(chat_id, method)
        except BotApiError as refused:
            if refused.is_uneditable:
                return False
            if not refused.is_unchanged:
                raise
        return True

    async def _settle(self, chat_id: int, message_id: int, text: str) -> None:
        """Take the buttons off a message, which shows `text` from then on, or what it showed."""
        method: EditMessageText | EditMessageReplyMarkup = EditMessageReplyMarkup(
            chat_id=chat_id, message_id=message_id
        )
        if text:
            method = EditMessageText(chat_id=chat_id, message_id=message_id, text=text)
        try:
            await self._limited(chat_id, method)
        except (BotApiError, OSError) as error:
            # Buttons that stay are stale, and answered so: nobody is told less for it.
            log.info("telegram.not_settled", chat=chat_id, error=str(error))

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
        await self._session.close()
        await self.limiter.close()

    # --- in -----------------------------------------------------------------------------------

    def parse_update(self, raw: Mapping[str, Any]) -> ParsedUpdate | None:
        """Return what an update says; None: nothing to do. ValueError if it is no update."""
        return parse_update(Update.model_validate(raw, context={"bot": self._bot}))

    async def get_updates(self, offset: int) -> Sequence[dict[str, Any]]:
        """Wait for updates from `offset` on."""
        method = GetRawUpdates(
            offset=offset, timeout=POLL_TIMEOUT, allowed_updates=list(UPDATE_KINDS)
        )
        return await self._call(method, timeout=POLL_TIMEOUT + REQUEST_TIMEOUT)

    async def set_webhook(self, url: str, secret: str) -> None:
        """Have updates delivered to `url`, and see that they are."""
        method = SetWebhook(
            url=url,
            secret_token=secret,
            allowed_updates=list(UPDATE_KINDS),
            max_connections=MAX_CONNECTIONS,
        )
        await self._call(method)
        info = await self._call(GetWebhookInfo())
        if info.url != url or set(info.allowed_updates or ()) != set(UPDATE_KINDS):
            raise BotApiError(409, f"the webhook is {info.url} with {info.allowed_updates}")

    async def delete_webhook(self) -> None:
        """Have updates kept until they are asked for."""
        await self._call(DeleteWebhook(drop_pending_updates=False))

    async def get_username(self) -> str:
        """Return its name, for links to it."""
        return (await self._call(GetMe())).username or ""

    # --- beside the talk ------------------------------------------------------------------------

    async def answer_callback(self, query: str, text: str = "") -> None:
        """End the waiting of a tapped button; what goes wrong is passed over."""
        await self._try(AnswerCallbackQuery(callback_query_id=query, text=text or None))

    async def send_typing(self, chat_id: int) -> None:
        """Show that something is coming; what goes wrong is passed over."""
        await self._try(SendChatAction(chat_id=chat_id, action="typing"))

    async def send_group_text(self, chat_id: int, text: str) -> None:
        """Say something in a group; what goes wrong is passed over."""
        async with self.limiter.wait_turn(chat_id):
            await self._try(SendMessage(chat_id=chat_id, text=text))

    async def set_description(self, descriptions: Sequence[BotDescription]) -> None:
        """Set commands, descriptions and the menu button."""
        for each in descriptions:
            language = each.language or None
            commands = [BotCommand(command=c, description=d) for c, d in each.commands.items()]
            scope = BotCommandScopeAllPrivateChats()
            await self._call(SetMyCommands(commands=commands, scope=scope, language_code=language))
            await self._call(SetMyDescription(description=each.about, language_code=language))
            await self._call(
                SetMyShortDescription(short_description=each.short, language_code=language)
            )
        await self._call(SetChatMenuButton(menu_button=MenuButtonCommands()))

    # --- requests -------------------------------------------------------------------------------

    async def _limited(self, chat_id: int, method: TelegramMethod[T]) -> T:
        async with self.limiter.wait_turn(chat_id):
            return await self._call(method)

    async def _call(self, method: TelegramMethod[T], timeout: float = REQUEST_TIMEOUT) -> T:  # noqa: ASYNC109 - theirs
        """Make a request. Refused with what Telegram says, OSError when it says nothing."""
        try:
            return await self._bot(method, request_timeout=int(timeout))
        except exceptions.TelegramMigrateToChat as moved:
            # The group is a supergroup now, under another number.
            moved.method.chat_id = moved.migrate_to_chat_id  # type: ignore[attr-defined]
            return await self._bot(method, request_timeout=int(timeout))
        except (exceptions.TelegramNetworkError, exceptions.ClientDecodeError) as error:
            raise OSError(f"{type(error).__name__}: {error}") from error
        except exceptions.TelegramAPIError as error:
            wait = error.retry_after if isinstance(error, exceptions.TelegramRetryAfter) else None
            raise BotApiError(_CODES.get(type(error), 500), error.message, wait) from None

    async def _try(self, method: TelegramMethod[Any]) -> None:
        try:
            await self._call(method)
        except (BotApiError, OSError) as error:
            log.info("telegram.passed_over", method=method.__api_method__, error=str(error))

    def _begin(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._later.add(task)
        task.add_done_callback(self._later.discard)


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
