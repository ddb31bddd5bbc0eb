"""An hour without the provider: everything arrives afterwards, in order, within its rate."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from bot.app import build_channels
from bot.channels.twilio import channel
from bot.channels.twilio.channel import TwilioChannel
from bot.delivery.sender import OutboxSender
from bot.i18n.messages import MESSAGES
from core.clock import FixedClock
from core.db import tables
from core.db.runtime import Runtime
from core.messaging.messages import Say
from core.messaging.outbox import enqueue
from core.messaging.outbox.acknowledge import requeue_expired_leases
from core.messaging.outbox.delivery_status import record_provider_status
from tests.servers.twilio.faults import Fault
from tests.servers.twilio.server import TwilioServer
from tests.support.people_rows import PeopleRows

OURS = "+15005550006"
PEOPLE = [f"+3461000000{n}" for n in range(4)]
TEXTS = [f"message {n}" for n in range(3)]
HOUR = timedelta(hours=1)


@pytest.fixture
async def twilio(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TwilioServer]:
    monkeypatch.setitem(MESSAGES, "t.text", "{text}")
    monkeypatch.setattr(channel, "SEND_TIMEOUT", 0.2)
    async with TwilioServer(numbers=(OURS,)) as server:
        runtime.settings = runtime.settings.model_copy(
            update={
                "public_url": "http://127.0.0.1:1",
                "twilio_account_sid": server.account_sid,
                "twilio_auth_token": server.auth_token,
                "twilio_api_url": server.url,
            }
        )
        async with runtime.transaction() as ctx:
            place = await PeopleRows.open_shop(ctx, address=OURS)
            talks = [await place.open_conversation(person) for person in PEOPLE]
            for text in TEXTS:
                for talk in talks:
                    say = Say("t.text", {"text": text})
                    await enqueue.enqueue(ctx, say, conversation_id=talk, queue="alert")
        yield server


def down(server: TwilioServer, ours: TwilioChannel) -> None:
    """Nobody answers at Twilio's address."""
    ours.get_client().api.base_url = "http://127.0.0.1:1"


def up(server: TwilioServer, ours: TwilioChannel) -> None:
    """All is well."""
    server._faults.clear()
    ours.get_client().api.base_url = server.url


def always(fault: Fault) -> Callable[[TwilioServer, TwilioChannel], None]:
    """Every request goes wrong in the same way."""

    def begin(server: TwilioServer, _ours: TwilioChannel) -> None:
        server.fail_next(10_000, fault, retry_after=30)

    begin.__name__ = fault.name.lower()
    return begin


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "outage",
    # Garbage under a 2xx is an acceptance nobody can read: it is never sent again.
    [down, *(always(fault) for fault in Fault if fault is not Fault.GARBAGE)],
    ids=lambda outage: outage.__name__,
)
async def test_after_an_hours_outage_all_arrives_in_order_within_the_rate(
    runtime: Runtime, twilio: TwilioServer, outage: Callable[[TwilioServer, TwilioChannel], None]
) -> None:
    clock = runtime.clock
    assert isinstance(clock, FixedClock)
    ways = build_channels(runtime.settings, clock)
    ours = ways["twilio", "sms"]
    assert isinstance(ours, TwilioChannel)
    ours.pacer.max_queue_seconds = dict.fromkeys(
        ours.pacer.max_queue_seconds, 0.0
    )  # who has to wait is put back
    delivery = OutboxSender(runtime, ways)
    arrived: list[tuple[datetime, str, str]] = []

    async def deliver() -> int:
        """Deliver what is due; let Twilio report what it took; return how much that was."""
        before = len(twilio.messages)
        await runtime.run(requeue_expired_leases)
        await delivery.drain()
        new = twilio.messages[before:]
        for message in new:
            arrived.append((clock.now(), message.to, message.body))
            assert message.status_callback is not None
            (row,) = parse_qs(urlsplit(message.status_callback).query)["id"]
            async with runtime.transaction() as ctx:
                await record_provider_status(ctx, message.sid, "sent", outbox_id=int(row))
        return len(new)

    outage(twilio, ours)
    began = clock.now()
    while clock.now() - began < HOUR:
        await deliver()
        clock.advance(timedelta(seconds=45))
    tried = twilio.requests
    up(twilio, ours)
    while len(arrived) < len(PEOPLE) * len(TEXTS) and clock.now() - began < 3 * HOUR:
        clock.advance(timedelta(seconds=1 if await deliver() else 30))
    # Each once and in order, and never two in a second: the number is an ordinary one.
    assert {to: twilio.to(to) for to in PEOPLE} == dict.fromkeys(PEOPLE, TEXTS)
    moments = [at for at, _, _ in arrived]
    assert len(set(moments)) == len(moments) == len(PEOPLE) * len(TEXTS)
    # The provider was not hammered meanwhile: about one message a minute tried whether it is back.
    assert tried <= 100
    async with runtime.read_transaction() as ctx:
        states = await ctx.all(sa.select(tables.outbox.c.state).distinct())
    assert [state for (state,) in states] == ["sent"]
    for way in ways.values():
        await way.close()
