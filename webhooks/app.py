"""Where HTTP comes in: `uvicorn --factory webhooks.app:create_app` serves the web half."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from bot import logs
from bot.app import App
from core.settings import Settings
from webhooks import errors, health, twilio
from webhooks.requests import Logged


def create_app(app: App | None = None, *, ticks: bool = False) -> FastAPI:
    """Return the web application of `app`, which starts and stops with it.

    Without `app` one is made from the environment. With `ticks` the worker runs in it too.
    """
    if app is None:
        settings = Settings()
        logs.configure(settings)
        app = App.open(settings)

    @asynccontextmanager
    async def lifespan(_web: FastAPI) -> AsyncIterator[None]:
        try:
            await app.start(ticks=ticks)
            yield
        finally:
            await app.stop()

    web = FastAPI(title="Slotline", lifespan=lifespan)
    web.state.slotline = app
    web.add_middleware(Logged)
    errors.install(web)
    web.include_router(health.router)
    for path, handler in (("messages", twilio.messages), ("status", twilio.status)):
        web.add_route(
            f"/webhooks/twilio/{path}", handler, methods=["POST"], include_in_schema=False
        )
    return web
