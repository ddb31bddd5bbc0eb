"""Who somebody is: phones, proofs, numbers that change hands, customers and members."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.clock import FixedClock
from core.db import tables
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import conversations, customers, identities, prompts, users
from core.errors import CustomerBlocked, InvalidValue, LastOwner, NotAllowed, NotFound, PhoneInvalid
from core.messaging.messages import Say
from core.messaging.outbox import enqueue
from core.people.customers import add_customer, get_or_create_customer, set_customer_blocked
from core.people.identities import Person, get_or_create_contact, make_admin, person_of_conversation
from core.people.members import (
    Member,
    ShopRole,
    add_member,
    is_member,
    list_members,
    remove_member,
    roles_of_user,
    set_member_alerts,
)
from core.people.verification import detach_identity, verify_identity
from core.values.phone_numbers import country_of_phone, parse_phone
from tests.support.people_rows import outbox_rows
from tests.support.row_factory import RowFactory

MARTA, HUGO = "+34600000009", "+34600000008"
DAY = timedelta(days=1)


# ------------------------------------------------------------------------------------ phones


@pytest.mark.parametrize(
    ("written", "region", "phone"),
    [
        ("600 12 34 56", "ES", "+34600123456"),
        ("0034 600123456", "ES", "+34600123456"),
        ("+34 600-123-456", "IN", "+34600123456"),
        ("98765 43210", "IN", "+919876543210"),
        ("(212) 555-0123", "US", "+12125550123"),
        ("٦٠٠١٢٣٤٥٦", "ES", "+34600123456"),
        ("+34600123456", "", "+34600123456"),
    ],
)
def test_phones_are_read_as_people_of_the_region_write_them(
    written: str, region: str, phone: str
) -> None:
    assert parse_phone(written, region) == phone


@pytest.mark.parametrize(
    ("written", "region"),
    [
        ("", "ES"),
        ("hello", "ES"),
        ("112", "ES"),  # emergency
        ("60012345", "ES"),  # a digit short
        ("806 123 456", "ES"),  # premium
        ("+1 900 555 0123", "US"),  # premium
        ("+1 800 555 1234", "US"),  # toll-free
        ("600123456", ""),  # of which country?
        ("600123456", "XX"),
        ("+34091234567", "ES"),  # no such range
        ("9" * 10_000, "ES"),
        ("<b>%s{0}\u0000\u202e", "ES"),
    ],
)
def test_what_is_no_phone_is_refused(written: str, region: str) -> None:
    with pytest.raises(PhoneInvalid) as caught:
        parse_phone(written, region)
    assert caught.value.params == {"phone": written[:40]}


@pytest.mark.parametrize(
    ("phone", "country"),
    [("+34600123456", "ES"), ("+12125550123", "US"), ("+14165550123", "CA"), ("x", ""), ("", "")],
)
def test_a_phone_has_a_country(phone: str, country: str) -> None:
    assert country_of_phone(phone) == country


# ------------------------------------------------------------------------------------ the town


@dataclass
class Line:
    id: int
    channel: str
    shop_id: int | None


@dataclass
class Town:
    """One shop with a line of each kind; people come in by them."""

    ctx: Context
    rows: RowFactory
    shop: int
    lines: dict[str, Line]

    @classmethod
    async def build(cls, ctx: Context) -> "Town":
        rows = RowFactory(ctx)
        shop = await rows.add(tables.shops)
        lines = {}
        for channel in ("sms", "whatsapp", "telegram", "email"):
            line = await rows.add(tables.lines, channel=channel, transport="simulator")
            lines[channel] = Line(line, channel, shop)
        return cls(ctx, rows, shop, lines)

    async def talk(self, channel: str, address: str) -> int:
        return (await get_or_create_contact(self.ctx, self.lines[channel], address)).conversation_id

    async def known(self, phone: str, name: str) -> tuple[int, int]:
        """Let somebody prove their phone by SMS; return conversation and user."""
        talk = await self.talk("sms", phone)
        user = await verify_identity(self.ctx, "phone", phone, name=name, conversation_id=talk)
        return talk, user


@pytest.fixture
async def town(ctx: Context) -> Town:
    return await Town.build(ctx)


async def living(ctx: Context) -> list[tuple[Any, ...]]:
    """Return kind, value, user and whether proved, of every living identity."""
    found = await ctx.all(
        sa.select(
            identities.c.kind,
            identities.c.value,
            identities.c.user_id,
            identities.c.verified_at.is_not(None),
        )
        .where(identities.c.released_at.is_(None))
        .order_by(identities.c.kind, identities.c.value)
    )
    return [(*tuple(row)[:-1], bool(row[-1])) for row in found]


# ------------------------------------------------------------------------------------ contact


@pytest.mark.parametrize(
    ("channel", "address", "identity"),
    [
        ("sms", MARTA, ("phone", MARTA)),
        ("whatsapp", MARTA, ("phone", MARTA)),
        ("whatsapp", "ES.123abc", ("whatsapp", "ES.123abc")),
        ("telegram", "5550001", ("telegram", "5550001")),
        ("email", "Marta@Example.com", ("email", "marta@example.com")),
        ("sms", "40404", ("phone", "40404")),
    ],
)
async def test_whoever_writes_has_an_identity_and_proved_nothing(
    town: Town, channel: str, address: str, identity: tuple[str, str]
) -> None:
    first = await get_or_create_contact(town.ctx, town.lines[channel], address)
    again = await get_or_create_contact(town.ctx, town.lines[channel], address)
    assert first.is_new is True
    assert (again.is_new, again.conversation_id) == (False, first.conversation_id)
    assert (first.shop_id, first.language) == (town.shop, "")
    assert await living(town.ctx) == [(*identity, None, False)]
    assert await person_of_conversation(town.ctx, first.conversation_id) is None


async def test_one_number_is_one_identity_on_every_line(town: Town) -> None:
    talks = {await town.talk("sms", MARTA), await town.talk("whatsapp", MARTA)}
    assert len(talks) == 2
    assert await living(town.ctx) == [("phone", MARTA, None, False)]


async def test_twenty_first_words_at_once_open_one_conversation(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        line = (await Town.build(ctx)).lines["sms"]

    async def write() -> int:
        async with runtime.transaction() as ctx:
            return (await get_or_create_contact(ctx, line, MARTA)).conversation_id

    assert len(set(await asyncio.gather(*(write() for _ in range(20))))) == 1


# ------------------------------------------------------------------------------------ proving


async def test_a_proof_makes_somebody_known(town: Town) -> None:
    talk, user = await town.known(MARTA, "  Marta   Ruiz ")
    assert await person_of_conversation(town.ctx, talk) == Person(
        user,
        "Marta Ruiz",
        MARTA,
        is_verified=True,
        is_verified_by_code=True,
        language="",
        is_admin=False,
    )
    assert await living(town.ctx) == [("phone", MARTA, user, True)]


async def test_proving_again_keeps_user_and_name(town: Town) -> None:
    talk, user = await town.known(MARTA, "Marta")
    assert (await town.known(MARTA, "Maria"))[1] == user
    person = await person_of_conversation(town.ctx, talk)
    assert person is not None
    assert person.name == "Marta"


async def test_a_phone_proved_in_telegram_and_by_sms_is_one_person(town: Town) -> None:
    telegram = await town.talk("telegram", "5550001")
    user = await verify_identity(town.ctx, "phone", MARTA, name="Marta", conversation_id=telegram)
    sms, same = await town.known(MARTA, "")
    assert same == user
    expected = Person(
        user,
        "Marta",
        MARTA,
        is_verified=True,
        is_verified_by_code=True,
        language="",
        is_admin=False,
    )
    assert await person_of_conversation(town.ctx, telegram) == expected
    assert await person_of_conversation(town.ctx, sms) == expected
    assert await living(town.ctx) == [
        ("phone", MARTA, user, True),
        ("telegram", "5550001", user, True),
    ]


async def test_a_second_phone_proved_in_telegram_joins_the_same_person(town: Town) -> None:
    telegram = await town.talk("telegram", "5550001")
    user = await verify_identity(town.ctx, "phone", MARTA, name="Marta", conversation_id=telegram)
    assert await verify_identity(town.ctx, "phone", HUGO, conversation_id=telegram) == user


async def test_whoever_proves_anothers_phone_in_telegram_is_that_other_from_then_on(
    town: Town,
) -> None:
    _, hugo = await town.known(HUGO, "Hugo")
    telegram = await town.talk("telegram", "5550001")
    marta = await verify_identity(town.ctx, "phone", MARTA, name="Marta", conversation_id=telegram)

    assert await verify_identity(town.ctx, "phone", HUGO, conversation_id=telegram) == hugo
    assert await person_of_conversation(town.ctx, telegram) == Person(
        hugo, "Hugo", HUGO, is_verified=True, is_verified_by_code=True, language="", is_admin=False
    )
    # Marta keeps her phone, and finds her things there.
    sms = await town.talk("sms", MARTA)
    person = await person_of_conversation(town.ctx, sms)
    assert person is not None
    assert (person.user_id, person.name) == (marta, "Marta")


async def test_a_second_phone_proved_by_sms_joins_but_never_anothers(town: Town) -> None:
    talk, marta = await town.known(MARTA, "Marta")
    hugo = await verify_identity(town.ctx, "phone", HUGO, name="Hugo", conversation_id=talk)
    person = await person_of_conversation(town.ctx, talk)
    assert person is not None
    # She proved both herself, while her own proof held: one person with two phones.
    assert (person.user_id, hugo) == (marta, marta)

    _, other = await town.known("+34600000007", "Eva")
    assert await verify_identity(town.ctx, "phone", "+34600000007", conversation_id=talk) == other
    person = await person_of_conversation(town.ctx, talk)
    assert person is not None
    assert person.user_id == marta


async def test_an_unproved_sms_number_stays_unproved_when_another_phone_is(town: Town) -> None:
    talk = await town.talk("sms", MARTA)
    user = await verify_identity(town.ctx, "phone", HUGO, name="Hugo", conversation_id=talk)
    person = await person_of_conversation(town.ctx, talk)
    assert person is not None
    assert (person.user_id, person.is_verified) == (user, False)


async def test_two_who_prove_one_phone_at_once_are_one_user(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        town = await Town.build(ctx)
        talks = [await town.talk("telegram", f"555000{n}") for n in range(10)]

    async def prove(talk: int) -> int:
        async with runtime.transaction() as ctx:
            return await verify_identity(ctx, "phone", MARTA, name="Marta", conversation_id=talk)

    assert len(set(await asyncio.gather(*map(prove, talks)))) == 1
    async with runtime.read_transaction() as ctx:
        assert await ctx.scalar(sa.select(sa.func.count()).select_from(users)) == 1


async def test_a_deactivated_user_is_nobody_and_proves_nothing(town: Town) -> None:
    talk, _ = await town.known(MARTA, "Marta")
    await town.ctx.execute(sa.update(users).values(deactivated_at=town.ctx.now))
    assert await person_of_conversation(town.ctx, talk) is None
    with pytest.raises(NotAllowed):
        await verify_identity(town.ctx, "phone", MARTA, conversation_id=talk)


# ------------------------------------------------------------------------------------ use


class Days:
    """Lets days pass between transactions."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    async def seen_after(self, days: int, talk: int) -> bool:
        """Wait, then say whether a person is still known for sure."""
        assert isinstance(self.runtime.clock, FixedClock)
        self.runtime.clock.advance(days * DAY)
        async with self.runtime.transaction() as ctx:
            person = await person_of_conversation(ctx, talk)
            assert person is not None
            return person.is_verified


async def test_a_number_is_asked_again_after_180_days_without_use(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        talk, user = await (await Town.build(ctx)).known(MARTA, "Marta")
    days = Days(runtime)
    assert [await days.seen_after(days=n, talk=talk) for n in (179, 179, 180, 0)] == [
        True,
        True,  # used in between
        False,
        False,  # and that was no use
    ]
    async with runtime.transaction() as ctx:
        assert await verify_identity(ctx, "phone", MARTA, conversation_id=talk) == user
    assert await days.seen_after(0, talk) is True


async def test_use_is_noted_once_a_day(runtime: Runtime) -> None:
    async with runtime.transaction() as ctx:
        talk, _ = await (await Town.build(ctx)).known(MARTA, "Marta")
    seen: list[str] = []
    sa.event.listen(
        runtime.engine.sync_engine, "before_cursor_execute", lambda *args: seen.append(args[2])
    )
    counts = []
    for wait in (0, 1, 0):
        seen.clear()
        await Days(runtime).seen_after(wait, talk)
        counts.append(len([sql for sql in seen if not sql.startswith("BEGIN")]))
    assert counts == [1, 2, 1]


# ------------------------------------------------------------------------------------ detaching


async def test_a_wrong_number_shows_nothing_of_the_former_person(town: Town) -> None:
    ctx = town.ctx
    talk, marta = await town.known(MARTA, "Marta")
    whatsapp = await town.talk("whatsapp", MARTA)
    await ctx.execute(
        sa.update(conversations).values(
            state={"name": "Marta", "runs": 7}, name="Marta", opted_out_at=ctx.now, consent="START"
        )
    )
    await ctx.insert(prompts, conversation_id=talk, created_at=ctx.now)
    await enqueue.enqueue(ctx, Say("hello"), conversation_id=talk)

    await detach_identity(ctx, talk)

    assert await person_of_conversation(ctx, talk) is None
    assert await person_of_conversation(ctx, whatsapp) is None
    rows = await ctx.all(
        sa.select(
            conversations.c.state,
            conversations.c.name,
            conversations.c.consent,
            conversations.c.opted_out_at,
        )
    )
    # Only the count of flows stays: effects are keyed by it.
    assert [tuple(row) for row in rows] == [({"runs": 7}, "", "", ctx.now)] * 2
    assert await ctx.scalar(sa.select(prompts.c.closed_at)) == ctx.now
    assert [state for _, _, state, _, _ in await outbox_rows(ctx)] == ["dropped"]

    again, stranger = await town.known(MARTA, "Pedro")
    assert again == talk
    assert stranger != marta
    person = await person_of_conversation(ctx, talk)
    assert person is not None
    assert (person.name, person.user_id) == ("Pedro", stranger)


async def test_a_former_number_leaves_telegram_as_it_is(town: Town) -> None:
    telegram = await town.talk("telegram", "5550001")
    user = await verify_identity(town.ctx, "phone", MARTA, name="Marta", conversation_id=telegram)
    await detach_identity(town.ctx, await town.talk("sms", MARTA))
    assert await person_of_conversation(town.ctx, telegram) == Person(
        user, "Marta", "", is_verified=True, is_verified_by_code=True, language="", is_admin=False
    )


async def test_detaching_a_talk_without_identity_does_nothing(town: Town) -> None:
    talk = await town.rows.add(conversations, address=HUGO, identity_id=None)
    await detach_identity(town.ctx, talk)
    assert await living(town.ctx) == []


# ------------------------------------------------------------------------------------ customers


async def test_a_user_is_one_customer_of_each_shop(town: Town) -> None:
    _, user = await town.known(MARTA, "Marta")
    first = await get_or_create_customer(town.ctx, town.shop, user, name="Marta", phone=MARTA)
    again = await get_or_create_customer(town.ctx, town.shop, user, name="Maria", phone="")
    other = await town.rows.add(tables.shops)
    elsewhere = await get_or_create_customer(town.ctx, other, user, name="Marta", phone=MARTA)
    assert first == again
    assert elsewhere != first
    row = await town.ctx.first(sa.select(customers).where(customers.c.id == first))
    assert row is not None
    assert (row.name, row.phone, row.user_id, row.blocked) == ("Marta", MARTA, user, False)


async def test_a_walk_in_is_the_person_who_proves_the_phone_under_the_same_name(
    town: Town,
) -> None:
    walk_in = await add_customer(town.ctx, town.shop, "Marta", "600 000 009")
    assert await add_customer(town.ctx, town.shop, "MARTA", MARTA) == walk_in
    child = await add_customer(town.ctx, town.shop, "Hugo", MARTA)
    _, user = await town.known(MARTA, "Marta")
    mine = await get_or_create_customer(town.ctx, town.shop, user, name="Marta", phone=MARTA)
    assert (mine, child != walk_in) == (walk_in, True)


async def test_a_walk_in_needs_no_phone_but_a_name(town: Town) -> None:
    first = await add_customer(town.ctx, town.shop, "Child")
    assert await add_customer(town.ctx, town.shop, "Child") != first
    assert await add_customer(town.ctx, town.shop, "李") not in {first, None}
    for name in ("", "  ", "y" * 101):
        with pytest.raises(InvalidValue):
            await add_customer(town.ctx, town.shop, name)
    with pytest.raises(PhoneInvalid):
        await add_customer(town.ctx, town.shop, "Marta", "806123456")


async def test_a_block_follows_the_phone(town: Town) -> None:
    ctx = town.ctx
    talk, user = await town.known(MARTA, "Marta")
    mine = await get_or_create_customer(ctx, town.shop, user, name="Marta", phone=MARTA)
    await set_customer_blocked(ctx, town.shop, mine)
    await detach_identity(ctx, talk)
    _, again = await town.known(MARTA, "Somebody else")
    with pytest.raises(CustomerBlocked):
        await get_or_create_customer(ctx, town.shop, again, name="Somebody else", phone=MARTA)
    await set_customer_blocked(ctx, town.shop, mine, blocked=False)
    new = await get_or_create_customer(ctx, town.shop, again, name="Somebody else", phone=MARTA)
    assert new != mine


async def test_a_shop_blocks_only_its_own_customers(town: Town) -> None:
    customer = await add_customer(town.ctx, town.shop, "Marta")
    other = await town.rows.add(tables.shops)
    with pytest.raises(NotFound):
        await set_customer_blocked(town.ctx, other, customer)


# ------------------------------------------------------------------------------------ members


async def test_members_in_the_order_they_are_told(town: Town) -> None:
    ctx, shop = town.ctx, town.shop
    provider = await town.rows.add(tables.providers)
    ana = await add_member(
        ctx, shop, role="provider", phone="600000003", provider_id=provider, name="Ana"
    )
    desk = await add_member(
        ctx, shop, role="receptionist", phone="600000002", name="Eva", alerts=False
    )
    owner = await add_member(ctx, shop, role="owner", phone="600000001", name="Marta")
    await add_member(ctx, shop, role="receptionist", user_id=owner)
    assert await list_members(ctx, shop) == [
        Member(owner, "owner", None, True, "Marta", "+34600000001"),
        Member(desk, "receptionist", None, False, "Eva", "+34600000002"),
        Member(owner, "receptionist", None, True, "Marta", "+34600000001"),
        Member(ana, "provider", provider, True, "Ana", "+34600000003"),
    ]
    assert await roles_of_user(ctx, owner) == [
        ShopRole(shop, "owner", None),
        ShopRole(shop, "receptionist", None),
    ]


async def test_a_role_waits_for_whoever_proves_the_phone(town: Town) -> None:
    owner = await add_member(town.ctx, town.shop, role="owner", phone=MARTA, name="Marta")
    talk = await town.talk("sms", MARTA)
    person = await person_of_conversation(town.ctx, talk)
    assert person is not None
    assert (person.user_id, person.is_verified) == (owner, False)
    assert (await town.known(MARTA, ""))[1] == owner


async def test_the_same_role_again_only_changes_it(town: Town) -> None:
    ctx, shop = town.ctx, town.shop
    owner = await add_member(ctx, shop, role="owner", phone=MARTA)
    assert await add_member(ctx, shop, role="owner", phone=MARTA, alerts=False) == owner
    assert [member.alerts for member in await list_members(ctx, shop)] == [False]
    await set_member_alerts(ctx, shop, owner, enabled=True)
    assert [member.alerts for member in await list_members(ctx, shop)] == [True]


async def test_membership_is_of_one_shop_and_role_until_it_is_taken_away(town: Town) -> None:
    ctx, shop = town.ctx, town.shop
    owner = await add_member(ctx, shop, role="owner", phone=MARTA)
    other = await town.rows.add(tables.shops)
    assert await is_member(ctx, shop, owner) is True
    assert await is_member(ctx, shop, owner, "owner", "receptionist") is True
    assert await is_member(ctx, shop, owner, "receptionist") is False
    assert await is_member(ctx, other, owner) is False
    assert await is_member(ctx, shop, None) is False
    with pytest.raises(LastOwner):
        await remove_member(ctx, shop, owner, "owner")
    await add_member(ctx, shop, role="owner", phone=HUGO)
    await remove_member(ctx, shop, owner, "owner")
    assert await is_member(ctx, shop, owner) is False
    with pytest.raises(NotFound):
        await remove_member(ctx, shop, owner, "owner")


@pytest.mark.parametrize(("role", "field"), [("boss", "role"), ("provider", "provider_id")])
async def test_a_role_must_be_one_there_is(town: Town, role: str, field: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        await add_member(town.ctx, town.shop, phone=MARTA, role=role)
    assert caught.value.params["field"] == field


async def test_an_admin_is_whoever_has_the_phone(town: Town) -> None:
    admin = await make_admin(town.ctx, MARTA)
    talk, user = await town.known(MARTA, "Marta")
    assert user == admin
    person = await person_of_conversation(town.ctx, talk)
    assert person is not None
    assert person.is_admin is True
