"""Prompts: what was asked in a conversation, with the options that answer it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.db.context import Context
from core.db.rows import Rows
from core.db.tables import prompts
from core.messaging.messages import Json, encode_value


@dataclass(frozen=True, slots=True)
class StoredPrompt:
    """A stored prompt.

    `decision` is its kind, "" for a question of a flow. `number_offset` is the number before its
    first option, None until it is shown.
    """

    id: int
    decision: str
    step: str
    content_hash: str
    options: Json
    args: dict[str, Json]
    number_offset: int | None
    shown_at: datetime | None
    closed_at: datetime | None
    expires_at: datetime | None
    message_id: str


# Built once: composing a statement costs as much as running it.
_LOAD = Rows(
    StoredPrompt,
    sa.select(
        prompts.c.id,
        prompts.c.decision,
        prompts.c.step,
        prompts.c.content_hash,
        prompts.c.options,
        prompts.c.args,
        prompts.c.number_offset,
        prompts.c.shown_at,
        prompts.c.closed_at,
        prompts.c.expires_at,
        prompts.c.message_id,
    )
    .where(
        prompts.c.conversation_id == sa.bindparam("conversation_id"),
        sa.or_(
            prompts.c.id.in_(sa.bindparam("known", expanding=True)),
            sa.and_(prompts.c.decision != "", prompts.c.closed_at.is_(None)),
        ),
    )
    .order_by(prompts.c.id),
)
_CLOSE = sa.update(prompts).where(
    prompts.c.id.in_(sa.bindparam("ids", expanding=True)), prompts.c.closed_at.is_(None)
)


async def load_prompts(
    ctx: Context, conversation_id: int, *, known: Collection[int]
) -> list[StoredPrompt]:
    """Return a conversation's open decisions and its prompts with `known` ids, by id."""
    return await ctx.fetch(_LOAD, {"conversation_id": conversation_id, "known": list(known)})


async def close_prompts(ctx: Context, prompt_ids: Collection[int]) -> None:
    """Close those of these prompts that are open."""
    await ctx.execute(_CLOSE, {"ids": list(prompt_ids), "closed_at": ctx.now})


async def add_flow_prompt(
    ctx: Context,
    conversation_id: int,
    *,
    step: str,
    content_hash: str,
    options: Sequence[object],
    args: Json,
    number_offset: int | None,
    message_id: str,
) -> int:
    """Store the question of an active flow and return its id."""
    return await ctx.insert(
        prompts,
        conversation_id=conversation_id,
        step=step,
        content_hash=content_hash,
        options=[encode_value(choice) for choice in options],
        args=args,
        number_offset=number_offset,
        message_id=message_id,
        created_at=ctx.now,
    )


async def add_standing_prompt(
    ctx: Context,
    conversation_id: int,
    *,
    decision: str,
    options: Sequence[Json],
    args: Mapping[str, Json],
    number_offset: int,
    message_id: str,
    expires_at: datetime | None,
) -> int:
    """Store a prompt that stays open outside any flow until `expires_at`; return its id."""
    return await ctx.insert(
        prompts,
        conversation_id=conversation_id,
        decision=decision,
        options=list(options),
        args=args,
        number_offset=number_offset,
        message_id=message_id,
        expires_at=expires_at,
        created_at=ctx.now,
    )
