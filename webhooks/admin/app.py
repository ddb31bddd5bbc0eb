"""The admin application: its routers, and errors as pages instead of problem documents."""

from __future__ import annotations

from functools import cache
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from bot.app import App
from core.errors import NotAllowed, NotFound, NotSignedIn, SlotlineError
from webhooks.admin import (
    account,
    audit_log,
    bookings,
    conversations,
    customers,
    installation,
    lines,
    login,
    onboarding,
    outbox,
    reports,
    schedule,
    sessions,
    setup,
)
from webhooks.admin.assets import asset_router
from webhooks.admin.error_messages import problem_message
from webhooks.admin.handler_calls import CallRefused
from webhooks.admin.templating import render_template
from webhooks.api.auth_guard import AUTH_COOKIE
from webhooks.http.problems import STATUS_BY_ERROR, HttpRefusal
from webhooks.http.rate_limits import RateLimits


def create_admin_app(app: App, api: ASGIApp, *, demo: bool = False) -> FastAPI:
    """Return the admin application of `app`, which makes its changes through `api`.

    In a `demo`, where everything is made up, whoever comes may look around as its admin.
    """
    web = FastAPI(title="Slotline", docs_url=None, redoc_url=None, openapi_url=None)
    web.state.slotline = app
    web.state.api = api
    web.state.demo = demo
    web.state.limits = RateLimits(app.settings)
    web.router.routes.extend(_served())
    web.add_exception_handler(NotSignedIn, _signed_out)
    web.add_exception_handler(CallRefused, _problem)
    web.add_exception_handler(SlotlineError, _ours)
    web.add_exception_handler(HttpRefusal, _refused)
    web.add_exception_handler(RequestValidationError, _nothing)
    web.add_exception_handler(HTTPException, _http)
    return web


@cache
def _served() -> list[BaseRoute]:
    """Return the routers included: FastAPI then reads each route's signature once a process."""
    whole = APIRouter()
    for router in (
        asset_router,
        login.router,
        onboarding.router,
        installation.router,
        account.router,
        lines.router,
        schedule.router,
        bookings.router,
        sessions.router,
        customers.router,
        conversations.router,
        outbox.router,
        reports.router,
        audit_log.router,
        setup.router,
    ):
        whole.include_router(router)
    return whole.routes


async def _signed_out(request: Request, _error: Exception) -> Response:
    """Redirect to the sign-in, which returns to the requested page afterwards."""
    back = request.url.path if request.method == "GET" else ""
    asked = f"?next={quote(back)}" if back not in {"", "/admin/"} else ""
    answer = RedirectResponse(f"/admin/sign-in{asked}", 303, {"Cache-Control": "no-store"})
    answer.delete_cookie(AUTH_COOKIE, path="/")  # of a sign-in that is over
    return answer


async def _problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, CallRefused)
    if error.status == 401:
        return await _signed_out(_request, error)
    return _sorry(error.status, problem_message(error))


async def _ours(_request: Request, error: Exception) -> Response:
    assert isinstance(error, SlotlineError)
    if isinstance(error, NotFound):
        return _sorry(404, "There is no such page, or it is not yours to see.")
    if isinstance(error, NotAllowed):
        return _sorry(403, "Your role does not allow this. Ask an owner of the shop.")
    return _sorry(int(STATUS_BY_ERROR[type(error)]), str(error.args[0]))


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HttpRefusal)
    words = {
        "csrf": "This form was not sent from this page, or it is from an earlier sign-in. "
        "Nothing was changed. Go back, load the page anew and try again.",
        "too_many_requests": "That was a lot in a short time. Wait a few minutes, then go on.",
    }
    answer = _sorry(int(error.status), words.get(error.code, error.detail))
    answer.headers.update(error.headers or {})
    return answer


async def _nothing(_request: Request, _error: Exception) -> Response:
    return _sorry(404, "There is no such page.")


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _sorry(error.status_code, "There is no such page." if error.status_code == 404 else "")


def _sorry(status: int, words: str) -> Response:
    titles = {403: "Not for you", 404: "Not here", 409: "That did not work", 429: "Slow down"}
    title = titles.get(status, "That did not work")
    return render_template("sorry.html", status=status, title=title, words=words)
