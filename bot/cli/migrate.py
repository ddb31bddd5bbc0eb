"""`python -m bot migrate`."""

from __future__ import annotations

import argparse

from bot.cli.common import with_runtime
from core.db import migrate as db_migrate
from core.db.migrate import current_and_head
from core.db.runtime import Runtime
from core.settings import Settings


def run(settings: Settings, _options: argparse.Namespace) -> None:
    """Upgrade the database to the latest schema."""

    async def migrate(runtime: Runtime) -> None:
        before, newest = await current_and_head(runtime)
        await db_migrate.upgrade(runtime)
        print(f"The database is at {newest}" + (" already." if before == newest else "."))

    with_runtime(settings, migrate)
