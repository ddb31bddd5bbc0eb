"""A person who is erased: no byte of theirs is left, and nothing of anybody else's is missing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.bookings.booking import list_bookings
from core.db import tables
from core.db.context import Context
from core.db.runtime import Runtime
from core.db.tables import claims, conversations, customers, outbox, prompts, users
from core.errors import InvalidValue, NotFound
from core.people.customers import ERASED_NAME
from core.people.members import add_member
from core.privacy.erasure import ErasureResult, erase_person
from core.privacy.export import export_person
from core.privacy.personal_data import data_subject_of_customer, data_subject_of_user
from core.reporting.filters import build_filter
from core.reporting.shop_report import build_shop_report
from tests.core.bookings.harness import BookingHarness, open_booking_harness
from tests.support.row_factory import RowFactory

pytestmark = pytest.mark.usefixtures("only_database_awaits")

CANARY = "zyxcanary"
PHONE = "+34699123987"
MARKS = (CANARY, PHONE[1:])

OURS = frozenset(
    # Words of our own in columns of text: states, kinds, names of things, marks of the machinery.
    "state kind queue transport origin action target from_state to_state payment_status purpose"
    " timezone currency local_time ref event_id actor caller key fingerprint request step decision"
    " how prefix idempotency_key unique_key lease provider_message_id provider_status sms_encoding"
    " language".split()
)

THEIRS = (
    "users identities customers conversations consents prompts inbox outbox one_time_codes"
    " bookings booking_events passwords auth_sessions audit idempotency_keys unrecognized_messages"
    " invitations member_chats reaches untold"
).split()


class Planted:
    """Somebody whose every text has a canary in it, in every table that may hold one."""

    def __init__(self, ctx: Context, house: BookingHarness) -> None:
        self.ctx, self.house, self.rows = ctx, house, RowFactory(ctx)
        self.rows.newest |= {
            "shops": house.shop,
            "services": house.cut,
            "providers": house.ana,
        }

    async def add(self, name: str, **values: Any) -> int:
        """Add a row of a table, a canary in each of its texts that is not given."""
        table = tables.metadata.tables[name]
        texts = {
            column.name: f"{CANARY} {name}.{column.name}"
            for column in table.c
            if isinstance(column.type, sa.Text) and column.name not in OURS
        }
        jsons = {
            column.name: {"runs": 3, "params": {"words": f"{CANARY} {name}.{column.name}"}}
            for column in table.c
            if column.type is tables.outbox.c.message.type
        }
        return await self.rows.add(table, **{**texts, **jsons, **values})

    async def everything(self) -> tuple[int, int, int]:
        """Plant it all; return the user, the customer and a conversation."""
        ctx, house, shop = self.ctx, self.house, self.house.shop
        user = await self.add("users")
        identity = await self.add("identities", kind="phone", value=PHONE, user_id=user)
        await self.add("identities", kind="email", value=f"{CANARY}@example.org", user_id=user)
        customer = await self.add("customers", shop_id=shop, user_id=user, phone=PHONE)
        await self.add("customers", shop_id=shop, user_id=None, phone=PHONE)  # walked in once
        await self.add(
            "reaches",
            shop_id=shop,
            customer_id=customer,
            channel="sms",
            purpose="bookings",
            basis="booking",
        )
        line = await ctx.scalar(sa.select(tables.lines.c.id))
        talk = await self.add(
            "conversations", line_id=line, shop_id=shop, identity_id=identity, address=PHONE
        )
        talk_of = {"conversation_id": talk}
        await self.add("consents", **talk_of)
        prompt = await self.add("prompts", **talk_of, options=[{"label": CANARY}])
        done = {"done_at": ctx.now, "state": "done"}
        await self.add("inbox", **talk_of, line_id=line, prompt_id=prompt, **done)
        await self.add("unrecognized_messages", shop_id=shop, at=ctx.now)
        await self.add("one_time_codes", **talk_of, shop_id=shop)
        await self.add("one_time_codes", conversation_id=None, shop_id=None, facts={"user": user})
        await self.add("staff_proofs", **talk_of, user_id=user, identity_id=identity)
        for state in ("due", "sent"):
            row = {"state": state, "shop_id": shop, "prompt_id": prompt, "booking_id": None}
            await self.add("outbox", **talk_of, **row)
        past = ctx.now - timedelta(days=20)
        booking = await self.add(
            "bookings",
            shop_id=shop,
            customer_id=customer,
            **talk_of,
            session_id=None,
            visit_id=None,
            series_id=None,
            state="completed",
            payment_status="paid",
            starts_at=past,
            ends_at=past + timedelta(minutes=30),
            local_date=past.date(),
            snapshot={"service": "Cut", "customer": CANARY, "phone": PHONE},
        )
        await self.add("booking_events", shop_id=shop, booking_id=booking, actor=f"user:{user}")
        await self.add("untold", shop_id=shop, booking_id=booking)
        for phone, by in ((PHONE, None), ("+34600999999", user)):
            invited = {"shop_id": shop, "role": "owner", "phone": phone, "accepted_by": by}
            await self.add("invitations", **invited)
        account = await self.add("identities", kind="telegram", user_id=None, verified_at=None)
        await self.add("member_chats", shop_id=shop, user_id=user, identity_id=account)
        await self.add("conversations", line_id=line, identity_id=account, address=CANARY)
        for name in ("passwords", "auth_sessions"):
            await self.add(name, user_id=user)
        await self.add("audit", user_id=user, shop_id=None)
        await self.add("idempotency_keys", caller=f"user:{user}", key="1")
        # What the shop's people were told, asked, and wrote themselves.
        owner = {"conversation_id": house.owner_talk, "shop_id": shop}
        alert = await self.add(
            "prompts", conversation_id=house.owner_talk, args={"booking": booking, "n": CANARY}
        )
        await self.add("outbox", **owner, booking_id=booking, prompt_id=alert, state="due")
        await self.add(
            "prompts", conversation_id=house.owner_talk, args={"conversation": talk, "w": CANARY}
        )
        relay = await self.add("outbox", **owner, booking_id=None, state="sent", prompt_id=None)
        assert relay
        called = f"{CANARY} customers.name"
        await self.add(
            "inbox",
            conversation_id=house.owner_talk,
            line_id=line,
            prompt_id=None,
            incoming={"text": f"walk-in {called} {PHONE}"},
            **done,
        )
        await ctx.execute(
            sa.update(conversations)
            .where(conversations.c.id == house.owner_talk)
            .values(state={"runs": 7, "stack": [{"name": called}]})
        )
        await self.add(
            "audit",
            user_id=house.owner,
            shop_id=shop,
            target=f"shops/{shop}/customers/{customer}",
            address="",
        )
        await self.add(
            "audit",
            user_id=house.owner,
            shop_id=shop,
            action="bookings.book",
            target=f"shops/{shop}/bookings",
            after={"customer": called},
            before=None,
            address="",
        )
        await self.add("idempotency_keys", caller=f"user:{house.owner}", key="2", body=f"[{PHONE}]")
        # Words alone, with nothing that ties them to anybody: the person's number or name is there.
        await ctx.execute(
            sa.update(outbox)
            .where(outbox.c.id == relay)
            .values(
                message={"key": "x", "params": {"who": called}}, body=f"{called}: hello", error=""
            )
        )
        return user, customer, talk


def _vacuumed(folder: Path) -> dict[str, bytes]:
    with closing(sqlite3.connect(folder / "slotline.db")) as connection:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return {file.name: file.read_bytes() for file in folder.glob("slotline.db*")}


async def dump(runtime: Runtime, folder: Path) -> dict[str, bytes]:
    """All bytes of the database: the files of SQLite after VACUUM, the rows of PostgreSQL."""
    if runtime.engine.dialect.name == "sqlite":
        return _vacuumed(folder)
    found = {}
    async with runtime.read_transaction() as ctx:
        for name in tables.metadata.tables:
            rows = await ctx.all(sa.text(f"SELECT t::text FROM {name} t"))
            found[name] = "\n".join(row[0] for row in rows).encode()
    return found


def marked(found: dict[str, bytes]) -> list[str]:
    """Where a canary sits."""
    return [name for name, data in found.items() if any(m.encode() in data for m in MARKS)]


async def _where(runtime: Runtime) -> set[str]:
    """The tables with a canary, row by row."""
    found = set()
    async with runtime.read_transaction() as ctx:
        for name, table in tables.metadata.tables.items():
            for row in await ctx.all(sa.select(table)):
                if any(mark in str(tuple(row)) for mark in MARKS):
                    found.add(name)
    return found


async def test_no_byte_of_an_erased_person_is_left(
    runtime: Runtime,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    house = await open_booking_harness(runtime)
    hugo = await house.book("10:00", talk=house.hugo_talk)
    user, customer, _ = await house.transact(lambda ctx: Planted(ctx, house).everything())
    # The control: every table that may hold a text of theirs does, and the search finds it.
    assert await _where(runtime) == set(THEIRS)
    assert marked(await dump(runtime, tmp_path)) != []
    before = await house.transact(lambda ctx: _figures(ctx, house))
    others = await house.transact(lambda ctx: _others(ctx, house))
    erased = await house.transact(lambda ctx: _erase(ctx, user))
    assert (erased.cancelled, erased.anonymized_bookings) == (0, 1)
    assert await _where(runtime) == set()
    assert marked(await dump(runtime, tmp_path)) == []
    said = caplog.text + "".join(capfd.readouterr())
    assert [mark for mark in MARKS if mark in said] == []
    # The shop's books are as they were, and so is everybody else.
    assert await house.transact(lambda ctx: _figures(ctx, house)) == before
    assert await house.transact(lambda ctx: _others(ctx, house)) == others
    assert (await house.load_booking(hugo)).customer_name == "Marta"  # whom the house books for
    row = sa.select(customers.c.name, customers.c.user_id).where(customers.c.id == customer)
    assert [tuple(found) for found in await house.rows(row)] == [(ERASED_NAME, None)]


async def _erase(ctx: Context, user: int) -> ErasureResult:
    return await erase_person(ctx, await data_subject_of_user(ctx, user))


async def _figures(ctx: Context, house: BookingHarness) -> object:
    scope = await build_filter(ctx, house.shop)
    found = await build_shop_report(ctx, scope)
    return found.total, found.customers, found.providers, found.trend, found.hours


async def _others(ctx: Context, house: BookingHarness) -> object:
    """Hugo's and Marta's rows, and what waits for them."""
    talks = (house.marta_talk, house.hugo_talk)
    kept = []
    for table, which in (
        (conversations, conversations.c.id.in_(talks)),
        (outbox, outbox.c.conversation_id.in_(talks)),
        (prompts, prompts.c.conversation_id.in_(talks)),
        (users, users.c.id.in_((house.marta, house.hugo, house.owner))),
        (tables.identities, tables.identities.c.user_id.in_((house.marta, house.hugo))),
        (tables.bookings, tables.bookings.c.state == "confirmed"),
        (tables.lines, sa.true()),
    ):
        kept.append([tuple(row) for row in await ctx.all(sa.select(table).where(which))])
    return kept


async def test_what_is_to_come_is_called_off_and_its_time_given_back(runtime: Runtime) -> None:
    house = await open_booking_harness(runtime)
    await house.book("09:00")
    assert await house.claims_as_text() == ["Ana 10 09:00-10 09:30"]
    erased = await house.transact(lambda ctx: _erase(ctx, house.marta))
    assert (erased.cancelled, erased.anonymized_bookings) == (1, 1)
    assert (await house.claims_as_text(), await house.booking_states()) == ([], ["cancelled"])
    assert "09:00" in await house.free_times()
    assert [row.id for row in await house.rows(sa.select(claims.c.id))] == []
    # Nobody is written to: what waited was dropped or deleted.
    waiting = sa.select(outbox.c.id).where(outbox.c.state.in_(("due", "sending")))
    assert await house.rows(waiting) == []


async def test_who_writes_again_is_nobody_known(runtime: Runtime) -> None:
    house = await open_booking_harness(runtime)
    await house.book("09:00")
    await house.transact(lambda ctx: _erase(ctx, house.marta))
    row = sa.select(conversations.c.address).where(conversations.c.id == house.marta_talk)
    assert [found.address for found in await house.rows(row)] == [f"erased:{house.marta_talk}"]
    again = await house.transact(lambda ctx: _erase(ctx, house.marta))
    assert (again.cancelled, again.anonymized_bookings, again.messages) == (0, 0, 0)


async def test_who_works_at_a_shop_is_not_erased_but_may_read_all(runtime: Runtime) -> None:
    house = await open_booking_harness(runtime)
    with pytest.raises(InvalidValue):
        await house.transact(lambda ctx: _erase(ctx, house.owner))
    await house.transact(
        lambda ctx: add_member(ctx, house.shop, role="receptionist", phone="+34600000003")
    )
    with pytest.raises(InvalidValue):
        await house.transact(lambda ctx: _erase(ctx, house.marta))
    with pytest.raises(NotFound):
        await house.transact(lambda ctx: data_subject_of_user(ctx, 10**6))


async def test_a_shop_erases_only_what_it_has_of_a_person_known_elsewhere(
    runtime: Runtime,
) -> None:
    house = await open_booking_harness(runtime)
    booked = await house.book("09:00")
    other = await house.transact(lambda ctx: _elsewhere(ctx, house))
    customer = await house.customer(house.marta)

    async def erase(ctx: Context) -> ErasureResult:
        return await erase_person(ctx, await data_subject_of_customer(ctx, house.shop, customer))

    assert (await house.transact(erase)).anonymized_bookings == 1
    assert (await house.load_booking(booked)).customer_name == ERASED_NAME
    row = sa.select(customers.c.name, customers.c.user_id).where(customers.c.id == other)
    assert [tuple(found) for found in await house.rows(row)] == [("Marta", house.marta)]
    row = sa.select(users.c.name, users.c.deactivated_at).where(users.c.id == house.marta)
    assert [tuple(found) for found in await house.rows(row)] == [("Marta", None)]


async def _elsewhere(ctx: Context, house: BookingHarness) -> int:
    rows = RowFactory(ctx)
    shop = await rows.add(tables.shops)
    return await rows.add(customers, shop_id=shop, user_id=house.marta, name="Marta", phone="")


async def test_an_export_has_every_row_of_a_person_and_no_other(runtime: Runtime) -> None:
    house = await open_booking_harness(runtime)
    mine = await house.book("09:00")
    await house.book("10:00", talk=house.hugo_talk, slot=None)

    async def work(ctx: Context) -> tuple[dict[str, Any], int]:
        told = await export_person(ctx, await data_subject_of_user(ctx, house.marta))
        return told, len(await list_bookings(ctx, tables.bookings.c.shop_id == house.shop))

    told, all_ = await house.transact(work)
    assert all_ == 2
    assert [one["name"] for one in told["users"]] == ["Marta"]
    assert [one["value"] for one in told["identities"]] == ["+34600000003"]
    assert mine.ref in [one["ref"] for one in told["bookings"]]
    assert {one["conversation_id"] for one in told["outbox"]} <= {house.marta_talk}
    assert [one["id"] for one in told["conversations"]] == [house.marta_talk]
    assert not {"digest", "fingerprint", "lease"} & {
        name for rows in told.values() for row in rows for name in row
    }
