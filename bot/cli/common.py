"""Helpers shared by the commands."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    # Each command imports its modules at run time: `understand` needs no database.
    from core.db.runtime import Runtime
    from core.settings import Settings

T = TypeVar("T")


def with_runtime(settings: Settings, work: Callable[[Runtime], Awaitable[T]]) -> T:
    """Run a function with an installation's runtime, which is closed afterwards."""
    from core.db.runtime import Runtime

    async def run() -> T:
        runtime = Runtime.open(settings)
        try:
            return await work(runtime)
        finally:
            await runtime.close()

    return asyncio.run(run())


def print_line(text: str) -> None:
    """Print a line and flush it."""
    print(text, flush=True)


def os_error_text(error: OSError) -> str:
    """Return the operating system's description of an error."""
    return os.strerror(error.errno) if error.errno else str(error)


async def seed_samples(runtime: Runtime) -> str:
    """Create the sample shops and return a summary of them."""
    from core.demo import seed

    return await seed.seed_sample_shops(runtime)


async def set_up_new_database(runtime: Runtime) -> None:
    """Initialize a new SQLite file with the sample shops so that `chat` works at once."""
    from core.db import migrate as db_migrate
    from core.db.migrate import current_and_head

    if runtime.settings.database_url or (await current_and_head(runtime))[0] is not None:
        return
    print("A new database: making the sample shops first.", file=sys.stderr)
    await db_migrate.upgrade(runtime)
    await seed_samples(runtime)
