"""Twilio calling us: signed, once, and with no patience for an answer that is not TwiML."""

import base64
import dataclasses
import hashlib
import hmac
import secrets
import urllib.parse
from collections.abc import Mapping
from xml.etree import ElementTree as ET

import aiohttp

PATIENCE_SECONDS = 15  # Twilio's read timeout


@dataclasses.dataclass(frozen=True)
class Delivered:
    """What came of a webhook.

    `status` and `body` are None when there was no answer. `alert` is the code Twilio's debugger
    would show: 11200 for no answer or one other than 2xx, 11205 when nobody listened, 12100 and
    12200 for a body that is not TwiML. `replies` are the texts of <Message> in it.
    """

    status: int | None
    body: str | None
    alert: int | None
    replies: tuple[str, ...] = ()


def sid_of(number: int, prefix: str = "SM") -> str:
    """Return a message's id as Twilio makes them."""
    return f"{prefix}{number:032x}"


def sign(token: str, url: str, parameters: Mapping[str, str]) -> str:
    """Sign a POST by Twilio's published rule.

    HMAC-SHA1, keyed by the auth token, over the URL as it was configured followed by each
    parameter's name and value in the order of their names; base64.
    """
    text = url + "".join(name + parameters[name] for name in sorted(parameters))
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), hashlib.sha1)).decode()


async def post(
    session: aiohttp.ClientSession,
    token: str,
    url: str,
    parameters: Mapping[str, str],
    *,
    signed_url: str | None = None,
) -> Delivered:
    """Call `url` as Twilio does.

    A connection that cannot be made is tried once more; after one was accepted the request is
    never repeated, whatever becomes of it. `signed_url` is what Twilio was told to call, when a
    proxy stands between.
    """
    headers = {
        "X-Twilio-Signature": sign(token, signed_url or url, parameters),
        "I-Twilio-Idempotency-Token": secrets.token_hex(16),
        "User-Agent": "TwilioProxy/1.1",
        "Accept": "*/*",
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
    }
    body = urllib.parse.urlencode(parameters)
    timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
    for _ in range(2):
        try:
            async with session.post(url, data=body, headers=headers, timeout=timeout) as answer:
                return _judge(answer.status, answer.content_type, await answer.text())
        except aiohttp.ClientConnectorError:
            continue
        except (aiohttp.ClientError, TimeoutError):
            return Delivered(None, None, 11200)
    return Delivered(None, None, 11205)


def _judge(status: int, content_type: str, body: str) -> Delivered:
    if not 200 <= status < 300:
        return Delivered(status, body, 11200)
    if not body or content_type == "text/plain":
        return Delivered(status, body, None, (body,) if body else ())
    try:
        root = ET.fromstring(body)  # noqa: S314 - our own application's answer
    except ET.ParseError:
        return Delivered(status, body, 12100)
    if root.tag != "Response" or content_type not in {"text/xml", "application/xml"}:
        return Delivered(status, body, 12200)
    replies = tuple("".join(message.itertext()).strip() for message in root.iter("Message"))
    return Delivered(status, body, None, replies)
