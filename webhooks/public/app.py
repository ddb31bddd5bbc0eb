"""The public pages behind the links we send: bookings, calendars, accounts, privacy."""

from __future__ import annotations

from fastapi import FastAPI

from bot.app import App
from webhooks.http import problems
from webhooks.public import booking, email_links, email_subscription, feeds, privacy


def create_public_app(app: App) -> FastAPI:
    """Return the public pages of `app`; any other path is a problem document, 404."""
    web = FastAPI(title="Slotline", docs_url=None, redoc_url=None, openapi_url=None)
    web.state.slotline = app
    problems.install_problem_handlers(web)
    for router in (
        booking.router,
        feeds.router,
        privacy.router,
        email_links.router,
        email_subscription.router,
    ):
        web.include_router(router)
    return web
