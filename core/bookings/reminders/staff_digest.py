"""Scheduled messages to staff: the daily digest, and reminders nobody answered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial

import sqlalchemy as sa

from core.bookings import notifications
from core.bookings.booking import Booking, list_bookings
from core.bookings.call_list import Call, list_calls
from core.db.caches import CacheKey
from core.db.context import Context
from core.db.rows import Rows
from core.db.tables import bookings, epoch_seconds, members, shops
from core.db.tables import outbox as messages
from core.localtime import zones
from core.messaging.messages import Say, When
from core.messaging.outbox.staff_alerts import Event, alert_provider, alert_staff, enqueue_for_staff

MAX_LISTED = 5
"""Appointments listed by name; more would need a third SMS segment."""

MAX_DELAY = timedelta(hours=2)
"""A digest that could not be made within this time is skipped."""

UNANSWERED_AFTER = timedelta(minutes=30)
"""How long a second reminder may stay unanswered before staff are told."""

SOON = timedelta(days=2)
"""How far ahead unanswered bookings are searched."""

_TAKES_PLACE = ("confirmed", "in_progress")

_Which = tuple[int, int, date]  # shop, days ahead, day

SENT_DIGESTS: CacheKey[set[_Which]] = CacheKey("sent digests", set)
"""Digests already sent for these days, so that no tick checks a shop twice."""


@dataclass(frozen=True, slots=True)
class _Shop:
    """A shop and when it wants its digests: "HH:MM" of its zone, "" for never."""

    id: int
    name: str
    timezone: str
    agenda_today: str
    agenda_tomorrow: str


@dataclass(frozen=True, slots=True)
class _Member:
    """A member of a shop; without a provider they give no services."""

    shop_id: int
    user_id: int
    role: str
    provider_id: int | None


_SHOPS = Rows(
    _Shop,
    sa.select(
        shops.c.id, shops.c.name, shops.c.timezone, shops.c.agenda_today, shops.c.agenda_tomorrow
    ).where(~shops.c.paused),
)
_MEMBERS = Rows(
    _Member,
    sa.select(members.c.shop_id, members.c.user_id, members.c.role, members.c.provider_id),
)


# ------------------------------------------------------------------------------------ digest


async def send_digests(ctx: Context, *, limit: int | None = 50) -> int:
    """Send the digests due now for up to `limit` shops; return for how many shops.

    The day's agenda goes out in the morning, tomorrow's in the evening, at the shop's local times
    (`shops.agenda_today`, `agenda_tomorrow`; empty: never). Owners and receptionists get the whole
    shop, providers their own; an empty day sends nothing. Each member, shop and occasion gets one,
    however many workers run.
    """
    done = ctx.caches.of(SENT_DIGESTS)
    due = [
        (shop, ahead, day)
        for shop in await ctx.fetch(_SHOPS)
        for ahead, day in _due(ctx.now, shop)
        if (shop.id, ahead, day) not in done
    ][:limit]
    if not due:
        return 0
    coming = await _coming(ctx, due)
    staff = await _staff(ctx, {shop_id for shop_id, _ in coming})
    await _send_calls(ctx, [(shop, day) for shop, ahead, day in due if not ahead])
    for shop, ahead, day in due:
        if those := coming.get((shop.id, day)):
            await _send(ctx, shop, ahead, day, those, staff.get(shop.id, ()))
    # Only after the commit: if the transaction is retried, the digests must be sent again.
    ctx.after_commit.append(
        partial(_note, done, {(shop.id, ahead, day) for shop, ahead, day in due}, ctx.now)
    )
    return len(due)


def _note(done: set[_Which], sent: set[_Which], now: datetime) -> None:
    done |= sent
    done -= {which for which in done if now.date() - which[2] > timedelta(days=2)}


def _due(now: datetime, shop: _Shop) -> list[tuple[int, date]]:
    """Return the digests due for a shop as (days ahead, local date)."""
    today = zones.to_local(int(now.timestamp()), shop.timezone).date()
    found = []
    for ahead, at in enumerate((shop.agenda_today, shop.agenda_tomorrow)):
        hour, _, minute = at.partition(":")
        if at:
            of_day = int(hour) * 60 + int(minute)
            moment = _instant(zones.first_instant_at(today, of_day, shop.timezone))
            if moment <= now < moment + MAX_DELAY:
                found.append((ahead, today + timedelta(days=ahead)))
    return found


async def _coming(
    ctx: Context, due: Sequence[tuple[_Shop, int, date]]
) -> dict[tuple[int, date], list[Booking]]:
    """Return the appointments of these days, by shop and day, in one statement."""
    bounds = {(shop.id, day): zones.day_bounds(day, shop.timezone) for shop, _, day in due}
    those = await list_bookings(
        ctx,
        bookings.c.shop_id.in_({shop.id for shop, _, _ in due}),
        bookings.c.state.in_(_TAKES_PLACE),
        bookings.c.starts_at >= _instant(min(begins for begins, _ in bounds.values())),
        bookings.c.starts_at < _instant(max(ends for _, ends in bounds.values())),
    )
    by_shop: dict[int, list[Booking]] = {}
    for booking in those:
        by_shop.setdefault(booking.shop_id, []).append(booking)
    found = {}
    for (shop_id, day), (begins, ends) in bounds.items():
        inside = [
            one
            for one in by_shop.get(shop_id, ())
            if begins <= int(one.starts_at.timestamp()) < ends
        ]
        if inside:
            found[shop_id, day] = inside
    return found


async def _staff(ctx: Context, shop_ids: Collection[int]) -> dict[int, list[_Member]]:
    found: dict[int, list[_Member]] = {}
    if shop_ids:
        for row in await ctx.fetch(_MEMBERS.where(members.c.shop_id.in_(shop_ids))):
            found.setdefault(row.shop_id, []).append(row)
    return found


async def _send(
    ctx: Context,
    shop: _Shop,
    ahead: int,
    day: date,
    those: Sequence[Booking],
    staff: Sequence[_Member],
) -> None:
    key = f"agenda/{shop.id}/{day}/{ahead}"
    over = _instant(zones.day_bounds(day, shop.timezone)[1])
    await enqueue_for_staff(
        ctx,
        _agenda(shop, day, those),
        shop_id=shop.id,
        kind="agenda",
        unique_key=key,
        expires_at=over,
    )
    bosses = {row.user_id for row in staff if row.role != "provider"}
    for row in staff:
        own = [one for one in those if one.provider_id == row.provider_id]
        if row.provider_id is not None and own and row.user_id not in bosses:
            theirs = Event(shop.id, "agenda", provider_id=row.provider_id)
            await alert_provider(
                ctx, _agenda(shop, day, own), theirs, unique_key=key, expires_at=over
            )


async def _send_calls(ctx: Context, mornings: Sequence[tuple[_Shop, date]]) -> None:
    """Send the morning's list of customers whom no message reached, to the front desk."""
    if not mornings:
        return
    by_shop: dict[int, list[Call]] = {}
    for call in await list_calls(ctx, {shop.id for shop, _ in mornings}):
        by_shop.setdefault(call.booking.shop_id, []).append(call)
    for shop, day in mornings:
        if calls := by_shop.get(shop.id):
            lines = [_call_line(shop, call) for call in calls[:MAX_LISTED]]
            if len(calls) > MAX_LISTED:
                lines.append(Say("agenda.more", {"count": len(calls) - MAX_LISTED}))
            await enqueue_for_staff(
                ctx,
                Say("agenda.calls", {"shop": shop.name, "lines": tuple(lines)}),
                shop_id=shop.id,
                kind="calls",
                unique_key=f"calls/{shop.id}/{day}",
                expires_at=_instant(zones.day_bounds(day, shop.timezone)[1]),
            )


def _call_line(shop: _Shop, call: Call) -> Say:
    facts = {
        "customer": call.booking.customer_name,
        "phone": call.phone,
        "service": str(call.booking.snapshot["service"]),
        "when": When(call.booking.starts_at, shop.timezone),
    }
    return Say("agenda.call", facts)


def _instant(epoch_s: int) -> datetime:
    return datetime.fromtimestamp(epoch_s, UTC)


def _agenda(shop: _Shop, day: date, those: Sequence[Booking]) -> Say:
    lines = [_line(shop, one) for one in those[:MAX_LISTED]]
    if len(those) > MAX_LISTED:
        lines.append(Say("agenda.more", {"count": len(those) - MAX_LISTED}))
    facts = {"shop": shop.name, "day": day, "count": len(those), "lines": tuple(lines)}
    return Say("agenda", facts)


def _line(shop: _Shop, booking: Booking) -> Say:
    facts = {
        "when": When(booking.starts_at, shop.timezone),
        "customer": booking.attendee or booking.customer_name,
        "service": str(booking.snapshot["service"]),
        "provider": str(booking.snapshot["provider"]),
    }
    return Say("agenda.coming" if booking.customer_confirmed_at else "agenda.line", facts)


# --------------------------------------------------------------------------------- unanswered


async def report_unanswered(ctx: Context) -> int:
    """Tell shops that want it which second reminders went unanswered; return how many bookings.

    Once per booking and start, half an hour after that reminder, while the start is still ahead.
    """
    start = sa.cast(epoch_seconds(bookings.c.starts_at), sa.Text)
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
    those = await list_bookings(
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
        await alert_staff(
            ctx,
            Say("alert.unanswered", notifications.booking_facts(booking)),
            notifications.booking_event(booking, "unanswered"),
            unique_key=f"unanswered/{booking.id}/{int(booking.starts_at.timestamp())}",
        )
    return len(those)
