"""Signing in by a code to the phone or by e-mail and password, and out again."""

from __future__ import annotations

from typing import Any

import httpx
from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.app import App
from core.auth import sessions
from core.db.context import Context
from core.errors import NotFound
from core.people.identities import make_admin
from core.people.verification import prove_apart
from webhooks.admin.api_client import Problem, send
from webhooks.admin.error_messages import told
from webhooks.admin.forms_input import read_form
from webhooks.admin.templating import SAID, done, inside, page
from webhooks.admin.visitor import Visitor
from webhooks.api.auth_guard import COOKIE, check_origin, set_cookie, signed_in
from webhooks.http.request_middleware import address_of

router = APIRouter()

DEMO = "+12125550100"
"""The phone of the demo's admin: a number that is nobody's."""


@router.get("/sign-in")
async def ask(request: Request, next: str = "", said: str = "") -> Response:  # noqa: A002 - the word in the address
    """Show the ways to sign in."""
    if signed_in(request) and not next and not said:
        return done("/admin/")
    return _page(next=next, said=SAID.get(said, ""), demo=request.app.state.demo)


@router.post("/sign-in/phone")
async def by_phone(request: Request) -> Response:
    """Have a code sent, and ask for it.

    Where there is no line that sends one, it is asked for all the same: whoever runs the machine
    has it printed there.
    """
    check_origin(request, request.app.state.slotline)
    form = await read_form(request)
    typed = {"phone": form["phone"], "next": form["next"]}
    try:
        await send(request, "POST", "/auth/code", {"phone": form["phone"]})
    except Problem as problem:
        if problem.code not in {"code_unsendable", "country_not_allowed", "code_too_soon"}:
            return _page(status=problem.status, problem=told(problem), **typed)
        return _page(step="code", hint=told(problem), **typed)
    hint = f"We sent a code to {form['phone']}. It is good for five minutes."
    return _page(step="code", hint=hint, **typed)


@router.post("/sign-in/code")
async def check_code(request: Request) -> Response:
    """Sign in by the code."""
    form = await read_form(request)
    said = {"phone": form["phone"], "code": form["code"].replace(" ", ""), "keep": "cookie"}
    return await _sign_in(request, "/auth/code/check", said, step="code", phone=form["phone"])


@router.post("/sign-in/password")
async def by_password(request: Request) -> Response:
    """Sign in by e-mail and password."""
    form = await read_form(request)
    said = {"email": form["email"], "password": form.raw("password"), "keep": "cookie"}
    return await _sign_in(request, "/auth/sign-in", said, step="password", email=form["email"])


@router.post("/sign-in/demo")
async def by_demo(request: Request) -> Response:
    """Sign in as the demo's admin, where everything is made up; NotFound anywhere else."""
    app: App = request.app.state.slotline
    if not request.app.state.demo:
        raise NotFound(what="a demo")
    check_origin(request, app)

    async def begin(ctx: Context) -> str:
        user = await prove_apart(ctx, "phone", DEMO, name="Demo admin")
        await make_admin(ctx, DEMO)
        made = await sessions.begin(ctx, user, kind="cookie", address=address_of(request))
        return sessions.cookie_of(ctx, user, made)

    answer = done("/admin/")
    set_cookie(answer, app, await app.runtime.run(begin))
    return answer


@router.post("/sign-out")
async def sign_out(visit: Visitor) -> Response:
    """Sign out on this device."""
    await visit.send("POST", "/auth/sign-out")
    answer = done("/admin/sign-in", "out")
    answer.delete_cookie(COOKIE, path="/")
    return answer


async def _sign_in(
    request: Request, path: str, said: dict[str, Any], *, step: str, **typed: str
) -> Response:
    form = await read_form(request)
    came: list[httpx.Response] = []
    try:
        await send(request, "POST", path, said, answer=came)
    except Problem as problem:
        words = told(problem)
        if problem.code == "sign_in_locked":
            words = f"Too many wrong passwords. Try again in {problem.after} seconds."
        status = problem.status if problem.status != 401 else 403
        return _page(step=step, status=status, problem=words, next=form["next"], **typed)
    answer = done(inside(form["next"], "/admin/"))
    for value in came[0].headers.get_list("set-cookie"):
        answer.headers.append("set-cookie", value)
    return answer


def _page(
    *, step: str = "phone", phone: str = "", email: str = "", hint: str = "", **more: Any
) -> Response:
    more = {"next": "", "demo": False, **more}
    return page("sign_in.html", step=step, phone=phone, email=email, hint=hint, **more)
