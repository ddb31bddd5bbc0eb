"""One vocabulary of Telegram's errors: both SDKs lead to the same facts, whatever the words."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import cast

import pytest

from bot.channels.base import SendResult
from bot.channels.telegram.customer_bot import TelegramCustomerBot
from bot.channels.telegram.errors import telegram_fact
from bot.channels.telegram.owner_bot import TelegramOwnerBot
from bot.channels.telegram.rate_limiter import UNLIMITED, TelegramRateLimiter
from bot.rendering.render import RenderedMessage
from core.errors import DeliveryFailed
from core.messaging.messages import Say
from core.messaging.outbox.claim import Outgoing
from tests.servers.telegram.errors import NOT_MODIFIED
from tests.servers.telegram.people import Person
from tests.servers.telegram.server import TelegramServer

Sdk = type[TelegramCustomerBot] | type[TelegramOwnerBot]

UNCHANGED = [
    f"Bad Request: {NOT_MODIFIED}",
    "Bad Request: MESSAGE_NOT_MODIFIED",
]
ANEW = [
    "Bad Request: message to edit not found",
    "Bad Request: MESSAGE_ID_INVALID",
    "Bad Request: message identifier is not specified",
    "Bad Request: message can't be edited",
    "[Error]: Bad Request: Message can't be edited",
    "Bad Request: MESSAGE_EDIT_TIME_EXPIRED",
    "Bad Request: there is no text in the message to edit",
    "Bad Request: MESSAGE_AUTHOR_REQUIRED",
]
NOBODY = [
    (400, "Bad Request: chat not found"),
    (400, "Bad Request: PEER_ID_INVALID"),
    (400, "[Error]: PEER_ID_INVALID"),
    (400, "Bad Request: user not found"),
    (400, "Bad Request: INPUT_USER_DEACTIVATED"),
    (400, "Bad Request: USER_IS_BLOCKED"),
    (400, "Bad Request: not enough rights to send text messages to the chat"),
    (400, "Bad Request: CHAT_WRITE_FORBIDDEN"),
    (400, "Bad Request: TOPIC_CLOSED"),
    (403, "Forbidden: bot was blocked by the user"),
    (403, "Forbidden: user is deactivated"),
    (403, "Forbidden: bot was kicked from the supergroup chat"),
    (403, "Forbidden: bot is not a member of the channel chat"),
    (403, "Forbidden: bot can't initiate conversation with a user"),
    (403, "Forbidden: bot can't send messages to bots"),
    (403, "Forbidden: some words of next year"),
]


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as server:
        yield server


@pytest.fixture(params=[TelegramCustomerBot, TelegramOwnerBot])
async def chat(request: pytest.FixtureRequest, telegram: TelegramServer) -> AsyncIterator[Chat]:
    bot = telegram.bot()
    person = telegram.person("Bella")
    await person.writes(bot, "/start")
    sdk: Sdk = request.param
    ours = sdk(bot.token, telegram.url, TelegramRateLimiter(bot.token, rates=UNLIMITED))
    yield Chat(ours, telegram, person)
    await ours.close()


class Chat:
    """One of our bots and somebody it writes to."""

    def __init__(
        self, ours: TelegramCustomerBot | TelegramOwnerBot, telegram: TelegramServer, to: Person
    ) -> None:
        self.ours, self.telegram, self.to = ours, telegram, to

    async def send(self, words: str, **edit_target: object) -> SendResult:
        row = SimpleNamespace(
            id=1, address=str(self.to.id), edit_target=edit_target, message=Say("hello")
        )
        return await self.ours.send(cast("Outgoing", row), RenderedMessage(words))

    async def send_refused(self, code: int, description: str) -> DeliveryFailed:
        self.refuse(code, description)
        with pytest.raises(DeliveryFailed) as failed:
            await self.send("hello")
        return failed.value

    def refuse(self, code: int, description: str) -> None:
        body = {"ok": False, "error_code": code, "description": description}
        self.telegram.answer_next(code, json.dumps(body).encode())


async def test_an_edit_that_changes_nothing_is_done(chat: Chat) -> None:
    first = await chat.send("one")
    for words in UNCHANGED:
        chat.refuse(400, words)
        assert await chat.send("two", message=first.provider_message_id, in_place=True) == first, (
            words
        )


async def test_what_cannot_be_edited_is_sent_anew(chat: Chat) -> None:
    last = await chat.send("one")
    for words in ANEW:
        chat.refuse(400, words)
        now = await chat.send("two", message=last.provider_message_id, in_place=True)
        assert int(now.provider_message_id) > int(last.provider_message_id), words
        last = now


async def test_who_cannot_be_written_to_is_unreachable(chat: Chat) -> None:
    for code, words in NOBODY:
        failed = await chat.send_refused(code, words)
        assert (failed.permanent, failed.params["unreachable"]) == (True, True), words
    other = await chat.send_refused(400, "Bad Request: can't parse entities")
    assert (other.permanent, other.params["unreachable"]) == (True, False)
    broken = await chat.send_refused(500, "Internal Server Error")
    assert (broken.permanent, bool(broken.params.get("unreachable"))) == (False, False)


async def test_a_wait_of_any_size_is_a_wait(chat: Chat) -> None:
    for said, wait in ((7, 7), (10**20, 86_400), ("7", 7), (-3, 1), (1.9, 1), ("soon", None)):
        parameters = {"retry_after": said}
        body = {"ok": False, "error_code": 429, "description": "x", "parameters": parameters}
        chat.telegram.answer_next(429, json.dumps(body).encode())
        with pytest.raises(DeliveryFailed) as failed:
            await chat.send("hello")
        assert (failed.value.permanent, failed.value.retry_after) == (False, wait), said
        chat.ours.limiter = TelegramRateLimiter("again", rates=UNLIMITED)


@pytest.mark.parametrize(
    "body",
    [b"<html>Bad gateway", b"", b"[]", b"5", b'{"ok": true}', b'{"ok": true, "result": []}',
     b'{"ok": true, "result": {"message_id": "x"}}', b"[" * 10_000],
)  # fmt: skip
async def test_an_acceptance_nobody_can_read_is_not_sent_again(chat: Chat, body: bytes) -> None:
    chat.telegram.answer_next(200, body)
    assert await chat.send("hello") == SendResult("", "unknown")


async def test_an_odd_field_of_a_sent_message_is_no_failure(chat: Chat) -> None:
    odd = {"message_id": 77, "date": 10**20, "chat": None, "from": "x"}
    chat.telegram.answer_next(200, json.dumps({"ok": True, "result": odd}).encode())
    assert await chat.send("hello") == SendResult("77", "delivered")


async def test_a_refusal_under_200_is_a_refusal(chat: Chat) -> None:
    body = b'{"ok": false, "error_code": 400, "description": "Bad Request: chat not found"}'
    chat.telegram.answer_next(200, body)
    with pytest.raises(DeliveryFailed):
        await chat.send("hello")


def test_an_sdk_may_do_to_the_words_what_it_likes() -> None:
    """The control: compared as they come, python-telegram-bot's are missed."""
    theirs = "Message to edit not found"
    assert "message to edit not found" not in theirs
    assert telegram_fact(400, theirs) == "gone"
