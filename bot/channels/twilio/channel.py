"""Sending through Twilio's async client: SMS, and WhatsApp with buttons, lists and templates."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import structlog

from bot.channels.base import SendResult, Unconfirmed
from bot.channels.twilio import rates, templates
from bot.channels.twilio.errors import (
    OPTED_OUT,
    PERMANENT_ERRORS,
    PROVIDER_DOWN_KEY,
    TEMPLATE_ERRORS,
    UNREACHABLE_ERRORS,
    error_key,
)
from bot.channels.twilio.rate_limiter import TwilioRateLimiter
from bot.observability import metrics
from bot.rendering.render import SMS, Capabilities, RenderedMessage, with_numbered_options
from core.clock import SystemClock
from core.db.context import Context
from core.errors import DeliveryFailed
from core.messaging import whatsapp_templates
from core.messaging.outbox.claim import Outgoing
from core.messaging.outbox.delivery_status import UNKNOWN_STATUS
from core.settings import Settings
from core.values.waits import parse_wait

if TYPE_CHECKING:
    from twilio.rest import Client

log = structlog.get_logger(__name__)

FORM_TYPE = "application/x-www-form-urlencoded"

CONNECTION_OVERRIDES = "#rc=3&rp=all"
"""What follows the address of a webhook so that Twilio calls again after any failure, three times
within its 15 seconds. It is neither sent nor signed.

https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
"""

SEND_TIMEOUT = 10.0
"""Timeout of a request in seconds, short enough for a stop to wait for it."""


class TwilioChannel:
    """The channel of one account, "sms" or "whatsapp"."""

    def __init__(
        self, settings: Settings, channel: str, pacer: TwilioRateLimiter | None = None
    ) -> None:
        """Store the credentials; nothing is imported or connected before the first message."""
        self._settings = settings
        self.pacer = pacer or TwilioRateLimiter(settings.redis_url)
        self._rates, _ = rates.parse_rates(settings.twilio_rates)
        self._whatsapp = channel == "whatsapp"
        self._client: Client | None = None
        self._by_hand, _ = templates.parse_template_sids(settings.twilio_content_sids)
        self._contents = dict(self._by_hand)

    @property
    def capabilities(self) -> Capabilities:
        """The capabilities of SMS, or those of WhatsApp that the configured templates allow."""
        return templates.template_capabilities(self._contents) if self._whatsapp else SMS

    async def load_config(self, ctx: Context) -> None:
        """Load the template ids; those in the settings take precedence."""
        if self._whatsapp:
            found = await whatsapp_templates.load_templates(ctx, self._settings.twilio_account_sid)
            self._contents = {name: one.sid for name, one in found.items()} | self._by_hand

    def get_client(self) -> Client:
        """Return the client, created on first use; needs a running event loop."""
        if self._client is None:
            from twilio.rest import Client

            client = Client(
                self._settings.twilio_account_sid,
                self._settings.twilio_auth_token,
                http_client=create_http_client(),
            )
            client.api.base_url = self._settings.twilio_api_url
            self._client = client
        return self._client

    async def send(self, row: Outgoing, rendered: RenderedMessage) -> SendResult:
        """Send one message."""
        if self._client is None:
            # The import takes a third of a second and runs in a thread.
            await asyncio.to_thread(_import_client)
        sender = f"twilio:{row.account}:{row.line_address}"
        if rate := self._rates[rates.sender_kind(row.line_address, row.channel)]:
            segments = 1 if self._whatsapp else rendered.segments or 1
            wait = await self.pacer.wait_turn(sender, segments / rate, row.queue)
            metrics.RATE_WAITS.labels(row.channel).observe(wait)
        request = self._to(row) | self._what(rendered)
        try:
            return await self._create(request)
        except DeliveryFailed as failed:
            if failed.params.get("line"):
                await self.pacer.pause(sender, failed.retry_after or 1)
            if rendered.template or failed.params.get("code") not in TEMPLATE_ERRORS:
                raise
            # The template was deleted, for example; numbered text still delivers the question.
            log.warning("twilio.template_refused", sid=request.get("content_sid"), why=str(failed))
            gone = request.get("content_sid")
            self._contents = {n: sid for n, sid in self._contents.items() if sid != gone}
            return await self._create(self._to(row) | self._text(rendered))

    async def _create(self, request: dict[str, Any]) -> SendResult:
        create = self.get_client().messages.create_async
        from aiohttp import ClientConnectorError, ClientError
        from twilio.base.exceptions import TwilioException

        try:
            # Twilio's client sets no connect timeout; this one covers the whole request.
            async with asyncio.timeout(SEND_TIMEOUT):
                message = await create(**request)
        except Unconfirmed as unread:
            log.warning("twilio.unconfirmed", why=str(unread))
            return SendResult("", UNKNOWN_STATUS)
        except TwilioException as refused:
            raise _failure(refused) from None
        except TimeoutError:
            reason = "Twilio did not answer in time"
            raise DeliveryFailed(reason=reason, why=PROVIDER_DOWN_KEY, uncertain=True) from None
        except ClientConnectorError as error:
            reason = f"{type(error).__name__}: {error}"[:300]
            raise DeliveryFailed(reason=reason, why=PROVIDER_DOWN_KEY, away=True) from error
        except (ClientError, OSError, ValueError) as error:
            # No connection, a broken one, or a proxy's page that is not JSON.
            reason = f"{type(error).__name__}: {error}"[:300]
            raise DeliveryFailed(reason=reason, why=PROVIDER_DOWN_KEY, uncertain=True) from error
        return SendResult(message.sid or "", message.status or "", _number(message.num_segments))

    async def close(self) -> None:
        """Close the connections."""
        await self.pacer.close()
        if self._client is not None:
            await self._client.http_client.close()
            self._client = None

    def _what(self, rendered: RenderedMessage) -> dict[str, Any]:
        """Return the parameters of a message: approved template, buttons, list or text."""
        content = rendered.template
        if content is not None:
            return _content(content.sid, content.variables)
        if filled := templates.fill_template(rendered, self._contents):
            name, variables = filled
            return _content(self._contents[name], variables)
        return self._text(rendered)

    def _text(self, rendered: RenderedMessage) -> dict[str, Any]:
        return {"body": with_numbered_options(rendered, self.capabilities).text}

    def _to(self, row: Outgoing) -> dict[str, Any]:
        prefix = "whatsapp:" if self._whatsapp else ""
        request: dict[str, Any] = {"to": prefix + row.address}
        if row.line_address.startswith("MG"):
            request["messaging_service_sid"] = row.line_address
        else:
            request["from_"] = prefix + row.line_address
        if self._settings.public_url:
            callback = f"{self._settings.public_url}/webhooks/twilio/status?id={row.id}"
            callback += CONNECTION_OVERRIDES
            request["status_callback"] = callback
        return request


def _content(sid: str, variables: Mapping[str, str]) -> dict[str, Any]:
    # Twilio needs no escapes, so the 1,600 characters of a placeholder hold the text unescaped.
    written = json.dumps(variables, ensure_ascii=False)
    return {"content_sid": sid, "content_variables": written} if variables else {"content_sid": sid}


def _import_client() -> None:
    import twilio.http.async_http_client
    import twilio.rest  # noqa: F401 - imported for their side effect


def create_http_client() -> Any:
    """Return Twilio's HTTP client with our fixes; needs a running event loop."""
    from twilio.http.async_http_client import AsyncTwilioHttpClient

    class Http(AsyncTwilioHttpClient):  # type: ignore[misc]
        """Twilio's HTTP client with fixes."""

        def log_request(self, kwargs: dict[str, Any]) -> None:
            """Do nothing: the original logs headers and queries."""

        def log_response(self, status_code: int, response: Any) -> None:
            """Do nothing: the original logs texts, including codes."""

        async def request(
            self,
            method: str,
            url: str,
            params: Any = None,
            data: Any = None,
            headers: dict[str, str] | None = None,
            auth: tuple[str, str] | None = None,
            timeout: float | None = None,  # noqa: ASYNC109 - theirs, and never set
            allow_redirects: bool = False,  # noqa: FBT001, FBT002 - theirs
        ) -> Any:
            if auth:
                # The original uses aiohttp's deprecated BasicAuth.
                credentials = base64.b64encode(":".join(auth).encode()).decode()
                headers = {**(headers or {}), "Authorization": f"Basic {credentials}"}
            if data and (headers or {}).get("Content-Type") == FORM_TYPE:
                # Equivalent to aiohttp's encoding at a fraction of its cost.
                data = urlencode(data, doseq=True).encode()
            response = await super().request(
                method, url, params, data, headers, None, timeout, allow_redirects
            )
            if response.status_code == 429:
                # Its errors drop the headers.
                said = response.headers.get("Retry-After")
                raise DeliveryFailed(
                    reason="429: too many requests",
                    retry_after=parse_wait(said, now=SystemClock().now()),
                    why="why.busy",
                    away=True,
                    line=True,
                )
            accepted = method.upper() == "POST" and 200 <= response.status_code < 300
            if accepted and not _message_sid(response.text):
                raise Unconfirmed(f"{response.status_code} without a message")
            return response

    return Http(timeout=SEND_TIMEOUT)


def _failure(refused: Exception) -> DeliveryFailed:
    code = getattr(refused, "code", None)
    status = getattr(refused, "status", 0) or 0
    message = getattr(refused, "msg", None) or getattr(refused, "title", None) or str(refused)
    return DeliveryFailed(
        permanent=code in PERMANENT_ERRORS,
        reason=f"{code}: {message}"[:300],
        opted_out=code == OPTED_OUT,
        code=code,
        away=status >= 500,
        why=error_key(code) or (PROVIDER_DOWN_KEY if status >= 500 else ""),
        unreachable=code in UNREACHABLE_ERRORS,
    )


def _message_sid(content: str) -> str:
    """Return the id of the message in an answer, or ""."""
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    sid = answer.get("sid") if isinstance(answer, dict) else None
    return sid if isinstance(sid, str) else ""


def _number(text: Any) -> int:
    return int(text) if str(text).isdecimal() else 0
