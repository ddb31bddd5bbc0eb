"""The stand-in itself: routes, credentials, faults, and the calls it makes."""

import asyncio
import base64
import collections
import contextlib
import secrets
import urllib.parse
from collections.abc import Awaitable, Callable
from typing import Any, Self

import aiohttp
from aiohttp import web

from tests.servers.twilio import messages, webhooks
from tests.servers.twilio.content import Contents
from tests.servers.twilio.errors import Refused
from tests.servers.twilio.faults import Fault
from tests.servers.twilio.messages import Account, Message
from tests.servers.twilio.webhooks import Delivered

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# The default keywords of English opt-out handling; matched on the whole body, any case.
STOP_WORDS = frozenset("STOP STOPALL UNSUBSCRIBE CANCEL END QUIT REVOKE OPTOUT".split())
START_WORDS = frozenset("START YES UNSTOP".split())
HELP_WORDS = frozenset("HELP INFO".split())

UNREACHABLE = 30003
WINDOW_CLOSED = 63016


class TwilioServer:
    """An account at a Twilio of our own. `async with` starts and stops it.

    `messages` are those accepted, in order; `refused` the codes of those that were not, by
    their own fault; `requests` counts every request to send, faults included. `outcomes` maps
    an address to the error its messages end with (`UNREACHABLE`), `closed_windows` holds the
    WhatsApp addresses that may only be sent approved templates, `opted_out` the pairs (our
    number, theirs) that may be sent nothing. `inbound` is what is set, at a number or service, for
    a message that comes in, by the names of the API.
    """

    retry_after = ""
    """What a Retry-After says when asked to wait; empty: the seconds given to `fail_next`."""

    def __init__(
        self,
        *,
        numbers: tuple[str, ...] = ("+15005550006", "whatsapp:+14155238886"),
        services: dict[str, str] | None = None,
    ) -> None:
        """Make an account with `numbers` and messaging `services` (sid: number)."""
        self.account_sid = f"AC{secrets.token_hex(16)}"
        self.auth_token = secrets.token_hex(16)
        self.numbers = set(numbers)
        self.services = services or {}
        self.inbound: dict[str, dict[str, Any]] = {}
        self.messages: list[Message] = []
        self.refused: list[int] = []
        self.requests = 0
        self.contents = Contents()
        self.opted_out: set[tuple[str, str]] = set()
        self.closed_windows: set[str] = set()
        self.outcomes: dict[str, int] = {}
        self.url = ""
        self._faults: collections.deque[tuple[Fault, float]] = collections.deque()
        self._leaving = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Listen on a free port of 127.0.0.1; `url` is its base, with no slash at the end."""
        app = web.Application(middlewares=[self._guarded])
        messages_path = "/2010-04-01/Accounts/{account}/Messages"
        app.router.add_post(f"{messages_path}.json", self._create_message)
        app.router.add_get(f"{messages_path}/{{sid}}.json", self._fetch_message)
        app.router.add_get(
            "/2010-04-01/Accounts/{account}/IncomingPhoneNumbers.json", self._list_numbers
        )
        app.router.add_get("/v1/Services/{sid}", self._fetch_service)
        app.router.add_post("/v1/Content", self._create_content)
        app.router.add_get("/v1/Content", self._list_content)
        app.router.add_get("/v1/Content/{sid}/ApprovalRequests", self._fetch_approval)
        app.router.add_post("/v1/Content/{sid}/ApprovalRequests/whatsapp", self._ask_approval)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        _, port = self._runner.addresses[0]
        self.url = f"http://127.0.0.1:{port}"
        # A new connection each time, as Twilio's: a kept one could be closed under a request.
        connector = aiohttp.TCPConnector(force_close=True, limit=0)
        self._session = aiohttp.ClientSession(connector=connector)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening, and let go of requests left hanging."""
        self._leaving.set()
        await self._session.close()
        await self._runner.cleanup()

    # ------------------------------------------------------------------ what tests ask for

    def fail_next(self, count: int, fault: Fault, *, retry_after: float = 1) -> None:
        """Let the next `count` valid requests to send go wrong; several calls queue up."""
        self._faults.extend([(fault, retry_after)] * count)

    def to(self, address: str) -> list[str]:
        """List the bodies accepted for an address, in order."""
        return [message.body for message in self.messages if message.to == address]

    async def deliver(
        self,
        url: str,
        from_: str,
        to: str,
        body: str,
        *,
        message_sid: str | None = None,
        fallback: str = "",
        num_media: int = 0,
        extra: dict[str, str] | None = None,
        signed_url: str | None = None,
    ) -> Delivered:
        """Hand a person's message to the application, once.

        The opt-out words do on SMS what they do at Twilio: the sender is blocked before we
        hear of it. `extra` are more parameters (`ListId`, `ButtonPayload`, `ProfileName`).
        """
        sid = message_sid or ("MM" if num_media else "SM") + secrets.token_hex(16)
        parameters = {
            "AccountSid": self.account_sid,
            "ApiVersion": "2010-04-01",
            "Body": body,
            "From": from_,
            "MessageSid": sid,
            "NumMedia": str(num_media),
            "NumSegments": "1" if from_.startswith("whatsapp:") else str(messages.segments(body)),
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "SmsStatus": "received",
            "To": to,
        }
        for n in range(num_media):
            path = f"/2010-04-01/Accounts/{self.account_sid}/Messages/{sid}/Media"
            parameters[f"MediaUrl{n}"] = f"{self.url}{path}/ME{n:032x}"
            parameters[f"MediaContentType{n}"] = "image/jpeg"
        if from_.startswith("whatsapp:"):
            self.closed_windows.discard(from_)
            parameters |= {"ProfileName": "Marta", "WaId": from_.removeprefix("whatsapp:+")}
        else:
            # Where the number is registered; often empty, and then still signed.
            fields = ("City", "State", "Zip", "Country")
            parameters |= {f"{end}{field}": "" for end in ("From", "To") for field in fields}
            parameters |= self._obey_keyword(from_, to, body)
        return await webhooks.post(
            self._session,
            self.auth_token,
            url,
            parameters | (extra or {}),
            signed_url=signed_url,
            fallback=fallback,
        )

    async def tap(
        self,
        url: str,
        from_: str,
        message: Message,
        title: str,
        *,
        message_sid: str | None = None,
        payload: str | None = None,
    ) -> Delivered:
        """Let a person tap a button or an item of a message; `payload` forges what it sends."""
        choice = next(c for c in message.choices if title in (c.get("item"), c.get("title")))
        sent = choice["id"] if payload is None else payload
        if "item" in choice:
            extra = {"ListId": sent, "ListTitle": title, "MessageType": "interactive"}
        else:
            extra = {"ButtonPayload": sent, "ButtonText": title, "MessageType": "button"}
        extra["OriginalRepliedMessageSid"] = message.sid
        assert message.from_ is not None
        return await self.deliver(
            url, from_, message.from_, title, message_sid=message_sid, extra=extra
        )

    def _obey_keyword(self, from_: str, to: str, body: str) -> dict[str, str]:
        word = body.strip().upper()
        if word in STOP_WORDS:
            self.opted_out.add((to, from_))
            return {"OptOutType": "STOP"}
        if word in START_WORDS and (to, from_) in self.opted_out:
            self.opted_out.discard((to, from_))
            return {"OptOutType": "START"}
        return {"OptOutType": "HELP"} if word in HELP_WORDS else {}

    async def report(
        self,
        message: Message,
        status: str,
        error_code: int | None = None,
        *,
        signed_url: str | None = None,
    ) -> Delivered | None:
        """Move a message on and tell its status callback, when it has one."""
        message.status, message.error_code = status, error_code
        if message.status_callback is None:
            return None
        parameters = {
            "AccountSid": self.account_sid,
            "ApiVersion": "2010-04-01",
            "From": message.from_ or self.services[message.messaging_service_sid or ""],
            "MessageSid": message.sid,
            "MessageStatus": status,
            "SmsSid": message.sid,
            "SmsStatus": status,
            "To": message.to,
        }
        if message.messaging_service_sid:
            parameters["MessagingServiceSid"] = message.messaging_service_sid
        if error_code is not None:
            parameters["ErrorCode"] = str(error_code)
        return await webhooks.post(
            self._session,
            self.auth_token,
            message.status_callback,
            parameters,
            signed_url=signed_url,
        )

    async def settle(self, message: Message) -> list[Delivered]:
        """Carry a message to its end, telling each step: delivered, or what `outcomes` says."""
        error = self.outcomes.get(message.to)
        templated = self.contents.is_approved(message.content_sid)
        steps: list[tuple[str, int | None]] = [("sent", None), ("delivered", None)]
        if message.to in self.closed_windows and not templated:
            steps = [("failed", WINDOW_CLOSED)]
        elif error is not None:
            steps = [("sent", None), ("undelivered", error)]
        told = [await self.report(message, *step) for step in [("queued", None), *steps]]
        return [answer for answer in told if answer is not None]

    # ---------------------------------------------------------------------------- requests

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Check the credentials first, and answer errors as Twilio words them."""
        try:
            expected = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
            if request.headers.get("Authorization") != f"Basic {expected}":
                raise Refused(20003)  # noqa: TRY301 - one place that words errors
            if request.match_info.get("account", self.account_sid) != self.account_sid:
                raise Refused(20404)  # noqa: TRY301 - one place that words errors
            return await handler(request)
        except Refused as refusal:
            return web.json_response(refusal.as_json(), status=refusal.status)
        except web.HTTPNotFound:
            return web.json_response(Refused(20404).as_json(), status=404)

    async def _create_message(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        account = Account(
            self.account_sid, self.numbers, self.services, self.contents, self.opted_out
        )
        form = urllib.parse.parse_qsl(await request.text(), keep_blank_values=True)
        try:
            message = messages.accept(account, form)
        except Refused as refusal:
            self.refused.append(refusal.code)
            raise
        fault, retry_after = self._faults.popleft() if self._faults else (None, 0)
        if fault is None or fault is Fault.CUT_AFTER:
            self.messages.append(message)
        if fault is not None:
            return await self._fail(request, fault, retry_after)
        return web.json_response(message.as_json(), status=201)

    async def _fail(
        self, request: web.Request, fault: Fault, retry_after: float
    ) -> web.StreamResponse:
        if fault is Fault.THROTTLED:
            return web.json_response(
                Refused(20429).as_json(),
                status=429,
                headers={"Retry-After": self.retry_after or f"{retry_after:g}"},
            )
        if fault is Fault.BROKEN:
            raise Refused(20500)
        if fault is Fault.GARBAGE:
            return web.Response(text="<html>Bad gateway", content_type="text/html")
        if fault is Fault.HANGING:
            with contextlib.suppress(asyncio.CancelledError):
                await self._leaving.wait()
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def _list_numbers(self, request: web.Request) -> web.Response:
        asked = request.query.get("PhoneNumber", "")
        unset = {"sms_url": "", "sms_method": "POST", "sms_fallback_url": ""}
        found = [
            {"sid": f"PN{n:032x}", "phone_number": number, **unset, **self.inbound.get(number, {})}
            for n, number in enumerate(sorted(self.numbers))
            if number == asked
        ]
        return web.json_response({"incoming_phone_numbers": found, "next_page_uri": None})

    async def _fetch_service(self, request: web.Request) -> web.Response:
        sid = request.match_info["sid"]
        if sid not in self.services:
            body = {"code": 20404, "message": f"The requested resource {sid} was not found"}
            return web.json_response(body | {"status": 404}, status=404)
        unset = {
            "inbound_request_url": None,
            "inbound_method": "POST",
            "fallback_url": None,
            "use_inbound_webhook_on_number": False,
        }
        return web.json_response({"sid": sid, **unset, **self.inbound.get(sid, {})})

    async def _fetch_message(self, request: web.Request) -> web.StreamResponse:
        for message in self.messages:
            if message.sid == request.match_info["sid"]:
                return web.json_response(message.as_json())
        raise Refused(20404)

    async def _create_content(self, request: web.Request) -> web.StreamResponse:
        made = self.contents.create(self.account_sid, await _json(request))
        return web.json_response(made, status=201)

    async def _list_content(self, request: web.Request) -> web.StreamResponse:
        size = int(request.query.get("PageSize", "50"))
        page = int(request.query.get("Page", "0"))
        everything = list(self.contents.by_sid.values())
        more = (page + 1) * size < len(everything)
        here = f"https://content.twilio.com/v1/Content?PageSize={size}&Page="
        return web.json_response(
            {
                "contents": everything[page * size : (page + 1) * size],
                "meta": {
                    "key": "contents",
                    "page": page,
                    "page_size": size,
                    "first_page_url": f"{here}0",
                    "previous_page_url": f"{here}{page - 1}" if page else None,
                    "next_page_url": f"{here}{page + 1}" if more else None,
                    "url": f"{here}{page}",
                },
            }
        )

    async def _ask_approval(self, request: web.Request) -> web.StreamResponse:
        sid = request.match_info["sid"]
        asked = self.contents.request_approval(sid, await _json(request))
        return web.json_response(asked, status=201)

    async def _fetch_approval(self, request: web.Request) -> web.StreamResponse:
        found = self.contents.approval(self.account_sid, request.match_info["sid"])
        return web.json_response(found)


async def _json(request: web.Request) -> dict[str, Any]:
    """Read a JSON object, refusing what only looks like one."""
    if request.content_type != "application/json":
        raise Refused(20001, "Content-Type: application/json is required")
    try:
        read = await request.json()
    except ValueError:
        raise Refused(20001, "the body is not JSON") from None
    if not isinstance(read, dict):
        raise Refused(20001, "the body is not an object")
    return read
