"""`python -m bot serve`, `web` and `worker`."""

from __future__ import annotations

import argparse
import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import structlog

from bot.app import App
from bot.cli import doctor
from bot.cli.common import os_error_text
from bot.observability import logs
from core.errors import NotReady
from core.settings import Settings

if TYPE_CHECKING:
    from bot.simulator.controller import SimulatorController

    Listen = Callable[[App, asyncio.Event, SimulatorController | None], Awaitable[None]]
    """Serves HTTP until the event is set; only `bot.__main__` may import `webhooks`."""


def run(settings: Settings, options: argparse.Namespace, *, listen: Listen) -> None:
    """Serve this installation until stopped: everything, only HTTP, or only the worker."""
    web, ticks = options.command != "worker", options.command != "web"
    logs.configure_logging(settings)
    if settings.metrics_port and not web:
        from prometheus_client import start_http_server

        from bot.observability.metrics import REGISTRY

        try:
            start_http_server(settings.metrics_port, settings.host, REGISTRY)
        except OSError as error:
            where = f"{settings.host}:{settings.metrics_port}"
            reason = f"cannot listen on {where} ({os_error_text(error)}): set METRICS_PORT"
            raise NotReady(reason=reason) from None
    for finding in doctor.settings_findings(settings):
        if finding.level == "wrong":
            structlog.get_logger("bot").warning("settings.wrong", problem=finding.text)
    asyncio.run(serve_until_told(App.open(settings), web=web, ticks=ticks, listen=listen))


async def serve_until_told(
    app: App,
    *,
    listen: Listen,
    web: bool = True,
    ticks: bool = True,
    stage: SimulatorController | None = None,
) -> None:
    """Run until stopped, then finish running work within 10 seconds."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for which in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(which, told.set)
    try:
        await app.start(ticks=ticks)
        if web:
            await listen(app, told, stage)
        else:
            freeze_loaded_modules()
            await told.wait()
    finally:
        await app.stop()


def freeze_loaded_modules() -> None:
    """Exclude the loaded modules from garbage collection, since they are never freed."""
    gc.freeze()
    gc.enable()
