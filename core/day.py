"""A shop's day as its people see it: who comes when, who is affected, who is told of a delay."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa

from core import availability, notices
from core.context import Context
from core.errors import Invalid, NotOffered
from core.messages import Choice, Say
from core.models import bookings, outbox, time_off
from core.offers import Catalog, Slot
from core.outbox import alert
from core.records import Booking, listed, require_staff
from core.setup import remove_time_off
from core.transitions import Actor

SHOWN = ("pending", "confirmed", "in_progress", "completed", "no_show")
"""What stands in an agenda: not holds, nor what was called off."""

COMING = ("pending", "confirmed")

LATEST = 240
"""Minutes; a longer delay is a block."""


async def agenda(
    ctx: Context,
    shop_id: int,
    start: datetime,
    end: datetime,
    *,
    provider_ids: Collection[int] | None = None,
    states: Collection[str] = SHOWN,
) -> list[Booking]:
    """Return the bookings that touch [start, end), of everybody or of some, in order of time."""
    wanted = [
        bookings.c.shop_id == shop_id,
        bookings.c.starts_at < end,
        # No booking is longer than a day, so the index on (shop_id, starts_at) bounds it.
        bookings.c.starts_at > start - timedelta(days=1),
        bookings.c.ends_at > start,
        bookings.c.state.in_(states),
    ]
    if provider_ids is not None:
        wanted.append(bookings.c.provider_id.in_(provider_ids))
    return await listed(ctx, *wanted)


async def by_ref(ctx: Context, shop_id: int, ref: str) -> Booking | None:
    """Return the shop's booking with this reference, if there is one."""
    found = await listed(ctx, bookings.c.shop_id == shop_id, bookings.c.ref == ref.upper())
    return found[0] if found else None


async def run_late(
    ctx: Context,
    shop_id: int,
    minutes: int,
    end: datetime,
    *,
    actor: Actor,
    provider_ids: Collection[int] | None = None,
) -> list[Booking]:
    """Tell everybody who comes from now until `end` that it takes `minutes` longer; return them.

    Nothing is moved: they are told, and may move it themselves.
    """
    if not 1 <= minutes <= LATEST:
        raise Invalid(field="minutes", reason="range", least=1, most=LATEST)
    await require_staff(ctx, shop_id, actor)
    coming = await agenda(ctx, shop_id, ctx.now, end, provider_ids=provider_ids, states=COMING)
    told = [one for one in coming if one.starts_at > ctx.now]
    for one in told:
        await notices.tell(ctx, one, "behind", minutes=minutes)
    return told


async def last_off(
    ctx: Context, shop_id: int, provider_ids: Collection[int] | None
) -> tuple[int, int, datetime, datetime] | None:
    """Return the newest time off that is not over: its id, provider, start and end."""
    wanted = [time_off.c.shop_id == shop_id, time_off.c.ends_at > ctx.now]
    if provider_ids is not None:
        wanted.append(time_off.c.provider_id.in_(provider_ids))
    columns = (time_off.c.id, time_off.c.provider_id, time_off.c.starts_at, time_off.c.ends_at)
    row = await ctx.first(sa.select(*columns).where(*wanted).order_by(time_off.c.id.desc()))
    return None if row is None else (row.id, row.provider_id, row.starts_at, row.ends_at)


async def give_back(ctx: Context, shop_id: int, time_off_id: int, *, actor: Actor) -> None:
    """Put time that was taken off back on offer."""
    await require_staff(ctx, shop_id, actor)
    await remove_time_off(ctx, shop_id, time_off_id)


def slot_at(known: Catalog, service_id: int, provider_id: int, starts_at: datetime) -> Slot:
    """Return a start of the staff's own choice as a slot; whether it is free is not asked here."""
    offering = known.offering(service_id, provider_id)
    return Slot(
        known.shop.id,
        service_id,
        provider_id,
        starts_at,
        starts_at + timedelta(minutes=offering.minutes),
        offering.price_minor,
        known.shop.currency,
    )


async def slot_for(
    ctx: Context, known: Catalog, service_id: int, provider_id: int | None, starts_at: datetime
) -> Slot:
    """Return a start as a slot: with a provider the staff's own choice, else whoever is free.

    A service that is given in sessions has its sessions' starts only. NotOffered (`reason`) when
    nobody is free, or no session begins then.
    """
    if provider_id is not None and not known.service(service_id).sessions:
        return slot_at(known, service_id, provider_id, starts_at)
    known.service(service_id)
    found = await availability.find(
        ctx,
        known,
        service_id,
        provider_id=provider_id,
        start=starts_at,
        end=starts_at + timedelta(minutes=5),
    )
    for slot in found:
        if slot.starts_at == starts_at:
            return slot
    raise NotOffered(reason="nobody")


OVERDUE = timedelta(minutes=10)
"""How long after its end a visit that nobody noted is asked about."""

FORGOTTEN = timedelta(hours=12)
"""After so long nobody is asked any more."""

OUTCOMES = (
    Choice("done", Say("came"), ("@yes", "came")),
    Choice("noshow", Say("did_not_come"), ("@no", "did not come")),
)
"""What the shop may answer about a visit; the answer starts "desk.outcome"."""


async def ask_outcomes(ctx: Context, *, limit: int = 50) -> int:
    """Ask the shop whether those came whose visit is over and unmarked, once; return how many.

    Sample and imported bookings are nobody's to ask about.
    """
    asked = sa.exists().where(outbox.c.booking_id == bookings.c.id, outbox.c.kind == "outcome")
    due = await listed(
        ctx,
        bookings.c.state == "confirmed",
        bookings.c.ends_at <= ctx.now - OVERDUE,
        bookings.c.ends_at > ctx.now - FORGOTTEN,
        bookings.c.origin.not_in(("sample", "import")),
        ~asked,
    )
    told = 0
    for one in due[:limit]:
        told += await alert(
            ctx,
            Say("alert.outcome", notices.facts(one)),
            shop_id=one.shop_id,
            kind="outcome",
            booking_id=one.id,
            provider_id=one.provider_id,
            conversation_id=one.conversation_id,
            options=OUTCOMES,
            flow="desk.outcome",
            args={"booking": one.id},
            expires_at=one.ends_at + FORGOTTEN,
        )
    return told
