"""Sending e-mail: verification links and notifications."""

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
    # Imported when an e-mail is sent: few processes send one.
    from aiosmtplib import SMTPRecipientRefused, SMTPResponseException

TIMEOUT_SECONDS = 20
"""Timeout of the mail server in seconds."""

_FOR_GOOD = 500


@dataclass(frozen=True, slots=True)
class Mail:
    """An e-mail in plain text, optionally with HTML and a calendar file.

    `headers` are additional ones; `calendar` (method, file) is shown as an invitation.
    """

    to: str
    subject: str
    text: str
    html: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    calendar: tuple[str, bytes] | None = None


class Mailer(Protocol):
    """Sends e-mails."""

    async def send(self, mail: Mail) -> None:
        """Send an e-mail; raise DeliveryFailed if it cannot be sent."""
        ...


@dataclass(slots=True)
class MemoryMailer:
    """Stores e-mails instead of sending them, for tests."""

    sent: list[Mail] = field(default_factory=list)

    async def send(self, mail: Mail) -> None:
        """Store an e-mail."""
        self.sent.append(mail)


@dataclass(frozen=True, slots=True)
class SmtpMailer:
    """Sends through a server: `smtp://user:password@host:587` (STARTTLS), `smtps://…:465`."""

    url: str
    sender: str

    async def send(self, mail: Mail) -> None:
        """Send an e-mail; raise DeliveryFailed if the server refuses it.

        `permanent` for a reply of 500 or more (RFC 5321 section 4.2.1), `unreachable` if the
        recipient was refused, `away` if the server could not be reached.
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
    """Return an e-mail as a MIME message (RFC 5322)."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, mail.to, mail.subject
    message["Date"], message["Message-ID"] = formatdate(), make_msgid("slotline")
    # Tells automatic responders not to reply (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    for name, value in mail.headers:
        message[name] = value
    message.set_content(mail.text)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    if mail.calendar:
        method, file = mail.calendar
        # The last alternative is the preferred one (RFC 2046 section 5.1.4): an invitation.
        message.add_alternative(
            file.decode(), subtype="calendar", charset="utf-8", params={"method": method}
        )
    return message


@dataclass(frozen=True, slots=True)
class NullMailer:
    """Stands in where no mail server is configured."""

    async def send(self, mail: Mail) -> None:  # noqa: ARG002 - nobody gets it
        """Raise DeliveryFailed."""
        raise DeliveryFailed(permanent=True, reason="SMTP_URL is not set")


def create_mailer(settings: Settings) -> Mailer:
    """Return the mailer that the settings configure."""
    if not settings.smtp_url:
        return NullMailer()
    return SmtpMailer(settings.smtp_url, settings.mail_from or "slotline@localhost")
