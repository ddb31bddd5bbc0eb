"""A booking's page and calendar file, for anyone with its signed link."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.app import App
from bot.i18n.messages import TRANSLATOR, text
from bot.rendering.attachments import render_calendar_file
from core.bookings.ics import BookingView, load_booking_view
from core.db.context import Context
from core.errors import NotFound
from core.localtime import zones
from core.messaging.messages import Say
from core.messaging.signed_links import booking_id_from_token, booking_url
from webhooks.http.html import PRIVATE_HEADERS, negotiate_language
from webhooks.http.rate_limits import wrong_link_limits
from webhooks.http.request_middleware import client_ip
from webhooks.public.templating import render_page

router = APIRouter(include_in_schema=False)

_TONES = {
    "held": "wait",
    "pending": "wait",
    "confirmed": "good",
    "in_progress": "good",
    "completed": "done",
    "no_show": "done",
}


@dataclass(frozen=True, slots=True)
class _Row:
    """A fact on the page: label, value, a secondary line and a link."""

    label: str
    value: str
    note: str = ""
    href: str = ""
    link: str = ""
    style: str = ""


# The file's route comes first, since "/b/{token}" would match it, too.
@router.api_route("/b/{token}.ics", methods=["GET", "HEAD"])
async def booking_calendar_file(request: Request, token: str) -> Response:
    """Answer with the booking's calendar file; 404 for an invalid link."""
    try:
        booking, ctx = await _opened(request, token)
    except (NotFound, _Barred) as why:
        return _missing(request, why)
    language = _language(request, booking)
    file = render_calendar_file(booking, booking_url(ctx, booking.id), language)
    headers = PRIVATE_HEADERS | {
        "Content-Disposition": f'inline; filename="{file.name}"',
        "Vary": "Accept-Language",
    }
    return Response(file.body, headers=headers, media_type="text/calendar; method=PUBLISH")


@router.api_route("/b/{token}", methods=["GET", "HEAD"])
async def show_booking_page(request: Request, token: str) -> Response:
    """Answer with the booking's page; a 404 page for an invalid link."""
    try:
        shown, ctx = await _opened(request, token)
    except (NotFound, _Barred) as why:
        return _missing(request, why)
    language = _language(request, shown)

    def words(key: str, **params: object) -> str:
        return _words(text(key, **params), language)

    local = zones.to_local(int(shown.starts_at.timestamp()), shown.timezone)
    year = zones.to_local(int(ctx.now.timestamp()), shown.timezone).year
    return render_page(
        "booking.html",
        language,
        title=words("page.title", shop=shown.shop),
        shop=shown.shop,
        service=shown.service,
        state=words(f"state.{shown.state}"),
        tone=_TONES.get(shown.state, "off"),
        struck=shown.is_void,
        start=local.isoformat(),
        day=words("page.day", when=shown.local_start)
        if local.year == year
        else words("page.day_year", when=shown.local_start, year=local.year),
        hours=words("page.hours", since=shown.local_start, until=shown.local_end),
        zone=words("page.zone", when=shown.local_start),
        rows=_rows(shown, language),
        calendar_href=f"{token}.ics",
        calendar=words("page.calendar_off" if shown.is_void else "page.calendar"),
        note=_words(_note(shown, ctx), language),
        privacy=words("privacy.title"),
    )


async def _opened(request: Request, token: str) -> tuple[BookingView, Context]:
    app: App = request.app.state.slotline
    limits, whose = wrong_link_limits(request.app, app.settings), client_ip(request)
    if seconds := await limits.wrong_link_wait(whose):
        raise _Barred(seconds)
    try:
        booking_id = booking_id_from_token(app.runtime.secret, token)
        async with app.runtime.read_transaction() as ctx:
            return await load_booking_view(ctx, booking_id), ctx
    except NotFound:
        await limits.record_wrong_link(whose)
        raise


class _Barred(Exception):
    """Too many wrong links came from this address; try again in `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def _missing(request: Request, why: Exception) -> Response:
    language = negotiate_language(request.headers.get("Accept-Language", ""))
    if isinstance(why, _Barred):
        barred = render_page(
            "missing.html",
            language,
            status=429,
            title=_words(text("page.barred"), language),
            note=_words(text("page.barred_why"), language),
        )
        barred.headers["Retry-After"] = str(why.seconds)
        return barred
    return render_page(
        "missing.html",
        language,
        status=404,
        title=_words(text("page.missing"), language),
        note=_words(text("page.missing_why"), language),
    )


def _rows(shown: BookingView, language: str) -> list[_Row]:
    def words(key: str, **params: object) -> str:
        return _words(text(key, **params), language)

    rows = []
    if shown.attendee:
        rows.append(_Row(words("page.for"), shown.attendee))
    about = ", ".join(filter(None, (shown.title, shown.speciality)))
    rows.append(_Row(words("page.with"), shown.provider, about))
    if shown.place:
        rows.append(
            _Row(words("page.where"), shown.place, shown.directions, _map(shown), words("page.map"))
        )
    if shown.shop_phone:
        rows.append(_Row(words("page.phone"), "", "", f"tel:{shown.shop_phone}", shown.shop_phone))
    price = words("page.price_is", price=shown.price) if shown.price else words("page.on_request")
    rows.append(_Row(words("page.price"), price))
    rows.append(_Row(words("page.ref"), shown.ref, style="ref"))
    return rows


def _map(shown: BookingView) -> str:
    """Return the link to a map of the shop's coordinates, or of a search for its address."""
    if shown.latitude is not None and shown.longitude is not None:
        point = {"mlat": f"{shown.latitude:.6f}", "mlon": f"{shown.longitude:.6f}"}
        return (
            f"https://www.openstreetmap.org/?{urlencode(point)}"
            f"#map=18/{point['mlat']}/{point['mlon']}"
        )
    return f"https://www.openstreetmap.org/search?{urlencode({'query': shown.place})}"


def _note(shown: BookingView, ctx: Context) -> Say:
    """Return the note about possible next steps."""
    if shown.is_void:
        return text("page.off", shop=shown.shop)
    if shown.ends_at <= ctx.now or shown.state in {"completed", "no_show"}:
        return text("page.over", shop=shown.shop)
    if shown.state == "held":
        return text("page.held")
    if shown.state == "pending":
        return text("page.pending", shop=shown.shop)
    return text("page.change", shop=shown.shop)


def _language(request: Request, shown: BookingView) -> str:
    return negotiate_language(request.headers.get("Accept-Language", ""), shown.language)


def _words(say: Say, language: str) -> str:
    return TRANSLATOR.translate(say, language)
