"""Notifications about bookings: alerts to staff, and messages to the customer.

Only keys and parameters; the wording is in the message texts.
"""

from __future__ import annotations

from core.bookings.booking import Booking
from core.bookings.transitions import Actor
from core.db.context import Context
from core.messaging.decisions import Decision
from core.messaging.messages import Say, When
from core.messaging.outbox.enqueue import enqueue_for_customer
from core.messaging.outbox.staff_alerts import (
    Event,
    alert_provider,
    alert_staff,
    ask_staff,
    edit_alerts,
    replace_alerts,
)


def booking_event(booking: Booking, kind: str, *, by_user_id: int | None = None) -> Event:
    """Return what happened to a booking, for `core.messaging.outbox.staff_alerts`."""
    return Event(
        booking.shop_id,
        kind,
        booking.id,
        booking.provider_id,
        booking.conversation_id,
        by_user_id,
    )


async def notify_staff(
    ctx: Context,
    booking: Booking,
    kind: str,
    *,
    skip: int | None = None,
    instead_of: str = "",
    provider_only: bool = False,
    unique_key: str | None = None,
    **more: str | int | When | Say,
) -> None:
    """Alert staff, or just the provider; `kind` is new, approve, moved, cancelled, late or decided.

    Parameters are the booking's facts plus `more`: `was` (a When), `minutes` late, `by` and `state`
    of a decision. A move that changes only the provider is alerted as "handed". `skip` is the user
    who knows already; `instead_of` is the kind of alert that this one replaces
    (`core.messaging.outbox.staff_alerts`). An approval can be answered until the start.
    """
    handed = kind == "moved" and more.get("was") == booking.local_start
    say = Say(f"alert.{'handed' if handed else kind}", {**booking_facts(booking), **more})
    event = booking_event(booking, kind, by_user_id=skip)
    if kind == "approve":
        # The displayed start: an answer is void once the booking has moved.
        about = {"booking": booking.id, "starts": int(booking.starts_at.timestamp())}
        options = ("approve", "decline", "propose")
        decision = Decision("approval", options, about, booking.starts_at)
        await ask_staff(ctx, say, event, decision)
    elif instead_of:
        await replace_alerts(ctx, say, event, instead_of=instead_of)
    elif provider_only:
        await alert_provider(ctx, say, event, unique_key=unique_key)
    else:
        await alert_staff(ctx, say, event, unique_key=unique_key)


async def notify_provider(
    ctx: Context,
    booking: Booking,
    kind: str,
    actor: Actor,
    *,
    former: Booking | None = None,
) -> None:
    """Tell a provider what somebody else at the shop did to their day: new, moved or cancelled.

    `former` is the booking before a move: a provider who lost it is told, too.
    """
    skip = actor.id
    if former is not None and former.provider_id != booking.provider_id:
        await notify_staff(ctx, former, "taken", skip=skip, provider_only=True)
        await notify_staff(ctx, booking, "new", skip=skip, provider_only=True)
    elif former is not None:
        was = former.local_start
        await notify_staff(ctx, booking, kind, skip=skip, provider_only=True, was=was)
    else:
        await notify_staff(ctx, booking, kind, skip=skip, provider_only=True)


async def show_outcome(ctx: Context, booking: Booking, actor: Actor) -> None:
    """Update the open outcome questions about a visit to show who answered.

    No new message is sent: where a message cannot be edited, a late answer has no effect.
    """
    say = Say(
        f"alert.{booking.state}", {**booking_facts(booking), "by": actor.name or Say("somebody")}
    )
    event = booking_event(booking, "noted", by_user_id=actor.id)
    await edit_alerts(ctx, say, event, instead_of="outcome")


async def notify_customer(
    ctx: Context,
    booking: Booking,
    kind: str,
    *,
    words: str = "",
    knows: bool = False,
    **more: object,
) -> None:
    """Notify the customer; `kind` is confirmed, declined, moved, cancelled, expired or behind.

    `words` names other texts than those of the kind. `knows`: the shop spoke to them, so nobody has
    to call if they cannot be written to.

    For a discreet shop neither service nor provider is named, since others may read the screen.
    """
    known = {
        "shop": booking.snapshot["shop"],
        "address": booking.snapshot["address"],
        "when": booking.local_start,
        "ref": booking.ref,
        **more,
    }
    sold = {"service": booking.snapshot["service"], "provider": booking.snapshot["provider"]}
    await enqueue_for_customer(
        ctx,
        Say(f"tell.{words or kind}", {**known, **sold}),
        discreetly=Say(f"tell.{words or kind}.discreet", known),
        booking=booking,
        kind=kind,
        knows=knows,
    )


async def notify_moved(
    ctx: Context, booking: Booking, actor: Actor, former: Booking, terms: Say | None
) -> None:
    """Notify who did not move a booking, `former` before; `terms` if length or price are new."""
    if terms is not None and actor.kind != "customer":
        await notify_customer(ctx, booking, "moved", words="moved_terms", terms=terms)
        await notify_provider(ctx, booking, "moved", actor, former=former)
        return
    await notify_other_side(ctx, booking, "moved", actor, former=former)


async def notify_other_side(
    ctx: Context,
    booking: Booking,
    kind: str,
    actor: Actor,
    *,
    former: Booking | None = None,
    **more: str,
) -> None:
    """Notify who did not act: staff of a customer's action, customer and provider of any other.

    `former` is the booking before a move.
    """
    times = {} if former is None else {"was": former.local_start}
    if actor.kind == "customer":
        await notify_staff(
            ctx,
            booking,
            kind,
            skip=None,
            instead_of="",
            provider_only=False,
            unique_key=None,
            **times,
            **more,
        )
        return
    await notify_customer(ctx, booking, kind, words="", knows=False, **more, **times)
    await notify_provider(ctx, booking, kind, actor, former=former)


def booking_facts(booking: Booking) -> dict[str, object]:
    """Return the booking's facts that every alert includes."""
    return {
        "service": booking.snapshot["service"],
        "provider": booking.snapshot["provider"],
        "customer": booking.customer_name,
        "attendee": booking.attendee,
        "phone": booking.snapshot.get("phone") or booking.customer_phone,
        "when": booking.local_start,
        "ref": booking.ref,
    }
