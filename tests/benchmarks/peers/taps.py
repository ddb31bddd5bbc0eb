"""One tap answered by other frameworks, nothing stored: `taps.py KIND`, facts as JSON on stdin.

KIND is aiogram (a handler with FSM state), dialog (an aiogram_dialog window) or ptb (a
ConversationHandler). Each reads the update's bytes, moves its state, changes the message with a
keyboard of eight buttons, and answers the query. Prints the median CPU milliseconds of a tap.
"""

import asyncio
import json
import statistics
import sys
import time
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

ROUNDS, WARM_UP = 200, 20
Facts = dict[str, Any]
Feed = Callable[[bytes], Awaitable[None]]

LABELS = [f"{hour}:{minute:02} Ana" for hour in (11, 12, 13) for minute in (0, 30)]
LABELS += ["Calendar", "Person"]


def update(facts: Facts, number: int, data: str) -> bytes:
    """Return the bytes of a callback query."""
    user = {"id": facts["chat"], "is_bot": False, "first_name": "Marta", "language_code": "en"}
    chat = {"id": facts["chat"], "type": "private", "first_name": "Marta"}
    bot = {"id": int(facts["token"].split(":")[0]), "is_bot": True, "first_name": "B"}
    message = {"message_id": facts["message"], "from": bot, "chat": chat, "date": 1773046800,
               "text": "Which time?"}  # fmt: skip
    query = {"id": f"{number}", "from": user, "message": message, "chat_instance": "1",
             "data": data}  # fmt: skip
    return json.dumps({"update_id": number, "callback_query": query}).encode()


async def taps(feed: Feed, facts: Facts, data: Callable[[int], str]) -> float:
    """Feed taps one by one; return the median CPU milliseconds."""
    spent: list[float] = []
    for number in range(1, ROUNDS + WARM_UP + 1):
        body = update(facts, number, data(number))
        begun = time.process_time()
        await feed(body)
        spent.append((time.process_time() - begun) * 1000)
    return statistics.median(spent[WARM_UP:])


async def aiogram(facts: Facts) -> float:
    """Measure a bare aiogram handler."""
    from aiogram import Bot, Dispatcher, F
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer
    from aiogram.fsm.state import State, StatesGroup
    from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, Update

    class Booking(StatesGroup):
        times = State()

    bot = Bot(facts["token"], AiohttpSession(api=TelegramAPIServer.from_base(facts["url"])))
    dispatcher = Dispatcher()

    @dispatcher.callback_query(F.data.startswith("1."))
    async def tapped(query: Any, state: Any) -> None:
        await state.set_state(Booking.times)
        await state.update_data(tapped=query.data)
        cells = [InlineKeyboardButton(text=x, callback_data=f"1.{n}") for n, x in enumerate(LABELS)]
        rows = [cells[i : i + 2] for i in range(0, len(cells), 2)]
        markup = InlineKeyboardMarkup(inline_keyboard=rows)
        await query.message.edit_text(f"Which time? {query.id}", reply_markup=markup)
        await query.answer()

    async def feed(body: bytes) -> None:
        await dispatcher.feed_update(bot, Update.model_validate_json(body, context={"bot": bot}))

    spent = await taps(feed, facts, lambda _: "1.0")
    await bot.session.close()
    return spent


async def dialog(facts: Facts) -> float:
    """Measure a click in a window of aiogram_dialog."""
    from aiogram import Bot, Dispatcher
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer
    from aiogram.fsm.state import State, StatesGroup
    from aiogram.types import Update
    from aiogram_dialog import Dialog, StartMode, Window, setup_dialogs
    from aiogram_dialog.widgets.kbd import Button, Group
    from aiogram_dialog.widgets.text import Const, Format

    class Booking(StatesGroup):
        times = State()

    async def click(_query: Any, _button: Any, manager: Any) -> None:
        manager.dialog_data["tapped"] = manager.dialog_data.get("tapped", 0) + 1

    async def getter(dialog_manager: Any, **_: Any) -> Facts:
        return {"tapped": dialog_manager.dialog_data.get("tapped", 0)}

    buttons = [Button(Const(x), id=f"b{n}", on_click=click) for n, x in enumerate(LABELS)]
    window = Window(Format("Which time? {tapped}"), Group(*buttons, width=2),
                    state=Booking.times, getter=getter)  # fmt: skip
    bot = Bot(facts["token"], AiohttpSession(api=TelegramAPIServer.from_base(facts["url"])))
    dispatcher = Dispatcher()
    dispatcher.include_router(Dialog(window))

    @dispatcher.message()
    async def start(_message: Any, dialog_manager: Any) -> None:
        await dialog_manager.start(Booking.times, mode=StartMode.RESET_STACK)

    setup_dialogs(dispatcher)
    shown: Facts = {}
    make = bot.session.make_request

    async def noting(bot: Any, method: Any, timeout: Any = None) -> Any:  # noqa: ASYNC109 - theirs
        result = await make(bot, method, timeout)
        markup = getattr(method, "reply_markup", None)
        if markup is not None and getattr(markup, "inline_keyboard", None):
            shown["message"] = result.message_id
            shown["data"] = markup.inline_keyboard[0][0].callback_data
        return result

    bot.session.make_request = noting  # type: ignore[method-assign]
    first = json.loads(update(facts, 1, "x"))["callback_query"]
    message = first["message"] | {"from": first["from"], "text": "/start"}
    await dispatcher.feed_update(bot, Update.model_validate({"update_id": 1, "message": message}))
    facts = facts | {"message": shown["message"]}

    async def feed(body: bytes) -> None:
        await dispatcher.feed_update(bot, Update.model_validate_json(body, context={"bot": bot}))

    spent = await taps(feed, facts, lambda _: shown["data"])
    await bot.session.close()
    return spent


async def ptb(facts: Facts) -> float:
    """Measure a step of a ConversationHandler."""
    from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
    from telegram.ext import (
        ApplicationBuilder,
        CallbackQueryHandler,
        ConversationHandler,
    )

    async def tapped(update: Any, context: Any) -> int:
        query = update.callback_query
        context.user_data["tapped"] = query.data
        cells = [InlineKeyboardButton(x, callback_data=f"1.{n}") for n, x in enumerate(LABELS)]
        rows = [cells[i : i + 2] for i in range(0, len(cells), 2)]
        await query.edit_message_text(
            f"Which time? {query.id} ", reply_markup=InlineKeyboardMarkup(rows)
        )
        await query.answer()
        return 1

    application = (
        ApplicationBuilder().token(facts["token"]).base_url(f"{facts['url']}/bot").updater(None)
    ).build()
    step = CallbackQueryHandler(tapped)
    application.add_handler(ConversationHandler([step], {1: [step]}, [], per_message=False))

    async def feed(body: bytes) -> None:
        await application.process_update(Update.de_json(json.loads(body), application.bot))

    async with application:
        return await taps(feed, facts, lambda _: "1.0")


def main() -> None:
    """Measure what the command line names."""
    warnings.simplefilter("ignore")
    kinds = {"aiogram": aiogram, "dialog": dialog, "ptb": ptb}
    print(asyncio.run(kinds[sys.argv[1]](json.loads(sys.stdin.read()))))


if __name__ == "__main__":
    main()
