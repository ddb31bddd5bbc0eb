"""`python -m bot seed-demo`."""

from __future__ import annotations

import argparse

from bot.cli.common import seed_samples, with_runtime
from core.db.runtime import Runtime
from core.settings import Settings


def run(settings: Settings, _options: argparse.Namespace) -> None:
    """Create the sample shops."""

    async def seed(runtime: Runtime) -> None:
        await runtime.ensure_ready()
        print(await seed_samples(runtime))

    with_runtime(settings, seed)
