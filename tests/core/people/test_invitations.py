"""Taking an account over by inviting and pairing: each path tried, and with its guard off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from core.auth import sessions
from core.clock import FixedClock
from core.db import migrate, tables
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import audit as audit_table
from core.db.tables import conversations, member_chats, members, prompts
from core.db.tables import invitations as table
from core.db.tables import outbox as outbox_table
from core.errors import CodeExpired, InvitationOver, LastOwner, NotAllowed, NotFound
from core.messaging.messages import decode_value
from core.messaging.outbox.staff_alerts import enqueue_for_staff
from core.people import identities, invitations, pairing
from core.people.identities import get_or_create_user_by_phone, person_of_conversation
from core.people.invitations import Invitation
from core.people.member_chats import MemberChat, end_chat
from core.people.members import (
    add_member,
    end_memberships,
    is_member,
    list_members,
    remove_member,
    roles_of_user,
    staff_of_conversation,
)
from core.people.staff_proofs import staff_proof
from core.people.verification import verify_identity_without_conversation
from tests.support import shops
from tests.support.row_factory import RowFactory
from tests.support.shops import BuiltShop

EVE, MARTA, NOBODY = "+34600000001", "+34600111222", "+34600999888"


@dataclass
class House:
    """Eve's salon; Marta, who has an account and works at a barber's; an account in Telegram."""

    runtime: Runtime
    salon: BuiltShop
    barber: BuiltShop
    eve: int
    marta: int
    telegram: int
    sms: int

    async def do(self, work: Callable[[Context], Any]) -> Any:
        return await self.runtime.run(work)

    async def invites(self, phone: str = MARTA, **more: Any) -> tuple[Invitation, str]:
        said = {"role": "receptionist", "invited_by": self.eve, "name": "M.", **more}
        found: tuple[Invitation, str] = await self.do(
            lambda ctx: invitations.create_invitation(ctx, self.salon.shop_id, phone=phone, **said)
        )
        return found

    async def accepted(self) -> Invitation:
        invited, _ = await self.invites()
        one: Invitation = await self.do(
            lambda ctx: invitations.accept_invitation(ctx, invited.id, self.marta)
        )
        return one

    async def paired(self) -> MemberChat:
        async def work(ctx: Context) -> MemberChat:
            code = await pairing.issue_pairing_code(ctx, self.salon.shop_id, self.marta)
            return await pairing.pair_conversation(ctx, self.telegram, code)

        chat: MemberChat = await self.do(work)
        return chat

    async def posts(self) -> list[tuple[int, str, int]]:
        staff = await self.do(lambda ctx: staff_of_conversation(ctx, self.telegram))
        return [(post.shop_id, post.role, post.user_id) for post in staff.roles]

    async def alerted(self) -> list[int]:
        """Which of the two conversations an alert of Eve's shop went to."""

        async def work(ctx: Context) -> list[int]:
            await ctx.execute(sa.delete(outbox_table))
            say = decode_value({"$": "say", "key": "alert.x", "params": {}, "secret": False})
            await enqueue_for_staff(ctx, say, shop_id=self.salon.shop_id, kind="x")
            rows = await ctx.all(sa.select(outbox_table.c.conversation_id))
            return [row.conversation_id for row in rows]

        talks = await self.do(work)
        return [talk for talk in talks if talk in {self.telegram, self.sms}]


@pytest.fixture
async def house(runtime: Runtime) -> House:
    async def fill(ctx: Context) -> House:
        salon, barber = await shops.build_salon(ctx), await shops.build_barber(ctx)
        eve = await shops.add_staff(ctx, salon, EVE, "owner", "Eve")
        rows = RowFactory(ctx)
        line = {"transport": "terminal", "shop_id": None}
        desk = await rows.add(_lines(), channel="telegram", staff=True, **line)
        marta = await verify_identity_without_conversation(ctx, "phone", MARTA, name="Marta Ruiz")
        await add_member(ctx, barber.shop_id, role="owner", user_id=marta)
        account = await rows.add(
            tables.identities, kind="telegram", value="777", user_id=None, verified_at=None
        )
        talk = await rows.add(
            conversations, line_id=desk, address="777", identity_id=account, name="Eve's phone",
            shop_id=None,
        )  # fmt: skip
        hers = await ctx.scalar(
            sa.select(tables.identities.c.id).where(tables.identities.c.value == MARTA)
        )
        sms = await rows.add(
            conversations, line_id=salon.line_id, address=MARTA, identity_id=hers, shop_id=None
        )
        return House(runtime, salon, barber, eve, marta, talk, sms)

    return await runtime.run(fill)


def _lines() -> sa.Table:
    return tables.identities.metadata.tables["lines"]


# ------------------------------------------------------------------------------------ inviting


async def test_an_invitation_gives_and_shows_nothing(house: House) -> None:
    known, _ = await house.invites(MARTA)
    unknown, _ = await house.invites(NOBODY)
    # The same answer for a phone with an account and for one without.
    assert replace(known, id=0, phone="") == replace(unknown, id=0, phone="")
    listed = await house.do(lambda ctx: list_members(ctx, house.salon.shop_id))
    assert [(one.name, one.role) for one in listed] == [("Eve", "owner")]
    assert await house.alerted() == []
    roles = await house.do(lambda ctx: roles_of_user(ctx, house.marta))
    assert [role.shop_id for role in roles] == [house.barber.shop_id]
    with pytest.raises(NotFound):
        await house.do(
            lambda ctx: pairing.issue_pairing_code(ctx, house.salon.shop_id, house.marta)
        )


async def test_who_did_not_prove_the_phone_cannot_accept(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    invited, _ = await house.invites(NOBODY)
    hers = await house.do(lambda ctx: get_or_create_user_by_phone(ctx, NOBODY))
    for who in (house.eve, house.marta, hers):
        with pytest.raises(NotFound):
            await house.do(
                partial(invitations.accept_invitation, invitation_id=invited.id, user_id=who)
            )
    assert await house.do(lambda ctx: is_member(ctx, house.salon.shop_id, hers)) is False
    # The control: were an unproved phone enough, that would have been a membership.
    monkeypatch.setattr(invitations, "recently_verified", lambda *_: True)
    await house.do(lambda ctx: invitations.accept_invitation(ctx, invited.id, hers))
    assert await house.do(lambda ctx: is_member(ctx, house.salon.shop_id, hers)) is True


async def test_a_proof_of_long_ago_does_not_accept(house: House) -> None:
    invited, _ = await house.invites()
    clock = house.runtime.clock
    assert isinstance(clock, FixedClock)
    clock.advance(identities.VERIFIED_FOR)
    again, _ = await house.invites()
    assert await house.do(lambda ctx: invitations.invitations_of_user(ctx, house.marta)) == []
    with pytest.raises(NotFound):
        await house.do(lambda ctx: invitations.accept_invitation(ctx, again.id, house.marta))
    assert invited.id != again.id


async def test_an_invitation_is_answered_once_and_in_time(house: House) -> None:
    async def accepts(one: Invitation) -> None:
        await house.do(lambda ctx: invitations.accept_invitation(ctx, one.id, house.marta))

    invited = await house.accepted()
    with pytest.raises(InvitationOver):
        await accepts(invited)
    replaced, old = await house.invites()
    newest, _ = await house.invites()
    with pytest.raises(InvitationOver):
        await accepts(replaced)
    assert await house.do(lambda ctx: invitations.invitation_by_code(ctx, old)) is None
    await house.do(lambda ctx: invitations.revoke_invitation(ctx, house.salon.shop_id, newest.id))
    with pytest.raises(InvitationOver):
        await accepts(newest)
    late, _ = await house.invites()
    clock = house.runtime.clock
    assert isinstance(clock, FixedClock)
    clock.advance(invitations.INVITATION_LIFETIME)
    with pytest.raises(InvitationOver):
        await accepts(late)


async def test_a_shop_takes_back_its_own_invitations_only(house: House) -> None:
    invited, _ = await house.invites()
    with pytest.raises(NotFound):
        await house.do(
            lambda ctx: invitations.revoke_invitation(ctx, house.barber.shop_id, invited.id)
        )
    found = await house.do(lambda ctx: invitations.invitations_of_user(ctx, house.marta))
    assert [(one.id, one.shop) for one in found] == [(invited.id, "Bella Hair")]


async def test_a_phone_is_written_to_three_times_a_day(house: House) -> None:
    async def told() -> int:
        count = sa.select(sa.func.count()).where(outbox_table.c.kind == "invitation")
        return int(await house.do(lambda ctx: ctx.scalar(count)))

    for _ in range(invitations.NOTICES_PER_PHONE + 2):
        await house.invites()
    assert await told() == invitations.NOTICES_PER_PHONE
    # Another country's number is invited, and not written to.
    await house.invites("+12125550177")
    assert await told() == invitations.NOTICES_PER_PHONE
    clock = house.runtime.clock
    assert isinstance(clock, FixedClock)
    clock.advance(timedelta(days=1, seconds=1))
    await house.invites()
    assert await told() == invitations.NOTICES_PER_PHONE + 1


# ------------------------------------------------------------------------------------ pairing


async def test_a_paired_chat_has_the_role_at_that_shop_and_nothing_else(house: House) -> None:
    await house.accepted()
    await house.paired()
    assert await house.posts() == [(house.salon.shop_id, "receptionist", house.marta)]
    assert await house.do(lambda ctx: person_of_conversation(ctx, house.telegram)) is None
    row = sa.select(tables.identities.c.user_id, tables.identities.c.verified_at).where(
        tables.identities.c.value == "777"
    )
    assert tuple(await house.do(lambda ctx: ctx.first(row))) == (None, None)
    # The control, pairing as it once was: the account is hers everywhere, and names her.
    await house.do(lambda ctx: _as_it_was(ctx, house.telegram, house.marta))
    person = await house.do(lambda ctx: person_of_conversation(ctx, house.telegram))
    assert (person.name, person.is_verified) == ("Marta Ruiz", True)
    assert {shop_id for shop_id, _, _ in await house.posts()} == {
        house.salon.shop_id,
        house.barber.shop_id,
    }


async def _as_it_was(ctx: Context, conversation_id: int, user_id: int) -> None:
    talk = sa.select(conversations.c.identity_id).where(conversations.c.id == conversation_id)
    await identities.assign_identity(ctx, await ctx.scalar(talk), user_id, verified=True)


async def test_only_who_works_there_gets_a_code_and_only_while_they_do(house: House) -> None:
    with pytest.raises(NotFound):
        await house.do(
            lambda ctx: pairing.issue_pairing_code(ctx, house.salon.shop_id, house.marta)
        )
    await house.accepted()
    code = await house.do(
        lambda ctx: pairing.issue_pairing_code(ctx, house.salon.shop_id, house.marta)
    )
    await house.do(lambda ctx: remove_member(ctx, house.salon.shop_id, house.marta, "receptionist"))
    with pytest.raises(CodeExpired):
        await house.do(lambda ctx: pairing.pair_conversation(ctx, house.telegram, code))
    assert await house.posts() == []


async def test_a_phone_is_not_paired(house: House) -> None:
    """An SMS comes in anybody's name: bound to a phone, the role would be whoever's forges one."""
    await house.accepted()
    code = await house.do(
        lambda ctx: pairing.issue_pairing_code(ctx, house.salon.shop_id, house.marta)
    )
    with pytest.raises(NotAllowed):
        await house.do(lambda ctx: pairing.pair_conversation(ctx, house.sms, code))


async def test_who_was_paired_is_told_elsewhere_and_ends_it(house: House) -> None:
    await house.accepted()
    chat = await house.paired()
    told = await house.do(
        lambda ctx: ctx.all(
            sa.select(outbox_table.c.conversation_id, outbox_table.c.message, prompts.c.args)
            .join_from(outbox_table, prompts, prompts.c.id == outbox_table.c.prompt_id)
            .where(outbox_table.c.kind == "chat bound")
        )
    )
    assert [(row.conversation_id, row.args) for row in told] == [(house.sms, {"chat": chat.id})]
    said = decode_value(told[0].message).params
    assert (said["shop"], said["account"]) == ("Bella Hair", "Eve's phone")
    for stranger in (house.eve, house.marta + 1000):
        with pytest.raises(NotFound):
            await house.do(
                partial(
                    pairing.unbind_chat,
                    user_id=stranger,
                    chat_id=chat.id,
                    conversation_id=house.sms,
                )
            )
    assert house.telegram in await house.alerted()
    await house.do(
        lambda ctx: pairing.unbind_chat(ctx, house.marta, chat.id, conversation_id=house.sms)
    )
    assert (await house.posts(), house.telegram in await house.alerted()) == ([], False)
    asked = sa.select(audit_table.c.action).order_by(audit_table.c.id)
    noted = await house.do(lambda ctx: ctx.all(asked))
    assert [row.action for row in noted] == ["chats.bind", "chats.end"]


async def test_a_role_that_comes_back_does_not_bring_the_chat_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dismissed_and_back() -> list[tuple[int, str, int]]:
        await house.paired()

        async def work(ctx: Context) -> None:
            here = house.salon.shop_id
            await remove_member(ctx, here, house.marta, "receptionist")
            await add_member(ctx, here, role="receptionist", user_id=house.marta)

        await house.do(work)
        return await house.posts()

    await house.accepted()
    assert await dismissed_and_back() == []

    async def nothing(*_given: object) -> None:
        """The control: without ending them."""

    monkeypatch.setattr("core.people.members.end_chats", nothing)
    assert await dismissed_and_back() == [(house.salon.shop_id, "receptionist", house.marta)]


async def test_who_was_let_go_does_not_come_back_by_an_open_invitation(house: House) -> None:
    await house.accepted()
    open_one, code = await house.invites()
    await house.do(lambda ctx: remove_member(ctx, house.salon.shop_id, house.marta, "receptionist"))
    assert await house.do(lambda ctx: invitations.invitation_by_code(ctx, code)) is None
    with pytest.raises(InvitationOver):
        await house.do(lambda ctx: invitations.accept_invitation(ctx, open_one.id, house.marta))


async def test_pairing_proves_a_chat_for_one_shop_alone(house: House) -> None:
    """Marta owns the barber's as well: the chat paired for the salon gives no orders there."""

    async def holds() -> list[bool]:
        async def work(ctx: Context) -> list[bool]:
            found = [
                await staff_proof(ctx, house.telegram, house.marta, place.shop_id)
                for place in (house.salon, house.barber)
            ]
            return [proof.holds(ctx.now, recent=True) for proof in found]

        there: list[bool] = await house.do(work)
        return there

    await house.accepted()
    assert await holds() == [False, False]
    chat = await house.paired()
    assert await holds() == [True, False]
    clock = house.runtime.clock
    assert isinstance(clock, FixedClock)
    clock.advance(timedelta(days=2))  # Telegram vouches for the account: no code after 12 hours
    assert await holds() == [True, False]
    await house.do(lambda ctx: end_chat(ctx, house.marta, chat.id))
    assert await holds() == [False, False]


async def test_one_account_acts_for_one_member_of_a_shop(house: House) -> None:
    await house.accepted()
    await house.paired()

    async def eves(ctx: Context) -> None:
        code = await pairing.issue_pairing_code(ctx, house.salon.shop_id, house.eve)
        await pairing.pair_conversation(ctx, house.telegram, code)

    await house.do(eves)
    assert await house.posts() == [(house.salon.shop_id, "owner", house.eve)]
    living = sa.select(sa.func.count()).where(member_chats.c.ended_at.is_(None))
    assert await house.do(lambda ctx: ctx.scalar(living)) == 1


# ------------------------------------------------------------------------------------ last owner


async def test_of_two_owners_who_remove_each_other_one_stays(house: House) -> None:
    here = house.salon.shop_id
    await house.do(lambda ctx: add_member(ctx, here, role="owner", user_id=house.marta))
    done = await asyncio.gather(
        *(
            house.do(partial(remove_member, shop_id=here, user_id=who, role="owner"))
            for who in (house.eve, house.marta)
        ),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in done) == ["LastOwner", "NoneType"]
    count = sa.select(sa.func.count()).where(members.c.shop_id == here, members.c.role == "owner")
    assert await house.do(lambda ctx: ctx.scalar(count)) == 1


@pytest.mark.parametrize("how", ["leave", "deactivate"])
async def test_the_last_owner_does_not_end_in_any_way(house: House, how: str) -> None:
    end = end_memberships if how == "leave" else sessions.set_account_active
    with pytest.raises(LastOwner):
        await house.do(lambda ctx: end(ctx, house.eve))
    assert await house.do(lambda ctx: is_member(ctx, house.salon.shop_id, house.eve)) is True


# ------------------------------------------------------------------------------------ older rows


async def test_older_members_and_pairings_are_taken_over(runtime: Runtime) -> None:
    """Of a member nobody heard of an invitation is left, of a paired account its role."""

    async def fill(ctx: Context) -> tuple[int, int]:
        place = await shops.build_salon(ctx)
        rows = RowFactory(ctx)
        marta = await verify_identity_without_conversation(ctx, "phone", MARTA, name="Marta")
        await add_member(ctx, place.shop_id, role="owner", user_id=marta)
        await add_member(ctx, place.shop_id, role="receptionist", phone=NOBODY, name="Pau")
        account = await rows.add(tables.identities, kind="telegram", value="777", user_id=marta)
        await rows.add(_lines(), channel="telegram", staff=True, shop_id=None)
        talk = {"line_id": rows.newest["lines"], "identity_id": account, "address": "777"}
        await rows.add(conversations, shop_id=None, **talk)
        return marta, rows.newest["conversations"]

    marta, talk = await runtime.run(fill)
    await migrate.downgrade(runtime, "0012")
    await migrate.upgrade(runtime)
    async with runtime.read_transaction() as ctx:
        assert [one.role for one in (await staff_of_conversation(ctx, talk)).roles] == ["owner"]
        assert await person_of_conversation(ctx, talk) is None
        kept = await ctx.all(sa.select(members.c.user_id, members.c.role))
        assert [tuple(row) for row in kept] == [(marta, "owner")]
        row = await ctx.first(sa.select(table.c.phone, table.c.name, table.c.role))
        assert row is not None
        assert tuple(row) == (NOBODY, "Pau", "receptionist")
    await migrate.downgrade(runtime, "0012")
    async with runtime.read_transaction() as ctx:
        kept = await ctx.all(sa.text("SELECT role FROM members ORDER BY role"))
        assert [row.role for row in kept] == ["owner", "receptionist"]
        whose = sa.text("SELECT user_id FROM identities WHERE value = '777'")
        assert await ctx.scalar(whose) == marta
    await migrate.upgrade(runtime)
