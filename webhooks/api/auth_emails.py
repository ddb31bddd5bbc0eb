"""Mails about accounts: their texts and links, queued with the change they confirm.

A mail is put into the outbox in the transaction that made its link, so that no crash and no outage
of the mail server loses it. Only where no line sends mail is it handed to the server at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog
from fastapi import Request

from bot.app import App
from bot.i18n.messages import TRANSLATOR, text
from core.auth.account_mails import enqueue_account_mail
from core.auth.password_login import AuthEmail
from core.db.context import Context
from core.errors import DeliveryFailed
from core.mailer import Mail, Mailer
from core.messaging.messages import Say
from webhooks.http.html import negotiate_language

T = TypeVar("T")

log = structlog.get_logger(__name__)

LINK_PATHS = {"verify": "verify", "new_password": "password"}


@dataclass(slots=True)
class EmailQueueRunner:
    """Runs the work of a request and queues the mail it returns in the same transaction."""

    request: Request
    queued: bool = False

    async def run(self, work: Callable[[Context], Awaitable[T]]) -> T:
        """Run `work` and commit, with its mail if it returns one."""
        app: App = self.request.app.state.slotline
        language = negotiate_language(self.request.headers.get("Accept-Language", ""))
        queued = False

        async def with_mail(ctx: Context) -> T:
            nonlocal queued
            made = await work(ctx)
            if isinstance(made, AuthEmail):
                say = _body(made, app.settings.public_base_url)
                queued = await enqueue_account_mail(ctx, say, email=made.email, language=language)
            return made

        made = await app.runtime.run(with_mail)
        self.queued = self.queued or queued
        return made


def send_unqueued_email(runner: EmailQueueRunner, email: AuthEmail | None) -> None:
    """Send a mail that could not be queued, in the background.

    How long it takes would tell who is known here.
    """
    if email is None or runner.queued:
        return
    request = runner.request
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
    """Return a mail in the person's language, with its token in the link's query."""
    subject, body = text(f"mail.{email.kind}.subject"), _body(email, base_url)
    return Mail(email.email, _words(subject, language), _words(body, language))


def _body(email: AuthEmail, base_url: str) -> Say:
    page = LINK_PATHS.get(email.kind)
    link = f"{base_url}/account/{page}?token={email.token}" if page else ""
    return Say(f"mail.{email.kind}", {"link": link}, secret=bool(link))


def _words(say: Say, language: str) -> str:
    return TRANSLATOR.translate(say, language)


async def _send(mailer: Mailer, mail: Mail) -> None:
    try:
        await mailer.send(mail)
    except DeliveryFailed as error:
        log.warning("mail.failed", reason=error.params.get("reason"))
