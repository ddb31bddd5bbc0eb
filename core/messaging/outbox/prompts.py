"""Enqueuing prompts for decisions outside a flow, and numbering their options."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import prompts
from core.messaging.decisions import Decision
from core.messaging.messages import Say
from core.messaging.outbox.customer_reach import find_customer_conversation
from core.messaging.outbox.enqueue import Queue, enqueue, enqueue_for_customer
from core.messaging.outbox.recipients import BookingRef


async def enqueue_prompt(
    ctx: Context,
    say: Say,
    *,
    decision: Decision,
    kind: str,
    booking: BookingRef | None = None,
    discreetly: Say | None = None,
    conversation_id: int | None = None,
    shop_id: int | None = None,
    queue: Queue = "alert",
) -> int | None:
    """Ask the customer of a booking, or a conversation; return the outbox row's id.

    An earlier decision of the same kind about the booking is closed. Return None, asking nobody, if
    they cannot be reached. A discreet shop uses `discreetly`, as in `enqueue_for_customer`.
    """
    if booking is not None:
        where = await find_customer_conversation(ctx, booking)
        conversation_id = None if where is None else where.id
        if where is not None and where.discreet and discreetly is not None:
            say = discreetly
    if conversation_id is None:
        if booking is not None:  # noted for a call
            await enqueue_for_customer(ctx, say, booking=booking, kind=kind, queue=queue)
        return None
    if "booking" in decision.args:
        await ctx.execute(
            sa.update(prompts)
            .where(
                prompts.c.conversation_id == conversation_id,
                prompts.c.closed_at.is_(None),
                prompts.c.decision == decision.kind,
                prompts.c.args["booking"].as_integer() == decision.args["booking"],
            )
            .values(closed_at=ctx.now)
        )
    prompt_id = await ctx.insert(
        prompts,
        **decision.prompt_columns(say),
        conversation_id=conversation_id,
        created_at=ctx.now,
    )
    if booking is not None:
        return await enqueue_for_customer(
            ctx,
            say,
            booking=booking,
            kind=kind,
            queue=queue,
            prompt_id=prompt_id,
            expires_at=decision.expires_at,
        )
    return await enqueue(
        ctx,
        say,
        conversation_id=conversation_id,
        queue=queue,
        kind=kind,
        shop_id=shop_id,
        prompt_id=prompt_id,
        expires_at=decision.expires_at,
    )


async def preferred_conversation_id(ctx: Context, booking: BookingRef) -> int | None:
    """Return the conversation in which the customer of a booking is notified, if any."""
    where = await find_customer_conversation(ctx, booking)
    return None if where is None else where.id


async def is_reachable(ctx: Context, booking: BookingRef) -> bool:
    """Return whether the customer of a booking can be reached, as far as is known."""
    where = await find_customer_conversation(ctx, booking)
    return where is not None and where.opted_out_at is None and not where.unreachable


_IDS: sa.BindParameter[int] = sa.bindparam("ids", expanding=True)

# Locked, so that two deliveries with queues of one conversation number one after the other.
_OPEN = (
    sa.select(
        prompts.c.id,
        prompts.c.conversation_id,
        prompts.c.number_offset,
        prompts.c.options,
        prompts.c.closed_at,
        prompts.c.expires_at,
    )
    .where(
        # An OR of these ids and the open prompts would make PostgreSQL read every prompt.
        prompts.c.conversation_id.in_(
            sa.select(prompts.c.conversation_id).where(prompts.c.id.in_(_IDS))
        ),
        prompts.c.closed_at.is_(None) | prompts.c.id.in_(_IDS),
    )
    .order_by(prompts.c.id)
    .with_for_update(key_share=True)
)
_NUMBER = (
    sa.update(prompts).where(prompts.c.id.in_(_IDS)).values(number_offset=sa.bindparam("number"))
)


async def number_prompt(ctx: Context, prompt_id: int) -> int:
    """Return the number offset of one prompt, assigned if needed (see `number_prompts`)."""
    return (await number_prompts(ctx, [prompt_id]))[prompt_id]


async def number_prompts(ctx: Context, prompt_ids: Collection[int]) -> dict[int, int]:
    """Return the number offset of each prompt: its options are offset + 1, offset + 2 and so on.

    It is assigned once, at the first attempt to send: the lowest run of numbers that no other open
    prompt of the conversation uses. A retry keeps it, as the first attempt may have arrived.
    """
    if not prompt_ids:
        return {}
    rows = (await ctx.execute(_OPEN, {"ids": list(prompt_ids)})).all()
    taken: dict[int, set[int]] = {}
    for row in rows:
        if (
            row.number_offset is not None
            and row.closed_at is None
            and not _expired(row.expires_at, ctx)
        ):
            numbers = range(row.number_offset + 1, row.number_offset + len(row.options) + 1)
            taken.setdefault(row.conversation_id, set()).update(numbers)
    bases: dict[int, int] = {}
    new: dict[int, list[int]] = {}
    for row in rows:
        if row.id not in prompt_ids:
            continue
        base = row.number_offset
        if base is None:
            used = taken.setdefault(row.conversation_id, set())
            base = _lowest_free(used, len(row.options))
            used.update(range(base + 1, base + len(row.options) + 1))
            new.setdefault(base, []).append(row.id)
        bases[row.id] = base
    for base, ids in new.items():  # most of a batch have offset 0
        await ctx.execute(_NUMBER, {"ids": ids, "number": base})
    return bases


def _expired(expires_at: object, ctx: Context) -> bool:
    return expires_at is not None and expires_at <= ctx.now  # type: ignore[operator]


def _lowest_free(used: set[int], count: int) -> int:
    base = 0
    while overlap := used.intersection(range(base + 1, base + count + 1)):
        base = max(overlap)
    return base
