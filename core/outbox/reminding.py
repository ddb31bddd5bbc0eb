"""Reminders in the outbox: rows due later, each with a question of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.context import Context
from core.messages import Choice, Say, encode
from core.models import outbox, prompts
from core.outbox.addressing import Booked

_OF_THIS = (outbox.c.lane == "reminder", outbox.c.booking_id == sa.bindparam("booking"))

_FORGET = (
    sa.update(outbox)
    .where(*_OF_THIS, outbox.c.state.in_(("due", "dropped")))
    .values(
        # Its key is free again: who moves back and forth is reminded all the same.
        unique_key=None,
        error=sa.case((outbox.c.state == "due", sa.bindparam("why")), else_=outbox.c.error),
        state="dropped",
    )
)
_CLOSE = (
    sa.update(prompts)
    .where(
        prompts.c.closed_at.is_(None),
        prompts.c.id.in_(
            sa.select(outbox.c.prompt_id).where(*_OF_THIS, outbox.c.prompt_id.is_not(None))
        ),
    )
    .values(closed_at=sa.bindparam("now", type_=prompts.c.closed_at.type))
)


_SETTLE = (
    sa.update(prompts)
    .where(
        prompts.c.closed_at.is_(None),
        prompts.c.id.in_(
            sa.select(outbox.c.prompt_id).where(
                outbox.c.lane == "reminder",
                outbox.c.booking_id.in_(sa.bindparam("bookings", expanding=True)),
                outbox.c.state == "sent",
                outbox.c.prompt_id.is_not(None),
            )
        ),
    )
    .values(closed_at=sa.bindparam("now", type_=prompts.c.closed_at.type))
)


@dataclass(frozen=True, slots=True)
class Later:
    """A message due later. `dropped` says why it does not go; then it only stands on record."""

    say: Say
    kind: str
    unique_key: str
    due_at: datetime
    not_after: datetime
    options: tuple[Choice, ...] = ()
    dropped: str = ""


async def remind(
    ctx: Context,
    those: Sequence[Later],
    *,
    booking: Booked,
    conversation_id: int,
    flow: str,
    args: Mapping[str, object],
    expires_at: datetime,
) -> None:
    """Write reminders of a booking down, each once by its `unique_key`.

    Those with options get a prompt; its answer starts `flow` with `args` until `expires_at`.
    """
    asking = [one for one in those if one.options and not one.dropped]
    prompt_of: dict[str, int] = {}
    if asking:
        rows = [
            {
                "conversation_id": conversation_id,
                "flow": flow,
                "step": "",
                "digest": Say("", {"say": one.say, "options": one.options}).digest(),
                "say": encode(one.say),
                "options": [encode(option) for option in one.options],
                "args": dict(args),
                "expires_at": expires_at,
                "created_at": ctx.now,
            }
            for one in asking
        ]
        # In whichever order they come back: they ask the same thing.
        made = await ctx.execute(sa.insert(prompts).returning(prompts.c.id), rows)
        keys = [one.unique_key for one in asking]
        prompt_of = dict(zip(keys, made.scalars(), strict=True))
    values = [
        {
            "conversation_id": conversation_id,
            "shop_id": booking.shop_id,
            "booking_id": booking.id,
            "prompt_id": prompt_of.get(one.unique_key),
            "lane": "reminder",
            "kind": one.kind,
            "say": encode(one.say),
            "secret": False,
            "unique_key": one.unique_key,
            "state": "dropped" if one.dropped else "due",
            "error": one.dropped,
            "due_at": one.due_at,
            "not_after": one.not_after,
            "created_at": ctx.now,
        }
        for one in those
    ]
    await ctx.execute(ctx.insert_new(outbox, values))


async def forget(ctx: Context, booking_id: int, *, reason: str) -> None:
    """Drop the reminders of a booking that wait, and answer those no more that were sent."""
    await ctx.execute(_FORGET, {"booking": booking_id, "why": reason})
    await ctx.execute(_CLOSE, {"booking": booking_id, "now": ctx.now})


async def settle(ctx: Context, booking_ids: Sequence[int]) -> None:
    """Close what earlier reminders of these bookings asked: the one sent now asks it again."""
    await ctx.execute(_SETTLE, {"bookings": list(booking_ids), "now": ctx.now})


async def reword(ctx: Context, booking_id: int, say: Say, options: Sequence[Choice]) -> None:
    """Let the reminders of a booking that wait say and ask something else, when they go."""
    waiting = (
        outbox.c.lane == "reminder",
        outbox.c.booking_id == booking_id,
        outbox.c.kind == "reminder",
        outbox.c.state == "due",
    )
    asked = sa.select(outbox.c.prompt_id).where(*waiting)
    await ctx.execute(
        sa.update(prompts)
        .where(prompts.c.id.in_(asked))
        .values(say=encode(say), options=[encode(option) for option in options])
    )
    await ctx.execute(sa.update(outbox).where(*waiting).values(say=encode(say)))
