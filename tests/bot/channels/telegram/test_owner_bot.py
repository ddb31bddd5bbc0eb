"""The owners' bot through python-telegram-bot, against the strict stand-in of the Bot API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.channels.telegram.owner_bot import TelegramOwnerBot
from bot.channels.telegram.rate_limiter import TelegramRateLimiter
from bot.rendering import day_image
from bot.rendering.keyboards import PromptOption
from bot.rendering.render import RenderedMessage
from core.errors import DeliveryFailed
from core.messaging.messages import Incoming, Say
from core.messaging.outbox.claim import Outgoing
from tests.servers.telegram.bots import Bot
from tests.servers.telegram.faults import Fault
from tests.servers.telegram.people import Person
from tests.servers.telegram.server import TelegramServer


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as server:
        yield server


@pytest.fixture
def bot(telegram: TelegramServer) -> Bot:
    return telegram.bot("SlotlineDeskBot")


@pytest.fixture
async def ours(telegram: TelegramServer, bot: Bot) -> AsyncIterator[TelegramOwnerBot]:
    made = TelegramOwnerBot(bot.token, telegram.url, TelegramRateLimiter(bot.token))
    yield made
    await made.close()


@pytest.fixture
async def bella(telegram: TelegramServer, bot: Bot) -> Person:
    person = telegram.person("Bella", phone="+34600000001")
    await person.writes(bot, "/start")
    return person


def row(person: Person, say: Say | None = None, **edit_target: object) -> Outgoing:
    known = SimpleNamespace(
        address=str(person.id), edit_target=edit_target, message=say or Say("hello")
    )
    return cast("Outgoing", known)


def shown(*labels: str) -> RenderedMessage:
    options = tuple(PromptOption(n, label, f"7.{n}") for n, label in enumerate(labels))
    return RenderedMessage(
        "To <b>approve</b>: Cut", "buttons", options, 1, tuple((o,) for o in options)
    )


async def test_polling_hands_over_what_people_did(
    ours: TelegramOwnerBot, bot: Bot, bella: Person
) -> None:
    sent = await ours.send(row(bella), shown("Approve", "Decline"))
    query = await bella.taps(bot, "Decline")
    raw = await ours.get_updates(0)
    taken = [ours.parse_update(each) for each in raw]
    assert [one and one.incoming for one in taken] == [
        Incoming(text="/start", name="Bella", language="en"),
        Incoming(
            "tap", payload="7.1", message=sent.provider_message_id, name="Bella", language="en"
        ),
    ]
    assert taken[1] is not None
    assert taken[1].callback_query_id == query
    await ours.answer_callback(query, "Declined")
    assert bot.answers[query] == {"text": "Declined"}


async def test_a_message_is_changed_in_place_and_loses_its_buttons(
    ours: TelegramOwnerBot, bot: Bot, bella: Person
) -> None:
    sent = await ours.send(row(bella), shown("Approve"))
    place: dict[str, Any] = {"message": sent.provider_message_id, "in_place": True}
    again = await ours.send(row(bella, **place), RenderedMessage("Ines decided: Cut. Confirmed."))
    assert again.provider_message_id == sent.provider_message_id
    assert bella.screen(bot)[-1] == "< Ines decided: Cut. Confirmed."


async def test_the_day_goes_as_a_photo(ours: TelegramOwnerBot, bot: Bot, bella: Person) -> None:
    facts: dict[str, object] = {
        "columns": ("Ana", "Leo"),
        "cells": ((0, 540, 570, "confirmed", "Lucía", "Cut"), (1, 600, 690, "off", "", "")),
        "since": 540,
        "until": 1080,
    }
    await ours.send(row(bella, Say("desk.picture", facts)), RenderedMessage("Bella Hair, 12 March"))
    assert "photo" in bella.last(bot).content


async def test_who_blocked_the_bot_is_not_reached(
    ours: TelegramOwnerBot, bot: Bot, bella: Person
) -> None:
    await bella.blocks(bot)
    with pytest.raises(DeliveryFailed) as failed:
        await ours.send(row(bella), RenderedMessage("hello"))
    assert (failed.value.permanent, failed.value.params["unreachable"]) == (True, True)


async def test_too_many_requests_say_how_long_to_wait(
    telegram: TelegramServer, ours: TelegramOwnerBot, bella: Person
) -> None:
    telegram.fail_next(1, Fault.THROTTLED, retry_after=3)
    with pytest.raises(DeliveryFailed) as failed:
        await ours.send(row(bella), RenderedMessage("hello"))
    assert (failed.value.permanent, failed.value.retry_after) == (False, 3)


def test_a_timetable_is_as_high_as_its_hours() -> None:
    """What overlaps stands side by side; what begins before the opening is drawn too."""
    cells = [
        day_image.DayCell(0, 540, 600, "confirmed", "Marta", "Cut"),
        day_image.DayCell(0, 540, 600, "confirmed", "Pau", "Cut"),
        day_image.DayCell(0, 480, 510, "pending", "Hugo", "Cut"),
    ]
    drawn = day_image.draw_day("Thursday", ["Ana"], cells, since=540, until=1080)
    early = day_image.draw_day("Thursday", ["Ana"], cells, since=480, until=1080)
    assert drawn == early
    assert drawn.startswith(b"\x89PNG")
