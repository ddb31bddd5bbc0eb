"""E-mail: text and HTML, the booking as a calendar invitation, and one-click unsubscribe.

Replies are not read, and the message says so. Unsubscribing follows RFC 8058.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parseaddr
from html import escape

from bot.channels.base import SendResult
from bot.i18n.messages import TRANSLATOR, text
from bot.rendering.attachments import load_calendar_file
from bot.rendering.render import EMAIL, Capabilities, RenderedMessage
from core.auth.account_mails import ACCOUNT_MAIL_KIND
from core.db.runtime import Runtime
from core.errors import NotFound
from core.mailer import Mail, Mailer
from core.messaging import signed_links
from core.messaging.messages import Say
from core.messaging.outbox.claim import Outgoing

_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")

KINDS_WITHOUT_ICS = {"followup", "prove", "stopped"}
"""Message kinds that do not change a calendar."""


@dataclass(slots=True, eq=False)
class EmailChannel:
    """Sends e-mail by SMTP; `runtime` is used to load the booking at sending time."""

    mailer: Mailer
    sender: str
    runtime: Runtime

    @property
    def capabilities(self) -> Capabilities:
        """Long texts without options."""
        return EMAIL

    async def send(self, row: Outgoing, rendered: RenderedMessage) -> SendResult:
        """Hand one e-mail to the server; raises DeliveryFailed if it is not accepted."""
        await self.mailer.send(await self._mail(row, rendered))
        return SendResult(status="accepted")

    async def _mail(self, row: Outgoing, rendered: RenderedMessage) -> Mail:
        language = row.language or "en"

        def words(say: Say) -> str:
            return TRANSLATOR.translate(say, language)

        if row.kind == ACCOUNT_MAIL_KIND:  # asked for by its reader: nothing to unsubscribe from
            title = words(Say(f"{row.message.key}.subject"))
            return Mail(row.address, title, rendered.text)
        runtime, booking = self.runtime, row.booking_id
        base = runtime.settings.public_base_url
        end = (
            f"{base}/mail/end/{signed_links.unsubscribe_token(runtime.secret, row.conversation_id)}"
        )
        parts = [rendered.text]
        calendar = None
        if booking is not None:
            page = f"{base}/b/{signed_links.booking_token(runtime.secret, booking)}"
            parts.append(words(text("mail.booking", link=page)))
            calendar = await self._calendar(row, booking, language)
        parts.append(words(text("mail.foot", shop=row.shop_name, link=end)))
        body = "\n\n".join(parts)
        subject = text(
            "mail.subject" if booking is not None else "mail.subject_shop", shop=row.shop_name
        )
        headers = (
            ("List-Unsubscribe", f"<{end}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        )
        return Mail(
            row.address, words(subject), body, render_html(body, language), headers, calendar
        )

    async def _calendar(
        self, row: Outgoing, booking: int, language: str
    ) -> tuple[str, bytes] | None:
        if row.kind in KINDS_WITHOUT_ICS:
            return None
        ours = parseaddr(self.sender)[1]
        try:
            async with self.runtime.read_transaction() as ctx:
                file = await load_calendar_file(ctx, booking, language, (ours, row.address))
        except NotFound:  # deleted meanwhile
            return None
        return file.type.partition("method=")[2], file.body

    async def close(self) -> None:
        """Nothing to close: each e-mail uses its own connection."""


def render_html(body: str, language: str) -> str:
    """Return a text as an HTML page with paragraphs and links; it loads no external content."""
    paragraphs = "".join(
        f"<p>{'<br>'.join(_linked(line) for line in part.splitlines())}</p>"
        for part in body.split("\n\n")
    )
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
        f'<body style="font: 16px/1.5 sans-serif; max-width: 36em">{paragraphs}</body></html>'
    )


def _linked(line: str) -> str:
    out, at = [], 0
    for found in _LINK.finditer(line):
        link = escape(found[0])
        out += [escape(line[at : found.start()]), f'<a href="{link}">{link}</a>']
        at = found.end()
    return "".join([*out, escape(line[at:])])
