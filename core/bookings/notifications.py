"""Who hears of a booking: alerts to the shop when a customer acts, news to the customer when not.

Keys and parameters only; the wording is the texts'.
"""

from __future__ import annotations

from core.bookings.booking import Booking
from core.bookings.transitions import Actor
from core.db.context import Context
from core.messaging.decisions import Decision
from core.messaging.messages import Say, When
from core.messaging.outbox.enqueue import enqueue_for_customer, enqueue_for_staff


async def notify_staff(
    ctx: Context,
    booking: Booking,
    kind: str,
    *,
    skip: int | None = None,
    instead_of: str = "",
    **more: str | int | When | Say,
) -> None:
    """Tell the shop: kind is new, approve, moved, cancelled, late or decided.

    The parameters are the booking's facts and `more`: `was` (a When), `minutes` late, `by` whom
    and `state` decided.
    A move that changes the provider alone is told as one ("handed").
    `skip` is the user who knows already; `instead_of` the kind of an alert that it settles
    (`core.messaging.outbox.alert`). An approval can be answered until the start.
    """
    handed = kind == "moved" and more.get("was") == booking.local_start
    say = Say(f"alert.{'handed' if handed else kind}", {**booking_facts(booking), **more})
    decision = None
    if kind == "approve":
        # The start it shows: an answer does not outlive a move.
        about = {"booking": booking.id, "starts": int(booking.starts_at.timestamp())}
        options = ("approve", "decline", "propose")
        decision = Decision("approval", options, about, booking.starts_at)
    await enqueue_for_staff(
        ctx,
        say,
        shop_id=booking.shop_id,
        kind=kind,
        booking_id=booking.id,
        provider_id=booking.provider_id,
        conversation_id=booking.conversation_id,
        skip_user_id=skip,
        instead_of=instead_of,
        decision=decision,
    )


async def show_outcome(ctx: Context, booking: Booking, actor: Actor) -> None:
    """Have those who were asked how a visit went see who said so, where their question stands.

    Nobody's phone rings for it: where a message cannot be changed, it may be answered in vain.
    """
    say = Say(
        f"alert.{booking.state}", {**booking_facts(booking), "by": actor.name or Say("somebody")}
    )
    await enqueue_for_staff(
        ctx,
        say,
        shop_id=booking.shop_id,
        kind="noted",
        booking_id=booking.id,
        provider_id=booking.provider_id,
        conversation_id=booking.conversation_id,
        skip_user_id=actor.id,
        instead_of="outcome",
        in_place_only=True,
    )


async def notify_customer(ctx: Context, booking: Booking, kind: str, **more: object) -> None:
    """Tell the customer: kind is confirmed, declined, moved, cancelled, expired or behind.

    A discreet shop names neither service nor provider: others may read the screen.
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
        Say(f"tell.{kind}", {**known, **sold}),
        discreetly=Say(f"tell.{kind}.discreet", known),
        booking=booking,
        kind=kind,
    )


async def notify_other_side(
    ctx: Context, booking: Booking, kind: str, actor: Actor, **more: str | When
) -> None:
    """Tell whoever did not do it: the shop what a customer did, the customer anything else."""
    if actor.kind == "customer":
        await notify_staff(ctx, booking, kind, skip=None, instead_of="", **more)
    else:
        await notify_customer(ctx, booking, kind, **more)


def booking_facts(booking: Booking) -> dict[str, object]:
    """Return what the shop is told of a booking in every alert."""
    return {
        "service": booking.snapshot["service"],
        "provider": booking.snapshot["provider"],
        "customer": booking.customer_name,
        "attendee": booking.attendee,
        "phone": booking.snapshot.get("phone") or booking.customer_phone,
        "when": booking.local_start,
        "ref": booking.ref,
    }
