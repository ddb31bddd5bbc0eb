"""Pages behind links in mails: verifying an address, choosing a new password.

Opening one changes nothing, for programs that look at mails open links too; its button does.
"""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import FormData, UploadFile

from bot.app import App
from bot.i18n.messages import TRANSLATOR, error_text, text
from core.auth import password_login
from core.errors import SlotlineError
from core.messaging.messages import Say
from webhooks.http.html import negotiate_language
from webhooks.public.templating import render_page

router = APIRouter(prefix="/account", include_in_schema=False)

EmailLinkAction = Literal["verify", "password"]


@router.get("/{what}")
async def show_link_page(request: Request, what: EmailLinkAction, token: str = "") -> Response:
    """Show the button that confirms a mail's link."""
    return _page(request, what, token=token[:200], asks=True)


@router.post("/{what}")
async def follow_link(request: Request, what: EmailLinkAction) -> Response:
    """Verify the address, or set the new password."""
    app: App = request.app.state.slotline
    async with request.form(max_files=0, max_fields=5) as form:
        token, password = _field(form, "token"), _field(form, "password")
    try:
        if what == "verify":
            await app.runtime.run(lambda ctx: password_login.verify_email(ctx, token))
        else:
            await password_login.reset_password(app.runtime, token, password)
    except SlotlineError as error:
        again = error.params.get("field") == "password"
        told = text("account.password_wrong") if again else error_text(error)
        return _page(request, what, token=token, asks=again, told=told, status=400)
    return _page(request, what, told=text("account.done"))


def _page(
    request: Request,
    what: EmailLinkAction,
    *,
    token: str = "",
    asks: bool = False,
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
        title=words(text(f"account.{what}")),
        told=words(told) if told else "",
        asks=asks,
        token=token,
        password=words(text("account.new_password")) if what == "password" else "",
        button=words(text("account.button")),
    )
    policy = answer.headers["Content-Security-Policy"]
    answer.headers["Content-Security-Policy"] = policy.replace(
        "form-action 'none'", "form-action 'self'"
    )
    return answer


def _field(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return "" if isinstance(value, UploadFile) else value[:200]
