"""Where and when messages come: opened by a word in four languages, kept, and heeded."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from bot.engine import opt_out
from core.db import tables
from core.db.context import Context
from core.db.runtime import Runtime
from core.errors import InvalidValue
from core.people.identities import get_or_create_contact, person_of_conversation
from core.people.preferences import Preferences, load_preferences, set_preferred_channel
from core.people.verification import verify_identity
from tests.support import shops
from tests.support.chat import ChatHarness, ChatPerson

PHONE = "+34600111222"

ASKED = {
    "en": "Reminders and news come here: where we talk. Quiet hours: 21:00-8:00.",
    "es": "Los recordatorios y avisos llegan aquí: donde hablamos.",
    "pt": "Os lembretes e avisos chegam aqui: onde falamos.",
    "hi": "रिमाइंडर और सूचनाएँ यहाँ आती हैं: जहाँ बात होती है।",
}


@pytest.fixture
async def marta(runtime: Runtime) -> ChatPerson:
    """Return somebody who proved her phone, on WhatsApp."""
    town = ChatHarness(runtime)
    async with runtime.transaction() as ctx:
        place = await shops.build_salon(ctx)
        await ctx.execute(sa.update(tables.lines).values(channel="whatsapp"))
        line = town.line_of_channel(place.line_id, place.shop_id, channel="whatsapp")
        contact = await get_or_create_contact(ctx, line, PHONE)
        await verify_identity(
            ctx, "phone", PHONE, name="Marta", conversation_id=contact.conversation_id
        )
    return ChatPerson(town, line, PHONE)


async def _wishes(person: ChatPerson) -> Preferences:
    async with person.harness.runtime.read_transaction() as ctx:
        found = await person_of_conversation(ctx, 1)
        assert found is not None
        return await load_preferences(ctx, found.user_id)


async def test_preferences_open_by_a_word_in_each_language(marta: ChatPerson) -> None:
    for word, language in opt_out.SETTINGS_WORDS.items():
        async with marta.harness.runtime.transaction() as ctx:
            await ctx.execute(sa.update(tables.conversations).values(language=language, state={}))
        assert (await marta.say(word)).startswith(ASKED[language]), word


async def test_quiet_hours_are_set_by_tap_or_text_and_removed(marta: ChatPerson) -> None:
    for answer, kept in (
        ("2", (1320, 420)),
        ("from 23 to 8", (1380, 480)),
        ("none", (0, 0)),
        ("1", None),
    ):
        await marta.say("settings")
        await marta.say("quiet hours")
        assert (await marta.say(answer)).startswith("Noted. Quiet hours: "), answer
        assert await _wishes(marta) == Preferences("", kept)


async def test_a_channel_where_one_is_not_reached_is_not_on_offer(marta: ChatPerson) -> None:
    await marta.say("settings")
    await marta.say("channel")
    said = await marta.say("Telegram")
    assert said.startswith("Sorry, I did not get that.\nWhere shall they come?")
    assert await _wishes(marta) == Preferences("", None)
    await marta.say("WhatsApp")
    assert await _wishes(marta) == Preferences("whatsapp", None)


async def test_preferences_offer_only_existing_channels(ctx: Context) -> None:
    with pytest.raises(InvalidValue):
        await set_preferred_channel(ctx, 1, "fax")
