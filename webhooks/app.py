"""Where HTTP comes in: `uvicorn --factory webhooks.app:create_app` serves the web half."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp

from bot.app import App
from bot.cli.settings import read_settings
from bot.observability import logs
from bot.simulator.controller import SimulatorController
from webhooks import telegram, twilio
from webhooks.http import problems
from webhooks.http.lazy_app import LazyApp
from webhooks.http.proxies import ForwardedHeaders
from webhooks.http.request_middleware import AccessLog
from webhooks.ops import health, metrics


def create_app(app: App | None = None, controller: SimulatorController | None = None) -> FastAPI:
    """Return the web application of `app`, which the caller starts and stops.

    Without `app` one is made from the environment and starts and stops with the server. Only
    with a `stage` is there a simulator.
    """
    served = app or _from_environment()

    @asynccontextmanager
    async def lifespan(_web: FastAPI) -> AsyncIterator[None]:
        if app is not None:
            yield
            return
        try:
            await served.start(ticks=False)
            yield
        finally:
            await served.stop()

    web = FastAPI(title="Slotline", lifespan=lifespan, docs_url=None, redoc_url=None)
    web.state.slotline = served
    web.add_middleware(AccessLog)
    web.add_middleware(ForwardedHeaders, trusted=served.settings.trusted_proxies)
    problems.install_problem_handlers(web)
    web.include_router(health.router)
    web.include_router(metrics.router)
    web.add_route("/docs", _docs, include_in_schema=False)
    if controller is not None:
        from webhooks.public import simulator

        web.state.stage = controller
        web.include_router(simulator.router)
    web.add_route(
        "/webhooks/telegram/{role}",
        telegram.receive_update,
        methods=["POST"],
        include_in_schema=False,
    )
    for path, handler in (("messages", twilio.receive_message), ("status", twilio.receive_status)):
        web.add_route(
            f"/webhooks/twilio/{path}", handler, methods=["POST"], include_in_schema=False
        )
    _mount(web, served, demo=controller is not None)
    return web


def _mount(web: FastAPI, served: App, *, demo: bool) -> None:
    """Mount the API and the admin pages; the public pages take every other path.

    None of it is imported before: whoever only talks by SMS waits for none of it at the start.
    """

    def build_api() -> ASGIApp:
        from webhooks.api.app import create_api_app

        return create_api_app(served)

    def build_page() -> ASGIApp:
        from webhooks.admin.app import create_admin_app

        return create_admin_app(served, api, demo=demo)

    def build_pages() -> ASGIApp:
        from webhooks.public.app import create_public_app

        return create_public_app(served)

    api = LazyApp(build_api)
    web.mount("/api/v1", api)
    # Starlette would redirect by itself, but to the scheme and host seen behind a proxy.
    web.add_route("/admin", _to_page, include_in_schema=False)
    web.mount("/admin", LazyApp(build_page))
    home = "/simulator" if demo else "/admin/"
    web.add_route("/", lambda _request: RedirectResponse(home), include_in_schema=False)
    # Not a mount, which would answer 404 instead of 405 for a wrong method.
    web.router.default = LazyApp(build_pages)


async def _docs(_request: Request) -> Response:
    """Redirect to the API's documentation."""
    return RedirectResponse("/api/v1/docs")


async def _to_page(_request: Request) -> Response:
    """Redirect to the page with its trailing slash."""
    return RedirectResponse("/admin/")


def _from_environment() -> App:
    settings = read_settings()
    logs.configure_logging(settings)
    return App.open(settings)
