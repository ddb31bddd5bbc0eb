"""Where a message goes: WhatsApp's window to the second, templates, and the next channel."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.clock import FixedClock
from core.db import tables
from core.db.runtime import Runtime
from core.db.tables import conversations
from core.db.tables import outbox as table
from core.messaging import lines
from core.messaging.messages import Say
from core.messaging.outbox import enqueue
from core.messaging.outbox.acknowledge import mark_failed, mark_sent
from core.messaging.outbox.claim import claim_due
from core.messaging.outbox.delivery_status import record_opt_out
from core.people.identities import get_or_create_contact
from core.people.members import add_member
from core.people.preferences import set_preferred_channel
from core.people.verification import verify_identity
from core.shops import shops
from core.values.shop_changes import ShopChange
from tests.support.shops import build_salon

PHONE, SCOPED = "+34600111222", "ES.1a2b3c4d5e6f"
NEWS = Say("tell.moved", {"shop": "Bella Hair"})
SID = "HX" + "1" * 32

DAY = timedelta(hours=24)
SECOND = timedelta(seconds=1)


class Reach:
    """A shop with a real line on every channel, and somebody who talked on some of them."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        assert isinstance(runtime.clock, FixedClock)
        self.clock = runtime.clock
        self.shop = 0
        self.lines: dict[str, int] = {}
        self.talks: dict[str, int] = {}
        self.user = 0

    async def open(self) -> None:
        transports = {"telegram": "telegram", "whatsapp": "twilio", "sms": "twilio"}
        async with self.runtime.transaction() as ctx:
            self.shop = (await build_salon(ctx)).shop_id
            for channel, transport in (transports | {"email": "smtp"}).items():
                self.lines[channel] = await lines.get_or_create_line(
                    ctx, transport=transport, channel=channel, address=f"our {channel}",
                    shop_id=self.shop,
                )  # fmt: skip

    async def talked(self, channel: str, address: str = PHONE) -> int:
        """Let them have written on a channel just now, as who they are."""
        async with self.runtime.transaction() as ctx:
            line = _Line(self.lines[channel], channel, self.shop)
            contact = await get_or_create_contact(ctx, line, address)
            talk = contact.conversation_id
            if not self.user:
                self.user = await verify_identity(
                    ctx, "phone", PHONE, name="Marta", conversation_id=talk
                )
            mine = sa.update(tables.identities).where(tables.identities.c.id == contact.identity_id)
            await ctx.execute(mine.values(user_id=self.user, verified_at=ctx.now))
            heard = sa.update(conversations).where(conversations.c.id == talk)
            await ctx.execute(heard.values(last_in_at=ctx.now))
        self.talks[channel] = talk
        return talk

    async def post(self, talk: int, **more: Any) -> None:
        async with self.runtime.transaction() as ctx:
            queue = more.pop("queue", "alert")
            await enqueue.enqueue(
                ctx, NEWS, conversation_id=talk, queue=queue, shop_id=self.shop, **more
            )

    async def goes(self) -> list[tuple[str, str]]:
        """Claim what is due; return each one's channel and template."""
        async with self.runtime.transaction() as ctx:
            rows = await claim_due(ctx)
            for row in rows:
                await mark_sent(ctx, row.id, row.lease)
            return [(row.channel, row.template) for row in rows]

    async def fails(self, *, permanent: bool, unreachable: bool = False) -> str:
        """Claim the one that is due and let it fail; return its channel."""
        async with self.runtime.transaction() as ctx:
            (row,) = await claim_due(ctx, starting=True)
            await mark_failed(
                ctx, row.id, row.lease, error="no", permanent=permanent, unreachable=unreachable
            )
            return row.channel

    async def dropped(self) -> list[str]:
        async with self.runtime.read_transaction() as ctx:
            rows = await ctx.all(sa.select(table.c.error).where(table.c.state == "dropped"))
            return [row.error for row in rows]


class _Line:
    def __init__(self, id_: int, channel: str, shop_id: int) -> None:
        self.id, self.channel = id_, channel
        self.shop_id: int | None = shop_id


@pytest.fixture
async def reach(runtime: Runtime) -> Reach:
    made = Reach(runtime)
    await made.open()
    return made


# ------------------------------------------------------------------------------------ the window


@pytest.mark.parametrize(
    ("after", "templates", "way"),
    [
        (DAY - SECOND, {}, ("whatsapp", "")),
        (DAY - SECOND, {"tell.moved": {"en": SID}}, ("whatsapp", "")),
        (DAY, {"tell.moved": {"en": SID}}, ("whatsapp", SID)),
        (DAY + SECOND, {"tell.moved": {"en": SID}}, ("whatsapp", SID)),
        (DAY + SECOND, {"tell": {"en": SID}}, ("whatsapp", SID)),
        (DAY + SECOND, {"tell.moved": {"es": SID}}, ("sms", "")),
        (DAY + SECOND, {"reminder": {"en": SID}}, ("sms", "")),
        (DAY + SECOND, {}, ("sms", "")),
    ],
)
async def test_whatsapp_window_closes_after_24_hours(
    reach: Reach, after: timedelta, templates: dict[str, Any], way: tuple[str, str]
) -> None:
    """Within it we write as we like; after it by an approved template, or on the next channel."""
    await reach.talked("sms")
    talk = await reach.talked("whatsapp")
    async with reach.runtime.transaction() as ctx:
        await shops.change_shop(ctx, reach.shop, ShopChange(templates=templates))
    reach.clock.advance(after)
    await reach.post(talk)
    assert await reach.goes() == [way]
    assert await reach.dropped() == []


async def test_outside_the_window_with_nowhere_else_it_is_dropped_and_told(reach: Reach) -> None:
    talk = await reach.talked("whatsapp")
    async with reach.runtime.transaction() as ctx:
        owner = "+34600000001"
        await add_member(ctx, reach.shop, phone=owner, role="owner", name="Bella")
    reach.clock.advance(DAY + SECOND)
    await reach.post(talk)
    await reach.goes()
    assert await reach.dropped() == ["outside WhatsApp's 24 hours, and no template"]
    async with reach.runtime.read_transaction() as ctx:
        told = sa.select(table.c.kind).where(table.c.queue == "alert").order_by(table.c.id)
        assert [row.kind for row in await ctx.all(told)] == ["", "alert.undelivered"]


async def test_reply_needs_no_whatsapp_window(reach: Reach) -> None:
    """Whoever it answers has just written; by their clock, not by ours."""
    talk = await reach.talked("whatsapp")
    reach.clock.advance(DAY + SECOND)
    await reach.post(talk, queue="reply")
    assert await reach.goes() == [("whatsapp", "")]


async def test_somebody_who_hides_their_phone_has_a_window_of_their_own(reach: Reach) -> None:
    """WhatsApp's business-scoped ids are addresses like any other."""
    await reach.talked("sms")
    talk = await reach.talked("whatsapp", SCOPED)
    await reach.post(talk)
    assert await reach.goes() == [("whatsapp", "")]
    reach.clock.advance(DAY + SECOND)
    await reach.post(talk)
    assert await reach.goes() == [("sms", "")]
    async with reach.runtime.read_transaction() as ctx:
        kinds = sa.select(tables.identities.c.kind).where(tables.identities.c.value == SCOPED)
        assert await ctx.scalar(kinds) == "whatsapp"


# ------------------------------------------------------------------------------------ the next


async def test_permanent_failure_falls_back_to_the_next_channel(reach: Reach) -> None:
    mail = "marta@bella.example"
    for channel, address in (
        ("email", mail), ("sms", PHONE), ("whatsapp", PHONE), ("telegram", "5550001"),
    ):  # fmt: skip
        await reach.talked(channel, address)
    await reach.post(reach.talks["telegram"])
    tried = [await reach.fails(permanent=True) for _ in range(4)]
    assert tried == ["telegram", "whatsapp", "sms", "email"]
    assert await reach.goes() == []


async def test_preferred_channel_comes_before_the_fallback_order(reach: Reach) -> None:
    for channel, address in (("sms", PHONE), ("whatsapp", PHONE), ("telegram", "5550001")):
        await reach.talked(channel, address)
    async with reach.runtime.transaction() as ctx:
        await set_preferred_channel(ctx, reach.user, "sms")
    await reach.post(reach.talks["telegram"])
    assert [await reach.fails(permanent=True) for _ in range(3)] == ["telegram", "sms", "whatsapp"]


async def test_temporary_failure_stays_on_its_channel(reach: Reach) -> None:
    await reach.talked("sms")
    await reach.post(await reach.talked("whatsapp"))
    assert await reach.fails(permanent=False) == "whatsapp"
    assert await reach.goes() == []
    reach.clock.advance(timedelta(minutes=1))
    assert await reach.goes() == [("whatsapp", "")]


async def test_who_blocked_us_is_not_tried_there_until_they_write_again(reach: Reach) -> None:
    await reach.talked("sms")
    talk = await reach.talked("telegram", "5550001")
    await reach.post(talk)
    assert await reach.fails(permanent=True, unreachable=True) == "telegram"
    assert await reach.goes() == [("sms", "")]
    await reach.post(talk)
    assert await reach.goes() == [("sms", "")]
    reach.clock.advance(SECOND)
    await reach.talked("telegram", "5550001")
    await reach.post(talk)
    assert await reach.goes() == [("telegram", "")]


async def test_who_opted_out_everywhere_is_told_nothing(reach: Reach) -> None:
    await reach.talked("sms")
    talk = await reach.talked("whatsapp")
    async with reach.runtime.transaction() as ctx:
        for one in (talk, reach.talks["sms"]):
            await record_opt_out(ctx, one, how="stop", wording="stop")
    await reach.post(talk)
    assert await reach.goes() == []
    assert await reach.dropped() == ["opted out"]
