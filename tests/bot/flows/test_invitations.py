"""Invitations answered in talks, by whoever proved the phone; chats that act for a member."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from core.clock import FixedClock
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import audit, identities, lines, members, users
from core.people import invitations as people_invitations
from core.people.invitations import Invitation, invitation_by_code
from core.people.members import remove_member
from core.people.staff_proofs import StaffProof
from core.people.verification import verify_identity
from tests.bot.flows.staff.test_alerts import CARLA, asks, texts
from tests.bot.flows.staff.test_alerts import opened as shop_of_two
from tests.servers.telegram.people import Person
from tests.support import shops
from tests.support.shops import BuiltShop
from tests.support.telegram_chat import TelegramHarness, telegram_harness

OWNER, MARTA, EVE = "+34600000001", "+34600111222", "+34600555666"


@asynccontextmanager
async def opened(runtime: Runtime) -> AsyncIterator[tuple[TelegramHarness, BuiltShop]]:
    """Open a shop with an SMS line, a bot for customers and one for its people."""
    assert isinstance(runtime.clock, FixedClock)
    runtime.clock.move_to("2026-03-12T08:00Z")
    async with runtime.transaction() as ctx:
        place = await shops.build_salon(ctx)
        await ctx.execute(sa.update(lines).values(transport="twilio"))
        await shops.add_staff(ctx, place, OWNER, "owner", "Bella")
    async with telegram_harness(runtime, desk=True) as chats:
        yield chats, place


async def invited(chats: TelegramHarness, place: BuiltShop, phone: str = MARTA) -> str:
    """Let the owner invite a phone as a receptionist; return the code of the link."""

    async def work(ctx: Context) -> str:
        _, code = await people_invitations.create_invitation(
            ctx, place.shop_id, role="receptionist", phone=phone, name="Marta R.", invited_by=None
        )
        return code

    code: str = await chats.app.runtime.run(work)
    chats.app.sender.wake()
    await chats.wait_until_idle()
    return code


async def roles(runtime: Runtime) -> list[tuple[str, str]]:
    """Return who works at shops besides the owner: the phone, and as what."""
    async with runtime.read_transaction() as ctx:
        rows = await ctx.all(
            sa.select(identities.c.value, members.c.role)
            .join_from(members, identities, identities.c.user_id == members.c.user_id)
            .where(members.c.role != "owner", identities.c.kind == "phone")
        )
        return [tuple(row) for row in rows]


async def shares(chats: TelegramHarness, person: Person, phone: str, **more: Any) -> list[str]:
    """Let somebody share a number with the bot of the shops' people; return what they see then."""
    seen = len(person.screen(chats.owner_bot))
    await person.shares_contact(chats.owner_bot, phone, **more)
    await chats.wait_until_idle()
    return person.screen(chats.owner_bot)[seen:]


async def test_by_sms_it_takes_a_code_and_then_the_role_is_theirs(runtime: Runtime) -> None:
    async with opened(runtime) as (chats, place):
        await invited(chats, place)
        (asked,) = chats.sms.texts_to(MARTA)
        assert asked == (
            "Bella Hair invites you to work there as receptionist. Don't know them? Ignore this.\n"
            "1 Accept\n2 No, thanks"
        )
        # An SMS may come in her name: only who reads her phone has the code.
        (asked,) = await texts(chats, MARTA, "1")
        code = re.fullmatch(
            r"Bella Hair: reply (\d{6}) to go on\. Didn't ask\? Ignore this\.", asked
        )
        assert code, asked
        assert await roles(runtime) == []
        (welcome,) = await texts(chats, MARTA, code[1])
        assert welcome == (
            "You work at Bella Hair now, as receptionist. Write desk to see what you can do."
        )
        assert await roles(runtime) == [(MARTA, "receptionist")]
        async with runtime.read_transaction() as ctx:
            noted = await ctx.all(sa.select(audit.c.action, audit.c.shop_id, audit.c.after))
        assert [tuple(row) for row in noted] == [
            ("invitations.accept", place.shop_id, {"role": "receptionist"})
        ]


async def test_without_the_code_it_would_be_theirs_who_forged_an_sms(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above: a talk that takes a number's word for it."""

    async def believed(talk: Any, *_: object, **__: object) -> None:
        await verify_identity(
            talk.ctx, "phone", talk.conversation.address, conversation_id=talk.conversation.id
        )

    monkeypatch.setattr("bot.flows.invitations.login", believed)
    async with opened(runtime) as (chats, place):
        await invited(chats, place)
        await texts(chats, MARTA, "1")
        assert await roles(runtime) == [(MARTA, "receptionist")]


@pytest.mark.parametrize("guard", [True, False])
async def test_who_accepted_by_sms_proves_it_before_an_order(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, *, guard: bool
) -> None:
    """Accepting is no staff proof: its code is a customers' one, given away more readily."""
    if not guard:
        monkeypatch.setattr(StaffProof, "holds", lambda *_, **__: True)
    async with opened(runtime) as (chats, place):
        await invited(chats, place)
        (asked,) = await texts(chats, MARTA, "1")
        code = re.search(r"\b\d{6}\b", asked)
        assert code, asked
        await texts(chats, MARTA, code[0])
        (said,) = await texts(chats, MARTA, "sick")
        waits = re.match(r"Bella Hair: reply \d{6} to give your order 'sick' as staff\.", said)
        assert bool(waits) is guard, said


async def test_who_says_no_or_asks_for_it_later(runtime: Runtime) -> None:
    async with opened(runtime) as (chats, place):
        await invited(chats, place)
        assert await texts(chats, MARTA, "2") == ["All right, nothing changes."]
        assert await texts(chats, EVE, "invitation") == ["There is no open invitation to you here."]
        (asked,) = await texts(chats, MARTA, "invitation")
        assert asked.startswith("Work at Bella Hair as receptionist?")
        assert await roles(runtime) == []


async def test_a_link_asks_for_the_number_and_takes_no_other(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(runtime) as (chats, place):
        code = await invited(chats, place)
        eve = chats.telegram.person("Eve")
        await chats.write(eve, f"/start invite_{code}", chats.owner_bot)
        refused = await shares(chats, eve, EVE)
        assert "< That number is not the one this invitation is for." in refused
        # Marta's card, handed on: it is not Eve's own.
        await chats.write(eve, f"/start invite_{code}", chats.owner_bot)
        await shares(chats, eve, MARTA, user_id=4711)
        assert await roles(runtime) == []
        # The control: whatever number is shared passes for the invited one.
        found = invitation_by_code

        async def any_number(ctx: Context, given: str) -> Invitation | None:
            one = await found(ctx, given)
            return one and replace(one, phone=EVE)

        async def every_phone(_ctx: Context, _user_id: int) -> list[str]:
            return [MARTA]

        monkeypatch.setattr(people_invitations, "invitation_by_code", any_number)
        monkeypatch.setattr(people_invitations, "proved_phones", every_phone)
        await chats.write(eve, f"/start invite_{code}", chats.owner_bot)
        await shares(chats, eve, EVE)
        assert await roles(runtime) == [(EVE, "receptionist")]


async def test_a_link_binds_the_chat_to_the_role_and_she_may_end_it(runtime: Runtime) -> None:
    async with opened(runtime) as (chats, place):
        await asks(chats)  # she is a customer who proved her phone, and has a booking
        code = await invited(chats, place)
        marta = chats.telegram.person("Marta")
        await chats.write(marta, f"/start invite_{code}", chats.owner_bot)
        seen = await shares(chats, marta, MARTA)
        assert any(line.startswith("< Welcome, Marta.") for line in seen)
        assert await roles(runtime) == [(MARTA, "receptionist")]
        # The account is nobody's: not one word of her booking in the customers' bot.
        said = await chats.write(marta, "my bookings")
        assert [line for line in said if "10:00" in line or "Leo" in line] == []
        # What she chooses there is of that shop; her account's wishes are as they were.
        await chats.write(marta, "mute 20-8", chats.owner_bot)
        await chats.write(marta, "alerts sms", chats.owner_bot)
        async with runtime.read_transaction() as ctx:
            hers = await ctx.scalar(
                sa.select(identities.c.user_id).where(identities.c.value == MARTA)
            )
            wishes = sa.select(users.c.quiet_from, users.c.quiet_until, users.c.channel)
            row = await ctx.first(wishes.where(users.c.id == hers))
        assert row is not None
        assert tuple(row) == (None, None, "")
        notice = chats.sms.texts_to(MARTA)[-1]
        assert notice == (
            "Bella Hair: a Telegram account, Marta, acts for you there from now on. Not yours?\n"
            "1 Not mine, end it"
        )
        assert await texts(chats, MARTA, "1") == [
            "Done. That account no longer acts for you at Bella Hair."
        ]
        said = await chats.write(marta, "today", chats.owner_bot)
        assert said[1:] == ["< This is for the people of a shop. Ask your shop for a link to join."]


async def test_a_chat_that_acts_for_nobody_hears_no_more_of_a_customer(runtime: Runtime) -> None:
    async with shop_of_two(runtime) as (chats, staff):
        await asks(chats)
        carla = staff["Carla"]
        await chats.tap(carla, "Approve", bot=chats.owner_bot)
        await chats.write(carla, "message", chats.owner_bot)
        await chats.tap(carla, "10:00 am Marta, Leo", bot=chats.owner_bot)
        await chats.write(carla, "Bring a photo", chats.owner_bot)
        await texts(chats, MARTA, "Which one?")
        assert any("Which one?" in line for line in carla.screen(chats.owner_bot))

        async def dismiss(ctx: Context) -> None:
            hers = sa.select(identities.c.user_id).where(identities.c.value == CARLA)
            shop = await ctx.scalar(sa.select(members.c.shop_id).limit(1))
            await remove_member(ctx, shop, await ctx.scalar(hers), "receptionist")

        await runtime.run(dismiss)
        await texts(chats, MARTA, "My address is Calle Luna 4")
        assert [line for line in carla.screen(chats.owner_bot) if "Luna" in line] == []
