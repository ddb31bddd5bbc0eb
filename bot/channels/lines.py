"""Our ends of the channels: the ones the settings name, and the rows there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parseaddr

import sqlalchemy as sa

from bot.channels.telegram.api import parse_bot_id
from core.db import tables
from core.db.context import Context
from core.messaging import lines
from core.settings import Settings


@dataclass(frozen=True, slots=True)
class Line:
    """One end: `address` is our number, messaging service or bot; no shop means all of them."""

    id: int
    transport: str
    channel: str
    account: str
    address: str
    shop_id: int | None
    staff: bool


async def load_lines(ctx: Context, transport: str | None = None) -> list[Line]:
    """Return the active lines, of one transport or of all."""
    c = tables.lines.c
    rows = sa.select(c.id, c.transport, c.channel, c.account, c.address, c.shop_id, c.staff).where(
        c.active
    )
    if transport is not None:
        rows = rows.where(c.transport == transport)
    return [Line(**row._asdict()) for row in await ctx.all(rows.order_by(c.id))]


async def ensure_default_lines(ctx: Context, settings: Settings) -> None:
    """Add the lines that the settings name and the database lacks; they serve all shops."""
    for address, staff in telegram_addresses(settings):
        await lines.get_or_create_line(
            ctx, transport="telegram", channel="telegram", address=address, staff=staff
        )
    if settings.smtp_url and (mailbox := parseaddr(settings.mail_from)[1]):
        await lines.get_or_create_line(ctx, transport="smtp", channel="email", address=mailbox)
    for channel, address in twilio_addresses(settings):
        await lines.get_or_create_line(
            ctx,
            transport="twilio",
            channel=channel,
            account=settings.twilio_account_sid,
            address=address,
        )


def telegram_addresses(settings: Settings) -> Iterable[tuple[str, bool]]:
    """Yield (the bot's number, whether it is the owners') of each bot the settings make."""
    for token, staff in (
        (settings.telegram_bot_token, False),
        (settings.telegram_owner_bot_token, True),
    ):
        if parse_bot_id(token):
            yield parse_bot_id(token), staff


def twilio_addresses(settings: Settings) -> Iterable[tuple[str, str]]:
    """Yield (channel, our address) of each Twilio line the settings make."""
    if not (settings.twilio_account_sid and settings.twilio_auth_token):
        return
    sms = settings.twilio_sms_from or settings.twilio_messaging_service_sid
    if sms:
        yield "sms", sms
    if settings.twilio_whatsapp_from:
        yield "whatsapp", settings.twilio_whatsapp_from.removeprefix("whatsapp:")
