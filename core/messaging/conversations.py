"""Conversations: one row per address on a line, with the state of its flows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypedDict

import sqlalchemy as sa

from core.db.context import Context, split_ids
from core.db.pagination import Page, PageRequest, paginate
from core.db.rows import Rows
from core.db.tables import conversations, customers, identities, inbox, lines, outbox, shops
from core.errors import NotFound
from core.messaging.messages import Json


def closed_conversation_state(ctx: Context) -> sa.ColumnElement[object]:
    """Return the state kept of a closed conversation: the number of flows it began.

    Effects are keyed by the flow's number (`Talk.once`); if counting restarted, the next person's
    first booking would be mistaken for the last person's.
    """
    runs = sa.func.coalesce(conversations.c.state["runs"].as_integer(), 0)
    build = sa.func.jsonb_build_object if ctx.is_postgresql else sa.func.json_object
    return sa.type_coerce(build(sa.literal_column("'runs'"), runs), conversations.c.state.type)


# ------------------------------------------------------------------------------------ turns


@dataclass(frozen=True, slots=True)
class StoredConversation:
    """A stored conversation with its line; times are aware UTC.

    `shop_id` is the shop the conversation is about and `line_shop_id` the one the line serves,
    which takes precedence; `shop_version` is that shop's catalog version.
    """

    id: int
    line_id: int
    channel: str
    transport: str
    address: str
    language: str
    name: str
    shop_id: int | None
    line_shop_id: int | None
    shop_version: int | None
    staff: bool
    human_until: datetime | None
    opted_out_at: datetime | None
    consented_at: datetime | None
    last_in_at: datetime | None
    unrecognized_count: int
    state: Json


class ConversationChanges(TypedDict, total=False):
    """What a turn may change in its conversation."""

    name: str
    language: str
    shop_id: int | None
    human_until: datetime | None
    opted_out_at: datetime | None
    consented_at: datetime | None
    consent: str
    unrecognized_count: int
    unreachable_at: datetime | None


# Built once: composing a statement costs as much as running it.
LOCK = Rows(
    StoredConversation,
    sa.select(
        conversations.c.id,
        conversations.c.line_id,
        lines.c.channel,
        lines.c.transport,
        conversations.c.address,
        conversations.c.language,
        conversations.c.name,
        conversations.c.shop_id,
        lines.c.shop_id.label("line_shop_id"),
        shops.c.version.label("shop_version"),
        lines.c.staff,
        conversations.c.human_until,
        conversations.c.opted_out_at,
        conversations.c.consented_at,
        conversations.c.last_in_at,
        conversations.c.unrecognized_count,
        conversations.c.state,
    )
    .join(lines, lines.c.id == conversations.c.line_id)
    .outerjoin(shops, shops.c.id == sa.func.coalesce(lines.c.shop_id, conversations.c.shop_id))
    .where(conversations.c.id == sa.bindparam("conversation_id"))
    .with_for_update(key_share=True, of=conversations),
)
"""The statement that locks a conversation; its holder runs the next turn."""

_SAVE = sa.update(conversations).where(conversations.c.id == sa.bindparam("this"))


async def lock_conversation(ctx: Context, conversation_id: int) -> StoredConversation | None:
    """Lock a conversation until the end of the transaction and return it, or None if it is gone."""
    return await ctx.fetch_first(LOCK, {"conversation_id": conversation_id})


async def save_turn(
    ctx: Context,
    conversation_id: int,
    *,
    state: Json,
    last_in_at: datetime,
    changes: ConversationChanges,
) -> None:
    """Save a conversation's state after a turn, with what the turn changed."""
    values = {"state": state, "last_in_at": last_in_at, **changes}
    await ctx.execute(_SAVE, {"this": conversation_id, **values})


# --------------------------------------------------------------------------------- reading


@dataclass(frozen=True, slots=True)
class ConversationAddress:
    """A conversation's address and line."""

    id: int
    line_id: int
    channel: str
    address: str


_ADDRESSES = Rows(
    ConversationAddress,
    sa.select(conversations.c.id, conversations.c.line_id, lines.c.channel, conversations.c.address)
    .join_from(conversations, lines, lines.c.id == conversations.c.line_id)
    .order_by(conversations.c.id),
)


@dataclass(frozen=True, slots=True)
class ShopConversation:
    """A customer's conversation about a shop; times are aware UTC.

    `name` is the shop's for the customer who proved the address, else the one of their profile.
    """

    id: int
    channel: str
    address: str
    name: str
    language: str
    human_until: datetime | None
    opted_out_at: datetime | None
    consented_at: datetime | None
    consent: str
    last_in_at: datetime | None
    unreachable_at: datetime | None


_about_shop = sa.func.coalesce(lines.c.shop_id, conversations.c.shop_id)
_proved = identities.alias()
_CUSTOMER_NAME = (
    sa.select(customers.c.name)
    .join_from(customers, _proved, _proved.c.user_id == customers.c.user_id)
    .where(_proved.c.id == conversations.c.identity_id, customers.c.shop_id == _about_shop)
    .correlate(conversations, lines)
    .scalar_subquery()
)

_ABOUT = Rows(
    ShopConversation,
    sa.select(
        conversations.c.id,
        lines.c.channel,
        conversations.c.address,
        sa.func.coalesce(sa.func.nullif(_CUSTOMER_NAME, ""), conversations.c.name).label("name"),
        conversations.c.language,
        conversations.c.human_until,
        conversations.c.opted_out_at,
        conversations.c.consented_at,
        conversations.c.consent,
        conversations.c.last_in_at,
        conversations.c.unreachable_at,
    )
    .join_from(conversations, lines)
    .where(lines.c.staff.is_(False)),
)


@dataclass(frozen=True, slots=True)
class TranscriptEntry:
    """What was said: `way` is "in" or "out"; outgoing texts as they were sent, without secrets."""

    at: datetime
    way: Literal["in", "out"]
    id: int
    text: str
    state: str


_SAID = sa.union_all(
    sa.select(
        inbox.c.received_at.label("at"),
        sa.literal("in").label("way"),
        inbox.c.id,
        sa.func.coalesce(inbox.c.incoming["text"].as_string(), "").label("text"),
        inbox.c.state,
    ).where(
        inbox.c.conversation_id == sa.bindparam("conversation_id"),
        sa.func.coalesce(inbox.c.incoming["kind"].as_string(), "text") != "event",
    ),
    sa.select(
        outbox.c.created_at,
        sa.literal("out"),
        outbox.c.id,
        outbox.c.body,
        outbox.c.state,
    ).where(outbox.c.conversation_id == sa.bindparam("conversation_id")),
).subquery()
_TRANSCRIPT = Rows(
    TranscriptEntry,
    sa.select(_SAID.c.at, _SAID.c.way, _SAID.c.id, _SAID.c.text, _SAID.c.state),
)


async def conversation_addresses(
    ctx: Context, conversation_ids: Collection[int]
) -> list[ConversationAddress]:
    """Return the addresses of conversations, by id."""
    return [
        one
        for some in split_ids(conversation_ids)
        for one in await ctx.fetch(_ADDRESSES.where(conversations.c.id.in_(some)))
    ]


async def conversations_of_transport(ctx: Context, transport: str) -> list[ConversationAddress]:
    """Return the addresses of every conversation on the lines of a transport, by id."""
    return await ctx.fetch(_ADDRESSES.where(lines.c.transport == transport))


async def find_conversations(
    ctx: Context, shop_id: int, asked: PageRequest
) -> Page[ShopConversation]:
    """Return a page of customers' conversations about a shop, newest first."""
    rows = shop_conversations(shop_id)
    return await paginate(ctx, rows, [conversations.c.id], asked, newest_first=True)


async def get_conversation(ctx: Context, shop_id: int, conversation_id: int) -> ShopConversation:
    """Return one of them; raise NotFound otherwise."""
    this = shop_conversations(shop_id).where(conversations.c.id == conversation_id)
    found = await ctx.fetch_first(this)
    if found is None:
        raise NotFound(conversation=conversation_id)
    return found


def shop_conversations(shop_id: int) -> Rows[ShopConversation]:
    """Return the SELECT of a shop's conversations with customers."""
    return _ABOUT.where(_about_shop == shop_id)


async def read_transcript(
    ctx: Context, conversation_id: int, asked: PageRequest
) -> Page[TranscriptEntry]:
    """Return a page of what was said in a conversation, newest first."""
    rows = _TRANSCRIPT.refine(lambda select: select.params(conversation_id=conversation_id))
    order = [_SAID.c.at, _SAID.c.way, _SAID.c.id]
    return await paginate(ctx, rows, order, asked, newest_first=True)
