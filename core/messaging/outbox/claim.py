"""Claiming due rows: a batch in one statement, each row leased to the claimer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from core.db.context import Context
from core.db.rows import Rows
from core.db.tables import (
    conversations,
    outbox,
    prompts,
    sql_literal,
)
from core.messaging.messages import Json, Say, decode_value
from core.messaging.outbox import presend_checks
from core.messaging.outbox.acknowledge import IS_UNFINISHED, LEASE_DURATION, SENDER_VANISHED
from core.messaging.outbox.claimed_message import CLAIMED, ClaimedMessage
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
    kept: list[ClaimedMessage] = []
    while not kept:
        ids = sorted((await ctx.execute(claim, bound)).scalars())
        if not ids:
            return []
        moved: list[int] = []
        for row in await ctx.fetch(CLAIMED, {"ids": ids}):
            outcome = await presend_checks.recheck_before_send(ctx, row)
            if outcome == "send":
                kept.append(row)
            elif outcome == "moved":
                moved.append(row.id)
        if moved:
            # Leaves out rows whose new line is served by another process, where they are due.
            kept += await _taken_along(ctx, moved, line_ids, conversation_id)
    reminders = [
        row.booking_id
        for row in kept
        if row.queue == "reminder" and row.prompt_id and row.booking_id is not None
    ]
    if reminders:
        await close_earlier_prompts(ctx, reminders)
    bases = {
        row.prompt_id: row.number_offset
        for row in kept
        if row.prompt_id is not None and row.number_offset is not None
    }
    new = [row.prompt_id for row in kept if row.prompt_id and row.number_offset is None]
    bases |= await number_prompts(ctx, new)
    kept.sort(key=lambda row: (_QUEUES.index(row.queue), row.id))
    return [_outgoing(row, ctx.now, token, bases) for row in kept]


async def _taken_along(
    ctx: Context, ids: list[int], line_ids: Collection[int] | None, conversation_id: int | None
) -> list[ClaimedMessage]:
    """Return the rows that moved to other conversations and that this caller may send at once."""
    rows = await ctx.fetch(CLAIMED, {"ids": ids})
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


def _outgoing(row: ClaimedMessage, now: datetime, lease: str, bases: Mapping[int, int]) -> Outgoing:
    free = row.queue == "reply" or allows_free_form(row.transport, row.channel, row.last_in_at, now)
    return Outgoing(
        id=row.id,
        lease=lease,
        message=presend_checks.with_current_facts(decode_value(row.message), row),
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
        number_offset=0 if row.prompt_id is None else bases.get(row.prompt_id, 0),
        options=tuple(row.options or ()),
        decision=row.decision or "",
        layout=(row.prompt_args or {}).get("layout", ""),
        edit_target=row.edit_target,
        template="" if free else template_sid(row),
        message_overrides=row.message_overrides or {},
        is_first=row.noted and row.last_in_at is None and not row.written_to,
    )


# ------------------------------------------------------------------------- numbers of options


@dataclass(frozen=True, slots=True)
class _NumberedPrompt:
    """An open prompt, and the number before its first option once it was numbered."""

    id: int
    conversation_id: int
    number_offset: int | None
    options: Json
    closed_at: datetime | None
    expires_at: datetime | None


_PROMPT_IDS: sa.BindParameter[int] = sa.bindparam("ids", expanding=True)

# Locked, so that two deliveries with queues of one conversation number one after the other.
_OPEN_PROMPTS = Rows(
    _NumberedPrompt,
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
            sa.select(prompts.c.conversation_id).where(prompts.c.id.in_(_PROMPT_IDS))
        ),
        prompts.c.closed_at.is_(None) | prompts.c.id.in_(_PROMPT_IDS),
    )
    .order_by(prompts.c.id)
    .with_for_update(key_share=True),
)
_NUMBER = (
    sa.update(prompts)
    .where(prompts.c.id.in_(_PROMPT_IDS))
    .values(number_offset=sa.bindparam("number"))
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
    rows = await ctx.fetch(_OPEN_PROMPTS, {"ids": list(prompt_ids)})
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


def _expired(expires_at: datetime | None, ctx: Context) -> bool:
    return expires_at is not None and expires_at <= ctx.now


def _lowest_free(used: set[int], count: int) -> int:
    base = 0
    while overlap := used.intersection(range(base + 1, base + count + 1)):
        base = max(overlap)
    return base
