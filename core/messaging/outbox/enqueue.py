"""Putting messages into the outbox: answers, alerts to a shop's people, news to its customers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from core.db.context import Context, Row
from core.db.tables import conversations, identities, lines, member_chats, outbox, prompts
from core.messaging.messages import Choice, Json, Say, encode_value
from core.messaging.outbox.recipients import (
    BookingRef,
    admin_recipients,
    open_conversations,
    preferred_conversation,
    staff_recipients,
)
from core.messaging.outbox.redact import REDACTED_SAY, contains_secret

Queue = Literal["reply", "alert", "reminder"]

OPTED_OUT_REASON = "opted out"
"""The error of a row dropped because the person asked us to stop."""

SETTLED_REASON = "settled before it was sent"
"""The error of an alert dropped because what it asked was decided meanwhile."""

EDITABLE_TRANSPORTS = ("telegram",)
"""Channels on which a message that was sent can be changed."""

_INSERT = sa.insert(outbox).returning(outbox.c.id)
_INSERT_PROMPTS = sa.insert(prompts).returning(prompts.c.id, prompts.c.conversation_id)


def wake_sender(ctx: Context) -> None:
    """Have the delivery look at the outbox as soon as this transaction is committed.

    The delivery keeps its callback in `ctx.cache["wake"]`; without one, its tick finds the rows.
    """
    callback = ctx.cache.get("wake")
    if callback is not None and callback not in ctx.after_commit:
        ctx.after_commit.append(callback)


async def enqueue(
    ctx: Context,
    say: Say,
    *,
    conversation_id: int,
    lane: Queue = "reply",
    kind: str = "",
    shop_id: int | None = None,
    booking_id: int | None = None,
    prompt_id: int | None = None,
    due_at: datetime | None = None,
    expires_at: datetime | None = None,
    unique_key: str | None = None,
    edit_target: Json | None = None,
) -> int | None:
    """Put `say` into the outbox; return the row's id, or None if `unique_key` was there before.

    It is due at `due_at` (now, if None) and pointless after `not_after`. Whoever opted out gets
    nothing but answers: in any other lane the row is dropped, and kept to show why. `living`
    names the message it replaces, for channels that can change one.
    """
    opted_out = lane != "reply" and bool(
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
        lane=lane,
        kind=kind,
        shop_id=shop_id,
        booking_id=booking_id,
        prompt_id=prompt_id,
        due_at=due_at or ctx.now,
        not_after=expires_at,
        unique_key=unique_key,
        opted_out=opted_out,
        living=edit_target or {},
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
    options: Sequence[Choice] = (),
    flow: str = "",
    args: Mapping[str, object] | None = None,
    expires_at: datetime | None = None,
    skip_user_id: int | None = None,
    provider_only: bool = False,
    unique_key: str | None = None,
    instead_of: str = "",
    in_place_only: bool = False,
) -> int:
    """Tell the shop's owners, its receptionists and the provider concerned; return how many.

    With `provider_only` just that one.

    Each person once, unless their alerts are off, on a staff line if there is one, else the
    shop's SMS line. With `options` everybody gets a prompt of their own, whose answer starts
    `flow` with `args` until `expires_at`. `conversation_id` is the customer's talk, if any:
    what happens on a simulated line is told on simulated lines only. `skip_user_id` knows
    already. The same `unique_key` alerts once. `instead_of` is the kind of an earlier alert
    about the same booking that this one settles: where messages can be changed it takes that one's
    place, buttons and all, and where that one was not sent yet it will not be. With `in_place_only`
    nobody else is told.
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
    if not people:
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
    if options:
        prompt = {
            "flow": flow,
            "step": "",
            "digest": Say("", {"say": say, "options": tuple(options)}).content_hash(),
            "say": encode_value(say),
            "options": [encode_value(option) for option in options],
            "args": dict(args or {}),
            "expires_at": expires_at,
            "created_at": ctx.now,
        }
        made = await ctx.execute(_INSERT_PROMPTS, [{**prompt, "conversation_id": i} for i in ids])
        prompt_of = {row.conversation_id: row.id for row in made}
    rows = [
        _row(
            ctx,
            say if person.sees_phones else _without_phone(say),
            conversation_id=to,
            lane="alert",
            kind=kind,
            shop_id=shop_id,
            booking_id=booking_id,
            prompt_id=prompt_of.get(to),
            due_at=ctx.now,
            not_after=expires_at,
            unique_key=f"{unique_key}:{to}" if unique_key else None,
            opted_out=person.opted_out_at is not None,
            living=(
                {"message": places[person.user_id].message_id, "in_place": True}
                if person.user_id in places
                else {}
            ),
        )
        for to, person in zip(ids, people, strict=True)
    ]
    return await _put_all(ctx, rows, unique=bool(unique_key))


async def enqueue_for_admins(
    ctx: Context, say: Say, *, kind: str, conversation_id: int, unique_key: str
) -> int:
    """Tell the admins what no shop can be told about a conversation; return how many were.

    The same `unique_key` alerts once.
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
            lane="alert",
            kind=kind,
            due_at=ctx.now,
            unique_key=f"{unique_key}:{to}",
            opted_out=person.opted_out_at is not None,
        )
        for to, person in zip(ids, people, strict=True)
    ]
    return await _put_all(ctx, rows, unique=True)


async def _talks_with(ctx: Context, shop_id: int | None, people: Sequence[Row]) -> list[int]:
    """Return the conversations with people, opened where there was none."""
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
    lane: Queue = "alert",
    prompt_id: int | None = None,
    due_at: datetime | None = None,
    not_after: datetime | None = None,
    unique_key: str | None = None,
) -> int | None:
    """Tell the customer of a booking; return the row's id, or None if there is no way to.

    On the conversation it was made in, while that still is the customer's (numbers are
    recycled), else on the one they used last at this shop; one without an opt-out goes first.
    An unproved hold belongs to its conversation, whoever that is. A discreet shop says it
    `discreetly` where there are such words.
    """
    where = await ctx.first(preferred_conversation(booking))
    if where is None:
        return None
    if where.discreet and discreetly is not None:
        say = discreetly
    row = _row(
        ctx,
        say,
        conversation_id=where.id,
        lane=lane,
        kind=kind,
        shop_id=booking.shop_id,
        booking_id=booking.id,
        prompt_id=prompt_id,
        due_at=due_at or ctx.now,
        not_after=not_after,
        unique_key=unique_key,
        opted_out=where.opted_out_at is not None,
    )
    return await _put(ctx, row)


async def cancel_pending(
    ctx: Context,
    *,
    reason: str,
    booking_id: int | None = None,
    conversation_ids: Iterable[int] = (),
    lane: Queue | None = None,
    shop_id: int | None = None,
) -> int:
    """Drop what waits for a booking or in conversations; return how many rows.

    For the reminders of a booking that moved, for a number that changed hands, and for a shop's
    alerts (`shop_id`) in a chat that acts for nobody there any more.
    """
    statement = sa.update(outbox).where(
        outbox.c.state == "due",
        outbox.c.booking_id == booking_id
        if booking_id is not None
        else outbox.c.conversation_id.in_(list(conversation_ids)),
    )
    if lane is not None:
        statement = statement.where(outbox.c.lane == lane)
    if shop_id is not None:
        statement = statement.where(outbox.c.shop_id == shop_id)
    done = await ctx.execute(statement.values(state="dropped", error=reason, say=REDACTED_SAY))
    return int(done.rowcount)


def _without_phone(say: Say) -> Say:
    """Return an alert for somebody who sees no customers' numbers: their providers' work only."""
    if "phone" not in say.params:
        return say
    return Say(say.key, {**say.params, "phone": ""}, secret=say.secret)


async def _settled(ctx: Context, booking_id: int, kind: str) -> dict[int, Row]:
    """Return the conversation and message of each person's alert of a kind about a booking.

    And whether messages there can be changed (`changes`).

    Those that wait to be sent – their reader has quiet hours, say – are dropped.
    """
    those = outbox.c.booking_id == booking_id, outbox.c.kind == kind
    await ctx.execute(
        sa.update(outbox)
        .where(*those, outbox.c.state == "due")
        .values(state="dropped", error=SETTLED_REASON, say=REDACTED_SAY)
    )
    found = await ctx.all(
        sa.select(
            # In a chat that is bound to a role, the member's whose it is there.
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
        "say": encode_value(say),
        "secret": secret,
        "state": "dropped" if opted_out else "due",
        "error": OPTED_OUT_REASON if opted_out else "",
        "created_at": ctx.now,
    }
