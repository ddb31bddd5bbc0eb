"""Signing in by a code to the phone or by e-mail and password, and out again."""

from __future__ import annotations

import secrets
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.app import App
from core.auth import sessions
from core.db.context import Context
from core.errors import NotFound
from core.people.identities import make_admin
from core.people.verification import verify_identity_without_conversation
from webhooks.admin.error_messages import problem_message
from webhooks.admin.forms_input import read_form
from webhooks.admin.handler_calls import CallRefused, Handler, HandlerCall, call_handler
from webhooks.admin.templating import (
    FLASH_MESSAGES,
    redirect_saved,
    render_template,
    safe_admin_path,
)
from webhooks.admin.visitor import AnyVisitor
from webhooks.api import auth as auth_api
from webhooks.api.auth_guard import (
    AUTH_COOKIE,
    count_request,
    ensure_same_origin,
    has_auth_cookie,
    set_auth_cookie,
)
from webhooks.http.request_middleware import client_ip

router = APIRouter()

DEMO_ADMIN_PHONE = "+12125550100"
"""The phone of the demo's admin: a number that is nobody's."""


@router.get("/sign-in")
async def show_login(request: Request, next: str = "", said: str = "") -> Response:  # noqa: A002 - the word in the address
    """Show the ways to sign in."""
    if has_auth_cookie(request) and not next and not said:
        return redirect_saved("/admin/")
    return _page(next=next, said=FLASH_MESSAGES.get(said, ""), demo=request.app.state.demo)


@router.post("/sign-in/phone")
async def request_login_code(request: Request) -> Response:
    """Send a login code and show the field for it.

    Where there is no line that sends one, it is asked for all the same: whoever runs the machine
    has it printed there.
    """
    ensure_same_origin(request, request.app.state.slotline)
    form = await read_form(request)
    # The code is bound to this page: a code requested elsewhere is not accepted here.
    ticket = form["ticket"] or secrets.token_urlsafe(16)
    typed = {"phone": form["phone"], "next": form["next"], "ticket": ticket}
    try:
        await count_request(request)
        said = {"phone": form["phone"], "ticket": ticket}
        await call_handler(HandlerCall(request, None), auth_api.send_login_code, said)
    except CallRefused as problem:
        if problem.code not in {"code_unsendable", "country_not_allowed", "code_too_soon"}:
            return _page(status=problem.status, problem=problem_message(problem), **typed)
        return _page(step="code", hint=problem_message(problem), **typed)
    hint = f"We sent a code to {form['phone']}. It is good for five minutes."
    return _page(step="code", hint=hint, **typed)


@router.post("/sign-in/code")
async def sign_in_by_code(request: Request) -> Response:
    """Sign in by the code."""
    form = await read_form(request)
    typed = {"phone": form["phone"], "ticket": form["ticket"]}
    said = {"code": form["code"].replace(" ", ""), "keep": "cookie", **typed}
    return await _sign_in(request, auth_api.sign_in_by_code, said, step="code", **typed)


@router.post("/sign-in/password")
async def sign_in_by_password(request: Request) -> Response:
    """Sign in by e-mail and password."""
    form = await read_form(request)
    said = {"email": form["email"], "password": form.untrimmed("password"), "keep": "cookie"}
    return await _sign_in(
        request, auth_api.sign_in_by_password, said, step="password", email=form["email"]
    )


@router.post("/sign-in/demo")
async def sign_in_to_demo(request: Request) -> Response:
    """Sign in as the demo's admin; NotFound outside the demo."""
    app: App = request.app.state.slotline
    if not request.app.state.demo:
        raise NotFound(what="a demo")
    ensure_same_origin(request, app)

    async def begin(ctx: Context) -> str:
        user = await verify_identity_without_conversation(
            ctx, "phone", DEMO_ADMIN_PHONE, name="Demo admin"
        )
        await make_admin(ctx, DEMO_ADMIN_PHONE)
        made = await sessions.start_auth_session(
            ctx, user, kind="cookie", address=client_ip(request)
        )
        return sessions.issue_cookie(ctx, user, made)

    answer = redirect_saved("/admin/")
    set_auth_cookie(answer, app, await app.runtime.run(begin))
    return answer


@router.post("/sign-out")
async def sign_out(visit: AnyVisitor) -> Response:
    """Sign out on this device."""
    await visit.call(auth_api.sign_out)
    answer = redirect_saved("/admin/sign-in", "out")
    answer.delete_cookie(AUTH_COOKIE, path="/")
    return answer


async def _sign_in(
    request: Request, handler: Handler[Any], said: dict[str, Any], *, step: str, **typed: str
) -> Response:
    form = await read_form(request)
    answer = redirect_saved(safe_admin_path(form["next"], "/admin/"))
    try:
        await count_request(request)
        await call_handler(HandlerCall(request, None, response=answer), handler, said)
    except CallRefused as problem:
        words = problem_message(problem)
        if problem.code == "sign_in_locked":
            words = f"Too many wrong passwords. Try again in {problem.retry_after_seconds} seconds."
        status = problem.status if problem.status != 401 else 403
        return _page(step=step, status=status, problem=words, next=form["next"], **typed)
    return answer


def _page(
    *, step: str = "phone", phone: str = "", email: str = "", hint: str = "", **more: Any
) -> Response:
    more = {"next": "", "demo": False, "ticket": "", **more}
    return render_template("sign_in.html", step=step, phone=phone, email=email, hint=hint, **more)
