"""Invariants of the tables, checked without any of the product's code."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from core.db.context import Context
from core.db.tables import metadata

LIVE = {"held", "pending", "confirmed", "in_progress"}

# Written out once more, on purpose.
ALLOWED_NEXT = {
    "": {"held", "confirmed"},
    "held": {"pending", "confirmed", "expired"},
    "expired": {"pending", "confirmed"},
    "pending": {"pending", "confirmed", "declined", "cancelled", "expired"},
    "confirmed": {"pending", "confirmed", "cancelled", "in_progress", "completed", "no_show"},
    "in_progress": {"completed", "confirmed"},
    "completed": {"no_show"},
    "no_show": {"completed"},
}


async def find_violations(
    ctx: Context, *, budget: int, max_open_bookings: int, now: datetime
) -> list[str]:
    """Return everything that is wrong, in plain words; nothing when all is well."""
    rows: dict[str, list[Any]] = {}
    for name in ("bookings", "booking_events", "blocks", "claims", "seats", "sessions"):
        rows[name] = list(await ctx.all(sa.select(metadata.tables[name])))
    rooms: dict[int, set[int]] = defaultdict(set)
    for row in await ctx.all(sa.select(metadata.tables["service_rooms"])):
        rooms[row.service_id].add(row.calendar_id)
    providers = await ctx.all(sa.select(metadata.tables["providers"]))
    calendar_of = {row.id: row.calendar_id for row in providers}

    def wanted(row: Any) -> set[int]:
        return {calendar_of[row.provider_id], *rooms[row.service_id]}

    own = {row.id: wanted(row) for row in rows["bookings"]}
    session_on = {row.id: wanted(row) for row in rows["sessions"]}
    return [
        *_overlaps(rows["claims"]),
        *_claims(rows, own, session_on),
        *_seats(rows),
        *_people(rows["bookings"], budget, max_open_bookings, now),
        *_histories(rows),
    ]


def _overlaps(claims: list[Any]) -> Iterator[str]:
    """No two claims of a calendar at one time, and the larger buffer between neighbours."""
    by_calendar: dict[int, list[Any]] = defaultdict(list)
    for claim in claims:
        if not claim.overbooked:
            by_calendar[claim.calendar_id].append(claim)
    for calendar, those in by_calendar.items():
        for one, other in pairwise(sorted(those, key=lambda claim: claim.busy_from)):
            apart = other.busy_from - one.busy_until
            if apart < timedelta():
                yield f"claims {one.id} and {other.id} overlap on calendar {calendar}"
            # The shop may block what it likes; nobody else comes nearer than a buffer.
            elif max(one, other, key=lambda claim: claim.id).block_id is None:
                gap = timedelta(minutes=max(one.gap_after, other.gap_before))
                if apart < gap:
                    yield f"claims {one.id} and {other.id} are {apart} apart, not {gap}"


def _claims(
    rows: dict[str, list[Any]], own: dict[int, set[int]], session_on: dict[int, set[int]]
) -> Iterator[str]:
    """What is live has exactly its claims, and nothing else has any."""
    of: dict[tuple[str, int], list[Any]] = defaultdict(list)
    for claim in rows["claims"]:
        for kind in ("booking", "session", "block"):
            owner = getattr(claim, f"{kind}_id")
            if owner is not None:
                of[kind, owner].append(claim)
    for booking in rows["bookings"]:
        there = of.pop(("booking", booking.id), [])
        wanted = own[booking.id] if booking.state in LIVE and booking.session_id is None else set()
        if sorted(claim.calendar_id for claim in there) != sorted(wanted):
            yield f"booking {booking.id}, {booking.state}, has {len(there)} claims of {len(wanted)}"
        for claim in there:
            if (claim.busy_from, claim.busy_until) != (booking.starts_at, booking.ends_at):
                yield f"claim {claim.id} is not when booking {booking.id} is"
            until = booking.held_until if booking.state == "held" else None
            if (claim.held_until, claim.overbooked) != (until, booking.overbooked):
                yield f"claim {claim.id} is not held as booking {booking.id} is"
    for session in rows["sessions"]:
        there = of.pop(("session", session.id), [])
        wanted = session_on[session.id] if session.cancelled_at is None else set()
        if sorted(claim.calendar_id for claim in there) != sorted(wanted):
            yield f"session {session.id} has {len(there)} claims of {len(wanted)}"
        if any((c.busy_from, c.busy_until) != (session.starts_at, session.ends_at) for c in there):
            yield f"session {session.id} is not when its claims are"
    for block in rows["blocks"]:
        there = sorted(of.pop(("block", block.id), []), key=lambda claim: claim.busy_from)
        if not there or any(one.busy_until != other.busy_from for one, other in pairwise(there)):
            yield f"block {block.id} has holes"
    for kind, owner in of:
        yield f"claims are left of {kind} {owner}"


def _seats(rows: dict[str, list[Any]]) -> Iterator[str]:
    """Every live booking of a session has one seat, within its capacity unless squeezed in."""
    capacity = {session.id: session.capacity for session in rows["sessions"]}
    bookings = {booking.id: booking for booking in rows["bookings"]}
    taken = Counter((seat.session_id, seat.seat) for seat in rows["seats"])
    for (session, number), times in taken.items():
        if times > 1:
            yield f"seat {number} of session {session} is taken {times} times"
    sits = {seat.booking_id: seat for seat in rows["seats"]}
    for booking in bookings.values():
        seat = sits.pop(booking.id, None)
        should = booking.state in LIVE and booking.session_id is not None
        if (seat is not None) != should:
            yield f"booking {booking.id}, {booking.state}, has {'a' if seat else 'no'} seat"
        elif seat is not None and seat.session_id != booking.session_id:
            yield f"booking {booking.id} sits in session {seat.session_id}"
        elif seat is not None and seat.seat > capacity[seat.session_id] and not booking.overbooked:
            yield f"booking {booking.id} has seat {seat.seat} of {capacity[seat.session_id]}"
    for booking_id in sits:
        yield f"seats are left of booking {booking_id}"


def _people(
    bookings: list[Any], budget: int, max_open_bookings: int, now: datetime
) -> Iterator[str]:
    """One hold a talk, no more unproved holds than the budget, no more bookings than the limit."""
    holds = [b for b in bookings if b.state == "held" and b.held_until > now]
    talks = Counter(b.conversation_id for b in holds)
    for talk, times in talks.items():
        if times > 1:
            yield f"talk {talk} holds {times} times"
    unproved = sum(b.created_by.startswith("conversation:") for b in holds)
    if unproved > budget:
        yield f"{unproved} unproved holds, {budget} allowed"
    users = Counter(
        b.created_by
        for b in bookings
        if b.state in {"pending", "confirmed"}
        and b.created_by.startswith("user:")
        and b.ends_at > now
    )
    for user, times in users.items():
        if times > max_open_bookings:
            yield f"{user} has {times} open bookings, {max_open_bookings} allowed"


def _histories(rows: dict[str, list[Any]]) -> Iterator[str]:
    """Each booking's history leads, by allowed steps and without a gap, to its state."""
    events: dict[int, list[Any]] = defaultdict(list)
    for event in sorted(rows["booking_events"], key=lambda event: event.id):
        events[event.booking_id].append(event)
    for booking in rows["bookings"]:
        state = ""
        for event in events[booking.id]:
            if event.from_state != state or event.to_state not in ALLOWED_NEXT.get(state, ()):
                yield f"booking {booking.id} went {state} | {event.from_state} > {event.to_state}"
            state = event.to_state
        if state != booking.state or booking.sequence != len(events[booking.id]) - 1:
            yield f"booking {booking.id} is {booking.state}, its history says {state}"
    keys = Counter(b.idempotency_key for b in rows["bookings"])
    yield from (f"key {key} made {n} bookings" for key, n in keys.items() if n > 1)
