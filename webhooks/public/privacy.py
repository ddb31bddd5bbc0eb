"""The privacy page: what is stored about people, why and for how long."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.app import App
from bot.i18n.messages import TRANSLATOR, text
from webhooks.http.html import negotiate_language
from webhooks.public.templating import render_page

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class _Part:
    what: str
    why: str


@router.api_route("/privacy", methods=["GET", "HEAD"])
async def show_privacy_page(request: Request) -> Response:
    """Show what is stored and why, with this installation's retention periods."""
    app: App = request.app.state.slotline
    days = app.settings
    language = negotiate_language(request.headers.get("Accept-Language", ""))

    def words(key: str, **params: object) -> str:
        return TRANSLATOR.translate(text(key, **params), language)

    heard, sent = days.keep_inbox_days, days.keep_outbox_days
    return render_page(
        "privacy.html",
        language,
        title=words("privacy.title"),
        about=words("privacy.about"),
        parts=[
            _Part(words("privacy.contact"), words("privacy.contact_why")),
            _Part(words("privacy.bookings"), words("privacy.bookings_why")),
            _Part(words("privacy.messages"), words("privacy.messages_why", heard=heard, sent=sent)),
            _Part(words("privacy.codes"), words("privacy.codes_why", days=days.keep_codes_days)),
            _Part(words("privacy.consent"), words("privacy.consent_why")),
        ],
        rights=words("privacy.rights"),
    )
