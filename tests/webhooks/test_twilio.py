"""Twilio's end: what is stored, what is answered, what is sent, for good and hostile requests."""

from __future__ import annotations

import asyncio
import base64
import hmac
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import sqlalchemy as sa
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bot.channels.twilio.channel import CONNECTION_OVERRIDES
from core.clock import FixedClock
from core.db import tables
from core.db.runtime import Runtime
from core.messaging.messages import Incoming
from core.people.identities import make_admin
from tests.servers.twilio.faults import Fault
from tests.servers.twilio.server import TwilioServer
from tests.servers.twilio.webhooks import Delivered, sid_of, sign
from tests.support import shops
from tests.webhooks.harness import SMS_NUMBER, WHATSAPP_NUMBER, TwilioHarness, twilio_harness
from webhooks.twilio import has_valid_signature, parse_incoming

MARTA = "+34600111222"
EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


@pytest.fixture
async def served(runtime: Runtime) -> AsyncIterator[TwilioHarness]:
    async with runtime.transaction() as ctx:
        await shops.build_salon(ctx)
    async with twilio_harness(runtime) as served:
        yield served


async def rows(served: TwilioHarness, table: sa.Table, *columns: str) -> list[tuple[object, ...]]:
    async with served.app.runtime.read_transaction() as ctx:
        found = await ctx.all(sa.select(*(table.c[c] for c in columns)).order_by(table.c.id))
    return [tuple(row) for row in found]


async def test_a_message_is_stored_acknowledged_and_answered_by_the_outbox(
    served: TwilioHarness,
) -> None:
    answer = await served.send_sms(MARTA, "BELLA", message_sid=sid_of(1))
    assert answer == Delivered(200, EMPTY, None, ())
    assert await rows(served, tables.inbox, "event_id", "state", "incoming") == [
        (sid_of(1), "done", {"kind": "text", "text": "BELLA"})
    ]
    (message,) = served.twilio.messages
    assert (message.to, message.from_) == (MARTA, SMS_NUMBER)
    assert message.body.startswith("Welcome to Bella Hair.\n")
    sent = await rows(
        served, tables.outbox, "state", "body", "provider_message_id", "provider_status", "segments"
    )
    assert sent == [("sent", message.body, message.sid, "queued", message.segments)]


async def test_a_bad_signature_is_refused_and_leaves_no_row(served: TwilioHarness) -> None:
    answer = await served.twilio.deliver(
        f"{served.url}/webhooks/twilio/messages",
        MARTA,
        SMS_NUMBER,
        "BELLA",
        signed_url="https://elsewhere.example/webhooks/twilio/messages",
    )
    assert (answer.status, answer.alert) == (403, 11200)
    assert await rows(served, tables.inbox, "id") == []
    assert await rows(served, tables.conversations, "id") == []
    assert served.twilio.messages == []


async def test_missing_or_malformed_signature_is_refused(served: TwilioHarness) -> None:
    url = f"{served.url}/webhooks/twilio/messages"
    data = {"From": MARTA, "To": SMS_NUMBER, "Body": "BELLA", "MessageSid": sid_of(1)}
    async with httpx.AsyncClient() as client:
        answers = [
            await client.post(url, data=data),
            await client.post(url, data=data, headers=[(b"X-Twilio-Signature", "é".encode())]),
            await client.post(url, content=b"\xff\xfe", headers={"X-Twilio-Signature": "a"}),
            await client.post(url),
            await client.post(url, content=b"&".join([b"a=b"] * 5000)),
        ]
    assert [answer.status_code for answer in answers] == [403] * 5
    assert answers[0].headers["content-type"] == "application/problem+json"
    assert answers[0].json() == {
        "type": "about:blank",
        "title": "Forbidden",
        "status": 403,
        "detail": "This is not signed by Twilio.",
        "code": "bad_signature",
        "errors": [],
        "timestamp": "2026-03-09T09:00:00Z",
    }
    assert await rows(served, tables.inbox, "id") == []


async def test_what_nobody_can_answer_is_kept_aside(served: TwilioHarness) -> None:
    url = f"{served.url}/webhooks/twilio/messages"
    whole = {"From": MARTA, "To": SMS_NUMBER, "Body": "BELLA", "MessageSid": "SM" + "1" * 32}
    odd = [
        {k: v for k, v in whole.items() if k != "MessageSid"},
        {k: v for k, v in whole.items() if k != "From"} | {"MessageSid": "SM" + "2" * 32},
        whole | {"MessageSid": "\x00"},
    ]
    async with httpx.AsyncClient() as client:
        for form in [*odd, *odd]:
            headers = {"X-Twilio-Signature": sign(served.twilio.auth_token, url, form)}
            answer = await client.post(url, data=form, headers=headers)
            assert (answer.status_code, answer.text) == (200, EMPTY)
    assert await rows(served, tables.inbox, "state", "error", "conversation_id") == [
        ("dead", "lacks an id", 1),
        ("dead", "lacks a sender", None),
        ("dead", "lacks an id", 1),
    ]


SIGNED = {
    "AccountSid": "AC" + "a" * 32,
    "Body": f"hiFrom+34600111999MessageSidSM{'f' * 32}NX",
    "From": MARTA,
    "MessageSid": sid_of(1),
    "SmsMessageSid": sid_of(1),
    "SmsSid": sid_of(1),
    "SmsStatus": "received",
    "To": SMS_NUMBER,
}


FORGED = {
    "a longer id": {k: v for k, v in SIGNED.items() if k != "SmsMessageSid"}
    | {"MessageSid": f"{sid_of(1)}SmsMessageSid", sid_of(1): ""},
    "the id under a name that is none": {k: v for k, v in SIGNED.items() if k != "MessageSid"}
    | {"MessageSi": f"d{sid_of(1)}"},
    "a sender and an id out of the text": {
        "AccountSid": SIGNED["AccountSid"],
        "Body": "hi",
        "From": "+34600111999",
        "MessageSid": "SM" + "f" * 32,
        "NX": f"From{MARTA}MessageSid{sid_of(1)}SmsMessageSid{sid_of(1)}SmsSid{sid_of(1)}",
        "SmsStatus": "received",
        "To": SMS_NUMBER,
    },
}
"""Requests that have the signature of `SIGNED`, and another id or sender."""


async def test_a_signed_request_is_no_other_message_when_it_is_split_elsewhere(
    served: TwilioHarness,
) -> None:
    url = f"{served.url}/webhooks/twilio/messages"
    headers = {"X-Twilio-Signature": sign(served.twilio.auth_token, url, SIGNED)}
    for name, form in FORGED.items():
        # Control: by its signature alone it is Twilio's.
        pairs = list(form.items())
        signature = headers["X-Twilio-Signature"]
        assert has_valid_signature(served.twilio.auth_token, url, pairs, signature), name
        async with httpx.AsyncClient() as client:
            await client.post(url, data=form, headers=headers)
        await served.wait_until_idle()
        # Nobody's turn ran; at most it is laid aside as a message without an id.
        assert set(await rows(served, tables.inbox, "state")) <= {("dead",)}, name
        assert served.twilio.messages == [], name


async def test_a_message_that_could_not_be_stored_comes_again(
    served: TwilioHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full for the first two attempts; Twilio was told to call again."""
    url, failures = f"{served.url}/webhooks/twilio/messages", [2]
    run = Runtime.run

    async def full(runtime: Runtime, work: Any) -> Any:
        if failures[0]:
            failures[0] -= 1
            raise sa.exc.OperationalError("INSERT", {}, Exception("database or disk is full"))
        return await run(runtime, work)

    monkeypatch.setattr(Runtime, "run", full)
    # Control: without the overrides it is lost.
    lost = await served.twilio.deliver(url, MARTA, SMS_NUMBER, "BELLA")
    assert (lost.status, lost.alert) == (503, 11200)
    assert await rows(served, tables.inbox, "id") == []
    failures[0] = 2
    kept = await served.twilio.deliver(url + CONNECTION_OVERRIDES, MARTA, SMS_NUMBER, "BELLA")
    assert (kept.status, kept.alert) == (200, None)
    await served.wait_until_idle()
    assert await rows(served, tables.inbox, "state") == [("done",)]


async def test_a_message_goes_to_the_fallback_when_the_database_is_away(
    served: TwilioHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_runtime: Runtime, _work: Any) -> Any:
        raise OSError("connection refused")

    run = Runtime.run
    monkeypatch.setattr(Runtime, "run", away)
    url = f"{served.url}/webhooks/twilio/messages"
    calls: list[dict[str, str]] = []

    async def elsewhere(scope: Scope, receive: Receive, send: Send) -> None:
        form = await Request(scope, receive).form()
        calls.append({name: str(value) for name, value in form.items()})
        await Response("<Response/>", media_type="text/xml")(scope, receive, send)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(elsewhere, log_config=None, lifespan="off", ws="none")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        other = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        address = url + CONNECTION_OVERRIDES
        answer = await served.twilio.deliver(address, MARTA, SMS_NUMBER, "BELLA", fallback=other)
        server.should_exit = True
        await task
    monkeypatch.setattr(Runtime, "run", run)
    assert answer.status == 200
    assert [(form["Body"], form["ErrorCode"], form["ErrorUrl"]) for form in calls] == [
        ("BELLA", "11200", url)
    ]


async def test_a_database_that_hangs_is_not_waited_for(
    served: TwilioHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(_runtime: Runtime, _work: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(Runtime, "run", hang)
    monkeypatch.setattr("webhooks.http.request_middleware.STORE_SECONDS", 0.05)
    url = f"{served.url}/webhooks/twilio/messages"
    answer = await served.twilio.deliver(url, MARTA, SMS_NUMBER, "BELLA")
    assert (answer.status, answer.alert) == (503, 11200)


async def test_parameters_that_are_new_at_twilio_are_taken(served: TwilioHarness) -> None:
    extra = {"NewIn2027": "yes", "ChannelMetadata": '{"type":"whatsapp"}', "Z": ""}
    assert (await served.send_sms(MARTA, "BELLA", extra=extra)).status == 200
    assert await rows(served, tables.inbox, "state") == [("done",)]


async def test_a_message_is_no_new_one_after_its_retention(served: TwilioHarness) -> None:
    clock = served.app.runtime.clock
    assert isinstance(clock, FixedClock)
    await served.send_sms(MARTA, "BELLA", message_sid=sid_of(7))
    sent = len(served.twilio.messages)
    clock.advance(timedelta(days=served.app.settings.keep_outbox_days + 400))
    await served.app.worker.apply_retention()
    answer = await served.send_sms(MARTA, "BELLA", message_sid=sid_of(7))
    assert (answer.status, len(served.twilio.messages)) == (200, sent)
    assert await rows(served, tables.inbox, "event_id", "incoming") == [(sid_of(7), {})]


async def test_bytes_that_are_no_text_are_read_as_far_as_they_go(served: TwilioHarness) -> None:
    url = f"{served.url}/webhooks/twilio/messages"
    values = {"Body": b"BELLA\xed\xa0\x80", "From": MARTA.encode(), "MessageSid": b"SM" + b"1" * 32,
              "To": SMS_NUMBER.encode()}  # fmt: skip
    signed = url.encode() + b"".join(k.encode() + v for k, v in sorted(values.items()))
    digest = hmac.digest(served.twilio.auth_token.encode(), signed, "sha1")
    headers = {
        "X-Twilio-Signature": base64.b64encode(digest).decode(),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    async with httpx.AsyncClient() as client:
        answer = await client.post(url, content=urlencode(values).encode(), headers=headers)
    assert answer.status_code == 200
    await served.wait_until_idle()
    assert await rows(served, tables.inbox, "state", "incoming") == [
        ("done", {"kind": "text", "text": "BELLA\ufffd\ufffd\ufffd"})
    ]


async def test_a_body_beyond_reason_is_not_read(served: TwilioHarness) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.post(
            f"{served.url}/webhooks/twilio/messages", content=b"Body=" + b"a" * 70_000
        )
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_the_same_message_twice_is_one_turn(served: TwilioHarness) -> None:
    for _ in range(3):
        answer = await served.send_sms(MARTA, "BELLA", message_sid=sid_of(1))
        assert answer.status == 200
    assert await rows(served, tables.inbox, "event_id", "state") == [(sid_of(1), "done")]
    assert len(served.twilio.messages) == 1


async def test_many_at_once_keep_their_order(served: TwilioHarness) -> None:
    url = f"{served.url}/webhooks/twilio/messages"
    people = [f"+346001112{n:02}" for n in range(8)]
    for text in ("BELLA", "hello", "menu"):
        answers = await asyncio.gather(
            *(served.twilio.deliver(url, who, SMS_NUMBER, text) for who in people for _ in range(1))
        )
        assert {answer.status for answer in answers} == {200}
    await served.wait_until_idle()
    assert {state for (state,) in await rows(served, tables.inbox, "state")} == {"done"}
    said = {tuple(served.twilio.to(who)) for who in people}
    assert len(said) == 1
    assert len(said.pop()) == 3


@pytest.mark.parametrize(
    ("body", "media"),
    [
        ("", 0),
        ("x" * 10_000, 0),
        ("🙂" * 200, 0),
        ("\u202eمرحبا\u200b", 0),
        ("a\x00b", 0),
        ("<b>%s{0}</b>", 0),
        ("9223372036854775808", 0),
        ("99999999999999999999", 0),
        ("1.1", 0),
        ("", 1),
        ("look", 10),
    ],
)
async def test_whatever_is_sent_is_answered_politely(
    served: TwilioHarness, body: str, media: int
) -> None:
    await served.send_sms(MARTA, "BELLA")
    before = len(served.twilio.messages)
    answer = await served.send_sms(MARTA, body, num_media=media)
    assert answer == Delivered(200, EMPTY, None, ())
    assert [state for (state,) in await rows(served, tables.inbox, "state")] == ["done", "done"]
    assert len(served.twilio.messages) == before + 1
    assert served.twilio.refused == []


async def test_a_sender_or_line_that_is_none_of_ours_is_acknowledged_and_left(
    served: TwilioHarness,
) -> None:
    url = f"{served.url}/webhooks/twilio/messages"
    answers = [
        await served.twilio.deliver(url, from_, to, "hi", message_sid=sid)
        for from_, to, sid in (
            ("22000", SMS_NUMBER, sid_of(1)),
            ("BANK", SMS_NUMBER, sid_of(2)),
            (MARTA, "+15005550099", sid_of(3)),
            (MARTA, "nobody", sid_of(4)),
            ("", "", sid_of(6)),
        )
    ]
    assert answers == [Delivered(200, EMPTY, None, ())] * 5
    assert await rows(served, tables.inbox, "id") == []


async def test_whatsapp_speaks_from_its_own_number(served: TwilioHarness) -> None:
    url = f"{served.url}/webhooks/twilio/messages"
    for sender in (f"whatsapp:{MARTA}", "whatsapp:ES.1a2b3c"):
        await served.twilio.deliver(url, sender, f"whatsapp:{WHATSAPP_NUMBER}", "BELLA")
        await served.wait_until_idle()
    assert [(m.to, m.from_) for m in served.twilio.messages] == [
        (f"whatsapp:{MARTA}", f"whatsapp:{WHATSAPP_NUMBER}"),
        ("whatsapp:ES.1a2b3c", f"whatsapp:{WHATSAPP_NUMBER}"),
    ]
    kinds = await rows(served, tables.identities, "kind", "value")
    assert kinds[-2:] == [("phone", MARTA), ("whatsapp", "ES.1a2b3c")]


async def test_a_line_by_messaging_service(served: TwilioHarness) -> None:
    service = "MG" + "a" * 32
    served.twilio.services[service] = SMS_NUMBER
    async with served.app.runtime.transaction() as ctx:
        lines = tables.lines
        await ctx.execute(
            sa.update(lines).where(lines.c.address == SMS_NUMBER).values(address=service)
        )
    await served.send_sms(MARTA, "BELLA", extra={"MessagingServiceSid": service})
    (message,) = served.twilio.messages
    assert (message.messaging_service_sid, message.from_) == (service, None)


async def test_a_line_by_short_code(served: TwilioHarness) -> None:
    served.twilio.numbers.add("76762")
    async with served.app.runtime.transaction() as ctx:
        lines = tables.lines
        await ctx.execute(
            sa.update(lines).where(lines.c.address == SMS_NUMBER).values(address="76762")
        )
    await served.twilio.deliver(f"{served.url}/webhooks/twilio/messages", MARTA, "76762", "BELLA")
    await served.wait_until_idle()
    (message,) = served.twilio.messages
    assert (message.from_, message.to) == ("76762", MARTA)


# --- status ---------------------------------------------------------------------------------


async def test_what_became_of_a_message_is_noted_in_any_order(served: TwilioHarness) -> None:
    await served.send_sms(MARTA, "BELLA")
    (message,) = served.twilio.messages
    assert message.status_callback == f"{served.url}/webhooks/twilio/status?id=1#rc=3&rp=all"
    for status in ("delivered", "sent", "delivered"):
        answer = await served.twilio.report(message, status)
        assert answer is not None
        assert answer.status == 204
    assert await rows(served, tables.outbox, "state", "provider_status") == [("sent", "delivered")]


async def test_undelivered_sms_status_is_recorded(served: TwilioHarness) -> None:
    served.twilio.outcomes[MARTA] = 30003
    await served.send_sms(MARTA, "BELLA")
    answers = await served.twilio.settle(served.twilio.messages[0])
    assert {answer.status for answer in answers} == {204}
    assert await rows(served, tables.outbox, "state", "provider_status", "error") == [
        ("failed", "undelivered", "30003: the phone is off or out of reach")
    ]


@pytest.mark.parametrize(
    "query", ["?id=", "?id=x", "?id=99999999999999999999", "?id=%00", "?id=%C2%B2", ""]
)
async def test_status_of_an_unknown_message_is_ignored(served: TwilioHarness, query: str) -> None:
    url = f"{served.url}/webhooks/twilio/status{query}"
    form = {"MessageSid": sid_of(404), "MessageStatus": "delivered", "ErrorCode": "\x00"}
    signature = sign(served.twilio.auth_token, url, form)
    async with httpx.AsyncClient() as client:
        answer = await client.post(url, data=form, headers={"X-Twilio-Signature": signature})
        unsigned = await client.post(url, data=form)
    assert (answer.status_code, unsigned.status_code) == (204, 403)


# --- sending --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.THROTTLED, "429: too many requests"),
        (Fault.BROKEN, "20500: Unable to create record: An internal server error has occurred"),
        (Fault.CUT_BEFORE, "ServerDisconnectedError: Server disconnected"),
    ],
)
async def test_temporary_twilio_errors_are_retried(
    served: TwilioHarness, fault: Fault, error: str
) -> None:
    served.twilio.fail_next(1, fault, retry_after=7)
    await served.send_sms(MARTA, "BELLA")
    clock = served.app.runtime.clock
    assert isinstance(clock, FixedClock)
    ((state, attempts, said, due_at),) = await rows(
        served, tables.outbox, "state", "attempts", "error", "due_at"
    )
    # Being asked to wait is no try.
    assert (state, attempts, said) == ("due", 0 if fault is Fault.THROTTLED else 1, error)
    wait = (due_at - clock.now()).total_seconds()  # type: ignore[operator]
    assert wait == 7 if fault is Fault.THROTTLED else 12 <= wait <= 18
    clock.instant = due_at  # type: ignore[assignment]
    served.app.sender.wake()
    await served.wait_until_idle()
    assert [state for (state,) in await rows(served, tables.outbox, "state")] == ["sent"]
    assert len(served.twilio.to(MARTA)) == 1


@pytest.mark.parametrize("said", ["1e999", "Fri, 31 Dec 9999 23:59:59 GMT", "soon"])
async def test_a_wait_of_any_form_is_a_wait(
    served: TwilioHarness, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setattr(TwilioServer, "retry_after", said)
    served.twilio.fail_next(1, Fault.THROTTLED)
    await served.send_sms(MARTA, "BELLA")
    ((state, error, due_at),) = await rows(served, tables.outbox, "state", "error", "due_at")
    assert (state, error) == ("due", "429: too many requests")
    wait = (due_at - served.app.runtime.clock.now()).total_seconds()  # type: ignore[operator]
    assert wait == 86_400 if said != "soon" else wait <= 18


async def test_an_acceptance_nobody_can_read_is_kept_shown_and_never_sent_again(
    served: TwilioHarness,
) -> None:
    async with served.app.runtime.transaction() as ctx:
        await make_admin(ctx, "+34600000099")
    served.twilio.fail_next(1, Fault.GARBAGE)
    await served.send_sms(MARTA, "BELLA")
    columns = ("state", "provider_status", "kind")
    first, *alarms = await rows(served, tables.outbox, *columns)
    assert first[:2] == ("sent", "unknown")
    assert {kind for _, _, kind in alarms} == {"alert.undelivered"}
    clock = served.app.runtime.clock
    assert isinstance(clock, FixedClock)
    clock.advance(timedelta(hours=2))
    served.app.sender.wake()
    await served.wait_until_idle()
    assert served.twilio.to(MARTA) == []
    assert await rows(served, tables.outbox, "state", "provider_status", "kind") == [first, *alarms]


@pytest.mark.parametrize("status", ["queued", "sent", "delivered", "undelivered"])
async def test_a_message_whose_answer_was_cut_off_is_not_sent_again(
    served: TwilioHarness, status: str
) -> None:
    served.twilio.fail_next(1, Fault.CUT_AFTER)
    await served.send_sms(MARTA, "BELLA")
    (message,) = served.twilio.messages
    assert await rows(served, tables.outbox, "state", "body") == [("due", "")]
    await served.twilio.report(message, status)
    clock = served.app.runtime.clock
    assert isinstance(clock, FixedClock)
    clock.advance(timedelta(seconds=20))
    served.app.sender.wake()
    await served.wait_until_idle()
    assert served.twilio.messages == [message]
    state = "failed" if status == "undelivered" else "sent"
    assert await rows(
        served, tables.outbox, "state", "body", "provider_message_id", "segments"
    ) == [(state, message.body, message.sid, message.segments)]
    # Its question counts as shown: the number under it is understood.
    await served.send_sms(MARTA, "1")
    assert [r for (r,) in await rows(served, tables.inbox, "prompt_id")] == [None, 1]


async def test_whoever_opted_out_at_twilio_is_so_with_us(served: TwilioHarness) -> None:
    served.twilio.opted_out.add((SMS_NUMBER, MARTA))
    await served.send_sms(MARTA, "BELLA")
    ((state, error),) = await rows(served, tables.outbox, "state", "error")
    assert state == "failed"
    assert str(error).startswith("21610: ")
    ((opted_out_at,),) = await rows(served, tables.conversations, "opted_out_at")
    assert opted_out_at == served.app.runtime.clock.now()
    assert served.twilio.messages == []


# --- parameters -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "did"),
    [
        ({"Body": " hi "}, Incoming(text=" hi ")),
        ({}, Incoming()),
        ({"Body": "ARRET", "OptOutType": "STOP"}, Incoming(text="STOP")),
        ({"Body": "x", "OptOutType": "?"}, Incoming(text="x")),
        (
            {"Body": "Yes", "ButtonPayload": "7.0", "ProfileName": "Marta"},
            Incoming("tap", text="Yes", payload="7.0", name="Marta"),
        ),
        ({"Body": "Cut", "ListId": "7.3"}, Incoming("tap", text="Cut", payload="7.3")),
        (
            {"NumMedia": "2", "MediaContentType0": "image/jpeg"},
            Incoming("media", media=("image/jpeg", "")),
        ),
        (
            {"NumMedia": "1", "MediaContentType0": "image/jpeg", "Body": "stop"},
            Incoming(text="stop", media=("image/jpeg",)),
        ),
        ({"NumMedia": "²"}, Incoming()),
        ({"NumMedia": "00"}, Incoming()),
        ({"Latitude": "40.4", "Longitude": "-3.7"}, Incoming("location", text="40.4,-3.7")),
    ],
)
def test_twilio_parameters_are_parsed(form: dict[str, str], did: Incoming) -> None:
    assert parse_incoming(form) == did


def test_our_check_of_signatures_is_twilios_own() -> None:
    from twilio.request_validator import RequestValidator

    url = "https://book.example.com/webhooks/twilio/status?id=7&x=%20é"
    for form in ({"a": "1", "B": "", "é": "ñ 🙂", "a b": "c&d=e"}, {"Body": ""}):
        signature = RequestValidator("token").compute_signature(url, form)
        assert has_valid_signature("token", url, list(form.items()), signature)
        assert not has_valid_signature("token", url + "&", list(form.items()), signature)
        assert not has_valid_signature("other", url, list(form.items()), signature)
        assert not has_valid_signature("token", url, [*form.items(), ("z", "")], signature)
    assert urlencode({"Body": ""}) == "Body="
