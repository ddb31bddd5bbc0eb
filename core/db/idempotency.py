"""A request's key: the same request again gets the same answer, and is not done again.

The key is written in the transaction of the change itself. So either both stand or neither, and of
two at once the second waits for the first and finds its answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import kept_answers as table
from core.errors import KeyReused

KEY_LIFETIME = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """What was answered: an HTTP status and a body of JSON."""

    status: int
    body: str


async def replay_or_start(
    ctx: Context, caller: str, key: str, fingerprint: str
) -> StoredResponse | None:
    """Return what was answered to this key before, None the first time.

    KeyReused when it was another request (`fingerprint`). `caller` keeps the keys of one apart
    from those of others.
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
    """Keep the answer to a key that was begun in this transaction."""
    await ctx.execute(
        table.update()
        .where(table.c.caller == caller, table.c.key == key)
        .values(status=response.status, body=response.body)
    )
