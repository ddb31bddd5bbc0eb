"""Pages behind links in messages by mail: proving an address, and unsubscribing.

Opening one changes nothing, for programs that look at mails open links too; its button does, and
what mail programs post by themselves (RFC 8058).
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from bot.app import App
from bot.i18n.messages import TRANSLATOR, error_text, text
from core.auth import email_subscription
from core.errors import SlotlineError
from core.messaging import signed_links
from core.messaging.messages import Say
from webhooks.http.html import negotiate_language
from webhooks.public.templating import render_page

router = APIRouter(prefix="/mail", include_in_schema=False)


@router.get("/prove")
async def show_subscription_page(request: Request, token: str = "") -> Response:
    """Show the button that proves an address."""
    return _page(request, "mail.prove_title", "mail.prove_button", token=token[:200])


@router.post("/prove")
async def confirm_subscription(request: Request) -> Response:
    """Verify the address."""
    app: App = request.app.state.slotline
    async with request.form(max_files=0, max_fields=5) as form:
        value = form.get("token", "")
        token = "" if isinstance(value, UploadFile) else value[:200]
    try:
        await app.runtime.run(lambda ctx: email_subscription.confirm_subscription(ctx, token))
    except SlotlineError as error:
        return _page(request, "mail.prove_title", told=error_text(error), status=400)
    return _page(request, "mail.prove_title", told=text("mail.proved"))


@router.get("/end/{token}")
async def show_unsubscribe_page(request: Request, token: str) -> Response:
    """Show the button to unsubscribe; 400 for an invalid link."""
    app: App = request.app.state.slotline
    try:
        signed_links.conversation_id_from_token(app.runtime.secret, token)
    except SlotlineError as error:
        return _page(request, "mail.end_title", told=error_text(error), status=400)
    return _page(request, "mail.end_title", "mail.end_button", token=token)


@router.post("/end/{token}")
async def unsubscribe_email(request: Request, token: str) -> Response:
    """Unsubscribe an address, with one click."""
    app: App = request.app.state.slotline
    try:
        await app.runtime.run(lambda ctx: email_subscription.unsubscribe(ctx, token))
    except SlotlineError as error:
        return _page(request, "mail.end_title", told=error_text(error), status=400)
    return _page(request, "mail.end_title", told=text("mail.ended"))


def _page(
    request: Request,
    title: str,
    button: str = "",
    *,
    token: str = "",
    told: Say | None = None,
    status: int = 200,
) -> Response:
    language = negotiate_language(request.headers.get("Accept-Language", ""))

    def words(say: Say) -> str:
        return TRANSLATOR.translate(say, language)

    answer = render_page(
        "account.html",
        language,
        status=status,
        title=words(text(title)),
        told=words(told) if told else "",
        asks=bool(button),
        token=token,
        password="",
        button=words(text(button)) if button else "",
    )
    policy = answer.headers["Content-Security-Policy"]
    answer.headers["Content-Security-Policy"] = policy.replace(
        "form-action 'none'", "form-action 'self'"
    )
    return answer
