"""Calendars for other programs, for whoever has the secret address (`core.calendar_sync.feeds`)."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from bot.app import App
from core.calendar_sync import feeds
from core.errors import NotFound
from webhooks.http.rate_limits import of_links
from webhooks.http.request_middleware import address_of

router = APIRouter(include_in_schema=False)

PRIVATE = {
    "Cache-Control": "private, no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


@router.api_route("/calendars/{secret}.ics", methods=["GET", "HEAD"])
async def calendar(request: Request, secret: str) -> Response:
    """Answer with the calendar; 404 for an address that is not, or no longer, one of ours."""
    app: App = request.app.state.slotline
    limits, whose = of_links(request.app, app.settings), address_of(request)
    if seconds := await limits.barred(whose):
        headers = {"Retry-After": str(seconds)}
        return PlainTextResponse("Too many wrong addresses; try again later.\n", 429, headers)
    try:
        async with app.runtime.reading() as ctx:
            feed = await feeds.opened(ctx, secret)
    except NotFound:
        await limits.note_wrong_link(whose)
        return PlainTextResponse("There is no such calendar.\n", 404)
    headers = PRIVATE | {"ETag": feed.etag}
    if feed.etag in request.headers.get("If-None-Match", ""):
        return Response(status_code=304, headers=headers)
    file = await asyncio.to_thread(feeds.ics, feed)
    return Response(file, headers=headers, media_type="text/calendar; charset=utf-8")
