"""`python -m bot outbox`: list rows with masked addresses and without texts, retry or drop them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from bot.cli.common import print_line, with_runtime
from bot.observability import logs
from core.catalog import shop_search
from core.db.runtime import Runtime
from core.errors import NotReady
from core.messaging.outbox.admin import (
    OutboxEntry,
    OutboxFilter,
    drop_waiting,
    newest_entries,
    retry_now,
)
from core.settings import Settings

WriteLine = Callable[[str], None]

MAX_ROWS = 10_000
"""Maximum rows listed."""


async def parse_selection(
    runtime: Runtime,
    ids: Sequence[int] = (),
    state: str | None = None,
    shop: str | None = None,
    kind: str | None = None,
) -> OutboxFilter:
    """Return the filter from the command's arguments; raises NotReady for an unknown shop."""
    shop_id = None
    if shop:
        async with runtime.read_transaction() as ctx:
            found = await shop_search.shop_by_keyword(ctx, shop)
        if found is None:
            raise NotReady(reason=f"no shop has the keyword {shop}")
        shop_id = found.id
    return OutboxFilter(tuple(ids), state or "", shop_id, kind or "")


async def print_rows(runtime: Runtime, those: OutboxFilter, limit: int, write: WriteLine) -> None:
    """Print one line per row and the total."""
    async with runtime.read_transaction() as ctx:
        found = await newest_entries(ctx, those, limit=max(0, min(limit, MAX_ROWS)))
    for entry in found:
        write(format_row(entry))
    write(f"{len(found)} listed.")


async def retry_rows(runtime: Runtime, those: OutboxFilter, write: WriteLine) -> None:
    """Send rows now that wait for a retry or have failed."""
    count = await runtime.run(lambda ctx: retry_now(ctx, those))
    write(f"{count} to be sent now.{_left(those, count)}")


async def drop_rows(runtime: Runtime, those: OutboxFilter, write: WriteLine) -> None:
    """Drop waiting rows."""
    count = await runtime.run(lambda ctx: drop_waiting(ctx, those))
    write(f"{count} dropped.{_left(those, count)}")


def _left(those: OutboxFilter, count: int) -> str:
    """Report how many of the rows given by id needed nothing."""
    left = len(set(those.ids)) - count
    return f" Of those named, {left} went out already, or are not there." if left > 0 else ""


def format_row(entry: OutboxEntry) -> str:
    """Return a row as one line, with the recipient masked and the text omitted."""
    facts = [
        f"{entry.id:>6}",
        f"{entry.state:<8}",
        f"{entry.queue:<8}",
        entry.kind,
        f"{entry.channel} {logs.mask_address(entry.address)}",
        f"{entry.due_at:%Y-%m-%dT%H:%MZ}",
        f"tried {entry.attempts}",
        *([entry.shop] if entry.shop else []),
        *([entry.provider_status] if entry.provider_status else []),
        *([f"({logs.mask_text(entry.error)})"] if entry.error else []),
    ]
    return "  ".join(facts)


def run(settings: Settings, options: argparse.Namespace) -> int:
    """List, retry or drop outbox rows."""
    if options.what != "list" and not (
        options.ids or options.state or options.shop or options.kind
    ):
        which = "by ID, --state, --shop or --kind"
        print(f"Say which rows to {options.what}: {which}", file=sys.stderr)
        return 2

    async def tend(runtime: Runtime) -> int:
        await runtime.ensure_ready()
        which = await parse_selection(
            runtime, options.ids, options.state, options.shop, options.kind
        )
        if options.what == "list":
            await print_rows(runtime, which, options.limit, print_line)
        elif options.what == "retry":
            await retry_rows(runtime, which, print_line)
        else:
            await drop_rows(runtime, which, print_line)
        return 0

    return with_runtime(settings, tend)
