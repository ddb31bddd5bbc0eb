"""Telegram's webhooks: an update for the customers' bot, or for the owners'.

Answered 200 only after what it says is stored: Telegram repeats an update until then. So one that
cannot be read is stored and laid aside, whatever shape it has.
"""

from __future__ import annotations

import hmac
import json

import structlog
from starlette.requests import Request
from starlette.responses import Response

from bot.app import App
from webhooks.http import request_middleware
from webhooks.http.problems import problem_response

log = structlog.get_logger(__name__)

MAX_UPDATE_BYTES = 512 * 1024
"""Bytes: an update holds two messages at most, each with its entities and buttons."""

SIGNATURE_HEADER = "X-Telegram-Bot-Api-Secret-Token"


async def receive_update(request: Request) -> Response:
    """Receive one update; answer 403 and store nothing without our secret token."""
    app: App = request.app.state.slotline
    intake, role = app.telegram, request.path_params["role"]
    if intake is None or role not in intake.bots:
        return problem_response(request, 404, code="not_found", detail="There is no such bot here.")
    given = request.headers.get(SIGNATURE_HEADER, "").encode("utf-8", "replace")
    if not hmac.compare_digest(given, intake.webhook_secret(role).encode()):
        log.warning("telegram.refused", path=request.url.path)
        return problem_response(
            request, 403, code="bad_secret", detail="This is not sent by Telegram."
        )
    try:
        body = await request_middleware.read_body(request, MAX_UPDATE_BYTES)
    except request_middleware.BodyTooLarge as error:
        async with request_middleware.storing():
            await intake.lay_aside(role, "", error)
        return Response()
    async with request_middleware.storing():
        try:
            raw = json.loads(body)
        except (ValueError, RecursionError) as error:
            await intake.lay_aside(role, body, error)
        else:
            await intake.receive(role, raw)
    return Response()
