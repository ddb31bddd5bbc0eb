"""A code for one thing opens no other: what somebody gets who talks a member out of a code."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import sqlalchemy as sa

from bot.i18n.messages import MESSAGES
from bot.i18n.translator import Translator
from core.clock import FixedClock
from core.db import tables
from core.db.rows import Rows
from core.db.runtime import Runtime
from core.messaging.messages import Say
from core.messaging.outbox import alert_recipients
from core.people import otp, verification
from core.people.identities import get_or_create_user_by_phone
from core.people.preferences import set_preferred_channel
from core.people.staff_proofs import StaffProof
from core.people.verification import verify_identity
from tests.servers.telegram.people import Person
from tests.support import shops
from tests.support.shops import BuiltShop
from tests.support.telegram_chat import TelegramHarness, telegram_harness

OWNER, MARTA = "+34600000001", "+34600111222"
WORDING = Translator(MESSAGES)


@asynccontextmanager
async def relayed(runtime: Runtime) -> AsyncIterator[tuple[TelegramHarness, Person, BuiltShop]]:
    """Have a stranger book in the customers' bot with the owner's phone and the code it got."""
    assert isinstance(runtime.clock, FixedClock)
    runtime.clock.move_to("2026-03-12T08:00Z")
    async with runtime.transaction() as ctx:
        place = await shops.build_salon(ctx)
        await ctx.execute(sa.update(tables.lines).values(transport="twilio"))
        await shops.add_staff(ctx, place, OWNER, "owner", "Bella")
    async with telegram_harness(runtime, desk=True) as chats:
        stranger = chats.telegram.person("Eve")
        await chats.write(stranger, "a cut on friday at 5 pm")
        await chats.tap(stranger, "Confirm")
        await chats.write(stranger, OWNER)
        (sent,) = chats.sms.texts_to(OWNER)
        code = re.search(r"\d{6}", sent)
        assert code
        assert sent == (
            f"Bella Hair: {code[0]} is for the chat where you book. Never share it, nobody of ours "
            "asks for it. Didn't ask? Ignore this."
        )
        assert (await chats.write(stranger, code[0]))[1].startswith("< ✅ Booked")
        yield chats, stranger, place


async def test_the_owners_phone_proved_in_a_customers_talk_commands_nothing(
    runtime: Runtime,
) -> None:
    async with relayed(runtime) as (chats, stranger, _):
        for bot in (chats.bot, chats.owner_bot):
            said = await chats.write(stranger, "today", bot)
            assert said[1] == f"< I sent a code to {OWNER}. Reply it here."
        staff = chats.sms.texts_to(OWNER)[-1]
        assert re.fullmatch(
            r"Bella Hair: \d{6} lets a chat give orders as you, staff\. Never share it, nobody of "
            r"ours asks for it\. Didn't ask\? Ignore this\.",
            staff,
        )
        async with runtime.read_transaction() as ctx:
            assert not await ctx.scalar(sa.select(tables.shops.c.paused))


async def test_without_the_guard_the_same_talk_commands_the_shop(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StaffProof, "holds", lambda *_, **__: True)
    async with relayed(runtime) as (chats, stranger, _):
        assert (await chats.write(stranger, "pause"))[1] == (
            "< Bella Hair takes no new bookings. RESUME goes on."
        )


@pytest.mark.parametrize("guard", [True, False])
async def test_nor_does_it_hear_what_the_shop_is_told(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, *, guard: bool
) -> None:
    if not guard:
        monkeypatch.setattr(alert_recipients, "THEIR_OWN", sa.true())
        unguarded = Rows(
            alert_recipients.AlertRecipient, alert_recipients.select_staff_recipients()
        )
        monkeypatch.setattr(alert_recipients, "STAFF_RECIPIENTS", unguarded)
    async with relayed(runtime) as (_chats, stranger, place):
        async with runtime.transaction() as ctx:
            user = await get_or_create_user_by_phone(ctx, OWNER)
            await set_preferred_channel(ctx, user, "telegram")
            told = await alert_recipients.staff_recipients(
                ctx, shop_id=place.shop_id, provider_id=None, conversation_id=None,
                booking_id=None, skip_user_id=None,
            )  # fmt: skip
        assert [row.address for row in told] == [OWNER if guard else str(stranger.id)]


@pytest.mark.parametrize("guard", [True, False])
async def test_a_phone_of_the_strangers_own_does_not_join_the_owners_account(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, *, guard: bool
) -> None:
    """Else the page, which asks for a code to it, would sign them in as the owner."""

    async def nobody(*_: object) -> bool:
        return False

    if not guard:
        monkeypatch.setattr(verification, "_has_keys", nobody)
    async with relayed(runtime) as (_, stranger, _place), runtime.transaction() as ctx:
        talk = await ctx.scalar(
            sa.select(tables.conversations.c.id).where(
                tables.conversations.c.address == str(stranger.id)
            )
        )
        owner = await get_or_create_user_by_phone(ctx, OWNER)
        user = await verify_identity(ctx, "phone", MARTA, conversation_id=int(talk))
        assert (user == owner) is not guard


@pytest.mark.parametrize("language", ["en", "es", "pt", "hi"])
@pytest.mark.parametrize("purpose", otp.PURPOSES)
def test_a_codes_message_says_what_it_is_for(purpose: str, language: str) -> None:
    keys = otp.PURPOSES[purpose]
    written = [
        _written(key, language) for key in (keys.here, keys.here_named, keys.elsewhere) if key
    ]
    assert all(said.startswith("Bella Hair: ") and "481920" in said for said in written)
    everything = {
        _written(key, language)
        for one in otp.PURPOSES.values()
        for key in (one.here, one.here_named, one.elsewhere)
        if key
    }
    assert len(everything) == 7  # no two read alike


def _written(key: str, language: str) -> str:
    facts = {"shop": "Bella Hair", "code": "481920", "order": "block"}
    return WORDING.translate(Say(key, facts), language)
