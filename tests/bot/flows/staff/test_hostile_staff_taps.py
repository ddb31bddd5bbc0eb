"""Hostile taps at the owners' bot: doubled, old, foreign, forged; and another shop's people."""

from __future__ import annotations

import sqlalchemy as sa

from bot.flows.staff import commands
from bot.flows.staff.permissions import PERMISSIONS
from core.db import tables as db_tables
from core.db.runtime import Runtime
from core.db.tables import booking_events
from tests.bot.engine.test_hostile_taps import FORGED, SETTLED, data
from tests.bot.flows.staff.test_alerts import MARTA, asks, opened, state
from tests.bot.flows.staff.test_permissions import BEHIND_OTHERS, SAID
from tests.servers.telegram.people import Person
from tests.support import shops
from tests.support.telegram_chat import TelegramHarness

MARCUS = "+34600000009"
CHOICES = ("Approve", "Decline", "Propose another time")


async def decided(runtime: Runtime) -> list[str]:
    """Return what became of the request, as the history has it."""
    e = booking_events.c
    said = e.action.in_(("confirm", "decline", "move", "cancel"))
    async with runtime.read_transaction() as ctx:
        return [row.action for row in await ctx.all(sa.select(e.action).where(said))]


async def test_ten_taps_on_an_alert_are_one_decision(runtime: Runtime) -> None:
    async with opened(runtime) as (chats, staff):
        await asks(chats)
        asked = staff["Bella"].last(chats.owner_bot)
        approve, heard = data(asked, "Approve"), len(chats.sms.texts_to(MARTA))
        queries = [
            await staff["Bella"].taps_data(chats.owner_bot, approve, asked, wait=False)
            for _ in range(10)
        ]
        await chats.wait_until_idle()
        answers = sorted(str(chats.owner_bot.answers[query].get("text", "")) for query in queries)
        assert answers == ["", *[SETTLED] * 9]
        assert asked.text == "Approved: Marta, Cut with Leo, Fri 13 Mar 10:00 am."
        assert (await decided(runtime), len(chats.sms.texts_to(MARTA))) == (["confirm"], heard + 1)


async def test_old_foreign_and_forged_data_decides_nothing(runtime: Runtime) -> None:
    async with opened(runtime) as (chats, staff):
        await asks(chats)
        bella, carla = staff["Bella"], staff["Carla"]
        asked = bella.last(chats.owner_bot)
        spare = chats.owner_bot.add(bella.chat, text="Anything", markup=asked.markup)
        old = chats.owner_bot.add(bella.chat, text="Last week's", markup=asked.markup)
        foreign = chats.owner_bot.add(carla.chat, text="Her own", markup=asked.markup)
        choices = [data(asked, label) for label in CHOICES]
        for each in FORGED:
            query = await bella.taps_data(chats.owner_bot, each, spare)
            await chats.wait_until_idle()
            assert (each, chats.owner_bot.answers[query]) == (each, {"text": SETTLED})
        for each in choices:
            query = await carla.taps_data(chats.owner_bot, each, foreign)
            await chats.wait_until_idle()
            assert (each, chats.owner_bot.answers[query]) == (each, {"text": SETTLED})
        assert (await decided(runtime), await state(runtime)) == ([], "pending")
        await chats.tap(bella, "Approve", asked, bot=chats.owner_bot)
        query = await bella.taps_data(chats.owner_bot, choices[1], old)
        await chats.wait_until_idle()
        assert chats.owner_bot.answers[query] == {"text": SETTLED}
        assert (await decided(runtime), await state(runtime)) == (["confirm"], "confirmed")


async def marcus_of(chats: TelegramHarness, runtime: Runtime) -> Person:
    """Let the owner of a barber's into the owners' bot."""
    async with runtime.transaction() as ctx:
        place = await shops.build_barber(ctx)
        await shops.add_staff(ctx, place, MARCUS, "owner", "Marcus")
        code = await shops.pairing_code(ctx, MARCUS)
    marcus = chats.telegram.person("Marcus")
    await chats.write(marcus, f"/start pair_{code}", chats.owner_bot)
    return marcus


async def test_the_owner_of_another_shop_touches_and_sees_nothing(runtime: Runtime) -> None:
    """With every command of the table, by words, and by slash with their booking's reference."""
    async with opened(runtime) as (chats, staff):
        await asks(chats)
        asked = staff["Bella"].last(chats.owner_bot)
        ref = asked.text.rpartition("Ref ")[2]
        marcus = await marcus_of(chats, runtime)
        assert set(SAID) == set(PERMISSIONS) - BEHIND_OTHERS
        kept = await everything_of_bella(runtime)
        for command, said in SAID.items():
            assert command in commands.SLASH_COMMANDS
            for form in (said, f"/{command} {ref}"):
                await chats.write(marcus, form, chats.owner_bot)
        foreign = chats.owner_bot.add(marcus.chat, text="?", markup=asked.markup)
        for each in [data(asked, label) for label in CHOICES]:
            query = await marcus.taps_data(chats.owner_bot, each, foreign)
            await chats.wait_until_idle()
            assert chats.owner_bot.answers[query] == {"text": SETTLED}
        assert await everything_of_bella(runtime) == kept
        seen = [m.text for m in chats.owner_bot.messages[marcus.id] if m.mine and m is not foreign]
        assert [text for text in seen if "Marta" in text or "Bella" in text] == []


async def everything_of_bella(runtime: Runtime) -> list[list[tuple[object, ...]]]:
    """What belongs to the first shop."""
    tables = ("bookings", "claims", "time_off", "date_exceptions", "customers", "booking_events")
    async with runtime.read_transaction() as ctx:
        found = []
        for name in tables:
            table = getattr(db_tables, name)
            rows = sa.select(table).order_by(table.c.id)
            if "shop_id" in table.c:
                rows = rows.where(table.c.shop_id == 1)
            found.append([tuple(row) for row in await ctx.all(rows)])
        shop = sa.select(db_tables.shops).where(db_tables.shops.c.id == 1)
        return [*found, [tuple(row) for row in await ctx.all(shop)]]
