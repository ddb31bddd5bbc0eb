"""Claiming due rows: a batch in one statement, each row leased to the claimer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from core.db.context import Context, Row
from core.db.tables import (
    bookings,
    conversations,
    customers,
    identities,
    lines,
    member_chats,
    outbox,
    prompts,
    providers,
    shops,
    sql_literal,
    users,
)
from core.messaging.messages import Json, Say, decode_value
from core.messaging.outbox import presend_checks
from core.messaging.outbox.acknowledge import IS_UNFINISHED, LEASE_DURATION, SENDER_VANISHED
from core.messaging.outbox.current_facts import with_current_facts
from core.messaging.outbox.customer_reach import is_noted_address
from core.messaging.outbox.prompts import number_prompts
from core.messaging.outbox.recipients import is_unreachable
from core.messaging.outbox.reminders import close_earlier_prompts
from core.messaging.outbox.routing import allows_free_form, template_sid

_QUEUES = ("reply", "alert", "reminder")

ClaimScope = Literal["all", "lines", "talk", "suspect"]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A claimed row with everything needed to render and send it.

    `options` are as stored in the prompt: values if it is a `decision` of that kind.
    `number_offset` is the number before the first option. `timezone`, `country` and `shop_name` are
    of the shop that the message, or else the conversation, is about; `language` is the
    conversation's or else that shop's. `last_in_at` is the person's last message, which opens
    WhatsApp's 24-hour window. `layout` is the preferred layout of buttons, `edit_target` the
    message this one replaces, `template` the ContentSid to use where WhatsApp requires a template,
    `message_overrides` the shop's own texts. `is_first`: we write to somebody who never wrote.
    """

    id: int
    lease: str
    message: Say
    queue: str
    kind: str
    secret: bool
    attempts: int
    created_at: datetime
    due_at: datetime
    conversation_id: int
    address: str
    language: str
    last_in_at: datetime | None
    line_id: int
    transport: str
    channel: str
    account: str
    line_address: str
    shop_id: int | None
    shop_name: str
    timezone: str
    country: str
    booking_id: int | None
    prompt_id: int | None
    provider_message_id: str
    provider_status: str
    number_offset: int
    options: tuple[Json, ...]
    decision: str = ""
    layout: str = ""
    edit_target: Json = field(default_factory=dict)
    template: str = ""
    message_overrides: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    is_first: bool = False


async def claim_due(
    ctx: Context,
    *,
    limit: int = 50,
    lease: timedelta = LEASE_DURATION,
    line_ids: Collection[int] | None = None,
    answer_line_ids: Collection[int] | None = None,
    conversation_id: int | None = None,
    starting: bool = False,
    suspect: bool = False,
) -> list[Outgoing]:
    """Claim up to `limit` due rows, replies first, and return them.

    Of each conversation and queue only the first unfinished row is claimed, which keeps the order;
    a reply never waits for an alert or a reminder. Each row is checked again
    (`core.messaging.outbox.presend_checks`): obsolete ones are dropped, blocked ones move to
    another conversation. `line_ids` restricts to these lines (replies to `answer_line_ids`, if
    given), `conversation_id` to one conversation. Rows whose sender died are claimed only if
    `suspect`, since one of them may be the cause and must not affect others. `starting` counts the
    attempt at once, for a caller that sends immediately and does not call `start_attempt`.
    """
    token = f"{ctx.random.getrandbits(128):032x}"
    bound: dict[str, Any] = {
        "now": ctx.now,
        "limit": limit,
        "token": token,
        "until": ctx.now + lease,
        "begun": int(starting),
    }
    if conversation_id is not None:
        claim, bound["talk"] = _CLAIM_OF_TALK, conversation_id
    elif line_ids is None:
        claim = _CLAIM
    else:
        claim, bound["line_ids"] = _CLAIM_SUSPECT if suspect else _CLAIM_OF_LINES, list(line_ids)
        answers = line_ids if answer_line_ids is None else answer_line_ids
        bound["answer_line_ids"] = list(answers)
    kept: list[Row] = []
    while not kept:
        ids = sorted((await ctx.execute(claim, bound)).scalars())
        if not ids:
            return []
        moved: list[int] = []
        for row in await ctx.execute(_DETAILS, {"ids": ids}):
            outcome = await presend_checks.recheck_before_send(ctx, row)
            if outcome == "send":
                kept.append(row)
            elif outcome == "moved":
                moved.append(row.id)
        if moved:
            # Leaves out rows whose new line is served by another process, where they are due.
            kept += await _taken_along(ctx, moved, line_ids, conversation_id)
    reminders = [row.booking_id for row in kept if row.queue == "reminder" and row.prompt_id]
    if reminders:
        await close_earlier_prompts(ctx, reminders)
    bases = {row.prompt_id: row.number_offset for row in kept if row.number_offset is not None}
    new = [row.prompt_id for row in kept if row.prompt_id and row.number_offset is None]
    bases |= await number_prompts(ctx, new)
    kept.sort(key=lambda row: (_QUEUES.index(row.queue), row.id))
    return [_outgoing(row, ctx.now, token, bases) for row in kept]


async def _taken_along(
    ctx: Context, ids: list[int], line_ids: Collection[int] | None, conversation_id: int | None
) -> list[Row]:
    """Return the rows that moved to other conversations and that this caller may send at once."""
    rows = (await ctx.execute(_DETAILS, {"ids": ids})).all()
    ours = [
        row
        for row in rows
        if conversation_id is None and (line_ids is None or row.line_id in line_ids)
    ]
    others = {row.id for row in rows} - {row.id for row in ours}
    if others:
        back = sa.update(outbox).where(outbox.c.id.in_(others))
        await ctx.execute(back.values(state="due", lease="", leased_until=None, attempts=0))
    return ours


def _first_due(queue: str, keep_to: ClaimScope) -> sa.CTE:
    """Return up to :limit due rows of a queue, each the first unfinished in its conversation."""
    now = sa.bindparam("now", type_=outbox.c.due_at.type)
    earlier = outbox.alias("earlier")
    # A reminder due next month does not block, but a row waiting for its retry does. A subquery,
    # not NOT EXISTS, which may be planned as a join that is slow on stale statistics.
    earliest = (
        sa.select(sa.func.min(earlier.c.id))
        .where(
            sa.text("earlier.state IN ('due', 'sending')"),  # the same condition as the index
            earlier.c.conversation_id == outbox.c.conversation_id,
            earlier.c.queue == sql_literal(queue),
            earlier.c.id <= outbox.c.id,
            (earlier.c.state == sql_literal("sending"))
            | (earlier.c.attempts > sql_literal(0))
            | (earlier.c.due_at <= now),
        )
        .correlate(outbox)
        .scalar_subquery()
    )
    found = sa.select(outbox.c.id, sql_literal(_QUEUES.index(queue)).label("rank")).where(
        IS_UNFINISHED,
        outbox.c.state == sql_literal("due"),
        outbox.c.queue == sql_literal(queue),
        outbox.c.due_at <= now,
        # As a CASE, PostgreSQL estimates that half of the rows pass; for the bare comparison one in
        # two hundred, and then it reads all due rows instead of the first by index.
        sa.case((outbox.c.id == earliest, sa.true()), else_=sa.false()),
    )
    if keep_to == "talk":
        found = found.where(outbox.c.conversation_id == sa.bindparam("talk", type_=sa.BigInteger))
    if keep_to in {"lines", "suspect"}:
        which = "answer_line_ids" if queue == "reply" else "line_ids"
        talks = sa.select(conversations.c.id).where(
            conversations.c.line_id.in_(sa.bindparam(which, expanding=True))
        )
        found = found.where(outbox.c.conversation_id.in_(talks))
        vanished = outbox.c.error == sql_literal(SENDER_VANISHED)
        found = found.where(vanished if keep_to == "suspect" else ~vanished)
    return (
        found.order_by(outbox.c.due_at, outbox.c.id)
        .limit(sa.bindparam("limit", type_=sa.Integer))
        .with_for_update(skip_locked=True)
        .cte(f"due_{queue}")
    )


def _claim(keep_to: ClaimScope) -> sa.Update:
    queues = [_first_due(queue, keep_to) for queue in _QUEUES]
    first = sa.union_all(*(sa.select(queue.c.id, queue.c.rank) for queue in queues)).subquery(
        "first"
    )
    best = (
        sa.select(first.c.id).order_by(first.c.rank).limit(sa.bindparam("limit", type_=sa.Integer))
    )
    claim = sa.update(outbox).where(outbox.c.id.in_(best))
    return claim.values(
        state=sql_literal("sending"),
        lease=sa.bindparam("token"),
        leased_until=sa.bindparam("until"),
        attempts=outbox.c.attempts + sa.bindparam("begun", type_=sa.Integer),
    ).returning(outbox.c.id)


_CLAIM, _CLAIM_OF_LINES, _CLAIM_OF_TALK = _claim("all"), _claim("lines"), _claim("talk")
_CLAIM_SUSPECT = _claim("suspect")


def _has_been_written_to() -> sa.ColumnElement[bool]:
    sent = outbox.alias("sent")
    return (
        sa.exists()
        .where(
            sent.c.conversation_id == outbox.c.conversation_id,
            sent.c.state == sql_literal("sent"),
        )
        .correlate(outbox)
    )


def _detailed() -> sa.Select[Any]:
    """Return the columns of an Outgoing for claimed rows; built once, as composing costs more."""
    return (
        sa.select(
            outbox.c.id,
            outbox.c.message,
            outbox.c.queue,
            outbox.c.kind,
            outbox.c.secret,
            outbox.c.attempts,
            outbox.c.created_at,
            outbox.c.due_at,
            outbox.c.expires_at,
            outbox.c.conversation_id,
            outbox.c.booking_id,
            outbox.c.prompt_id,
            outbox.c.provider_message_id,
            outbox.c.provider_status,
            conversations.c.address,
            conversations.c.language,
            conversations.c.last_in_at,
            conversations.c.opted_out_at,
            is_unreachable().label("unreachable"),
            conversations.c.line_id,
            lines.c.transport,
            lines.c.channel,
            lines.c.account,
            lines.c.address.label("line_address"),
            shops.c.id.label("shop_id"),
            shops.c.name.label("shop_name"),
            shops.c.address.label("shop_address"),
            sa.func.trim(providers.c.title + " " + providers.c.name).label("provider_name"),
            shops.c.timezone,
            shops.c.country,
            shops.c.language.label("shop_language"),
            shops.c.id.label("the_shop"),
            shops.c.templates,
            shops.c.message_overrides,
            shops.c.quiet_from,
            shops.c.quiet_until,
            identities.c.user_id.label("talk_user"),
            # A paired chat has its own quiet hours, or else the member's.
            sa.func.coalesce(member_chats.c.quiet_from, users.c.quiet_from).label("own_quiet_from"),
            sa.func.coalesce(member_chats.c.quiet_until, users.c.quiet_until).label(
                "own_quiet_until"
            ),
            customers.c.user_id.label("customer_user"),
            bookings.c.customer_id,
            is_noted_address(bookings.c.customer_id).label("noted"),
            bookings.c.state.label("booking_state"),
            bookings.c.starts_at.label("booking_starts"),
            outbox.c.edit_target,
            _has_been_written_to().label("written_to"),
            prompts.c.options,
            prompts.c.decision,
            prompts.c.number_offset,
            prompts.c.args.label("prompt_args"),
        )
        .join_from(outbox, conversations, conversations.c.id == outbox.c.conversation_id)
        .join(lines, lines.c.id == conversations.c.line_id)
        .outerjoin(
            shops,
            shops.c.id
            == sa.func.coalesce(outbox.c.shop_id, conversations.c.shop_id, lines.c.shop_id),
        )
        .outerjoin(prompts, prompts.c.id == outbox.c.prompt_id)
        .outerjoin(identities, identities.c.id == conversations.c.identity_id)
        .outerjoin(
            member_chats,
            (member_chats.c.identity_id == identities.c.id)
            & (member_chats.c.shop_id == shops.c.id)
            & (outbox.c.queue == sql_literal("alert"))
            & member_chats.c.ended_at.is_(None),
        )
        .outerjoin(
            users, users.c.id == sa.func.coalesce(member_chats.c.user_id, identities.c.user_id)
        )
        .outerjoin(bookings, bookings.c.id == outbox.c.booking_id)
        .outerjoin(providers, providers.c.id == bookings.c.provider_id)
        .outerjoin(customers, customers.c.id == bookings.c.customer_id)
        .where(outbox.c.id.in_(sa.bindparam("ids", expanding=True)))
        .order_by(outbox.c.id)
    )


_DETAILS = _detailed()


def _outgoing(row: Row, now: datetime, lease: str, bases: Mapping[int, int]) -> Outgoing:
    free = row.queue == "reply" or allows_free_form(row.transport, row.channel, row.last_in_at, now)
    return Outgoing(
        id=row.id,
        lease=lease,
        message=with_current_facts(decode_value(row.message), row),
        queue=row.queue,
        kind=row.kind,
        secret=row.secret,
        attempts=row.attempts,
        created_at=row.created_at,
        due_at=row.due_at,
        conversation_id=row.conversation_id,
        address=row.address,
        language=row.language or row.shop_language or "",
        last_in_at=row.last_in_at,
        line_id=row.line_id,
        transport=row.transport,
        channel=row.channel,
        account=row.account,
        line_address=row.line_address,
        shop_id=row.shop_id,
        shop_name=row.shop_name or "",
        timezone=row.timezone or "UTC",
        country=row.country or "",
        booking_id=row.booking_id,
        prompt_id=row.prompt_id,
        provider_message_id=row.provider_message_id,
        provider_status=row.provider_status,
        number_offset=bases.get(row.prompt_id, 0),
        options=tuple(row.options or ()),
        decision=row.decision or "",
        layout=(row.prompt_args or {}).get("layout", ""),
        edit_target=row.edit_target,
        template="" if free else template_sid(row),
        message_overrides=row.message_overrides or {},
        is_first=row.noted and row.last_in_at is None and not row.written_to,
    )
