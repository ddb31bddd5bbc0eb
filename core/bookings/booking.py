"""A booking as stored: how it is read and how its state is written.

Updates are optimistic: each carries the `sequence` its decision was based on. If the row has a
later one, somebody else changed it, and `retry_on_conflict` runs the operation again on the current
row. So no row of `bookings` is locked while waiting for a calendar.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any, Concatenate, ParamSpec, Protocol

import sqlalchemy as sa

from core.bookings.transitions import LIVE_STATES, Actor
from core.db.context import Context
from core.db.rows import Rows
from core.db.tables import booking_events, bookings, customers, members, users
from core.errors import KeyReused, NotAllowed, NotFound, ReasonNeeded
from core.messaging.messages import Money, When

P = ParamSpec("P")
MAX_ATTEMPTS = 3
"""How many times an operation is tried while others keep changing the same booking."""


@dataclass(frozen=True, slots=True)
class Booking:
    """A booking and its customer; instants are aware UTC, prices in minor units.

    `local_date`, `local_time` and `timezone` are what the customer was told. `snapshot` is what was
    sold (service, provider, title, speciality, minutes, shop, address, the customer's phone), with
    the names of that time. The customer's fields are empty for a hold without a verified user.
    """

    id: int
    shop_id: int
    ref: str
    state: str
    service_id: int
    provider_id: int
    session_id: int | None
    customer_id: int | None
    conversation_id: int | None
    starts_at: datetime
    ends_at: datetime
    local_date: date
    local_time: str
    timezone: str
    held_until: datetime | None
    price_minor: int | None
    currency: str
    snapshot: Mapping[str, Any]
    anyone: bool
    overbooked: bool
    attendee: str
    purpose: str
    note: str
    reason: str
    origin: str
    created_by: str
    late_minutes: int | None
    customer_confirmed_at: datetime | None
    sequence: int
    payment_status: str = "unpaid"
    customer_name: str = ""
    customer_phone: str = ""
    user_id: int | None = None

    @property
    def local_start(self) -> When:
        """Return the start in the shop's zone."""
        return When(self.starts_at, self.timezone)

    @property
    def takes_time(self) -> bool:
        """Return whether the booking has claims or a seat."""
        return self.state in LIVE_STATES

    @property
    def price(self) -> Money | None:
        """Return the agreed price, or None for a price on request."""
        return None if self.price_minor is None else Money(self.price_minor, self.currency)

    def to_json(self) -> dict[str, Any]:
        """Return what a flow's journal stores of the booking."""
        return {"id": self.id, "ref": self.ref}


BOOKING_COLUMNS = [bookings.c[f.name] for f in fields(Booking) if f.name in bookings.c]
CUSTOMER_COLUMNS = [
    sa.func.coalesce(customers.c.name, "").label("customer_name"),
    sa.func.coalesce(customers.c.phone, "").label("customer_phone"),
    customers.c.user_id,
]
_ALL = sa.select(*BOOKING_COLUMNS, *CUSTOMER_COLUMNS).select_from(
    bookings.outerjoin(customers, customers.c.id == bookings.c.customer_id)
)
BOOKINGS = Rows(Booking, _ALL)
"""Bookings with their customers."""

BOOKINGS_ALONE = Rows(Booking, sa.select(*BOOKING_COLUMNS))
"""Bookings without the fields of their customers."""

# The change already made under this key, if any; a booking's keys are its own.
EARLIER_EVENT = (
    sa.select(booking_events.c.details)
    .where(
        booking_events.c.booking_id == bookings.c.id,
        booking_events.c.details["key"].as_string() == sa.bindparam("key"),
    )
    .order_by(booking_events.c.id)
    .limit(1)
    .scalar_subquery()
)
_ONE = _ALL.add_columns(EARLIER_EVENT).where(bookings.c.id == sa.bindparam("booking_id"))
_AS_CUSTOMER = _ONE.where(customers.c.user_id == sa.bindparam("actor_id"))


def works_at(shop_id: sa.ColumnElement[int], user_id: object) -> sa.ColumnElement[bool]:
    """Return the SQL condition that a user is a member of a shop or an admin."""
    return sa.or_(
        sa.exists().where(members.c.shop_id == shop_id, members.c.user_id == user_id),
        sa.exists().where(users.c.id == user_id, users.c.admin),
    )


_AS_STAFF = _ONE.where(works_at(bookings.c.shop_id, sa.bindparam("actor_id")))


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """An idempotency key with a hash of the request it was used for."""

    text: str
    fingerprint: str

    @classmethod
    def of(cls, text: str, *content: object) -> IdempotencyKey:
        """Return the key `text` for a change made of the JSON-serializable `content`."""
        plain = json.dumps(content, sort_keys=True)
        return cls(text, hashlib.blake2b(plain.encode(), digest_size=16).hexdigest())

    def ensure_same(self, fingerprint: str) -> None:
        """Raise KeyReused if the key was used for another request."""
        if fingerprint != self.fingerprint:
            raise KeyReused(key=self.text)


class AlreadyDone(Exception):
    """The change was already made under the same key."""

    def __init__(self, booking: Booking) -> None:
        super().__init__(booking.ref)
        self.booking = booking


class VersionConflict(Exception):
    """The booking was changed since it was read."""


def retry_on_conflict(
    verb: Callable[Concatenate[Context, P], Coroutine[Any, Any, Booking]],
) -> Callable[Concatenate[Context, P], Coroutine[Any, Any, Booking]]:
    """Retry an operation, up to `MAX_ATTEMPTS` times, while others change the booking it read.

    If it was already done under the same key, return the booking as it is now.
    """

    @functools.wraps(verb)
    async def run(ctx: Context, /, *args: P.args, **kwargs: P.kwargs) -> Booking:
        for left in reversed(range(MAX_ATTEMPTS)):
            try:
                return await verb(ctx, *args, **kwargs)
            except AlreadyDone as done:
                return done.booking
            except VersionConflict:
                if not left:
                    raise
        raise AssertionError  # pragma: no cover - the last try returns or raises

    return run


# ------------------------------------------------------------------------------------ reading


async def load_booking_for_actor(
    ctx: Context, booking_id: int, actor: Actor, key: IdempotencyKey | None = None
) -> Booking:
    """Return a booking that this actor may act on: their own, or their shop's.

    Raise NotFound otherwise, without revealing whether it exists; AlreadyDone if this change was
    made under the key before; KeyReused if another one was.
    """
    statement = {"customer": _AS_CUSTOMER, "staff": _AS_STAFF, "system": _ONE}[actor.kind]
    found = {"booking_id": booking_id, "actor_id": actor.id, "key": key.text if key else None}
    row = (await ctx.execute(statement, found)).first()
    if row is None:
        raise NotFound(booking=booking_id)
    booking = BOOKINGS.build(row[:-1])
    if key is not None and row[-1] is not None:
        key.ensure_same(row[-1]["fingerprint"])
        raise AlreadyDone(booking)
    return booking


async def load_booking(
    ctx: Context, booking_id: int, *, user_id: int | None = None, shop_id: int | None = None
) -> Booking:
    """Return a booking; with `user_id` or `shop_id`, raise NotFound unless it is theirs."""
    statement = _ONE
    if user_id is not None:
        statement = statement.where(customers.c.user_id == user_id)
    if shop_id is not None:
        statement = statement.where(bookings.c.shop_id == shop_id)
    row = (await ctx.execute(statement, {"booking_id": booking_id, "key": None})).first()
    if row is None:
        raise NotFound(booking=booking_id)
    return BOOKINGS.build(row[:-1])


async def list_bookings(ctx: Context, *conditions: sa.ColumnElement[bool]) -> list[Booking]:
    """Return the bookings that meet all conditions, by start."""
    by_start = bookings.c.starts_at, bookings.c.id
    return await ctx.fetch(
        BOOKINGS.where(*conditions).refine(lambda select: select.order_by(*by_start))
    )


async def require_staff(ctx: Context, shop_id: int, actor: Actor) -> None:
    """Raise NotAllowed unless the actor works at the shop, is an admin, or is Slotline itself."""
    if actor.kind == "system":
        return
    allowed = sa.select(works_at(sa.literal(shop_id), sa.literal(actor.id)))
    if actor.kind != "staff" or actor.id is None or not await ctx.scalar(allowed):
        raise NotAllowed(shop=shop_id, actor=actor.kind)


# ------------------------------------------------------------------------------------ writing


async def update_booking(
    ctx: Context,
    booking: Booking,
    action: str,
    actor: Actor,
    *,
    to: str,
    key: IdempotencyKey | None = None,
    details: Mapping[str, Any] | None = None,
    **values: Any,
) -> Booking:
    """Write a new state and other columns, log the event and return the updated booking.

    Raise VersionConflict if the row changed since it was read.
    """
    values |= {"state": to, "sequence": booking.sequence + 1}
    result = await ctx.execute(
        bookings.update()
        .where(bookings.c.id == booking.id, bookings.c.sequence == booking.sequence)
        .values(updated_at=ctx.now, **values)
    )
    if not result.rowcount:
        raise VersionConflict
    kept = {"key": key.text, "fingerprint": key.fingerprint} if key else {}
    facts = {**kept, **(details or {})}
    await log_events(ctx, [event_row(ctx, booking, action, actor, to=to, details=facts)])
    return replace(booking, **values)


def correction_facts(booking: Booking, actor: Actor, reason: str, now: datetime) -> dict[str, Any]:
    """Return what the history says of a change by staff to a visit that is over.

    Such a change is a correction, and its reason is part of it: raise ReasonNeeded without one.
    """
    if actor.kind != "staff" or booking.ends_at > now:
        return {}
    if not reason.strip():
        raise ReasonNeeded(field="reason", reason="needed")
    return {"correction": True, "reason": reason.strip()}


class BookingState(Protocol):
    """What the history and the release of time need of a booking."""

    @property
    def id(self) -> int:
        """Return the booking's id."""

    @property
    def shop_id(self) -> int:
        """Return its shop."""

    @property
    def state(self) -> str:
        """Return its state."""

    @property
    def sequence(self) -> int:
        """Return how often it was changed."""

    @property
    def session_id(self) -> int | None:
        """Return the session it has a seat in, if any."""


def event_row(
    ctx: Context,
    booking: BookingState,
    action: str,
    actor: Actor,
    *,
    to: str,
    details: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a history row; `booking` is the one before the change."""
    return {
        "shop_id": booking.shop_id,
        "booking_id": booking.id,
        "at": ctx.now,
        "action": action,
        "from_state": booking.state,
        "to_state": to,
        "actor": str(actor),
        "details": {**({"by": actor.name} if actor.name else {}), **(details or {})},
    }


async def log_events(ctx: Context, events: Iterable[Mapping[str, Any]]) -> None:
    """Insert history rows."""
    await ctx.execute(booking_events.insert(), list(events))
