"""A number that is somebody else's now: what its next person books is theirs, and new."""

from __future__ import annotations

import re
from datetime import timedelta

import sqlalchemy as sa

from core.clock import FixedClock
from core.db import tables
from core.db.runtime import Runtime
from core.messaging import lines
from tests.support import shops
from tests.support.chat import ChatHarness, ChatPerson

PHONE = "+34600111222"


async def test_reassigned_number_does_not_inherit_bookings(runtime: Runtime) -> None:
    """Both book in the first flow of a talk; what tells their effects apart must go on."""
    async with runtime.transaction() as ctx:
        place = await shops.build_salon(ctx)
        whatsapp = await lines.get_or_create_line(
            ctx, transport="terminal", channel="whatsapp", address="+1", shop_id=place.shop_id
        )
    town = ChatHarness(runtime)
    sms = ChatPerson(town, town.line_of_channel(place.line_id, place.shop_id), PHONE)
    elsewhere = ChatPerson(
        town, town.line_of_channel(whatsapp, place.shop_id, channel="whatsapp"), PHONE
    )
    said = await _book(sms, "Marta", "cut tomorrow at 10 with Ana")
    assert said.startswith("Booked, Marta! Cut with Ana, Tue 10 Mar 10:00 am")
    await elsewhere.say("wrong number")
    assert isinstance(runtime.clock, FixedClock)
    runtime.clock.advance(timedelta(minutes=10))  # another code
    said = await _book(sms, "Pedro", "cut on Wednesday at 12 with Leo")
    assert said.startswith("Booked, Pedro! Cut with Leo, Wed 11 Mar 12:00 pm")
    async with runtime.read_transaction() as ctx:
        made = sa.select(sa.func.count(), sa.func.count(tables.bookings.c.customer_id.distinct()))
        assert tuple((await ctx.all(made))[0]) == (2, 2)


async def _book(person: ChatPerson, name: str, wish: str) -> str:
    said = await person.say(wish)
    if "reply" not in said:
        said = await person.say("1")
    code = re.search(r"\b\d{6}\b", said)
    assert code, said
    return await person.say(f"{code[0]} {name}")
