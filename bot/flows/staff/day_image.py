"""The agenda of a day as an image, or as a list on channels without images."""

from __future__ import annotations

from datetime import UTC, date, datetime

from bot.dialogue.talk import Talk
from bot.flows.staff import arguments, booking_lines
from bot.flows.staff.agenda import show_agenda
from bot.flows.staff.permissions import StaffContext, require_staff
from bot.i18n.messages import text
from core.bookings import agenda
from core.localtime import zones
from core.messaging.messages import Json
from core.messaging.outbox import enqueue

DEFAULT_OPENS, DEFAULT_CLOSES = 9 * 60, 18 * 60
_DAY = 24 * 60


async def show_day_image(talk: Talk) -> None:
    """Draw a day's bookings and blocks with one column per provider."""
    desk = await require_staff(talk, "picture")
    if talk.conversation.channel != "telegram":
        await show_agenda(talk)
        return
    named = arguments.named_days(
        arguments.understand_words(talk, desk, str(talk.args.get("rest", "")))
    )
    this = named.first if named else arguments.local_today(talk, desk)

    async def send(key: str) -> Json:
        await enqueue.enqueue(
            talk.ctx,
            text("desk.picture", **await _facts(talk, desk, this)),
            conversation_id=talk.conversation.id,
            kind="picture",
            shop_id=desk.shop_id,
            unique_key=f"picture {key}",
        )
        return True

    await talk.once("sent", send)


async def _facts(talk: Talk, desk: StaffContext, this: date) -> dict[str, object]:
    zone = desk.catalog.shop.timezone
    start, end = arguments.day_bounds(this, zone)
    people = desk.allowed_providers
    column = {provider.id: at for at, provider in enumerate(people)}
    found = await agenda.load_agenda(talk.ctx, desk.shop_id, start, end, provider_ids=list(column))

    def minute(at: datetime) -> int:
        local = zones.to_local(int(at.timestamp()), zone)
        return (local.date() - this).days * _DAY + local.hour * 60 + local.minute

    cells: list[tuple[object, ...]] = []
    for provider in people:
        for since, until in desk.catalog.time_off_by_provider.get(provider.id, ()):
            begins = max(start, datetime.fromtimestamp(since, UTC))
            ends = min(end, datetime.fromtimestamp(until, UTC))
            if begins < ends:
                span = minute(begins), minute(ends)
                cells.append((column[provider.id], *span, "off", "", ""))
    for one in found:
        span = max(0, minute(one.starts_at)), min(_DAY, minute(one.ends_at))
        name, service = booking_lines.attendee_name(one), str(one.snapshot["service"])
        cells.append((column[one.provider_id], *span, one.state, name, service))
    open_ = desk.catalog.shop_hours
    hours = open_.exceptions.get(this, open_.weekly[this.weekday()])
    since = min((i.opens for i in hours), default=DEFAULT_OPENS)
    until = min(_DAY, max((i.closes for i in hours), default=DEFAULT_CLOSES))
    # A full-day block is drawn over the opening hours only, not from midnight to midnight.
    cells = [
        (c[0], max(int(str(c[1])), since), min(int(str(c[2])), until), *c[3:])
        if c[3] == "off"
        else c
        for c in cells
    ]
    return {
        "shop": desk.catalog.shop.name,
        "day": this,
        "count": len(found),
        "columns": tuple(provider.display_name for provider in people),
        "cells": tuple(c for c in cells if int(str(c[1])) < int(str(c[2]))),
        "since": since,
        "until": until,
    }
