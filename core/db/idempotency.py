"""Idempotency keys of API requests: a repeated request gets the stored response.

The key is written in the transaction of the change, so both are committed or neither. Of two
concurrent requests the second waits for the first and finds its response.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import idempotency_keys as table
from core.errors import KeyReused

KEY_LIFETIME = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """A stored response: an HTTP status and a JSON body."""

    status: int
    body: str


async def replay_or_start(
    ctx: Context, caller: str, key: str, fingerprint: str
) -> StoredResponse | None:
    """Return the stored response for this key, or None the first time.

    Raise KeyReused if the key was used for another request (`fingerprint`). `caller` separates the
    keys of different clients.
    """
    await ctx.execute(table.delete().where(table.c.created_at < ctx.now - KEY_LIFETIME))
    mine = {"caller": caller, "key": key}
    new = {**mine, "fingerprint": fingerprint, "created_at": ctx.now}
    if (await ctx.execute(ctx.insert_ignoring_conflicts(table, new))).rowcount:
        return None
    row = await ctx.first(sa.select(table).filter_by(**mine))
    assert row is not None
    if row.fingerprint != fingerprint:
        raise KeyReused(key=key)
    return StoredResponse(row.status, row.body)


async def store_response(ctx: Context, caller: str, key: str, response: StoredResponse) -> None:
    """Store the response for a key that this transaction started."""
    await ctx.execute(
        table.update()
        .where(table.c.caller == caller, table.c.key == key)
        .values(status=response.status, body=response.body)
    )
