"""What the people of a shop are told by the clock: their day, and who did not answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from core import notices, outbox, slots
from core.context import Context, Row
from core.messages import Say, When
from core.models import bookings, members, seconds, shops
from core.models import outbox as messages
from core.records import Booking, listed

LISTED = 5
"""Appointments that are named; more would make a third SMS of it."""

LATE = timedelta(hours=2)
"""An agenda that could not be made within this time is left out."""

UNANSWERED_AFTER = timedelta(minutes=30)
"""How long a second reminder may stay unanswered before the shop is told."""

SOON = timedelta(days=2)
"""How far ahead such bookings are looked for."""

_TAKES_PLACE = ("confirmed", "in_progress")


# ------------------------------------------------------------------------------------ the day


async def agendas(ctx: Context) -> int:
    """Send the agendas that are due now; return how many people got one.

    In the morning the day's, in the evening tomorrow's, at the shop's wall times
    (`shops.agenda_today`, `agenda_tomorrow`; empty: never). Owners and receptionists get the whole
    shop's, providers their own; a day without appointments is not worth a message. Once a member,
    shop and day, however many workers tick.
    """
    done: set[Any] = ctx.cache.setdefault("agendas", set())
    rows = await ctx.all(
        sa.select(
            shops.c.id, shops.c.name, shops.c.timezone, shops.c.agenda_today,
            shops.c.agenda_tomorrow,
        ).where(~shops.c.paused)
    )  # fmt: skip
    count = 0
    for shop in rows:
        today = slots.local(int(ctx.now.timestamp()), shop.timezone).date()
        for ahead, at in enumerate((shop.agenda_today, shop.agenda_tomorrow)):
            which = (shop.id, today, ahead)
            if at and which not in done and _due(ctx.now, today, at, shop.timezone):
                count += await _send(ctx, shop, today + timedelta(days=ahead))
                done.add(which)
    for which in [which for which in done if ctx.now.date() - which[1] > timedelta(days=2)]:
        done.discard(which)
    return count


def _due(now: datetime, day: date, at: str, zone: str) -> bool:
    hour, _, minute = at.partition(":")
    moment = datetime.fromtimestamp(slots.instant_at(day, int(hour) * 60 + int(minute), zone), UTC)
    return moment <= now < moment + LATE


async def _send(ctx: Context, shop: Row, day: date) -> int:
    begins, ends = (
        datetime.fromtimestamp(bound, UTC) for bound in slots.day_bounds(day, shop.timezone)
    )
    those = await listed(
        ctx,
        bookings.c.shop_id == shop.id,
        bookings.c.state.in_(_TAKES_PLACE),
        bookings.c.starts_at >= begins,
        bookings.c.starts_at < ends,
    )
    if not those:
        return 0
    key = f"agenda/{shop.id}/{day}"
    count = await outbox.alert(
        ctx, _agenda(shop, day, those), shop_id=shop.id, kind="agenda", unique_key=key
    )
    staff = await ctx.all(sa.select(members).where(members.c.shop_id == shop.id))
    bosses = {row.user_id for row in staff if row.role != "provider"}
    for row in staff:
        own = [one for one in those if one.provider_id == row.provider_id]
        if row.provider_id is not None and own and row.user_id not in bosses:
            count += await outbox.alert(
                ctx,
                _agenda(shop, day, own),
                shop_id=shop.id,
                kind="agenda",
                provider_id=row.provider_id,
                provider_only=True,
                unique_key=key,
            )
    return count


def _agenda(shop: Row, day: date, those: Sequence[Booking]) -> Say:
    lines = [_line(shop, one) for one in those[:LISTED]]
    if len(those) > LISTED:
        lines.append(Say("agenda.more", {"count": len(those) - LISTED}))
    facts = {"shop": shop.name, "day": day, "count": len(those), "lines": tuple(lines)}
    return Say("agenda", facts)


def _line(shop: Row, booking: Booking) -> Say:
    facts = {
        "when": When(booking.starts_at, shop.timezone),
        "customer": booking.attendee or booking.customer_name,
        "service": str(booking.snapshot["service"]),
        "provider": str(booking.snapshot["provider"]),
    }
    return Say("agenda.coming" if booking.customer_confirmed_at else "agenda.line", facts)


# ------------------------------------------------------------------------------------ no answer


async def unanswered(ctx: Context) -> int:
    """Tell shops that want it of bookings whose second reminder nobody answered; return how many.

    Once a booking and start, half an hour after that reminder went, while it is still to come.
    """
    start = sa.cast(seconds(bookings.c.starts_at), sa.Text)
    this_start = sa.cast(bookings.c.id, sa.Text) + "/" + start
    sent = sa.and_(
        messages.c.booking_id == bookings.c.id,
        messages.c.kind == "reminder",
        messages.c.state == "sent",
        messages.c.unique_key.like("reminder/" + this_start + "/%"),
    )
    count = sa.select(sa.func.count()).where(sent).correlate(bookings).scalar_subquery()
    last = sa.select(sa.func.max(messages.c.sent_at)).where(sent).correlate(bookings)
    told = (
        sa.select(messages.c.id)
        .where(
            messages.c.booking_id == bookings.c.id,
            messages.c.unique_key.like("unanswered/" + this_start + ":%"),
        )
        .exists()
    )
    those = await listed(
        ctx,
        bookings.c.shop_id.in_(sa.select(shops.c.id).where(shops.c.alert_unanswered)),
        bookings.c.state == "confirmed",
        bookings.c.customer_confirmed_at.is_(None),
        bookings.c.starts_at > ctx.now,
        bookings.c.starts_at <= ctx.now + SOON,
        count >= 2,
        last.scalar_subquery() <= ctx.now - UNANSWERED_AFTER,
        ~told,
    )
    for booking in those:
        await outbox.alert(
            ctx,
            Say("alert.unanswered", notices.facts(booking)),
            shop_id=booking.shop_id,
            kind="unanswered",
            booking_id=booking.id,
            provider_id=booking.provider_id,
            unique_key=f"unanswered/{booking.id}/{int(booking.starts_at.timestamp())}",
        )
    return len(those)
