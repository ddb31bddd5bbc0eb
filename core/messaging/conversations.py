"""Proving an address, and giving one up."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.db.context import Context, Row
from core.db.pagination import Page, PageRequest, paginate
from core.db.tables import conversations, inbox, lines, outbox
from core.errors import NotFound


def closed_conversation_state(ctx: Context) -> sa.ColumnElement[object]:
    """Return what is left of a talk's state when it is closed: how many flows it began.

    Effects are keyed by the flow's number (`Talk.once`). Counted anew, the next person's first
    booking would be taken for the last person's.
    """
    runs = sa.func.coalesce(conversations.c.state["runs"].as_integer(), 0)
    build = sa.func.jsonb_build_object if ctx.is_postgresql else sa.func.json_object
    return sa.type_coerce(build(sa.literal_column("'runs'"), runs), conversations.c.state.type)


# ------------------------------------------------------------------------------------ talk


async def find_conversations(ctx: Context, shop_id: int, asked: PageRequest) -> Page[Row]:
    """Return the conversations of customers that are about a shop, the newest first."""
    rows = conversation_rows(shop_id)
    return await paginate(ctx, rows, [conversations.c.id], asked, newest_first=True)


async def get_conversation(ctx: Context, shop_id: int, conversation_id: int) -> Row:
    """Return one of them; else NotFound."""
    row = await ctx.first(conversation_rows(shop_id).where(conversations.c.id == conversation_id))
    if row is None:
        raise NotFound(conversation=conversation_id)
    return row


def conversation_rows(shop_id: int) -> sa.Select[Any]:
    """Return the SELECT of a shop's conversations with customers."""
    names = ("id", "address", "name", "language", "human_until", "opted_out_at", "last_in_at")
    return (
        sa.select(*(conversations.c[name] for name in names), lines.c.channel)
        .join_from(conversations, lines)
        .where(
            sa.func.coalesce(lines.c.shop_id, conversations.c.shop_id) == shop_id,
            lines.c.staff.is_(False),
        )
    )


async def read_transcript(ctx: Context, conversation_id: int, asked: PageRequest) -> Page[Row]:
    """Return what was said in a conversation, the newest first: at, way (in, out), id, text, state.

    Of what we sent, the words as they went out; secrets are not kept.
    """
    incoming = sa.select(
        inbox.c.received_at.label("at"),
        sa.literal("in").label("way"),
        inbox.c.id,
        sa.func.coalesce(inbox.c.incoming["text"].as_string(), "").label("text"),
        inbox.c.state,
    ).where(
        inbox.c.conversation_id == conversation_id,
        sa.func.coalesce(inbox.c.incoming["kind"].as_string(), "text") != "event",
    )
    outgoing = sa.select(
        outbox.c.created_at,
        sa.literal("out"),
        outbox.c.id,
        outbox.c.body,
        outbox.c.state,
    ).where(outbox.c.conversation_id == conversation_id)
    both = sa.union_all(incoming, outgoing).subquery()
    rows = sa.select(both)
    return await paginate(ctx, rows, [both.c.at, both.c.way, both.c.id], asked, newest_first=True)
