"""Hostile taps: doubled, old, foreign, forged. No double effect, no stranger's data, an answer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from core.db import tables
from core.db.runtime import Runtime
from tests.servers.telegram.bots import Message
from tests.servers.telegram.people import Person
from tests.support import shops
from tests.support.telegram_chat import TelegramHarness, telegram_harness

SETTLED = "That question is settled already, so I did nothing."


@pytest.fixture
async def shop(runtime: Runtime) -> shops.BuiltShop:
    async with runtime.transaction() as ctx:
        return await shops.build_salon(ctx)


async def states(runtime: Runtime) -> list[str]:
    b = tables.bookings.c
    async with runtime.read_transaction() as ctx:
        return [row.state for row in await ctx.all(sa.select(b.state).order_by(b.id))]


def data(message: Message, label: str) -> str:
    assert message.markup is not None
    cells = [cell for row in message.markup["inline_keyboard"] for cell in row]
    return next(str(cell["callback_data"]) for cell in cells if cell["text"] == label)


async def at_confirm(chats: TelegramHarness, person: Person) -> Message:
    """Bring somebody to the question whether to book."""
    await chats.write(person, "a cut on friday at 5 pm")
    return person.last(chats.bot)


async def known(chats: TelegramHarness, name: str, phone: str) -> Person:
    """Return somebody who proved a phone, with nothing booked yet."""
    person = chats.telegram.person(name, phone)
    await chats.write(person, "/bookings")
    await chats.share_contact(person)
    return person


async def test_ten_taps_at_once_are_one_booking(runtime: Runtime, shop: shops.BuiltShop) -> None:
    async with telegram_harness(runtime) as chats:
        marta = await known(chats, "Marta", "+34600111222")
        asked = await at_confirm(chats, marta)
        confirm = data(asked, "Confirm")
        queries = [await marta.taps_data(chats.bot, confirm, asked, wait=False) for _ in range(10)]
        await chats.wait_until_idle()
        assert await states(runtime) == ["confirmed"]
        answers = [str(chats.bot.answers[query].get("text", "")) for query in queries]
        assert sorted(answers) == ["", *[SETTLED] * 9]
        # The card stands where it was confirmed, untouched by the other nine.
        assert asked.text.startswith("✅ Booked, Marta!")
        assert asked.buttons == [["Move", "Call off"], ["Add to calendar"]]
        assert marta.last(chats.bot).text.startswith("For your calendar")


async def test_two_different_taps_at_once_do_the_first(
    runtime: Runtime, shop: shops.BuiltShop
) -> None:
    async with telegram_harness(runtime) as chats:
        marta = chats.telegram.person("Marta")
        await chats.write(marta, "/start")
        services = marta.last(chats.bot)
        for label in ("Cut · 30 min · 25 €", "Colour · 90 min · 60 €"):
            await marta.taps_data(chats.bot, data(services, label), services, wait=False)
        await chats.wait_until_idle()
        first = services.text.splitlines()[0]
        assert first in {"✓ Cut · 30 min · 25 €", "✓ Colour · 90 min · 60 €"}
        assert sorted(str(a.get("text", "")) for a in chats.bot.answers.values()) == ["", SETTLED]


async def test_last_weeks_keyboard_shows_where_things_stand(
    runtime: Runtime, shop: shops.BuiltShop
) -> None:
    async with telegram_harness(runtime) as chats:
        marta = await known(chats, "Marta", "+34600111222")
        asked = await at_confirm(chats, marta)
        other = data(asked, "For someone else")
        old = chats.bot.add(marta.chat, text="An old question", markup=asked.markup)
        await chats.tap(marta, "Confirm", asked)
        query = await marta.taps_data(chats.bot, other, old)
        await chats.wait_until_idle()
        assert chats.bot.answers[query] == {"text": SETTLED}
        assert old.text.startswith("Your next booking: Cut with Ana, Fri 13 Mar 5:00 pm. Ref ")
        assert old.buttons == []
        assert await states(runtime) == ["confirmed"]


async def test_anothers_callback_data_acts_for_nobody(
    runtime: Runtime, shop: shops.BuiltShop
) -> None:
    async with telegram_harness(runtime) as chats:
        marta = await known(chats, "Marta", "+34600111222")
        eve = await known(chats, "Eve", "+34600666666")
        asked = await at_confirm(chats, marta)
        mine = chats.bot.add(eve.chat, text="Eve's own message", markup=asked.markup)
        confirm = [data(asked, label) for label in ("Confirm", "For someone else")]
        await chats.tap(marta, "Confirm", asked)
        card = [data(asked, label) for label in ("Move", "Call off", "Add to calendar")]
        for each in (*confirm, *card):
            query = await eve.taps_data(chats.bot, each, mine)
            await chats.wait_until_idle()
            assert chats.bot.answers[query] == {"text": SETTLED}
        assert await states(runtime) == ["confirmed"]
        assert "Cut" not in "\n".join(eve.screen(chats.bot))


FORGED = [
    *("", ".", "1", "1.", ".1", "1.99", "1.-1", "0x1.0", "1.1.1", "١.٠", "card.1", "\x00"),
    *("999999999999999999999.0", "1.999999999999999", "1.0; DROP TABLE prompts", "a" * 64),
]


async def test_forged_and_cut_data_is_answered_and_does_nothing(
    runtime: Runtime, shop: shops.BuiltShop
) -> None:
    async with telegram_harness(runtime) as chats:
        marta = chats.telegram.person("Marta")
        await chats.write(marta, "/start")
        before = marta.screen(chats.bot)
        for forged in FORGED:
            query = await marta.taps_data(chats.bot, forged, marta.last(chats.bot))
            await chats.wait_until_idle()
            assert (forged, chats.bot.answers[query]) == (forged, {"text": SETTLED})
            assert (forged, marta.screen(chats.bot)) == (forged, before)
        assert await states(runtime) == []


@pytest.mark.parametrize("known_as", ["inaccessible", "not at all"])
async def test_a_tap_on_a_message_that_is_gone_is_answered_in_a_new_one(
    runtime: Runtime, shop: shops.BuiltShop, known_as: str
) -> None:
    """Telegram says of old messages only that they were there, or nothing."""
    async with telegram_harness(runtime) as chats:
        marta = chats.telegram.person("Marta")
        await chats.write(marta, "/start")
        services = marta.last(chats.bot)
        query: dict[str, Any] = {
            "id": "7",
            "from": marta.user,
            "chat_instance": "1",
            "data": data(services, "Cut · 30 min · 25 €"),
        }
        if known_as == "inaccessible":
            query["message"] = {"chat": marta.chat, "message_id": 999_999, "date": 0}
        chats.bot.queries["7"] = marta.id
        await chats.telegram.deliver(chats.bot, chats.bot.update(callback_query=query))
        await chats.wait_until_idle()
        assert "7" in chats.bot.answers
        assert services.buttons == []
        assert marta.last(chats.bot).text.endswith("Monday 9 March. Which time?")


async def test_two_people_cannot_answer_for_each_other(
    runtime: Runtime, shop: shops.BuiltShop
) -> None:
    async with telegram_harness(runtime) as chats:
        people = [await known(chats, f"P{n}", f"+3460011122{n}") for n in range(2)]
        asked = [await at_confirm(chats, person) for person in people]
        crossed = [data(message, "Confirm") for message in reversed(asked)]
        await asyncio.gather(
            *(p.taps_data(chats.bot, d, m) for p, d, m in zip(people, crossed, asked, strict=True))
        )
        await chats.wait_until_idle()
        # Ana is held for one, Leo for the other, and nobody confirmed anybody's.
        assert await states(runtime) == ["held", "held"]
