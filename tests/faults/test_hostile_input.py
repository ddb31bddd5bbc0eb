"""Hostile input at every step: a polite answer, no error, no data of others."""

from __future__ import annotations

import string
from itertools import count

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.engine.receive import receive_incoming
from core.db import tables
from core.db.runtime import Runtime
from core.messaging.messages import Incoming
from tests.faults.booking_script import newest_code
from tests.support import shops
from tests.support.chat import ChatHarness, ChatPerson
from tests.webhooks.harness import twilio_harness

HOSTILE = (
    "",
    " ",
    "x" * 10_000,
    "2" * 10_000,
    "👩‍👩‍👧‍👦🔥" * 200,
    "שלום מחר ב-5",
    "مرحبا غدا الساعة ٥",
    "\u200b\u200d\ufeff",
    "\u202e2 tuc",
    "cut\x00 tomorrow",
    "\ud83d",
    "<b>cut</b><script>alert(1)</script>",
    "%s%s%n",
    "{0}{name.__class__}",
    str(2**63),
    str(-(2**63)),
    "1e400",
    "NaN",
    "٣",
    "②",
    "'; DROP TABLE bookings; --",
    "../../etc/passwd",
    "31/02/2026 at 25:61",
    "0000-00-00",
    "tomorrow " * 500,
    "\r\n\r\n1\r\n",
)
PAYLOADS = (
    "",
    "1",
    "1.0",
    "1.-1",
    "9" * 40,
    "1.99999999999999999999",
    "0.0",
    "a.b",
    "1.0.0",
    "²·0",
)
_PEOPLE = count(77_000_000)

STEPS = ("hi", "cut", "1", "{code} Marta", "my bookings", "1", "1")
"""A talk that stands at each of the flows' questions in turn."""


@pytest.fixture
async def victim(runtime: Runtime) -> shops.BuiltShop:
    """Open a salon with somebody else's booking, whose name must never show."""
    town = ChatHarness(runtime)
    async with runtime.transaction() as ctx:
        place = await shops.build_salon(ctx)
    other = ChatPerson(town, town.line_of_channel(place.line_id, place.shop_id), "+34600999888")
    await other.say("cut monday at 10am")
    code = newest_code(town.memory.texts_to(other.address))
    assert "Booked, Zenobia" in await other.say(f"{code} Zenobia")
    return place


async def standing(runtime: Runtime) -> list[tuple[str, str]]:
    """Return what was laid aside or failed: (state, error)."""
    inbox = tables.inbox.c
    async with runtime.read_transaction() as ctx:
        rows = await ctx.all(sa.select(inbox.state, inbox.error).where(inbox.state != "done"))
    return [tuple(row) for row in rows]


async def at_step(town: ChatHarness, place: shops.BuiltShop, number: int) -> ChatPerson:
    """Return somebody new who has come as far as this step."""
    me = ChatPerson(town, town.line_of_channel(place.line_id, place.shop_id), f"+346001{number:05}")
    answer = ""
    for words in STEPS[:number]:
        code = newest_code([answer])
        answer = await me.say(words.replace("{code}", code))
        assert answer, words
    return me


@pytest.mark.experiment
@pytest.mark.parametrize("step", range(len(STEPS) + 1))
async def test_every_hostile_text_at_every_step_is_answered(
    runtime: Runtime, victim: shops.BuiltShop, step: int
) -> None:
    town = ChatHarness(runtime)
    me = await at_step(town, victim, step)
    for text in HOSTILE:
        answer = await me.say(text)
        assert answer, (step, text[:40])
        assert "Zenobia" not in answer
        assert "+34600999888" not in answer
    assert await standing(runtime) == []


async def test_foreign_and_forged_taps_show_where_things_stand(
    runtime: Runtime, victim: shops.BuiltShop
) -> None:
    town = ChatHarness(runtime)
    me = await at_step(town, victim, 2)
    async with runtime.read_transaction() as ctx:
        foreign = await ctx.all(sa.select(tables.prompts.c.id))
    for payload in (*PAYLOADS, *(f"{row.id}.0" for row in foreign[:-1])):
        answer = await me.say(Incoming(kind="tap", payload=payload))
        assert answer.startswith("That question is settled already, so I did nothing."), payload
        assert "Zenobia" not in answer
    assert await standing(runtime) == []
    async with runtime.read_transaction() as ctx:
        held = await ctx.scalar(sa.select(sa.func.count()).select_from(tables.bookings))
    assert held == 1


async def test_files_and_places_are_refused_politely(
    runtime: Runtime, victim: shops.BuiltShop
) -> None:
    town = ChatHarness(runtime)
    me = await at_step(town, victim, 1)
    for incoming in (
        Incoming(kind="media", media=("image/jpeg",) * 30),
        Incoming(kind="media", media=("x" * 5000,), text="cut"),
        Incoming(kind="location"),
        Incoming(kind="contact", contact="not a phone"),
    ):
        assert await me.say(incoming)
    assert await standing(runtime) == []


@pytest.mark.experiment
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.one_of(st.text(max_size=300), st.text(string.printable, max_size=300)))
async def test_random_text_is_always_answered(
    runtime: Runtime, victim: shops.BuiltShop, text: str
) -> None:
    town = ChatHarness(runtime)
    # Somebody new each time: a talk that a person of the shop has is silent, as it should be.
    me = ChatPerson(
        town, town.line_of_channel(victim.line_id, victim.shop_id), f"+346{next(_PEOPLE):08}"
    )
    word = text.strip().strip(".!").casefold()
    answer = await me.say(text)
    assert answer or word in {"stop", "end", "quit", "cancel"}
    assert "Zenobia" not in answer
    assert await standing(runtime) == []


@pytest.mark.experiment
async def test_the_webhook_answers_200_to_every_hostile_text(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        await shops.build_salon(ctx)
    async with twilio_harness(runtime) as served:
        for number, text in enumerate(HOSTILE):
            if "\ud83d" in text:
                continue  # no HTTP form can hold half a character
            answer = await served.send_sms(f"+3460055{number:04}", text)
            assert (answer.status, answer.replies) == (200, ())
    assert await standing(runtime) == []


async def test_an_event_of_another_line_is_not_the_same_event(
    runtime: Runtime, victim: shops.BuiltShop
) -> None:
    town = ChatHarness(runtime)
    line = town.line_of_channel(victim.line_id, victim.shop_id)
    first = await receive_incoming(runtime, line, "+34600123123", "same", Incoming(text="hi"))
    again = await receive_incoming(runtime, line, "+34600123123", "same", Incoming(text="hi"))
    assert first.inbox_id is not None
    assert again.inbox_id is None
