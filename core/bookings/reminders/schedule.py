"""Reminders of a booking, scheduled when it is confirmed and rescheduled when it moves.

They are outbox rows due later, inserted in the same transaction as the change. Each is checked
again just before it is sent (`core.messaging.outbox.presend_checks`), so that a crash, a race or a
missed call never causes a wrong reminder.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

import sqlalchemy as sa

from core.bookings.booking import Booking, list_bookings
from core.catalog import loader
from core.catalog.entities import Catalog
from core.db.context import Context
from core.db.tables import booking_events, bookings, customers
from core.localtime import quiet_hours
from core.messaging.decisions import Decision
from core.messaging.messages import Say
from core.messaging.outbox.customer_reach import (
    PreferredConversation,
    ReachedCustomer,
    find_customer_conversation,
    find_customer_conversations,
)
from core.messaging.outbox.reminders import (
    BookingReminders,
    DeferredMessage,
    drop_reminders,
    enqueue_reminders,
    reword_pending,
)
from core.values.reminder_rules import DEFAULT_RULES, PlannedReminder, ReminderRule, plan_reminders

_MAKES = ("book", "book_for", "overbook", "confirm", "move")
"""Actions that set or keep the time of a booking."""

_BEFORE, _AFTER = ("confirmed",), ("confirmed", "in_progress", "completed")
"""The states in which a booking gets reminders or a follow-up."""


async def schedule_reminders(
    ctx: Context,
    booking: Booking,
    known: Catalog | None = None,
    *,
    since: datetime | None = None,
) -> None:
    """Schedule the reminders of a booking that has none yet; see `reschedule_reminders` otherwise.

    Times follow the rules of the service or the shop, in the shop's zone, outside the quiet hours
    of the person or the shop. A customer who cannot be written to gets none. `known` is the shop's
    catalog if just read; `since` is when the booking was made or moved, if earlier than now.
    """
    if booking.customer_id is None or booking.state not in _AFTER:
        return
    known = known or await loader.load_catalog(ctx, booking.shop_id)
    if not reminder_rules_for(known, booking.service_id):
        return
    home = await find_customer_conversation(ctx, booking)
    if home is not None and (reminded := _reminded(ctx, booking, known, home, since)):
        await enqueue_reminders(ctx, [reminded])


async def schedule_reminders_in_bulk(
    ctx: Context, those: Sequence[Booking], known: Catalog
) -> None:
    """Schedule reminders of many new bookings of one shop, made outside any conversation.

    Does what `schedule_reminders` does, in a few statements.
    """
    reached = [one for one in those if one.customer_id is not None and one.state in _AFTER]
    ids = {one.customer_id for one in reached if one.customer_id is not None}
    if not ids:
        return
    preferred = await find_customer_conversations(ctx, known.shop.id, ids)
    homes = {one.customer_id: one for one in preferred}
    found = (
        _reminded(ctx, one, known, homes[one.customer_id], None)
        for one in reached
        if one.customer_id in homes
    )
    await enqueue_reminders(ctx, [one for one in found if one is not None])


def _reminded(
    ctx: Context,
    booking: Booking,
    known: Catalog,
    home: ReachedCustomer | PreferredConversation,
    since: datetime | None,
) -> BookingReminders | None:
    """Return the reminders of a booking for the conversation `home`, or None."""
    shop, rules = known.shop, reminder_rules_for(known, booking.service_id)
    silence = quiet_hours.effective_quiet_hours(
        (home.quiet_from, home.quiet_until), (shop.quiet_from, shop.quiet_until)
    )
    planned = plan_reminders(
        rules, booking.starts_at, booking.ends_at, shop.timezone, silence, ctx.now, since
    )
    wanted = [one for one in planned if booking.state in _BEFORE or one.rule.kind == "after"]
    words = {one.rule.kind == "after" for one in wanted}
    # Computed once per booking: an import brings thousands.
    said = {
        after: (follow_up_message if after else reminder_message)(known, booking) for after in words
    }
    those = [_later(said[one.rule.kind == "after"], booking, one) for one in wanted]
    return BookingReminders(booking, home.id, those) if those else None


async def cancel_reminders(ctx: Context, booking: Booking, reason: str) -> None:
    """Cancel the unsent reminders of a booking, recording the reason."""
    if booking.customer_id is not None:
        await drop_reminders(ctx, booking.id, reason=reason)


async def reschedule_reminders(
    ctx: Context, booking: Booking, reason: str, known: Catalog | None = None
) -> None:
    """Replace the unsent reminders of a booking by its current data; sent ones are not repeated."""
    await cancel_reminders(ctx, booking, reason)
    await schedule_reminders(ctx, booking, known)


async def reschedule_upcoming(
    ctx: Context, *, shop_id: int | None = None, user_id: int | None = None
) -> int:
    """Reschedule reminders of a shop's or a person's upcoming bookings; return how many bookings.

    For a shop that changed its rules and a person who changed their preferences.
    """
    which = [bookings.c.state.in_(_AFTER), bookings.c.ends_at > ctx.now]
    if shop_id is not None:
        which.append(bookings.c.shop_id == shop_id)
    if user_id is not None:
        which.append(customers.c.user_id == user_id)
    those = await list_bookings(ctx, *which)
    made = sa.select(booking_events.c.booking_id, sa.func.max(booking_events.c.at).label("at"))
    made = made.where(
        booking_events.c.booking_id.in_([booking.id for booking in those]),
        booking_events.c.action.in_(_MAKES),
    ).group_by(booking_events.c.booking_id)
    since = {row.booking_id: row.at for row in await ctx.all(made)} if those else {}
    for booking in those:
        await cancel_reminders(ctx, booking, "planned anew")
        await schedule_reminders(ctx, booking, since=since.get(booking.id))
    return len(those)


async def reword_reminders(ctx: Context, booking: Booking) -> None:
    """Update the question in a booking's unsent reminders; their times stay."""
    if booking.customer_id is not None:
        known = await loader.load_catalog(ctx, booking.shop_id)
        await reword_pending(
            ctx, booking.id, reminder_message(known, booking), reminder_decision(booking)
        )


def reminder_rules_for(known: Catalog, service_id: int) -> tuple[ReminderRule, ...]:
    """Return the reminder rules of a service: its own, else the shop's, else the default."""
    own = known.service(service_id).reminders
    texts = own if own is not None else known.shop.reminders
    return _parsed(tuple(DEFAULT_RULES if texts is None else texts))


@lru_cache(maxsize=256)
def _parsed(texts: tuple[str, ...]) -> tuple[ReminderRule, ...]:
    return tuple(ReminderRule.parse(text) for text in texts)


# ------------------------------------------------------------------------------------ content


def _later(say: Say, booking: Booking, one: PlannedReminder) -> DeferredMessage:
    start = int(booking.starts_at.timestamp())
    key = f"reminder/{booking.id}/{start}/{one.rule}"
    after = one.rule.kind == "after"
    return DeferredMessage(
        say,
        "followup" if after else "reminder",
        key,
        one.due_at,
        one.expires_at,
        decision=None if after else reminder_decision(booking),
        dropped_reason=one.dropped_reason,
    )


def reminder_decision(booking: Booking) -> Decision:
    """Return the decision a reminder carries; attendance already confirmed is not asked again."""
    return Decision(
        "reminder",
        ("move", "cancel") if booking.customer_confirmed_at else ("come", "move", "cancel"),
        {"booking": booking.id, "start": int(booking.starts_at.timestamp())},
        booking.starts_at,
    )


def reminder_message(known: Catalog, booking: Booking) -> Say:
    """Return a reminder's message; `when` must be the start, as the pre-send check compares it.

    For a discreet shop neither service nor provider is named, since others may read the screen.
    """
    shop = known.shop
    place = Say("reminder.at", {"when": booking.local_start, "address": shop.address})
    return Say(
        "reminder.sure" if booking.customer_confirmed_at else "reminder",
        {
            "shop": shop.name,
            "what": _what(known, booking),
            "at": place if shop.address else Say("reminder.on", {"when": booking.local_start}),
            "when": booking.local_start,
            "ref": booking.ref,
        },
    )


def follow_up_message(known: Catalog, booking: Booking) -> Say:
    """Return the follow-up message after a visit."""
    facts = {"shop": known.shop.name, "name": booking.customer_name, "when": booking.local_start}
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
