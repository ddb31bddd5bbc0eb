"""Checks of an installation in plain words, for `doctor` and for every start."""

from __future__ import annotations

import argparse
import asyncio
import re
import resource
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from bot.channels.twilio import rates
from bot.channels.twilio.templates import parse_template_sids
from bot.cli.common import with_runtime
from bot.cli.doctor_telegram import telegram_findings
from bot.cli.doctor_twilio import twilio_findings
from bot.cli.finding import Finding
from core.db import secret_key
from core.db.runtime import Runtime
from core.errors import NotReady
from core.messaging import whatsapp_templates
from core.networks import parse_networks
from core.reporting import gauges
from core.settings import RESERVED_FILES, Settings
from core.values.line_addresses import parse_line_address

_TOKEN = re.compile(r"[0-9]{6,}:[A-Za-z0-9_-]{30,}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
MIN_SHARED_SECRET = 16
"""Characters of a secret that others repeat to us."""

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def settings_findings(settings: Settings) -> Iterator[Finding]:
    """Check the settings only."""
    if settings.log_level.upper() not in _LEVELS:
        yield Finding("wrong", f"LOG_LEVEL is none of {', '.join(_LEVELS)}: INFO is used")
    if settings.host not in {"127.0.0.1", "::1", "localhost"} and not settings.public_url:
        yield Finding("note", "HOST lets others in, but PUBLIC_URL does not say under which name")
    if settings.host not in {"127.0.0.1", "::1", "localhost"}:
        yield _proxies(settings)
    if settings.effective_database_url.startswith("postgresql") and not settings.secret_key:
        yield Finding(
            "note", "SECRET_KEY is made and kept in DATA_DIR: processes elsewhere need the same"
        )
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if settings.max_connections + RESERVED_FILES > files:
        yield Finding(
            "note",
            f"MAX_CONNECTIONS is {settings.max_connections}, but the system grants {files} files: "
            f"{max(1, files - RESERVED_FILES)} are taken (ulimit -n)",
        )
    yield from _secrets(settings)
    yield from _public_url(settings)
    yield from _telegram(settings)
    yield from _twilio(settings)


def _proxies(settings: Settings) -> Finding:
    if all(network.is_loopback for network in parse_networks(settings.trusted_proxies)):
        return Finding(
            "note",
            "TRUSTED_PROXIES has nobody from outside: a proxy on another machine or in front of a "
            "container makes all visitors one, who share one limit",
        )
    return Finding("ok", f"{settings.trusted_proxies} say where visitors come from")


def _secrets(settings: Settings) -> Iterator[Finding]:
    keys = {
        "SECRET_KEY": settings.secret_key,
        "SECRET_KEY_PREVIOUS": settings.secret_key_previous,
    }
    for name, key in keys.items():
        if key and (weak := secret_key.key_weakness(key)):
            yield Finding("wrong", f"{name} {weak}: {secret_key.HOW_TO_MAKE}")
    others = {
        "TELEGRAM_WEBHOOK_SECRET": settings.telegram_webhook_secret,
        "METRICS_TOKEN": settings.metrics_token,
    }
    for name, value in others.items():
        if 0 < len(value) < MIN_SHARED_SECRET:
            yield Finding(
                "wrong", f"{name} has {len(value)} characters: {MIN_SHARED_SECRET} or more, or none"
            )
    file = secret_key.key_file(settings)
    if not settings.secret_key and secret_key.opens_to_others(file):
        yield Finding("wrong", f"other users may read {file}: chmod 600, by its owner")
    if secret_key.opens_to_others(settings.data_dir):
        yield Finding("wrong", f"other users may enter DATA_DIR, {settings.data_dir}: chmod 700")


def _public_url(settings: Settings) -> Iterator[Finding]:
    if not settings.public_url:
        yield Finding("note", "PUBLIC_URL is not set: links work on this machine only")
        return
    url = urlsplit(settings.public_url)
    if url.scheme not in {"http", "https"} or not url.hostname or url.query or url.fragment:
        yield Finding("wrong", "PUBLIC_URL is no address such as https://book.example.com")
    elif url.scheme == "http" and url.hostname not in {"127.0.0.1", "localhost"}:
        yield Finding("note", "PUBLIC_URL is not https: codes and links travel readable")


def _telegram(settings: Settings) -> Iterator[Finding]:
    tokens = {
        "TELEGRAM_BOT_TOKEN": settings.telegram_bot_token,
        "TELEGRAM_OWNER_BOT_TOKEN": settings.telegram_owner_bot_token,
    }
    if not settings.telegram_bot_token:
        yield Finding("note", "Telegram is not set up: no bot for customers (TELEGRAM_BOT_TOKEN)")
    for name, token in tokens.items():
        if token and not _TOKEN.fullmatch(token):
            yield Finding("wrong", f"{name} is no token such as 123456789:AAE…")
    if len(set(tokens.values()) - {""}) < sum(map(bool, tokens.values())):
        yield Finding("wrong", "Telegram has one token for two bots: each needs its own")
    secret = settings.telegram_webhook_secret
    if secret and not _SECRET.fullmatch(secret):
        yield Finding("wrong", "TELEGRAM_WEBHOOK_SECRET may have letters, digits, _ and - only")
    if any(tokens.values()):
        way = f"calls POST {settings.public_url}/webhooks/telegram/…" if settings.public_url else ""
        yield Finding("ok", f"Telegram {way or 'is asked for updates (no PUBLIC_URL)'}")
    if settings.telegram_bot_token and not settings.twilio_sms_from:
        yield Finding("note", "No SMS: on Telegram a phone can only be shared, not typed")


def _twilio(settings: Settings) -> Iterator[Finding]:
    ours = {
        "TWILIO_ACCOUNT_SID": settings.twilio_account_sid,
        "TWILIO_AUTH_TOKEN": settings.twilio_auth_token,
    }
    senders = {
        "TWILIO_SMS_FROM": settings.twilio_sms_from,
        "TWILIO_WHATSAPP_FROM": settings.twilio_whatsapp_from.removeprefix("whatsapp:"),
    }
    service = settings.twilio_messaging_service_sid
    if not any((*ours.values(), *senders.values(), service)):
        yield Finding("note", "Twilio is not set up: no SMS, no WhatsApp (TWILIO_* in .env)")
        return
    lacking = [name for name, value in ours.items() if not value]
    if lacking:
        yield Finding("wrong", f"Twilio lacks {' and '.join(lacking)}")
    if not any((*senders.values(), service)):
        yield Finding("wrong", "Twilio lacks a sender: TWILIO_SMS_FROM, TWILIO_WHATSAPP_FROM")
    for name, channel in (("TWILIO_SMS_FROM", "sms"), ("TWILIO_WHATSAPP_FROM", "whatsapp")):
        yield from _sender(name, channel, senders[name])
    _, odd = rates.parse_rates(settings.twilio_rates)
    for part in odd:
        yield Finding("wrong", f"TWILIO_RATES has {part}, which is no rate such as longcode=10")
    _, wrong = parse_template_sids(settings.twilio_content_sids)
    if wrong:
        yield Finding("wrong", f"TWILIO_CONTENT_SIDS has what is no template: {', '.join(wrong)}")
    if service and not service.startswith("MG"):
        yield Finding("wrong", "TWILIO_MESSAGING_SERVICE_SID does not begin with MG")
    if not settings.public_url:
        yield Finding("wrong", "Twilio cannot reach us, nor its signatures be checked: PUBLIC_URL")
    elif not lacking:
        yield Finding("ok", f"Twilio calls POST {settings.public_url}/webhooks/twilio/messages")
    if senders["TWILIO_SMS_FROM"] or service:
        yield Finding(
            "note",
            "Twilio answers STOP and CANCEL in our place: let its opt-out reply say that bookings "
            "stand and whom to call (docs/connect-twilio.md)",
        )


def _sender(name: str, channel: str, value: str) -> Iterator[Finding]:
    address = parse_line_address(channel, value)
    if value and address is None:
        yield Finding("wrong", f"{name} is no number such as +15551234567")
    elif address is not None and address.text != value:
        yield Finding("wrong", f"{name} has to be written {address.text}")
    elif address is not None and address.is_one_way:
        yield Finding(
            "note", f"{name} is a name, which nobody can write to: no bookings by SMS, only news"
        )


async def database_findings(runtime: Runtime) -> list[Finding]:
    """Check the database: reachable, migrated, guarded, and with shops and lines."""
    from core.db import migrate  # Alembic is slow to import, and a start needs the rest only

    try:
        await runtime.ensure_ready()
    except NotReady as error:
        return [Finding("wrong", str(error.params["reason"]))]
    current, _ = await migrate.current_and_head(runtime)
    findings = [Finding("ok", f"database: {runtime.dialect}, revision {current}, guards in place")]
    async with runtime.read_transaction() as ctx:
        counts = await gauges.count_shops_and_lines(ctx)
        templates = await whatsapp_templates.load_templates(
            ctx, runtime.settings.twilio_account_sid
        )
    if not counts.shops:
        findings.append(
            Finding("note", "there is no shop yet: python -m bot seed-demo makes three")
        )
    else:
        findings.append(Finding("ok", f"shops: {counts.shops}, lines: {counts.lines}"))
    if runtime.settings.twilio_whatsapp_from:
        findings.append(_whatsapp(templates))
    return findings


def _whatsapp(templates: Mapping[str, whatsapp_templates.StoredTemplate]) -> Finding:
    if not templates:
        return Finding(
            "note",
            "WhatsApp shows numbers, not lists: python -m bot whatsapp-setup makes templates",
        )
    approved = sum(one.approval == "approved" for one in templates.values())
    asked = sum(bool(one.approval) for one in templates.values())
    text = f"WhatsApp's templates: {len(templates)}, approved for late messages: {approved}"
    return Finding("ok" if approved == asked else "note", f"{text} of {asked}")


async def _ask_providers(settings: Settings) -> list[Finding]:
    return [*await twilio_findings(settings), *await telegram_findings(settings)]


def run(settings: Settings, _options: argparse.Namespace) -> int:
    """Print the results and return 1 if anything is wrong."""
    # First, since opening makes the files private where it can.
    try:
        found = with_runtime(settings, database_findings)
    except NotReady as error:
        found = [Finding("wrong", str(error.params["reason"]))]
    findings = [*settings_findings(settings), *found, *asyncio.run(_ask_providers(settings))]
    # A setting that also keeps the runtime from opening is said once.
    findings = list(dict.fromkeys(findings))
    for finding in sorted(findings, key=lambda f: ("wrong", "note", "ok").index(f.level)):
        print(f"{finding.level:5}  {finding.text}")
    wrong = sum(finding.level == "wrong" for finding in findings)
    print(f"{wrong} to put right." if wrong else "Fit to serve.")
    return 1 if wrong else 0
