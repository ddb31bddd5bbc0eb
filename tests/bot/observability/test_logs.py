"""What a log line holds, and what it never does."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import structlog

from bot.channels.memory import MemoryChannel
from bot.delivery.sender import OutboxSender
from bot.i18n.messages import MESSAGES
from bot.observability import logs
from core.clock import FixedClock
from core.db.runtime import Runtime
from core.errors import DeliveryFailed
from core.messaging.messages import Say
from core.messaging.outbox import enqueue
from core.settings import Settings
from tests.support.people_rows import PeopleRows

MARTA = "+34600000009"

SETTINGS = Settings(
    _env_file=None,
    twilio_auth_token="0123456789abcdef",
    secret_key="a very secret key, and long enough to sign",
    log_level="INFO",
)


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    talkative = {name: logging.getLogger(name).level for name in ("twilio", "apscheduler")}
    made = io.StringIO()
    logs.configure_logging(SETTINGS, made)
    yield made
    root.handlers[:], root.level = handlers, level
    for name, before in talkative.items():
        logging.getLogger(name).setLevel(before)
    structlog.reset_defaults()


def written(stream: io.StringIO) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    for line in lines:
        assert line.pop("timestamp").endswith("Z")
    return lines


def test_a_line_is_json_with_the_ids_around_it(stream: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request="r1", conversation=7):
        structlog.get_logger("x").info("turn.done", ms=1.5, ok=True)
    assert written(stream) == [
        {
            "event": "turn.done",
            "level": "info",
            "request": "r1",
            "conversation": 7,
            "ms": 1.5,
            "ok": True,
        }
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("+34600111222", "+34•••222"),
        ("whatsapp:+34600111222", "whatsapp:+34•••222"),
        ("call 600111222 or +1 5005550006", "call 600•••222 or +1 500•••006"),
        (["+34600111222", {"to": "+34600111222"}], ["+34•••222", {"to": "+34•••222"}]),
        ("2026-03-09T09:00:00", "2026-03-09T09:00:00"),
        ("SM00112233445566778899aabbccddeeff", "SM00112233445566778899aabbccddeeff"),
        ("auth 0123456789abcdef!", "auth [hidden]!"),
        ("postgresql://me:pa55@host/db", "postgresql://me:[hidden]@host/db"),
        ("https://host:8000/path", "https://host:8000/path"),
        (12345678, 12345678),
        (None, None),
    ],
)
def test_phones_are_masked_and_secrets_hidden(
    stream: io.StringIO, value: object, shown: object
) -> None:
    structlog.get_logger().info("x", value=value)
    assert written(stream) == [{"event": "x", "level": "info", "value": shown}]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("+34600111222", "+34•••222"),
        ("123456789", "123•••789"),
        ("marta@example.com", "m•••@example.com"),
        ("US.AbCdEf0123", "US.•••123"),
        ("42", "•••"),
    ],
)
def test_an_address_of_any_kind_is_masked(address: str, shown: str) -> None:
    assert logs.mask_address(address) == shown


async def test_no_try_to_send_a_code_leaves_it_or_the_phone_in_the_log(
    stream: io.StringIO, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MESSAGES, "t.code", "Code {code}")
    async with runtime.transaction() as ctx:
        talk = await (await PeopleRows.open_shop(ctx)).open_conversation(MARTA)
        code = Say("t.code", {"code": "481920"}, secret=True)
        await enqueue.enqueue(ctx, code, conversation_id=talk)
        await enqueue.enqueue(ctx, Say("t.absent", {"code": "481920"}), conversation_id=talk)
    refused = DeliveryFailed(reason=f"21211: {MARTA} is no number", retry_after=1)
    memory = MemoryChannel(failures=[refused])
    delivery = OutboxSender(runtime, {("twilio", "sms"): memory})
    assert isinstance(runtime.clock, FixedClock)
    for _ in range(3):
        await delivery.drain()
        runtime.clock.advance(timedelta(seconds=2))
    assert memory.texts_to(MARTA) == ["Code 481920"]
    said = stream.getvalue()
    events = [line["event"] for line in written(stream)]
    assert {"delivery.refused", "delivery.sent", "delivery.error"} <= set(events)
    assert "481920" not in said
    assert MARTA not in said
    assert "+34•••009" in said


def test_names_of_secrets_hide_whatever_they_hold(stream: io.StringIO) -> None:
    structlog.get_logger().warning(
        "x", code="481920", auth_token="t", nested={"password": "p", "plain": "q"}
    )
    assert written(stream) == [
        {
            "event": "x",
            "level": "warning",
            "code": "[hidden]",
            "auth_token": "[hidden]",
            "nested": {"password": "[hidden]", "plain": "q"},
        }
    ]


def test_a_trace_is_kept_without_what_it_may_not_hold(stream: io.StringIO) -> None:
    try:
        int("to +34600111222 with a very secret key, and long enough to sign")
    except ValueError:
        structlog.get_logger().exception("failed")
    (line,) = written(stream)
    assert line["exception"].endswith("with base 10: 'to +34•••222 with [hidden]'")


def test_libraries_log_the_same_way_and_the_talkative_are_quiet(stream: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").info("Started for %s", "+34600111222")
    logging.getLogger("twilio.async_http_client").info("POST Body=Your code is 481920")
    logging.getLogger("apscheduler.executors.default").info("Running job")
    assert written(stream) == [
        {"event": "Started for +34•••222", "level": "info", "logger": "uvicorn.error"}
    ]
