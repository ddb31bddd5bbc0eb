"""Texts the bot did not understand, kept without names and numbers to improve it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from core.db import tables
from core.db.context import Context

MAX_LENGTH = 200
"""Characters kept of a text."""

RETENTION = timedelta(days=90)
"""How long a text is kept."""

_t = tables.unrecognized_messages.c


@dataclass(frozen=True, slots=True)
class UnrecognizedText:
    """A redacted text, the question it answered, how often it came and when last (aware UTC)."""

    text: str
    language: str
    expects: str
    times: int
    last_at: datetime


async def record_unrecognized(
    ctx: Context, redacted: str, *, shop_id: int | None, language: str, expects: str
) -> None:
    """Store a text that is already redacted."""
    await ctx.insert(
        tables.unrecognized_messages,
        shop_id=shop_id,
        language=language,
        expects=expects,
        text=redacted[:MAX_LENGTH],
        at=ctx.now,
    )


async def most_frequent(
    ctx: Context, *, shop_id: int | None = None, limit: int = 100
) -> Sequence[UnrecognizedText]:
    """Return the texts of the last 90 days, most frequent first, of one shop or all."""
    where = [_t.at > ctx.now - RETENTION]
    if shop_id is not None:
        where.append(_t.shop_id == shop_id)
    times, last = sa.func.count().label("times"), sa.func.max(_t.at).label("last_at")
    rows = await ctx.all(
        sa.select(_t.text, _t.language, _t.expects, times, last)
        .where(*where)
        .group_by(_t.text, _t.language, _t.expects)
        .order_by(times.desc(), last.desc(), _t.text)
        .limit(limit)
    )
    return [UnrecognizedText(r.text, r.language, r.expects, r.times, r.last_at) for r in rows]


async def delete_expired(ctx: Context) -> int:
    """Delete texts older than 90 days; return how many."""
    done = await ctx.execute(
        sa.delete(tables.unrecognized_messages).where(_t.at <= ctx.now - RETENTION)
    )
    return int(done.rowcount)
