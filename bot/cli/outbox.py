"""The outbox in the terminal: what stands in it without a code or a full address, and two verbs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.observability import logs
from core.catalog import shop_search
from core.db.runtime import Runtime
from core.errors import NotReady
from core.messaging.outbox import admin
from core.messaging.outbox.admin import Entry, Which, give_up_waiting

Write = Callable[[str], None]

LIMIT = 10_000
"""So many rows at most are listed."""


async def which(
    runtime: Runtime,
    ids: Sequence[int] = (),
    state: str | None = None,
    shop: str | None = None,
    kind: str | None = None,
) -> Which:
    """Return what the words of a command ask for; NotReady for a shop that is not there."""
    shop_id = None
    if shop:
        async with runtime.reading() as ctx:
            found = await shop_search.shop_by_keyword(ctx, shop)
        if found is None:
            raise NotReady(reason=f"no shop has the keyword {shop}")
        shop_id = found.id
    return Which(tuple(ids), state or "", shop_id, kind or "")


async def show(runtime: Runtime, those: Which, limit: int, write: Write) -> None:
    """Print a line for each row, and how many there are."""
    async with runtime.reading() as ctx:
        found = await admin.entries(ctx, those, limit=max(0, min(limit, LIMIT)))
    for entry in found:
        write(line(entry))
    write(f"{len(found)} listed.")


async def retry(runtime: Runtime, those: Which, write: Write) -> None:
    """Have rows sent now that wait for another try or were given up."""
    count = await runtime.run(lambda ctx: admin.retry(ctx, those))
    write(f"{count} to be sent now.{_left(those, count)}")


async def drop(runtime: Runtime, those: Which, write: Write) -> None:
    """Drop rows that wait."""
    count = await runtime.run(lambda ctx: give_up_waiting(ctx, those))
    write(f"{count} dropped.{_left(those, count)}")


def _left(those: Which, count: int) -> str:
    """Say of rows that were named by their ids how many there was nothing to do for."""
    left = len(set(those.ids)) - count
    return f" Of those named, {left} went out already, or are not there." if left > 0 else ""


def line(entry: Entry) -> str:
    """Return a row in a line: whom it is for is masked, what it says is left out."""
    facts = [
        f"{entry.id:>6}",
        f"{entry.state:<8}",
        f"{entry.lane:<8}",
        entry.kind,
        f"{entry.channel} {logs.address(entry.address)}",
        f"{entry.due_at:%Y-%m-%dT%H:%MZ}",
        f"tried {entry.attempts}",
        *([entry.shop] if entry.shop else []),
        *([entry.provider_status] if entry.provider_status else []),
        *([f"({logs.masked(entry.error)})"] if entry.error else []),
    ]
    return "  ".join(facts)
