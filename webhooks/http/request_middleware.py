"""What every request gets: an id, a line in the log, and a limit on its body."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webhooks.http.problems import HttpRefusal

log = structlog.get_logger(__name__)

_SANE = re.compile(r"[A-Za-z0-9._-]{8,64}")

_OPENS = re.compile(r"^/(b|calendars)/[^.]*")
"""A path whose address is the key: whoever has a booking's link sees the booking."""

_QUIET = frozenset({"/health/live", "/health/ready", "/metrics"})


STORE_SECONDS = 4.0
"""Seconds to store an incoming. Twilio tries for 15 in all, so that two more attempts fit in."""


class BodyTooLarge(Exception):
    """The body is larger than this endpoint takes."""


async def read_body(request: Request, max_bytes: int) -> bytes:
    """Return the raw body; TooLarge beyond `limit` bytes, before it is all read."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > max_bytes:
            raise BodyTooLarge
        parts.append(part)
    return b"".join(parts)


@asynccontextmanager
async def storing() -> AsyncIterator[None]:
    """Answer 503 if an event cannot be stored in time, so that its sender tries again.

    Nothing is acknowledged that was not committed. What was committed just before the time ran out
    is recognized when it comes again.
    """
    try:
        async with asyncio.timeout(STORE_SECONDS):
            yield
    except Exception as error:
        log.exception("webhook.not_stored", error=type(error).__name__)
        raise HttpRefusal(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "not_stored",
            "This could not be stored; please send it again.",
            {"Retry-After": "5"},
        ) from error


def client_ip(request: Request) -> str:
    """Return the client's address; "" if unknown."""
    return request.client.host if request.client else ""


class AccessLog:
    """Gives each request an id – the caller's `X-Request-ID` if it is sane – and logs its end.

    Paths are logged, but not what opens something; queries never: they hold tokens.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        request_id = given if _SANE.fullmatch(given) else secrets.token_hex(8)
        status, began = 500, time.perf_counter()

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)

        path = _OPENS.sub(r"/\1/[hidden]", scope["path"])
        facts: dict[str, Any] = {"method": scope["method"], "path": path}
        with structlog.contextvars.bound_contextvars(request=request_id):
            try:
                await self.app(scope, receive, answer)
            except ClientDisconnect:
                # Client gone or too slow before the body arrived: nobody reads the answer.
                status = 499
            except Exception:
                log.exception("request.failed", **facts)
                raise
            finally:
                level = log.debug if scope["path"] in _QUIET else log.info
                took = round((time.perf_counter() - began) * 1000, 1)
                level("request", **facts, status=status, ms=took)
