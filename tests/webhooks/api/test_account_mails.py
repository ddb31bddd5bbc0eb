"""Mails about accounts are kept until the mail server accepts them."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa

from bot.channels.email import EmailChannel
from bot.delivery.render_outgoing import render_outgoing
from core.db.tables import outbox
from core.errors import DeliveryFailed
from core.mailer import Mail
from core.messaging.lines import get_or_create_line
from core.messaging.outbox.acknowledge import mark_failed, mark_sent
from core.messaging.outbox.claim import claim_due
from tests.webhooks.api.harness import ApiHarness

ADDRESS = "nora@example.org"
WORDS = "a long enough secret"


@dataclass
class MailServer:
    """A mail server that can be down."""

    away: bool = False
    sent: list[Mail] = field(default_factory=list)

    async def send(self, mail: Mail) -> None:
        if self.away:
            raise DeliveryFailed(reason="away", away=True)
        self.sent.append(mail)


async def deliver(api: ApiHarness, server: MailServer) -> None:
    """Deliver what is due with a sender, as every process does."""
    channel = EmailChannel(server, "us@example.org", api.runtime)
    async with api.runtime.transaction() as ctx:
        rows = await claim_due(ctx, starting=True)
    for row in rows:
        try:
            await channel.send(row, render_outgoing(row, channel))
        except DeliveryFailed:
            async with api.runtime.transaction() as ctx:
                await mark_failed(ctx, row.id, row.lease, error="away")
        else:
            async with api.runtime.transaction() as ctx:
                await mark_sent(ctx, row.id, row.lease)


@pytest.fixture
async def mailing(api: ApiHarness) -> ApiHarness:
    async with api.runtime.transaction() as ctx:
        await get_or_create_line(ctx, transport="smtp", channel="email", address="us@example.org")
    return api


async def register(api: ApiHarness) -> int:
    answer = await api.request(
        "POST",
        "/auth/register",
        json={"email": ADDRESS, "password": WORDS, "name": "Nora"},
        headers={"Accept-Language": "es"},
    )
    return answer.status_code


async def test_a_mail_outlives_the_mail_servers_outage_and_the_process(
    mailing: ApiHarness,
) -> None:
    server = MailServer(away=True)
    assert await register(mailing) == 202
    await mailing.wait_for_emails()
    assert mailing.mails.sent == []  # nothing went straight from the request
    await deliver(mailing, server)
    assert server.sent == []
    server.away = False
    mailing.clock.move_to("2026-03-09T09:30Z")
    await deliver(mailing, server)
    (mail,) = server.sent
    assert (mail.to, mail.subject) == (ADDRESS, "Verifica tu correo")
    assert "/account/verify?token=" in mail.text
    assert "Nobody" not in mail.text
    assert mail.headers == ()
    await deliver(mailing, server)
    assert len(server.sent) == 1
    kept = await mailing.fetch_scalar(sa.select(sa.cast(outbox.c.message, sa.Text)))
    assert "token=" not in kept  # the link is wiped once it is sent


async def test_without_a_line_for_mail_it_goes_at_once_and_may_be_lost(api: ApiHarness) -> None:
    """The control: without a line for mail nothing is queued."""
    assert await register(api) == 202
    await api.wait_for_emails()
    assert [mail.to for mail in api.mails.sent] == [ADDRESS]
    assert await api.fetch_scalar(sa.select(sa.func.count()).select_from(outbox)) == 0
