"""The API, built when somebody first asks for it: a start need not wait for its models."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Receive, Scope, Send

from bot.app import App

if TYPE_CHECKING:
    from core.gateways.mail import Mailer


class Lazily:
    """Stands where the API is mounted; the first request has it built, in a thread."""

    def __init__(self, app: App, mails: Mailer | None = None) -> None:
        self.app = app
        self.mails = mails
        self.api: ASGIApp | None = None
        self._building = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        async with self._building:
            if self.api is None:
                self.api = await asyncio.to_thread(self._build)
        await self.api(scope, receive, send)

    def _build(self) -> ASGIApp:
        from webhooks.admin.app import create_api

        return create_api(self.app, self.mails)
