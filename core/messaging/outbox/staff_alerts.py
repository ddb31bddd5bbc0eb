"""Alerts to staff and admins: to each of them once, by the best way to reach them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.db.context import Context, Told
from core.db.rows import Rows
from core.db.tables import conversations, identities, lines, member_chats, outbox, prompts
from core.messaging.decisions import Decision
from core.messaging.messages import Say
from core.messaging.outbox.alert_recipients import (
    AlertRecipient,
    admin_recipients,
    staff_recipients,
)
from core.messaging.outbox.enqueue import outbox_row, put_rows
from core.messaging.outbox.recipients import open_conversations
from core.messaging.outbox.redact import REDACTED_SAY

SETTLED_REASON = "settled before it was sent"
"""The error of an alert dropped because its question was decided meanwhile."""

EDITABLE_TRANSPORTS = ("telegram",)
"""Channels on which a sent message can be edited."""

_INSERT_PROMPTS = sa.insert(prompts).returning(prompts.c.id, prompts.c.conversation_id)


@dataclass(frozen=True, slots=True)
class Event:
    """What happened at a shop, as far as it decides who is alerted of it.

    The provider concerned is alerted beside owners and receptionists; `by_user_id`, who did it, is
    not. `conversation_id` is the customer's, or the booking's own counts: what happened on a
    simulated line is alerted on simulated lines only.
    """

    shop_id: int
    kind: str
    booking_id: int | None = None
    provider_id: int | None = None
    conversation_id: int | None = None
    by_user_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Shown:
    """Where a person was shown an earlier alert, and whether messages there can be edited."""

    user_id: int | None
    conversation_id: int
    message_id: str
    changes: bool


_SHOWN = Rows(
    _Shown,
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
    .where(outbox.c.state == "sent", prompts.c.message_id != "")
    .order_by(outbox.c.id),
)


async def enqueue_for_staff(
    ctx: Context,
    say: Say,
    *,
    shop_id: int,
    kind: str,
    expires_at: datetime | None = None,
    unique_key: str | None = None,
) -> int:
    """Alert a shop's owners and receptionists of what is about no booking; return how many.

    The alert is obsolete after `expires_at`. A `unique_key` alerts once.
    """
    event = Event(shop_id, kind)
    return await alert_staff(ctx, say, event, expires_at=expires_at, unique_key=unique_key)


async def alert_staff(
    ctx: Context,
    say: Say,
    event: Event,
    *,
    expires_at: datetime | None = None,
    unique_key: str | None = None,
) -> int:
    """Alert owners, receptionists and the provider concerned; return how many.

    Each member gets one alert, unless theirs are off, on a staff line if there is one, else on the
    shop's SMS line. The alert is obsolete after `expires_at`. A `unique_key` alerts once.
    """
    people = await _recipients(ctx, event)
    if not people:
        ctx.told.append(Told("staff", "", "unreachable", event.booking_id))
        return 0
    _note(ctx, "staff", event, people)
    return await _enqueue(ctx, _Alert(say, event, expires_at, unique_key), people)


async def alert_provider(
    ctx: Context,
    say: Say,
    event: Event,
    *,
    expires_at: datetime | None = None,
    unique_key: str | None = None,
) -> int:
    """Alert just the provider concerned, as `alert_staff`; many providers have no account."""
    people = await _recipients(ctx, event, provider_only=True)
    _note(ctx, "provider", event, people)
    return await _enqueue(ctx, _Alert(say, event, expires_at, unique_key), people)


async def ask_staff(ctx: Context, say: Say, event: Event, decision: Decision) -> int:
    """Alert as `alert_staff` and give each of them a prompt; obsolete once the decision expired."""
    people = await _recipients(ctx, event)
    if not people:
        ctx.told.append(Told("staff", "", "unreachable", event.booking_id))
        return 0
    _note(ctx, "staff", event, people)
    return await _enqueue(ctx, _Alert(say, event, decision.expires_at), people, decision=decision)


async def replace_alerts(ctx: Context, say: Say, event: Event, *, instead_of: str) -> int:
    """Alert as `alert_staff` of what resolves an earlier alert about the booking; return how many.

    `instead_of` is the earlier one's kind: its messages are replaced where they can be edited, and
    dropped if still unsent.
    """
    people = await _recipients(ctx, event)
    if not people:
        ctx.told.append(Told("staff", "", "unreachable", event.booking_id))
        return 0
    _note(ctx, "staff", event, people)
    shown = await _settled(ctx, event.booking_id, instead_of)
    return await _enqueue(ctx, _Alert(say, event), people, shown=shown)


async def edit_alerts(ctx: Context, say: Say, event: Event, *, instead_of: str) -> int:
    """Replace the messages of an earlier alert where they can be edited, and alert nobody else."""
    people = await _recipients(ctx, event)
    if not people:
        return 0
    shown = await _settled(ctx, event.booking_id, instead_of)
    people = [p for p in people if p.user_id in shown and shown[p.user_id].changes]
    return await _enqueue(ctx, _Alert(say, event), people, shown=shown)


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
        outbox_row(
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
    return await put_rows(ctx, rows, unique=True)


# --------------------------------------------------------------------------------- internal


@dataclass(frozen=True, slots=True)
class _Alert:
    """What all recipients of one alert get."""

    say: Say
    event: Event
    expires_at: datetime | None = None
    unique_key: str | None = None


async def _recipients(
    ctx: Context, event: Event, *, provider_only: bool = False
) -> list[AlertRecipient]:
    return await staff_recipients(
        ctx,
        shop_id=event.shop_id,
        provider_id=event.provider_id,
        conversation_id=event.conversation_id,
        booking_id=event.booking_id,
        skip_user_id=event.by_user_id,
        provider_only=provider_only,
    )


def _note(ctx: Context, who: str, event: Event, people: Collection[AlertRecipient]) -> None:
    """Record whom this transaction tells."""
    for person in people:
        outcome = "opted_out" if person.opted_out_at is not None else "sending"
        ctx.told.append(Told(who, person.channel, outcome, event.booking_id))


async def _enqueue(
    ctx: Context,
    alert: _Alert,
    people: Sequence[AlertRecipient],
    *,
    decision: Decision | None = None,
    shown: Mapping[int, _Shown] | None = None,
) -> int:
    """Enqueue an alert for each of `people`, where an earlier one is `shown` in its place."""
    if not people:
        return 0
    places = shown or {}
    event, key = alert.event, alert.unique_key
    ids = await _talks_with(ctx, event.shop_id, people)
    ids = [
        places[person.user_id].conversation_id if person.user_id in places else id_
        for person, id_ in zip(people, ids, strict=True)
    ]
    prompt_of: dict[int, int] = {}
    if decision is not None:
        prompt = {**decision.prompt_columns(alert.say), "created_at": ctx.now}
        made = await ctx.execute(_INSERT_PROMPTS, [{**prompt, "conversation_id": i} for i in ids])
        prompt_of = {row.conversation_id: row.id for row in made}
    rows = [
        outbox_row(
            ctx,
            alert.say if person.sees_phones else _without_phone(alert.say),
            conversation_id=to,
            queue="alert",
            kind=event.kind,
            shop_id=event.shop_id,
            booking_id=event.booking_id,
            prompt_id=prompt_of.get(to),
            due_at=ctx.now,
            expires_at=alert.expires_at,
            unique_key=f"{key}:{to}" if key else None,
            opted_out=person.opted_out_at is not None,
            edit_target=(
                {"message": places[person.user_id].message_id, "in_place": True}
                if person.user_id in places
                else {}
            ),
        )
        for to, person in zip(ids, people, strict=True)
    ]
    return await put_rows(ctx, rows, unique=bool(key))


async def _talks_with(
    ctx: Context, shop_id: int | None, people: Sequence[AlertRecipient]
) -> list[int]:
    """Return conversations with these people, opened where necessary."""
    opened = await open_conversations(
        ctx, shop_id, [row for row in people if row.conversation_id is None]
    )
    return [row.conversation_id or opened[row.line_id, row.address] for row in people]


def _without_phone(say: Say) -> Say:
    """Return an alert without the customer's phone, for providers, who may not see it."""
    if "phone" not in say.params:
        return say
    return Say(say.key, {**say.params, "phone": ""}, secret=say.secret)


async def _settled(ctx: Context, booking_id: int | None, kind: str) -> dict[int, _Shown]:
    """Return each person's alert of this kind about a booking, by conversation.

    `changes` says whether messages there can be edited. Unsent ones, held back by quiet hours for
    example, are dropped.
    """
    if booking_id is None:
        return {}
    those = outbox.c.booking_id == booking_id, outbox.c.kind == kind
    await ctx.execute(
        sa.update(outbox)
        .where(*those, outbox.c.state == "due")
        .values(state="dropped", error=SETTLED_REASON, message=REDACTED_SAY)
    )
    places = await ctx.fetch(_SHOWN.where(*those))
    return {place.user_id: place for place in places if place.user_id is not None}
