"""Claiming and releasing time: locks, expired holds, the re-check, claims and seats.

Time is claimed in this order: `lock_calendars`, `recheck_offering`, `claim_time`. The lock order is
everywhere: conversation, user, calendars by id, shop. Releasing needs no lock, since a row's
`sequence` says who was first. The re-check ignores overdue holds, but the database's guards do not
know the time: when a guard refuses a claim, overdue holds are expired under the lock and the claim
is tried once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.bookings.booking import BookingState, event_row, log_events
from core.bookings.conflicts import BOOKING_STUBS, IS_HELD
from core.bookings.transitions import SYSTEM, Actor
from core.catalog.entities import Catalog, Offering, Slot
from core.catalog.loader import cached_catalog, load_catalog
from core.db.context import Context
from core.db.rows import Rows
from core.db.tables import bookings, calendars, claims, seats, sessions
from core.db.tables.overlap_guards import OVERLAP_GUARD
from core.errors import OfferChanged, SlotTaken
from core.messaging.messages import Money
from core.scheduling import availability
from core.scheduling.asker import NOBODY, Asker
from core.scheduling.slot_finder import calendars_of
from core.values.change import check_value
from core.values.field_types import ElapsedMinutes

MAX_GAP = timedelta(minutes=240)
"""The longest buffer the database accepts."""

_PIECE = timedelta(hours=24)
"""The longest claim of a block: the guards look back no further than 26 hours."""

One = TypeVar("One", bound=BookingState)

CalendarIds = tuple[int, ...]
"""The ids of the calendars a slot claims: the provider's, then the rooms'."""


@dataclass(frozen=True, slots=True)
class CalendarClaim:
    """A claim on a calendar, of a booking, a session or a block; buffers in minutes."""

    id: int
    shop_id: int
    booking_id: int | None
    session_id: int | None
    block_id: int | None
    busy_from: datetime
    busy_until: datetime
    gap_before: int
    gap_after: int


# ------------------------------------------------------------------------------------ before


async def lock_calendars(
    ctx: Context, slot: Slot, *, current_slot: Slot | None = None, shop: bool = False
) -> tuple[Catalog, CalendarIds]:
    """Lock the calendars of a slot, and of `current_slot` if given, in order of their ids.

    Return the catalog as read under the locks and the slot's calendars. `shop` also locks the
    shop's row afterwards, for limits counted per shop. Raise NotFound for an unknown offering and
    InvalidValue for an impossible length.
    """
    check_value(ElapsedMinutes, "minutes", slot.minutes)
    known = cached_catalog(ctx, slot.shop_id)
    if known is None:
        known = await load_catalog(ctx, slot.shop_id)
    locked: set[int] = set()
    while True:
        taken = calendars_of(known, slot.service_id, slot.provider_id)
        wanted = {*taken}
        if current_slot is not None:
            wanted |= {*calendars_of(known, current_slot.service_id, current_slot.provider_id)}
        if wanted <= locked:
            return known, taken
        # The cached catalog may be stale: rooms added since are locked in a second round.
        await ctx.lock_rows(calendars, wanted - locked)
        locked |= wanted
        known = await load_catalog(ctx, slot.shop_id, lock=shop)


@dataclass(frozen=True, slots=True)
class SessionTerms:
    """A session's own price (None: its offering's) and its end."""

    price_minor: int | None
    ends_at: datetime


_SESSION_TERMS = Rows(
    SessionTerms,
    sa.select(sessions.c.price_minor, sessions.c.ends_at).where(
        sessions.c.id == sa.bindparam("session_id")
    ),
)


async def load_session_terms(ctx: Context, session_id: int) -> SessionTerms:
    """Return the price and end of a session that is there."""
    (found,) = await ctx.fetch(_SESSION_TERMS, {"session_id": session_id})
    return found


async def recheck_offering(
    ctx: Context,
    known: Catalog,
    slot: Slot,
    *,
    asker: Asker = NOBODY,
    staff: bool = False,
) -> Offering:
    """Return the offering, or raise unless the slot is on offer now at its price and end.

    Raise the errors of `availability.ensure_available`, and OfferChanged (`was`, `now`: Money) for
    another price.
    """
    await availability.ensure_available(ctx, known, slot, asker=asker, staff=staff)
    offering = known.offering(slot.service_id, slot.provider_id)
    price = offering.price_minor
    if slot.session_id is not None:
        row = await load_session_terms(ctx, slot.session_id)
        if row.ends_at != slot.ends_at:
            now = (row.ends_at - slot.starts_at) // timedelta(minutes=1)
            raise OfferChanged(was=slot.minutes, now=now)
        price = price if row.price_minor is None else row.price_minor
    if price != slot.price_minor:
        raise OfferChanged(was=_money(slot, slot.price_minor), now=_money(slot, price))
    return offering


def _money(slot: Slot, minor: int | None) -> Money | None:
    return None if minor is None else Money(minor, slot.currency)


# ------------------------------------------------------------------------------------ writing


async def claim_time(
    ctx: Context,
    booking_id: int,
    slot: Slot,
    known: Catalog,
    calendar_ids: CalendarIds,
    *,
    held_until: datetime | None = None,
    overbooked: bool = False,
) -> None:
    """Claim the slot's time for a booking: a claim on each calendar, or the lowest free seat.

    Raise SlotTaken, claiming nothing, if the database refuses. Under the locks and after the
    re-check, only a writer that ignored both can cause that.
    """
    if slot.session_id is not None:
        done = await _take_seat(ctx, booking_id, slot, overbooked=overbooked)
    else:
        rules = known.offering(slot.service_id, slot.provider_id).rules
        claim = {
            "shop_id": slot.shop_id,
            "booking_id": booking_id,
            "busy_from": slot.starts_at,
            "busy_until": slot.ends_at,
            "gap_before": rules.gap_before_minutes,
            "gap_after": rules.gap_after_minutes,
            "held_until": held_until,
            "overbooked": overbooked,
        }
        done = await insert_claims(
            ctx, [{**claim, "calendar_id": calendar} for calendar in calendar_ids]
        )
    if not done:
        instead = await availability.nearest_slots(ctx, known, slot, asker=Asker(booking_id))
        raise SlotTaken(alternatives=instead, reason="taken")


def split_span(start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Split a time span into pieces no longer than one claim may be."""
    count = -((start - end) // _PIECE)
    return [
        (begins, min(begins + _PIECE, end)) for begins in (start + n * _PIECE for n in range(count))
    ]


async def insert_claims(ctx: Context, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Insert claims of one owner, all or none; return whether the guards accepted them."""
    if not rows:
        return True
    if await _insert(ctx, rows):
        return True
    return await expire_overdue_holds(ctx, [row["calendar_id"] for row in rows]) and await _insert(
        ctx, rows
    )


_INSERT = {
    dialect is postgresql: dialect.insert(claims).on_conflict_do_nothing().returning(claims.c.id)
    for dialect in (postgresql, sqlite)
}


async def _insert(ctx: Context, rows: Sequence[Mapping[str, Any]]) -> bool:
    # No savepoint is needed: PostgreSQL skips what its constraint refuses, and a failed SQLite
    # trigger undoes only the statement.
    try:
        made = (await ctx.execute(_INSERT[ctx.is_postgresql], rows)).scalars().all()
    except sa.exc.IntegrityError as refused:
        if OVERLAP_GUARD not in str(refused.orig):
            raise
        return False
    if len(made) == len(rows):
        return True
    if made:
        await ctx.execute(claims.delete().where(claims.c.id.in_(made)))
    return False


async def _take_seat(ctx: Context, booking_id: int, slot: Slot, *, overbooked: bool) -> bool:
    """Take the lowest free seat; take an overdue hold's only if there is no other."""
    statement = (
        sa.select(sessions.c.capacity, seats.c.seat)
        .outerjoin(seats, seats.c.session_id == sessions.c.id)
        .where(sessions.c.id == slot.session_id)
    )
    while True:
        rows = await ctx.all(statement)
        there = {row.seat for row in rows}
        lowest = next(seat for seat in range(1, len(there) + 2) if seat not in there)
        if lowest > rows[0].capacity and not overbooked:
            if await expire_overdue_holds(ctx, session_id=slot.session_id):
                continue
            return False
        seat = {"shop_id": slot.shop_id, "session_id": slot.session_id, "booking_id": booking_id}
        # A conflict is possible only with a writer that did not lock: try the next seat.
        if (
            await ctx.execute(ctx.insert_ignoring_conflicts(seats, {**seat, "seat": lowest}))
        ).rowcount:
            return True


async def expire_overdue_holds(
    ctx: Context, calendar_ids: Sequence[int] = (), *, session_id: int | None = None
) -> bool:
    """Expire the overdue holds on these calendars or in a session; return whether there were any.

    This includes overdue proposals.
    """
    theirs = sa.exists().where(
        claims.c.booking_id == bookings.c.id, claims.c.calendar_id.in_(calendar_ids)
    )
    due = await ctx.fetch(
        BOOKING_STUBS.where(
            IS_HELD,
            bookings.c.held_until <= ctx.now,
            theirs if session_id is None else bookings.c.session_id == session_id,
        )
    )
    ended = bool(await expire_bookings(ctx, due, "expire"))
    if session_id is None:
        over = claims.c.calendar_id.in_(calendar_ids), claims.c.held_until <= ctx.now
        ended |= bool((await ctx.execute(claims.delete().where(*over))).rowcount)
    return ended


async def release_time(ctx: Context, those: Sequence[BookingState]) -> None:
    """Release the claims and seats of bookings."""
    timed = [one.id for one in those if one.session_id is None]
    seated = [one.id for one in those if one.session_id is not None]
    if timed:
        await ctx.execute(claims.delete().where(claims.c.booking_id.in_(timed)))
    if seated:
        await ctx.execute(seats.delete().where(seats.c.booking_id.in_(seated)))


async def release_holds_in_way(
    ctx: Context,
    slot: Slot,
    known: Catalog,
    calendar_ids: CalendarIds,
    conversation_id: int | None,
    actor: Actor,
) -> None:
    """Release what a conversation holds where it now takes `slot`; its other holds stay."""
    if conversation_id is None:
        return
    held = bookings.c.conversation_id == conversation_id, IS_HELD
    own = await ctx.fetch(BOOKING_STUBS.where(*held))
    if not own:
        return
    rules = known.offering(slot.service_id, slot.provider_id).rules
    gaps = rules.gap_before_minutes, rules.gap_after_minutes
    there = {
        row.booking_id
        for calendar in calendar_ids
        for row in await overlapping_claims(ctx, calendar, slot.starts_at, slot.ends_at, gaps=gaps)
    }
    seat = slot.session_id
    mine = [row for row in own if row.id in there or (seat and row.session_id == seat)]
    await expire_bookings(ctx, mine, "release", actor)


async def expire_bookings(
    ctx: Context, those: Iterable[One], action: str, actor: Actor = SYSTEM
) -> list[One]:
    """Expire holds or requests; return those that were still there to expire."""
    rows = list({row.id: row for row in those}.values())
    if not rows:
        return []
    done = await ctx.execute(
        bookings.update()
        .where(
            sa.tuple_(bookings.c.id, bookings.c.sequence).in_([(r.id, r.sequence) for r in rows])
        )
        .values(state="expired", sequence=bookings.c.sequence + 1, updated_at=ctx.now)
        .returning(bookings.c.id)
    )
    ended = set(done.scalars())
    rows = [row for row in rows if row.id in ended]
    if rows:
        await release_time(ctx, rows)
        await log_events(ctx, [event_row(ctx, row, action, actor, to="expired") for row in rows])
    return rows


# ------------------------------------------------------------------------------------ others'


_CLAIMS = Rows(
    CalendarClaim,
    sa.select(*(claims.c[one.name] for one in fields(CalendarClaim))).order_by(
        claims.c.busy_from, claims.c.id
    ),
)


async def overlapping_claims(
    ctx: Context,
    calendar_id: int,
    start: datetime,
    end: datetime,
    *,
    gaps: tuple[int, int] | None = None,
) -> list[CalendarClaim]:
    """Return live claims that overlap [start, end) on a calendar, by start.

    `gaps` are buffers in minutes before and after: claims closer than the larger of both sides'
    buffers are included. Without `gaps`, buffers are ignored.
    """
    reach = timedelta() if gaps is None else MAX_GAP
    rows = await ctx.fetch(
        _CLAIMS.where(
            claims.c.calendar_id == calendar_id,
            claims.c.busy_from < end + reach,
            claims.c.busy_until > start - reach,
            sa.or_(claims.c.held_until.is_(None), claims.c.held_until > ctx.now),
        )
    )
    if gaps is None:
        return rows
    before, after = gaps
    return [
        row
        for row in rows
        if row.busy_until + timedelta(minutes=max(before, row.gap_after)) > start
        and row.busy_from - timedelta(minutes=max(after, row.gap_before)) < end
    ]
