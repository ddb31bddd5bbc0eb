"""All that is stored of one talk, for whoever wants to see what stands behind it."""

from __future__ import annotations

import re
from datetime import date, datetime

import sqlalchemy as sa

from bot.channels.simulator.channel import SIMULATOR_TRANSPORT
from core.db import tables
from core.db.context import Context, Row
from core.errors import NotFound
from core.messaging.messages import Json

_CODE = re.compile(r"(?<!\d)\d{3}[ -]?\d{3}(?!\d)")
"""What may be a one-time code in somebody's own words."""


async def load_transcript(ctx: Context, conversation_id: int) -> Json:
    """Return the rows of a talk on a simulated line as JSON data; NotFound for any other.

    Codes are in none of them: ours are never stored, theirs are hidden here.
    """
    talks, lines = tables.conversations, tables.lines
    found = await ctx.first(
        sa.select(talks, lines.c.channel)
        .join_from(talks, lines, lines.c.id == talks.c.line_id)
        .where(talks.c.id == conversation_id, lines.c.transport == SIMULATOR_TRANSPORT)
    )
    if found is None:
        raise NotFound(conversation=conversation_id)

    async def rows(table: sa.Table) -> list[Row]:
        mine = sa.select(table).where(table.c.conversation_id == conversation_id)
        return list(await ctx.all(mine.order_by(table.c.id)))

    return {
        "conversation": _json(found),
        "inbox": [_hidden(_json(row)) for row in await rows(tables.inbox)],
        "prompts": [_json(row) for row in await rows(tables.prompts)],
        "outbox": [_outgoing(row) for row in await rows(tables.outbox)],
        "bookings": [_json(row) for row in await rows(tables.bookings)],
    }


def _json(row: Row) -> dict[str, Json]:
    return {name: _value(value) for name, value in row._asdict().items()}


def _value(value: object) -> Json:
    return value.isoformat() if isinstance(value, date | datetime) else value


def _hidden(row: dict[str, Json]) -> dict[str, Json]:
    incoming = dict(row["incoming"])
    if "text" in incoming:
        incoming["text"] = _CODE.sub("••••••", incoming["text"])
    return row | {"incoming": incoming}


def _outgoing(row: Row) -> dict[str, Json]:
    shown = _json(row)
    for workings in ("lease", "leased_until"):
        del shown[workings]
    return shown | {"say": None} if row.secret else shown
