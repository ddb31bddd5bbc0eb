"""Statistics of conversations: how many began, led to a booking, or were abandoned, and where.

Here a conversation is what one person wrote until a day's silence, as `bot.engine` counts, too. It
counts on the date it began, with what happened by the end of the period. Staff are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import (
    bookings,
    conversations,
    epoch_seconds,
    identities,
    inbox,
    lines,
    member_chats,
    members,
    outbox,
    prompts,
)
from core.reporting.counters import UNMADE_STATES
from core.reporting.filters import ReportFilter

SILENCE_ENDS_CONVERSATION = timedelta(hours=24)
"""The silence after which a message begins another conversation."""

_S = int(SILENCE_ENDS_CONVERSATION.total_seconds())


@dataclass(frozen=True, slots=True)
class AbandonedStep:
    """How many conversations ended at a question; "" if nothing had been asked."""

    step: str
    conversations: int


@dataclass(frozen=True, slots=True)
class ConversationStats:
    """What became of the conversations that began in a period.

    `turns` and `segments` (of our replies) are of the conversations that were `booked`, with
    `bookings` in total.
    """

    started: int
    booked: int
    bookings: int
    turns: int
    segments: int
    abandoned: list[AbandonedStep]

    @property
    def turns_per_booking(self) -> float | None:
        """Return incoming messages per booking, or None without bookings."""
        return round(self.turns / self.bookings, 2) if self.bookings else None

    @property
    def segments_per_booking(self) -> float | None:
        """Return the segments of our replies per booking, or None without bookings."""
        return round(self.segments / self.bookings, 2) if self.bookings else None


async def conversation_stats(ctx: Context, scope: ReportFilter) -> ConversationStats | None:
    """Return the statistics of a scope in one statement; None for some providers or a service.

    Somebody who only asked has chosen neither yet. Deleted data (`core.privacy.retention`) is
    missing.
    """
    if scope.provider_ids is not None or scope.service_id is not None:
        return None
    begun = _once(_talks(scope), "begun")
    one = _once(sa.select(begun, _made(scope, begun).label("bookings")), "one")
    well = one.c.bookings > 0
    each = _once(
        sa.select(
            one.c.turns,
            one.c.bookings,
            # Only where they are counted, since these read every message of the conversation.
            sa.case((well, _said(one)), else_=0).label("segments"),
            sa.case((well, ""), else_=sa.func.coalesce(_asked(one), "")).label("step"),
        ),
        "each_one",
    )
    booked = each.c.bookings > 0
    rows = await ctx.all(
        sa.select(
            booked,
            each.c.step,
            sa.func.count(),
            sa.func.sum(each.c.bookings),
            sa.func.sum(each.c.turns),
            sa.func.sum(each.c.segments),
        ).group_by(booked, each.c.step)
    )
    booked_ones = made_there = turns = segments = started = 0
    left: dict[str, int] = {}
    for ended_well, step, number, *sums in map(tuple, rows):
        started += number
        if ended_well:
            booked_ones = number
            made_there, turns, segments = map(int, sums)
        else:
            name = _question(step)
            left[name] = left.get(name, 0) + number
    ranked = sorted(left.items(), key=lambda pair: (-pair[1], pair[0]))
    steps = [AbandonedStep(step, number) for step, number in ranked]
    return ConversationStats(started, booked_ones, made_there, turns, segments, steps)


def _question(step: str) -> str:
    """Return the question of a step: "2/hit1/what" is "what", "1/when/3" is "when"."""
    names = [name.rstrip("0123456789") for name in step.split("/")]
    return next(filter(None, reversed(names)), "")


def _once(rows: sa.Select[Any], name: str) -> sa.CTE:
    """Return a CTE whose columns PostgreSQL computes once, not wherever they are used."""
    return rows.cte(name).prefix_with("MATERIALIZED", dialect="postgresql")


def _talks(scope: ReportFilter) -> sa.Select[tuple[int, datetime, datetime, int]]:
    """Return each conversation begun in the period: id, first and last message, number of them."""
    start_s, end_s = scope.epoch_bounds
    start, end = datetime.fromtimestamp(start_s, UTC), datetime.fromtimestamp(end_s, UTC)
    at = inbox.c.received_at
    of_one = {"partition_by": inbox.c.conversation_id, "order_by": (at, inbox.c.id)}
    before = sa.func.lag(epoch_seconds(at)).over(**of_one)  # type: ignore[arg-type]
    staff: sa.ColumnElement[bool] = (
        sa.exists()
        .where(members.c.user_id == identities.c.user_id, members.c.shop_id == scope.shop_id)
        .correlate(identities)
    )
    staff |= (
        sa.exists()
        .where(
            member_chats.c.identity_id == identities.c.id,
            member_chats.c.shop_id == scope.shop_id,
            member_chats.c.ended_at.is_(None),
        )
        .correlate(identities)
    )
    where = [
        sa.func.coalesce(lines.c.shop_id, conversations.c.shop_id) == scope.shop_id,
        lines.c.staff.is_(False),
        ~staff,
        # A message of the day before tells a continued conversation from a new one.
        at >= start - SILENCE_ENDS_CONVERSATION,
        at < end,
        inbox.c.done_at
        >= start - SILENCE_ENDS_CONVERSATION,  # implied, but this column has an index
    ]
    if scope.channel:
        where.append(lines.c.channel == scope.channel)
    heard = (
        sa.select(inbox.c.conversation_id, inbox.c.id, at, before.label("before"))
        .join_from(inbox, conversations, conversations.c.id == inbox.c.conversation_id)
        .join(lines, lines.c.id == conversations.c.line_id)
        .outerjoin(identities, identities.c.id == conversations.c.identity_id)
        .where(*where)
        .subquery()
    )
    first = heard.c.before.is_(None) | (epoch_seconds(heard.c.received_at) - heard.c.before >= _S)
    numbered = sa.select(
        heard,
        sa.func.sum(sa.case((first, 1), else_=0))
        .over(
            partition_by=heard.c.conversation_id,
            order_by=(heard.c.received_at, heard.c.id),
            rows=(None, 0),
        )
        .label("number"),
    ).subquery()
    n = numbered.c
    begins, ends = sa.func.min(n.received_at), sa.func.max(n.received_at)
    return (
        sa.select(
            n.conversation_id,
            begins.label("begins"),
            ends.label("ends"),
            sa.func.count().label("turns"),
        )
        .group_by(n.conversation_id, n.number)
        .having(begins >= start)
    )


def _during(at: sa.ColumnElement[datetime], one: sa.CTE) -> sa.ColumnElement[bool]:
    return (at >= one.c.begins) & (epoch_seconds(at) < epoch_seconds(one.c.ends) + _S)


def _made(scope: ReportFilter, one: sa.CTE) -> sa.ScalarSelect[int]:
    b = bookings.c
    return (
        sa.select(sa.func.count())
        .where(
            b.conversation_id == one.c.conversation_id,
            b.shop_id == scope.shop_id,
            b.state.not_in(UNMADE_STATES),
            _during(b.created_at, one),
        )
        .correlate(one)
        .scalar_subquery()
    )


def _said(one: sa.CTE) -> sa.ScalarSelect[int]:
    o = outbox.c
    return (
        sa.select(sa.func.coalesce(sa.func.sum(o.segments), 0))
        .where(
            o.conversation_id == one.c.conversation_id,
            o.queue == "reply",
            _during(o.created_at, one),
        )
        .correlate(one)
        .scalar_subquery()
    )


def _asked(one: sa.CTE) -> sa.ScalarSelect[str]:
    """Return the last question asked after the person's last message, even if closed since."""
    p = prompts.c
    return (
        sa.select(p.step)
        .where(
            p.conversation_id == one.c.conversation_id,
            p.decision == "",  # otherwise it was asked outside a flow
            p.created_at >= one.c.ends,
            _during(p.created_at, one),
        )
        .order_by(p.created_at.desc(), p.id.desc())  # avoids a scan of all ids, newest first
        .limit(1)
        .correlate(one)
        .scalar_subquery()
    )
