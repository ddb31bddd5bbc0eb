"""Where the channel itself says whose phone it is, and where a code is needed all the same."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from core.db import tables
from core.db.runtime import Runtime
from core.messaging.lines import get_or_create_line
from core.people import identities
from core.shops.shops import change_shop
from core.values.shop_changes import ShopChange
from tests.support import shops
from tests.support.chat import ChatHarness, ChatPerson
from tests.support.shops import BuiltShop
from tests.support.telegram_chat import telegram_harness

PHONE, FRENCH = "+34600111222", "+33612345678"
ASKED = "a cut on friday at 5 pm"
CODE = re.compile(r"\b\d{6}\b")
REFUSED = "I cannot send codes to that country. Please call the shop."


@pytest.fixture
async def place(runtime: Runtime) -> BuiltShop:
    async with runtime.transaction() as ctx:
        return await shops.build_salon(ctx)


async def by(runtime: Runtime, place: BuiltShop, channel: str, phone: str) -> ChatPerson:
    """Return somebody who writes to the shop from a phone, on a line of this channel."""
    town = ChatHarness(runtime)
    if channel == "sms":
        return ChatPerson(town, town.line_of_channel(place.line_id, place.shop_id), phone)
    async with runtime.transaction() as ctx:
        line_id = await get_or_create_line(
            ctx, transport="terminal", channel=channel, address="+14155238886",
            shop_id=place.shop_id,
        )  # fmt: skip
    line = town.line_of_channel(line_id, place.shop_id, channel=channel)
    return ChatPerson(town, line, phone)


async def want_codes(runtime: Runtime, place: BuiltShop) -> None:
    """Let the shop want a code on every channel."""
    async with runtime.transaction() as ctx:
        await change_shop(ctx, place.shop_id, ShopChange(codes_on_every_channel=True))


async def counted(runtime: Runtime, table: sa.Table) -> int:
    async with runtime.read_transaction() as ctx:
        return int(await ctx.scalar(sa.select(sa.func.count()).select_from(table)) or 0)


@pytest.mark.parametrize("phone", [PHONE, FRENCH])
async def test_on_whatsapp_somebody_books_without_a_code(
    runtime: Runtime, place: BuiltShop, phone: str
) -> None:
    marta = await by(runtime, place, "whatsapp", phone)
    assert (await marta.say(ASKED)).endswith("Held for 5 min.\nWhat is your name?")
    assert (await marta.say("Marta")).startswith("Booked, Marta! Cut with Ana, Fri 13 Mar 5:00 pm")
    assert await counted(runtime, tables.one_time_codes) == 0
    assert (await marta.say("my bookings")).startswith("Cut with Ana, Fri 13 Mar 5:00 pm")


async def test_a_shop_that_wants_a_code_on_every_channel_gets_one(
    runtime: Runtime, place: BuiltShop
) -> None:
    marta = await by(runtime, place, "whatsapp", PHONE)
    await marta.say(ASKED)
    await marta.say("Marta")
    await want_codes(runtime, place)
    code = CODE.search(await marta.say("a colour on monday at 10 am with leo"))
    assert code  # she is known, but by no code so far
    assert (await marta.say(code[0])).startswith("Booked")
    assert CODE.search(await marta.say("a cut on tuesday at 10 am with leo")) is None


@pytest.mark.parametrize("guard", [True, False])
async def test_an_sms_in_the_name_of_a_whatsapp_customer_needs_a_code(
    runtime: Runtime, place: BuiltShop, monkeypatch: pytest.MonkeyPatch, *, guard: bool
) -> None:
    """Anybody can send an SMS from any number; no code ever went to this one."""
    if not guard:
        monkeypatch.setattr(identities, "VOUCHING", ("telegram", "whatsapp", "sms"))
    marta = await by(runtime, place, "whatsapp", PHONE)
    await marta.say(ASKED)
    await marta.say("Marta")
    forger = await by(runtime, place, "sms", PHONE)
    said = await forger.say("my bookings")
    assert ("Cut with Ana" in said, CODE.search(said) is None) == (not guard, not guard)


async def test_a_number_shared_in_telegram_needs_a_code_where_the_shop_says_so(
    runtime: Runtime, place: BuiltShop
) -> None:
    async with runtime.transaction() as ctx:
        await ctx.execute(sa.update(tables.lines).values(transport="twilio"))
    await want_codes(runtime, place)
    async with telegram_harness(runtime) as chats:
        marta = chats.telegram.person("Marta", PHONE)
        await chats.write(marta, ASKED)
        await chats.tap(marta, "Confirm")
        await chats.share_contact(marta)
        code = CODE.search(chats.sms.texts_to(PHONE)[-1])
        assert code
        assert (await chats.write(marta, code[0]))[1] == "< ✅ Booked, Marta!"


async def test_a_number_shared_in_telegram_from_another_country_books(
    runtime: Runtime, place: BuiltShop
) -> None:
    async with telegram_harness(runtime) as chats:
        marie = chats.telegram.person("Marie", FRENCH)
        await chats.write(marie, ASKED)
        await chats.tap(marie, "Confirm")
        await chats.share_contact(marie)
        assert await counted(runtime, tables.one_time_codes) == 0
        assert await counted(runtime, tables.bookings) == 1


@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
async def test_who_can_get_no_code_is_told_before_a_time_is_held(
    runtime: Runtime, place: BuiltShop, channel: str
) -> None:
    await want_codes(runtime, place)
    marie = await by(runtime, place, channel, FRENCH)
    assert await marie.say(ASKED) == REFUSED
    assert await marie.say("book a cut") == REFUSED
    assert await counted(runtime, tables.bookings) == 0


async def test_who_hides_the_phone_is_told_before_where_no_line_sends_codes(
    runtime: Runtime, place: BuiltShop
) -> None:
    marta = await by(runtime, place, "whatsapp", "ES.1a2b3c4d5e6f7a8b")
    async with runtime.transaction() as ctx:
        await ctx.execute(
            sa.update(tables.lines).where(tables.lines.c.channel == "sms").values(active=False)
        )
    assert await marta.say(ASKED) == (
        "I cannot send a code to a phone from here. Please call the shop."
    )
    assert await counted(runtime, tables.bookings) == 0
