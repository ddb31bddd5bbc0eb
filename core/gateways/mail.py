"""Mail to one person: the links that verify an address and set a password."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Protocol
from urllib.parse import unquote, urlsplit

from core.errors import DeliveryFailed
from core.settings import Settings

TIMEOUT = 20
"""Seconds a mail server gets."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A message in plain text."""

    to: str
    subject: str
    text: str


class Mailer(Protocol):
    """Hands mails over."""

    async def send(self, mail: Mail) -> None:
        """Hand one over; DeliveryFailed if it cannot be."""
        ...


@dataclass(slots=True)
class Memory:
    """Keeps mails instead of sending them, for tests."""

    sent: list[Mail] = field(default_factory=list)

    async def send(self, mail: Mail) -> None:
        """Keep one."""
        self.sent.append(mail)


@dataclass(frozen=True, slots=True)
class Smtp:
    """A mail server: `smtp://user:password@host:587` (STARTTLS), `smtps://…:465`."""

    url: str
    sender: str

    async def send(self, mail: Mail) -> None:
        """Hand one over; DeliveryFailed when the server will not have it."""
        import aiosmtplib

        server = urlsplit(self.url)
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, mail.to, mail.subject
        message["Date"], message["Message-ID"] = formatdate(), make_msgid("slotline")
        # Told to programs that answer mails by themselves (RFC 3834).
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        try:
            await aiosmtplib.send(
                message,
                hostname=server.hostname or "localhost",
                port=server.port,
                username=unquote(server.username) if server.username else None,
                password=unquote(server.password) if server.password else None,
                use_tls=server.scheme == "smtps",
                timeout=TIMEOUT,
            )
        except (aiosmtplib.SMTPException, OSError) as error:
            raise DeliveryFailed(reason=type(error).__name__) from error


@dataclass(frozen=True, slots=True)
class Nowhere:
    """Where no mail server is set: nothing can be sent."""

    async def send(self, mail: Mail) -> None:  # noqa: ARG002 - nobody gets it
        """Raise DeliveryFailed."""
        raise DeliveryFailed(permanent=True, reason="SMTP_URL is not set")


def mailer(settings: Settings) -> Mailer:
    """Return the gateway the settings name."""
    if not settings.smtp_url:
        return Nowhere()
    return Smtp(settings.smtp_url, settings.mail_from or "slotline@localhost")
