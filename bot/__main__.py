"""The command line `python -m bot`."""

from __future__ import annotations

import asyncio
import gc
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.cli.parser import build_parser
from core.errors import NotReady, SlotlineError

if TYPE_CHECKING:
    # Each command imports its modules at run time: `understand` needs no database.
    from bot.app import App
    from bot.simulator.controller import SimulatorController

SERVING = frozenset({"serve", "web", "worker"})
"""The commands that serve an installation."""

GRACE_SECONDS = 3
"""Seconds that in-flight requests get to finish at shutdown."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    options = build_parser().parse_args(arguments)
    if options.command in SERVING:
        # Loaded modules are never freed; collecting them repeatedly takes a fifth of the start-up
        # time.
        gc.disable()
    from bot.cli.settings import read_settings

    try:
        settings = read_settings()
        run = _command(options.run)
        if options.command in {*SERVING, "demo"}:
            run = partial(run, listen=_listen)
        return int(run(settings, options) or 0)
    except NotReady as error:
        begins = options.command in {*SERVING, "demo", "chat"}
        before = "Slotline cannot start" if begins else "That cannot be done"
        print(f"{before}: {error.params['reason']}", file=sys.stderr)
        return 1
    except SlotlineError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader closed the pipe. Replacing stdout avoids a second error at interpreter exit.
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - open until the process ends
        return 1


def _command(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(":")
    run: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return run


async def _listen(app: App, told: asyncio.Event, stage: SimulatorController | None = None) -> None:
    import uvicorn

    from bot.cli.common import os_error_text, print_line
    from bot.cli.serve import freeze_loaded_modules
    from webhooks.app import create_app
    from webhooks.http.connections import open_listener, server_options

    host, port = app.settings.host, app.settings.port
    try:
        listening = open_listener(host, port)
    except OSError as error:
        raise NotReady(
            reason=f"cannot listen on {host}:{port} ({os_error_text(error)}): set HOST or PORT"
        ) from None

    class Server(uvicorn.Server):
        """A server that leaves signals to the application, which also stops its other parts."""

        def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
            return nullcontext()

    server = Server(
        uvicorn.Config(
            create_app(app, stage),
            timeout_graceful_shutdown=GRACE_SECONDS,
            **server_options(app.settings),
        )
    )
    freeze_loaded_modules()
    with listening:
        if stage is not None:
            print_line(
                f"Slotline's demo: {app.settings.public_base_url}/simulator\nCtrl-C ends it."
            )
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        stopping = asyncio.create_task(told.wait())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        server.should_exit = True
        if stage is not None:
            stage.simulator.disconnect_watchers()
        await serving


if __name__ == "__main__":
    raise SystemExit(main())
