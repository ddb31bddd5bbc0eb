"""Enqueuing messages: replies, alerts to staff, and notifications to customers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from core.db.context import Context, Row, Told
from core.db.tables import conversations, identities, lines, member_chats, outbox, prompts
from core.messaging.decisions import Decision
from core.messaging.messages import Json, Say, encode_value
from core.messaging.outbox.alert_recipients import (
    AlertRecipient,
    admin_recipients,
    staff_recipients,
)
from core.messaging.outbox.customer_reach import find_customer_conversation
from core.messaging.outbox.recipients import BookingRef, open_conversations
from core.messaging.outbox.redact import REDACTED_SAY, contains_secret
from core.messaging.outbox.untold import note_untold, settle_untold

Queue = Literal["reply", "alert", "reminder"]

OPTED_OUT_REASON = "opted out"
"""The error of a row dropped because the person opted out."""

SETTLED_REASON = "settled before it was sent"
"""The error of an alert dropped because its question was decided meanwhile."""

EDITABLE_TRANSPORTS = ("telegram",)
"""Channels on which a sent message can be edited."""

_INSERT = sa.insert(outbox).returning(outbox.c.id)
_INSERT_PROMPTS = sa.insert(prompts).returning(prompts.c.id, prompts.c.conversation_id)


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
    row = _row(
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


async def enqueue_for_staff(
    ctx: Context,
    say: Say,
    *,
    shop_id: int,
    kind: str,
    booking_id: int | None = None,
    provider_id: int | None = None,
    conversation_id: int | None = None,
    decision: Decision | None = None,
    expires_at: datetime | None = None,
    skip_user_id: int | None = None,
    provider_only: bool = False,
    unique_key: str | None = None,
    instead_of: str = "",
    in_place_only: bool = False,
) -> int:
    """Alert the shop's owners, receptionists and the provider concerned; return how many.

    `provider_only` alerts just the provider. Each member gets one alert, unless theirs are off, on
    a staff line if there is one, else on the shop's SMS line. A `decision` gives each of them a
    prompt. The alert is obsolete after `expires_at` or once the decision expired. `conversation_id`
    is the customer's, if any: events on a simulated line are alerted on simulated lines only.
    `skip_user_id` is not alerted. A `unique_key` alerts once. `instead_of` is the kind of an
    earlier alert about the same booking that this one resolves: it replaces that message where it
    can be edited, and drops it if still unsent. `in_place_only` alerts nobody else.
    """
    people = await staff_recipients(
        ctx,
        shop_id=shop_id,
        provider_id=provider_id,
        conversation_id=conversation_id,
        booking_id=booking_id,
        skip_user_id=skip_user_id,
        provider_only=provider_only,
    )
    who = "provider" if provider_only else "staff"
    if not people:
        if not (in_place_only or provider_only):  # many providers have no account
            ctx.told.append(Told(who, "", "unreachable", booking_id))
        return 0
    places: Mapping[int, Row] = {}
    if instead_of and booking_id is not None:
        places = await _settled(ctx, booking_id, instead_of)
    if in_place_only:
        people = [p for p in people if p.user_id in places and places[p.user_id].changes]
        if not people:
            return 0
    ids = await _talks_with(ctx, shop_id, people)
    ids = [
        places[row.user_id].conversation_id if row.user_id in places else id_
        for row, id_ in zip(people, ids, strict=True)
    ]
    prompt_of: dict[int, int] = {}
    if decision is not None:
        prompt = {**decision.prompt_columns(say), "created_at": ctx.now}
        made = await ctx.execute(_INSERT_PROMPTS, [{**prompt, "conversation_id": i} for i in ids])
        prompt_of = {row.conversation_id: row.id for row in made}
    rows = [
        _row(
            ctx,
            say if person.sees_phones else _without_phone(say),
            conversation_id=to,
            queue="alert",
            kind=kind,
            shop_id=shop_id,
            booking_id=booking_id,
            prompt_id=prompt_of.get(to),
            due_at=ctx.now,
            expires_at=decision.expires_at if decision is not None else expires_at,
            unique_key=f"{unique_key}:{to}" if unique_key else None,
            opted_out=person.opted_out_at is not None,
            edit_target=(
                {"message": places[person.user_id].message_id, "in_place": True}
                if person.user_id in places
                else {}
            ),
        )
        for to, person in zip(ids, people, strict=True)
    ]
    ctx.told += [
        Told(who, p.channel, "opted_out" if p.opted_out_at is not None else "sending", booking_id)
        for p in people
        if not in_place_only
    ]
    return await _put_all(ctx, rows, unique=bool(unique_key))


async def enqueue_for_admins(
    ctx: Context, say: Say, *, kind: str, conversation_id: int, unique_key: str
) -> int:
    """Alert the admins to what no shop can be told about a conversation; return how many.

    A `unique_key` alerts once.
    """
    people = await admin_recipients(ctx, conversation_id)
    if not people:
        return 0
    ids = await _talks_with(ctx, None, people)
    rows = [
        _row(
            ctx,
            say,
            conversation_id=to,
            queue="alert",
            kind=kind,
            due_at=ctx.now,
            unique_key=f"{unique_key}:{to}",
            opted_out=person.opted_out_at is not None,
        )
        for to, person in zip(ids, people, strict=True)
    ]
    return await _put_all(ctx, rows, unique=True)


async def _talks_with(
    ctx: Context, shop_id: int | None, people: Sequence[AlertRecipient]
) -> list[int]:
    """Return conversations with these people, opened where necessary."""
    opened = await open_conversations(
        ctx, shop_id, [row for row in people if row.conversation_id is None]
    )
    return [row.conversation_id or opened[row.line_id, row.address] for row in people]


async def _put_all(ctx: Context, rows: Sequence[Mapping[str, Any]], *, unique: bool) -> int:
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
    row = _row(
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


def _outcome(where: Row | None) -> str:
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


def _without_phone(say: Say) -> Say:
    """Return an alert without the customer's phone, for providers, who may not see it."""
    if "phone" not in say.params:
        return say
    return Say(say.key, {**say.params, "phone": ""}, secret=say.secret)


async def _settled(ctx: Context, booking_id: int, kind: str) -> dict[int, Row]:
    """Return each person's alert of this kind about a booking, by conversation.

    `changes` says whether messages there can be edited. Unsent ones, held back by quiet hours for
    example, are dropped.
    """
    those = outbox.c.booking_id == booking_id, outbox.c.kind == kind
    await ctx.execute(
        sa.update(outbox)
        .where(*those, outbox.c.state == "due")
        .values(state="dropped", error=SETTLED_REASON, message=REDACTED_SAY)
    )
    found = await ctx.all(
        sa.select(
            # A paired chat belongs to the member it acts for at that shop.
            sa.func.coalesce(member_chats.c.user_id, identities.c.user_id).label("user_id"),
            prompts.c.conversation_id,
            prompts.c.message_id,
            lines.c.channel.in_(EDITABLE_TRANSPORTS).label("changes"),
        )
        .join_from(outbox, prompts, prompts.c.id == outbox.c.prompt_id)
        .join(conversations, conversations.c.id == prompts.c.conversation_id)
        .join(lines, lines.c.id == conversations.c.line_id)
        .join(identities, identities.c.id == conversations.c.identity_id)
        .outerjoin(
            member_chats,
            (member_chats.c.identity_id == identities.c.id)
            & (member_chats.c.shop_id == outbox.c.shop_id)
            & member_chats.c.ended_at.is_(None),
        )
        .where(*those, outbox.c.state == "sent", prompts.c.message_id != "")
        .order_by(outbox.c.id)
    )
    return {row.user_id: row for row in found}


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


def _row(ctx: Context, say: Say, *, opted_out: bool, **columns: Any) -> dict[str, Any]:
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
