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
    fallback: str = "",
) -> Delivered:
    """Call `url` as Twilio does.

    A connection that cannot be made is tried once more; after one was accepted the request is
    never repeated, whatever becomes of it, unless the fragment of `url` asks for it
    (`#rc=3&rp=all`), which is neither sent nor signed. Then `fallback` is called, once.
    `signed_url` is what Twilio was told to call, when a proxy stands between.
    """
    asked, _, fragment = url.partition("#")
    overrides = dict(urllib.parse.parse_qsl(fragment))
    policy = overrides.get("rp", "ct").split(",")
    result = Delivered(None, None, 11205)
    for _ in range(1 + int(overrides.get("rc", "1"))):
        result = await _post_once(session, token, asked, parameters, signed_url)
        if result.alert is None or result.alert not in {11200, 11205}:
            return result
        kind = "ct" if result.alert == 11205 else f"{result.status or 'rt'}"
        kind = f"{kind[0]}xx" if kind[0] in "45" else kind
        if not {kind, "all"} & set(policy):
            break
    if fallback:
        more = {"ErrorCode": str(result.alert), "ErrorUrl": asked}
        return await _post_once(session, token, fallback, {**parameters, **more}, None)
    return result


async def _post_once(
    session: aiohttp.ClientSession,
    token: str,
    url: str,
    parameters: Mapping[str, str],
    signed_url: str | None,
) -> Delivered:
    signed = (signed_url or url).partition("#")[0]
    headers = {
        "X-Twilio-Signature": sign(token, signed, parameters),
        "I-Twilio-Idempotency-Token": secrets.token_hex(16),
        "User-Agent": "TwilioProxy/1.1",
        "Accept": "*/*",
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
    }
    body = urllib.parse.urlencode(parameters)
    timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
    try:
        async with session.post(url, data=body, headers=headers, timeout=timeout) as answer:
            return _judge(answer.status, answer.content_type, await answer.text())
    except aiohttp.ClientConnectorError:
        return Delivered(None, None, 11205)
    except (aiohttp.ClientError, TimeoutError):
        return Delivered(None, None, 11200)


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
