"""Whether Twilio calls the right address, calls again, and knows whom to call instead."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from bot.channels.twilio.channel import CONNECTION_OVERRIDES, create_http_client
from bot.cli.finding import Finding
from core.settings import Settings

if TYPE_CHECKING:
    from twilio.rest import Client

ASK_SECONDS = 8.0
"""Seconds for Twilio to answer; a check should not hang when it is away."""


async def twilio_findings(settings: Settings) -> list[Finding]:
    """Ask Twilio where it sends what people write to our SMS number or messaging service."""
    if not (
        settings.twilio_account_sid and settings.twilio_auth_token and settings.public_url
    ) or not (settings.twilio_sms_from or settings.twilio_messaging_service_sid):
        return []
    # Imported only here: it takes a third of a second, and few checks need it.
    from twilio.rest import Client

    http = create_http_client()
    try:
        account = settings.twilio_account_sid
        client = Client(account, settings.twilio_auth_token, http_client=http)
        client.api.base_url = settings.twilio_api_url
        client.messaging.base_url = settings.twilio_messaging_url
        async with asyncio.timeout(ASK_SECONDS):
            return await _ask(client, settings)
    except Exception as error:  # noqa: BLE001 - whatever the SDK or its client raises
        why = (str(getattr(error, "msg", "")) or str(error) or type(error).__name__).splitlines()[0]
        return [Finding("note", f"Twilio was not asked whom it calls: {why}")]
    finally:
        await http.close()


async def _ask(client: Client, settings: Settings) -> list[Finding]:
    found: list[Finding] = []
    service = settings.twilio_messaging_service_sid
    asks_number = bool(settings.twilio_sms_from)
    if service:
        one = await client.messaging.v1.services(service).fetch_async()
        if one.use_inbound_webhook_on_number:
            found.append(Finding("ok", "the messaging service leaves it to its numbers"))
        else:
            asks_number = False
            found += webhook_findings(
                settings, service, one.inbound_request_url, one.inbound_method, one.fallback_url
            )
    if asks_number:
        number = settings.twilio_sms_from
        if not number.startswith("+"):
            return [*found, Finding("note", f"Twilio cannot be asked whom it calls for {number}")]
        numbers = await client.incoming_phone_numbers.list_async(phone_number=number, limit=1)
        if not numbers:
            return [*found, Finding("wrong", f"this Twilio account does not have {number}")]
        own: Any = numbers[0]
        found += webhook_findings(
            settings, number, own.sms_url, own.sms_method, own.sms_fallback_url
        )
    return found


def webhook_findings(
    settings: Settings, whose: str, url: str | None, method: str | None, fallback: str | None
) -> Iterator[Finding]:
    """Check what is set at a number or service for a message that comes in."""
    ours = f"{settings.public_url}/webhooks/twilio/messages"
    address, _, fragment = (url or "").partition("#")
    if address != ours or (method or "POST").upper() != "POST":
        there = f"{method or ''} {address}".strip() or "nobody"
        yield Finding("wrong", f"for {whose} Twilio calls {there}, not POST {ours}")
        return
    overrides = parse_qs(fragment)
    count, policy = overrides.get("rc", ["0"])[0], overrides.get("rp", [""])[0].split(",")
    if count in {"", "0"} or not {"all", "5xx"} & set(policy):
        yield Finding(
            "note",
            f"for {whose} Twilio does not call again, so messages are lost while the database is "
            f"away: set {ours}{CONNECTION_OVERRIDES}",
        )
    else:
        yield Finding("ok", f"for {whose} Twilio calls again after a failure ({count} times)")
    elsewhere = urlsplit(fallback or "").hostname
    if not elsewhere:
        yield Finding(
            "note",
            f"for {whose} Twilio has no fallback address: messages are lost when we are away for "
            "longer than 15 seconds (docs/connect-twilio.md)",
        )
    elif elsewhere == urlsplit(ours).hostname:
        yield Finding("note", f"for {whose} the fallback address is on our own host: away with us")
    else:
        yield Finding("ok", f"for {whose} the fallback address is on {elsewhere}")
