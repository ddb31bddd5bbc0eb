"""`python -m bot demo`."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING

from bot.cli.serve import serve_until_told
from bot.observability import logs
from bot.simulator.controller import SimulatorController
from core.db import migrate as db_migrate
from core.demo import seed
from core.settings import Settings

if TYPE_CHECKING:
    from bot.cli.serve import Listen


def run(settings: Settings, _options: argparse.Namespace, *, listen: Listen) -> None:
    """Serve the sample shops and the simulator."""
    logs.configure_logging(settings, quiet=True)
    stage = SimulatorController.open(settings, seed.seed_sample_shops)

    async def serve() -> None:
        # Started in a single process because it empties the demo's database.
        with stage.app.runtime.single_process_lock():
            await db_migrate.upgrade(stage.app.runtime)
            await stage.start_fresh()
        await serve_until_told(stage.app, stage=stage, listen=listen)

    asyncio.run(serve())
