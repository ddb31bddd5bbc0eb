"""Alerts to several people of a shop: the first to decide wins, and everybody hears somewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.channels.memory import MemoryChannel
from bot.engine.receive import receive_incoming
from bot.rendering.render import WHATSAPP
from core.bookings import outcome_questions
from core.clock import FixedClock
from core.db import tables
from core.db.runtime import Runtime
from core.messaging import lines
from core.messaging.messages import Incoming
from core.people.members import list_members
from core.people.preferences import set_preferred_channel
from tests.servers.telegram.people import Person
from tests.support import shops
from tests.support.telegram_chat import TelegramHarness, telegram_harness

BELLA, CARLA, DORA, MARTA = "+34600000001", "+34600000002", "+34600000003", "+34600111222"
LINE = "+34915550100"


@asynccontextmanager
async def opened(runtime: Runtime) -> AsyncIterator[tuple[TelegramHarness, dict[str, Person]]]:
    """Open a shop that approves, with Bella and Carla in Telegram and Dora on the phone."""
    assert isinstance(runtime.clock, FixedClock)
    runtime.clock.move_to("2026-03-12T08:00Z")
    async with runtime.transaction() as ctx:
        place = await shops.build_salon(ctx, needs_approval=True)
        # What happens on a simulated line is told on simulated lines only.
        await ctx.execute(sa.update(tables.lines).values(transport="twilio"))
        codes = {}
        for phone, role, name in (
            (BELLA, "owner", "Bella"),
            (CARLA, "receptionist", "Carla"),
            (DORA, "receptionist", "Dora"),
        ):
            add = shops.proved_member if phone == DORA else shops.add_staff
            await add(ctx, place, phone, role, name)
            codes[name] = await shops.pairing_code(ctx, phone)
    async with telegram_harness(runtime, desk=True) as chats:
        staff = {name: chats.telegram.person(name) for name in ("Bella", "Carla")}
        for name, person in staff.items():
            await chats.write(person, f"/start pair_{codes[name]}", chats.owner_bot)
        yield chats, staff


async def texts(chats: TelegramHarness, phone: str, words: str) -> list[str]:
    """Let a phone text the shop; return what it got since."""
    before = len(chats.sms.texts_to(phone))
    line = await chats.app.find_line("twilio", "sms", LINE)
    assert line is not None
    event = f"SM {phone} {before} {words}"
    got = await receive_incoming(chats.app.runtime, line, phone, event, Incoming(text=words))
    chats.app.turn_runner.begin_turns(got.conversation_id)
    await chats.wait_until_idle()
    return chats.sms.texts_to(phone)[before:]


async def asks(chats: TelegramHarness) -> None:
    """Let Marta ask for a cut, who proved her phone by a code."""
    (asked,) = await texts(chats, MARTA, "cut tomorrow at 10am with Leo")
    code = asked.partition(": reply ")[2][:6]
    await texts(chats, MARTA, f"{code} Marta")


def chat(chats: TelegramHarness, person: Person) -> list[str]:
    return person.screen(chats.owner_bot)


async def test_the_first_decides_and_the_others_buttons_say_who(runtime: Runtime) -> None:
    async with opened(runtime) as (chats, staff):
        await asks(chats)
        asked = staff["Bella"].last(chats.owner_bot)
        assert asked.text.startswith("To approve: Cut with Leo, Fri 13 Mar 10:00 am, Marta")
        assert asked.buttons == [["Approve"], ["Decline"], ["Propose another time"]]
        seen = len(chat(chats, staff["Bella"])), len(chats.sms.texts_to(DORA))

        await chats.tap(staff["Carla"], "Approve", bot=chats.owner_bot)

        assert (await state(runtime), chats.sms.texts_to(MARTA)[-1][:37]) == (
            "confirmed",
            "Bella Hair confirmed: Cut with Leo, F",
        )
        ref = asked.text.rpartition("Ref ")[2]
        decided = f"Confirmed by Carla: Cut, Fri 13 Mar 10:00 am, Marta. Ref {ref}"
        # Bella's message is the same one, changed; the phone can only get another.
        assert (asked.text, asked.buttons, asked.edits) == (decided, [], 1)
        assert len(chat(chats, staff["Bella"])) == seen[0] - 3
        assert chats.sms.texts_to(DORA)[seen[1] :] == [decided]
        assert decided not in "\n".join(chat(chats, staff["Carla"]))


async def test_two_who_decide_at_once_are_one_decision(runtime: Runtime) -> None:
    async with opened(runtime) as (chats, staff):
        await asks(chats)
        told = len(chats.sms.texts_to(MARTA))
        asked = [person.last(chats.owner_bot) for person in staff.values()]
        for person, message in zip(staff.values(), asked, strict=True):
            assert message.markup is not None
            data = str(message.markup["inline_keyboard"][0][0]["callback_data"])
            await person.taps_data(chats.owner_bot, data, message, wait=False)
        await chats.wait_until_idle()
        assert await state(runtime) == "confirmed"
        assert len(chats.sms.texts_to(MARTA)) == told + 1
        answers = [line for message in asked for line in message.text.splitlines()]
        line = "Cut with Leo, Fri 13 Mar 10:00 am"
        assert f"Approved: Marta, {line}." in answers
        assert [a for a in answers if "decided already" in a or a.startswith("Confirmed by ")]
        assert [message.buttons for message in asked] == [[], []]


async def test_who_says_first_how_a_visit_went_is_named_where_the_others_were_asked(
    runtime: Runtime,
) -> None:
    async with opened(runtime) as (chats, staff):
        await asks(chats)
        await chats.tap(staff["Bella"], "Approve", bot=chats.owner_bot)
        chats.clock.move_to("2026-03-13T09:41Z")
        async with runtime.transaction() as ctx:
            assert await outcome_questions.ask_outcomes(ctx) == 3
        await chats.wait_until_idle()
        asked = staff["Bella"].last(chats.owner_bot)
        ref = asked.text.rpartition("Ref ")[2]
        visit = "Cut with Leo, Fri 13 Mar 10:00 am"
        assert asked.text == f"Did Marta come? {visit}. Ref {ref}"
        assert asked.buttons == [["Came", "Did not come"]]
        told = len(chats.sms.texts_to(DORA))

        await chats.tap(staff["Carla"], "Did not come", bot=chats.owner_bot)

        assert await state(runtime) == "no_show"
        assert (asked.text, asked.buttons, asked.edits) == (
            f"Did not come, says Carla: Marta, {visit}. Ref {ref}",
            [],
            1,
        )
        # A phone does not ring for it; who answers there all the same is told how it stands.
        assert len(chats.sms.texts_to(DORA)) == told
        (said,) = await texts(chats, DORA, "1")
        assert said == f"Marta, {visit}: Missed. That cannot be done now."
        assert await state(runtime) == "no_show"


async def test_who_blocks_the_bot_is_asked_by_sms(runtime: Runtime) -> None:
    async with opened(runtime) as (chats, staff):
        await staff["Bella"].blocks(chats.owner_bot)
        await chats.wait_until_idle()
        await asks(chats)
        (asked,) = chats.sms.texts_to(BELLA)
        assert asked.startswith("To approve: Cut with Leo, Fri 13 Mar 10:00 am, Marta")
        assert asked.endswith("1 Approve\n2 Decline\n3 Propose another time")
        # An SMS can be sent in anybody's name, so this one waits for a code.
        (asked,) = await texts(chats, BELLA, "1")
        code = asked.partition(": reply ")[2][:6]
        assert (await texts(chats, BELLA, code))[0] == (
            "Approved: Marta, Cut with Leo, Fri 13 Mar 10:00 am."
        )
        assert await state(runtime) == "confirmed"


async def test_alerts_go_where_somebody_wants_them(runtime: Runtime) -> None:
    async with opened(runtime) as (chats, staff):
        assert (await chats.write(staff["Bella"], "alerts", chats.owner_bot))[1:] == [
            "< Where shall alerts come first?",
            "  [Telegram][WhatsApp][SMS]",
        ]
        await chats.tap(staff["Bella"], "SMS", bot=chats.owner_bot)
        assert staff["Bella"].last(chats.owner_bot).text == "Alerts come by SMS first."
        await asks(chats)
        assert staff["Bella"].last(chats.owner_bot).text == "Alerts come by SMS first."
        assert chats.sms.texts_to(BELLA)[0].startswith("To approve: Cut with Leo")


async def test_whatsapp_is_wanted_but_shut_so_the_next_way_is_taken(runtime: Runtime) -> None:
    """WhatsApp lets nobody write who was not written to for a day, unless by a template."""
    async with opened(runtime) as (chats, staff):
        async with runtime.transaction() as ctx:
            await lines.get_or_create_line(
                ctx, transport="twilio", channel="whatsapp", address="+15005550006"
            )
            user = (await list_members(ctx, 1))[0].user_id
            await set_preferred_channel(ctx, user, "whatsapp")
        chats.app.channels["twilio", "whatsapp"] = whatsapp = MemoryChannel(WHATSAPP)
        await chats.app.sender.refresh_lines()
        await asks(chats)
        assert staff["Bella"].last(chats.owner_bot).text.startswith("To approve: Cut with Leo")
        assert (whatsapp.sent, chats.sms.texts_to(BELLA)) == ([], [])
        # Once she wrote there, it is open.
        line = await chats.app.find_line("twilio", "whatsapp", "+15005550006")
        assert line is not None
        got = await receive_incoming(chats.app.runtime, line, BELLA, "WA1", Incoming(text="hi"))
        chats.app.turn_runner.begin_turns(got.conversation_id)
        await chats.wait_until_idle()
        await texts(chats, MARTA, "cut tomorrow at 11am with Leo")
        await texts(chats, MARTA, "1")
        assert whatsapp.texts_to(BELLA)[-1].startswith(
            "To approve: Cut with Leo, Fri 13 Mar 11:00 am"
        )
        # What settles a question goes where that was asked.
        await chats.tap(staff["Carla"], "Approve", bot=chats.owner_bot)
        assert whatsapp.texts_to(BELLA)[-1].startswith("Confirmed by Carla")
        assert staff["Bella"].last(chats.owner_bot).text.startswith("To approve: Cut with Leo")


@pytest.mark.parametrize("muted", [True, False])
async def test_alerts_wait_for_the_end_of_quiet_hours(runtime: Runtime, muted: bool) -> None:
    async with opened(runtime) as (chats, staff):
        if muted:
            await chats.write(staff["Bella"], "mute 20-8", chats.owner_bot)
        chats.clock.advance(timedelta(hours=12))  # 21:00 there
        before = staff["Bella"].last(chats.owner_bot)
        await asks(chats)
        assert (staff["Bella"].last(chats.owner_bot) is before) is muted
        assert staff["Carla"].last(chats.owner_bot).text.startswith("To approve: Cut with Leo")
        chats.clock.advance(timedelta(hours=11))
        chats.app.sender.wake()
        await chats.wait_until_idle()
        assert staff["Bella"].last(chats.owner_bot).text.startswith("To approve: Cut with Leo")


async def test_what_was_decided_in_quiet_hours_is_not_asked_after_them(runtime: Runtime) -> None:
    async with opened(runtime) as (chats, staff):
        await chats.write(staff["Bella"], "mute 20-8", chats.owner_bot)
        chats.clock.advance(timedelta(hours=12))
        await asks(chats)
        seen = len(chats.owner_bot.messages[staff["Bella"].id])
        await chats.tap(staff["Carla"], "Approve", bot=chats.owner_bot)
        chats.clock.advance(timedelta(hours=11))
        chats.app.sender.wake()
        await chats.wait_until_idle()
        said = [m.text for m in chats.owner_bot.messages[staff["Bella"].id][seen:]]
        assert [line.partition(":")[0] for line in said] == ["Confirmed by Carla"]


async def state(runtime: Runtime) -> str:
    async with runtime.read_transaction() as ctx:
        return str(await ctx.scalar(sa.select(tables.bookings.c.state)))
