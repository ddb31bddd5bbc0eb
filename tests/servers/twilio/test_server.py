"""The stand-in, asked by the real SDK and listened to by the SDK's own validator."""

import contextlib
import json
import urllib.parse
from collections.abc import AsyncIterator, Callable, Mapping

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from twilio.base.exceptions import TwilioRestException
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.rest.content.v1.content import ContentList
from twilio.rest.content.v1.content.approval_create import ApprovalCreateList

from bot.channels.twilio.templates import approval_templates
from bot.i18n.messages import TRANSLATOR
from bot.i18n.translator import supported_languages
from tests.servers.twilio.content import Contents
from tests.servers.twilio.errors import Refused
from tests.servers.twilio.faults import Fault
from tests.servers.twilio.messages import segments
from tests.servers.twilio.server import TwilioServer
from tests.servers.twilio.webhooks import sign

SHOP, CUSTOMER = "+15005550006", "+34600111222"
WA_SHOP, WA_CUSTOMER = "whatsapp:+14155238886", "whatsapp:+34600111222"
SERVICE = "MG" + "a" * 32


class Redirected:
    """A client for the SDK (it asks for `is_async` and `request`) that knows one base only.

    The SDK's own asynchronous client would do for messages, with the address replaced; it never
    sends JSON, though, which templates need, nor obeys the time limit it was made with.
    """

    is_async = True

    def __init__(self, base: str, seconds: float = 5) -> None:
        self.base = base
        self.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=seconds))

    async def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str],
        auth: tuple[str, str],
        **_: object,
    ) -> Response:
        is_json = headers.get("Content-Type") == "application/json"
        async with self.session.request(
            method,
            self.base + url.split(".twilio.com", 1)[1],
            params=params,
            json=data if is_json else None,
            data=None if is_json else data,
            headers={**headers, "Authorization": aiohttp.encode_basic_auth(*auth)},
        ) as answer:
            return Response(answer.status, await answer.text(), answer.headers)

    async def aclose(self) -> None:
        await self.session.close()


@pytest_asyncio.fixture
async def twilio() -> AsyncIterator[TwilioServer]:
    async with TwilioServer(numbers=(SHOP, WA_SHOP), services={SERVICE: SHOP}) as server:
        yield server


@pytest_asyncio.fixture
async def client(twilio: TwilioServer) -> AsyncIterator[Client]:
    http = Redirected(twilio.url)
    yield Client(twilio.account_sid, twilio.auth_token, http_client=http)
    await http.aclose()


class Application:
    """What Twilio calls: it keeps the requests and answers as it is told."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[tuple[str, dict[str, str], str]] = []
        self.answer: Callable[[], web.Response] = web.Response
        self.cut = False

    async def handle(self, request: web.Request) -> web.StreamResponse:
        form = dict(urllib.parse.parse_qsl(await request.text(), keep_blank_values=True))
        self.requests.append((str(request.url), form, request.headers["X-Twilio-Signature"]))
        if self.cut and request.transport is not None:
            request.transport.abort()
        return self.answer()

    def last(self, *names: str) -> list[str]:
        return [self.requests[-1][1][name] for name in names]


@pytest_asyncio.fixture
async def application() -> AsyncIterator[Application]:
    application = Application()
    app = web.Application()
    app.router.add_post("/hook", application.handle)
    async with TestServer(app) as server:
        application.url = str(server.make_url("/hook"))
        yield application


async def refusal(client: Client, **parameters: object) -> tuple[int, int | None]:
    """Send, and return the HTTP status and code it was refused with."""
    with pytest.raises(TwilioRestException) as caught:
        await client.messages.create_async(**parameters)
    return caught.value.status, caught.value.code


# ---------------------------------------------------------------------------------- sending


async def test_a_message_is_accepted_and_described(twilio: TwilioServer, client: Client) -> None:
    sent = await client.messages.create_async(
        to=CUSTOMER, from_=SHOP, body="Booked, Marta!", status_callback="https://bella.example/s"
    )

    (kept,) = twilio.messages
    assert (kept.to, kept.from_, kept.body) == (CUSTOMER, SHOP, "Booked, Marta!")
    assert kept.status_callback == "https://bella.example/s"
    assert (sent.sid, sent.status, sent.num_segments) == (kept.sid, "queued", "1")
    assert (sent.to, sent.from_, sent.body) == (CUSTOMER, SHOP, "Booked, Marta!")
    assert (len(sent.sid or ""), (sent.sid or "")[:2]) == (34, "SM")
    assert (await client.messages(kept.sid).fetch_async()).body == "Booked, Marta!"


async def test_a_messaging_service_has_no_sender_yet(client: Client) -> None:
    sent = await client.messages.create_async(
        to=CUSTOMER, messaging_service_sid=SERVICE, body="Hello"
    )
    assert (sent.status, sent.num_segments, sent.from_) == ("accepted", "0", None)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"to": "", "from_": SHOP, "body": "x"}, (400, 21604)),
        ({"to": "600111222", "from_": SHOP, "body": "x"}, (400, 21211)),
        ({"to": "+0034600111222", "from_": SHOP, "body": "x"}, (400, 21211)),
        ({"to": "whatsapp:600111222", "from_": WA_SHOP, "body": "x"}, (400, 21211)),
        ({"to": CUSTOMER, "body": "x"}, (400, 21603)),
        ({"to": CUSTOMER, "from_": "Bella", "body": "x"}, (400, 21212)),
        ({"to": CUSTOMER, "from_": "+15005550007", "body": "x"}, (400, 21606)),
        ({"to": WA_CUSTOMER, "from_": "whatsapp:+15005550007", "body": "x"}, (400, 63007)),
        ({"to": WA_CUSTOMER, "from_": SHOP, "body": "x"}, (400, 21910)),
        ({"to": CUSTOMER, "messaging_service_sid": "MG1", "body": "x"}, (400, 21705)),
        ({"to": CUSTOMER, "from_": SHOP}, (400, 21602)),
        ({"to": CUSTOMER, "from_": SHOP, "body": ""}, (400, 21602)),
        ({"to": CUSTOMER, "from_": SHOP, "body": "x" * 1601}, (400, 21617)),
        ({"to": CUSTOMER, "from_": SHOP, "media_url": ["file:///etc/passwd"]}, (400, 21620)),
        ({"to": CUSTOMER, "from_": SHOP, "body": "x", "status_callback": "/s"}, (400, 21609)),
        (
            {"to": CUSTOMER, "from_": SHOP, "body": "x", "status_callback": "https://a_b.es/"},
            (400, 21609),
        ),
        ({"to": CUSTOMER, "from_": SHOP, "content_sid": "HX" + "0" * 32}, (400, 21655)),
    ],
)
async def test_what_twilio_refuses_is_refused(
    twilio: TwilioServer,
    client: Client,
    parameters: dict[str, object],
    expected: tuple[int, int],
) -> None:
    assert await refusal(client, **parameters) == expected
    assert (twilio.messages, twilio.refused) == ([], [expected[1]])


async def test_the_longest_body_and_media_alone_are_accepted(
    twilio: TwilioServer, client: Client
) -> None:
    await client.messages.create_async(to=CUSTOMER, from_=SHOP, body="x" * 1600)
    await client.messages.create_async(to=CUSTOMER, from_=SHOP, media_url=["https://a.es/b.png"])
    assert [(m.segments, m.media) for m in twilio.messages] == [
        (11, []),
        (1, ["https://a.es/b.png"]),
    ]
    assert [m.sid[:2] for m in twilio.messages] == ["SM", "MM"]


@pytest.mark.parametrize(
    "body", ["To=%2B34600111222&From=%2B15005550006&Body=x&Text=y", "Body=x&Body=y"]
)
async def test_unknown_and_doubled_parameters_are_refused(twilio: TwilioServer, body: str) -> None:
    url = f"{twilio.url}/2010-04-01/Accounts/{twilio.account_sid}/Messages.json"
    headers = {"Authorization": aiohttp.encode_basic_auth(twilio.account_sid, twilio.auth_token)}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(url, data=body) as answer,
    ):
        assert (answer.status, (await answer.json())["code"]) == (400, 20001)


async def test_a_wrong_token_is_refused_before_anything_else(twilio: TwilioServer) -> None:
    async with contextlib.aclosing(Redirected(twilio.url)) as http:
        wrong = Client(twilio.account_sid, "wrong", http_client=http)
        assert await refusal(wrong, to="") == (401, 20003)
        other = Client(twilio.account_sid, twilio.auth_token, "AC" + "0" * 32, http_client=http)
        assert await refusal(other, to=CUSTOMER, from_=SHOP, body="x") == (404, 20404)


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),  # extension characters count two
        ("€" * 81, 2),
        ("€" * 153, 3),  # and are not split: a part holds 76 of them
        ("ñ" * 160, 1),
        ("ç" * 70, 1),  # small c cedilla is not in GSM-7
        ("ç" * 71, 2),
        ("ç" * 134, 2),
        ("ç" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("😀" * 67, 3),  # 33 whole pairs a part
    ],
)
def test_fake_twilio_counts_segments(body: str, parts: int) -> None:
    assert segments(body) == parts


# ----------------------------------------------------------------------------------- faults


async def test_faults_come_in_order_and_then_it_works(twilio: TwilioServer, client: Client) -> None:
    twilio.fail_next(2, Fault.THROTTLED, retry_after=7)
    twilio.fail_next(1, Fault.BROKEN)
    message = {"to": CUSTOMER, "from_": SHOP, "body": "x"}
    assert await refusal(client, **message) == (429, 20429)
    assert await refusal(client, **message) == (429, 20429)
    assert await refusal(client, **message) == (500, 20500)
    assert (await client.messages.create_async(**message)).status == "queued"
    assert (twilio.requests, len(twilio.messages), twilio.refused) == (4, 1, [])


async def test_throttling_says_when_to_come_back(twilio: TwilioServer) -> None:
    twilio.fail_next(1, Fault.THROTTLED, retry_after=7)
    url = f"{twilio.url}/2010-04-01/Accounts/{twilio.account_sid}/Messages.json"
    headers = {"Authorization": aiohttp.encode_basic_auth(twilio.account_sid, twilio.auth_token)}
    form = {"To": CUSTOMER, "From": SHOP, "Body": "x"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(url, data=form) as answer,
    ):
        assert (answer.status, answer.headers["Retry-After"]) == (429, "7")


@pytest.mark.parametrize(
    ("fault", "error", "accepted"),
    [
        (Fault.CUT_BEFORE, aiohttp.ServerDisconnectedError, []),
        (Fault.CUT_AFTER, aiohttp.ServerDisconnectedError, ["x"]),
        (Fault.HANGING, TimeoutError, []),
        (Fault.GARBAGE, json.JSONDecodeError, []),
    ],
)
async def test_fake_twilio_can_leave_a_request_unanswered(
    twilio: TwilioServer, fault: Fault, error: type[Exception], accepted: list[str]
) -> None:
    twilio.fail_next(1, fault)
    async with contextlib.aclosing(Redirected(twilio.url, seconds=0.2)) as http:
        client = Client(twilio.account_sid, twilio.auth_token, http_client=http)
        with pytest.raises(error):
            await client.messages.create_async(to=CUSTOMER, from_=SHOP, body="x")
    assert twilio.to(CUSTOMER) == accepted


# --------------------------------------------------------------------------------- webhooks


def test_the_signature_is_the_published_example() -> None:
    # Twilio's documentation of its rule gives this request, token and result.
    url = "https://example.com/myapp.php?foo=1&bar=2"
    parameters = {
        "Digits": "1234",
        "To": "+18005551212",
        "From": "+14158675310",
        "Caller": "+14158675310",
        "CallSid": "CA1234567890ABCDE",
    }
    assert sign("12345", url, parameters) == "L/OH5YylLD5NRKLltdqwSvS0BnU="
    assert RequestValidator("12345").compute_signature(url, parameters) == sign(
        "12345", url, parameters
    )


async def test_a_delivered_message_is_signed_and_complete(
    twilio: TwilioServer, application: Application
) -> None:
    application.answer = lambda: web.Response(text="<Response/>", content_type="text/xml")
    told = await twilio.deliver(application.url, CUSTOMER, SHOP, "¿Mañana 5€? 😀", num_media=1)

    assert (told.status, told.alert, told.replies) == (200, None, ())
    ((url, form, signature),) = application.requests
    assert RequestValidator(twilio.auth_token).validate(url, form, signature)
    assert application.last("From", "To", "Body", "NumMedia", "NumSegments", "FromCity") == [
        CUSTOMER, SHOP, "¿Mañana 5€? 😀", "1", "1", "",
    ]  # fmt: skip
    assert form["MessageSid"] == form["SmsSid"]
    assert form["MediaContentType0"] == "image/jpeg"


async def test_behind_a_proxy_the_public_address_is_signed(
    twilio: TwilioServer, application: Application
) -> None:
    public = "https://bella.example/hook?shop=bella"
    await twilio.deliver(application.url, CUSTOMER, SHOP, "hi", signed_url=public)
    ((_, form, signature),) = application.requests
    assert RequestValidator(twilio.auth_token).validate(public, form, signature)


@pytest.mark.parametrize(
    ("answer", "alert", "replies"),
    [
        (lambda: web.Response(status=500), 11200, ()),
        (lambda: web.Response(text="<Response>", content_type="text/xml"), 12100, ()),
        (lambda: web.Response(text="{}", content_type="application/json"), 12100, ()),
        (lambda: web.Response(text="<html/>", content_type="text/xml"), 12200, ()),
        (lambda: web.Response(text="<Response/>", content_type="text/html"), 12200, ()),
        (
            lambda: web.Response(
                text="<Response><Message>Hi</Message></Response>", content_type="text/xml"
            ),
            None,
            ("Hi",),
        ),
    ],
)
async def test_an_answer_that_is_not_twiml_raises_an_alert(
    twilio: TwilioServer,
    application: Application,
    answer: Callable[[], web.Response],
    alert: int | None,
    replies: tuple[str, ...],
) -> None:
    application.answer = answer
    told = await twilio.deliver(application.url, CUSTOMER, SHOP, "hi")
    assert (told.alert, told.replies) == (alert, replies)


async def test_nothing_is_delivered_again_after_a_connection(
    twilio: TwilioServer, application: Application
) -> None:
    application.cut = True
    told = await twilio.deliver(application.url, CUSTOMER, SHOP, "hi")
    assert (told.status, told.alert, len(application.requests)) == (None, 11200, 1)


async def test_nobody_listening_is_told_apart(twilio: TwilioServer) -> None:
    told = await twilio.deliver(f"http://127.0.0.1:{unused_port()}/", CUSTOMER, SHOP, "hi")
    assert (told.status, told.alert) == (None, 11205)


async def test_stop_blocks_until_start(
    twilio: TwilioServer, client: Client, application: Application
) -> None:
    message = {"to": CUSTOMER, "from_": SHOP, "body": "Reminder"}
    await twilio.deliver(application.url, CUSTOMER, SHOP, " stop ")
    assert application.last("Body", "OptOutType") == [" stop ", "STOP"]
    assert await refusal(client, **message) == (400, 21610)

    await twilio.deliver(application.url, CUSTOMER, SHOP, "Start")
    assert application.last("OptOutType") == ["START"]
    assert (await client.messages.create_async(**message)).status == "queued"


# --------------------------------------------------------------------------------- statuses


async def test_statuses_are_told_to_the_callback(
    twilio: TwilioServer, client: Client, application: Application
) -> None:
    twilio.outcomes["+34600333444"] = 30003
    for to in (CUSTOMER, "+34600333444"):
        await client.messages.create_async(
            to=to, from_=SHOP, body="x", status_callback=application.url
        )
    for message in twilio.messages:
        await twilio.settle(message)

    told = [
        (form["To"], form["MessageStatus"], form.get("ErrorCode"))
        for _, form, _ in application.requests
    ]
    assert told == [
        (CUSTOMER, "queued", None),
        (CUSTOMER, "sent", None),
        (CUSTOMER, "delivered", None),
        ("+34600333444", "queued", None),
        ("+34600333444", "sent", None),
        ("+34600333444", "undelivered", "30003"),
    ]
    validator = RequestValidator(twilio.auth_token)
    assert all(validator.validate(*request) for request in application.requests)
    assert [form["MessageSid"] for _, form, _ in application.requests[::3]] == [
        message.sid for message in twilio.messages
    ]


# --------------------------------------------------------------------------------- WhatsApp


def picker(items: int = 2, title: str = "Fri 5:30 pm ") -> ContentList.ContentCreateRequest:
    """Build a request for a list to pick from."""
    choices = [{"item": f"{title}{n}", "id": f"p7.{n}", "description": "Leo"} for n in range(items)]
    body = {"body": "Hi {{1}}. When?", "button": "Times", "items": choices}
    return ContentList.ContentCreateRequest(
        {
            "friendly_name": "times",
            "language": "en",
            "variables": {"1": "Marta"},
            "types": {"twilio/list-picker": body},
        }
    )


async def test_a_template_is_made_listed_and_sent(twilio: TwilioServer, client: Client) -> None:
    # The SDK's typed request drops what it does not know how to nest, so the wire is checked.
    made = twilio.contents.create(
        twilio.account_sid,
        {
            "friendly_name": "times",
            "language": "en",
            "variables": {"1": "Marta"},
            "types": {"twilio/text": {"body": "Hi {{1}}, see you at {{2}}."}},
        },
    )
    listed = await client.content.v1.contents.list_async()
    assert [(content.sid, content.friendly_name) for content in listed] == [(made["sid"], "times")]

    message = {"to": WA_CUSTOMER, "from_": WA_SHOP, "content_sid": made["sid"]}
    assert await refusal(client, **message) == (400, 21656)  # {{2}} has no value
    assert await refusal(client, **message, content_variables="{") == (400, 21656)
    await client.messages.create_async(**message, content_variables=json.dumps({"2": "6 pm"}))
    assert twilio.to(WA_CUSTOMER) == ["Hi Marta, see you at 6 pm."]


async def test_outside_the_window_only_approved_templates_arrive(
    twilio: TwilioServer, client: Client, application: Application
) -> None:
    made = await client.content.v1.contents.create_async(picker())
    assert made.sid is not None
    twilio.closed_windows.add(WA_CUSTOMER)
    callback = {"status_callback": application.url}

    async def outcome(**what: str) -> tuple[str, int | None]:
        await client.messages.create_async(to=WA_CUSTOMER, from_=WA_SHOP, **what, **callback)
        await twilio.settle(twilio.messages[-1])
        return twilio.messages[-1].status, twilio.messages[-1].error_code

    assert await outcome(body="Free form") == ("failed", 63016)
    assert application.last("MessageStatus", "ErrorCode") == ["failed", "63016"]
    assert await outcome(content_sid=made.sid) == ("failed", 63016)

    asked = ApprovalCreateList.ContentApprovalRequest({"name": "times", "category": "UTILITY"})
    with pytest.raises(TwilioRestException):  # a list opens no talk, whoever approves it
        await client.content.v1.contents(made.sid).approval_create.create_async(asked)
    body = {"body": "Hi {{1}}, see you."}
    request = {"language": "en", "variables": {"1": "Marta"}, "types": {"twilio/text": body}}
    sid = twilio.contents.create(twilio.account_sid, request)["sid"]
    pending = await client.content.v1.contents(sid).approval_create.create_async(asked)
    assert pending.status == "received"
    twilio.contents.decide(sid, "approved")
    fetched = await client.content.v1.contents(sid).approval_fetch().fetch_async()
    assert (fetched.whatsapp or {})["status"] == "approved"
    assert await outcome(content_sid=sid) == ("delivered", None)
    assert twilio.to(WA_CUSTOMER)[-1] == "Hi Marta, see you."

    # Their next message opens the window again.
    await twilio.deliver(application.url, WA_CUSTOMER, WA_SHOP, "hi")
    assert application.last("WaId") == ["34600111222"]
    assert await outcome(body="Free form") == ("delivered", None)


@pytest.mark.parametrize("wrong", [picker(items=0), picker(items=11), picker(title="x" * 25)])
async def test_whatsapps_limits_of_a_list_hold(
    client: Client, wrong: ContentList.ContentCreateRequest
) -> None:
    with pytest.raises(TwilioRestException) as caught:
        await client.content.v1.contents.create_async(wrong)
    assert (caught.value.status, caught.value.code) == (400, 20001)


async def test_a_filled_list_keeps_to_the_limits_and_is_tapped(
    twilio: TwilioServer, client: Client, application: Application
) -> None:
    made = twilio.contents.create(
        twilio.account_sid,
        {
            "language": "en",
            "variables": {"1": "When?", "2": "Cut", "3": "1.0"},
            "types": {
                "twilio/list-picker": {
                    "body": "{{1}}",
                    "button": "Times",
                    "items": [{"item": "{{2}}", "id": "{{3}}"}, {"item": "Colour", "id": "1.1"}],
                }
            },
        },
    )
    message = {"to": WA_CUSTOMER, "from_": WA_SHOP, "content_sid": made["sid"]}
    for wrong in ({"2": "x" * 25}, {"2": "Colour"}, {"3": "1.1"}, {"1": "a\nb"}, {"2": " "}):
        variables = json.dumps(wrong)
        assert await refusal(client, **message, content_variables=variables) == (400, 21656)
    long = json.dumps({"1": "x" * 1601})
    assert await refusal(client, **message, content_variables=long) == (400, 21658)
    await client.messages.create_async(**message)
    (sent,) = twilio.messages
    assert sent.titles == ["Cut", "Colour"]
    await twilio.tap(application.url, WA_CUSTOMER, sent, "Colour")
    assert application.last("Body", "ListId", "ListTitle") == ["Colour", "1.1", "Colour"]


async def test_a_sender_may_have_no_phone(twilio: TwilioServer, client: Client) -> None:
    await client.messages.create_async(to="whatsapp:ES.A1b2C3", from_=WA_SHOP, body="x")
    assert twilio.to("whatsapp:ES.A1b2C3") == ["x"]


@pytest.mark.parametrize(
    ("language", "body", "why"),
    [
        ("pt", "Dear {{1}}, hello there", "WhatsApp has no language pt"),
        ("en", "{{1}}, hello there to you", "begins or ends with a variable"),
        ("en", "Hello there to you {{1}}", "begins or ends with a variable"),
        ("en", "Hello there to you {{1}} {{2}} or so", "two variables stand side by side"),
        ("en", "Hello there to you {{1}} and {{3}} or so", "count from 1 without a gap"),
        ("en", "Hi {{1}}, {{2}}, {{3}} x", "too many variables"),
        ("en", "Hello there {{1}} to\n\n\nyou and so on", "more than two line breaks"),
    ],
)
def test_what_whatsapps_review_refuses_is_refused(language: str, body: str, why: str) -> None:
    contents = Contents()
    made = contents.create(
        "AC1",
        {
            "language": language,
            "variables": {str(n): "x" for n in range(1, 4)},
            "types": {"twilio/text": {"body": body}},
        },
    )
    with pytest.raises(Refused) as refused:
        contents.request_approval(made["sid"], {"name": "a", "category": "UTILITY"})
    assert why in refused.value.detail


def test_our_templates_pass_whatsapps_review() -> None:
    contents = Contents()
    for template in approval_templates(TRANSLATOR, supported_languages()):
        made = contents.create("AC1", template.request())
        asked = {"name": template.friendly_name, "category": "UTILITY"}
        assert contents.request_approval(made["sid"], asked)["status"] == "received", template.name
