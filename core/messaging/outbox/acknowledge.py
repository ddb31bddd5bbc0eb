"""Recording the result of sending: in bulk, so that a burst keeps its pace."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from core.db.context import Context
from core.db.rows import Rows
from core.db.tables import outbox, prompts, sql_literal
from core.messaging.outbox.delivery_status import FAILED_STATUSES, STATUS_RANK, UNKNOWN_STATUS
from core.messaging.outbox.failure_alerts import (
    FAILED_MESSAGES,
    alert_unconfirmed,
    fall_back_or_alarm,
)
from core.messaging.outbox.redact import REDACTED_PROMPT_SAY, REDACTED_SAY
from core.values.waits import parse_wait


@dataclass(frozen=True, slots=True)
class SentMessage:
    """The provider's response to a message, and how it was sent."""

    row_id: int
    lease: str
    provider_message_id: str = ""
    provider_status: str = ""
    body: str = ""
    segments: int = 0
    sms_encoding: str = ""


@dataclass(frozen=True, slots=True)
class _Marked:
    """A row just marked as sent; `more` in its conversation and queue may be claimed now."""

    row_id: int
    prompt_id: int | None
    secret: bool
    more: bool


def _rank(status: Any) -> sa.ColumnElement[int]:
    places = [(sql_literal(one), sql_literal(place)) for one, place in STATUS_RANK.items()]
    return sa.case(*places, value=status, else_=sql_literal(0))


def _mark(done: Any) -> sa.Executable:
    """Return the UPDATE that marks a row; the columns of `done` are the fields of SentMessage."""
    behind = outbox.alias("behind")
    return (
        sa.update(outbox)
        .where(
            outbox.c.id == done.row_id,
            outbox.c.lease == done.lease,
            outbox.c.state.in_([sql_literal("sending"), sql_literal("due")]),
        )
        .values(
            # The provider's callback may have arrived before us, even with a failure.
            state=sa.case(
                (
                    outbox.c.provider_status.in_([sql_literal(one) for one in FAILED_STATUSES]),
                    sql_literal("failed"),
                ),
                else_=sql_literal("sent"),
            ),
            sent_at=sa.bindparam("now", type_=outbox.c.sent_at.type),
            lease=sql_literal(""),
            leased_until=sa.null(),
            provider_message_id=done.provider_message_id,
            provider_status=sa.case(
                (
                    _rank(outbox.c.provider_status) < _rank(done.provider_status),
                    done.provider_status,
                ),
                else_=outbox.c.provider_status,
            ),
            body=sa.case((outbox.c.secret, sql_literal("")), else_=done.body),
            segments=done.segments,
            sms_encoding=done.sms_encoding,
            message=REDACTED_SAY,
        )
        .returning(
            # Written out: in RETURNING, SQLAlchemy omits the table's name on SQLite.
            sa.literal_column("outbox.id").label("row_id"),
            sa.literal_column("outbox.prompt_id").label("prompt_id"),
            sa.literal_column("outbox.secret", outbox.c.secret.type).label("secret"),
            sa.exists()
            .where(
                sa.text("behind.state IN ('due', 'sending')"),  # the same condition as the index
                behind.c.conversation_id == sa.literal_column("outbox.conversation_id"),
                behind.c.queue == sa.literal_column("outbox.queue"),
                behind.c.id > sa.literal_column("outbox.id"),
            )
            .label("more"),
        )
    )


class _Bound:
    """The fields of a SentMessage as bound parameters."""

    row_id = sa.bindparam("row_id", type_=sa.BigInteger)
    lease = sa.bindparam("held", type_=sa.Text)
    provider_message_id = sa.bindparam("sid", type_=sa.Text)
    provider_status = sa.bindparam("status", type_=sa.Text)
    body = sa.bindparam("as_sent", type_=sa.Text)
    segments = sa.bindparam("parts", type_=sa.Integer)
    sms_encoding = sa.bindparam("priced_as", type_=sa.Text)


_MARK_ONE = Rows(_Marked, _mark(_Bound))

_SHOWN_ONE = (
    sa.update(prompts)
    .where(prompts.c.id == sa.bindparam("prompt"))
    .values(
        shown_at=sa.bindparam("now", type_=prompts.c.shown_at.type),
        message_id=sa.bindparam("sid", type_=sa.Text),
        message=sa.case(
            (sa.bindparam("wiped", type_=sa.Boolean), REDACTED_PROMPT_SAY), else_=prompts.c.message
        ),
    )
)


def _rows(**columns: sa.types.TypeEngine[Any]) -> Any:
    """Return rows passed as one parameter; otherwise PostgreSQL would prepare each length anew."""
    given = sa.cast(sa.bindparam("those", type_=sa.Text), JSONB)
    named = [sa.column(name, kind) for name, kind in columns.items()]
    rows = sa.func.jsonb_to_recordset(given).table_valued(*named, name="done")
    return rows.render_derived(with_types=True).c


_MARK_MANY = Rows(
    _Marked,
    _mark(
        _rows(
            row_id=sa.BigInteger(),
            lease=sa.Text(),
            provider_message_id=sa.Text(),
            provider_status=sa.Text(),
            body=sa.Text(),
            segments=sa.Integer(),
            sms_encoding=sa.Text(),
        )
    ),
)

_shown = _rows(prompt_id=sa.BigInteger(), provider_message_id=sa.Text(), secret=sa.Boolean())
_SHOWN_MANY = (
    sa.update(prompts)
    .where(prompts.c.id == _shown.prompt_id)
    .values(
        shown_at=sa.bindparam("now", type_=prompts.c.shown_at.type),
        message_id=_shown.provider_message_id,
        message=sa.case((_shown.secret, REDACTED_PROMPT_SAY), else_=prompts.c.message),
    )
)


async def mark_sent_batch(ctx: Context, messages: Sequence[SentMessage]) -> dict[int, bool]:
    """Mark messages as sent; return those that were ours and whether more is waiting.

    Secrets are wiped, and the prompt of a row becomes the one shown last. More is waiting if the
    conversation has unfinished rows of the same queue, which can be claimed after the commit. An
    expired lease still counts while nobody has claimed the row again: a late mark is better than
    sending twice. All are marked, or none on an error.
    """
    marked: list[_Marked] = []
    if ctx.is_postgresql and len(messages) > 1:
        given = {"those": json.dumps([_named(done) for done in messages]), "now": ctx.now}
        marked += await ctx.fetch(_MARK_MANY, given)
    else:
        for done in messages:
            given = {
                "row_id": done.row_id,
                "held": done.lease,
                "sid": done.provider_message_id,
                "status": done.provider_status,
                "as_sent": done.body,
                "parts": done.segments,
                "priced_as": done.sms_encoding,
                "now": ctx.now,
            }
            marked += await ctx.fetch(_MARK_ONE, given)
    names = {done.row_id: done.provider_message_id for done in messages}
    await _show(ctx, [(row.prompt_id, names[row.row_id], row.secret) for row in marked])
    unread = {done.row_id for done in messages if done.provider_status == UNKNOWN_STATUS}
    for row in marked:
        if row.row_id in unread:
            await alert_unconfirmed(ctx, row.row_id)
    return {row.row_id: bool(row.more) for row in marked}


def _named(done: SentMessage) -> dict[str, str | int]:
    # As `dataclasses.asdict`, but without its deep copies, which would cost for every message.
    return {name: getattr(done, name) for name in done.__slots__}


async def _show(ctx: Context, asked: Sequence[tuple[int | None, str, bool]]) -> None:
    """Mark these prompts (id, message id, whether secret) as the ones shown last."""
    shown = [one for one in asked if one[0] is not None]
    if ctx.is_postgresql and len(shown) > 1:
        rows = [
            {"prompt_id": prompt, "provider_message_id": name, "secret": secret}
            for prompt, name, secret in shown
        ]
        await ctx.execute(_SHOWN_MANY, {"those": json.dumps(rows), "now": ctx.now})
        return
    for prompt, name, secret in shown:
        await ctx.execute(
            _SHOWN_ONE, {"prompt": prompt, "sid": name, "wiped": secret, "now": ctx.now}
        )


MAX_ATTEMPTS = 8
"""Attempts before a message is given up."""

MAX_UNCERTAIN_ATTEMPTS = 10
"""Attempts if the provider may have accepted without confirming: they span over an hour."""

LEASE_DURATION = timedelta(seconds=60)
"""The lease of a claimed row; longer than any send may take."""

FIRST_RETRY_SECONDS, MAX_RETRY_SECONDS, RETRY_JITTER = 15.0, 3600.0, 0.2
"""Seconds before the second attempt, doubled each time up to an hour, ±20 %."""

SENDER_VANISHED = "the sender vanished"
"""The error of a row whose sender died, possibly because of it."""

IS_UNFINISHED = sa.text("outbox.state IN ('due', 'sending')")
"""Written out, not bound: a partial index serves only queries that visibly share its condition."""


async def start_attempt(
    ctx: Context, row_id: int, lease: str, *, until: timedelta = LEASE_DURATION
) -> bool:
    """Count an attempt and renew the lease; return False if the lease was lost."""
    done = await ctx.execute(
        sa.update(outbox)
        .where(outbox.c.id == row_id, outbox.c.lease == lease, outbox.c.state == "sending")
        .values(attempts=outbox.c.attempts + 1, leased_until=ctx.now + until)
    )
    return done.rowcount == 1


async def mark_sent(
    ctx: Context,
    row_id: int,
    lease: str,
    *,
    provider_message_id: str = "",
    provider_status: str = "",
    body: str = "",
    segments: int = 0,
) -> bool:
    """Mark a message as sent and wipe secrets; return False if the lease was lost.

    See `mark_sent_batch`.
    """
    done = SentMessage(row_id, lease, provider_message_id, provider_status, body, segments)
    return bool(await mark_sent_batch(ctx, [done]))


async def mark_failed(
    ctx: Context,
    row_id: int,
    lease: str,
    *,
    error: str,
    permanent: bool = False,
    retry_after: float | None = None,
    unreachable: bool = False,
    why: str = "",
    counts: bool = True,
    attempts: int = MAX_ATTEMPTS,
) -> str:
    """Record a failed attempt; return the row's new state, or "" if the lease was lost.

    "due" for a retry after a doubling delay, or after `retry_after` seconds if the provider gave
    them; "failed" if `permanent`; "dead" after `attempts` attempts, including this one if it
    `counts`: a provider's outage is not the message's fault. After a final failure the person's
    next conversation is tried (`core.messaging.outbox.routing`); without one the shop is alerted
    with the text `why`, if given. `unreachable` marks the conversation until the person writes
    again.
    """
    ours = FAILED_MESSAGES.where(
        outbox.c.id == row_id,
        outbox.c.lease == lease,
        outbox.c.state.in_(("sending", "due")),
    )
    row = await ctx.fetch_first(
        ours.refine(lambda select: select.with_for_update(of=outbox, key_share=True))
    )
    if row is None:
        return ""
    if permanent or (counts and row.attempts >= attempts):
        state = "failed" if permanent else "dead"
        await abandon_message(ctx, row, state, error)
        await fall_back_or_alarm(ctx, row, error, why=why, unreachable=unreachable)
        return state
    await ctx.execute(
        sa.update(outbox)
        .where(outbox.c.id == row_id)
        .values(
            state="due",
            lease="",
            leased_until=None,
            error=error,
            attempts=outbox.c.attempts if counts else outbox.c.attempts - 1,
            due_at=ctx.now + _wait(ctx, row.attempts, retry_after),
        )
    )
    return "due"


async def release_lease(ctx: Context, row_id: int, lease: str) -> None:
    """Return a row that was claimed but not tried, for lack of capacity."""
    await ctx.execute(
        sa.update(outbox)
        .where(outbox.c.id == row_id, outbox.c.lease == lease, outbox.c.state == "sending")
        .values(state="due", lease="", leased_until=None, attempts=outbox.c.attempts - 1)
    )


async def requeue_expired_leases(ctx: Context) -> int:
    """Make rows with expired leases due again; return how many.

    Those out of attempts become dead.
    """
    expired = sa.and_(IS_UNFINISHED, outbox.c.state == "sending", outbox.c.leased_until <= ctx.now)
    given_up = FAILED_MESSAGES.where(expired, outbox.c.attempts >= MAX_ATTEMPTS)
    for row in await ctx.fetch(given_up):
        await abandon_message(ctx, row, "dead", SENDER_VANISHED)
        await fall_back_or_alarm(ctx, row, SENDER_VANISHED)
    # The lease stays on the row: a sender that was merely slow may still mark it as sent.
    done = await ctx.execute(
        sa.update(outbox)
        .where(expired)
        .values(state="due", leased_until=None, error=SENDER_VANISHED)
    )
    return int(done.rowcount)


class AbandonedMessage(Protocol):
    """What ending a row unsent needs of it."""

    @property
    def id(self) -> int:
        """Return the row's id."""

    @property
    def prompt_id(self) -> int | None:
        """Return the prompt it shows, if any."""

    @property
    def secret(self) -> bool:
        """Return whether its content is wiped."""


async def abandon_message(ctx: Context, row: AbandonedMessage, state: str, error: str) -> None:
    """End a row unsent: wipe secrets and free the numbers of its prompt."""
    await ctx.execute(
        sa.update(outbox)
        .where(outbox.c.id == row.id)
        .values(
            state=state, error=error, lease="", leased_until=None, body="", message=REDACTED_SAY
        )
    )
    if row.prompt_id is not None:
        unshown = sa.update(prompts).where(
            prompts.c.id == row.prompt_id, prompts.c.shown_at.is_(None)
        )
        wiped = {"message": REDACTED_PROMPT_SAY} if row.secret else {}
        await ctx.execute(unshown.values(number_offset=None, **wiped))


def _wait(ctx: Context, attempts: int, retry_after: float | None) -> timedelta:
    if retry_after is not None:
        return timedelta(seconds=max(1, math.ceil(parse_wait(retry_after) or 1)))
    wait = (
        FIRST_RETRY_SECONDS
        * 2 ** max(0, attempts - 1)
        * ctx.random.uniform(1 - RETRY_JITTER, 1 + RETRY_JITTER)
    )
    return timedelta(seconds=round(min(wait, MAX_RETRY_SECONDS)))
