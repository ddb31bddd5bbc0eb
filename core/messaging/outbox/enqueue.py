"""Enqueuing messages: replies, notifications to customers and questions outside a flow.

`staff_alerts` has those to staff.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from core.db.context import Context, Told
from core.db.tables import conversations, outbox, prompts
from core.messaging.decisions import Decision
from core.messaging.messages import Json, Say, encode_value
from core.messaging.outbox.customer_reach import ReachedCustomer, find_customer_conversation
from core.messaging.outbox.recipients import BookingRef
from core.messaging.outbox.redact import REDACTED_SAY, contains_secret
from core.messaging.outbox.untold import note_untold, settle_untold

Queue = Literal["reply", "alert", "reminder"]

OPTED_OUT_REASON = "opted out"
"""The error of a row dropped because the person opted out."""

_INSERT = sa.insert(outbox).returning(outbox.c.id)


def wake_sender(ctx: Context) -> None:
    """Wake the delivery after this transaction commits.

    If this process does not deliver, the worker's next tick finds the rows.
    """
    callback = ctx.hooks.wake_sender
    if callback is not None and callback not in ctx.after_commit:
        ctx.after_commit.append(callback)


async def enqueue(
    ctx: Context,
    say: Say,
    *,
    conversation_id: int,
    queue: Queue = "reply",
    kind: str = "",
    shop_id: int | None = None,
    booking_id: int | None = None,
    prompt_id: int | None = None,
    due_at: datetime | None = None,
    expires_at: datetime | None = None,
    unique_key: str | None = None,
    edit_target: Json | None = None,
) -> int | None:
    """Enqueue `say`; return the row's id, or None if `unique_key` exists already.

    It is due at `due_at` (None: now) and obsolete after `expires_at`. After an opt-out only replies
    are sent: in any other queue the row is stored as dropped. `edit_target` names the message to
    replace, on channels that can edit one.
    """
    opted_out = queue != "reply" and bool(
        await ctx.scalar(
            sa.select(conversations.c.id).where(
                conversations.c.id == conversation_id, conversations.c.opted_out_at.is_not(None)
            )
        )
    )
    row = outbox_row(
        ctx,
        say,
        conversation_id=conversation_id,
        queue=queue,
        kind=kind,
        shop_id=shop_id,
        booking_id=booking_id,
        prompt_id=prompt_id,
        due_at=due_at or ctx.now,
        expires_at=expires_at,
        unique_key=unique_key,
        opted_out=opted_out,
        edit_target=edit_target or {},
    )
    return await _put(ctx, row)


async def enqueue_for_customer(
    ctx: Context,
    say: Say,
    *,
    booking: BookingRef,
    kind: str,
    discreetly: Say | None = None,
    queue: Queue = "alert",
    prompt_id: int | None = None,
    due_at: datetime | None = None,
    expires_at: datetime | None = None,
    unique_key: str | None = None,
    knows: bool = False,
) -> int | None:
    """Notify a booking's customer; return the row's id, or None if they cannot be reached.

    It goes to the conversation the booking was made in if that is still theirs (numbers are
    recycled), else to the one they used last at this shop, preferring one without an opt-out. An
    unverified hold belongs to its conversation. A discreet shop uses the text `discreetly`, if
    given. `ctx.told` records whom it reaches; who cannot be reached is on the list to call, unless
    somebody who `knows` it already spoke to them.
    """
    where = await find_customer_conversation(ctx, booking)
    outcome = _outcome(where)
    ctx.told.append(Told("customer", where.channel if where else "", outcome, booking.id))
    if booking.customer_id is not None and not knows:
        if outcome != "sending":
            await note_untold(
                ctx, shop_id=booking.shop_id, booking_id=booking.id, kind=kind, reason=outcome
            )
        elif where is not None and where.has_untold:
            await settle_untold(ctx, booking.id)
    if where is None:
        return None
    if where.discreet and discreetly is not None:
        say = discreetly
    row = outbox_row(
        ctx,
        say,
        conversation_id=where.id,
        queue=queue,
        kind=kind,
        shop_id=booking.shop_id,
        booking_id=booking.id,
        prompt_id=prompt_id,
        due_at=due_at or ctx.now,
        expires_at=expires_at,
        unique_key=unique_key,
        opted_out=where.opted_out_at is not None,
    )
    return await _put(ctx, row)


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


def _outcome(where: ReachedCustomer | None) -> str:
    if where is None or where.unreachable:
        return "unreachable"
    return "opted_out" if where.opted_out_at is not None else "sending"


async def cancel_pending(
    ctx: Context,
    *,
    reason: str,
    booking_id: int | None = None,
    conversation_ids: Iterable[int] = (),
    queue: Queue | None = None,
    shop_id: int | None = None,
) -> int:
    """Drop unsent rows of a booking or of conversations; return how many.

    For reminders of a moved booking, a number that changed hands, and a shop's alerts (`shop_id`)
    to a chat that no longer acts for a member.
    """
    statement = sa.update(outbox).where(
        outbox.c.state == "due",
        outbox.c.booking_id == booking_id
        if booking_id is not None
        else outbox.c.conversation_id.in_(list(conversation_ids)),
    )
    if queue is not None:
        statement = statement.where(outbox.c.queue == queue)
    if shop_id is not None:
        statement = statement.where(outbox.c.shop_id == shop_id)
    done = await ctx.execute(statement.values(state="dropped", error=reason, message=REDACTED_SAY))
    return int(done.rowcount)


async def put_rows(ctx: Context, rows: Sequence[Mapping[str, Any]], *, unique: bool) -> int:
    """Insert rows, each once if `unique`; return how many are new."""
    if unique:
        new = (
            await ctx.execute(ctx.insert_ignoring_conflicts(outbox, rows).returning(outbox.c.id))
        ).all()
        count = len(new)
    else:
        await ctx.execute(sa.insert(outbox), rows)
        count = len(rows)
    wake_sender(ctx)
    return count


async def _put(ctx: Context, row: Mapping[str, Any]) -> int | None:
    if row["unique_key"] is None:
        new = (await ctx.execute(_INSERT, row)).scalar()
    else:
        new = (
            await ctx.execute(ctx.insert_ignoring_conflicts(outbox, row).returning(outbox.c.id))
        ).scalar()
    if new is not None and row["state"] == "due" and row["due_at"] <= ctx.now:
        wake_sender(ctx)
    return new


def outbox_row(ctx: Context, say: Say, *, opted_out: bool, **columns: Any) -> dict[str, Any]:
    """Return the values of a row; a secret is not stored for who opted out."""
    secret = contains_secret(say)
    if opted_out and secret:
        say = Say(say.key, {}, secret=True)
    return columns | {
        "message": encode_value(say),
        "secret": secret,
        "state": "dropped" if opted_out else "due",
        "error": OPTED_OUT_REASON if opted_out else "",
        "created_at": ctx.now,
    }
