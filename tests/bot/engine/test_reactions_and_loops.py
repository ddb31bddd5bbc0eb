"""Words beside pictures are read; reactions and robots' answers are not taken for a person's."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.engine import loop_guard, turn
from core.clock import FixedClock
from core.db import tables
from core.db.runtime import Runtime
from core.messaging.lines import get_or_create_line
from core.messaging.messages import Incoming
from core.people.identities import make_admin
from tests.support import shops
from tests.support.chat import ChatHarness, ChatPerson

ROBOT = "I am out of the office until Monday and read nothing here."
OTHER = "Thank you for your message, we will get back to you soon."


@pytest.fixture
async def marta(runtime: Runtime) -> ChatPerson:
    async with runtime.transaction() as ctx:
        place = await shops.build_salon(ctx)
        line_id = await get_or_create_line(
            ctx, transport="terminal", channel="sms", shop_id=place.shop_id
        )
        await get_or_create_line(ctx, transport="terminal", channel="sms", address="2")
        await make_admin(ctx, "+34600000099")
    town = ChatHarness(runtime)
    return ChatPerson(town, town.line_of_channel(line_id, place.shop_id), "+34600111222")


async def alarms(runtime: Runtime) -> int:
    rows = sa.select(sa.func.count()).where(tables.outbox.c.kind == "loop")
    async with runtime.read_transaction() as ctx:
        return int(await ctx.scalar(rows))


async def answered(marta: ChatPerson, *texts: str) -> list[bool]:
    return [bool(await marta.say(text)) for text in texts]


async def test_words_beside_a_picture_are_read(marta: ChatPerson) -> None:
    assert "Cut" in await marta.say(Incoming(text="a cut please", media=("image/jpeg",)))
    assert "no more messages" in await marta.say(Incoming(text="stop all", media=("image/jpeg",)))


@pytest.mark.parametrize("text", ["Liked “1 Yes 2 No”", "👍 to “yes”", "Le gustó “hola”"])
async def test_a_reaction_changes_nothing_and_gets_no_answer(marta: ChatPerson, text: str) -> None:
    await marta.say("a cut please")
    assert await marta.say(text) == ""
    assert await marta.say("1") != ""


async def test_what_a_message_quotes_answers_nothing(marta: ChatPerson) -> None:
    offered = await marta.say("a cut tomorrow please")
    assert await marta.say("> 1\n> yes\nwhat does it cost?") != ""
    assert "Held" not in await marta.say("> 1\nwhere are you?")
    assert "Held" in await marta.say("> where are you?\n1")
    assert "1 " in offered


@pytest.mark.parametrize("said", [(ROBOT,), (ROBOT, OTHER)])
async def test_a_robot_is_not_answered_for_ever_and_the_shop_is_told_once(
    runtime: Runtime, marta: ChatPerson, said: tuple[str, ...]
) -> None:
    texts = [said[n % len(said)] for n in range(8)]
    assert await answered(marta, *texts) == [True] * 4 + [False] * 4
    assert await alarms(runtime) == 1


async def test_without_the_guard_a_robot_is_answered_for_ever(
    marta: ChatPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def off(_turn: object) -> bool:
        return False

    monkeypatch.setattr(turn, "is_looping", off)
    assert await answered(marta, *[ROBOT] * 8) == [True] * 8


async def test_a_person_who_repeats_themselves_is_not_punished_for_long(
    runtime: Runtime, marta: ChatPerson
) -> None:
    assert await answered(marta, *["hello, is anybody there?"] * 6) == [True] * 4 + [False] * 2
    # Anything else they write is answered at once, and so are options, however often.
    assert await answered(marta, "a cut please", "hello, is anybody there?") == [True] * 2
    assert await answered(marta, *["menu"] * 8) == [True] * 8
    assert await answered(marta, *["hello, is anybody there?"] * 5) == [True] * 4 + [False]
    clock = runtime.clock
    assert isinstance(clock, FixedClock)
    clock.advance(loop_guard.WINDOW + timedelta(seconds=1))
    assert await answered(marta, "hello, is anybody there?") == [True]
