"""What is offered to choose from: services under headings and beside them, shops by their type."""

from datetime import UTC, datetime

import pytest

from bot.dialogue.prompts import OpenPrompt, match_words
from bot.nlu.pipeline import understand_message
from bot.nlu.types import NluContext
from core.clock import FixedClock
from core.db.runtime import Runtime
from core.messaging import lines
from core.shops import providers, services, shops
from core.values.catalog_changes import NewCategory, NewService
from core.values.shop_changes import ShopChange
from tests.support.chat import ChatHarness, ChatPerson
from tests.support.shops import build_clinic, build_salon

ME = "+34600111222"


async def test_a_service_under_no_heading_stands_beside_the_headings(runtime: Runtime) -> None:
    assert isinstance(runtime.clock, FixedClock)
    runtime.clock.move_to("2026-03-12T15:00Z")
    async with runtime.transaction() as ctx:
        place = await build_salon(ctx)
        nails = await services.add_category(
            ctx, place.shop_id, NewCategory(name="Nails", position=2)
        )
        names = [f"Nails {letter}" for letter in "ABCDEF"]
        for at, name in enumerate([*names, "Gift card"]):
            heading = nails if name in names else None
            added = await services.add_service(
                ctx,
                place.shop_id,
                NewService(name=name, minutes=30, category_id=heading, position=10 + at),
            )
            await providers.set_offering(ctx, place.shop_id, place.providers["Ana"], added)
    me = ChatPerson(
        ChatHarness(runtime), ChatHarness(runtime).line_of_channel(place.line_id, place.shop_id), ME
    )
    assert await me.say("book") == "What would you like?\n1 Hair\n2 Nails\n3 Gift card 30 min"
    assert (await me.say("3")).splitlines()[0] == "Bella Hair. Gift card, 30 min:"


async def test_of_a_type_with_synonyms_only_the_first_is_shown(runtime: Runtime) -> None:
    assert isinstance(runtime.clock, FixedClock)
    runtime.clock.move_to("2026-03-12T15:00Z")
    async with runtime.transaction() as ctx:
        place = await build_salon(ctx)
        await build_clinic(ctx)
        await shops.change_shop(ctx, place.shop_id, ShopChange(type="hair salon, peluquería"))
        shared = await lines.get_or_create_line(
            ctx, transport="terminal", channel="sms", address="+34915550199"
        )
    me = ChatPerson(ChatHarness(runtime), ChatHarness(runtime).line_of_channel(shared, None), ME)
    assert (await me.say("hi")).splitlines()[1:] == [
        "1 Bella Hair, hair salon, Madrid",
        "2 Smile Dental, dentist, Pune",
    ]
    assert (await me.say("una peluqueria")).splitlines()[0].endswith("Bella Hair.")


@pytest.mark.parametrize(
    ("text", "decides"),
    [
        ("yes, and what's the address?", True),
        ("perfect", True),
        ("thank you, and what's the address?", False),
    ],
)
def test_thanks_with_a_question_decide_nothing(text: str, *, decides: bool) -> None:
    said = understand_message(
        text, NluContext(datetime(2026, 3, 12, 15, tzinfo=UTC), "Europe/Madrid")
    )
    open_ = OpenPrompt(
        7, "approval", "", "", (("yes", ("@yes",)),), {}, 0, (datetime(2026, 3, 12, tzinfo=UTC), 7),
        is_open=True,
    )  # fmt: skip
    assert [pick.value for pick in match_words(said, [open_], 7)] == (["yes"] if decides else [])
    assert "yes" in said.acts
