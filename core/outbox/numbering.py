"""Numbers of prompts: several open decisions in one conversation never share one."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from core.context import Context
from core.models import prompts

_IDS: sa.BindParameter[int] = sa.bindparam("ids", expanding=True)

# Locked: two deliveries, each with a lane of the same conversation, number one by one.
_OPEN = (
    sa.select(
        prompts.c.id,
        prompts.c.conversation_id,
        prompts.c.base,
        prompts.c.options,
        prompts.c.closed_at,
        prompts.c.expires_at,
    )
    .where(
        # Not "these, or open ones of their talks": PostgreSQL would read every prompt there is.
        prompts.c.conversation_id.in_(
            sa.select(prompts.c.conversation_id).where(prompts.c.id.in_(_IDS))
        ),
        prompts.c.closed_at.is_(None) | prompts.c.id.in_(_IDS),
    )
    .order_by(prompts.c.id)
    .with_for_update(key_share=True)
)
_NUMBER = sa.update(prompts).where(prompts.c.id.in_(_IDS)).values(base=sa.bindparam("number"))


async def number_prompt(ctx: Context, prompt_id: int) -> int:
    """Return the base of one prompt, giving it one if need be (see `number_prompts`)."""
    return (await number_prompts(ctx, [prompt_id]))[prompt_id]


async def number_prompts(ctx: Context, prompt_ids: Collection[int]) -> dict[int, int]:
    """Return the base of each prompt: its options are base + 1, base + 2 and so on.

    A base is given once, at the first try to send: the lowest free run of numbers that no other
    open prompt of the conversation has. A repeated try keeps it, for the first may have arrived.
    """
    if not prompt_ids:
        return {}
    rows = (await ctx.execute(_OPEN, {"ids": list(prompt_ids)})).all()
    taken: dict[int, set[int]] = {}
    for row in rows:
        if row.base is not None and row.closed_at is None and not _expired(row.expires_at, ctx):
            numbers = range(row.base + 1, row.base + len(row.options) + 1)
            taken.setdefault(row.conversation_id, set()).update(numbers)
    bases: dict[int, int] = {}
    new: dict[int, list[int]] = {}
    for row in rows:
        if row.id not in prompt_ids:
            continue
        base = row.base
        if base is None:
            used = taken.setdefault(row.conversation_id, set())
            base = _lowest_free(used, len(row.options))
            used.update(range(base + 1, base + len(row.options) + 1))
            new.setdefault(base, []).append(row.id)
        bases[row.id] = base
    for base, ids in new.items():  # most of a batch have the same, 0
        await ctx.execute(_NUMBER, {"ids": ids, "number": base})
    return bases


def _expired(expires_at: object, ctx: Context) -> bool:
    return expires_at is not None and expires_at <= ctx.now  # type: ignore[operator]


def _lowest_free(used: set[int], count: int) -> int:
    base = 0
    while overlap := used.intersection(range(base + 1, base + count + 1)):
        base = max(overlap)
    return base
