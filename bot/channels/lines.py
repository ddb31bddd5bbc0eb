"""The lines defined by the settings."""

from __future__ import annotations

from collections.abc import Iterable
from email.utils import parseaddr

from bot.channels.telegram.api import parse_bot_id
from core.db.context import Context
from core.messaging import lines
from core.settings import Settings
from core.values.line_addresses import parse_line_address


async def ensure_default_lines(ctx: Context, settings: Settings) -> None:
    """Create the settings' lines that the database lacks; they serve all shops."""
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
    """Yield (bot id, whether it is the owner bot) of each configured Telegram bot."""
    for token, staff in (
        (settings.telegram_bot_token, False),
        (settings.telegram_owner_bot_token, True),
    ):
        if parse_bot_id(token):
            yield parse_bot_id(token), staff


def twilio_addresses(settings: Settings) -> Iterable[tuple[str, str]]:
    """Yield (channel, address) of each configured Twilio line."""
    if not (settings.twilio_account_sid and settings.twilio_auth_token):
        return
    sms = settings.twilio_sms_from or settings.twilio_messaging_service_sid
    for channel, written in (("sms", sms), ("whatsapp", settings.twilio_whatsapp_from)):
        # As Twilio writes it, so that what comes to it finds it; doctor names what is none.
        known = parse_line_address(channel, written)
        if written:
            yield channel, known.text if known else written
