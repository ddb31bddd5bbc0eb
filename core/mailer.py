"""Mail to one person: links that verify an address, and whatever else can be told by mail."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit

from core.errors import DeliveryFailed
from core.settings import Settings

if TYPE_CHECKING:
    # It is imported where a mail is sent: few processes send one.
    from aiosmtplib import SMTPRecipientRefused, SMTPResponseException

TIMEOUT_SECONDS = 20
"""Seconds a mail server gets."""

_FOR_GOOD = 500


@dataclass(frozen=True, slots=True)
class Mail:
    """A message in plain text, and if need be in HTML too, with a calendar file.

    `headers` are further ones, `calendar` (method, file) is shown as an invitation.
    """

    to: str
    subject: str
    text: str
    html: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    calendar: tuple[str, bytes] | None = None


class Mailer(Protocol):
    """Hands mails over."""

    async def send(self, mail: Mail) -> None:
        """Hand one over; DeliveryFailed if it cannot be."""
        ...


@dataclass(slots=True)
class MemoryMailer:
    """Keeps mails instead of sending them, for tests."""

    sent: list[Mail] = field(default_factory=list)

    async def send(self, mail: Mail) -> None:
        """Keep one."""
        self.sent.append(mail)


@dataclass(frozen=True, slots=True)
class SmtpMailer:
    """A mail server: `smtp://user:password@host:587` (STARTTLS), `smtps://…:465`."""

    url: str
    sender: str

    async def send(self, mail: Mail) -> None:
        """Hand one over; DeliveryFailed when the server will not have it.

        `permanent` for an answer of 500 and up (RFC 5321 4.2.1), `unreachable` when it was the
        recipient that it refused, `away` when there was no server to ask.
        """
        import aiosmtplib

        server = urlsplit(self.url)
        try:
            await aiosmtplib.send(
                build_mime_message(mail, self.sender),
                hostname=server.hostname or "localhost",
                port=server.port,
                username=unquote(server.username) if server.username else None,
                password=unquote(server.password) if server.password else None,
                use_tls=server.scheme == "smtps",
                timeout=TIMEOUT_SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _refused(error.recipients[0], unreachable=True) from error
        except aiosmtplib.SMTPResponseException as error:
            raise _refused(error) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise DeliveryFailed(reason=type(error).__name__, away=True) from error


def _refused(
    error: SMTPResponseException | SMTPRecipientRefused, *, unreachable: bool = False
) -> DeliveryFailed:
    for_good = error.code >= _FOR_GOOD
    return DeliveryFailed(
        permanent=for_good,
        reason=f"{error.code}: {error.message}"[:200],
        unreachable=for_good and unreachable,
    )


def build_mime_message(mail: Mail, sender: str) -> EmailMessage:
    """Return a mail as it goes over the wire (RFC 5322)."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, mail.to, mail.subject
    message["Date"], message["Message-ID"] = formatdate(), make_msgid("slotline")
    # Told to programs that answer mails by themselves (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    for name, value in mail.headers:
        message[name] = value
    message.set_content(mail.text)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    if mail.calendar:
        method, file = mail.calendar
        # The last alternative is the best there is (RFC 2046 5.1.4): an invitation, where shown.
        message.add_alternative(
            file.decode(), subtype="calendar", charset="utf-8", params={"method": method}
        )
    return message


@dataclass(frozen=True, slots=True)
class NullMailer:
    """Where no mail server is set: nothing can be sent."""

    async def send(self, mail: Mail) -> None:  # noqa: ARG002 - nobody gets it
        """Raise DeliveryFailed."""
        raise DeliveryFailed(permanent=True, reason="SMTP_URL is not set")


def create_mailer(settings: Settings) -> Mailer:
    """Return the gateway the settings name."""
    if not settings.smtp_url:
        return NullMailer()
    return SmtpMailer(settings.smtp_url, settings.mail_from or "slotline@localhost")
