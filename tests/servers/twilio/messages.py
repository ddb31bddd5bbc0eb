"""What Twilio accepts as a message, and what it then says about it."""

import dataclasses
import email.utils
import json
import re
import secrets
import urllib.parse
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tests.servers.twilio.content import Contents
from tests.servers.twilio.errors import Refused

PARAMETERS = frozenset(
    "To From FallbackFrom MessagingServiceSid Body MediaUrl ContentSid ContentVariables "
    "StatusCallback ApplicationSid MaxPrice ProvideFeedback Attempt ValidityPeriod ForceDelivery "
    "ContentRetention AddressRetention SmartEncoded PersistentAction TrafficType ShortenUrls "
    "ScheduleType SendAt SendAsMms RiskCheck MessageIntent".split()
)
REPEATED = frozenset({"MediaUrl", "PersistentAction"})

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
# A phone, or a business-scoped user id: country, full stop, up to 128 letters and digits.
_WHATSAPP = re.compile(r"whatsapp:(\+[1-9][0-9]{6,14}|[A-Z]{2}\.[A-Za-z0-9]{1,128})")
_CONTENT_SID = re.compile(r"HX[0-9a-f]{32}")
_UNFIT = re.compile(r"[\n\r\t]| {5}")  # "a newline, a tab, or more than four spaces"
_HOST = re.compile(r"[A-Za-z0-9.-]+")  # "underscores are not allowed"

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = frozenset("\f^{}\\[~]|€")


def segments(body: str) -> int:
    """Count the SMS a body takes: 160 or 153 a part in GSM-7, 70 or 67 in UCS-2.

    A character of the extension table takes two places and a pair of surrogates stays whole, so
    a part may end one place early (3GPP TS 23.038, 23.040).
    """
    if all(character in _GSM or character in _GSM_EXTENDED for character in body):
        widths = [2 if character in _GSM_EXTENDED else 1 for character in body]
        single, part = 160, 153
    else:
        widths = [2 if ord(character) > 0xFFFF else 1 for character in body]
        single, part = 70, 67
    if sum(widths) <= single:
        return 1
    parts, used = 1, 0
    for width in widths:
        if used + width > part:
            parts, used = parts + 1, 0
        used += width
    return parts


@dataclasses.dataclass
class Message:
    """A message that was accepted for sending."""

    sid: str
    account_sid: str
    to: str
    from_: str | None
    messaging_service_sid: str | None
    body: str
    media: Sequence[str]
    content_sid: str | None
    content_variables: Mapping[str, str]
    status_callback: str | None
    status: str
    accepted_at: datetime
    error_code: int | None = None
    choices: Sequence[Mapping[str, str]] = ()

    @property
    def titles(self) -> list[str]:
        """What stands on its buttons, or in the first lines of its list."""
        return [choice.get("item") or choice["title"] for choice in self.choices]

    @property
    def segments(self) -> int:
        """How many SMS it takes; 1 on other channels."""
        return 1 if self.to.startswith("whatsapp:") else segments(self.body)

    def as_json(self) -> dict[str, Any]:
        """Build the resource as the API shows it."""
        path = f"/2010-04-01/Accounts/{self.account_sid}/Messages/{self.sid}"
        date = email.utils.format_datetime(self.accepted_at)
        return {
            "account_sid": self.account_sid,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": date,
            "date_sent": None if self.status in {"queued", "accepted"} else date,
            "date_updated": date,
            "direction": "outbound-api",
            "error_code": self.error_code,
            "error_message": None,
            "from": self.from_,
            "messaging_service_sid": self.messaging_service_sid,
            "num_media": str(len(self.media)),
            # No sender is chosen yet while a messaging service has only accepted it.
            "num_segments": "0" if self.status == "accepted" else str(self.segments),
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{path}/Media.json"},
            "to": self.to,
            "uri": f"{path}.json",
        }


@dataclasses.dataclass(frozen=True)
class Account:
    """What a message is checked against."""

    sid: str
    numbers: Collection[str]
    services: Mapping[str, str]
    contents: Contents
    opted_out: Collection[tuple[str, str]]


def accept(account: Account, pairs: Sequence[tuple[str, str]]) -> Message:
    """Check the parameters of a request to send and make the message. Raises Refused."""
    form = _read(pairs)
    to, body = form.get("To", ""), form.get("Body", "")
    if not to:
        raise Refused(21604)
    if not (_WHATSAPP if to.startswith("whatsapp:") else _E164).fullmatch(to):
        raise Refused(21211, to)
    sender, service = form.get("From"), form.get("MessagingServiceSid")
    chosen = _sender(account, sender, service)
    if to.startswith("whatsapp:") != chosen.startswith("whatsapp:"):
        raise Refused(21910)
    choices: Sequence[Mapping[str, str]] = ()
    media = [value for name, value in pairs if name == "MediaUrl"]
    if any(not _is_url(url) for url in media) or len(media) > 10:
        raise Refused(21620)
    content_sid, variables = form.get("ContentSid"), _variables(form)
    if content_sid:
        if not _CONTENT_SID.fullmatch(content_sid) or content_sid not in account.contents.by_sid:
            raise Refused(21655, content_sid)
        parts = account.contents.fill(content_sid, variables)
        body, choices = parts["body"], parts.get("items") or parts.get("actions") or ()
    elif not body and not media:
        raise Refused(21602)
    if len(body) > 1600:
        raise Refused(21617)
    callback = form.get("StatusCallback")
    if callback is not None and not _is_url(callback):
        raise Refused(21609, callback)
    if (chosen, to) in account.opted_out:
        raise Refused(21610)
    return Message(
        sid=("MM" if media else "SM") + secrets.token_hex(16),
        account_sid=account.sid,
        to=to,
        from_=sender,
        messaging_service_sid=service,
        body=body,
        media=media,
        content_sid=content_sid,
        content_variables=variables,
        status_callback=callback,
        status="queued" if sender else "accepted",
        accepted_at=datetime.now(UTC),
        choices=choices,
    )


def _read(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Refuse names the API does not have, and single ones given twice."""
    names = [name for name, _ in pairs]
    wrong = {n for n in names if n not in PARAMETERS}
    wrong |= {n for n in names if n not in REPEATED and names.count(n) > 1}
    if wrong:
        raise Refused(20001, ", ".join(sorted(wrong)))
    return dict(pairs)


def _sender(account: Account, sender: str | None, service: str | None) -> str:
    """Return the address the message will come from. Raises Refused."""
    if service is not None:
        if service not in account.services:
            raise Refused(21705, service)
        chosen = account.services[service]
        if sender not in {None, chosen}:
            raise Refused(21606, sender or "")
        return chosen
    if not sender:
        raise Refused(21603)
    if sender in account.numbers:
        return sender
    if sender.startswith("whatsapp:"):
        raise Refused(63007, sender)
    raise Refused(21606 if _E164.fullmatch(sender) else 21212, sender)


def _is_url(text: str) -> bool:
    parts = urllib.parse.urlsplit(text)
    return parts.scheme in {"http", "https"} and bool(_HOST.fullmatch(parts.hostname or ""))


def _variables(form: Mapping[str, str]) -> dict[str, str]:
    """Read ContentVariables: an object of texts, none of them empty, of several lines or gappy."""
    if "ContentVariables" not in form:
        return {}
    try:
        read = json.loads(form["ContentVariables"])
    except ValueError:
        raise Refused(21656) from None
    if not isinstance(read, dict) or "ContentSid" not in form:
        raise Refused(21656)
    if any(not isinstance(v, str) or not v.strip() or _UNFIT.search(v) for v in read.values()):
        raise Refused(21656)
    if any(len(value) > 1600 for value in read.values()):
        raise Refused(21658)
    return read
