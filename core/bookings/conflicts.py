"""What may conflict with a booking about to be made: its double, own holds, unverified holds."""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlalchemy as sa

from core.bookings.booking import AlreadyDone, IdempotencyKey, load_booking
from core.db.context import Context
from core.db.rows import Rows
from core.db.tables import bookings

UNVERIFIED_PREFIX = "conversation:"
"""Prefix of `created_by` for a person who is not verified."""


@dataclass(frozen=True, slots=True)
class BookingStub:
    """What claiming and expiring need of a booking; `fingerprint` is its request's."""

    id: int
    shop_id: int
    state: str
    sequence: int
    session_id: int | None
    fingerprint: str


@dataclass(frozen=True, slots=True)
class _Found(BookingStub):
    """A booking in the way, and why: "made" by this key, "own" hold, "unproved" hold."""

    why: str


@dataclass(slots=True)
class Conflicts:
    """What may conflict with a booking about to be made.

    `duplicate` is the booking already made under the key, `own_holds` what the conversation holds,
    and `unverified_holds` the number of other holds that count towards the shop's limit of
    unverified ones.
    """

    duplicate: BookingStub | None = None
    own_holds: list[BookingStub] = field(default_factory=list)
    unverified_holds: int = 0


_COLUMNS = (
    bookings.c.id,
    bookings.c.shop_id,
    bookings.c.state,
    bookings.c.sequence,
    bookings.c.session_id,
    bookings.c.fingerprint,
)
_NOW = sa.bindparam("now", type_=bookings.c.held_until.type)
IS_HELD = bookings.c.state == "held"
BOOKING_STUBS = Rows(BookingStub, sa.select(*_COLUMNS))
_LOOK = Rows(
    _Found,
    sa.union_all(
        sa.select(*_COLUMNS, sa.literal("made").label("why")).where(
            bookings.c.idempotency_key == sa.bindparam("key")
        ),
        sa.select(*_COLUMNS, sa.literal("own")).where(
            bookings.c.conversation_id == sa.bindparam("conversation_id"), IS_HELD
        ),
        sa.select(*_COLUMNS, sa.literal("unproved")).where(
            IS_HELD,
            bookings.c.held_until > _NOW,
            bookings.c.shop_id == sa.bindparam("shop_id"),
            bookings.c.created_by.startswith(UNVERIFIED_PREFIX),
        ),
    ),
)


async def load_conflicts(
    ctx: Context, shop_id: int, *, key: str, conversation_id: int | None = None
) -> Conflicts:
    """Return, by one statement, what may conflict with a new booking; call it under the locks."""
    asked = {"key": key, "conversation_id": conversation_id, "shop_id": shop_id, "now": ctx.now}
    found = await ctx.fetch(_LOOK, asked)
    own: list[BookingStub] = [row for row in found if row.why == "own"]
    mine = {row.id for row in own}
    return Conflicts(
        duplicate=next((row for row in found if row.why == "made"), None),
        own_holds=own,
        unverified_holds=sum(row.why == "unproved" and row.id not in mine for row in found),
    )


async def raise_if_duplicate(ctx: Context, conflicts: Conflicts, key: IdempotencyKey) -> None:
    """Raise AlreadyDone with the booking made under this key; KeyReused for another request."""
    if conflicts.duplicate is not None:
        key.ensure_same(conflicts.duplicate.fingerprint)
        raise AlreadyDone(await load_booking(ctx, conflicts.duplicate.id))
