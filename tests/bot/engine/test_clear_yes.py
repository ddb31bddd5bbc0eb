"""What cannot be undone needs a clear yes: the database holds what it held after anything else."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from bot.dialogue import answering, prompts, talk
from bot.nlu.types import Understood
from bot.nlu.yes_no import Answer
from core.clock import FixedClock
from core.db import tables
from core.db.runtime import Runtime
from tests.support import shops
from tests.support.chat import ChatHarness, ChatPerson

ME = "+34600111222"
NOES = {
    "en": ("cancel my appointment", "definitely not"),
    "es": ("quiero cancelar mi cita", "claro que no"),
    "pt": ("quero cancelar meu horário", "claro que não"),
    "hi": ("meri booking cancel karo", "bilkul nahi"),
}
BOOKED = datetime(2026, 3, 13, 16, 30, tzinfo=UTC)


async def _booked(runtime: Runtime, language: str = "en") -> ChatPerson:
    """Somebody whose phone is proved and who has a cut on Friday at 5:30 pm."""
    assert isinstance(runtime.clock, FixedClock)
    runtime.clock.move_to("2026-03-12T15:00Z")
    async with runtime.transaction() as ctx:
        place = await shops.build_salon(ctx)
    town = ChatHarness(runtime)
    me = ChatPerson(town, town.line_of_channel(place.line_id, place.shop_id), ME)
    held = await me.say("cut with Leo tomorrow at 5:30pm")
    code = re.search(r"\b\d{6}\b", held)
    assert code, held
    await me.say(f"{code[0]} Marta")
    async with runtime.transaction() as ctx:
        await ctx.execute(sa.update(tables.conversations).values(language=language))
    return me


async def _state(runtime: Runtime) -> tuple[str, datetime]:
    async with runtime.transaction() as ctx:
        row = (
            await ctx.execute(sa.select(tables.bookings.c.state, tables.bookings.c.starts_at))
        ).one()
    return row.state, row.starts_at


@pytest.mark.parametrize("language", sorted(NOES))
async def test_a_no_with_colour_in_it_keeps_the_booking(language: str, runtime: Runtime) -> None:
    me = await _booked(runtime, language)
    for said in NOES[language]:
        await me.say(said)
    assert await _state(runtime) == ("confirmed", BOOKED)


@pytest.mark.parametrize("language", sorted(NOES))
async def test_by_acts_alone_the_same_no_cancelled_it(
    language: str, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def by_acts(act: str, _text: str, understood: Understood | None, _answer: Answer) -> bool:
        return understood is not None and act in understood.acts

    for module in (prompts, talk):
        monkeypatch.setattr(module, "names_option", by_acts)
    me = await _booked(runtime, language)
    for said in NOES[language]:
        await me.say(said)
    assert await _state(runtime) == ("cancelled", BOOKED)


@pytest.mark.parametrize(
    "said",
    [
        "yes but later",
        "yes but not now",
        "right now I can't",
        "maybe",
        "yes?",
        "yes no",
        "no, cancel it",
        "yes, keep it",
        "1, no",
        "blue bananas",
        "yes tomorrow",
        "don't cancel it",
        "2 please",
        "option 2",
        "the second",
        "👎",
        "not 1",
    ],
)
async def test_without_a_clear_yes_nothing_is_cancelled(said: str, runtime: Runtime) -> None:
    me = await _booked(runtime)
    await me.say("cancel my appointment")
    for _ in range(2):
        await me.say(said)
    assert await _state(runtime) == ("confirmed", BOOKED)


@pytest.mark.parametrize(
    "said",
    ["ok", "sure", "fine", "👍", "1", "1 please", "yes cancel the cut with Leo", "no, wait, yes"],
)
async def test_a_clear_yes_cancels(said: str, runtime: Runtime) -> None:
    me = await _booked(runtime)
    await me.say("cancel my appointment")
    await me.say(said)
    assert await _state(runtime) == ("cancelled", BOOKED)


async def test_a_doubtful_yes_is_asked_once_more_and_then_changes_nothing(runtime: Runtime) -> None:
    me = await _booked(runtime)
    await me.say("move my cut to friday 4pm")
    assert await me.say("yes but later") == (
        "Just to be sure: move Fri 13 Mar 5:30 pm to Fri 13 Mar 4:00 pm?\n1 Yes\n2 No"
    )
    assert await me.say("yes but later") == (
        "All right, it stays: Cut with Leo, Fri 13 Mar 5:30 pm."
    )
    assert await _state(runtime) == ("confirmed", BOOKED)


@pytest.mark.parametrize(
    ("said", "chosen"),
    [("cancel it", True), ("don't cancel it", False), ("no, don't cancel", False)],
)
def test_an_option_that_acts_at_once_is_not_chosen_by_its_refusal(said: str, chosen: bool) -> None:
    understood = Understood(said, "en", acts=("cancel",))
    answer = answering.answer_of(said, understood)
    assert answering.names_option("cancel", said, understood, answer) is chosen
