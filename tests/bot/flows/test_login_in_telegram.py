"""Who somebody is in Telegram: by a number that is shared, or typed and proved by a code."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from bot.engine.receive import receive_incoming
from core.db import tables
from core.db.runtime import Runtime
from core.messaging import lines
from core.messaging.messages import Incoming
from tests.support import shops
from tests.support.telegram_chat import TelegramHarness, telegram_harness

PHONE = "+34600111222"


@pytest.fixture
async def shop(runtime: Runtime) -> shops.BuiltShop:
    async with runtime.transaction() as ctx:
        return await shops.build_salon(ctx)


@pytest.fixture
async def sms(runtime: Runtime, shop: shops.BuiltShop) -> int:
    async with runtime.transaction() as ctx:
        return await lines.get_or_create_line(
            ctx, transport="twilio", channel="sms", address="+15005550006", shop_id=shop.shop_id
        )


async def texts(chats: TelegramHarness, text: str) -> str:
    """Let the phone text our SMS line; return the last answer."""
    line = await chats.app.find_line("twilio", "sms", "+15005550006")
    assert line is not None
    event = f"SM{len(chats.sms.sent)}{text}"
    receipt = await receive_incoming(chats.app.runtime, line, PHONE, event, Incoming(text=text))
    chats.app.turn_runner.begin_turns(receipt.conversation_id)
    await chats.wait_until_idle()
    return chats.sms.texts_to(PHONE)[-1]


async def identities(runtime: Runtime) -> list[tuple[str, str]]:
    """Return the identities of the only user there is."""
    i = tables.identities.c
    async with runtime.read_transaction() as ctx:
        found = await ctx.all(sa.select(i.user_id, i.kind, i.value).order_by(i.kind))
    assert len({row.user_id for row in found}) == 1
    return [(row.kind, row.value) for row in found]


async def test_a_person_of_both_channels_is_one_user_with_one_list(
    runtime: Runtime, shop: shops.BuiltShop, sms: int
) -> None:
    async with telegram_harness(runtime) as chats:
        marta = chats.telegram.person("Marta", PHONE)
        asked = await texts(chats, "a cut on friday at 5 pm")
        code = asked.rpartition(": reply ")[2][:6]
        booked = await texts(chats, f"{code} Marta")
        assert booked.startswith("Booked, Marta! Cut with Ana, Fri 13 Mar 5:00 pm")
        # In Telegram nobody knows her before she shares the number.
        assert "Cut with" not in "".join(await chats.write(marta, "/bookings"))
        await chats.share_contact(marta)
        assert "Cut with Ana\n🗓 Friday 13 March 5:00 pm" in marta.last(chats.bot).text
        assert await identities(runtime) == [("phone", PHONE), ("telegram", str(marta.id))]
        # A booking begun by SMS is moved in Telegram, and SMS knows.
        await chats.write(marta, "move it to monday 10 am")
        await chats.tap(marta, "Yes")
        assert "Mon 16 Mar 10:00 am" in await texts(chats, "my bookings")


async def test_a_typed_number_is_proved_by_a_code_to_it(
    runtime: Runtime, shop: shops.BuiltShop, sms: int
) -> None:
    async with telegram_harness(runtime) as chats:
        marta = chats.telegram.person("Marta", PHONE)
        await chats.write(marta, "a cut on friday at 5 pm")
        await chats.tap(marta, "Confirm")
        assert (await chats.write(marta, "600111222"))[1:] == [
            "< I sent a code to +34600111222. Reply it here."
        ]
        code = chats.sms.texts_to(PHONE)[0].partition(": ")[2][:6]
        assert (await chats.write(marta, "000000"))[1] == ("< That is not the code. Tries left: 4.")
        assert (await chats.write(marta, code))[1] == "< ✅ Booked, Marta!"
        assert await identities(runtime) == [("phone", PHONE), ("telegram", str(marta.id))]


async def test_sharing_a_number_without_being_asked_shows_ones_bookings(
    runtime: Runtime, shop: shops.BuiltShop
) -> None:
    async with telegram_harness(runtime) as chats:
        marta = chats.telegram.person("Marta", PHONE)
        await chats.share_contact(marta)
        assert marta.last(chats.bot).text == (
            "You have no bookings to come. Write me a day or a service to book."
        )


async def test_the_keyboard_goes_when_the_number_is_there(
    runtime: Runtime, shop: shops.BuiltShop
) -> None:
    async with telegram_harness(runtime) as chats:
        marta = chats.telegram.person("Marta", PHONE)
        await chats.write(marta, "/bookings")
        assert marta.last(chats.bot).markup == {
            "keyboard": [[{"text": "Share my number", "request_contact": True}]],
            "resize_keyboard": True,
            "one_time_keyboard": True,
        }
        await chats.share_contact(marta)
        assert marta.last(chats.bot).markup == {"remove_keyboard": True}
        assert chats.bot.refused == []
