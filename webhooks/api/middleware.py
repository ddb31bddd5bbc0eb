"""Middleware of the API: a limit on the body, and security headers."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webhooks.http.problems import problem_response

MAX_BODY_BYTES = 256 * 1024
"""Bytes; the largest ordinary request is a shop with all its texts."""

MAX_IMPORT_BYTES = 4 * 1024 * 1024
"""Bytes of a CSV file."""

_CLOSED = "default-src 'none'; frame-ancestors 'none'"


class SecurityHeaders:
    """Refuses large bodies, and tells browsers to guess, keep and frame nothing."""

    def __init__(self, app: ASGIApp, *, https_only: bool) -> None:
        self.app = app
        headers = {
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
        }
        if https_only:
            headers["strict-transport-security"] = "max-age=31536000"
        self.headers = [(k.encode(), v.encode()) for k, v in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = (
            MAX_IMPORT_BYTES if scope["path"].rstrip("/").endswith("/imports") else MAX_BODY_BYTES
        )
        read = 0
        headers = [*self.headers]
        if not scope["path"].endswith("/docs"):  # a page that draws itself with scripts
            headers.append((b"content-security-policy", _CLOSED.encode()))

        async def limited() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise HTTPException(413)
            return message

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message.get("headers", ())}
                more = [pair for pair in headers if pair[0] not in given]
                message["headers"] = [*message.get("headers", ()), *more]
            await send(message)

        length = dict(scope["headers"]).get(b"content-length", b"0")
        if length.isdigit() and int(length[:18]) > limit:
            detail = "The body is too large."
            refusal = problem_response(Request(scope), 413, code="too_large", detail=detail)
            await refusal(scope, receive, answer)
            return
        await self.app(scope, limited, answer)
