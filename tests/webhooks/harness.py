"""A running web half on a real port, with a strict stand-in in Twilio's place."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvicorn

from bot.app import App
from core.db.runtime import Runtime
from tests.servers.twilio.messages import Message
from tests.servers.twilio.server import TwilioServer
from tests.servers.twilio.webhooks import Delivered
from webhooks.app import create_app

OURS = "+15005550006"
WHATSAPP = "+14155238886"


@dataclass(slots=True)
class Served:
    """The application as the world sees it."""

    app: App
    url: str
    twilio: TwilioServer

    async def sms(self, from_: str, body: str, **more: object) -> Delivered:
        """Let somebody text us; wait until the turn and what it sends are through."""
        answer = await self.twilio.deliver(
            f"{self.url}/webhooks/twilio/messages",
            from_,
            OURS,
            body,
            **more,  # type: ignore[arg-type]
        )
        await self.idle()
        return answer

    async def whatsapp(self, from_: str, body: str, **more: object) -> Delivered:
        """Let somebody write by WhatsApp: "+34…" or a business-scoped id; wait as `sms` does."""
        answer = await self.twilio.deliver(
            f"{self.url}/webhooks/twilio/messages",
            f"whatsapp:{from_}",
            f"whatsapp:{WHATSAPP}",
            body,
            **more,  # type: ignore[arg-type]
        )
        await self.idle()
        return answer

    async def tap(self, message: Message, title: str, **more: object) -> Delivered:
        """Let whoever got a message by WhatsApp tap a button or an item of it."""
        by = str(more.pop("by", message.to))
        answer = await self.twilio.tap(
            f"{self.url}/webhooks/twilio/messages",
            by,
            message,
            title,
            **more,  # type: ignore[arg-type]
        )
        await self.idle()
        return answer

    async def idle(self) -> None:
        """Wait until no turn and no message is in hand."""
        await self.app.turns.idle()
        await self.app.delivery.idle()


@asynccontextmanager
async def serving(runtime: Runtime) -> AsyncIterator[Served]:
    """Serve `runtime` until the block ends; its lines are Twilio's SMS and WhatsApp."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with TwilioServer(numbers=(OURS, f"whatsapp:{WHATSAPP}")) as twilio:
            runtime.settings = runtime.settings.model_copy(
                update={
                    "public_url": url,
                    "twilio_account_sid": twilio.account_sid,
                    "twilio_auth_token": twilio.auth_token,
                    "twilio_sms_from": OURS,
                    "twilio_whatsapp_from": f"whatsapp:{WHATSAPP}",
                    "twilio_api_url": twilio.url,
                    "twilio_rates": "longcode=0, whatsapp=0",
                }
            )
            app = App.of(runtime)
            server = uvicorn.Server(
                uvicorn.Config(create_app(app), log_config=None, lifespan="off", ws="none")
            )
            await app.start(ticks=False)
            task = asyncio.create_task(server.serve(sockets=[listening]))
            try:
                yield Served(app, url, twilio)
            finally:
                server.should_exit = True
                await task
                await app.stop()
