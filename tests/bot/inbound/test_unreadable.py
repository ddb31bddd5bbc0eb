"""Updates of any shape: stored, answered 200 and laid aside, by webhook and by polling."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa

from core.db import tables
from core.db.runtime import Runtime
from tests.servers.telegram.bots import Bot
from tests.servers.telegram.people import Person
from tests.support import shops
from tests.support.telegram_chat import TelegramHarness, telegram_harness

APOLOGY = "< Sorry, something went wrong on our side with your message. The shop has been told."


@pytest.fixture
async def shop(runtime: Runtime) -> shops.BuiltShop:
    async with runtime.transaction() as ctx:
        return await shops.build_salon(ctx)


def message(person: Person, **odd: Any) -> dict[str, Any]:
    who = {"id": person.id, "is_bot": False, "first_name": "Marta"}
    chat = {"id": person.id, "type": "private", "first_name": "Marta"}
    return {"message_id": 3, "date": 1, "chat": chat, "from": who, "text": "hi"} | odd


def poisons(person: Person) -> dict[str, Any]:
    """Updates that no SDK or database can read, each with a number."""
    who = {"id": person.id, "is_bot": False, "first_name": "Marta"}
    deep: Any = "x"
    for _ in range(300):
        deep = {"reply_to_message": deep}
    return {
        "a date beyond time": {"message": message(person, date=10**20)},
        "a date that is none": {"message": message(person, date="yesterday")},
        "a text that is a number": {"message": message(person, text=5)},
        "a text that is an object": {"message": message(person, text={"a": []})},
        "a sender without an id": {"message": message(person, **{"from": {"is_bot": False}})},
        "no chat": {"message": {"message_id": 3, "date": 1, "from": who, "text": "hi"}},
        "a huge chat id": {"message": message(person, chat={"id": 10**40, "type": "private"})},
        "a message that is a list": {"message": [1, 2]},
        "a tap without data of a type": {
            "callback_query": {"id": 7, "from": who, "chat_instance": "1", "data": 9}
        },
        "a member of nothing": {"my_chat_member": {"chat": None}},
        "a message within messages": {"message": message(person) | deep},
        "a name that is a list": {"message": message(person, **{"from": who | {"first_name": []}})},
    }


LONE = '{"update_id": 901, "message": {"text": "\\ud800", "message_id": "x"}}'
NO_JSON = (b"not json", b"\xff\xfe", b"[" * 100_000, b'{"update_id": ' + b"9" * 5000 + b"}", b"5")


async def post(chats: TelegramHarness, bot: Bot, role: str, body: bytes) -> int:
    assert bot.webhook is not None
    headers = {"X-Telegram-Bot-Api-Secret-Token": bot.webhook.secret}
    url = f"{chats.url}/webhooks/telegram/{role}"
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, headers=headers, data=body) as answer,
    ):
        return answer.status


async def laid_aside(runtime: Runtime) -> list[tuple[str, str]]:
    columns = (tables.inbox.c.event_id, tables.inbox.c.state)
    async with runtime.read_transaction() as ctx:
        return [tuple(r) for r in await ctx.all(sa.select(*columns).order_by(tables.inbox.c.id))]


@pytest.mark.parametrize("role", ["customer", "owner"])
async def test_a_poison_update_is_stored_answered_and_laid_aside(
    runtime: Runtime, shop: shops.BuiltShop, role: str
) -> None:
    async with telegram_harness(runtime, desk=True) as chats:
        bot = chats.bot if role == "customer" else chats.owner_bot
        marta = chats.telegram.person("Marta")
        odd = poisons(marta)
        bodies = [json.dumps({"update_id": n} | o).encode() for n, o in enumerate(odd.values(), 1)]
        for body in [*bodies, *bodies]:
            assert await post(chats, bot, role, body) == 200, body[:200]
        read = {number for number, _ in await laid_aside(runtime)}
        states = {state for _, state in await laid_aside(runtime)}
        # The SDKs differ in what they still read; nothing is lost and nothing comes twice.
        assert read == {str(n) for n in range(1, len(odd) + 1)}
        assert states <= {"dead", "new", "done"}
        before = len(read)
        for raw in [*NO_JSON, LONE.encode()]:
            assert await post(chats, bot, role, raw) == 200, raw[:20]
        assert await post(chats, bot, role, b"x" * 600_000) == 200
        found = await laid_aside(runtime)
        assert len(found) == before + len(NO_JSON) + 2
        assert [s for _, s in found[before:]] == ["dead"] * (len(NO_JSON) + 2)
        await chats.wait_until_idle()


@pytest.mark.parametrize("desk", [False, True])
async def test_polling_goes_on_behind_a_poison(
    runtime: Runtime, shop: shops.BuiltShop, *, desk: bool
) -> None:
    async with telegram_harness(runtime, webhook=False, desk=desk) as chats:
        bot = chats.owner_bot
        marta = chats.telegram.person("Marta")
        for odd in poisons(marta).values():
            update = bot.update(**odd)
            bot.updates[update["update_id"]] = update
        deep = bot.update(message=_deep())
        bot.updates[deep["update_id"]] = deep
        bot.news.set()
        await chats.wait_until_polled(bot)
        await marta.writes(bot, "hi")
        await chats.wait_until_idle()
        async with runtime.read_transaction() as ctx:
            last = await ctx.first(sa.select(tables.inbox).order_by(tables.inbox.c.id.desc()))
        assert last is not None
        assert (last.incoming["text"], last.state) == ("hi", "done")


def _deep() -> Any:
    deep: Any = []
    for _ in range(900):
        deep = [deep]
    return deep


async def test_who_sent_a_poison_is_told_once(runtime: Runtime, shop: shops.BuiltShop) -> None:
    async with telegram_harness(runtime) as chats:
        marta = chats.telegram.person("Marta")
        await chats.write(marta, "hi")
        shown = len(marta.screen(chats.bot))
        odd = json.dumps({"update_id": 5, "message": message(marta, date=10**20)}).encode()
        for _ in range(3):
            assert await post(chats, chats.bot, "customer", odd) == 200
        await chats.wait_until_idle()
        assert marta.screen(chats.bot)[shown:] == [APOLOGY]


async def test_nothing_personal_is_kept_of_whom_nobody_can_name(
    runtime: Runtime, shop: shops.BuiltShop
) -> None:
    async with telegram_harness(runtime) as chats:
        odd = {"update_id": 5, "message": {"text": "Marta 600111222", "chat": 34600111222}}
        assert await post(chats, chats.bot, "customer", json.dumps(odd).encode()) == 200
        async with runtime.read_transaction() as ctx:
            row = await ctx.first(sa.select(tables.inbox))
        assert row is not None
        assert row.conversation_id is None
        assert row.incoming == {
            "kind": "unreadable",
            "raw": '{"update_id": 5, "message": {"text": "…", "chat": 0}}',
        }
