"""Taking time and giving it back: locks, expired holds, the re-check, claims and seats.

Whoever takes time does it in this order: `secure` the calendars, `look` at the holds that bear on
it, `recheck` the offer, then write inside `refused_is_taken`. Locks go conversation, user,
calendars by id, shop – everywhere. Whoever only gives time back needs none: a row's `sequence` says
who was first.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

import sqlalchemy as sa

from core import availability
from core.availability import Slot, calendars_of
from core.catalog import catalog
from core.context import Context, Row
from core.errors import OfferChanged, SlotTaken
from core.messages import Money
from core.models import bookings, calendars, claims, seats, sessions, shops
from core.offers import Catalog, Offering
from core.records import Booking, event, log
from core.transitions import SYSTEM, Actor

LONGEST_GAP = timedelta(minutes=240)
"""The longest buffer the database lets anybody set."""

One = TypeVar("One", Row, Booking)

Calendars = tuple[int, ...]
"""The ids of the calendars a slot takes time on: the provider's, then the rooms'."""

UNPROVED = "conversation:"
"""How `made_by` begins while nobody has proved who they are."""


@dataclass(slots=True)
class Seen:
    """The holds that bear on time about to be taken.

    `made` is the booking already made under the key, `own` what the conversation holds, `due`
    whose minutes are over on these calendars, `unproved` how many others' count to the budget.
    """

    made: Row | None = None
    own: list[Row] = field(default_factory=list)
    due: list[Row] = field(default_factory=list)
    unproved: int = 0


# ------------------------------------------------------------------------------------ before


async def secure(
    ctx: Context, slot: Slot, *, old: Slot | None = None, shop: bool = False
) -> tuple[Catalog, Calendars]:
    """Lock the calendars of a slot (and of an `old` one, together, in order of their ids).

    Return the catalog as it stands under the locks, and the slot's calendars. `shop` locks the
    shop's row after them: for what is counted per shop. NotFound for a slot of what never was.
    """
    known: Catalog | None = ctx.cache.get(("catalog", slot.shop_id))
    if known is None:
        known = await catalog(ctx, slot.shop_id)
    locked: set[int] = set()
    while True:
        taken = calendars_of(known, slot.service_id, slot.provider_id)
        wanted = {*taken}
        if old is not None:
            wanted |= {*calendars_of(known, old.service_id, old.provider_id)}
        if wanted <= locked:
            break
        # What was known may be an hour old: a room added since is locked in a second round.
        await ctx.lock(calendars, wanted - locked)
        locked |= wanted
        known = await catalog(ctx, slot.shop_id)
    if shop:
        await ctx.lock(shops, [slot.shop_id])
    return known, taken


_COLUMNS = (
    bookings.c.id,
    bookings.c.shop_id,
    bookings.c.state,
    bookings.c.sequence,
    bookings.c.session_id,
    bookings.c.fingerprint,
)
_NOW = sa.bindparam("now", type_=bookings.c.held_until.type)
_HELD = bookings.c.state == "held"
_ON_THESE = sa.or_(
    bookings.c.session_id == sa.bindparam("session_id"),
    sa.exists().where(
        claims.c.booking_id == bookings.c.id,
        claims.c.calendar_id.in_(sa.bindparam("calendars", expanding=True)),
    ),
)
_DUE = sa.select(sa.literal("due").label("why"), *_COLUMNS).where(
    _HELD, bookings.c.held_until <= _NOW, _ON_THESE
)
_LOOK = sa.union_all(
    sa.select(sa.literal("made").label("why"), *_COLUMNS).where(
        bookings.c.idempotency_key == sa.bindparam("key")
    ),
    sa.select(sa.literal("own"), *_COLUMNS).where(
        bookings.c.conversation_id == sa.bindparam("conversation_id"), _HELD
    ),
    _DUE,
    sa.select(sa.literal("unproved"), *_COLUMNS).where(
        _HELD,
        bookings.c.held_until > _NOW,
        bookings.c.shop_id == sa.bindparam("shop_id"),
        bookings.c.made_by.startswith(UNPROVED),
    ),
)


async def look(
    ctx: Context,
    slot: Slot,
    taken: Calendars,
    *,
    key: str | None = None,
    conversation_id: int | None = None,
) -> Seen:
    """See, in one statement, which holds bear on taking this slot; ask under the locks."""
    rows = await ctx.execute(
        _LOOK,
        {
            "key": key,
            "conversation_id": conversation_id,
            "session_id": slot.session_id,
            "calendars": taken,
            "shop_id": slot.shop_id,
            "now": ctx.now,
        },
    )
    found = rows.all()
    seen = Seen(
        made=next((row for row in found if row.why == "made"), None),
        own=[row for row in found if row.why == "own"],
        due=[row for row in found if row.why == "due"],
    )
    mine = {row.id for row in seen.own}
    seen.unproved = sum(row.why == "unproved" and row.id not in mine for row in found)
    return seen


async def due_on(ctx: Context, calendar_ids: Iterable[int]) -> Sequence[Row]:
    """Return the holds on these calendars whose minutes are over."""
    asked = {"session_id": None, "calendars": list(calendar_ids), "now": ctx.now}
    return (await ctx.execute(_DUE, asked)).all()


async def recheck(
    ctx: Context,
    known: Catalog,
    slot: Slot,
    *,
    ignore: int | None = None,
    staff: bool = False,
) -> Offering:
    """Raise unless the slot is on offer right now, at the price it says.

    As `availability.check`, and OfferChanged (`was`, `now`: Money) for another price.
    """
    await availability.check(ctx, known, slot, ignore_booking=ignore, staff=staff)
    offering = known.offering(slot.service_id, slot.provider_id)
    price = offering.price_minor
    if slot.session_id is not None:
        own = sa.select(sessions.c.price_minor).where(sessions.c.id == slot.session_id)
        own_price = await ctx.scalar(own)
        price = price if own_price is None else own_price
    if price != slot.price_minor:
        raise OfferChanged(was=_money(slot, slot.price_minor), now=_money(slot, price))
    return offering


def _money(slot: Slot, minor: int | None) -> Money | None:
    return None if minor is None else Money(minor, slot.currency)


# ------------------------------------------------------------------------------------ writing


@asynccontextmanager
async def refused_is_taken(
    ctx: Context, known: Catalog, slot: Slot, *, ignore: int | None = None
) -> AsyncIterator[None]:
    """Run the block; should the database refuse the time, undo it all and raise SlotTaken.

    Under the locks, after the re-check, only a writer who kept to neither can bring that about.
    """
    try:
        async with ctx.overlaps_raise(SlotTaken):
            yield
    except SlotTaken:
        instead = await availability.nearest(ctx, known, slot, ignore_booking=ignore)
        raise SlotTaken(alternatives=instead, reason="taken") from None


async def take(
    ctx: Context,
    booking_id: int,
    slot: Slot,
    known: Catalog,
    taken: Calendars,
    *,
    held_until: datetime | None = None,
    squeezed: bool = False,
) -> None:
    """Take the slot's time for a booking: a claim on each calendar, or the lowest free seat."""
    if slot.session_id is not None:
        await _take_seat(ctx, booking_id, slot, squeezed=squeezed)
        return
    rules = known.offering(slot.service_id, slot.provider_id).rules
    claim = {
        "shop_id": slot.shop_id,
        "booking_id": booking_id,
        "busy_from": slot.starts_at,
        "busy_until": slot.ends_at,
        "gap_before": rules.gap_before_minutes,
        "gap_after": rules.gap_after_minutes,
        "held_until": held_until,
        "squeezed": squeezed,
    }
    await ctx.execute(claims.insert(), [{**claim, "calendar_id": calendar} for calendar in taken])


async def _take_seat(ctx: Context, booking_id: int, slot: Slot, *, squeezed: bool) -> None:
    statement = (
        sa.select(sessions.c.capacity, seats.c.seat)
        .outerjoin(seats, seats.c.session_id == sessions.c.id)
        .where(sessions.c.id == slot.session_id)
    )
    while True:
        rows = await ctx.all(statement)
        taken = {row.seat for row in rows}
        free = next(seat for seat in range(1, len(taken) + 2) if seat not in taken)
        if free > rows[0].capacity and not squeezed:
            raise SlotTaken(reason="full")
        seat = {"shop_id": slot.shop_id, "session_id": slot.session_id, "booking_id": booking_id}
        # The seat is refused only to writers without the lock: then the next one, if there is.
        if (await ctx.execute(ctx.insert_new(seats, {**seat, "seat": free}))).rowcount:
            return


async def free(ctx: Context, those: Sequence[Booking | Row]) -> None:
    """Give back the time of bookings: their claims, their seats."""
    timed = [one.id for one in those if one.session_id is None]
    seated = [one.id for one in those if one.session_id is not None]
    if timed:
        await ctx.execute(claims.delete().where(claims.c.booking_id.in_(timed)))
    if seated:
        await ctx.execute(seats.delete().where(seats.c.booking_id.in_(seated)))


async def end(ctx: Context, those: Iterable[One], action: str, actor: Actor = SYSTEM) -> list[One]:
    """Let holds (or requests) expire; return those that did, for some may be gone already."""
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
        await free(ctx, rows)
        await log(ctx, [event(ctx, row, action, actor, to="expired") for row in rows])
    return rows


# ------------------------------------------------------------------------------------ others'


async def in_the_way(
    ctx: Context,
    calendar_id: int,
    start: datetime,
    end: datetime,
    *,
    gaps: tuple[int, int] | None = None,
) -> list[Row]:
    """Return live claims that overlap [start, end) on a calendar, in order of time.

    With `gaps`, buffers in minutes before and after, also those nearer than the larger of theirs
    and these; without, buffers count for nothing.
    """
    reach = timedelta() if gaps is None else LONGEST_GAP
    rows = await ctx.all(
        sa.select(claims)
        .where(
            claims.c.calendar_id == calendar_id,
            claims.c.busy_from < end + reach,
            claims.c.busy_until > start - reach,
            sa.or_(claims.c.held_until.is_(None), claims.c.held_until > ctx.now),
        )
        .order_by(claims.c.busy_from, claims.c.id)
    )
    if gaps is None:
        return list(rows)
    before, after = gaps
    return [
        row
        for row in rows
        if row.busy_until + timedelta(minutes=max(before, row.gap_after)) > start
        and row.busy_from - timedelta(minutes=max(after, row.gap_before)) < end
    ]
