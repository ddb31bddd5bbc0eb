"""Reminders in the outbox: rows due later, each with its own prompt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import outbox, prompts
from core.messaging.decisions import Decision
from core.messaging.messages import Say, encode_value
from core.messaging.outbox.recipients import BookingRef

_OF_THIS = (outbox.c.queue == "reminder", outbox.c.booking_id == sa.bindparam("booking"))

_FORGET = (
    sa.update(outbox)
    .where(*_OF_THIS, outbox.c.state.in_(("due", "dropped")))
    .values(
        # Frees the key: a booking moved back and forth gets its reminders again.
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
                outbox.c.queue == "reminder",
                outbox.c.booking_id.in_(sa.bindparam("bookings", expanding=True)),
                outbox.c.state == "sent",
                outbox.c.prompt_id.is_not(None),
            )
        ),
    )
    .values(closed_at=sa.bindparam("now", type_=prompts.c.closed_at.type))
)


@dataclass(frozen=True, slots=True)
class DeferredMessage:
    """A message due later; one with a `dropped_reason` is not sent, only kept for the record."""

    say: Say
    kind: str
    unique_key: str
    due_at: datetime
    expires_at: datetime
    decision: Decision | None = None
    dropped_reason: str = ""


@dataclass(frozen=True, slots=True)
class BookingReminders:
    """A booking's deferred messages and their conversation.

    Each with a decision gets its own prompt; the decision's args name the booking.
    """

    booking: BookingRef
    conversation_id: int
    messages: Sequence[DeferredMessage]


async def enqueue_reminders(ctx: Context, reminded: Sequence[BookingReminders]) -> None:
    """Insert reminders of bookings, each once by its `unique_key`.

    In two statements, or a few more for thousands.
    """
    says = {id(one.say): one.say for of in reminded for one in of.messages}
    words = {known: encode_value(say) for known, say in says.items()}
    asking = [
        {
            **one.decision.prompt_columns(one.say),
            "conversation_id": of.conversation_id,
            "created_at": ctx.now,
        }
        for of in reminded
        for one in of.messages
        if one.decision is not None and not one.dropped_reason
    ]
    prompts_of: dict[int, list[int]] = defaultdict(list)
    if asking:
        made = sa.insert(prompts).returning(prompts.c.id, prompts.c.args)
        for row in await ctx.execute(made, asking):
            # Their order does not matter: the prompts of one booking ask the same question.
            prompts_of[row.args["booking"]].append(row.id)
    values = [
        {
            "conversation_id": of.conversation_id,
            "shop_id": of.booking.shop_id,
            "booking_id": of.booking.id,
            "prompt_id": (
                prompts_of[of.booking.id].pop()
                if one.decision is not None and not one.dropped_reason
                else None
            ),
            "queue": "reminder",
            "kind": one.kind,
            "message": words[id(one.say)],
            "secret": False,
            "unique_key": one.unique_key,
            "state": "dropped" if one.dropped_reason else "due",
            "error": one.dropped_reason,
            "due_at": one.due_at,
            "expires_at": one.expires_at,
            "created_at": ctx.now,
        }
        for of in reminded
        for one in of.messages
    ]
    if values:
        await ctx.execute(ctx.insert_ignoring_conflicts(outbox), values)


async def drop_reminders(ctx: Context, booking_id: int, *, reason: str) -> None:
    """Drop the unsent reminders of a booking and close the prompts of the sent ones."""
    await ctx.execute(_FORGET, {"booking": booking_id, "why": reason})
    await ctx.execute(_CLOSE, {"booking": booking_id, "now": ctx.now})


async def close_earlier_prompts(ctx: Context, booking_ids: Sequence[int]) -> None:
    """Close the prompts of earlier reminders of these bookings, which the new one repeats."""
    await ctx.execute(_SETTLE, {"bookings": list(booking_ids), "now": ctx.now})


async def reword_pending(ctx: Context, booking_id: int, say: Say, decision: Decision) -> None:
    """Replace the text and decision of a booking's unsent reminders."""
    waiting = (
        outbox.c.queue == "reminder",
        outbox.c.booking_id == booking_id,
        outbox.c.kind == "reminder",
        outbox.c.state == "due",
    )
    asked = sa.select(outbox.c.prompt_id).where(*waiting)
    await ctx.execute(
        sa.update(prompts)
        .where(prompts.c.id.in_(asked))
        .values(message=encode_value(say), options=list(decision.options))
    )
    await ctx.execute(sa.update(outbox).where(*waiting).values(message=encode_value(say)))
