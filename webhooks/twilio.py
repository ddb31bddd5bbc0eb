"""Twilio's webhooks: incoming SMS and WhatsApp messages, and delivery statuses of ours.

Twilio calls again, or elsewhere, only when it was told to and the answer is no 2xx. So a message is
committed before it is answered, and what cannot be stored is answered 503. The turn runs
afterwards, and its words go out by the outbox, never as TwiML.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Mapping, Sequence
from hashlib import sha1
from typing import AnyStr, Literal
from urllib.parse import parse_qsl

import structlog
from starlette.requests import Request
from starlette.responses import Response

from bot.app import App
from bot.channels.twilio.errors import OPTED_OUT, UNREACHABLE_ERRORS, describe_error, error_key
from bot.engine.receive import receive_incoming
from bot.engine.unreadable import UnreadableEvent, lay_aside, raw_text
from bot.observability import metrics
from core.messaging.messages import Incoming
from core.messaging.outbox.delivery_status import record_provider_status
from core.values.line_addresses import parse_line_address
from webhooks.http import request_middleware
from webhooks.http.problems import problem_response

log = structlog.get_logger(__name__)

MAX_FORM_BYTES = 64 * 1024
"""Bytes; a message has at most 1,600 characters, and a few dozen short parameters."""

MAX_FIELDS = 200

EMPTY_TWIML = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'

_SID = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}")
"""A message's id: "SM", or "MM" with media, on WhatsApp and in status reports, too."""

_PARAMETER = re.compile(r"[A-Z][A-Za-z0-9]{0,63}")
"""The form of all of Twilio's names of parameters; new ones come without notice."""

_SWALLOWED = re.compile(r"(?:Message|Sms)Sid(?:SM|MM)[0-9a-fA-F]{32}")
"""A parameter with the message's id, in the middle of another's value."""

_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
# A business-scoped id: a country, a full stop, and letters and digits.
_SCOPED = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,128}")
_OPT_OUT = {"STOP": "STOP", "START": "START", "HELP": "HELP"}

TwilioParams = Mapping[str, str]


async def receive_message(request: Request) -> Response:
    """Receive a message: empty TwiML, or 403 and no row unless Twilio signed it."""
    form = await _signed_form(request)
    if isinstance(form, Response):
        return form
    async with request_middleware.storing():
        await _store_message(request.app.state.slotline, form)
    return empty_twiml_response()


async def _store_message(app: App, form: TwilioParams) -> None:
    """Store a message and start its turn."""
    event_id = _sid(form)
    channel, address = _end(form.get("From", ""))
    line = None
    for ours in (form.get("To", ""), form.get("MessagingServiceSid", "")):
        known = parse_line_address(channel, ours)
        line = line or await app.find_line("twilio", channel, known.text if known else "")
    if line is None or (form.get("From") and not address):
        # Not ours to answer: another account's line, or written by a name or a short code.
        log.warning(
            "twilio.ignored",
            sid=event_id,
            line=line and line.id,
            to=form.get("To", ""),
            sender=bool(address),
        )
        return
    if not address or not event_id:
        lacks = "a sender" if event_id else "an id"
        unreadable = UnreadableEvent(raw_text(form), f"lacks {lacks}", event_id, address)
        await lay_aside(app.runtime, line, unreadable)
        return
    receipt = await receive_incoming(app.runtime, line, address, event_id, parse_incoming(form))
    log.info(
        "twilio.received",
        conversation=receipt.conversation_id,
        sid=event_id,
        again=receipt.inbox_id is None,
    )
    if receipt.inbox_id is not None:
        app.turn_runner.begin_turns(receipt.conversation_id)


async def receive_status(request: Request) -> Response:
    """Receive a delivery status; a repeated one changes nothing."""
    form = await _signed_form(request)
    if isinstance(form, Response):
        return form
    app: App = request.app.state.slotline
    sid = _sid(form)
    state = form.get("MessageStatus") or form.get("SmsStatus") or ""
    asked = request.query_params.get("id", "")
    row = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 19 else None
    if sid:
        error = form.get("ErrorCode", "")
        error = error[:10] if error.isascii() and error.isdecimal() else ""
        code = int(error or 0)
        async with request_middleware.storing():
            news = await app.runtime.run(
                lambda ctx: record_provider_status(
                    ctx,
                    sid,
                    state,
                    describe_error(code) if code else "",
                    why=error_key(code),
                    outbox_id=row,
                    unreachable=code in UNREACHABLE_ERRORS,
                    unsubscribed=code == OPTED_OUT,
                )
            )
        if news and code:
            metrics.count_failure("twilio", str(code))
        log.info("twilio.status", sid=sid, status=state[:20], error=error, news=news)
    return Response(status_code=204)


def parse_incoming(form: TwilioParams) -> Incoming:
    """Return the Incoming of a message's parameters."""
    name, text = form.get("ProfileName", ""), form.get("Body", "")
    tapped = form.get("ListId") or form.get("ButtonPayload") or ""
    if tapped:
        return Incoming("tap", text=text, payload=tapped, name=name)
    count = form.get("NumMedia", "0")
    if count.isascii() and count.isdecimal() and count.strip("0"):
        kinds = (form.get(f"MediaContentType{n}", "") for n in range(min(int(count[:3]), 10)))
        # The text sent with a picture counts as text.
        words = _OPT_OUT.get(form.get("OptOutType", ""), text)
        kind: Literal["text", "media"] = "text" if words.strip() else "media"
        return Incoming(kind, text=words, media=tuple(kinds), name=name)
    if form.get("Latitude") and form.get("Longitude"):
        place = f"{form['Latitude']},{form['Longitude']}"
        return Incoming("location", text=place, name=name)
    # A custom opt-out keyword of the account is stored as Twilio's default one.
    return Incoming(text=_OPT_OUT.get(form.get("OptOutType", ""), text), name=name)


def empty_twiml_response() -> Response:
    """Return the empty TwiML response."""
    return Response(EMPTY_TWIML, media_type="text/xml")


def has_valid_signature(
    token: str, url: str, params: Sequence[tuple[AnyStr, AnyStr]], signature: str
) -> bool:
    """Return whether `signature` is Twilio's for a POST of `params` to `url`.

    HMAC-SHA1 by the account's token over the address as Twilio knows it, then each parameter's
    name and value in the order of their names, blank ones too; in base64. Over bytes, so that it
    holds whatever the values are.
    """
    pairs = sorted({(_bytes(name), _bytes(value)) for name, value in params})
    signed = url.encode() + b"".join(name + value for name, value in pairs)
    digest = hmac.digest(token.encode(), signed, sha1)
    return hmac.compare_digest(base64.b64encode(digest), signature.encode("utf-8", "replace"))


async def _signed_form(request: Request) -> dict[str, str] | Response:
    """Return the parameters if Twilio signed them, else the refusal."""
    app: App = request.app.state.slotline
    settings = app.settings
    try:
        raw = await request_middleware.read_body(request, MAX_FORM_BYTES)
    except request_middleware.BodyTooLarge:
        return problem_response(request, 413, code="too_large", detail="The body is too large.")
    url = settings.public_base_url + request.scope["raw_path"].decode("ascii", "replace")
    if request.scope["query_string"]:
        url += "?" + request.scope["query_string"].decode("ascii", "replace")
    signature = request.headers.get("X-Twilio-Signature", "")
    try:
        # Latin-1 has a character for every byte, so this splits bytes.
        read = parse_qsl(
            raw.decode("latin-1"),
            keep_blank_values=True,
            encoding="latin-1",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError:
        read = []
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in read]
    token = settings.twilio_auth_token
    if not (token and pairs and has_valid_signature(token, url, pairs, signature)):
        log.warning("twilio.refused", path=request.url.path)
        return problem_response(
            request, 403, code="bad_signature", detail="This is not signed by Twilio."
        )
    params = [(k.decode("utf-8", "replace"), v.decode("utf-8", "replace")) for k, v in pairs]
    if not is_unambiguous(params):
        log.warning("twilio.ambiguous", path=request.url.path)
        return problem_response(
            request, 403, code="ambiguous", detail="What is signed here can be read in other ways."
        )
    return dict(params)


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")


def is_unambiguous(params: list[tuple[str, str]]) -> bool:
    """Return whether the signed parameters can be split in only one way.

    The signature joins names and values without separators: from a signed request, others could be
    made with the boundaries elsewhere, under another id, and be taken for new messages. So names
    have Twilio's form and come once, and the message's id is the same wherever it is, and nowhere
    inside another value.
    """
    form = dict(params)
    ids = {form[name] for name in ("MessageSid", "SmsMessageSid", "SmsSid") if name in form}
    return (
        len(form) == len(params)
        and all(map(_PARAMETER.fullmatch, form))
        and len(ids) < 2
        and not any(map(_SWALLOWED.search, form.values()))
    )


def _sid(form: TwilioParams) -> str:
    """Return the message's SID; "" if malformed."""
    sid = form.get("MessageSid", "")
    return sid if _SID.fullmatch(sid) else ""


def _end(address: str) -> tuple[str, str]:
    """Split a person's "whatsapp:+34600111222" into channel and address; "" if nobody's."""
    channel = "whatsapp" if address.startswith("whatsapp:") else "sms"
    address = address.removeprefix("whatsapp:")
    known = _PHONE.fullmatch(address) or (channel == "whatsapp" and _SCOPED.fullmatch(address))
    return channel, address if known else ""
