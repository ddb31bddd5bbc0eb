"""The web application on a real port, with a strict fake of Twilio."""

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

SMS_NUMBER = "+15005550006"
WHATSAPP_NUMBER = "+14155238886"


@dataclass(slots=True)
class TwilioHarness:
    """The application as seen from outside."""

    app: App
    url: str
    twilio: TwilioServer

    async def send_sms(self, from_: str, body: str, **more: object) -> Delivered:
        """Send us an SMS; wait for the turn and its messages."""
        answer = await self.twilio.deliver(
            f"{self.url}/webhooks/twilio/messages",
            from_,
            SMS_NUMBER,
            body,
            **more,  # type: ignore[arg-type]
        )
        await self.wait_until_idle()
        return answer

    async def send_whatsapp(self, from_: str, body: str, **more: object) -> Delivered:
        """Let somebody write by WhatsApp: "+34…" or a business-scoped id; wait as `sms` does."""
        answer = await self.twilio.deliver(
            f"{self.url}/webhooks/twilio/messages",
            f"whatsapp:{from_}",
            f"whatsapp:{WHATSAPP_NUMBER}",
            body,
            **more,  # type: ignore[arg-type]
        )
        await self.wait_until_idle()
        return answer

    async def tap_option(self, message: Message, title: str, **more: object) -> Delivered:
        """Tap a button or list item of a WhatsApp message."""
        by = str(more.pop("by", message.to))
        answer = await self.twilio.tap(
            f"{self.url}/webhooks/twilio/messages",
            by,
            message,
            title,
            **more,  # type: ignore[arg-type]
        )
        await self.wait_until_idle()
        return answer

    async def wait_until_idle(self) -> None:
        """Wait until no turn runs and no message is being sent."""
        await self.app.turn_runner.wait_until_idle()
        await self.app.sender.wait_until_idle()


@asynccontextmanager
async def twilio_harness(runtime: Runtime) -> AsyncIterator[TwilioHarness]:
    """Serve `runtime` until the block ends; its lines are Twilio's SMS and WhatsApp."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with TwilioServer(numbers=(SMS_NUMBER, f"whatsapp:{WHATSAPP_NUMBER}")) as twilio:
            runtime.settings = runtime.settings.model_copy(
                update={
                    "public_url": url,
                    "twilio_account_sid": twilio.account_sid,
                    "twilio_auth_token": twilio.auth_token,
                    "twilio_sms_from": SMS_NUMBER,
                    "twilio_whatsapp_from": f"whatsapp:{WHATSAPP_NUMBER}",
                    "twilio_api_url": twilio.url,
                    "twilio_rates": "longcode=0, whatsapp=0",
                }
            )
            app = App.from_runtime(runtime)
            server = uvicorn.Server(
                uvicorn.Config(create_app(app), log_config=None, lifespan="off", ws="none")
            )
            await app.start(ticks=False)
            task = asyncio.create_task(server.serve(sockets=[listening]))
            try:
                yield TwilioHarness(app, url, twilio)
            finally:
                server.should_exit = True
                await task
                await app.stop()
