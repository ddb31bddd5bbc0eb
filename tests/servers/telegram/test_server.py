"""The stand-in, asked by both real SDKs, and its way of calling webhooks."""

import asyncio
from collections.abc import AsyncIterator, Awaitable

import pytest
import telegram as ptb
from aiogram import Bot as Aiogram
from aiogram import exceptions
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import (
    BotCommand,
    BotCommandScopeAllPrivateChats,
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.servers.telegram.bots import Bot
from tests.servers.telegram.faults import Fault
from tests.servers.telegram.people import Person
from tests.servers.telegram.server import TelegramServer


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as running:
        yield running


@pytest.fixture
def bot(server: TelegramServer) -> Bot:
    return server.bot("BellaHairBot")


@pytest.fixture
async def marta(server: TelegramServer, bot: Bot) -> Person:
    person = server.person("Marta", "+34600111222")
    await person.writes(bot, "/start")
    return person


@pytest.fixture
async def sdk(server: TelegramServer, bot: Bot) -> AsyncIterator[Aiogram]:
    session = AiohttpSession(api=TelegramAPIServer.from_base(server.url))
    opened = Aiogram(bot.token, session=session)
    yield opened
    await session.close()


def keyboard(*labels: str, data: str = "1.0") -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        inline_keyboard=[[InlineKeyboardButton(text=x, callback_data=data)] for x in labels]
    )


async def refusal(call: Awaitable[object]) -> str:
    with pytest.raises(exceptions.TelegramAPIError) as caught:
        await call
    return str(caught.value.message)


async def test_what_is_sent_stands_in_the_chat(sdk: Aiogram, bot: Bot, marta: Person) -> None:
    sent = await sdk.send_message(
        marta.id, "<b>Bella</b> &amp; Co", parse_mode="HTML", reply_markup=keyboard("Cut", "Colour")
    )
    assert sent.text == "Bella & Co"
    await sdk.send_venue(marta.id, 40.4, -3.7, "Bella Hair", "Calle Mayor 8")
    file = BufferedInputFile(b"BEGIN:VCALENDAR", "booking.ics")
    await sdk.send_document(marta.id, file, caption="Yours", reply_markup=ReplyKeyboardRemove())
    share = KeyboardButton(text="Share my number", request_contact=True)
    await sdk.send_message(marta.id, "?", reply_markup=ReplyKeyboardMarkup(keyboard=[[share]]))
    assert marta.screen(bot) == [
        "> /start",
        "< Bella & Co",
        "  [Cut]",
        "  [Colour]",
        "< (map: Bella Hair, Calle Mayor 8)",
        "< Yours",
        "< (file: booking.ics)",
        "< ?",
        "  ⌨ [Share my number]",
    ]
    assert bot.messages[marta.id][3].content["_body"] == b"BEGIN:VCALENDAR"


async def test_fake_telegram_parses_markup_strictly(sdk: Aiogram, marta: Person) -> None:
    words = {
        "<b>x": 'Can\'t find end tag corresponding to start tag "b"',
        "x</b>": "Unexpected end tag at byte offset 1",
        "<b><i>x</b></i>": 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"',
        "<table>x</table>": 'Unsupported start tag "table" at byte offset 0',
        "1 < 2": 'Unsupported start tag " 2" at byte offset 2',
    }
    for text, error in words.items():
        said = await refusal(sdk.send_message(marta.id, text, parse_mode="HTML"))
        assert said == f"Bad Request: can't parse entities: {error}"
    assert await refusal(sdk.send_message(marta.id, " \n ")) == (
        "Bad Request: message text is empty"
    )
    assert await refusal(sdk.send_message(marta.id, "x" * 4097)) == (
        "Bad Request: message is too long"
    )


async def test_buttons_have_their_limits(sdk: Aiogram, marta: Person) -> None:
    good = await sdk.send_message(marta.id, "x", reply_markup=keyboard("x", data="é" * 32))
    assert good.reply_markup is not None
    said = await refusal(sdk.send_message(marta.id, "x", reply_markup=keyboard("x", data="é" * 33)))
    assert said == "Bad Request: BUTTON_DATA_INVALID"
    bare = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="x")]])
    assert "Text buttons are unallowed" in await refusal(
        sdk.send_message(marta.id, "x", reply_markup=bare)
    )
    local = InlineKeyboardButton(text="x", url="http://localhost/b")
    said = await refusal(
        sdk.send_message(
            marta.id, "x", reply_markup=InlineKeyboardMarkup(inline_keyboard=[[local]])
        )
    )
    assert said == (
        "Bad Request: inline keyboard button URL 'http://localhost/b' is invalid: Wrong HTTP URL"
    )


async def test_fake_telegram_edits_messages(sdk: Aiogram, bot: Bot, marta: Person) -> None:
    sent = await sdk.send_message(marta.id, "one", reply_markup=keyboard("a"))
    here = {"chat_id": marta.id, "message_id": sent.message_id}
    assert "message is not modified: specified new message content" in await refusal(
        sdk.edit_message_text("one", **here, reply_markup=keyboard("a"))  # type: ignore[arg-type]
    )
    await sdk.edit_message_text("two", **here)  # type: ignore[arg-type]
    assert marta.screen(bot) == ["> /start", "< two"]
    assert "message is not modified" in await refusal(sdk.edit_message_reply_markup(**here))  # type: ignore[arg-type]
    there = {"chat_id": marta.id, "message_id": 999}
    assert await refusal(sdk.edit_message_text("x", **there)) == (  # type: ignore[arg-type]
        "Bad Request: message to edit not found"
    )
    theirs = {"chat_id": marta.id, "message_id": 1}
    assert await refusal(sdk.edit_message_text("x", **theirs)) == (  # type: ignore[arg-type]
        "Bad Request: message can't be edited"
    )


async def test_who_cannot_be_written_to(
    server: TelegramServer, sdk: Aiogram, bot: Bot, marta: Person
) -> None:
    assert await refusal(sdk.send_message(1, "x")) == "Bad Request: chat not found"
    await marta.blocks(bot)
    assert await refusal(sdk.send_message(marta.id, "x")) == (
        "Forbidden: bot was blocked by the user"
    )
    await marta.unblocks(bot)
    marta.leaves_telegram(bot)
    assert await refusal(sdk.send_message(marta.id, "x")) == "Forbidden: user is deactivated"
    bot.moved[-5] = -1005
    with pytest.raises(exceptions.TelegramMigrateToChat) as moved:
        await sdk.send_message(-5, "x")
    assert moved.value.migrate_to_chat_id == -1005
    wrong = Aiogram("1:aaa", session=sdk.session)
    assert await refusal(wrong.get_me()) == "Unauthorized"


async def test_a_query_is_answered_once(sdk: Aiogram, bot: Bot, marta: Person) -> None:
    await sdk.send_message(marta.id, "x", reply_markup=keyboard("Cut"))
    query = await marta.taps(bot, "Cut")
    await sdk.answer_callback_query(query, text="Noted")
    assert bot.answers[query] == {"text": "Noted"}
    assert await refusal(sdk.answer_callback_query(query)) == (
        "Bad Request: query is too old and response timeout expired or query ID is invalid"
    )
    assert await refusal(sdk.send_chat_action(marta.id, "dancing")) == (
        "Bad Request: wrong parameter action in request"
    )


async def test_polling_confirms_by_the_offset(sdk: Aiogram, bot: Bot, marta: Person) -> None:
    await marta.writes(bot, "hi")
    first = await sdk.get_updates()
    assert [u.message.text for u in first if u.message] == ["/start", "hi"]
    again = await sdk.get_updates(offset=first[0].update_id + 1)
    assert [u.message.text for u in again if u.message] == ["hi"]
    assert await sdk.get_updates(offset=first[1].update_id + 1) == []


async def test_one_poll_at_a_time(sdk: Aiogram, bot: Bot, marta: Person) -> None:
    first = (await sdk.get_updates())[-1].update_id + 1
    older = asyncio.create_task(sdk.get_updates(offset=first, timeout=10))
    while len(bot.called("getUpdates")) < 2:  # noqa: ASYNC110 - the stand-in has no bell
        await asyncio.sleep(0.001)
    newer = asyncio.create_task(sdk.get_updates(offset=first, timeout=10))
    assert await refusal(older) == (
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance "
        "is running"
    )
    await marta.writes(bot, "hi")
    assert [u.message.text for u in await newer if u.message] == ["hi"]
    await sdk.set_webhook("https://example.com/hook")
    assert "can't use getUpdates method while webhook is active" in await refusal(sdk.get_updates())


async def test_a_webhook_is_called_with_its_secret_until_it_answers(
    server: TelegramServer, sdk: Aiogram, bot: Bot, marta: Person
) -> None:
    seen: list[tuple[str, str]] = []
    statuses = [500, 200, 200]

    async def hook(request: web.Request) -> web.Response:
        body = await request.json()
        secret = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        seen.append((secret, body["message"]["text"]))
        return web.Response(status=statuses.pop(0))

    app = web.Application()
    app.router.add_post("/hook", hook)
    async with TestServer(app) as application:
        url = str(application.make_url("/hook"))
        assert await refusal(sdk.set_webhook("http://example.com/hook")) == (
            "Bad Request: bad webhook: An HTTPS URL must be provided for webhook"
        )
        await sdk.set_webhook(
            url, secret_token="s3cret", allowed_updates=["message"], max_connections=7
        )
        info = await sdk.get_webhook_info()
        assert (info.url, info.max_connections, info.allowed_updates) == (url, 7, ["message"])
        bot.updates.clear()
        assert await marta.writes(bot, "hi") == 500
        assert (await sdk.get_webhook_info()).last_error_message == (
            "Wrong response from the webhook: 500"
        )
        assert await server.redeliver(bot) == [200]
        assert await marta.blocks(bot) is None  # not asked for
        assert seen == [("s3cret", "hi"), ("s3cret", "hi")]
        assert bot.updates == {}


async def test_fake_telegram_injects_faults(
    server: TelegramServer, sdk: Aiogram, bot: Bot, marta: Person
) -> None:
    server.fail_next(1, Fault.THROTTLED, retry_after=5)
    with pytest.raises(exceptions.TelegramRetryAfter) as throttled:
        await sdk.send_message(marta.id, "x")
    assert throttled.value.retry_after == 5
    server.fail_next(1, Fault.BROKEN)
    with pytest.raises(exceptions.TelegramServerError):
        await sdk.send_message(marta.id, "x")
    server.fail_next(1, Fault.CUT_AFTER)
    with pytest.raises(exceptions.TelegramNetworkError):
        await sdk.send_message(marta.id, "arrived")
    server.fail_next(1, Fault.GARBAGE)
    with pytest.raises(exceptions.ClientDecodeError):
        await sdk.send_message(marta.id, "x")
    assert marta.screen(bot) == ["> /start", "< arrived"]


async def test_limits_are_kept_and_counted() -> None:
    async with TelegramServer(limits=(3, 1, 2)) as server:
        bot = server.bot()
        people = [server.person(str(n)) for n in range(4)]
        family = server.group()
        for person in people:
            await person.writes(bot, "hi")
        await people[0].writes_in(bot, family, "hi")
        sdk = Aiogram(
            bot.token, session=AiohttpSession(api=TelegramAPIServer.from_base(server.url))
        )
        await sdk.send_message(people[0].id, "x")
        with pytest.raises(exceptions.TelegramRetryAfter) as too_soon:
            await sdk.send_message(people[0].id, "x")
        assert too_soon.value.retry_after == 1
        await sdk.send_message(family.id, "x")
        await sdk.send_message(people[1].id, "x")
        with pytest.raises(exceptions.TelegramRetryAfter):
            await sdk.send_message(people[2].id, "x")
        assert (bot.most(1), bot.most(1, people[0].id)) == (3, 1)
        await sdk.session.close()


async def test_fake_telegram_keeps_commands_and_descriptions(sdk: Aiogram, bot: Bot) -> None:
    private = BotCommandScopeAllPrivateChats()
    commands = [BotCommand(command="book", description="Book")]
    await sdk.set_my_commands(commands, scope=private, language_code="es")
    assert bot.commands == {
        ("all_private_chats", "es"): [{"command": "book", "description": "Book"}]
    }
    bad = [BotCommand(command="Book now", description="Book")]
    assert await refusal(sdk.set_my_commands(bad)) == "Bad Request: BOT_COMMAND_INVALID"
    await sdk.set_my_description("Books", language_code="es")
    await sdk.set_my_short_description("Books")
    assert (bot.descriptions, bot.short_descriptions) == ({"es": "Books"}, {"": "Books"})


async def test_fake_telegram_serves_python_telegram_bot(
    server: TelegramServer, bot: Bot, marta: Person
) -> None:
    async with ptb.Bot(bot.token, base_url=f"{server.url}/bot") as other:
        markup = ptb.InlineKeyboardMarkup([[ptb.InlineKeyboardButton("Yes", callback_data="1.0")]])
        sent = await other.send_message(marta.id, "<b>Go?</b>", "HTML", reply_markup=markup)
        await marta.taps(bot, "Yes")
        updates = await other.get_updates(timeout=0)
        assert updates[-1].callback_query is not None
        await updates[-1].callback_query.answer("ok")
        await other.edit_message_text("Gone", marta.id, sent.message_id)
        await other.send_photo(marta.id, b"png", caption="Today")
        await other.send_document(marta.id, b"ics", filename="a.ics")
        with pytest.raises(ptb.error.BadRequest, match="Message is not modified"):
            await other.edit_message_text("Gone", marta.id, sent.message_id)
    assert marta.screen(bot) == [
        "> /start",
        "< Gone",
        "< Today",
        "< (photo)",
        "< (file: a.ics)",
    ]


async def test_unknown_methods_and_parameters_are_our_mistake(sdk: Aiogram, bot: Bot) -> None:
    assert await refusal(sdk.send_dice(1)) == "Not Found"
    assert await refusal(sdk.send_chat_action(1, "")) == (
        'Bad Request: parameter "action" is required'
    )
    assert bot.refused == [
        "send_dice".replace("_d", "D") + ": Not Found",
        'sendChatAction: Bad Request: parameter "action" is required',
    ]
