"""An SMS in a member's name: what it may not do, and what the code that is asked for allows."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.flows.staff.permissions import RIGHTS
from core.clock import FixedClock
from core.db import tables
from core.db.runtime import Runtime
from core.messaging import lines
from core.people import staff_proofs
from core.people.identities import get_or_create_contact, get_or_create_user_by_phone, make_admin
from core.people.staff_proofs import StaffProof, note_staff_proof
from tests.bot.flows.staff.test_permissions import MARTA, SAID, House, house
from tests.support.chat import ChatHarness
from tests.support.shops import add_staff, build_salon

__all__ = ["house"]

OWNER = "+34600000011"
WANTED = re.compile(
    r"Bella Hair: reply (\d{6}) to give your order '(\w+)' as staff\. "
    r"Didn't ask\? Tell nobody and ignore this\."
)
PAUSED = "Bella Hair takes no new bookings. RESUME goes on."
AGAIN = "Reply the 6-digit code from the message."


@pytest.fixture
async def unproved(house: House) -> House:
    """The same house with one owner more, of whom nothing is proved."""
    async with house.runtime.transaction() as ctx:
        await add_staff(ctx, house.place, OWNER, "owner", "Olga")
    return house


async def prove(house: House, ago: timedelta, phone: str = OWNER) -> None:
    """Let the owner have given a staff code some time ago."""
    async with house.runtime.transaction() as ctx:
        contact = await get_or_create_contact(ctx, house.line, phone)
        user = await get_or_create_user_by_phone(ctx, phone)
        await note_staff_proof(ctx, contact.conversation_id, user)
        proofs = sa.update(tables.staff_proofs).where(tables.staff_proofs.c.user_id == user)
        await ctx.execute(proofs.values(verified_at=ctx.now - ago))


def guard_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take any member's word for who writes, as it was."""
    monkeypatch.setattr(StaffProof, "holds", lambda *_, **__: True)


async def alive(house: House, phone: str) -> int | None:
    """Return the user whose phone it is now."""
    async with house.runtime.read_transaction() as ctx:
        one = tables.identities.c
        living = sa.select(one.user_id).where(one.value == phone, one.released_at.is_(None))
        found: int | None = await ctx.scalar(living)
        return found


@pytest.mark.parametrize("days", [None, 400])
async def test_an_unproved_number_commands_nothing(unproved: House, days: int | None) -> None:
    if days is not None:
        await prove(unproved, timedelta(days=days))
    before = await unproved.kept()
    for command, said in SAID.items():
        answer = await unproved.hears(OWNER, said)
        if command == "switch":  # whose code it is to be is known once the shop is
            answer = await unproved.hears(OWNER, "1")
        first = WANTED.fullmatch(answer)
        assert (first and first[2]) == command or answer.startswith(AGAIN), (command, answer)
    assert await unproved.kept() == before


async def test_without_the_guard_the_same_number_commands(
    unproved: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard_off(monkeypatch)
    assert await unproved.hears(OWNER, "pause") == PAUSED


async def test_the_order_is_carried_out_after_the_right_code(unproved: House) -> None:
    asked = WANTED.fullmatch(await unproved.hears(OWNER, "block 14-16 Ana"))
    assert asked
    wrong = f"{(int(asked[1]) + 1) % 1_000_000:06d}"
    assert (await unproved.hears(OWNER, wrong)).startswith("That is not the code. Tries left: 4.")
    assert await unproved.hears(OWNER, asked[1]) == (
        "Blocked: Ana, Thu 12 Mar 2:00 pm to 4:00 pm. Nobody is booked then. UNBLOCK takes it back."
    )
    assert await unproved.hears(OWNER, "pause") == PAUSED


async def test_the_same_code_is_of_no_use_from_another_number(unproved: House) -> None:
    asked = WANTED.fullmatch(await unproved.hears(OWNER, "block 14-16 Ana"))
    assert asked
    before = await unproved.kept()
    await unproved.hears("+34600000012", asked[1])
    assert await unproved.kept() == before


@pytest.mark.parametrize("command", [*SAID, "decide"])
@pytest.mark.parametrize("hours", [11, 13])
async def test_what_changes_the_day_for_others_needs_a_recent_code(
    unproved: House, command: str, hours: int
) -> None:
    await prove(unproved, timedelta(hours=hours))
    said = SAID.get(command, "approve")
    if command == "decide":
        await _request(unproved)
    asked = WANTED.fullmatch(await unproved.hears(OWNER, said))
    assert (asked and asked[2]) == (command if RIGHTS[command].recent and hours > 12 else None)


async def _request(house: House) -> None:
    """Let Marta ask for a booking that waits for approval."""
    async with house.runtime.transaction() as ctx:
        shops = tables.shops
        await ctx.execute(sa.update(shops).values(needs_approval=True, version=shops.c.version + 1))
    await house.hears(MARTA, "cut tomorrow at 10 with Leo")
    await house.hears(MARTA, "1")


async def test_seeing_a_booking_takes_less_than_changing_it(unproved: House) -> None:
    await prove(unproved, timedelta(days=2))
    shown = await unproved.hears(OWNER, "next")
    assert shown.splitlines()[1:4] == ["1 Write to them", "2 Propose another time", "3 Call it off"]
    before = await unproved.kept()
    asked = WANTED.fullmatch(await unproved.hears(OWNER, "3"))
    assert asked
    assert asked[2] == "decide"
    assert await unproved.kept() == before
    # Which booking it was, and what to do with it, is not asked again.
    assert await unproved.hears(OWNER, asked[1]) == (
        "Marta, Cut with Leo, Thu 12 Mar 11:00 am: Called off.\nMarta is told by SMS."
    )


async def test_a_proof_that_ends_in_the_middle_is_asked_for_with_nothing_lost(
    unproved: House,
) -> None:
    await prove(unproved, timedelta(hours=11, minutes=59))
    assert (await unproved.hears(OWNER, "block")).startswith("Whose time?")
    assert (await unproved.hears(OWNER, "1")).startswith("When?")
    assert isinstance(unproved.runtime.clock, FixedClock)
    unproved.runtime.clock.advance(timedelta(minutes=2))
    asked = WANTED.fullmatch(await unproved.hears(OWNER, "14-16"))
    assert asked
    assert (await unproved.hears(OWNER, asked[1])).startswith("When?")
    assert (await unproved.hears(OWNER, "14-16")).startswith("Blocked: Ana, Thu 12 Mar 2:00 pm")


async def test_a_customers_proof_of_the_same_number_gives_no_orders(unproved: House) -> None:
    said = await unproved.hears(OWNER, "cut tomorrow at 10 with Ana")
    code = re.search(r"\b\d{6}\b", said)
    assert code
    assert (await unproved.hears(OWNER, code[0])).startswith("Booked")
    assert WANTED.fullmatch(await unproved.hears(OWNER, "today"))


async def test_signed_whatsapp_needs_no_code(unproved: House) -> None:
    async with unproved.runtime.transaction() as ctx:
        place = unproved.place
        id_ = await lines.get_or_create_line(
            ctx, transport="terminal", channel="whatsapp", address="+1", shop_id=place.shop_id
        )
    line = unproved.town.line_of_channel(id_, unproved.place.shop_id, channel="whatsapp")
    assert await unproved.town.send_text(line, OWNER, "pause") == [PAUSED]


# ------------------------------------------------------------------------------ wrong number


async def test_wrong_number_in_a_members_name_takes_nothing_from_them(unproved: House) -> None:
    user = await alive(unproved, OWNER)
    said = await unproved.hears(OWNER, "wrong number")
    assert re.fullmatch(
        r"Bella Hair: somebody works with this number\. Reply \d{6} to take it off their account\. "
        r"Didn't ask\? Ignore this\.",
        said,
    )
    assert await alive(unproved, OWNER) == user
    # They go on as if nothing had been said.
    assert WANTED.fullmatch(await unproved.hears(OWNER, "today"))
    code = re.search(r"\d{6}", said)
    assert code
    assert (await unproved.hears(OWNER, code[0])).startswith("That is not the code.")
    assert await alive(unproved, OWNER) == user


async def test_without_the_guard_wrong_number_locks_a_member_out(
    unproved: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: Any) -> None:
        return None

    monkeypatch.setattr(staff_proofs, "duties", nothing)
    await unproved.hears(OWNER, "wrong number")
    assert await alive(unproved, OWNER) is None


async def test_whoever_has_the_phone_now_takes_it_off_by_the_code(unproved: House) -> None:
    code = re.search(r"\d{6}", await unproved.hears(OWNER, "wrong number"))
    assert code
    assert await unproved.hears(OWNER, code[0]) == (
        "Thank you for telling us. This number is no longer linked to anybody's bookings."
    )
    assert await alive(unproved, OWNER) is None


async def test_the_last_owner_stays_and_the_admins_are_told(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        place = await build_salon(ctx)
        user = await add_staff(ctx, place, OWNER, "owner", "Olga")
        shared = await lines.get_or_create_line(
            ctx, transport="terminal", channel="sms", address="+34910000001"
        )
        await make_admin(ctx, "+34600000099")
    town = ChatHarness(runtime)
    alone = House(runtime, town, place, place)
    code = re.search(r"\d{6}", await alone.hears(OWNER, "wrong number"))
    assert code
    assert await alone.hears(OWNER, code[0]) == (
        "Noted. A shop depends on this number, so it stays for now: whoever runs it is asked."
    )
    assert await alive(alone, OWNER) == user
    alert = (
        f"The number {OWNER} is said to be somebody else's now, and a shop has no other owner. "
        "Please look after it."
    )
    told = [(r.address, sent.text) for r, sent in town.memory.sent if r.line_id == shared]
    assert told == [("+34600000099", alert)]
