"""What is taken: the claims on calendars in a span, and the sessions with their free seats."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from core.db.context import Context
from core.db.rows import Rows
from core.db.tables import MAX_CLAIM_SECONDS, bookings, claims, epoch_seconds, seats, sessions
from core.localtime import ticks
from core.scheduling.asker import OWN_BOOKINGS, Asker

# Built once: composing a statement costs as much as running it.
_now = sa.bindparam("now", type_=claims.c.held_until.type)
_CLAIMS = (
    sa.select(
        claims.c.calendar_id,
        epoch_seconds(claims.c.busy_from),
        epoch_seconds(claims.c.busy_until),
        claims.c.gap_before,
        claims.c.gap_after,
        claims.c.block_id,
    )
    .where(
        claims.c.calendar_id.in_(sa.bindparam("calendars", expanding=True)),
        claims.c.busy_from < sa.bindparam("until"),
        # No claim is longer, so the index on (calendar_id, busy_from) gives one short range.
        claims.c.busy_from > sa.bindparam("look_back"),
        claims.c.busy_until > sa.bindparam("since"),
        sa.or_(claims.c.held_until.is_(None), claims.c.held_until > _now),
        sa.or_(claims.c.booking_id.is_(None), claims.c.booking_id.not_in(OWN_BOOKINGS)),
    )
    .order_by(claims.c.calendar_id, claims.c.busy_from)
)

_SEATS_TAKEN = (
    sa.select(sa.func.count())
    .select_from(seats.join(bookings, bookings.c.id == seats.c.booking_id))
    .where(
        seats.c.session_id == sessions.c.id,
        bookings.c.id.not_in(OWN_BOOKINGS),
        sa.or_(bookings.c.state != "held", bookings.c.held_until > _now),
    )
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that is not cancelled; times in epoch seconds, `seats_left` without the asker's."""

    id: int
    provider_id: int
    starts_s: int
    ends_s: int
    price_minor: int | None
    seats_left: int


_SESSIONS = Rows(
    OpenSession,
    sa.select(
        sessions.c.id,
        sessions.c.provider_id,
        epoch_seconds(sessions.c.starts_at).label("starts_s"),
        epoch_seconds(sessions.c.ends_at).label("ends_s"),
        sessions.c.price_minor,
        (sessions.c.capacity - _SEATS_TAKEN).label("seats_left"),
    )
    .where(
        sessions.c.shop_id == sa.bindparam("shop_id"),
        sessions.c.service_id == sa.bindparam("service_id"),
        sessions.c.starts_at >= sa.bindparam("since"),
        sessions.c.starts_at < sa.bindparam("until"),
        sessions.c.cancelled_at.is_(None),
    )
    .order_by(sessions.c.starts_at, sessions.c.id),
)


@dataclass(frozen=True, slots=True)
class Busy:
    """A calendar's claims in a span, and the starts of those that are bookings, both sorted."""

    claims: Sequence[ticks.BusyClaim] = ()
    begins: Sequence[int] = ()


NOTHING = Busy()
_CALENDAR = itemgetter(0)
_BUSY = itemgetter(1, 2, 3, 4)


async def read_claims(
    ctx: Context, asker: Asker, calendars: Iterable[int], since_s: int, until_s: int
) -> dict[int, Busy]:
    """Return the claims in a span of epoch seconds by calendar, without the asker's own."""
    result = await ctx.execute(
        _CLAIMS,
        {
            "calendars": sorted(calendars),
            "since": from_epoch(since_s),
            "look_back": from_epoch(since_s - MAX_CLAIM_SECONDS),
            "until": from_epoch(until_s),
            "now": ctx.now,
            **asker.statement_params(),
        },
    )
    busy: dict[int, Busy] = {}
    for calendar, group in groupby(result.all(), _CALENDAR):
        # Thousands of rows, which stay the tuples that `ticks` takes.
        rows: list[Any] = list(group)
        taken: list[ticks.BusyClaim] = list(map(_BUSY, rows))
        busy[calendar] = Busy(taken, [row[1] for row in rows if row[5] is None])
    return busy


async def read_sessions(
    ctx: Context, asker: Asker, shop_id: int, service_id: int, start_s: int, end_s: int
) -> list[OpenSession]:
    """Return the sessions of a service that start in [start_s, end_s), by time."""
    return await ctx.fetch(
        _SESSIONS,
        {
            "shop_id": shop_id,
            "service_id": service_id,
            "since": from_epoch(start_s),
            "until": from_epoch(end_s),
            "now": ctx.now,
            **asker.statement_params(),
        },
    )


def from_epoch(epoch_s: int) -> datetime:
    """Return the UTC instant of epoch seconds."""
    return datetime.fromtimestamp(epoch_s, UTC)
