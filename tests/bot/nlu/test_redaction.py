"""What was not understood is kept without what tells who wrote it, and counted."""

from datetime import UTC, datetime

import pytest

from bot.nlu.pipeline import understand_message
from bot.nlu.redaction import redact_text
from bot.nlu.types import NluContext
from core.clock import FixedClock
from core.db.runtime import Runtime
from core.messaging import unrecognized
from tests.support import shops
from tests.support.chat import ChatHarness

NOW = datetime(2026, 3, 12, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("flurble grommet 481920", "flurble grommet ######"),
        ("ring me on +34 600 111 222", "ring me on +## ### ### ###"),
        ("tell Iris Novak the frobnicator", "tell [name] the frobnicator"),
        ("write to iris@example.org please", "write to [address] please"),
        ("this is marta, gribble", "this is [name], gribble"),
        ("कृपया २३ फ़्लर्बल", "कृपया ## फ़्लर्बल"),
    ],
)
def test_unrecognized_messages_hold_nothing_that_identifies_the_writer(
    written: str, kept: str
) -> None:
    said = understand_message(written, NluContext(NOW, "Europe/Madrid"))
    assert redact_text(said, ["Marta Ruiz"]) == kept


async def test_unrecognized_messages_are_stored_and_counted(runtime: Runtime) -> None:
    assert isinstance(runtime.clock, FixedClock)
    runtime.clock.move_to("2026-03-12T15:00Z")
    async with runtime.transaction() as ctx:
        place = await shops.build_salon(ctx)
    town = ChatHarness(runtime)
    line = town.line_of_channel(place.line_id, place.shop_id)
    for address in ("+34600111222", "+34600111333"):
        await town.send_text(line, address, "hi")
        await town.send_text(line, address, "flurble 99")
    await town.send_text(line, "+34600111222", "grommet")
    async with runtime.transaction() as ctx:
        found = await unrecognized.most_frequent(ctx, shop_id=place.shop_id)
        assert [(one.text, one.times, one.expects) for one in found] == [
            ("flurble ##", 2, "service"),
            ("grommet", 1, "service"),
        ]
        assert await unrecognized.most_frequent(ctx, shop_id=place.shop_id + 1) == []
    runtime.clock.move_to("2026-07-01T15:00Z")
    async with runtime.transaction() as ctx:
        assert await unrecognized.delete_expired(ctx) == 3
