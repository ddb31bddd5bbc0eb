"""Time the shop reserves: blocks on a calendar, and sessions for several customers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from core.bookings import notifications
from core.bookings.booking import (
    Booking,
    list_bookings,
    load_booking_for_actor,
    require_staff,
    retry_on_conflict,
    update_booking,
)
from core.bookings.claims import (
    CalendarClaim,
    insert_claims,
    lock_calendars,
    overlapping_claims,
    release_time,
    split_span,
)
from core.bookings.reminders.schedule import cancel_reminders
from core.bookings.transitions import LIVE_STATES, SYSTEM, Actor, allowed_transition
from core.catalog.entities import Slot
from core.catalog.loader import load_catalog
from core.db.context import Context
from core.db.pagination import Page, PageRequest, paginate
from core.db.rows import Rows
from core.db.tables import blocks, bookings, calendars, claims, providers, sessions
from core.errors import InvalidValue, NotFound, Overlap
from core.values.change import check_value
from core.values.field_types import Capacity, DurationMinutes, LongText, MinorUnits

MAX_BLOCK = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class ListedBlock:
    """A block with its whole span; on a room's calendar without a provider."""

    id: int
    calendar_id: int
    provider_id: int | None
    starts_at: datetime
    ends_at: datetime
    reason: str
    created_by: str


@dataclass(frozen=True, slots=True)
class ListedSession:
    """A session and how many of its seats are taken."""

    id: int
    service_id: int
    provider_id: int
    starts_at: datetime
    ends_at: datetime
    capacity: int
    price_minor: int | None
    cancelled_at: datetime | None
    taken: int


@dataclass(frozen=True, slots=True)
class _ToCancel:
    """A session that stands, and the calendar its seats are locked by."""

    id: int
    calendar_id: int


_STANDING = Rows(
    _ToCancel,
    sa.select(sessions.c.id, providers.c.calendar_id)
    .join(providers, providers.c.id == sessions.c.provider_id)
    .where(sessions.c.cancelled_at.is_(None)),
)


# ------------------------------------------------------------------------------------ blocks


async def block_time(
    ctx: Context,
    *,
    shop_id: int,
    calendar_id: int,
    start: datetime,
    end: datetime,
    actor: Actor,
    reason: str = "",
) -> int:
    """Block [start, end) on a provider's or a room's calendar and return the block's id.

    Raise Overlap with what is there: `bookings` (by start), `sessions` and `blocks` (ids), and
    `elsewhere` (how many claims of other shops the same person works at). Raise InvalidValue if the
    span is empty or longer than 400 days.
    """
    reason = check_value(LongText, "reason", reason)
    if not timedelta() < end - start <= MAX_BLOCK:
        raise InvalidValue(field="end", reason="order" if end <= start else "length")
    await require_staff(ctx, shop_id, actor)
    theirs = sa.select(providers.c.calendar_id).where(providers.c.shop_id == shop_id)
    if not await ctx.scalar(
        sa.select(calendars.c.id).where(
            calendars.c.id == calendar_id,
            sa.or_(calendars.c.shop_id == shop_id, calendars.c.id.in_(theirs)),
        )
    ):
        raise NotFound(calendar=calendar_id)
    await ctx.lock_rows(calendars, [calendar_id])
    await _nothing_there(ctx, shop_id, await overlapping_claims(ctx, calendar_id, start, end))
    made = await ctx.insert(
        blocks,
        shop_id=shop_id,
        calendar_id=calendar_id,
        reason=reason,
        created_by=str(actor),
        created_at=ctx.now,
    )
    rows = [
        {
            "shop_id": shop_id,
            "calendar_id": calendar_id,
            "busy_from": since,
            "busy_until": until,
            "block_id": made,
        }
        for since, until in split_span(start, end)
    ]
    if not await insert_claims(ctx, rows):
        await ctx.execute(blocks.delete().where(blocks.c.id == made))
        raise Overlap
    return made


async def remove_block(ctx: Context, block_id: int, *, shop_id: int, actor: Actor) -> None:
    """Remove a block and free its time."""
    await require_staff(ctx, shop_id, actor)
    this = sa.and_(blocks.c.id == block_id, blocks.c.shop_id == shop_id)
    if await ctx.scalar(sa.select(blocks.c.id).where(this)) is None:
        raise NotFound(block=block_id)
    await ctx.execute(claims.delete().where(claims.c.block_id == block_id))
    await ctx.execute(blocks.delete().where(this))


async def _nothing_there(ctx: Context, shop_id: int, rows: Sequence[CalendarClaim]) -> None:
    """Raise Overlap if these claims are not empty, listing what they belong to.

    Claims of other shops are only counted, since their details are private.
    """
    if not rows:
        return
    own = [row for row in rows if row.shop_id == shop_id]
    ids = {row.booking_id for row in own if row.booking_id is not None}
    raise Overlap(
        bookings=await list_bookings(ctx, bookings.c.id.in_(ids)) if ids else [],
        sessions=sorted({row.session_id for row in own if row.session_id is not None}),
        blocks=sorted({row.block_id for row in own if row.block_id is not None}),
        elsewhere=len(rows) - len(own),
    )


# ------------------------------------------------------------------------------------ sessions


async def add_session(
    ctx: Context,
    *,
    shop_id: int,
    service_id: int,
    provider_id: int,
    starts_at: datetime,
    capacity: int,
    actor: Actor,
    minutes: int | None = None,
    price_minor: int | None = None,
) -> int:
    """Add a session of `capacity` seats on a provider's calendar and return its id.

    It claims the calendar and each room, with the service's buffers, regardless of opening hours.
    `minutes` and `price_minor` default to the offering's. Raise Overlap as `block_time` does, and
    InvalidValue for a service that is not given in sessions.
    """
    check_value(Capacity, "capacity", capacity)
    check_value(MinorUnits | None, "price_minor", price_minor)
    await require_staff(ctx, shop_id, actor)
    offering = (await load_catalog(ctx, shop_id)).offering(service_id, provider_id)
    if not offering.service.sessions:
        raise InvalidValue(field="service_id", reason="sessions")
    length = check_value(DurationMinutes, "minutes", minutes or offering.minutes)
    ends_at = starts_at + timedelta(minutes=length)
    slot = Slot(shop_id, service_id, provider_id, starts_at, ends_at, price_minor, "")
    known, taken = await lock_calendars(ctx, slot)
    rules = known.offering(service_id, provider_id).rules
    gaps = rules.gap_before_minutes, rules.gap_after_minutes
    for calendar in taken:
        there = await overlapping_claims(ctx, calendar, starts_at, ends_at, gaps=gaps)
        await _nothing_there(ctx, shop_id, there)
    made = await ctx.insert(
        sessions,
        shop_id=shop_id,
        service_id=service_id,
        provider_id=provider_id,
        starts_at=starts_at,
        ends_at=ends_at,
        capacity=capacity,
        price_minor=price_minor,
    )
    rows = [
        {
            "shop_id": shop_id,
            "calendar_id": calendar,
            "busy_from": starts_at,
            "busy_until": ends_at,
            "gap_before": gaps[0],
            "gap_after": gaps[1],
            "session_id": made,
        }
        for calendar in taken
    ]
    if not await insert_claims(ctx, rows):
        await ctx.execute(sessions.delete().where(sessions.c.id == made))
        raise Overlap
    return made


async def cancel_session(
    ctx: Context, session_id: int, *, shop_id: int, actor: Actor, reason: str = ""
) -> int:
    """Cancel a session and the bookings of its seats, notify their customers, and return how many.

    The calendar is locked first, so that nobody can take a seat meanwhile.
    """
    reason = check_value(LongText, "reason", reason)
    await require_staff(ctx, shop_id, actor)
    row = await ctx.fetch_first(
        _STANDING.where(sessions.c.id == session_id, sessions.c.shop_id == shop_id)
    )
    if row is None:
        raise NotFound(session=session_id)
    await ctx.lock_rows(calendars, [row.calendar_id])
    this = sessions.update().where(sessions.c.id == session_id)
    await ctx.execute(this.values(cancelled_at=ctx.now))
    seated = await list_bookings(
        ctx, bookings.c.session_id == session_id, bookings.c.state.in_(LIVE_STATES)
    )
    gone = [await _cancel_seat(ctx, one.id, reason, actor) for one in seated]
    await ctx.execute(claims.delete().where(claims.c.session_id == session_id))
    return sum(one.state == "cancelled" for one in gone)


@retry_on_conflict
async def _cancel_seat(ctx: Context, booking_id: int, reason: str, actor: Actor) -> Booking:
    """Cancel a seat's booking, or release its hold; leave one that is already over."""
    old = await load_booking_for_actor(ctx, booking_id, SYSTEM)
    if not old.takes_time:
        return old
    action, by = ("release", SYSTEM) if old.state == "held" else ("cancel", actor)
    to = allowed_transition(old.state, action, by).to_state
    gone = await update_booking(ctx, old, action, by, to=to, reason=reason)
    await release_time(ctx, [old])
    if action == "cancel":
        await cancel_reminders(ctx, gone, "cancelled")
        await notifications.notify_customer(ctx, gone, "cancelled", reason=reason)
    return gone


_SHOP = sa.bindparam("shop_id", type_=blocks.c.shop_id.type)
_SPANS = (
    sa.select(
        claims.c.block_id,
        sa.type_coerce(sa.func.min(claims.c.busy_from), claims.c.busy_from.type).label("starts_at"),
        sa.type_coerce(sa.func.max(claims.c.busy_until), claims.c.busy_until.type).label("ends_at"),
    )
    .where(claims.c.shop_id == _SHOP, claims.c.block_id.is_not(None))
    .group_by(claims.c.block_id)
    .subquery()
)
_BLOCKS = Rows(
    ListedBlock,
    sa.select(
        blocks.c.id,
        blocks.c.calendar_id,
        providers.c.id.label("provider_id"),
        _SPANS.c.starts_at,
        _SPANS.c.ends_at,
        blocks.c.reason,
        blocks.c.created_by,
    )
    .join_from(blocks, _SPANS, _SPANS.c.block_id == blocks.c.id)
    .outerjoin(
        providers,
        sa.and_(providers.c.calendar_id == blocks.c.calendar_id, providers.c.shop_id == _SHOP),
    )
    .where(blocks.c.shop_id == _SHOP),
)
_TAKEN = (
    sa.select(sa.func.count())
    .where(bookings.c.session_id == sessions.c.id, bookings.c.state.in_(LIVE_STATES))
    .correlate(sessions)
    .scalar_subquery()
)
_SESSIONS = Rows(
    ListedSession,
    sa.select(
        sessions.c.id,
        sessions.c.service_id,
        sessions.c.provider_id,
        sessions.c.starts_at,
        sessions.c.ends_at,
        sessions.c.capacity,
        sessions.c.price_minor,
        sessions.c.cancelled_at,
        _TAKEN.label("taken"),
    ),
)


async def list_blocks(
    ctx: Context,
    shop_id: int,
    asked: PageRequest,
    *,
    provider_ids: Collection[int] | None = None,
    block_id: int | None = None,
) -> Page[ListedBlock]:
    """Return a shop's blocks that are not over; `provider_ids` and `block_id` narrow the list."""
    rows = _BLOCKS.refine(lambda select: select.params(shop_id=shop_id))
    if block_id is not None:
        rows = rows.where(blocks.c.id == block_id)
    else:
        rows = rows.where(_SPANS.c.ends_at > ctx.now)
    if provider_ids is not None:
        rows = rows.where(providers.c.id.in_(provider_ids))
    return await paginate(ctx, rows, [blocks.c.id], asked)


async def list_sessions(
    ctx: Context,
    shop_id: int,
    asked: PageRequest,
    *,
    start: datetime | None = None,
    session_id: int | None = None,
) -> Page[ListedSession]:
    """Return the sessions from `start` on, or one of them, each with its number of taken seats."""
    rows = _SESSIONS.where(sessions.c.shop_id == shop_id)
    if session_id is not None:
        rows = rows.where(sessions.c.id == session_id)
    if start is not None:
        rows = rows.where(sessions.c.ends_at > start)
    return await paginate(ctx, rows, [sessions.c.starts_at, sessions.c.id], asked)
