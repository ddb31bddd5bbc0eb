"""Where and when messages come: opened by a word in four languages, kept, and heeded."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from bot.engine import opt_out
from core.db import tables
from core.db.context import Context
from core.db.runtime import Runtime
from core.errors import Invalid
from core.people import identities, preferences, verification
from core.people.preferences import Wishes, set_channel
from tests.support import shops
from tests.support.chat import Person, Town

PHONE = "+34600111222"

ASKED = {
    "en": "Reminders and news come here: where we talk. Quiet hours: 21:00-8:00.",
    "es": "Los recordatorios y avisos llegan aquí: donde hablamos.",
    "pt": "Os lembretes e avisos chegam aqui: onde falamos.",
    "hi": "रिमाइंडर और सूचनाएँ यहाँ आती हैं: जहाँ बात होती है।",
}


@pytest.fixture
async def marta(runtime: Runtime) -> Person:
    """Return somebody who proved her phone, on WhatsApp."""
    town = Town(runtime)
    async with runtime.transaction() as ctx:
        place = await shops.salon(ctx)
        await ctx.execute(sa.update(tables.lines).values(channel="whatsapp"))
        line = town.line(place.line_id, place.shop_id, channel="whatsapp")
        contact = await identities.contact(ctx, line, PHONE)
        await verification.prove(
            ctx, "phone", PHONE, name="Marta", conversation_id=contact.conversation_id
        )
    return Person(town, line, PHONE)


async def _wishes(person: Person) -> Wishes:
    async with person.town.runtime.reading() as ctx:
        found = await identities.whoami(ctx, 1)
        assert found is not None
        return await preferences.wishes(ctx, found.user_id)


async def test_every_word_opens_them_in_its_language(marta: Person) -> None:
    for word, language in opt_out.SETTINGS.items():
        async with marta.town.runtime.transaction() as ctx:
            await ctx.execute(sa.update(tables.conversations).values(language=language, state={}))
        assert (await marta.says(word)).startswith(ASKED[language]), word


async def test_hours_picked_written_and_given_back(marta: Person) -> None:
    for answer, kept in (
        ("2", (1320, 420)),
        ("from 23 to 8", (1380, 480)),
        ("none", (0, 0)),
        ("1", None),
    ):
        await marta.says("settings")
        await marta.says("quiet hours")
        assert (await marta.says(answer)).startswith("Noted. Quiet hours: "), answer
        assert await _wishes(marta) == Wishes("", kept)


async def test_a_channel_where_one_is_not_reached_is_not_on_offer(marta: Person) -> None:
    await marta.says("settings")
    await marta.says("channel")
    said = await marta.says("Telegram")
    assert said.startswith("Sorry, I did not get that.\nWhere shall they come?")
    assert await _wishes(marta) == Wishes("", None)
    await marta.says("WhatsApp")
    assert await _wishes(marta) == Wishes("whatsapp", None)


async def test_only_channels_there_are(ctx: Context) -> None:
    with pytest.raises(Invalid):
        await set_channel(ctx, 1, "fax")
