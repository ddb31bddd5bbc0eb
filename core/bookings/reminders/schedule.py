"""Reminders of a booking: written down when it is confirmed, taken along when it moves.

They are rows of the outbox due later, written in the transaction that makes them true. Each is
checked again in the moment it is sent (`core.messaging.outbox.presend_checks`), so that no crash, race or forgotten
call can remind of what is not so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

import sqlalchemy as sa

from core.bookings.booking import Booking, listed
from core.catalog import loader
from core.catalog.entities import Catalog
from core.db.context import Context, Row
from core.db.tables import booking_events, bookings, customers
from core.localtime import quiet_hours
from core.messaging.messages import Choice, Say
from core.messaging.outbox import reminders
from core.messaging.outbox.recipients import home_of, homes_of
from core.messaging.outbox.reminders import Later, Reminded
from core.values.reminder_rules import DEFAULT, Planned, Rule, schedule

FLOW = "reminder"
"""What an answer to a reminder starts."""

COME = Choice(
    "come",
    Say("reminder.come"),
    ("@yes", "confirm", "coming", "i come", "i'll come", "i will come", "i'll be there", "confirmo",
     "voy", "sí voy", "asistiré", "ahí estaré"),
)  # fmt: skip
MOVE = Choice("move", Say("do_move"), ("@move", "move"))
CANCEL = Choice("cancel", Say("do_cancel"), ("@cancel", "call it off"))

_MAKES = ("book", "book_for", "squeeze_in", "confirm", "move")
"""What makes a booking stand at its time."""

_BEFORE, _AFTER = ("confirmed",), ("confirmed", "in_progress", "completed")
"""In which states a booking is reminded of, and followed up."""


async def plan(
    ctx: Context,
    booking: Booking,
    known: Catalog | None = None,
    *,
    since: datetime | None = None,
) -> None:
    """Write down the reminders of a booking that has none yet; for one that has, `again`.

    By the service's rules or else the shop's, in the shop's wall time, around the quiet hours of
    the person or else the shop. Whoever was never talked with gets none: there is nowhere to.
    `known` is the shop's catalog where it was just read; `since` when it was made or moved, if
    that was earlier.
    """
    if booking.user_id is None or booking.state not in _AFTER:
        return
    known = known or await loader.catalog(ctx, booking.shop_id)
    if not rules_of(known, booking.service_id):
        return
    home = await ctx.first(home_of(booking))
    if home is not None and (reminded := _reminded(ctx, booking, known, home, since)):
        await reminders.remind(ctx, [reminded], flow=FLOW)


async def plan_all(ctx: Context, those: Sequence[Booking], known: Catalog) -> None:
    """Do as `plan` for many new bookings of one shop, made in no talk, by a few statements."""
    reached = [one for one in those if one.user_id is not None and one.state in _AFTER]
    ids = {one.customer_id for one in reached if one.customer_id is not None}
    if not ids:
        return
    homes = {row.customer_id: row for row in await ctx.all(homes_of(known.shop.id, ids))}
    found = (
        _reminded(ctx, one, known, homes[one.customer_id], None)
        for one in reached
        if one.customer_id in homes
    )
    await reminders.remind(ctx, [one for one in found if one is not None], flow=FLOW)


def _reminded(
    ctx: Context, booking: Booking, known: Catalog, home: Row, since: datetime | None
) -> Reminded | None:
    """Return the reminders of a booking, for the conversation `home`; None if there are none."""
    shop, rules = known.shop, rules_of(known, booking.service_id)
    silence = quiet_hours.hours(
        (home.quiet_from, home.quiet_until), (shop.quiet_from, shop.quiet_until)
    )
    planned = schedule(
        rules, booking.starts_at, booking.ends_at, shop.timezone, silence, ctx.now, since
    )
    wanted = [one for one in planned if booking.state in _BEFORE or one.rule.kind == "after"]
    words = {one.rule.kind == "after" for one in wanted}
    # Once for all of a booking: files bring thousands.
    said = {after: (follow_up if after else reminder)(known, booking) for after in words}
    those = [_later(said[one.rule.kind == "after"], booking, one) for one in wanted]
    return Reminded(booking, home.id, those, booking.starts_at) if those else None


async def drop(ctx: Context, booking: Booking, reason: str) -> None:
    """Let what waits for a booking go unsent, with the reason on record."""
    if booking.user_id is not None:
        await reminders.forget(ctx, booking.id, reason=reason)


async def again(ctx: Context, booking: Booking, reason: str, known: Catalog | None = None) -> None:
    """Plan the reminders of a booking anew, by how it is now; those that went do not go again."""
    await drop(ctx, booking, reason)
    await plan(ctx, booking, known)


async def replan(ctx: Context, *, shop_id: int | None = None, user_id: int | None = None) -> int:
    """Plan anew for all that is to come of a shop or a person; return for how many bookings.

    For a shop that changed its rules, and a person who changed where or when they want them.
    """
    which = [bookings.c.state.in_(_AFTER), bookings.c.ends_at > ctx.now]
    if shop_id is not None:
        which.append(bookings.c.shop_id == shop_id)
    if user_id is not None:
        which.append(customers.c.user_id == user_id)
    those = await listed(ctx, *which)
    made = sa.select(booking_events.c.booking_id, sa.func.max(booking_events.c.at).label("at"))
    made = made.where(
        booking_events.c.booking_id.in_([booking.id for booking in those]),
        booking_events.c.action.in_(_MAKES),
    ).group_by(booking_events.c.booking_id)
    since = {row.booking_id: row.at for row in await ctx.all(made)} if those else {}
    for booking in those:
        await drop(ctx, booking, "planned anew")
        await plan(ctx, booking, since=since.get(booking.id))
    return len(those)


async def reword(ctx: Context, booking: Booking) -> None:
    """Let the reminders that wait for a booking ask what is still to be asked; they stay when."""
    if booking.user_id is not None:
        known = await loader.catalog(ctx, booking.shop_id)
        await reminders.reword(ctx, booking.id, reminder(known, booking), options_of(booking))


def rules_of(known: Catalog, service_id: int) -> tuple[Rule, ...]:
    """Return the rules of a service: its own, else the shop's, else the default."""
    own = known.service(service_id).reminders
    texts = own if own is not None else known.shop.reminders
    return _parsed(tuple(DEFAULT if texts is None else texts))


@lru_cache(maxsize=256)
def _parsed(texts: tuple[str, ...]) -> tuple[Rule, ...]:
    return tuple(Rule.parse(text) for text in texts)


# ------------------------------------------------------------------------------------ what it says


def _later(say: Say, booking: Booking, one: Planned) -> Later:
    start = int(booking.starts_at.timestamp())
    key = f"reminder/{booking.id}/{start}/{one.rule}"
    after = one.rule.kind == "after"
    return Later(
        say,
        "followup" if after else "reminder",
        key,
        one.due_at,
        one.not_after,
        options=() if after else options_of(booking),
        dropped=one.dropped,
    )


def options_of(booking: Booking) -> tuple[Choice, ...]:
    """Return what a reminder lets people answer; who said they come is not asked again."""
    return (MOVE, CANCEL) if booking.customer_confirmed_at else (COME, MOVE, CANCEL)


def reminder(known: Catalog, booking: Booking) -> Say:
    """Return the words' key and facts; `when` must be the start, for the check goes by it.

    Discreet shops name neither service nor provider: others may read the screen.
    """
    shop = known.shop
    place = Say("reminder.at", {"when": booking.when, "address": shop.address})
    return Say(
        "reminder.sure" if booking.customer_confirmed_at else "reminder",
        {
            "shop": shop.name,
            "what": _what(known, booking),
            "at": place if shop.address else Say("reminder.on", {"when": booking.when}),
            "when": booking.when,
            "ref": booking.ref,
        },
    )


def follow_up(known: Catalog, booking: Booking) -> Say:
    """Return the thanks after a visit."""
    facts = {"shop": known.shop.name, "name": booking.customer_name, "when": booking.when}
    return Say("followup", facts)


def _what(known: Catalog, booking: Booking) -> Say:
    if known.shop.discreet:
        return Say("reminder.discreet")
    facts = {
        "service": str(booking.snapshot["service"]),
        "provider": str(booking.snapshot["provider"]),
    }
    if booking.attendee:
        return Say("reminder.what_for", {**facts, "attendee": booking.attendee})
    return Say("reminder.what", facts)
