"""Calendar feeds, for anyone with the secret address (`core.calendar_sync.feeds`)."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from bot.app import App
from core.calendar_sync import feeds
from core.errors import NotFound
from webhooks.http.rate_limits import wrong_link_limits
from webhooks.http.request_middleware import client_ip

router = APIRouter(include_in_schema=False)

FEED_HEADERS = {
    "Cache-Control": "private, no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


@router.api_route("/calendars/{secret}.ics", methods=["GET", "HEAD"])
async def calendar_feed(request: Request, secret: str) -> Response:
    """Answer with the feed; 404 for an unknown or revoked address."""
    app: App = request.app.state.slotline
    limits, whose = wrong_link_limits(request.app, app.settings), client_ip(request)
    if seconds := await limits.wrong_link_wait(whose):
        headers = {"Retry-After": str(seconds)}
        return PlainTextResponse("Too many wrong addresses; try again later.\n", 429, headers)
    try:
        async with app.runtime.read_transaction() as ctx:
            feed = await feeds.open_feed(ctx, secret)
    except NotFound:
        await limits.record_wrong_link(whose)
        return PlainTextResponse("There is no such calendar.\n", 404)
    headers = FEED_HEADERS | {"ETag": feed.etag}
    if feed.etag in request.headers.get("If-None-Match", ""):
        return Response(status_code=304, headers=headers)
    file = await asyncio.to_thread(feeds.feed_ics, feed)
    return Response(file, headers=headers, media_type="text/calendar; charset=utf-8")
