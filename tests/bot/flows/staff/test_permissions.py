"""Each of the desk's commands, tried by every role, and by the owner of every other shop."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.flows.staff import STAFF_FLOWS, commands
from bot.flows.staff.permissions import PERMISSIONS
from core.bookings import customer_actions
from core.catalog import loader
from core.clock import FixedClock
from core.db import tables as db_tables
from core.db.runtime import Runtime
from core.messaging.lines import Line
from core.messaging.messages import Incoming
from core.people.identities import get_or_create_contact
from core.people.members import list_members, remove_member
from core.people.verification import verify_identity
from core.scheduling import availability
from tests.support.chat import ChatHarness
from tests.support.shops import BuiltShop, build_barber, build_salon, proved_member

DENIED = "That is not possible for you here."
UNKNOWN = "I cannot find that."
ROLES = ("owner", "receptionist", "provider")
PHONES = {"owner": "+34600000001", "receptionist": "+34600000002", "provider": "+34600000003"}
OTHER_OWNER, STRANGER, MARTA = "+34600000009", "+34600000008", "+34600111222"

# As it would be given in earnest, for a shop where Leo gives a cut at 11:00 and Ana one at 12:00.
SAID = {
    "today": "today",
    "tomorrow": "tomorrow",
    "week": "week",
    "day": "agenda 13 march",
    "next": "next",
    "picture": "picture",
    "arrived": "arrived",
    "done": "done",
    "noshow": "no show",
    "late": "late 15",
    "block": "block 14-16",
    "sick": "sick tomorrow",
    "unblock": "unblock",
    "open": "open sun 10-14",
    "walkin": "walk-in cut",
    "squeeze": "squeeze cut leo 11:00 Nora",
    "pause": "pause",
    "resume": "resume",
    "message": "message",
    "switch": "switch",
    "mute": "mute 22-8",
    "unmute": "unmute",
    "alerts": "alerts sms",
    "desk": "desk",
}
BEHIND_OTHERS = {"decide", "propose", "undo", "everybody", "phones"}
"""What no word asks for: reached through another command, and tried below."""


@dataclass(slots=True)
class House:
    """Bella Hair with one person of each role, and a barber whose owner is somebody else."""

    runtime: Runtime
    town: ChatHarness
    place: BuiltShop
    elsewhere: BuiltShop
    refs: dict[str, str] = field(default_factory=dict)

    @property
    def line(self) -> Line:
        return self.town.line_of_channel(self.place.line_id, self.place.shop_id)

    async def hears(self, address: str, said: str | Incoming) -> str:
        return "\n".join(await self.town.send_text(self.line, address, said))

    async def kept(self) -> dict[str, list[tuple[object, ...]]]:
        """What a command could have changed."""
        tables = ("shops", "bookings", "claims", "time_off", "date_exceptions", "customers")
        async with self.runtime.read_transaction() as ctx:
            rows = {
                name: await ctx.all(sa.select(getattr(db_tables, name)).order_by(sa.text("1")))
                for name in tables
            }
            told = sa.select(db_tables.outbox.c.id).where(
                db_tables.outbox.c.conversation_id.in_(
                    sa.select(db_tables.conversations.c.id).where(
                        db_tables.conversations.c.address == MARTA
                    )
                )
            )
            rows["told"] = await ctx.all(told)
        return {name: [tuple(row) for row in found] for name, found in rows.items()}


@pytest.fixture
async def house(runtime: Runtime) -> House:
    assert isinstance(runtime.clock, FixedClock)
    runtime.clock.move_to("2026-03-12T08:00Z")
    town = ChatHarness(runtime)
    async with runtime.transaction() as ctx:
        place, elsewhere = await build_salon(ctx), await build_barber(ctx)
        for role in ROLES:
            own = place.providers["Leo"] if role == "provider" else None
            await proved_member(ctx, place, PHONES[role], role, role.title(), own)
        await proved_member(ctx, elsewhere, OTHER_OWNER, "owner", "Marcus")
    made = House(runtime, town, place, elsewhere)
    async with runtime.transaction() as ctx:
        contact = await get_or_create_contact(ctx, made.line, MARTA)
        user = await verify_identity(
            ctx, "phone", MARTA, name="Marta", conversation_id=contact.conversation_id
        )
        known = await loader.load_catalog(ctx, place.shop_id)
        for name, hour in (("Leo", 10), ("Ana", 11)):
            start = datetime.fromisoformat(f"2026-03-12T{hour}:00Z")
            slot = (
                await availability.find_slots(
                    ctx,
                    known,
                    place.services["Cut"],
                    provider_id=place.providers[name],
                    start=start,
                    end=start + timedelta(minutes=1),
                )
            )[0]
            held = await customer_actions.hold_slot(
                ctx, slot, conversation_id=contact.conversation_id, key=name, origin="sms"
            )
            booked = await customer_actions.book_hold(
                ctx, held.id, user_id=user, key=f"b{name}", name="Marta"
            )
            made.refs[name] = booked.ref
    await town.deliver_due()
    return made


def test_every_command_stands_in_the_table_and_is_tried() -> None:
    assert set(SAID) == set(PERMISSIONS) - BEHIND_OTHERS
    assert {*SAID, "pair"} == set(commands.SLASH_COMMANDS)
    flows = {name.removeprefix("desk.") for name in STAFF_FLOWS if name.startswith("desk.")}
    beside = {"pair", "stranger", "answer", "outcome", "propose"}
    assert set(SAID) == flows - beside


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_gives_its_commands_and_no_others(house: House, role: str) -> None:
    before = await house.kept()
    denied = [command for command in SAID if role not in PERMISSIONS[command]]
    answers = {command: await house.hears(PHONES[role], SAID[command]) for command in denied}
    assert answers == dict.fromkeys(denied, DENIED)
    assert await house.kept() == before
    allowed = [command for command in SAID if role in PERMISSIONS[command]]
    heard = {command: await house.hears(PHONES[role], SAID[command]) for command in allowed}
    assert [c for c, answer in heard.items() if not answer or DENIED in answer] == []
    assert [c for c, answer in heard.items() if "went wrong" in answer] == []


async def test_to_another_shop_its_owner_is_a_customer_like_any(house: House) -> None:
    before = await house.kept()
    for command, said in SAID.items():
        rest = said.partition(" ")[2]
        if command == "squeeze":
            said, rest = "squeeze", ""  # "cut leo 11:00" is a booking, whoever says it
        for form in (said, f"/{command} {rest}".strip()):
            answer = await house.hears(OTHER_OWNER, form)
            assert answer == await house.hears(STRANGER, form)
    assert await house.kept() == before


@pytest.mark.parametrize("said", ["block 14-16 Ana", "sick tomorrow Ana", "late 15 Ana"])
async def test_a_provider_has_only_their_own_time(house: House, said: str) -> None:
    before = await house.kept()
    assert await house.hears(PHONES["provider"], said) == DENIED
    assert await house.kept() == before


@pytest.mark.parametrize("word", ["arrived", "done", "no show", "message"])
async def test_a_provider_has_only_their_own_customers(house: House, word: str) -> None:
    ref = house.refs["Ana"]
    said = f"{word} {ref} hello" if word == "message" else f"{word} {ref}"
    before = await house.kept()
    assert await house.hears(PHONES["provider"], said) == UNKNOWN
    assert await house.kept() == before


async def test_a_provider_sees_their_own_day_and_no_numbers(house: House) -> None:
    mine = await house.hears(PHONES["provider"], "today")
    assert mine == "Thu 12 Mar: 1 booking.\n1 11:00 am Marta, Cut"
    everything = await house.hears(PHONES["receptionist"], "today")
    assert everything == (
        "Thu 12 Mar: 2 bookings.\n"
        f"1 11:00 am Marta, Cut, Leo, {MARTA}\n"
        f"2 12:00 pm Marta, Cut, Ana, {MARTA}"
    )


async def test_a_provider_neither_approves_nor_proposes_nor_calls_off(house: House) -> None:
    assert await house.hears(PHONES["provider"], "next") == (
        f"Marta, Cut with Leo, Thu 12 Mar 11:00 am. Confirmed. Ref {house.refs['Leo']}\n"
        "1 Write to them\n2 Nothing"
    )


async def test_a_role_that_is_taken_away_ends_in_the_middle_of_a_talk(house: House) -> None:
    await house.hears(PHONES["receptionist"], "walk-in cut")
    async with house.runtime.transaction() as ctx:
        staff = await list_members(ctx, house.place.shop_id)
        gone = next(one for one in staff if one.role == "receptionist")
        await remove_member(ctx, house.place.shop_id, gone.user_id, "receptionist")
    before = await house.kept()
    assert await house.hears(PHONES["receptionist"], "1") == DENIED
    assert await house.kept() == before


@pytest.mark.parametrize("choice", [0, 1, 2])
async def test_an_approval_is_not_the_providers_to_give(house: House, choice: int) -> None:
    """The provider concerned hears of a request, but the front desk decides."""
    async with house.runtime.transaction() as ctx:
        shops = db_tables.shops
        await ctx.execute(sa.update(shops).values(needs_approval=True, version=shops.c.version + 1))
    await house.hears(MARTA, "cut tomorrow at 10 with Leo")
    await house.hears(MARTA, "1")
    before = await house.kept()
    assert await house.hears(PHONES["provider"], str(choice + 1)) == DENIED
    assert await house.kept() == before
