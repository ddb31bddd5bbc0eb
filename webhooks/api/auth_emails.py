"""The mails of accounts: their words, their links, and sending them after the answer."""

from __future__ import annotations

import asyncio

import structlog
from fastapi import Request

from bot.app import App
from bot.i18n.messages import TRANSLATOR, text
from core.auth.password_login import AuthEmail
from core.errors import DeliveryFailed
from core.mailer import Mail, Mailer
from core.messaging.messages import Say
from webhooks.http.html import negotiate_language

log = structlog.get_logger(__name__)

LINK_PATHS = {"verify": "verify", "new_password": "password"}


def send_auth_email(request: Request, email: AuthEmail | None) -> None:
    """Send a letter in the background: how long it takes would tell who is known here."""
    if email is None:
        return
    app: App = request.app.state.slotline
    mailer: Mailer = request.app.state.mailer
    mail = render_auth_email(
        email,
        app.settings.public_base_url,
        negotiate_language(request.headers.get("Accept-Language", "")),
    )
    under_way: set[asyncio.Task[None]] = request.app.state.mails
    task = asyncio.create_task(_send(mailer, mail))
    under_way.add(task)
    task.add_done_callback(under_way.discard)


def render_auth_email(email: AuthEmail, base_url: str, language: str) -> Mail:
    """Return a letter in somebody's words, its link's token behind a question mark."""
    page = LINK_PATHS.get(email.kind)
    link = f"{base_url}/account/{page}?token={email.token}" if page else ""
    subject, body = text(f"mail.{email.kind}.subject"), text(f"mail.{email.kind}", link=link)
    return Mail(email.email, _words(subject, language), _words(body, language))


def _words(say: Say, language: str) -> str:
    return TRANSLATOR.translate(say, language)


async def _send(mailer: Mailer, mail: Mail) -> None:
    try:
        await mailer.send(mail)
    except DeliveryFailed as error:
        log.warning("mail.failed", reason=error.params.get("reason"))
