"""The API application, which the web application mounts.

It is built when somebody first asks for it: its hundred models take most of a second, which a
start need not wait for.
"""

from __future__ import annotations

import asyncio
from functools import cache
from http import HTTPStatus

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from bot.app import App
from core.mailer import Mailer, create_mailer
from webhooks.api import (
    audit_log,
    auth,
    availability,
    blocks,
    bookings,
    chats,
    consents,
    conversations,
    customers,
    day_closures,
    exports,
    feeds,
    imports,
    invitations,
    lines,
    me,
    members,
    message_overrides,
    messages,
    my_bookings,
    openapi,
    opening_hours,
    privacy,
    providers,
    reach,
    rooms,
    services,
    sessions,
    shops,
    stats,
    users,
)
from webhooks.api.api_request import IDEMPOTENCY_HEADER, IdempotentReplay
from webhooks.api.auth_guard import CSRF_HEADER
from webhooks.api.middleware import SecurityHeaders
from webhooks.api.permissions import PERMISSIONS
from webhooks.http import problems
from webhooks.http.rate_limits import RateLimits

ROUTERS = (
    auth.router,
    me.router,
    chats.router,
    invitations.own_router,
    shops.router,
    lines.router,
    services.router,
    providers.router,
    opening_hours.router,
    availability.router,
    blocks.router,
    rooms.router,
    sessions.router,
    feeds.router,
    bookings.router,
    my_bookings.router,
    day_closures.router,
    customers.router,
    consents.router,
    reach.router,
    members.router,
    invitations.router,
    users.router,
    conversations.router,
    messages.router,
    message_overrides.router,
    exports.router,
    imports.router,
    audit_log.router,
    stats.router,
    privacy.router,
)


def create_api_app(app: App, mailer: Mailer | None = None) -> FastAPI:
    """Return the API of `app`; `mailer` replaces the mail server of the settings."""
    api = FastAPI(
        title="Slotline",
        version="1",
        description=openapi.API_DESCRIPTION,
        root_path_in_servers=True,
        redirect_slashes=False,
    )
    api.state.slotline = app
    api.state.limits = RateLimits(app.settings)
    api.state.mailer = mailer or create_mailer(app.settings)
    api.state.mails = set[asyncio.Task[None]]()
    problems.install_problem_handlers(api)
    api.add_exception_handler(IdempotentReplay, _replayed)
    api.router.routes.extend(_served())
    if strangers := set(routes_by_permission_key()) ^ set(PERMISSIONS):
        message = f"routes and permissions differ: {sorted(strangers)}"
        raise RuntimeError(message)
    openapi.install_openapi(api)
    origins = [origin.strip() for origin in app.settings.cors_origins.split(",") if origin.strip()]
    api.add_middleware(GZipMiddleware, minimum_size=1000)
    if origins:
        api.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST", "PATCH", "PUT", "DELETE"],
            allow_headers=["Authorization", "Content-Type", IDEMPOTENCY_HEADER, CSRF_HEADER],
            expose_headers=["Retry-After", "X-Request-ID"],
            max_age=600,
        )
    api.add_middleware(
        SecurityHeaders, https_only=app.settings.public_base_url.startswith("https:")
    )
    return api


@cache
def _served() -> list[BaseRoute]:
    """Return the routers included: FastAPI then reads each route's signature once a process."""
    whole = APIRouter(generate_unique_id_function=lambda route: f"{route.tags[0]}.{route.name}")
    for router in ROUTERS:
        whole.include_router(router)
    return whole.routes


def routes_by_permission_key() -> dict[str, APIRoute]:
    """Return every route by its permission key, "METHOD /path"."""
    return {
        f"{method} {route.path}": route
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }


async def _replayed(request: Request, error: Exception) -> Response:
    assert isinstance(error, IdempotentReplay)
    kept = error.stored
    headers = {"Idempotency-Replayed": "true"}
    if kept.body:
        return Response(kept.body.encode(), kept.status, headers, "application/json")
    if kept.status == HTTPStatus.NO_CONTENT:
        return Response(None, kept.status, headers)
    return problems.problem_response(
        request,
        HTTPStatus.CONFLICT,
        code="answer_gone",
        detail="This was done already; the answer was about somebody who was erased since.",
        headers=headers,
    )
